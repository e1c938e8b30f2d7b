//! `exec` tools and `shell`: a command in its sandbox. Arguments are whole items of its argument list, never text
//! that a shell would read; strings go in as they are, `null` is left out, records and lists go in as JSON.
//!
//! A command that exits with 0 has done its work, and its standard output is the result. Any other exit is `failed`,
//! unless its standard error begins or ends with a line `NAME` or `NAME: why`, where `NAME` is one of the tool's
//! errors, declared or everyone's: then that error is raised.

mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::eval::Env;
use agentrun_lang::ir::{self, Expr, ExprKind, Piece, Program, Sandbox, SlotId, Template};
use agentrun_lang::value::{Labeled, Value, literals, to_json};
use futures_util::future::BoxFuture;

use self::run::{Captured, End, Finished, Job, run};
use super::bind::Binding;
use super::permission::CommandRules;
use super::reads::compute;
use super::reply::{Body, Shape};
use super::sandbox::{Level, Limits, Policy, Refusal, grants, needs};
use super::{Attempt, Invocation, Settings, Tool, canceled};
use crate::error::{Commit, Failure, FailureKind};

/// Between asking a command to end and ending it.
const GRACE: Duration = Duration::from_secs(2);
/// The longest argument that Linux takes.
const MAX_ARGUMENT: usize = (128 << 10) - 1;
/// What a failure quotes of what a command said.
const QUOTED: usize = 2 << 10;
/// Where programs are without a `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// By what a command knows a call again that was made before.
const KEY_VARIABLE: &str = "AGENTRUN_IDEMPOTENCY_KEY";

/// A command.
pub(super) struct ExecTool {
    program: Arc<Program>,
    tool: Name,
    line: Line,
    params: Vec<ir::Param>,
    env: Vec<(Name, Expr)>,
    errors: Vec<Name>,
    rules: CommandRules,
    sandbox: Sandbox,
    network: bool,
    shape: Shape,
    site: Site,
}

/// A command's environment.
type Variables = Vec<(String, String)>;

/// What is run.
enum Line {
    /// Each item computed from the arguments.
    Items(Vec<Expr>),
    /// `sh -c` on one argument.
    Shell(Binding),
}

/// The machine as a command meets it.
struct Site {
    folder: PathBuf,
    protected: Vec<PathBuf>,
    launcher: PathBuf,
    allow_unsandboxed: bool,
    home: Option<PathBuf>,
    env: BTreeMap<String, String>,
}

impl ExecTool {
    /// The tool of an `exec` body.
    pub(super) fn new(
        program: &Arc<Program>,
        tool: &ir::Tool,
        items: &[Expr],
        shape: Shape,
        settings: &Settings,
    ) -> Result<Self, String> {
        Self::of(program, tool, Line::Items(items.to_vec()), shape, settings)
    }

