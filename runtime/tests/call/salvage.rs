//! What models print where a tool call should be, and what it is taken for.

use agentrun_runtime::call::protocol::salvage::{Found, Otherwise, find};
use agentrun_runtime::chat::ToolSpec;
use serde_json::json;

/// `search(q: string, limit?: int)`, `get-order(id: string)`, `now()`.
fn tools() -> Vec<ToolSpec> {
    let tool = |name: &str, parameters| ToolSpec {
        name: name.into(),
        description: String::new(),
        parameters,
        reads: true,
    };
    vec![
        tool(
            "search",
            json!({"type": "object", "properties": {"q": {"type": "string"}, "limit": {"type": "integer"}}, "required": ["q"]}),
        ),
        tool(
            "get-order",
            json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}),
        ),
        tool("now", json!({"type": "object", "properties": {}})),
    ]
}

/// What was found in one line: `search{"q":"rust"}`, `answer 5`, `broken: …`, `nothing`.
fn told(found: Found) -> String {
    match found {
        Found::Calls(calls) => {
            calls.iter().map(|call| format!("{}{}", call.name, call.arguments)).collect::<Vec<_>>().join(" ")
        }
        Found::Answer(answer) => format!("answer {answer}"),
        Found::Broken(why) => format!("broken: {why}"),
        Found::Nothing => "nothing".to_string(),
    }
}

const SEARCH: &str = r#"search{"q":"rust"}"#;
const UNCLEAR: &str = "broken: it is not clear whether this calls a tool or quotes a call";

