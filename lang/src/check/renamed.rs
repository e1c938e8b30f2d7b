//! Fields and bounds that people look for under another name, and what to write here.

/// What to write in place of a field that a kind does not have.
pub(super) fn field(kind: &str, key: &str) -> Option<&'static str> {
    of_kind(kind, key).or_else(|| of_models(kind, key)).or_else(|| of_any(kind, key))
}

fn of_kind(kind: &str, key: &str) -> Option<&'static str> {
    Some(match (kind, key) {
        ("ask", "goal") => "an `ask` has a `prompt`; a `plan` has a `goal`",
        ("plan", "prompt") => "a `plan` has a `goal`; an `ask` has a `prompt`",
        ("ask", "user" | "message" | "messages" | "input" | "question" | "text" | "instruction") => {
            "what the model is asked is its `prompt: \"…\"`"
        }
        ("plan", "user" | "message" | "messages" | "input" | "question" | "instruction") => {
            "what a planner is to reach is its `goal: \"…\"`"
        }
        ("ask" | "plan", "instructions" | "system_prompt" | "role" | "persona") => {
            "what holds for every answer is `system: \"…\"`"
        }
        ("plan", "max_steps" | "max_turns" | "max_iterations" | "turns" | "iterations" | "max" | "limit") => {
            "how many turns a planner has is `steps: 10`"
        }
        (
            "ask" | "plan",
            "output" | "output_schema" | "schema" | "returns" | "type" | "response_format" | "format",
        ) => "the type of the answer stands behind the name: `ask name: T { … }`",
        ("ask", "tools") => "an `ask` calls no tools: a `plan` does",
        ("ask" | "plan", "retry" | "retries" | "max_retries") => {
            "a pool has `retry`; what asks the model again about a wrong answer is `repair`"
        }
        ("ask" | "plan", "timeout") => {
            "a pool has `timeout`; the agent's `budget: { time: … }` bounds the whole"
        }
        ("ask" | "plan", "budget") => "agents, loops, parallels and runs have a `budget`",
        ("ask" | "plan", "agent") => {
            "a `plan` has `agents: [Name]`; one agent is run by `run name { agent: Name(…) }`"
        }
        ("ask" | "plan", "memory" | "history") => "a chat memory stands in `context: [name]`",
        ("call", "args" | "arguments" | "input" | "inputs" | "params" | "with") => {
            "the arguments stand behind the tool: `tool: search(q)`"
        }
        ("call", "agent") => "an agent is run by `run name { agent: A(…) }`",
        ("run", "args" | "arguments" | "input" | "inputs" | "params" | "with") => {
            "the arguments stand behind the agent: `agent: Scout(topic)`"
        }
        ("run", "tool") => "a tool is called by `call name { tool: t(…) }`",
        ("loop", "while" | "condition") => "a loop goes on `until:` something holds",
        ("loop", "times" | "rounds" | "max_rounds" | "max_iterations" | "iterations" | "limit" | "count") => {
            "how many rounds a loop has is `max: 10`"
        }
        ("loop", "in" | "items" | "over") => "for each element write `parallel name { each: x in list … }`",
        ("parallel", "concurrency" | "max_concurrency" | "workers" | "limit") => {
            "how many run at once is `max: 4`"
        }
        ("parallel", "quorum") => "write `join: quorum(2)`",
        ("parallel", "in" | "items" | "over" | "for") => "write `each: x in list`",
        ("approve", "message" | "question" | "text" | "title" | "ask") => "write `prompt: \"…\"`",
        ("approve", "options") => "write `choices: [ship, hold]`",
        ("wait", "prompt" | "message" | "question" | "text") => {
            "a wait has `show: […]`: what the person sees"
        }
        ("wait", "for" | "until" | "duration" | "seconds") => "write `timeout: 5m` and `on timeout -> state`",
        ("remember", "text" | "content" | "data") => "what is kept is `value: …`",
        ("remember" | "recall", "memory") => "write `into: name` to keep, `from: name` to read",
        ("recall", "limit" | "k" | "top_k" | "n") => "how many rows come is `top: 5`",
        _ => return None,
    })
}