    /// The built-in `shell`.
    pub(super) fn shell(
        program: &Arc<Program>,
        tool: &ir::Tool,
        binding: Binding,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Self, String> {
        Self::of(program, tool, Line::Shell(binding), shape, settings)
    }

    fn of(
        program: &Arc<Program>,
        tool: &ir::Tool,
        line: Line,
        shape: Shape,
        settings: &Settings,
    ) -> Result<Self, String> {
        let home = settings.env.get("HOME").map(PathBuf::from);
        let rules = CommandRules::new(tool.allow.as_deref(), home.as_deref())?;
        let folder = settings.folder.canonicalize().map_err(|error| {
            format!("the work folder `{}` cannot be opened: {error}", settings.folder.display())
        })?;
        // Where they really lie, like the folder: a way through a link is a way around otherwise.
        let protected = settings
            .protected
            .iter()
            .map(|path| folder.join(path))
            .map(|path| path.canonicalize().unwrap_or(path))
            .collect();
        Ok(Self {
            program: Arc::clone(program),
            tool: tool.name.clone(),
            line,
            params: tool.params.clone(),
            env: tool.env.clone(),
            errors: tool.errors.clone(),
            rules,
            sandbox: tool.sandbox,
            network: tool.network,
            shape,
            site: Site {
                folder,
                protected,
                launcher: settings.launcher.clone(),
                allow_unsandboxed: settings.allow_unsandboxed,
                home,
                env: settings.env.clone(),
            },
        })
    }

    async fn attempt(&self, invocation: Invocation<'_>) -> Attempt {
        let (command, env) = match self.prepare(invocation.args, invocation.idempotency_key) {
            Ok(ready) => ready,
            Err(failure) => return Attempt::plain(Err(failure)),
        };
        let policy = self.policy(invocation.timeout, &env);
        let job = Job {
            launcher: &self.site.launcher,
            policy: &policy,
            argv: &command,
            env: &env,
            folder: &self.site.folder,
            timeout: invocation.timeout,
            stop: invocation.stop,
        };
        let finished = match run(job).await {
            Ok(finished) => finished,
            Err(error) => {
                let message =
                    format!("the launcher `{}` cannot be used: {error}", self.site.launcher.display());
                return Attempt::plain(Err(Failure::new(FailureKind::Failed, message)));
            }
        };
        if let Some(confinement) = finished.confinement.as_ref().filter(|reached| !reached.missing.is_empty())
        {
            tracing::warn!(
                tool = &*self.tool,
                level = confinement.level.word(),
                missing = confinement.missing.join(", "),
                "the command is less confined than `sandbox: base`"
            );
        }
        let confinement = finished.confinement.clone();
        let result = if invocation.stop.is_cancelled() {
            Err(canceled())
        } else {
            self.judge(&command, invocation.timeout, finished)
        };
        Attempt { result, confinement }
    }

    /// The command and its environment, allowed and ready.
    fn prepare(&self, args: &[Labeled], key: &str) -> Result<(Vec<String>, Variables), Failure> {
        let command = match &self.line {
            Line::Items(items) => self.items(items, args)?,
            Line::Shell(binding) => {
                let text = binding.text(args, "cmd")?;
                self.rules.check_text(text)?;
                vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()]
            }
        };
        if command.is_empty() {
            return Err(invalid("the command is empty"));
        }
        if !self.site.folder.is_dir() {
            let message = format!("the work folder `{}` is gone", self.site.folder.display());
            return Err(unavailable(message));
        }
        if let Some(item) = command.iter().find(|item| item.contains('\0') || item.len() > MAX_ARGUMENT) {
            let what = if item.contains('\0') { "holds a NUL character" } else { "is longer than 128 KiB" };
            return Err(invalid(&format!("an argument {what}")));
        }
        self.rules.check(&command)?;
        self.check_level()?;
        Ok((command, self.environment(args, key)?))
    }

    fn items(&self, items: &[Expr], args: &[Labeled]) -> Result<Vec<String>, Failure> {
        let slots: Vec<_> = args.iter().cloned().map(Some).collect();
        let mut command = Vec::with_capacity(items.len());
        let mut options_ended = false;
        for item in items {
            let value = self.compute(item, &slots)?;
            let text = match value {
                Value::Null => continue,
                // A text is bare; everything else is JSON, an amount with its currency.
                value => match to_json(&value) {
                    serde_json::Value::String(text) => text,
                    json => json.to_string(),
                },
            };
            if let (Some(slot), false) = (argument(item), options_ended || shell_flag(&command)) {
                self.not_an_option(slot.index(), &text, command.first().map_or("", String::as_str))?;
            }
            options_ended |= matches!(item.kind, ExprKind::Const(_)) && text == "--";
            command.push(text);
        }
        Ok(command)
    }

    /// An argument that is free text must not turn into an option of the command.
    fn not_an_option(&self, slot: usize, text: &str, command: &str) -> Result<(), Failure> {
        let Some(param) = self.params.get(slot) else { return Ok(()) };
        let looks = text.strip_prefix('-').is_some_and(|rest| {
            rest.starts_with(|letter: char| letter == '-' || letter.is_ascii_alphabetic())
        });
        let chosen = literals(param.ty.required(), &self.program.types).is_some();
        if !looks || chosen {
            return Ok(());
        }
        Err(denied(&format!(
            "`{}` begins with `-`, which `{command}` would read as an option; the tool can put \"--\" before it, or \
             give it a type of literals",
            param.name
        )))
    }

    fn compute(&self, expr: &Expr, slots: &[Option<Labeled>]) -> Result<Value, Failure> {
        let variables = |name: &str| self.site.env.get(name).cloned();
        let mut env = Env::new(&self.program.types, slots);
        env.variables = Some(&variables);
        compute(expr, &env)
    }

    /// A clean one: nothing of ours but `PATH` and `TZ`, what the tool names, and what a repeated call is known by. The launcher adds `TMPDIR`, and
    /// `HOME` where it is not set.
    fn environment(&self, args: &[Labeled], key: &str) -> Result<Variables, Failure> {
        let ours = |name: &str| self.site.env.get(name).cloned();
        let path = ours("PATH").unwrap_or_else(|| USUAL_PATH.to_owned());
        // An empty or relative entry is wherever the command happens to stand.
        let path = path.split(':').filter(|entry| entry.starts_with('/')).collect::<Vec<_>>().join(":");
        let mut env = BTreeMap::from([
            ("PATH".to_owned(), path.clone()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
            // A NUL ends a variable.
            (KEY_VARIABLE.to_owned(), key.replace('\0', "")),
        ]);
        env.extend(ours("TZ").map(|zone| ("TZ".to_owned(), zone)));
        if self.sandbox == Sandbox::Off {
            env.extend(ours("HOME").map(|home| ("HOME".to_owned(), home)));
        } else {
            let toolchains = needs(&path, self.site.home.as_deref()).env;
            env.extend(
                toolchains.into_iter().map(|(name, place)| (name.to_owned(), place.display().to_string())),
            );
        }
        let slots: Vec<_> = args.iter().cloned().map(Some).collect();
        for (name, expr) in &self.env {
            match self.compute(expr, &slots)? {
                Value::Null => {}
                value => {
                    let text = value.to_string();
                    if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
                        return Err(invalid(&format!("`{name}` cannot be an environment variable")));
                    }
                    env.insert(name.to_string(), text);
                }
            }
        }
        Ok(env.into_iter().collect())
    }

