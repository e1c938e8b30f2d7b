//! What a tool gave, as a model reads it: marked as data, whatever it says.

use agentrun_lang::value::{Type, TypeTable, Value, to_json_as};

/// A result.
pub(super) fn value(tool: &str, value: &Value, ty: Option<&Type>, types: &TypeTable) -> String {
    let text = match (value, ty) {
        (Value::List(_) | Value::Record(_), Some(ty)) => to_json_as(value, ty, types).to_string(),
        (Value::Null, _) => "done".to_owned(),
        _ => value.to_string(),
    };
    data(tool, &text)
}

/// An error. Its text may come from the other side, and is data too.
pub(super) fn error(tool: &str, event: &str, message: &str) -> String {
    format!("The call failed: {event}.\n{}", data(tool, message))
}

/// Between marks that the text cannot close by itself.
fn data(tool: &str, text: &str) -> String {
    let text = text.replace("</data", "<\\/data");
    format!("<data from=\"{tool}\">\n{text}\n</data>")
}
