//! What the tests share: programs by hand, a driver without a world.

pub(crate) mod build;
pub(crate) mod drive;
pub(crate) mod play;
pub(crate) mod script;
