//! The `.agent` files that come with agentrun, by the path an `import "std/…"` writes. No dependencies.

/// Path (without `.agent`) and text of every file.
pub const FILES: &[(&str, &str)] =
    &[("files", include_str!("files.agent")), ("git", include_str!("git.agent"))];
