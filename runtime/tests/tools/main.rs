//! Tools as a program calls them: what they give, and what they refuse to touch.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod exec;
#[cfg(test)]
mod files;
#[cfg(test)]
mod http;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod limits;
#[cfg(test)]
mod patches;
#[cfg(test)]
mod paths;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
