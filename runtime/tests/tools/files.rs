//! `fs.*`: what they give, and the paths that they refuse.

use agentrun_lang::ir::{Builtin, EffectClass, ToolBody};
use agentrun_lang::value::{FieldType, Labels, Type, Value};
use agentrun_runtime::error::{Commit, FailureKind};

use super::support::{Bench, param};

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

#[tokio::test]
async fn a_part_of_a_file_can_be_read() {
    let bench = Bench::builtin(Builtin::FsRead).file("a.txt", "1\n2\n3\n4").with(|tool| {
        for name in ["from", "lines"] {
            tool.params.push(FieldType { ty: Type::Int, ..param(name) });
        }
    });
    for (from, lines, text) in [(2, 2, "2\n3\n"), (4, 9, "4"), (1, 1, "1\n"), (9, 1, "")] {
        let called = bench.called(&[Value::text("a.txt"), Value::Int(from), Value::Int(lines)]).await;
        assert_eq!(called.result.unwrap().0, Value::text(text));
    }
    let whole = bench.called(&[Value::text("a.txt"), Value::Null, Value::Null]).await;
    assert_eq!(whole.result.unwrap().0, Value::text("1\n2\n3\n4"));
    let wrong = bench.called(&[Value::text("a.txt"), Value::Int(0), Value::Null]).await.result.unwrap_err();
    assert_eq!(wrong.message, "`from` must be a whole number from 1, found int");
}

