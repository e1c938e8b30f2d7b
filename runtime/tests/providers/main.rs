//! Providers against recorded wire formats, served over real HTTP on loopback.

#[cfg(test)]
mod command;
#[cfg(test)]
mod known;
#[cfg(test)]
mod price;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sse;
#[cfg(test)]
mod support;
#[cfg(test)]
mod time;
#[cfg(test)]
mod wire;
