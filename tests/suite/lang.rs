//! The language's stages, each with its own corpus of right and wrong files.

mod check;
mod facts;
mod flow;
mod flow_laws;
mod format;
mod grammar;
mod graph;
mod limits;
mod parse;
mod resolve;
