//! Runs the built binary as a person would: its own environment, its own folder, its output and exit code.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One call of `agentrun`.
pub(crate) struct Agentrun {
    command: Command,
    input: Option<String>,
}

/// What a person types: once this is shown, and after so many milliseconds, this text.
pub(crate) struct Typed<'a>(pub(crate) &'a str, pub(crate) u64, pub(crate) &'a str);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Agentrun {
    /// `agentrun ARGS…` in the repository's root, with no key, no user configuration and no local server in reach.
    pub(crate) fn with(args: &[&str]) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::of(env!("CARGO_BIN_EXE_agentrun"), args, &path)
    }

    /// The same for a line of a shell that finds `agentrun` on its path.
    pub(crate) fn shell(line: &str) -> Self {
        let mut path = Path::new(env!("CARGO_BIN_EXE_agentrun")).with_file_name("").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        Self::of("sh", &["-c", line], &path)
    }

    /// `agentrun ARGS…` on a terminal, with what a person types there as they go. What the terminal shows comes as
    /// the output. `None` where this machine has no `script` to make one.
    pub(crate) fn at_terminal(folder: &Path, args: &[&str], typed: &[Typed<'_>]) -> Option<Ran> {
        let line = std::iter::once(env!("CARGO_BIN_EXE_agentrun")).chain(args.iter().copied());
        let line: Vec<String> = line.map(|word| format!("'{word}'")).collect();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut agentrun = Self::of("script", &["-qec", &line.join(" "), "/dev/null"], &path).folder(folder);
        agentrun
            .command
            .stdin(Stdio::piped())
            .env("TERM", "xterm")
            .env("USER", "ana")
            .env("SHELL", "/bin/sh");
        let Ok(mut child) = agentrun.command.spawn() else {
            println!("skipped: this machine has no `script`");
            return None;
        };
        let (mut keys, mut screen) = (child.stdin.take()?, child.stdout.take()?);
        let (mut shown, mut read) = (Vec::new(), 0);
        let mut buffer = [0; 4096];
        let mut left = typed.iter().peekable();
        loop {
            let fresh = String::from_utf8_lossy(&shown[read..]).into_owned();
            if let Some(Typed(_, pause, text)) = left.next_if(|Typed(sign, ..)| fresh.contains(sign)) {
                read = shown.len();
                std::thread::sleep(std::time::Duration::from_millis(*pause));
                // It may have ended meanwhile.
                let _ = keys.write_all(text.as_bytes());
                continue;
            }
            match screen.read(&mut buffer) {
                Ok(count @ 1..) => shown.extend_from_slice(&buffer[..count]),
                _ => break,
            }
        }
        let output = child.wait_with_output().expect("it ends");
        Some(Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&shown).replace("\r\n", "\n"),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    fn of(program: &str, args: &[&str], path: &OsStr) -> Self {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("PATH", path)
            .env("HOME", "/nonexistent")
            .env("XDG_DATA_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/data"))
            .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
            // Port 9 discards: nothing on this machine is taken for a model by accident.
            .env("OLLAMA_BASE_URL", "http://127.0.0.1:9/v1")
            .env("LLAMACPP_BASE_URL", "http://127.0.0.1:9/v1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, input: None }
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in another folder.
    pub(crate) fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.command.current_dir(folder.into());
        self
    }

    /// Pipes a text to standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(text.to_string());
        self
    }

    /// Starts it, for a test that interrupts it.
    pub(crate) fn spawn(mut self) -> std::process::Child {
        self.command.spawn().expect("the binary starts")
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Ran {
        let mut child = self.command.spawn().expect("the binary starts");
        if let (Some(text), Some(mut pipe)) = (self.input, child.stdin.take()) {
            std::io::Write::write_all(&mut pipe, text.as_bytes()).expect("it reads its input");
        }
        let output = child.wait_with_output().expect("it ends");
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// The same, if it ended with `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }

    /// Output, error and code as one text for a snapshot; times are replaced, the rest stays.
    pub(crate) fn text(&self) -> String {
        format!("exit {}\n--- out\n{}--- err\n{}", self.code, self.out, self.err)
    }
}