/// What a model said, and what it is where free text was asked for.
const TABLE: &[(&str, &str)] = &[
    // The whole content is one call in JSON, under every usual key.
    (r#"{"name": "search", "arguments": {"q": "rust"}}"#, SEARCH),
    (r#"{"name": "search", "parameters": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool": "search", "arguments": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool": "search", "parameters": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool": "search", "input": {"q": "rust"}}"#, SEARCH),
    (r#"{"function": "search", "args": {"q": "rust"}}"#, SEARCH),
    (r#"{"function": {"name": "search", "arguments": {"q": "rust"}}}"#, SEARCH),
    (r#"{"type": "function", "function": {"name": "search", "parameters": {"q": "rust"}}}"#, SEARCH),
    (r#"{"type": "function", "name": "search", "parameters": {"q": "rust"}}"#, SEARCH),
    (r#"{"action": "search", "action_input": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool_name": "search", "tool_input": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool_call": {"name": "search", "arguments": {"q": "rust"}}}"#, SEARCH),
    (
        r#"{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{\"q\": \"rust\"}"}}]}"#,
        SEARCH,
    ),
    (r#"{"name": "search", "arguments": "{\"q\": \"rust\"}"}"#, SEARCH),
    (r#"{"search": {"q": "rust"}}"#, SEARCH),
    (r#"{"tool": "search", "q": "rust"}"#, SEARCH),
    (r#"{"name": "functions.search", "arguments": {"q": "rust"}}"#, SEARCH),
    (r#"{"name": "Search", "arguments": {"q": "rust"}}"#, SEARCH),
    (r#"{"name": "get_order", "arguments": {"id": "o1"}}"#, r#"get-order{"id":"o1"}"#),
    (r#"{"name": "now", "arguments": {}}"#, "now{}"),
    (r#"{"tool": "now"}"#, "now{}"),
    // Several.
    (
        r#"[{"name": "search", "arguments": {"q": "a"}}, {"name": "now", "arguments": {}}]"#,
        r#"search{"q":"a"} now{}"#,
    ),
    (
        "{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n{\"name\": \"now\", \"arguments\": {}}",
        r#"search{"q":"a"} now{}"#,
    ),
    (
        "{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}; {\"name\": \"search\", \"arguments\": {\"q\": \"b\"}}",
        r#"search{"q":"a"} search{"q":"b"}"#,
    ),
    // Fences.
    ("```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```", SEARCH),
    ("```\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```", SEARCH),
    ("```tool_call\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```", SEARCH),
    (
        "```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n```\n```json\n{\"name\": \"now\", \"arguments\": {}}\n```",
        r#"search{"q":"a"} now{}"#,
    ),
    ("```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}", SEARCH),
    // JSON with slips in it.
    ("```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}\n```", SEARCH),
    ("{\"name\": \"search\", \"arguments\": {\"q\": \"rust\",}}", SEARCH),
    ("{'name': 'search', 'arguments': {'q': 'rust'}}", SEARCH),
    ("{name: \"search\", arguments: {q: \"rust\"}}", SEARCH),
    (r#"{"name": "search", "arguments": "{'q': 'rust'}"}"#, SEARCH),
    // Words before a call.
    (
        "I'll look that up for you.\n\n```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```",
        SEARCH,
    ),
    ("Let me search.\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}", SEARCH),
    ("<think>I need the tool.</think>\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}", SEARCH),
    ("I need the tool.</think>\n\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}", SEARCH),
    // Marks of chat templates.
    ("<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n</tool_call>", SEARCH),
    ("<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}", SEARCH),
    (
        "Sure, searching.\n<tool_call>{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}</tool_call>\nOne moment.",
        SEARCH,
    ),
    (
        "<tool_call>\n{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>",
        r#"search{"q":"a"} now{}"#,
    ),
    ("[TOOL_CALLS] [{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}]", SEARCH),
    ("<|python_tag|>{\"name\": \"search\", \"parameters\": {\"q\": \"rust\"}}", SEARCH),
    ("<function=search>{\"q\": \"rust\"}</function>", SEARCH),
    (
        "<tool_call>\n<function=search>\n<parameter=q>\nrust\n</parameter>\n<parameter=limit>\n3\n</parameter>\n</function>\n</tool_call>",
        r#"search{"q":"rust","limit":3}"#,
    ),
    (
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search\n```json\n{\"q\": \"rust\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        SEARCH,
    ),
    ("<|tool_call_start|>[search(q=\"rust\")]<|tool_call_end|>", SEARCH),
    ("```xml\n<tool_call>{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}</tool_call>\n```", SEARCH),
    // Python and ReAct.
    (r#"[search(q="rust"), now()]"#, r#"search{"q":"rust"} now{}"#),
    (r"search(q='it\'s, here', limit=2)", r#"search{"q":"it's, here","limit":2}"#),
    ("```tool_code\nprint(search(q=\"rust\"))\n```", SEARCH),
    (
        "Thought: I must search.\nAction: search\nAction Input: {\"q\": \"rust\"}\nObservation: nothing yet",
        SEARCH,
    ),
    // An answer handed over as if by a tool.
    (r#"{"name": "final_answer", "arguments": {"answer": "42"}}"#, r#"answer "42""#),
    (
        "<tool_call>{\"name\": \"final_answer\", \"arguments\": {\"total\": 3}}</tool_call>",
        r#"answer {"total":3}"#,
    ),
    // Calls that are none.
    (
        r#"{"name": "delete_all", "arguments": {}}"#,
        "broken: there is no tool `delete_all`; the tools are `search`, `get-order`, `now`",
    ),
    (
        r#"{"name": "search", "arguments": "rust"}"#,
        "broken: the arguments of `search` must be one JSON object",
    ),
    (
        r#"{"name": "search", "arguments": ["rust"]}"#,
        "broken: the arguments of `search` must be one JSON object",
    ),
    ("<tool_call>search for rust</tool_call>", "broken: the arguments of `search` must be one JSON object"),
    // Answers.
    ("Rust is a language.", "nothing"),
    ("", "nothing"),
    ("You could use search(q) for that.", "nothing"),
    (r#"{"name": "Ana", "age": 3}"#, "nothing"),
    (r#"{"results": [{"q": "rust"}]}"#, "nothing"),
    (r#"{"search": {"page": 2}}"#, "nothing"),
    ("Here is the code:\n```rust\nfn main() {}\n```", "nothing"),
    ("```python\nprint(total(1, 2))\n```", "nothing"),
    ("The configuration is:\n```json\n{\"port\": 80}\n```\nRestart afterwards.", "nothing"),
    ("Qwen writes its calls between `<tool_call>` and `</tool_call>`.", "nothing"),
    // Texts that quote a call.
    (
        "To search, a client sends\n```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```\nand reads the list that comes back.",
        UNCLEAR,
    ),
    (
        "First this:\n```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"a\"}}\n```\nthen this:\n```json\n{\"name\": \"now\", \"arguments\": {}}\n```",
        UNCLEAR,
    ),
    (
        "# The protocol\n\nA call has a name and arguments.\n\nFor example:\n```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```",
        UNCLEAR,
    ),
];

#[test]
fn calls_in_prose_are_taken_where_they_stand_alone() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter_map(|(said, expected)| {
            let found = told(find(said, &tools(), Otherwise::Prose));
            let right = if *expected == UNCLEAR { found.starts_with(UNCLEAR) } else { found == *expected };
            (!right).then(|| format!("{said}\n  expected {expected}\n  found    {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn words_around_a_call_do_not_matter_where_data_was_asked_for() {
    let said = "I call it now.\n```json\n{\"name\": \"search\", \"arguments\": {\"q\": \"rust\"}}\n```\nPlease wait.";
    assert_eq!(told(find(said, &tools(), Otherwise::Data)), SEARCH);
    assert_eq!(told(find("{\"total\": 3}", &tools(), Otherwise::Data)), "nothing");
}

#[test]
fn a_call_is_taken_once_and_none_behind_a_result_that_was_made_up() {
    let call =
        |q: &str| format!("```json\n{{\"name\": \"search\", \"arguments\": {{\"q\": \"{q}\"}}}}\n```\n");
    let twice = format!("{}{}", call("rust"), call("rust"));
    assert_eq!(told(find(&twice, &tools(), Otherwise::Data)), SEARCH);
    let dreamt = format!("{}It gave three pages. I look for more.\n{}", call("rust"), call("pages"));
    assert_eq!(told(find(&dreamt, &tools(), Otherwise::Data)), SEARCH);
}

/// Printed or tagged, a thousand are taken; a flood is told to the model, and read in no time.
#[test]
fn a_flood_of_calls_is_not_taken() {
    let call = |n: usize| format!("{{\"name\": \"search\", \"arguments\": {{\"q\": \"{n}\"}}}}");
    let printed = |count: usize| (0..count).map(call).collect::<Vec<_>>().join("\n");
    let tagged = |count: usize| {
        let calls: Vec<String> = (0..count).map(|n| format!("<tool_call>{}</tool_call>", call(n))).collect();
        calls.join("\n")
    };
    for text in [printed(1_000), tagged(1_000)] {
        let found = find(&text, &tools(), Otherwise::Prose);
        assert!(matches!(&found, Found::Calls(calls) if calls.len() == 1_000), "{}", told(found));
    }
    for text in [printed(20_000), tagged(20_000)] {
        let found = find(&text, &tools(), Otherwise::Prose);
        assert!(
            matches!(&found, Found::Broken(why) if why.contains("more than 1024 tools")),
            "{}",
            told(found)
        );
    }
}

#[test]
fn nothing_is_a_call_where_no_tool_is_offered() {
    let calls = TABLE.iter().filter(|(said, _)| matches!(find(said, &[], Otherwise::Prose), Found::Calls(_)));
    assert_eq!(calls.count(), 0);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "[a-z<>{}\\[\\]\"'`:,=()|/_ \\n]{0,80}") {
        find(&text, &tools(), Otherwise::Prose);
        find(&text, &tools(), Otherwise::Data);
    }
}
