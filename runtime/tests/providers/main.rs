//! Providers against recorded wire formats, served over real HTTP on loopback.

mod server;
mod support;
mod wire;
