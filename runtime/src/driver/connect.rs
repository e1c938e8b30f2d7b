//! From a program's pools to the endpoints that answer for them: keys and addresses come from the environment and
//! `agentrun.toml`, a pool that leaves the choice open takes what the machine has, and a named target that cannot
//! be reached is said so, never replaced in silence.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Expr, KeyRef, Model, Program};
use agentrun_lang::span::Span;
use secrecy::SecretString;

use super::found::Found;
use super::unconfigured::Unconfigured;
use crate::call::cost::{Price, PriceTable};
use crate::call::provider::endpoint::{CommandLine, Endpoint, Kind};
use crate::call::provider::scripted::Play;
use crate::call::provider::{self, Provider};
use crate::call::router::catalog::{Candidate, Catalog, Pool};
use crate::config::{Config, Environment};

/// `provider/model`, as a program or a command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetName {
    /// `openai`.
    pub provider: Name,
    /// `gpt-5-mini`; may hold slashes of its own.
    pub model: Name,
}

/// What decides who answers.
pub struct Connect<'a> {
    /// `agentrun.toml`.
    pub config: &'a Config,
    /// The environment.
    pub environment: &'a Environment,
    /// Scripted replies, with the file's path.
    pub script: Option<(PathBuf, Arc<Play>)>,
    /// Whether the script answers for every pool (`--script`), or only where nobody else can.
    pub script_only: bool,
    /// `--model`: a pool and its target; `None` is every pool without a choice of its own.
    pub overrides: Vec<(Option<Name>, TargetName)>,
    /// What the machine has, for pools that leave the choice open.
    pub found: Vec<Found>,
    /// The program's folder: where an `exec` model runs.
    pub folder: &'a Path,
    /// What models cost.
    pub prices: &'a PriceTable,
}

/// Pools that are ready, and a line for each that tells who answers.
pub struct Connected {
    /// The pools, by their ids.
    pub catalog: Catalog,
    /// The same for people, in the program's order.
    pub lines: Vec<PoolLine>,
}

/// Who answers for a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLine {
    /// The pool.
    pub pool: Name,
    /// Its candidates in order: a target and whether it can answer.
    pub candidates: Vec<(Name, Readiness)>,
}

impl PoolLine {
    /// Whether a script answers for it.
    pub fn is_scripted(&self) -> bool {
        self.candidates.iter().any(|(_, readiness)| *readiness == Readiness::Scripted)
    }
}

/// Whether a candidate can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It has what it needs; where it was found, when the program did not name it.
    Ready(Option<String>),
    /// The script answers in its place.
    Scripted,
    /// It lacks something: what, and the mend.
    Missing(String),
}

/// A `--model` that names no pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`--model {given}=…` names no pool of this program; it has {known}")]
pub struct UnknownPool {
    /// What was given.
    pub given: Name,
    /// What there is.
    pub known: String,
}

/// One candidate on its way.
struct Seat {
    target: Name,
    model: Name,
    price: Option<Price>,
    state: Result<Vec<Endpoint>, String>,
    found: Option<String>,
}

