//! The process that watches over a command: it starts it, ends it when it is told to, and ends all that the command
//! left behind, also what gave itself a new session. Its standard input is the line to the process that asked: what
//! it reports goes there, and when that end closes, for whatever reason, the command is ended.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
#[cfg(target_os = "linux")]
use std::num::NonZeroI32;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use super::{CONFINE_WORD, EXEC_WORD, Policy, Refusal, Report, line, own_program};

enum Happened {
    /// The command began, or its process said why not.
    Began(Option<Refusal>),
    /// It ended, and waits to be collected.
    Ended,
    /// The other side wants it ended, or is gone.
    Stop,
}

/// Runs the command to its end and reports how it ended.
pub(super) fn supervise(policy: &Policy, argv: &[OsString]) -> ExitCode {
    let Ok(mut line_out) = line_out() else { return ExitCode::from(125) };
    let report = run(policy, argv, &line_out).unwrap_or_else(|error| {
        Report::Refused(Refusal::Failed(format!("the launcher cannot start it: {error}")))
    });
    // Nobody reads it where the other side is gone.
    let _ = line_out.write_all(&line(&report));
    ExitCode::SUCCESS
}

fn line_out() -> io::Result<UnixStream> {
    let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(stream)
}

fn run(policy: &Policy, argv: &[OsString], line_out: &UnixStream) -> io::Result<Report> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let private = tempfile::Builder::new().prefix("agentrun-").tempdir()?;
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(own_program()?);
    command
        .args([EXEC_WORD, CONFINE_WORD])
        .arg(serde_json::to_string(policy).map_err(io::Error::other)?)
        .arg("--")
        .args(argv)
        .env("TMPDIR", private.path())
        .stdin(Stdio::from(OwnedFd::from(theirs)));
    if std::env::var_os("HOME").is_none() {
        command.env("HOME", private.path());
    }
    let mut child = command.spawn()?;
    // Holds the other end of `ours` open.
    drop(command);
    let pid = pid_of(&child)?;
    let (happened, events) = channel();
    watch(pid, ours, line_out.try_clone()?, &happened)?;
    let outcome = follow(pid, &mut child, &events, Duration::from_millis(policy.grace));
    let swept = sweep();
    let (status, refusal) = outcome?;
    if let Some(refusal) = refusal {
        return Ok(Report::Refused(refusal));
    }
    Ok(Report::Ended { code: status.code(), signal: status.signal(), swept })
}

/// Three threads that wait for one thing each.
fn watch(pid: Pid, ours: UnixStream, line_out: UnixStream, happened: &Sender<Happened>) -> io::Result<()> {
    let began = happened.clone();
    let mut forward = line_out.try_clone()?;
    thread::spawn(move || {
        let refusal = read_beginning(ours, &mut forward);
        // The receiver is gone only when all is over.
        let _ = began.send(Happened::Began(refusal));
    });
    let ended = happened.clone();
    thread::spawn(move || {
        // Not collected here, so that its number stays its own until the last signal is sent.
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = ended.send(Happened::Ended);
    });
    let stop = happened.clone();
    let mut control = line_out;
    thread::spawn(move || {
        // Nothing is ever written to it: any end of the reading is the other side's.
        let _ = control.read(&mut [0; 1]);
        let _ = stop.send(Happened::Stop);
    });
    Ok(())
}

/// Reads what the confined process says before it becomes the command, and passes the confinement on.
fn read_beginning(mut ours: UnixStream, forward: &mut UnixStream) -> Option<Refusal> {
    let mut said = String::new();
    // It ends when the command begins; cut off, what was said until then counts.
    let _ = ours.read_to_string(&mut said);
    let mut refusal = None;
    for report in said.lines().filter_map(|said| serde_json::from_str(said).ok()) {
        match report {
            Report::Confined { .. } => {
                let _ = forward.write_all(&line(&report));
            }
            Report::Refused(why) => refusal = Some(why),
            Report::Ended { .. } => {}
        }
    }
    refusal
}

/// Waits for the end; asked to, brings it about.
fn follow(
    pid: Pid,
    child: &mut Child,
    events: &Receiver<Happened>,
    grace: Duration,
) -> io::Result<(ExitStatus, Option<Refusal>)> {
    let mut began = None;
    let mut ended = false;
    let mut stopping = false;
    while !ended || began.is_none() {
        let event = if stopping { events.recv_timeout(grace).ok() } else { events.recv().ok() };
        match event {
            Some(Happened::Began(refusal)) => began = Some(refusal),
            Some(Happened::Ended) => ended = true,
            Some(Happened::Stop) => {
                stopping = true;
                if !ended {
                    signal(pid, Signal::TERM);
                }
            }
            None => break,
        }
    }
    signal(pid, Signal::KILL);
    Ok((child.wait()?, began.flatten()))
}

/// To the whole group; to the process alone while it has no group of its own yet.
fn signal(pid: Pid, signal: Signal) {
    if kill_process_group(pid, signal).is_err() {
        // It is gone, which is what was wanted.
        let _ = kill_process(pid, signal);
    }
}

fn pid_of(child: &Child) -> io::Result<Pid> {
    i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::Error::other("the process has no number"))
}

/// Ends what is left. Orphans of the command are this process's children, so their numbers stay theirs until they
/// are collected here; each round ends one generation.
#[cfg(target_os = "linux")]
fn sweep() -> u32 {
    use rustix::process::{WaitOptions, wait};
    const ROUNDS: u32 = 500;
    let mut swept = BTreeSet::new();
    for _ in 0..ROUNDS {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return count(&swept),
            }
        }
        for pid in children() {
            if kill_process(pid, Signal::KILL).is_ok() {
                swept.insert(pid.as_raw_nonzero());
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    count(&swept)
}

#[cfg(target_os = "linux")]
fn count(swept: &BTreeSet<NonZeroI32>) -> u32 {
    u32::try_from(swept.len()).unwrap_or(u32::MAX)
}

#[cfg(not(target_os = "linux"))]
fn sweep() -> u32 {
    0
}

/// The processes whose parent this one is, zombies among them.
#[cfg(target_os = "linux")]
fn children() -> Vec<Pid> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| parent_of(*pid) == Some(own))
        .filter_map(Pid::from_raw)
        .collect()
}

#[cfg(target_os = "linux")]
fn parent_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it may hold blanks and parentheses.
    let (_, after) = stat.rsplit_once(") ")?;
    after.split(' ').nth(1)?.parse().ok()
}
