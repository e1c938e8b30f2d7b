//! Providers against recorded wire formats, served over real HTTP on loopback.

mod command;
mod price;
mod scripted;
mod sending;
mod server;
mod sse;
mod support;
mod time;
mod wire;
