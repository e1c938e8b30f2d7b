//! The language server: the protocol on standard input and output, over what `agentrun_lang::ide` answers.

mod answer;
mod capabilities;
mod convert;
mod documents;
mod edit;
mod findings;
mod main_loop;
mod text;
mod wire;

pub(crate) use main_loop::serve;
