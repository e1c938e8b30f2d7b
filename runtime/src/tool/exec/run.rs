//! Runs one command under the launcher: feeds it nothing, reads what it writes, ends it when it must end. It knows
//! nothing of tools.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::sandbox::{Confinement, EXEC_WORD, Policy, Refusal, Report};

/// More than this on one stream ends the command.
const CAP: usize = 8 << 20;
/// What is kept of what comes after it.
const TAIL: usize = 32 << 10;
/// How long the launcher may take to report beyond the command's own grace.
const LAUNCHER_GRACE: Duration = Duration::from_secs(5);
/// How long a stream may stay open after everything that could write to it was ended.
const STREAM_GRACE: Duration = Duration::from_millis(500);

/// What to run.
pub(super) struct Job<'a> {
    pub(super) launcher: &'a Path,
    pub(super) policy: &'a Policy,
    pub(super) argv: &'a [String],
    pub(super) env: &'a [(String, String)],
    pub(super) folder: &'a Path,
    pub(super) timeout: Duration,
    pub(super) stop: &'a CancellationToken,
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// Unwritten where the launcher did not say.
    pub(super) end: Option<End>,
    pub(super) confinement: Option<Confinement>,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) timed_out: bool,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Code(i32),
    Signal(i32),
    Refused(Refusal),
}

/// What a stream gave: the beginning up to [`CAP`], and the end of what came after it.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    pub(super) overflow: VecDeque<u8>,
    pub(super) overflowed: bool,
}

/// Runs it to its end; an error only where it was not started. Dropped, the command is ended all the same: the
/// launcher sees its line close.
pub(super) async fn run(job: Job<'_>) -> io::Result<Finished> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let line = UnixStream::from_std(ours)?;
    let mut child = spawn(&job, theirs)?;
    let mut finished = Finished::default();
    {
        let Finished { end, confinement, stdout, stderr, timed_out } = &mut finished;
        let full = Notify::new();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let mut streams =
            pin!(async { tokio::join!(capture(out, stdout, &full), capture(err, stderr, &full)) });
        let mut watch = pin!(watch(line, &job, &full, end, confinement));
        let mut read = false;
        *timed_out = loop {
            tokio::select! {
                _ = &mut streams, if !read => read = true,
                watched = &mut watch => break watched.unwrap_or(false),
            }
        };
        if !read {
            // Everything that could still write has been ended; what it wrote is still to be read.
            let _ = timeout(STREAM_GRACE, streams).await;
        }
    }
    collect(&mut child).await;
    Ok(finished)
}

fn spawn(job: &Job<'_>, line: StdUnixStream) -> io::Result<Child> {
    let policy = serde_json::to_string(job.policy).map_err(io::Error::other)?;
    Command::new(job.launcher)
        .args([EXEC_WORD, &policy, "--"])
        .args(job.argv)
        .env_clear()
        // Where the launcher makes the command's private folder; the command's own names that one.
        .env("TMPDIR", std::env::temp_dir())
        .envs(job.env.iter().map(|(name, value)| (name, value)))
        .current_dir(job.folder)
        .stdin(Stdio::from(OwnedFd::from(line)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// Reads the launcher's reports, and closes our half of the line when the command must end. Gives whether its time
/// was up.
async fn watch(
    line: UnixStream,
    job: &Job<'_>,
    full: &Notify,
    end: &mut Option<End>,
    confinement: &mut Option<Confinement>,
) -> io::Result<bool> {
    let (reports, mut control) = line.into_split();
    let mut reports = BufReader::new(reports).lines();
    let mut group = None;
    let mut timed_out = false;
    let mut stopping = false;
    let mut timer = pin!(sleep(job.timeout));
    loop {
        tokio::select! {
            report = reports.next_line() => match report?.map(|report| serde_json::from_str(&report)) {
                Some(Ok(Report::Confined { confinement: how, group: pid })) => {
                    *confinement = Some(how);
                    group = Some(pid);
                }
                Some(Ok(Report::Refused(why))) => *end = Some(End::Refused(why)),
                Some(Ok(Report::Ended { code: Some(code), .. })) => *end = Some(End::Code(code)),
                Some(Ok(Report::Ended { signal, .. })) => *end = Some(End::Signal(signal.unwrap_or_default())),
                Some(Err(_)) => {}
                None => {
                    if end.is_none() {
                        // Something ended the launcher itself.
                        end_group(group);
                    }
                    return Ok(timed_out);
                }
            },
            () = &mut timer => {
                if stopping {
                    // The launcher is stuck.
                    end_group(group);
                    return Ok(timed_out);
                }
                timed_out = true;
                stopping = true;
                control.shutdown().await?;
                timer.set(sleep(Duration::from_millis(job.policy.grace) + LAUNCHER_GRACE));
            }
            () = over(full, job.stop), if !stopping => {
                stopping = true;
                control.shutdown().await?;
                timer.set(sleep(Duration::from_millis(job.policy.grace) + LAUNCHER_GRACE));
            }
        }
    }
}

/// Ends once the command must end before its time.
async fn over(full: &Notify, stop: &CancellationToken) {
    tokio::select! {
        () = full.notified() => {}
        () = stop.cancelled() => {}
    }
}

async fn capture(stream: Option<impl AsyncRead + Unpin>, captured: &mut Captured, full: &Notify) {
    let Some(mut stream) = stream else { return };
    let mut chunk = vec![0; 64 << 10];
    // A stream that breaks has given all it will.
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        let fresh = chunk.get(..count).unwrap_or_default();
        let room = CAP.saturating_sub(captured.bytes.len()).min(fresh.len());
        let (kept, beyond) = fresh.split_at(room);
        captured.bytes.extend_from_slice(kept);
        if !beyond.is_empty() {
            captured.overflowed = true;
            captured.overflow.extend(beyond);
            let surplus = captured.overflow.len().saturating_sub(TAIL);
            captured.overflow.drain(..surplus);
            full.notify_one();
        }
    }
}

/// Takes the launcher's own end; one that does not come is forced.
async fn collect(child: &mut Child) {
    if timeout(LAUNCHER_GRACE, child.wait()).await.is_err() {
        if let Some(group) =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
        {
            // Gone in the meantime is as good.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait().await;
    }
}

/// Ends a process group at once; one that is gone in the meantime is as good.
fn end_group(group: Option<u32>) {
    if let Some(group) = group.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
