//! A run that went wrong as a test block, ready to be put into the file.

use agentrun_lang::ir::{AgentId, Program};
use agentrun_lang::value::Value;
use serde_json::Value as Json;

use super::{Answered, Gave};

/// A test that goes the same way.
pub(super) fn test(
    program: &Program,
    agent: AgentId,
    input: &[Value],
    answers: &[Answered],
    why: &str,
) -> String {
    let Some(agent) = program.agent(agent) else { return String::new() };
    let args: Vec<String> = agent
        .params
        .iter()
        .zip(input)
        .map(|(param, value)| format!("{}: {}", param.name, literal(value)))
        .collect();
    let mut text = format!("test {} {{\n  agent: {}({})\n", quoted(why), agent.name, args.join(", "));
    for answered in answers {
        let gave = match &answered.gave {
            Gave::Value(value) => literal(value),
            Gave::Fails(event) => format!("error({event})"),
            Gave::Calls(calls) => {
                let calls: Vec<String> =
                    calls.iter().map(|(name, args)| format!("{name}({})", arguments(args))).collect();
                if let [one] = calls.as_slice() { one.clone() } else { format!("[{}]", calls.join(", ")) }
            }
        };
        text.push_str(&format!("  mock {} = {gave}\n", answered.path));
    }
    text.push_str("  expect result != null\n}\n");
    text
}

fn arguments(args: &Json) -> String {
    let Json::Object(fields) = args else { return String::new() };
    let written = fields.iter().map(|(name, value)| format!("{name}: {}", json(value)));
    written.collect::<Vec<_>>().join(", ")
}

fn json(value: &Json) -> String {
    literal(&agentrun_lang::value::from_json(value))
}

/// A value as the language writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::List(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Record(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Record(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                fields.map(|(name, value)| format!("{name}: {}", literal(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Date(date) => quoted(&date.to_string()),
        Value::Float(float) if float.fract() == 0.0 => format!("{float:.1}"),
        Value::Bytes(_) | Value::Media(_) => "file(\"fixtures/a.png\")".to_owned(),
        scalar => scalar.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace("${", "\\${");
    format!("\"{text}\"")
}
