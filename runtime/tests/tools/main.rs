//! Tools as a program calls them: what they give, and what they refuse to touch.

#[cfg(test)]
mod exec;
#[cfg(test)]
mod files;
#[cfg(test)]
mod support;
