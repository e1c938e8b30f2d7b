//! Which command lines `allow` lets through, and that a shell runs nothing else than what was read in its text.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Builtin;
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::tool::permission::{CommandRules, simple_commands};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

use super::support::Bench;

const ALLOW: [&str; 6] = ["cargo *", "git status", "git diff*", "ls *", "wc -? *", "echo * end"];

/// Texts that no reading of the list lets through.
const REFUSED: [&str; 98] = [
    "",
    "   ",
    "rm -rf /",
    "git push",
    "git status -s",
    "git  'status '",
    "git statusx",
    "cargotest",
    "./cargo test",
    "/usr/bin/cargo test",
    "../cargo test",
    "~/cargo test",
    "cargo test; rm x",
    "cargo test && rm x",
    "cargo test || rm x",
    "cargo test | sh",
    "cargo test & rm x",
    "cargo test &",
    "cargo test |& sh",
    "cargo test\nrm x",
    "cargo test\r\nrm x",
    "cargo test\u{a0}x",
    "cargo test\u{b}x",
    "cargo test \0 rm",
    "cargo '\0'",
    "cargo $(rm x)",
    "cargo `rm x`",
    "cargo \"$(rm x)\"",
    "cargo \"`rm x`\"",
    "cargo $HOME",
    "cargo ${x:-$(rm x)}",
    "cargo \"${x}\"",
    "cargo $'a'",
    "cargo $\"a\"",
    "cargo <(rm x)",
    "cargo > x",
    "cargo >> x",
    "cargo 2>&1",
    "cargo &> x",
    "cargo < x",
    "cargo << x",
    "cargo <<< x",
    "(cargo test)",
    "{ cargo test; }",
    "{ cargo",
    "! cargo test",
    "if cargo test; then rm x; fi",
    "while cargo; do rm x; done",
    "for x in a; do rm x; done",
    "case x in x) rm x;; esac",
    "[[ x ]]",
    "time cargo test",
    "coproc cargo",
    "function cargo { rm x; }",
    "cargo() { rm x; }",
    "ls() { rm x; }; ls x",
    "PATH=. cargo test",
    "A=1",
    "A+=1 cargo",
    "'A=1' cargo",
    "cargo test # rm x",
    "# cargo",
    "cargo 'unclosed",
    "cargo \"unclosed",
    "cargo \\",
    "cargo a\\\nb",
    "cargo \"a\\\nb\"",
    "cargo &&",
    "cargo || ",
    "cargo |",
    "&& cargo",
    "; cargo",
    "| cargo",
    "cargo ;; cargo",
    "cargo ; ; cargo",
    "cargo && && cargo",
    "cargo ;& rm",
    "-c 'rm x'",
    "+x",
    "'' cargo",
    "carg? test",
    "c* test",
    "{cargo,rm} x",
    "$'cargo' test",
    "eval rm x",
    "exec rm x",
    "command rm x",
    "env rm x",
    ". x",
    "source x",
    "wc -ll a",
    "wc '-l a'",
    "echo a 'b end'",
    "echo 'x end'",
    "'git diff' x",
    "'cargo test'",
    "git\\ diff",
    "cаrgo test",
];

fn rules(allow: &[&str]) -> CommandRules {
    let allow: Vec<Name> = allow.iter().map(|item| Name::from(*item)).collect();
    CommandRules::new(Some(&allow), Some(Path::new("/home/a"))).unwrap()
}

