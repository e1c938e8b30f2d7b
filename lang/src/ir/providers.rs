//! The names of providers that a target may begin with and that need no entry in a configuration file. How they are
//! reached is the runtime's to know.

/// Every such name, other names of the same provider included.
pub const PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "google",
    "gemini",
    "azure",
    "bedrock",
    "openrouter",
    "groq",
    "deepseek",
    "mistral",
    "xai",
    "moonshot",
    "zai",
    "dashscope",
    "cerebras",
    "minimax",
    "cohere",
    "together",
    "fireworks",
    "ollama",
    "llamacpp",
    "llama.cpp",
    "llama-cpp",
    "vllm",
    "lmstudio",
];