    fn check_level(&self) -> Result<(), Failure> {
        let tool = &self.tool;
        match self.sandbox {
            Sandbox::Full => Err(unavailable(format!(
                "`{tool}` asks for `sandbox: full`, which this version does not have yet; `sandbox: base` is there"
            ))),
            Sandbox::Off if !self.site.allow_unsandboxed => Err(denied(&format!(
                "`{tool}` says `sandbox: off`; run with `--allow-unsandboxed` to agree, or confine it by \
                 `sandbox: base`"
            ))),
            Sandbox::Off if matches!(self.line, Line::Shell(_)) && !self.rules.restricts() => Err(denied(
                &format!("`{tool}` is a shell outside of the sandbox; name its commands in `allow`"),
            )),
            _ => Ok(()),
        }
    }

    fn policy(&self, timeout: Duration, env: &[(String, String)]) -> Policy {
        let path = env.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path.as_str());
        let home = self.site.home.as_deref();
        let mut extra = needs(path, home).read;
        extra.extend(self.rules.folders().iter().cloned());
        let granted = grants(&self.site.folder, &self.site.protected, path, home, self.network, &extra);
        let cores = available_parallelism().map_or(1, |cores| cores.get() as u64);
        Policy {
            level: self.sandbox,
            read: granted.read,
            write: granted.write,
            keep: granted.keep,
            network: self.network,
            limits: Limits {
                cpu: timeout.as_secs().saturating_add(1).saturating_mul(cores).saturating_add(1),
                file: 1 << 30,
                open_files: 4096,
                memory: 8 << 30,
            },
            grace: u64::try_from(GRACE.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn judge(&self, command: &[String], timeout: Duration, finished: Finished) -> Result<Value, Failure> {
        let command = command.first().map_or("", String::as_str);
        if let Some(End::Refused(refusal)) = finished.end {
            return Err(self.refused(refusal));
        }
        if finished.timed_out {
            let message = format!("`{command}` took longer than {} and was ended", spell(timeout));
            return Err(unsettled(FailureKind::Timeout, message));
        }
        if finished.stdout.overflowed || finished.stderr.overflowed {
            let message = format!("`{command}` wrote more than 8 MiB and was ended");
            return Err(unsettled(FailureKind::Failed, message));
        }
        match finished.end {
            Some(End::Code(0)) => {
                let stdout = finished.stdout.bytes;
                let body = if self.shape.wants_bytes() {
                    Body::Bytes { bytes: stdout, mime: None }
                } else if stdout.iter().all(u8::is_ascii_whitespace) && self.shape.wants_success() {
                    Body::Done(String::new())
                } else {
                    Body::Text(String::from_utf8_lossy(&stdout).trim_end_matches(['\n', '\r']).to_owned())
                };
                self.shape.fit(body).map_err(|failure| failure.committed(Commit::Done))
            }
            Some(End::Code(code)) => Err(self.raised(&finished.stderr).unwrap_or_else(|| {
                failed(format!("`{command}` ended with code {code}"), &finished, self.network)
            })),
            Some(End::Signal(signal)) => Err(failed(
                format!("`{command}` was ended by {}", signal_name(signal)),
                &finished,
                self.network,
            )),
            Some(End::Refused(_)) | None => Err(unsettled(
                FailureKind::Failed,
                format!("the launcher of `{command}` did not say how it ended"),
            )),
        }
    }

    /// An error that the command names itself.
    fn raised(&self, stderr: &Captured) -> Option<Failure> {
        let text = String::from_utf8_lossy(&stderr.bytes);
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next()?;
        let last = lines.next_back();
        [Some(first), last].into_iter().flatten().find_map(|line| {
            let (name, why) = line.split_once(':').unwrap_or((line, ""));
            let kind = self.error_of(name.trim())?;
            let why = if why.trim().is_empty() { name } else { why };
            Some(unsettled(kind, why.trim().to_owned()))
        })
    }

    fn error_of(&self, name: &str) -> Option<FailureKind> {
        match name {
            _ if self.errors.iter().any(|declared| &**declared == name) => {
                Some(FailureKind::Tool(name.to_owned()))
            }
            "timeout" => Some(FailureKind::Timeout),
            "unavailable" => Some(FailureKind::Unavailable),
            "denied" => Some(FailureKind::Denied),
            "invalid" => Some(FailureKind::Invalid),
            _ => None,
        }
    }

    fn refused(&self, refusal: Refusal) -> Failure {
        match refusal {
            Refusal::Level(missing) => unavailable(format!(
                "`{}` asks for `sandbox: base`, and this machine lacks {}; run it where that is there, or write \
                 `sandbox: best_effort` to go on with what there is",
                self.tool,
                missing.join(" and ")
            )),
            Refusal::NotFound(program) => unavailable(format!("there is no program `{program}`")),
            Refusal::NotExecutable(program) => denied(&format!("`{program}` may not be executed")),
            Refusal::Failed(why) => {
                Failure::new(FailureKind::Failed, format!("the command cannot be started: {why}"))
            }
        }
    }
}

impl Tool for ExecTool {
    fn call<'a>(&'a self, invocation: Invocation<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(self.attempt(invocation))
    }

    fn ends_itself(&self) -> bool {
        true
    }
}

fn failed(what: String, finished: &Finished, network: bool) -> Failure {
    let said = [&finished.stderr, &finished.stdout].into_iter().map(tail).find(|said| !said.is_empty());
    let said = said.unwrap_or_default();
    let confined = finished.confinement.as_ref().is_some_and(|reached| reached.level > Level::None);
    let hint = if confined { hint(&said, network) } else { "" };
    let message = if said.is_empty() { what } else { format!("{what}:\n{said}{hint}") };
    unsettled(FailureKind::Failed, message)
}

/// What the sandbox has to do with what a command said.
fn hint(said: &str, network: bool) -> &'static str {
    const FILES: [&str; 4] = ["Permission denied", "Operation not permitted", "EACCES", "EPERM"];
    const NETWORK: [&str; 6] = [
        "resolve host",
        "name resolution",
        "Name or service not known",
        "EAI_AGAIN",
        "Failed to connect",
        "Network is unreachable",
    ];
    if FILES.iter().any(|words| said.contains(words)) {
        "\n(its sandbox opens the work folder but for the program and version control, and no network; nothing new can \
         be made directly in a folder that holds either)"
    } else if !network && NETWORK.iter().any(|words| said.contains(words)) {
        "\n(its sandbox opens no network; the tool can say `network: true`)"
    } else {
        ""
    }
}