#[test]
fn a_text_of_allowed_commands_passes() {
    let rules = rules(&ALLOW);
    for text in [
        "cargo test",
        "cargo",
        "cargo test --workspace -- --nocapture",
        "  cargo   test\t-q  ",
        "\ncargo test\n",
        "git status",
        "'git' \"status\"",
        "g\\it status",
        "git diff",
        "git diff --stat main..HEAD",
        "git difftool",
        "cargo test && git status",
        "cargo test || git status; git diff",
        "cargo test;git status;",
        "git diff | wc -l -",
        "cargo test&&git status||ls x|wc -c y",
        "ls *.rs src/[ab]?",
        "ls 'a b' \"c  d\"",
        "cargo run -- '$HOME `id` > x; rm -rf / & (a) #'",
        "cargo run -- \"a; b && c | d > e # f & g ( h )\"",
        "cargo run -- \"\\$HOME \\`id\\` \\\"q\\\" \\\\ \\n\"",
        "cargo run -- a\\;b \\&\\& \\> \\$x",
        "cargo run -- 'first\nsecond'",
        "cargo run -- \"first\nsecond\"",
        "ls a#b",
        "ls x=y",
        "ls ~/src",
        "ls {a,b}",
        "ls !x ^y",
        "ls ''",
        "ls ä ö",
        "wc -l a",
        "echo a b end",
    ] {
        rules.check_text(text).unwrap_or_else(|failure| panic!("{text:?}: {failure}"));
    }
}

#[test]
fn everything_else_is_refused() {
    let rules = rules(&ALLOW);
    for text in REFUSED {
        let failure = rules.check_text(text).err().unwrap_or_else(|| panic!("{text:?} passes"));
        assert_eq!(failure.kind, FailureKind::Denied, "{text:?}");
    }
}

#[test]
fn a_refusal_says_why_and_what_to_write() {
    let rules = rules(&["cargo *"]);
    for (text, why) in [
        (
            "cargo $X",
            "the command `cargo $X` is refused: `$` and `` ` `` expand, which is not allowed; in single quotes they are plain text",
        ),
        ("cargo > x", "the command `cargo > x` is refused: redirections (`<`, `>`) are not allowed"),
        (
            "cargo\nls",
            "the command `cargo\nls` is refused: a second line is not allowed; join commands by `;` or `&&`",
        ),
        ("cargo && ls -l", "`ls -l` is not among what the tool may run: `cargo *`"),
    ] {
        assert_eq!(rules.check_text(text).unwrap_err().message, why);
    }
}

#[test]
fn a_list_of_words_is_judged_as_it_is() {
    let rules = rules(&["git push origin *", "sh -c *", "make"]);
    let check = |words: &[&str]| {
        rules.check(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).is_ok()
    };
    assert!(check(&["git", "push", "origin", "main"]));
    assert!(check(&["git", "push", "origin", "; rm x"]));
    assert!(check(&["make"]));
    assert!(!check(&["git", "push", "evil", "main"]));
    assert!(!check(&["git", "push origin x"]));
    assert!(!check(&["make", "x"]));
    // A shell's text is read, whatever the shell is called by.
    assert!(check(&["sh", "-c", "make; git push origin main"]));
    assert!(check(&["/bin/bash", "-c", "make"]));
    assert!(!check(&["sh", "-c", "make; rm x"]));
    assert!(!check(&["/bin/dash", "-c", "rm x"]));
    // One that is read otherwise is a command like others.
    assert!(!check(&["zsh", "-c", "make"]));
    assert!(!check(&["sh", "-ec", "make"]));
    assert!(!check(&["env", "sh", "-c", "make"]));
}

#[test]
fn folders_are_no_commands() {
    let both = rules(&["~/.cache/x/**", "/opt/tools/**", "./ci/** y", "ls"]);
    assert_eq!(both.folders(), [Path::new("/home/a/.cache/x"), Path::new("/opt/tools")]);
    assert!(both.restricts() && both.check_text("ls").is_ok() && both.check_text("rm").is_err());
    let only = rules(&["/opt/tools/**"]);
    assert!(!only.restricts() && only.check_text("rm").is_ok());
    let nothing = rules(&[]);
    assert!(nothing.restricts() && nothing.check_text("ls").is_err());
}

