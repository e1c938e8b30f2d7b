//! The process that confines itself and then becomes the command. Its standard input is the line to the process
//! that watches over it; it closes by itself when the command begins.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use agentrun_lang::ir::Sandbox;
use rustix::process::{Resource, Rlimit, setrlimit, setsid};

use super::{Confinement, Level, Limits, Policy, Refusal, Report, line};

/// Becomes the command. It returns only where that was not possible, which it has then reported.
pub(super) fn confine(policy: &Policy, command: &[OsString]) -> ExitCode {
    let Ok(mut reports) = reports() else { return ExitCode::from(125) };
    let refusal = match prepare(policy) {
        Ok(confinement) => {
            // A reader that is gone is noticed by the one that reads the line's end.
            let report = Report::Confined { confinement, group: std::process::id() };
            let _ = reports.write_all(&line(&report));
            become_command(command)
        }
        Err(refusal) => refusal,
    };
    let _ = reports.write_all(&line(&Report::Refused(refusal)));
    ExitCode::from(126)
}

/// Takes the line off standard input, where the command must not find it.
fn reports() -> io::Result<UnixStream> {
    let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(stream)
}

fn prepare(policy: &Policy) -> Result<Confinement, Refusal> {
    setsid().map_err(|error| broken("start a session", error))?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| broken("tie the command to its launcher", error))?;
    limit(&policy.limits)?;
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let confinement = restrict(policy)?;
    let enough = policy.level != Sandbox::Base || confinement.level >= Level::Base;
    if enough { Ok(confinement) } else { Err(Refusal::Level(confinement.missing)) }
}

fn limit(limits: &Limits) -> Result<(), Refusal> {
    let wanted = [
        (Resource::Cpu, limits.cpu),
        (Resource::Fsize, limits.file),
        (Resource::Nofile, limits.open_files),
        (Resource::Data, limits.memory),
        (Resource::Core, 0),
    ];
    for (resource, most) in wanted {
        let hard = rustix::process::getrlimit(resource).maximum;
        let most = Some(hard.map_or(most, |hard| hard.min(most)));
        setrlimit(resource, Rlimit { current: most, maximum: most })
            .map_err(|error| broken("set limits", error))?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn restrict(policy: &Policy) -> Result<Confinement, Refusal> {
    let mut confinement = unconfined(policy);
    if policy.level == Sandbox::Off {
        return Ok(confinement);
    }
    drop_capabilities()?;
    rustix::thread::set_no_new_privs(true).map_err(|error| broken("give up privileges", error))?;
    match landlock(policy) {
        Ok(version) => confinement.landlock = version,
        Err(why) => confinement.missing.push(why),
    }
    match super::seccomp::apply(policy.network) {
        Ok(()) => confinement.seccomp = true,
        Err(why) => confinement.missing.push(format!("seccomp ({why})")),
    }
    confinement.level = match (confinement.landlock > 0, confinement.seccomp) {
        (true, true) => Level::Base,
        (false, false) => Level::None,
        _ => Level::Partial,
    };
    Ok(confinement)
}

#[cfg(not(target_os = "linux"))]
fn restrict(policy: &Policy) -> Result<Confinement, Refusal> {
    let mut confinement = unconfined(policy);
    if policy.level != Sandbox::Off {
        confinement.missing.push(format!("Landlock and seccomp ({} has neither)", std::env::consts::OS));
    }
    Ok(confinement)
}

fn unconfined(policy: &Policy) -> Confinement {
    Confinement {
        level: Level::None,
        landlock: 0,
        seccomp: false,
        missing: Vec::new(),
        policy: policy.hash(),
    }
}

/// Keeps what lets a container's root use files that others own; Landlock bounds which.
#[cfg(target_os = "linux")]
fn drop_capabilities() -> Result<(), Refusal> {
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};
    let keep = CapabilitySet::DAC_OVERRIDE | CapabilitySet::FOWNER | CapabilitySet::CHOWN;
    let now = capabilities(None).map_err(|error| broken("read capabilities", error))?;
    let sets = CapabilitySets {
        effective: now.effective & keep,
        permitted: now.permitted & keep,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, sets).map_err(|error| broken("drop capabilities", error))
}

/// Gives the version of the rules in force.
#[cfg(target_os = "linux")]
fn landlock(policy: &Policy) -> Result<u32, String> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetStatus, Scope, path_beneath_rules,
    };
    let said = |error: landlock::RulesetError| format!("Landlock ({error})");
    let rules = Ruleset::default().handle_access(AccessFs::from_all(ABI::V7)).map_err(said)?;
    let rules = rules.scope(Scope::from_all(ABI::V7)).map_err(said)?;
    let rules = if policy.network {
        rules
    } else {
        rules.handle_access(AccessNet::from_all(ABI::V7)).map_err(said)?
    };
    let writable = policy.write.iter().flat_map(|path| super::grants::writable(path, &policy.keep));
    let readable = policy.read.iter().chain(&policy.write);
    let private = std::env::var_os("TMPDIR");
    let status = rules
        .create()
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, AccessFs::from_read(ABI::V7))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(writable, AccessFs::from_all(ABI::V7))))
        .and_then(|rules| rules.add_rules(path_beneath_rules(private, AccessFs::from_all(ABI::V7))))
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(said)?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => Err(
            "Landlock (the kernel has it, but `landlock` is not among the modules named by `lsm=` at boot)"
                .to_owned(),
        ),
        (RulesetStatus::NotEnforced, _) => Err("Landlock (Linux 5.13 or later, built with it)".to_owned()),
        (_, LandlockStatus::Available { effective_abi, .. }) => Ok(effective_abi as u32),
        _ => Ok(1),
    }
}

/// Starts the program in this process's place; what comes back is why it could not.
fn become_command(command: &[OsString]) -> Refusal {
    let Some((program, args)) = command.split_first() else {
        return Refusal::Failed("the command is empty".to_owned());
    };
    let error = Command::new(program).args(args).exec();
    let name = program.to_string_lossy().into_owned();
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::NotFound(name),
        io::ErrorKind::PermissionDenied => Refusal::NotExecutable(name),
        _ => Refusal::Failed(format!("`{name}`: {error}")),
    }
}

fn broken(what: &str, error: rustix::io::Errno) -> Refusal {
    Refusal::Failed(format!("cannot {what}: {error}"))
}