impl Connect<'_> {
    /// Connects every pool of a program.
    pub fn connect(&self, program: &Program) -> Result<Connected, UnknownPool> {
        self.check_overrides(program)?;
        let mut pools = Vec::new();
        let mut lines = Vec::new();
        for model in &program.models {
            let (candidates, line) = self.seat(model);
            pools.push(Pool::new(model, candidates));
            lines.push(line);
        }
        Ok(Connected { catalog: Catalog::of(pools), lines })
    }

    fn check_overrides(&self, program: &Program) -> Result<(), UnknownPool> {
        for given in self.overrides.iter().filter_map(|(pool, _)| pool.as_ref()) {
            if !program.models.iter().any(|model| model.name == *given) {
                let known: Vec<String> =
                    program.models.iter().map(|model| format!("`{}`", model.name)).collect();
                return Err(UnknownPool { given: given.clone(), known: known.join(", ") });
            }
        }
        Ok(())
    }

    fn seat(&self, model: &Model) -> (Vec<Candidate>, PoolLine) {
        let mut seats = if self.script_only { Vec::new() } else { self.seats(model) };
        let nobody = seats.iter().all(|seat| seat.state.is_err());
        // Whoever names a model on the command line wants that one or none.
        let replaceable = self.script_only || self.chosen(model).is_none();
        if nobody
            && replaceable
            && let Some((path, script)) = &self.script
        {
            seats = vec![scripted(path, script, &seats)];
        }
        if seats.is_empty() {
            seats.push(nothing_found(model));
        }
        let mut line = PoolLine { pool: model.name.clone(), candidates: Vec::new() };
        let candidates = seats
            .into_iter()
            .map(|seat| {
                let scripted = &*seat.model == SCRIPTED;
                let first_token = match &seat.state {
                    Ok(endpoints) => endpoints.first().map_or(Duration::ZERO, Endpoint::first_token),
                    Err(_) => Duration::ZERO,
                };
                let (keys, readiness): (Vec<Arc<dyn Provider>>, Readiness) = match seat.state {
                    Ok(endpoints) => {
                        let ready = if scripted { Readiness::Scripted } else { Readiness::Ready(seat.found) };
                        (endpoints.iter().map(provider::build).collect(), ready)
                    }
                    Err(reason) => {
                        (vec![Arc::new(Unconfigured::new(reason.clone()))], Readiness::Missing(reason))
                    }
                };
                line.candidates.push((seat.target.clone(), readiness));
                Candidate {
                    target: seat.target,
                    model: seat.model,
                    keys,
                    price: seat.price,
                    first_token,
                    weight: 1.0,
                }
            })
            .collect();
        (candidates, line)
    }

    /// What `--model` says of a pool.
    fn chosen(&self, model: &Model) -> Option<&TargetName> {
        let own = self.overrides.iter().find(|(pool, _)| pool.as_ref() == Some(&model.name));
        own.or_else(|| self.overrides.iter().find(|(pool, _)| pool.is_none())).map(|(_, target)| target)
    }

    /// Who could answer for a pool, in order.
    fn seats(&self, model: &Model) -> Vec<Seat> {
        if let Some(target) = self.chosen(model) {
            return vec![self.named(target, stated(model))];
        }
        if let Some(exec) = &model.exec {
            return vec![self.command(model, exec)];
        }
        if model.url.is_some() || matches!(model.key, Some(KeyRef::Virtual(_))) {
            return self.elsewhere(model);
        }
        match &model.targets {
            Some(targets) => targets
                .iter()
                .map(|target| {
                    let name = TargetName { provider: target.provider.clone(), model: target.model.clone() };
                    let seat = self.named(&name, stated(model));
                    match &model.key {
                        Some(KeyRef::Env(variable)) => self.with_key(&name, variable, seat),
                        _ => seat,
                    }
                })
                .collect(),
            None => self
                .found
                .iter()
                .map(|found| Seat {
                    found: Some(found.source.clone()),
                    ..self.named(&found.target, stated(model))
                })
                .take(1)
                .collect(),
        }
    }

    /// A target by its name: `[providers.NAME]` first, then what is known of the name.
    fn named(&self, target: &TargetName, price: Option<Price>) -> Seat {
        let state = self.endpoints(&target.provider);
        let local = state.as_ref().is_ok_and(|all| all.iter().all(Endpoint::is_local));
        let price = price.or_else(|| self.prices.price(&target.provider, &target.model, local));
        Seat { target: target.label(), model: target.model.clone(), price, state, found: None }
    }

    fn with_key(&self, target: &TargetName, variable: &str, seat: Seat) -> Seat {
        let state = match self.environment.get(variable) {
            None => Err(format!("`key: env.{variable}`: the variable {variable} is not set")),
            Some(key) => self.endpoints_with(&target.provider, vec![SecretString::from(key)]),
        };
        Seat { state, ..seat }
    }

    /// A pool with an address of its own, or with a virtual key that says where to go.
    fn elsewhere(&self, model: &Model) -> Vec<Seat> {
        let place = self.place(model);
        let targets = model.targets.clone().unwrap_or_default();
        let names: Vec<(Name, Name)> = if targets.is_empty() {
            vec![(model.name.clone(), Name::from("default"))]
        } else {
            targets
                .iter()
                .map(|target| {
                    let label = Name::from(format!("{}/{}", target.provider, target.model));
                    // A server of ours knows targets by their whole name, any other only its own models.
                    let asked = if model.url.is_some() { target.model.clone() } else { label.clone() };
                    (label, asked)
                })
                .collect()
        };
        names
            .into_iter()
            .map(|(target, asked)| {
                let local = place.as_ref().is_ok_and(Endpoint::is_local);
                let (provider, name) = target.split_once('/').unwrap_or(("", &target));
                let price = stated(model).or_else(|| self.prices.price(provider, name, local));
                let state = place.clone().map(|endpoint| vec![endpoint]);
                Seat { target, model: asked, price, state, found: None }
            })
            .collect()
    }

    /// A pool's targets whose price nobody knows, and where each stands. An address that the environment does not
    /// give is passed over: whether it costs anything is not known before the run.
    pub(super) fn unpriced(&self, model: &Model) -> Vec<(Name, Span)> {
        if model.url.as_ref().is_some_and(|url| self.text(url).is_err()) {
            return Vec::new();
        }
        let targets = model.targets.as_deref().unwrap_or_default();
        self.seats(model)
            .into_iter()
            .enumerate()
            .filter(|(_, seat)| seat.price.is_none())
            .map(|(at, seat)| (seat.target, targets.get(at).map_or(model.span, |target| target.span)))
            .collect()
    }

    fn command(&self, model: &Model, exec: &[Expr]) -> Seat {
        let argv: Result<Vec<String>, String> = exec.iter().map(|word| self.text(word)).collect();
        let target = Name::from(format!(
            "exec/{}",
            argv.as_ref().ok().and_then(|argv| argv.first()).map_or("", |word| word)
        ));
        let state = argv.map(|exec| {
            let line = CommandLine { exec, env: Vec::new(), folder: Some(self.folder.to_path_buf()) };
            let kind = Kind::Command(line);
            vec![Endpoint { name: "exec".into(), kind, url: None, key: None, headers: Vec::new() }]
        });
        Seat { target, model: model.name.clone(), price: stated(model), state, found: None }
    }
}