#[tokio::test]
async fn a_file_is_read_as_the_type() {
    let bench = Bench::builtin(Builtin::FsRead)
        .file("n.json", r#"{"n": 1, "more": true}"#)
        .file("x.png", "\u{1}")
        .file("x.bin", "\u{1}");
    let shape = Type::Shape([("n".into(), Type::Int)].into());
    let read = |ty: Type| Bench::builtin(Builtin::FsRead).with(|tool| tool.ty = ty);
    let read = |ty: Type| Bench { settings: bench.settings.clone(), ..read(ty) };
    assert_eq!(read(shape).call(&["n.json"]).await, Ok(Value::record([("n", Value::Int(1))])));
    assert_eq!(read(Type::Bytes).call(&["x.bin"]).await, Ok(Value::Bytes([1].into())));
    assert!(
        matches!(read(Type::Image).call(&["x.png"]).await, Ok(Value::Media(image)) if &*image.mime == "image/png")
    );
    for (ty, path) in [(Type::Image, "x.bin"), (Type::Int, "n.json"), (Type::Json, "x.bin")] {
        let failure = read(ty).call(&[path]).await.unwrap_err();
        assert_eq!((failure.kind, failure.commit), (FailureKind::Invalid, Commit::None), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_plain_text_file_is_said_to_be_none() {
    let bench = Bench::builtin(Builtin::FsRead).file("big.txt", &"x".repeat(300 << 10));
    std::fs::write(bench.path("latin"), [b'a', 0xff]).unwrap();
    std::fs::create_dir(bench.path("folder")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, bench.path("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    for (path, message) in [
        (
            "big.txt",
            "`big.txt` is larger than 256 KiB; search it, or read a part of it with `from` and `lines`",
        ),
        ("latin", "`latin` is no UTF-8 text; a tool of type `bytes` can read it"),
        ("folder", "cannot read `folder`: is a directory"),
        ("pipe", "cannot read `pipe`: it is no regular file"),
        ("none", "cannot read `none`: No such file or directory (os error 2)"),
        ("none/x", "cannot read `none/x`: No such file or directory (os error 2)"),
        ("latin/x", "`latin/x` cannot be followed: Not a directory (os error 20)"),
    ] {
        assert_eq!(bench.fails(&[path]).await, (FailureKind::Invalid, message.to_owned()));
    }
}

#[tokio::test]
async fn a_search_finds_lines_and_passes_over_what_is_not_ours() {
    let bench = Bench::builtin(Builtin::FsSearch)
        .file("src/a.rs", "fn one() {}\nfn two() {}\n")
        .file("src/deep/b.rs", "// one\n")
        .file("target/c.rs", "one\n")
        .file(".gitignore", "target/\n")
        .file(".env", "one\n")
        .file("bin.dat", "one\0\n")
        .link("outside", "/etc");
    assert_eq!(bench.gives(&["one", "."]).await, "src/a.rs:1: fn one() {}\nsrc/deep/b.rs:1: // one");
    assert_eq!(bench.gives(&["^fn t.o", "src"]).await, "src/a.rs:2: fn two() {}");
    assert_eq!(bench.gives(&["one", "src/deep/b.rs"]).await, "src/deep/b.rs:1: // one");
    assert_eq!(bench.gives(&["nowhere", "."]).await, "");
    assert_eq!(bench.fails(&["one", "/etc"]).await.0, FailureKind::Denied);
    assert_eq!(bench.fails(&["one", "outside"]).await.0, FailureKind::Denied);
    assert_eq!(bench.fails(&["one", ".git"]).await.0, FailureKind::Denied);
    assert_eq!(
        bench.fails(&["one", "none"]).await,
        (FailureKind::Invalid, "`none` does not exist".to_owned())
    );
    let (kind, message) = bench.fails(&["(", "."]).await;
    assert_eq!(kind, FailureKind::Invalid);
    assert!(message.starts_with("the pattern cannot be read"), "{message}");
    let typed = bench.with(|tool| tool.ty = Type::Json);
    let hit = Value::record([
        ("path", Value::text("src/a.rs")),
        ("line", Value::Int(2)),
        ("text", Value::text("fn two() {}")),
    ]);
    assert_eq!(typed.call(&["two", "."]).await, Ok(Value::list([hit])));
    let narrowed = typed.with(|tool| tool.ty = Type::String).allow(&["./src/deep/**"]);
    assert_eq!(narrowed.gives(&["one", "."]).await, "src/deep/b.rs:1: // one");
}

#[tokio::test]
async fn a_search_says_that_there_is_more() {
    let bench = Bench::builtin(Builtin::FsSearch)
        .file("a.txt", &"hit\n".repeat(500))
        .file("b.txt", &"x".repeat(5000));
    let found = bench.gives(&["hit", "."]).await;
    assert_eq!(found.lines().count(), 201);
    assert!(found.ends_with("\n[more than 200 lines match; narrow the pattern]"));
    assert_eq!(bench.gives(&["x", "b.txt"]).await, format!("b.txt:1: {}…", "x".repeat(300)));
}

#[tokio::test]
async fn a_write_is_whole_or_not_at_all() {
    use std::os::unix::fs::PermissionsExt;
    let bench =
        Bench::builtin(Builtin::FsWrite).file("fixed", "old").file("folder/x", "").link("link", "fixed");
    std::fs::set_permissions(bench.path("fixed"), std::fs::Permissions::from_mode(0o444)).unwrap();
    for (path, kind, message) in [
        ("fixed", FailureKind::Denied, "cannot write `fixed`: it is read-only"),
        ("link", FailureKind::Denied, "cannot write `fixed`: it is read-only"),
        ("folder", FailureKind::Invalid, "cannot write `folder`: is a directory"),
        (
            "folder/x/y",
            FailureKind::Invalid,
            "`folder/x/y` cannot be followed: Not a directory (os error 20)",
        ),
    ] {
        let failure = bench.call(&[path, "new"]).await.unwrap_err();
        assert_eq!((failure.kind, failure.commit), (kind, Commit::None), "{path}");
        assert_eq!(failure.message, message);
    }
    assert_eq!(bench.text("fixed"), "old");
    let values = bench.with(|tool| tool.ty = Type::Bool);
    for (value, text) in
        [(Value::Bytes([65, 66].into()), "AB"), (Value::record([("a", Value::Int(1))]), "{\n  \"a\": 1\n}\n")]
    {
        assert_eq!(values.called(&[Value::text("v"), value]).await.result.unwrap().0, Value::Bool(true));
        assert_eq!(values.text("v"), text);
    }
}

#[test]
fn a_tool_that_cannot_work_is_refused_at_the_start() {
    for (builtin, params, message) in [
        (Builtin::FsRead, &[][..], "no parameter stands for its `path`"),
        (Builtin::FsWrite, &["path"], "no parameter stands for its `text`"),
        (
            Builtin::FsRead,
            &["path", "encoding"],
            "it takes `path`, `from`, `lines`, and nothing for `encoding`",
        ),
        (Builtin::FsList, &["path", "depth"], "it takes `path`, and nothing for `depth`"),
    ] {
        let bench = Bench::new(ToolBody::Builtin(builtin), EffectClass::Read, params);
        let fault = bench.fault();
        assert_eq!(fault.to_string(), format!("tool `t`: {message}"));
    }
    let bench = Bench::builtin(Builtin::FsRead).allow(&["./[a"]);
    assert_eq!(
        bench.fault().message,
        "`allow` glob `./[a` cannot be read: unclosed character class; missing ']'"
    );
}

#[tokio::test]
async fn parameters_of_other_names_stand_in_order() {
    let bench = Bench::new(ToolBody::Builtin(Builtin::FsWrite), EffectClass::Write, &["text", "file"]);
    bench.gives(&["content", "a.txt"]).await;
    assert_eq!(bench.text("a.txt"), "content");
    let bench =
        Bench::new(ToolBody::Builtin(Builtin::FsSearch), EffectClass::Read, &["what"]).file("a.txt", "hit");
    assert_eq!(bench.gives(&["hit"]).await, "a.txt:1: hit");
}

#[tokio::test]
async fn a_name_that_drives_a_terminal_is_not_made() {
    let write = Bench::builtin(Builtin::FsWrite);
    for name in ["a\nb", "a\u{1b}[2J", "a\u{9b}2J", "sub\r/x", "a\0b"] {
        let (kind, message) = write.fails(&[name, "x"]).await;
        assert_eq!(kind, FailureKind::Invalid, "{name:?}");
        assert!(message.contains("the path holds a"), "{name:?}: {message}");
    }
    let patch = Bench::builtin(Builtin::FsPatch);
    let (kind, _) = patch.fails(&["a\tb", "@@ -0,0 +1 @@\n+x\n"]).await;
    assert_eq!(kind, FailureKind::Invalid);
    assert_eq!(std::fs::read_dir(write.folder.path()).unwrap().count(), 0);
    // One that is there can be read.
    let read = Bench::builtin(Builtin::FsRead).file("a\nb", "text");
    assert_eq!(read.gives(&["a\nb"]).await, "text");
}