fn of_models(kind: &str, key: &str) -> Option<&'static str> {
    Some(match (kind, key) {
        ("model", "models" | "targets" | "model" | "name" | "id" | "provider") => {
            "write `use: [\"provider/model\"]`"
        }
        ("model", "max_retries" | "retries") => "further attempts are `retry: 2`",
        ("model", "api_key" | "apikey" | "token") => {
            "keys stand in the environment or in agentrun.toml, never in a program"
        }
        ("model", "base_url" | "endpoint" | "api_base") => "write `url: \"https://…\"`",
        ("model", "max_output_tokens" | "max_completion_tokens" | "max_new_tokens") => {
            "write `max_tokens: 1000`"
        }
        ("model", "system" | "system_prompt" | "prompt" | "instructions") => {
            "a pool has no text of its own: an `ask` has `prompt` and `system`"
        }
        ("guard", "detectors" | "detect" | "checks") => "write `use: [injection]`",
        ("guard", "when" | "at" | "stage") => "write `on: input`, `on: output` or `on: tool`",
        ("tool", "command" | "cmd" | "run" | "shell" | "script" | "bash") => {
            "a command is a list: `exec: [\"wc\", \"-l\", file]`"
        }
        ("tool", "url" | "endpoint" | "uri") => "write `http: \"https://…\"`",
        (
            "tool" | "agent",
            "input" | "inputs" | "args" | "arguments" | "params" | "parameters" | "output" | "outputs"
            | "returns" | "result" | "schema",
        ) => "parameters and the type of the result stand before the brace: `name(a: string): string {`",
        ("tool", "retry" | "retries") => "the state that calls it has `retry: 2`",
        ("tool", "idempotent" | "idempotency_key") => "write `once: key`",
        ("tool", "side_effect" | "side_effects" | "effects") => {
            "write `effect: read`, `write` or `irreversible`"
        }
        ("agent", "start" | "entry" | "initial" | "begin" | "first") => "an agent begins at its first state",
        ("agent", "model" | "models") => "each `ask` and `plan` names its pool: `model: main`",
        ("agent", "prompt" | "system" | "instructions" | "goal") => {
            "texts stand in states: `ask name { model: main  prompt: \"…\" }`"
        }
        ("agent", "tools") => "a `plan` lists its tools, a `call` names its one",
        ("agent", "max_steps" | "max_turns" | "timeout" | "limits" | "limit" | "max_cost") => {
            "an agent is bounded by `budget: { cost: $1, time: 5m, calls: 20 }`"
        }
        ("agent", "memory") => "a chat memory stands in a state's `context: [name]`",
        _ => return None,
    })
}

fn of_any(kind: &str, key: &str) -> Option<&'static str> {
    let is_declared = matches!(kind, "tool" | "agent" | "model" | "skill" | "guard" | "memory" | "mcp");
    match key {
        "description" | "desc" | "doc" | "docs" | "summary" => {
            Some("what it is for stands above it, behind `##`")
        }
        "name" | "id" if !is_declared || kind == "tool" || kind == "agent" => {
            Some("the name stands before the brace")
        }
        "if" | "condition" if !is_declared => Some("a choice is an edge: `when .ok -> state`"),
        "next" | "goto" | "then" | "transition" | "transitions" | "edges" if !is_declared => {
            Some("an edge is an arrow and a state: `-> state`")
        }
        "return" | "result" if !is_declared => Some("an edge is written with its arrow: `-> return value`"),
        _ => None,
    }
}

/// The bound that is meant by another name.
pub(super) fn bound(key: &str) -> Option<&'static str> {
    Some(match key.to_ascii_lowercase().as_str() {
        "usd" | "dollars" | "money" | "price" | "spend" | "max_cost" | "cost_usd" | "max_usd" | "amount"
        | "max_spend" => "cost",
        "max_calls" | "requests" | "max_requests" | "steps" | "max_steps" | "turns" | "max_turns"
        | "llm_calls" | "model_calls" | "iterations" => "calls",
        "seconds" | "minutes" | "duration" | "timeout" | "max_time" | "deadline" | "wall_time"
        | "max_seconds" => "time",
        "max_tokens" | "token" | "token_limit" | "total_tokens" => "tokens",
        _ => return None,
    })
}
