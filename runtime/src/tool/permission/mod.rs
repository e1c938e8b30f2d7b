//! What a tool may touch: `allow` globs of paths, addresses and command lines. It judges and opens nothing.

mod address;
mod command;
mod path;
mod shell;

pub use address::{AddressRules, Reach, refuse};
pub use command::CommandRules;
pub use path::{Access, PathRules, Place};
pub use shell::{SimpleCommand, simple_commands};
