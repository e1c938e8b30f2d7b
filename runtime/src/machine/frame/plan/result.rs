//! What a tool gave, as a model reads it: marked as data, whatever it says.

use agentrun_lang::value::{Type, TypeTable, Value, to_json_as};

use super::super::super::clip;

/// A result.
pub(super) fn value(tool: &str, value: &Value, ty: Option<&Type>, types: &TypeTable) -> String {
    let text = match (value, ty) {
        (Value::List(_) | Value::Record(_), Some(ty)) => to_json_as(value, ty, types).to_string(),
        (Value::Null, _) => "done".to_owned(),
        _ => value.to_string(),
    };
    data(tool, text)
}

/// An error. Its text may come from the other side, and is data too.
pub(super) fn error(tool: &str, event: &str, message: &str) -> String {
    format!("The call failed: {event}.\n{}", data(tool, message.to_owned()))
}

/// Between marks that the text cannot close by itself. A list of a million lines is the program's, not the model's:
/// of it the model reads the ends.
fn data(tool: &str, text: String) -> String {
    let text = clip(text).replace("</data", "<\\/data");
    format!("<data from=\"{tool}\">\n{text}\n</data>")
}

#[cfg(test)]
mod tests {
    use agentrun_lang::value::{Type, TypeTable, Value};

    use super::value;

    #[test]
    fn of_a_long_result_a_model_reads_the_ends() {
        let types = TypeTable::default();
        let ty = Type::list(Type::String);
        let lines = |count: usize| Value::list((0..count).map(|at| Value::text(format!("line {at}"))));
        let short = value("list", &lines(3), Some(&ty), &types);
        assert_eq!(short, "<data from=\"list\">\n[\"line 0\",\"line 1\",\"line 2\"]\n</data>");
        let long = value("list", &lines(100_000), Some(&ty), &types);
        assert!(long.len() < 66 << 10, "{}", long.len());
        assert!(long.contains("[\"line 0\",") && long.contains(" bytes left out]\n"));
        assert!(long.ends_with("\"line 99999\"]\n</data>"));
    }
}