/// The parameter that an item is, wholly.
fn argument(item: &Expr) -> Option<SlotId> {
    match &item.kind {
        ExprKind::Slot(slot) => Some(*slot),
        ExprKind::Template(Template { pieces }) => match pieces.as_slice() {
            [Piece::Hole(hole)] => argument(hole),
            _ => None,
        },
        _ => None,
    }
}

/// True where what comes next is a shell's text.
fn shell_flag(command: &[String]) -> bool {
    command.len() == 2 && command.last().is_some_and(|flag| flag == "-c")
}

fn tail(captured: &Captured) -> String {
    let text = String::from_utf8_lossy(&captured.bytes);
    let text = text.trim();
    let start = text.ceil_char_boundary(text.len().saturating_sub(QUOTED));
    let cut = text.get(start..).unwrap_or_default();
    if start > 0 { format!("…{cut}") } else { cut.to_owned() }
}

fn spell(duration: Duration) -> String {
    agentrun_lang::value::format_duration(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

fn signal_name(signal: i32) -> String {
    match signal {
        6 => "SIGABRT".to_owned(),
        9 => "SIGKILL (perhaps it used up its processor time)".to_owned(),
        11 => "SIGSEGV".to_owned(),
        15 => "SIGTERM".to_owned(),
        24 => "SIGXCPU: it used up its processor time".to_owned(),
        25 => "SIGXFSZ: it wrote a file of more than 1 GiB".to_owned(),
        31 => "SIGSYS: it made a system call that the sandbox forbids".to_owned(),
        other => format!("signal {other}"),
    }
}

fn invalid(message: &str) -> Failure {
    Failure::new(FailureKind::Invalid, message)
}

fn denied(message: &str) -> Failure {
    Failure::new(FailureKind::Denied, message)
}

fn unavailable(message: String) -> Failure {
    Failure::new(FailureKind::Unavailable, message)
}

/// Nobody knows what it did before.
fn unsettled(kind: FailureKind, message: String) -> Failure {
    Failure::new(kind, message).committed(Commit::Unknown)
}
