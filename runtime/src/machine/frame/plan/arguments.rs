//! A model's arguments as values of a callee's parameters.

use agentrun_lang::ir::{Param, Program};
use agentrun_lang::value::{Encoding, read_arguments};
use agentrun_lang::value::{Labeled, Labels};

use super::super::super::label::answer_labels;

/// One value a parameter, with the labels of a model that has read so much; the error tells the model what is
/// wrong with each.
pub(super) fn read(
    params: &[Param],
    given: &serde_json::Value,
    encoding: Encoding,
    read: Labels,
    program: &Program,
) -> Result<Vec<Labeled>, String> {
    let labeled = |(value, param): (_, &Param)| {
        Labeled::new(value, answer_labels(read, &param.ty, &program.types).union(param.labels))
    };
    match read_arguments(given, params, &program.types, encoding) {
        Ok(values) => Ok(values.into_iter().zip(params).map(labeled).collect()),
        Err(violations) => {
            let lines: Vec<String> = violations.iter().map(|violation| format!("- {violation}")).collect();
            Err(format!("the arguments do not fit:\n{}", lines.join("\n")))
        }
    }
}