#[tokio::test]
async fn the_shell_runs_what_passes_and_nothing_else() {
    let bench = Bench::builtin(Builtin::Shell).file("a.txt", "one\n").allow(&["cat *", "wc *", "tr -d *"]);
    assert_eq!(bench.gives(&["cat a.txt | wc -l | tr -d ' '"]).await, "1");
    let (kind, _) = bench.fails(&["cat a.txt > b.txt"]).await;
    assert_eq!(kind, FailureKind::Denied);
    assert!(!bench.path("b.txt").exists());
}

#[tokio::test]
async fn a_shell_without_a_sandbox_needs_a_list() {
    let bench = Bench::builtin(Builtin::Shell);
    let (kind, message) = bench.fails(&["ls"]).await;
    assert_eq!(kind, FailureKind::Denied);
    assert_eq!(message, "`t` is a shell outside of the sandbox; name its commands in `allow`");
}

/// Programs that only note that they were run, and the folder where a text runs.
struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::create_dir(folder.path().join("here")).unwrap();
        for name in ["a", "b", "evil", "in", "x"] {
            let path = folder.path().join("bin").join(name);
            let script =
                format!("#!/bin/sh\nprintf '%s\\n' {name} >> {}\n", folder.path().join("log").display());
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    /// The programs that a shell runs for a text.
    fn run(&self, shell: &str, text: &str) -> BTreeSet<String> {
        let log = self.folder.path().join("log");
        let _ = std::fs::remove_file(&log);
        let here = self.folder.path().join("here");
        Command::new(shell)
            .args(["-c", text])
            .current_dir(&here)
            .env_clear()
            .env("PATH", self.folder.path().join("bin"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let made: Vec<_> = std::fs::read_dir(&here).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(made.is_empty(), "{shell} {text:?} made {made:?}");
        std::fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn agrees(&self, shell: &str, text: &str) {
        let Ok(commands) = simple_commands(text) else { return };
        let read: BTreeSet<&str> = commands.iter().map(|command| command[0].as_str()).collect();
        for ran in self.run(shell, text) {
            assert!(read.contains(ran.as_str()), "{shell} runs `{ran}` in {text:?}, read were {read:?}");
        }
    }
}

/// Pieces that shells make something of.
const PIECES: [&str; 40] = [
    "a", "b", "evil", "x", "in", " ", "  ", "\t", "\n", "\r", ";", "&", "&&", "|", "||", "'", "\"", "\\",
    "$", "(", ")", "{", "}", "<", ">", "`", "#", "!", "=", "*", "?", "~", "[", "]", "-", "if", "then", "do",
    "\u{a0}", "^",
];

#[test]
fn every_short_text_runs_only_what_was_read() {
    let stage = Stage::new();
    for first in PIECES {
        for second in PIECES {
            for text in [
                format!("a{first}{second}evil"),
                format!("{first}{second}evil"),
                format!("a{first}evil{second}"),
            ] {
                stage.agrees("/bin/sh", &text);
            }
        }
    }
}

#[test]
fn no_pair_of_signs_opens_a_way_around() {
    const SIGNS: [&str; 11] = ["$", "(", ")", "`", "<", "{", "}", " ", ";", "=", "x"];
    let stage = Stage::new();
    for first in SIGNS {
        for second in SIGNS {
            for third in SIGNS {
                stage.agrees("/bin/sh", &format!("a {first}{second}evil{third}"));
                stage.agrees("/bin/sh", &format!("{first}{second}{third}evil"));
            }
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        Just("a"),
        Just("b"),
        Just("evil"),
        Just(" "),
        Just(" && "),
        Just(" | "),
        Just(";"),
        Just("'"),
        Just("\"")
    ];
    let any = (0..PIECES.len()).prop_map(|index| PIECES[index]);
    let piece = prop_oneof![3 => plain, 1 => any];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_runs_only_what_was_read(text in texts()) {
        let stage = Stage::new();
        for shell in ["/bin/sh", "/bin/bash"] {
            if Path::new(shell).exists() {
                stage.agrees(shell, &text);
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in ".{0,80}") {
        let _ = simple_commands(&text);
    }
}
