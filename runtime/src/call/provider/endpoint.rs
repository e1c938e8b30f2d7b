//! Where models are: an [`Endpoint`] as the configuration gives it, and what is known of the usual ones as data.
//! It reads neither files nor the environment; it names the variables.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::http;
use super::scripted::Play;
use super::{ErrorClass, ProviderError};

/// One place to ask, all that is needed to reach it included.
#[derive(Clone)]
pub struct Endpoint {
    /// What targets call it: `openai` in `"openai/gpt-5"`.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// Its base address; `None`: the usual one of its name.
    pub url: Option<String>,
    /// Its key.
    pub key: Option<SecretString>,
    /// Further headers; their values count as secrets.
    pub headers: Vec<(String, SecretString)>,
}

/// What an endpoint speaks.
#[derive(Clone)]
pub enum Kind {
    /// OpenAI's API, as it serves it.
    OpenAi,
    /// OpenAI's chat completions, as everyone else serves them.
    Compatible,
    /// OpenAI's API as Azure serves it. Without `api_version` the address is the one that ends in `/openai/v1`.
    Azure {
        /// `2024-10-21`: asks the deployment named like the model.
        api_version: Option<String>,
    },
    /// Anthropic's Messages.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// A command line.
    Command(CommandLine),
    /// Replies from a file.
    Scripted(Arc<Play>),
}

/// A command that answers a prompt on its standard output.
#[derive(Clone)]
pub struct CommandLine {
    /// The program and its arguments. An argument `{prompt}` or `{model}` is replaced; without `{prompt}` the
    /// prompt goes to standard input.
    pub exec: Vec<String>,
    /// Variables that it gets beside `PATH`, `HOME`, `LANG`, `TMPDIR`, `USER` and `TERM`.
    pub env: Vec<(String, SecretString)>,
    /// Where it runs.
    pub folder: Option<std::path::PathBuf>,
}

/// What is known of an endpoint by its name.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What it speaks.
    pub speaks: Speaks,
    /// Its usual base address.
    pub url: Option<&'static str>,
    /// Variables that may hold another, the first that is set wins.
    pub url_vars: &'static [&'static str],
    /// Variables that may hold its key, the first that is set wins.
    pub key_vars: &'static [&'static str],
    /// Headers that variables give: header, variable.
    pub header_vars: &'static [(&'static str, &'static str)],
    /// A variable that gives Azure's `api_version`.
    pub version_var: Option<&'static str>,
    /// Whether it answers without a key.
    pub keyless: bool,
}

/// The dialect of a [`Known`] endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// [`Kind::OpenAi`].
    OpenAi,
    /// [`Kind::Compatible`].
    Compatible,
    /// [`Kind::Azure`].
    Azure,
    /// [`Kind::Anthropic`].
    Anthropic,
    /// [`Kind::Gemini`].
    Gemini,
}

const fn compatible(
    name: &'static str,
    url: &'static str,
    url_vars: &'static [&'static str],
    key_vars: &'static [&'static str],
) -> Known {
    Known {
        name,
        aliases: &[],
        speaks: Speaks::Compatible,
        url: Some(url),
        url_vars,
        key_vars,
        header_vars: &[],
        version_var: None,
        keyless: false,
    }
}

const fn local(name: &'static str, url: &'static str, url_vars: &'static [&'static str]) -> Known {
    Known { keyless: true, ..compatible(name, url, url_vars, &[]) }
}

/// Every endpoint that needs no more than a key, or not even that.
pub const KNOWN: &[Known] = &[
    Known {
        speaks: Speaks::OpenAi,
        header_vars: &[("openai-organization", "OPENAI_ORG_ID"), ("openai-project", "OPENAI_PROJECT_ID")],
        ..compatible("openai", "https://api.openai.com/v1", &["OPENAI_BASE_URL"], &["OPENAI_API_KEY"])
    },
    Known {
        speaks: Speaks::Anthropic,
        ..compatible(
            "anthropic",
            "https://api.anthropic.com",
            &["ANTHROPIC_BASE_URL"],
            &["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
        )
    },
    Known {
        speaks: Speaks::Gemini,
        aliases: &["gemini"],
        ..compatible(
            "google",
            "https://generativelanguage.googleapis.com",
            &["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"],
            &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        )
    },
    Known {
        speaks: Speaks::Azure,
        url: None,
        version_var: Some("OPENAI_API_VERSION"),
        ..compatible("azure", "", &["AZURE_OPENAI_ENDPOINT"], &["AZURE_OPENAI_API_KEY"])
    },
    compatible(
        "openrouter",
        "https://openrouter.ai/api/v1",
        &["OPENROUTER_BASE_URL"],
        &["OPENROUTER_API_KEY"],
    ),
    compatible("groq", "https://api.groq.com/openai/v1", &["GROQ_BASE_URL"], &["GROQ_API_KEY"]),
    compatible("deepseek", "https://api.deepseek.com", &["DEEPSEEK_BASE_URL"], &["DEEPSEEK_API_KEY"]),
    compatible("mistral", "https://api.mistral.ai/v1", &["MISTRAL_BASE_URL"], &["MISTRAL_API_KEY"]),
    compatible("xai", "https://api.x.ai/v1", &["XAI_BASE_URL"], &["XAI_API_KEY"]),
    compatible("moonshot", "https://api.moonshot.ai/v1", &["MOONSHOT_BASE_URL"], &["MOONSHOT_API_KEY"]),
    compatible("zai", "https://api.z.ai/api/paas/v4", &["ZAI_BASE_URL"], &["ZAI_API_KEY"]),
    compatible(
        "dashscope",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        &["DASHSCOPE_BASE_URL"],
        &["DASHSCOPE_API_KEY"],
    ),
    compatible("cerebras", "https://api.cerebras.ai/v1", &["CEREBRAS_BASE_URL"], &["CEREBRAS_API_KEY"]),
    compatible("minimax", "https://api.minimax.io/v1", &["MINIMAX_BASE_URL"], &["MINIMAX_API_KEY"]),
    compatible("cohere", "https://api.cohere.ai/compatibility/v1", &["COHERE_BASE_URL"], &["COHERE_API_KEY"]),
    compatible("together", "https://api.together.xyz/v1", &["TOGETHER_BASE_URL"], &["TOGETHER_API_KEY"]),
    compatible(
        "fireworks",
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_BASE_URL"],
        &["FIREWORKS_API_KEY"],
    ),
    local("ollama", "http://127.0.0.1:11434/v1", &["OLLAMA_BASE_URL", "OLLAMA_HOST"]),
    Known {
        aliases: &["llama.cpp", "llama-cpp"],
        ..local("llamacpp", "http://127.0.0.1:8080/v1", &["LLAMACPP_BASE_URL"])
    },
    local("vllm", "http://127.0.0.1:8000/v1", &["VLLM_BASE_URL"]),
    local("lmstudio", "http://127.0.0.1:1234/v1", &["LMSTUDIO_BASE_URL"]),
];

impl Known {
    /// What is known of `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name || known.aliases.contains(&name))
    }

    /// An endpoint of it, with what the configuration found.
    pub fn endpoint(&self, url: Option<String>, key: Option<SecretString>) -> Endpoint {
        Endpoint { name: self.name.to_owned(), kind: self.speaks.kind(), url, key, headers: Vec::new() }
    }
}

