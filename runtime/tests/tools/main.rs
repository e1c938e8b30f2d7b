//! Tools as a program calls them: what they give, and what they refuse to touch.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod exec;
#[cfg(test)]
mod files;
#[cfg(test)]
mod http;
#[cfg(all(test, target_os = "linux"))]
mod sandbox;
#[cfg(test)]
mod support;
