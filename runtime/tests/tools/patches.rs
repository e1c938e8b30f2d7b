//! `fs.patch`: rows of a file, a patch and what becomes of it.

use agentrun_lang::ir::Builtin;
use agentrun_lang::value::{Type, Value};
use agentrun_runtime::error::{Commit, FailureKind};

use super::support::Bench;

const POEM: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

type Row = (&'static str, &'static str, &'static str, &'static str);

/// What is tried, the file, the patch, the file after it.
const FITTING: [Row; 16] = [
    (
        "a change",
        POEM,
        "--- a/p.txt\n+++ b/p.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
        "one\n2\nthree\nfour\nfive\nsix\nseven\n",
    ),
    (
        "no head of a file",
        POEM,
        "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n",
        "one\n2\nthree\nfour\nfive\nsix\nseven\n",
    ),
    (
        "two hunks",
        POEM,
        "@@ -1,2 +1,3 @@\n one\n+and\n two\n@@ -6,2 +7,1 @@\n six\n-seven\n",
        "one\nand\ntwo\nthree\nfour\nfive\nsix\n",
    ),
    (
        "wrong line numbers",
        POEM,
        "@@ -90,2 +91,2 @@\n five\n-six\n+6\n",
        "one\ntwo\nthree\nfour\nfive\n6\nseven\n",
    ),
    ("no line numbers", POEM, "@@ @@\n five\n-six\n+6\n", "one\ntwo\nthree\nfour\nfive\n6\nseven\n"),
    ("a bare head", POEM, "@@\n-six\n+6\n", "one\ntwo\nthree\nfour\nfive\n6\nseven\n"),
    (
        "counts too large",
        POEM,
        "@@ -1,9 +1,9 @@\n one\n-two\n+2\n",
        "one\n2\nthree\nfour\nfive\nsix\nseven\n",
    ),
    (
        "counts too small",
        POEM,
        "@@ -1,1 +1,1 @@\n one\n-two\n+2\n three\n",
        "one\n2\nthree\nfour\nfive\nsix\nseven\n",
    ),
    (
        "a code fence",
        POEM,
        "```diff\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n```\n",
        "1\ntwo\nthree\nfour\nfive\nsix\nseven\n",
    ),
    ("a blank context line without its space", "a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "a\n\nc\n"),
    ("blanks at the end of a line", "a  \nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "a  \nc\n"),
    (
        "the ends of lines are the file's",
        "a\r\nb\r\nc\r\n",
        "@@ -1,3 +1,4 @@\n a\n-b\n+x\n+y\n c\n",
        "a\r\nx\r\ny\r\nc\r\n",
    ),
    ("a patch with other ends of lines", "a\nb\n", "@@ -1,2 +1,2 @@\r\n a\r\n-b\r\n+c\r\n", "a\nc\n"),
    (
        "no newline at the end stays so",
        "a\nb",
        "@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n",
        "x\nb",
    ),
    (
        "a newline is taken away",
        "a\nb\n",
        "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n",
        "a\nc",
    ),
    ("a newline is added", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n", "a\nc\n"),
];

/// What is tried, the file, the patch, what the failure says.
const UNFITTING: [Row; 18] = [
    (
        "other context",
        POEM,
        "@@ -1,3 +1,3 @@\n one\n-tow\n+2\n three\n",
        "`p.txt`: hunk 1 (line 1 of the patch) does not apply: line 2: expected `tow`, found `two`",
    ),
    (
        "past the end",
        POEM,
        "@@ -7,2 +7,2 @@\n seven\n-eight\n+8\n",
        "`p.txt`: hunk 1 (line 1 of the patch) does not apply: line 8: expected `eight`, found the end of the file",
    ),
    (
        "the second hunk fails",
        POEM,
        "@@ -1,1 +1,1 @@\n-one\n+1\n@@ -5,1 +5,1 @@\n-fife\n+5\n",
        "`p.txt`: hunk 2 (line 4 of the patch) does not apply: line 5: expected `fife`, found `five`",
    ),
    (
        "hunks out of order",
        POEM,
        "@@ -5,1 +5,1 @@\n-five\n+5\n@@ -1,1 +1,1 @@\n-one\n+1\n",
        "`p.txt`: hunk 2 (line 4 of the patch) does not apply: line 6: expected `one`, found `six`",
    ),
    (
        "two places",
        "a\nx\nb\nx\nc\n",
        "@@\n-x\n+y\n",
        "`p.txt`: hunk 1 (line 1 of the patch) does not apply: its context fits at lines 2, 4; give more context",
    ),
    (
        "no place",
        POEM,
        "@@\n+y\n",
        "`p.txt`: hunk 1 (line 1 of the patch) does not apply: it has neither context nor line numbers, so its place is unknown",
    ),
    (
        "a place past the end",
        POEM,
        "@@ -40,0 +41,1 @@\n+y\n",
        "`p.txt`: hunk 1 (line 1 of the patch) does not apply: it adds after line 40, and the file has 7 lines",
    ),
    (
        "no patch at all",
        POEM,
        "please change two to 2",
        "the patch cannot be read: it is no unified diff: there is no hunk (`@@ -1,3 +1,4 @@`) in it",
    ),
    (
        "empty",
        POEM,
        "",
        "the patch cannot be read: it is no unified diff: there is no hunk (`@@ -1,3 +1,4 @@`) in it",
    ),
    (
        "a broken head",
        POEM,
        "@@ -1,x +1,1 @@\n-one\n",
        "the patch cannot be read: line 1: expected `@@ -1,3 +1,4 @@`, found `@@ -1,x +1,1 @@`",
    ),
    (
        "a line of no kind",
        POEM,
        "@@ -1,2 +1,2 @@\n one\ntwo\n",
        "the patch cannot be read: line 3: a line of a hunk begins with ` `, `-` or `+`, found `two`",
    ),
    (
        "words after it",
        POEM,
        "@@ -1,1 +1,1 @@\n-one\n+1\nthat is all\n",
        "the patch cannot be read: line 4: expected a hunk (`@@ …`) or a file (`--- …`), found `that is all`",
    ),
    (
        "nothing changes",
        POEM,
        "@@ -1,2 +1,2 @@\n one\n two\n",
        "the patch cannot be read: line 1: the hunk changes nothing",
    ),
    (
        "a file without a hunk",
        POEM,
        "--- a/p.txt\n+++ b/p.txt\n@@ -1 +1 @@\n-one\n+1\n--- a/q\n+++ b/q\n",
        "the patch cannot be read: `q` has no hunk",
    ),
    (
        "another file",
        POEM,
        "--- a/q.txt\n+++ b/q.txt\n@@ -1,1 +1,1 @@\n-one\n+1\n",
        "the patch is of `q.txt`, but `path` is `p.txt`",
    ),
    (
        "two files",
        POEM,
        "--- a/p.txt\n+++ b/p.txt\n@@ -1 +1 @@\n-one\n+1\n--- a/q\n+++ b/q\n@@ -1 +1 @@\n-a\n+b\n",
        "the patch changes 2 files; give the folder that holds them as `path`",
    ),
    (
        "a rename",
        POEM,
        "diff --git a/p.txt b/q.txt\nrename from p.txt\nrename to q.txt\n",
        "the patch cannot be read: line 2: a rename is not supported: write the new file and delete the old one",
    ),
    (
        "it exists",
        POEM,
        "--- /dev/null\n+++ b/p.txt\n@@ -0,0 +1 @@\n+x\n",
        "the patch makes `p.txt`, which exists already",
    ),
];

fn holding(text: &str) -> Bench {
    Bench::builtin(Builtin::FsPatch).file("p.txt", text)
}

#[tokio::test]
async fn a_patch_that_fits_is_applied() {
    for (name, before, patch, after) in FITTING {
        let bench = holding(before);
        let done = bench.call(&["p.txt", patch]).await;
        assert!(done.is_ok(), "{name}: {done:?}");
        assert_eq!(bench.text("p.txt"), after, "{name}");
    }
}

#[tokio::test]
async fn lines_are_added_where_the_numbers_say() {
    for (patch, after) in [
        ("@@ -0,0 +1 @@\n+zero\n", "zero\none\ntwo\n"),
        ("@@ -1,0 +2 @@\n+half\n", "one\nhalf\ntwo\n"),
        ("@@ -2,0 +3,2 @@\n+three\n+four\n", "one\ntwo\nthree\nfour\n"),
        ("@@ -1,0 +2 @@\n+a\n@@ -2,0 +4 @@\n+b\n", "one\na\ntwo\nb\n"),
    ] {
        let bench = holding("one\ntwo\n");
        bench.call(&["p.txt", patch]).await.unwrap();
        assert_eq!(bench.text("p.txt"), after, "{patch}");
    }
}

#[tokio::test]
async fn a_patch_that_does_not_fit_changes_nothing() {
    for (name, before, patch, message) in UNFITTING {
        let bench = holding(before);
        let failure = bench.call(&["p.txt", patch]).await.unwrap_err();
        assert_eq!(
            (&failure.kind, failure.commit),
            (&FailureKind::Invalid, Commit::None),
            "{name}: {failure}"
        );
        assert_eq!(failure.message, message, "{name}");
        assert_eq!(bench.text("p.txt"), before, "{name}");
    }
}

#[tokio::test]
async fn files_are_made_and_deleted() {
    let bench = holding(POEM);
    let made = bench.gives(&["new/q.txt", "--- /dev/null\n+++ b/new/q.txt\n@@ -0,0 +1,2 @@\n+a\n+b\n"]).await;
    assert_eq!((made.as_str(), bench.text("new/q.txt").as_str()), ("made new/q.txt (+2 -0)", "a\nb\n"));
    let short = bench.gives(&["r.txt", "@@ -0,0 +1 @@\n+a\n"]).await;
    assert_eq!(short, "made r.txt (+1 -0)");
    let gone = bench.gives(&["new/q.txt", "--- a/new/q.txt\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"]).await;
    assert_eq!(gone, "deleted new/q.txt (+0 -2)");
    assert!(!bench.path("new/q.txt").exists());
    let (kind, message) = bench.fails(&["r.txt", "--- a/r.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n"]).await;
    assert_eq!(kind, FailureKind::Invalid, "{message}");
    let (_, message) = bench.fails(&["p.txt", "--- a/p.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n"]).await;
    assert_eq!(message, "the patch deletes `p.txt` but leaves lines of it");
    let (_, message) = bench.fails(&["none.txt", "@@ -1,1 +1,1 @@\n-one\n+1\n"]).await;
    assert_eq!(message, "`none.txt` does not exist");
}

#[tokio::test]
async fn a_folder_takes_a_patch_of_many_files_or_none() {
    let files = |bench: Bench| bench.file("src/a.rs", "a\n").file("src/b.rs", "b\n").file("src/c.rs", "c\n");
    let patch = "diff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-a\n+A\n\
                 diff --git a/src/d.rs b/src/d.rs\nnew file mode 100644\n--- /dev/null\n+++ b/src/d.rs\n@@ -0,0 +1 @@\n+D\n\
                 diff --git a/src/c.rs b/src/c.rs\ndeleted file mode 100644\n--- a/src/c.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-c\n";
    let bench = files(holding(POEM)).with(|tool| tool.ty = Type::Bool);
    assert_eq!(bench.call(&[".", patch]).await, Ok(Value::Bool(true)));
    assert_eq!((bench.text("src/a.rs"), bench.text("src/d.rs")), ("A\n".to_owned(), "D\n".to_owned()));
    assert!(!bench.path("src/c.rs").exists());

    let broken = format!("{patch}--- a/src/b.rs\n+++ b/src/b.rs\n@@ -1 +1 @@\n-x\n+y\n");
    let bench = files(holding(POEM));
    assert_eq!(bench.fails(&[".", &broken]).await.0, FailureKind::Invalid);
    assert_eq!((bench.text("src/a.rs"), bench.text("src/c.rs")), ("a\n".to_owned(), "c\n".to_owned()));
    assert!(!bench.path("src/d.rs").exists());

    for escape in ["../x", "/etc/x", "src/../../x", ".git/hooks/x"] {
        let bench = files(holding(POEM));
        let patch = format!("{patch}--- /dev/null\n+++ b/{escape}\n@@ -0,0 +1 @@\n+x\n");
        let (kind, message) = bench.fails(&[".", &patch]).await;
        assert_eq!(kind, FailureKind::Denied, "{escape}: {message}");
        assert_eq!(bench.text("src/a.rs"), "a\n");
    }
    let twice =
        "--- a/p.txt\n+++ b/p.txt\n@@ -1 +1 @@\n-one\n+1\n--- a/p.txt\n+++ b/p.txt\n@@ -2 +2 @@\n-two\n+2\n";
    assert_eq!(bench_fails(twice).await, "the patch names `p.txt` twice");
    assert_eq!(
        bench_fails("@@ -1 +1 @@\n-one\n+1\n").await,
        "`.` is a folder, and the patch does not say which file it is of (`--- a/NAME`, `+++ b/NAME`)"
    );
}

async fn bench_fails(patch: &str) -> String {
    holding(POEM).fails(&[".", patch]).await.1
}

#[tokio::test]
async fn what_git_writes_applies() {
    use std::process::Command;
    let git = |folder: &std::path::Path, args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(folder).output()?;
        std::io::Result::Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let lines: Vec<String> = (0..60).map(|line| format!("line {line}\n")).collect();
    let before = lines.concat();
    let after = before
        .replace("line 3\n", "")
        .replace("line 20\n", "line 20\nmore\nand more\n")
        .replace("line 58\n", "58\n");
    let bench = holding(&before);
    if git(bench.folder.path(), &["init", "-q"]).is_err() {
        println!("skipped: `git` is not on this machine");
        return;
    }
    git(bench.folder.path(), &["add", "."]).unwrap();
    std::fs::write(bench.path("p.txt"), &after).unwrap();
    for context in ["-U0", "-U1", "-U3"] {
        let patch = git(bench.folder.path(), &["-c", "core.pager=cat", "diff", context]).unwrap();
        assert!(patch.contains("@@"), "{patch}");
        let patched = holding(&before);
        patched.call(&["p.txt", &patch]).await.unwrap();
        assert_eq!(patched.text("p.txt"), after, "{context}");
    }
}
