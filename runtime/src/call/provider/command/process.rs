//! The process of a command: started with a clean environment, fed, read, and ended with its whole group.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::time::{sleep, timeout};

use crate::call::provider::endpoint::CommandLine;
use crate::call::provider::{ErrorClass, ProviderError};

/// What every command gets of our own environment.
const INHERITED: &[&str] = &["PATH", "HOME", "LANG", "TMPDIR", "USER", "TERM"];
/// How long a command has to end once it is asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How long a command that has ended is listened to.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// The most bytes that are kept of standard error.
const STDERR_CAP: usize = 16 << 10;

/// A running command; dropped, its group is killed.
pub(super) struct Process {
    child: Child,
    group: Option<Pid>,
    stdin: Option<ChildStdin>,
    prompt: Vec<u8>,
    written: usize,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    over: bool,
}

/// How it ended.
pub(super) struct Exit {
    pub(super) ok: bool,
    /// `exit status: 1`.
    pub(super) how: String,
    pub(super) stderr: String,
}

impl Process {
    pub(super) fn start(line: &CommandLine, prompt: &str, model: &str) -> Result<Self, ProviderError> {
        let Some((program, arguments)) = line.exec.split_first() else {
            return Err(ProviderError::of(ErrorClass::NotConfigured, "`exec` names no program".into()));
        };
        let in_argument = arguments.iter().any(|argument| argument.contains("{prompt}"));
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments.iter().map(|text| text.replace("{model}", model).replace("{prompt}", prompt)))
            .env_clear()
            .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .envs(line.env.iter().map(|(name, value)| (name, value.expose_secret())))
            .stdin(if in_argument { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(folder) = &line.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().map_err(|error| not_started(program, &error))?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let prompt = prompt.as_bytes().to_vec();
        Ok(Self { child, group, stdin, prompt, written: 0, stdout, stderr, said: Vec::new(), over: false })
    }

    /// The next piece of its standard output; `None` at its end. The prompt goes in and standard error comes out
    /// meanwhile, so that no pipe fills up.
    pub(super) async fn read(&mut self) -> Option<Vec<u8>> {
        let mut out = [0; 8192];
        let mut err = [0; 4096];
        loop {
            tokio::select! {
                biased;
                read = read(&mut self.stdout, &mut out) => match read {
                    0 => {
                        self.stdout = None;
                        return None;
                    }
                    count => return Some(out.get(..count).unwrap_or_default().to_vec()),
                },
                read = read(&mut self.stderr, &mut err), if self.stderr.is_some() => match read {
                    0 => self.stderr = None,
                    count => keep(&mut self.said, err.get(..count).unwrap_or_default()),
                },
                written = write(&mut self.stdin, self.prompt.get(self.written..).unwrap_or_default()),
                    if self.stdin.is_some() => match written {
                    // It wants no more of it: what it says then is its own matter.
                    0 => self.stdin = None,
                    count => self.written += count,
                },
                () = sleep(LAST_WORDS), if self.over => return None,
                _ = self.child.wait(), if !self.over => {
                    self.over = true;
                    // What it left behind would hold its output open.
                    self.kill();
                }
            }
        }
    }

    /// Waits for its end; its group ends with it.
    pub(super) async fn exit(&mut self) -> Exit {
        self.stdin = None;
        let status = self.child.wait().await;
        self.kill();
        let mut err = [0; 4096];
        while self.stderr.is_some() {
            // Whoever left the group may hold it open: what is there by now is all that counts.
            match timeout(LAST_WORDS, read(&mut self.stderr, &mut err)).await {
                Ok(0) | Err(_) => self.stderr = None,
                Ok(count) => keep(&mut self.said, err.get(..count).unwrap_or_default()),
            }
        }
        let stderr = String::from_utf8_lossy(&self.said).into_owned();
        match status {
            Ok(status) => Exit { ok: status.success(), how: status.to_string(), stderr },
            Err(error) => Exit { ok: false, how: error.to_string(), stderr },
        }
    }

    /// Asks it to end, then makes it.
    pub(super) async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let _ = timeout(GRACE, self.child.wait()).await;
        self.kill();
    }

    /// Ends it and all it has started.
    pub(super) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.group = None;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group that is already gone is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn read(from: &mut Option<impl tokio::io::AsyncRead + Unpin>, buffer: &mut [u8]) -> usize {
    match from {
        Some(pipe) => pipe.read(buffer).await.unwrap_or(0),
        None => 0,
    }
}

async fn write(to: &mut Option<ChildStdin>, bytes: &[u8]) -> usize {
    match to {
        Some(pipe) if !bytes.is_empty() => pipe.write(bytes).await.unwrap_or(0),
        _ => 0,
    }
}

/// Keeps the end of what is said: that is where a command says why it gave up.
fn keep(said: &mut Vec<u8>, bytes: &[u8]) {
    said.extend_from_slice(bytes);
    let over = said.len().saturating_sub(STDERR_CAP);
    said.drain(..over);
}

fn not_started(program: &str, error: &io::Error) -> ProviderError {
    let said = match error.kind() {
        io::ErrorKind::NotFound => format!("`{program}` is not on this machine, or its folder is not"),
        io::ErrorKind::ArgumentListTooLong => {
            format!("the prompt is too long for an argument of `{program}`: leave `{{prompt}}` out of `exec`")
        }
        _ => format!("`{program}` does not start: {error}"),
    };
    ProviderError::of(ErrorClass::NotConfigured, said)
}
