//! The `agentrun` command.

fn main() {}