/// The price that the pool states.
fn stated(model: &Model) -> Option<Price> {
    model.price.map(Price::stated)
}

/// The model's name of a scripted candidate.
const SCRIPTED: &str = "script";

fn scripted(path: &Path, play: &Arc<Play>, instead_of: &[Seat]) -> Seat {
    let kind = Kind::Scripted(play.clone());
    let endpoint = Endpoint { name: "scripted".into(), kind, url: None, key: None, headers: Vec::new() };
    let file = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let target = match instead_of.first() {
        Some(seat) => format!("scripted/{file} in place of {}", seat.target),
        None => format!("scripted/{file}"),
    };
    Seat {
        target: target.into(),
        model: SCRIPTED.into(),
        price: Some(Price::FREE),
        state: Ok(vec![endpoint]),
        found: None,
    }
}

fn nothing_found(model: &Model) -> Seat {
    let mend = format!(
        "the pool `{}` names no target, and this machine has no key, no local server and no script.json beside the \
         program: set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, start Ollama or llama.cpp, or pass \
         `--model {}=PROVIDER/MODEL`",
        model.name, model.name
    );
    Seat { target: "nobody".into(), model: "none".into(), price: None, state: Err(mend), found: None }
}

impl TargetName {
    /// Reads `provider/model`.
    pub fn parse(text: &str) -> Option<Self> {
        let (provider, model) = text.split_once('/')?;
        let full = !provider.is_empty() && !model.is_empty();
        full.then(|| Self { provider: provider.into(), model: model.into() })
    }

    /// `provider/model`.
    pub fn label(&self) -> Name {
        format!("{}/{}", self.provider, self.model).into()
    }
}
