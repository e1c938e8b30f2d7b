//! The files of a confined command: what every command needs to start, what its `PATH` names, its work folder.
//! Grants only add up, so each is narrow: there is no way to take a part of one back but to open a folder's
//! children one by one, which [`writable`] does.

use std::fs;
use std::path::{Path, PathBuf};

/// Programs, libraries, certificates, names of users and hosts' rules, clocks; what the kernel says of itself.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/crypto-policies",
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki/tls",
    "/etc/ssl",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/vm/overcommit_memory",
    "/proc/uptime",
    "/proc/version",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
];

/// How names become addresses.
const NETWORK: &[&str] = &[
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/services",
    "/run/systemd/resolve",
];

const DEVICES: &[&str] = &["/dev/null", "/dev/full"];

/// Folders that a version control system keeps to itself: what is written there runs when it is used outside.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".svn", ".jj"];

/// What a command may touch, before the level is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tool) struct Grants {
    pub(in crate::tool) read: Vec<PathBuf>,
    pub(in crate::tool) write: Vec<PathBuf>,
    /// Inside of `write`, but only to read.
    pub(in crate::tool) keep: Vec<PathBuf>,
}

/// What a command in `folder` may touch. `path` is its `PATH`, `extra` what its `allow` opens beside.
pub(in crate::tool) fn grants(
    folder: &Path,
    protected: &[PathBuf],
    path: &str,
    home: Option<&Path>,
    network: bool,
    extra: &[PathBuf],
) -> Grants {
    let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    if network {
        read.extend(NETWORK.iter().map(PathBuf::from));
    }
    let programs = path.split(':').filter_map(|bin| programs(Path::new(bin), folder, home));
    read.extend(programs.filter(|bin| !bin.starts_with("/usr")));
    read.extend(extra.iter().cloned());
    let mut write: Vec<PathBuf> = DEVICES.iter().map(PathBuf::from).collect();
    write.push(folder.to_path_buf());
    let mut keep: Vec<PathBuf> = VERSION_CONTROL.iter().map(|name| folder.join(name)).collect();
    keep.extend(protected.iter().filter(|path| path.starts_with(folder)).cloned());
    Grants { read, write, keep }
}

/// A folder of programs; with its neighbors (`lib`, `share`) where it does not lie in somebody's home.
fn programs(bin: &Path, folder: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let bin = bin.canonicalize().ok()?;
    let holds = |inner: &Path| inner.starts_with(&bin);
    if holds(folder) || home.is_some_and(holds) || bin.starts_with(folder) {
        return None;
    }
    let in_home = home.is_some_and(|home| bin.starts_with(home));
    match bin.parent() {
        Some(around) if !in_home && bin.ends_with("bin") && around.parent().is_some() => {
            let around_holds = |inner: &Path| inner.starts_with(around);
            let wide = around_holds(folder) || home.is_some_and(around_holds);
            Some(if wide { bin } else { around.to_path_buf() })
        }
        _ => Some(bin),
    }
}

/// The paths below `path` that may be changed while everything in `keep` may not. Where nothing of it lies inside,
/// that is `path` itself; else its children, so that nothing new can be made beside what is kept.
pub(super) fn writable(path: &Path, keep: &[PathBuf]) -> Vec<PathBuf> {
    if keep.iter().any(|kept| kept == path) {
        return Vec::new();
    }
    let inside = |kept: &&PathBuf| kept.starts_with(path) && kept.symlink_metadata().is_ok();
    if keep.iter().find(inside).is_none() {
        return vec![path.to_path_buf()];
    }
    let Ok(children) = fs::read_dir(path) else { return Vec::new() };
    children
        .filter_map(Result::ok)
        .filter(|child| child.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .flat_map(|child| writable(&child.path(), keep))
        .collect()
}
