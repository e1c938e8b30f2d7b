//! `fs.*`: what they give, and the paths that they refuse.

use agentrun_lang::ir::Builtin;
use agentrun_lang::value::{Labels, Type, Value};
use agentrun_runtime::error::FailureKind;

use super::support::Bench;

#[tokio::test]
async fn a_file_is_read_whole_and_labeled_as_a_tools() {
    let bench = Bench::builtin(Builtin::FsRead).file("a/b.txt", "one\ntwo\n");
    let called = bench.called(&[Value::text("a/b.txt")]).await;
    assert_eq!(called.result, Ok((Value::text("one\ntwo\n"), Labels::TOOL)));
}

#[tokio::test]
async fn a_list_shows_what_may_be_touched() {
    let bench = Bench::builtin(Builtin::FsList).file("b.txt", "").file("a/c.txt", "").file(".env", "KEY=1");
    assert_eq!(bench.gives(&["."]).await, "a/\nb.txt");
    let bench = bench.with(|tool| tool.ty = Type::list(Type::String));
    let listed = bench.call(&["."]).await.unwrap();
    assert_eq!(listed, Value::list([Value::text("a/"), Value::text("b.txt")]));
}

#[tokio::test]
async fn a_write_makes_its_folders_and_keeps_a_files_mode() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::builtin(Builtin::FsWrite).file("run.sh", "old");
    std::fs::set_permissions(bench.path("run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.gives(&["run.sh", "new"]).await;
    assert_eq!(bench.text("run.sh"), "new");
    assert_eq!(bench.path("run.sh").metadata().unwrap().permissions().mode() & 0o777, 0o755);
    bench.gives(&["deep/er/x.txt", "x"]).await;
    assert_eq!(bench.text("deep/er/x.txt"), "x");
    let left: Vec<_> =
        std::fs::read_dir(bench.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn nothing_is_read_outside_of_the_folder() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), "s").unwrap();
    let bench = Bench::builtin(Builtin::FsRead)
        .file("in.txt", "")
        .file(".hidden/x", "")
        .link("out", outside.path())
        .link("file", outside.path().join("secret"))
        .link("proc", "/proc/self/root")
        .link("circle", "circle");
    let long = "x/".repeat(3000);
    let absolute = outside.path().join("secret");
    let cases = [
        ("../secret", FailureKind::Denied),
        ("in.txt/../../secret", FailureKind::Invalid),
        ("a/../../secret", FailureKind::Invalid),
        ("out/secret", FailureKind::Denied),
        ("file", FailureKind::Denied),
        ("proc/etc/passwd", FailureKind::Denied),
        ("/proc/self/environ", FailureKind::Denied),
        ("/proc/self/cwd/in.txt", FailureKind::Denied),
        ("/proc/self/fd/0", FailureKind::Denied),
        ("/etc/passwd", FailureKind::Denied),
        (absolute.to_str().unwrap(), FailureKind::Denied),
        (".hidden/x", FailureKind::Denied),
        ("circle", FailureKind::Invalid),
        ("in.txt\0", FailureKind::Invalid),
        ("", FailureKind::Invalid),
        (&long, FailureKind::Invalid),
        ("~/.ssh/id_rsa", FailureKind::Denied),
        ("missing", FailureKind::Invalid),
        (".", FailureKind::Invalid),
    ];
    for (path, kind) in cases {
        let (found, message) = bench.fails(&[path]).await;
        assert_eq!(found, kind, "{path:?}: {message}");
    }
}

#[tokio::test]
async fn allow_narrows_and_a_dot_must_be_written() {
    let bench = Bench::builtin(Builtin::FsRead)
        .file("src/a.rs", "a")
        .file("src/deep/b.rs", "b")
        .file("src/.env", "e")
        .file("notes.md", "n")
        .file(".github/ci.yml", "c")
        .allow(&["./src/**", "./.github/*.yml"]);
    assert_eq!(bench.gives(&["src/a.rs"]).await, "a");
    assert_eq!(bench.gives(&["./src/deep/../deep/b.rs"]).await, "b");
    assert_eq!(bench.gives(&[".github/ci.yml"]).await, "c");
    for path in ["notes.md", "src/.env", "src/../notes.md", "SRC/a.rs"] {
        let (kind, message) = bench.fails(&[path]).await;
        assert_eq!(kind, FailureKind::Denied, "{path}: {message}");
    }
}
