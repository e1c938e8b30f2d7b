//! What a program must hold beyond its syntax.

pub mod flow;
