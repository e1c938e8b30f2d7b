//! The language's stages, each with its own corpus of right and wrong files.

mod check;
mod flow;
mod format;
mod graph;
mod parse;
mod resolve;
