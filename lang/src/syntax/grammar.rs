//! The parser that pest derives from `agent.pest`.

#[derive(pest_derive::Parser)]
#[grammar = "syntax/agent.pest"]
pub(super) struct Grammar;
