//! Toolchains that people keep in their home folder: what their programs need to read there, and what tells them
//! where it is, since a command's own home is another. Only what is on the `PATH` counts, and nothing here holds
//! somebody's secrets: of `~/.cargo`, the credentials stay closed.

use std::path::{Path, PathBuf};

struct Toolchain {
    /// A `PATH` entry below the home folder; `*` is one name.
    on_path: &'static str,
    /// Paths below the home folder to read; `*` is what it was in `on_path`.
    read: &'static [&'static str],
    /// A variable and the path below the home folder that it names.
    env: &'static [(&'static str, &'static str)],
}

const KNOWN: &[Toolchain] = &[
    Toolchain {
        on_path: ".cargo/bin",
        read: &[".rustup", ".cargo/registry", ".cargo/git", ".cargo/config.toml"],
        env: &[("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")],
    },
    Toolchain { on_path: ".pyenv/shims", read: &[".pyenv"], env: &[("PYENV_ROOT", ".pyenv")] },
    Toolchain { on_path: ".pyenv/bin", read: &[".pyenv"], env: &[("PYENV_ROOT", ".pyenv")] },
    Toolchain { on_path: ".rbenv/shims", read: &[".rbenv"], env: &[("RBENV_ROOT", ".rbenv")] },
    Toolchain { on_path: ".nvm/versions/node/*/bin", read: &[".nvm/versions/node/*"], env: &[] },
    Toolchain { on_path: ".volta/bin", read: &[".volta"], env: &[("VOLTA_HOME", ".volta")] },
    Toolchain { on_path: ".asdf/shims", read: &[".asdf"], env: &[("ASDF_DATA_DIR", ".asdf")] },
    Toolchain {
        on_path: ".local/share/mise/shims",
        read: &[".local/share/mise"],
        env: &[("MISE_DATA_DIR", ".local/share/mise")],
    },
    Toolchain { on_path: ".sdkman/candidates/*/current/bin", read: &[".sdkman/candidates"], env: &[] },
    // Where `uv` keeps the Pythons that its links lead to.
    Toolchain { on_path: ".local/bin", read: &[".local/share/uv"], env: &[] },
];

/// What a `PATH`'s toolchains need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tool) struct Needs {
    pub(in crate::tool) read: Vec<PathBuf>,
    pub(in crate::tool) env: Vec<(&'static str, PathBuf)>,
}

/// What the toolchains on a `PATH` need of somebody's home folder.
pub(in crate::tool) fn needs(path: &str, home: Option<&Path>) -> Needs {
    let mut needs = Needs::default();
    let Some(home) = home else { return needs };
    for entry in path.split(':').filter_map(|entry| Path::new(entry).strip_prefix(home).ok()) {
        for toolchain in KNOWN {
            if let Some(name) = wildcard(toolchain.on_path, entry) {
                needs.read.extend(toolchain.read.iter().map(|read| home.join(read.replace('*', &name))));
                needs.env.extend(toolchain.env.iter().map(|(variable, place)| (*variable, home.join(place))));
            }
        }
    }
    needs
}

/// What `*` stands for where the path fits; empty where there is none.
fn wildcard(pattern: &str, path: &Path) -> Option<String> {
    let path = path.to_str()?.trim_end_matches('/');
    let Some((before, after)) = pattern.split_once('*') else { return (path == pattern).then(String::new) };
    let name = path.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::needs;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_home_opens_only_what_its_toolchains_need() {
        let found = needs(
            "/usr/bin:/home/a/.cargo/bin:/home/a/.nvm/versions/node/v22/bin",
            Some(Path::new("/home/a")),
        );
        let read =
            [".rustup", ".cargo/registry", ".cargo/git", ".cargo/config.toml", ".nvm/versions/node/v22"];
        assert_eq!(found.read, read.map(|path| PathBuf::from("/home/a").join(path)));
        assert_eq!(found.env.len(), 2);
    }

    #[test]
    fn nothing_is_opened_for_what_is_not_on_the_path() {
        for path in
            ["/usr/bin", "/home/b/.cargo/bin", "/home/a/.cargo/bin/x", "/home/a/.nvm/versions/node/a/b/bin"]
        {
            assert_eq!(needs(path, Some(Path::new("/home/a"))), super::Needs::default(), "{path}");
        }
    }
}