impl Speaks {
    /// The kind that speaks it, without what only a configuration knows.
    pub fn kind(self) -> Kind {
        match self {
            Self::OpenAi => Kind::OpenAi,
            Self::Compatible => Kind::Compatible,
            Self::Azure => Kind::Azure { api_version: None },
            Self::Anthropic => Kind::Anthropic,
            Self::Gemini => Kind::Gemini,
        }
    }
}

impl Endpoint {
    /// Its base address without a slash at the end; a host alone (`OLLAMA_HOST=0.0.0.0:11434`) is read as plain
    /// HTTP. `None` where it has none.
    pub fn base(&self) -> Option<String> {
        let url = self.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let url = url.or_else(|| Known::named(&self.name)?.url)?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        Some(format!("{scheme}://{}", rest.trim_end_matches('/')))
    }

    /// Its address as it was written, for a reader: a password or a key in it is left out.
    pub fn shown(&self) -> String {
        let url = self.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let url = url.or_else(|| Known::named(&self.name)?.url);
        http::without_password(url.unwrap_or_default())
    }

    /// The address that `extend` makes of the base. What stands behind a `?` of the base stays behind it all, and a
    /// `#` is no part of it.
    pub(super) fn address(&self, extend: impl FnOnce(&str) -> String) -> Result<String, ProviderError> {
        let base = self.base().ok_or_else(|| {
            let said = format!("`{}` has no address: set its `url`", self.name);
            ProviderError::of(ErrorClass::NotConfigured, said)
        })?;
        if let Err(why) = http::check(&base) {
            let usual = Known::named(&self.name).and_then(|known| known.url).filter(|url| !url.is_empty());
            let usual = usual.unwrap_or("https://models.example.com/v1");
            let said =
                format!("`{}` is no address of `{}`: {why}; write it like {usual}", self.shown(), self.name);
            return Err(ProviderError::of(ErrorClass::NotConfigured, said));
        }
        let base = base.split('#').next().unwrap_or_default();
        let (base, query) = base.split_once('?').unwrap_or((base, ""));
        let address = extend(base.trim_end_matches('/'));
        Ok(match (query.is_empty(), address.contains('?')) {
            (true, _) => address,
            (false, true) => format!("{address}&{query}"),
            (false, false) => format!("{address}?{query}"),
        })
    }

    /// True of OpenAI's kind at an address on this machine, without a key: OpenAI itself asks for one, so what listens
    /// there is a server of one's own.
    pub fn is_own_server(&self) -> bool {
        matches!(self.kind, Kind::OpenAi) && self.key.is_none() && self.is_local()
    }

    /// True where nobody is paid: a server on this machine, a command line, a script.
    pub fn is_local(&self) -> bool {
        match &self.kind {
            Kind::Command(_) | Kind::Scripted(_) => true,
            _ => self.name == "ollama" || self.base().is_some_and(|url| http::is_loopback(&url)),
        }
    }

    /// How long a first word may take: a local server may have to load the model first.
    pub fn first_token(&self) -> Duration {
        Duration::from_secs(if self.is_local() { 120 } else { 30 })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("url", &self.url)
            .field("key", &self.key.as_ref().map(|_| "[key]"))
            .field("headers", &headers)
            .finish()
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenAi => f.write_str("OpenAi"),
            Self::Compatible => f.write_str("Compatible"),
            Self::Azure { api_version } => f.debug_struct("Azure").field("api_version", api_version).finish(),
            Self::Anthropic => f.write_str("Anthropic"),
            Self::Gemini => f.write_str("Gemini"),
            Self::Command(line) => f.debug_tuple("Command").field(&line.exec.first()).finish(),
            Self::Scripted(_) => f.write_str("Scripted"),
        }
    }
}
