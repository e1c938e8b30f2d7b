//! From a provider's name, a pool's `url` or a virtual key to endpoints: `[providers.NAME]` first, then what is known
//! of the name, with keys and addresses from the environment. What is missing comes back as the mend.

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, Expr, ExprKind, KeyRef, Model, Piece, Program};
use agentrun_lang::value::Value;
use secrecy::SecretString;

use super::connect::{Connect, PoolLine, Readiness};
use super::prices::pools_of;
use crate::call::provider::endpoint::{Endpoint, KNOWN, Kind, Known};
use crate::machine::Unsupported;

/// A name that programs may use before anything here speaks to it.
pub(super) const BEDROCK: &str = "bedrock";

impl Connect<'_> {
    /// The endpoints that a provider's name means, one a key.
    pub(super) fn endpoints(&self, name: &str) -> Result<Vec<Endpoint>, String> {
        self.endpoints_with(name, Vec::new())
    }

    pub(super) fn endpoints_with(
        &self,
        name: &str,
        keys: Vec<SecretString>,
    ) -> Result<Vec<Endpoint>, String> {
        if let Some(section) = self.config.providers.get(name) {
            if section.kind == BEDROCK {
                return Err(no_bedrock());
            }
            let known = Known::named(&section.kind).ok_or_else(|| {
                format!("`[providers.{name}]` has the kind `{}`, which is none of {}", section.kind, kinds())
            })?;
            let written =
                section.keys.iter().map(|key| key.resolve(self.environment)).collect::<Result<Vec<_>, _>>();
            let written = written.map_err(|variable| {
                format!("`[providers.{name}]` reads its key from {variable}, which is not set")
            })?;
            let found = match (keys.is_empty(), written.is_empty()) {
                (false, _) => keys,
                (true, false) => written,
                (true, true) => self.usual_key(known),
            };
            let url = section.url.clone().or_else(|| self.first(known.url_vars));
            return self.of_known(known, name, url, found);
        }
        if name == BEDROCK {
            return Err(no_bedrock());
        }
        let known = Known::named(name).ok_or_else(|| {
            format!(
                "no provider is called `{name}`: declare `[providers.{name}]` with kind, url and keys in \
                 agentrun.toml, or use one of {}",
                kinds()
            )
        })?;
        let found = if keys.is_empty() { self.usual_key(known) } else { keys };
        self.of_known(known, known.name, self.first(known.url_vars), found)
    }

    fn of_known(
        &self,
        known: &Known,
        name: &str,
        url: Option<String>,
        keys: Vec<SecretString>,
    ) -> Result<Vec<Endpoint>, String> {
        let base = Endpoint { name: name.to_string(), ..known.endpoint(url, None) };
        let base = self.with_details(known, base);
        if base.base().is_none() {
            return Err(format!("{name} needs an address: set {}", known.url_vars.join(" or ")));
        }
        if keys.is_empty() && !known.keyless && !base.is_local() {
            return Err(format!("no key for {name}: set {}", known.key_vars.join(" or ")));
        }
        if keys.is_empty() {
            let kind = if base.is_own_server() { Kind::Compatible } else { base.kind };
            return Ok(vec![Endpoint { kind, ..base }]);
        }
        Ok(keys.into_iter().map(|key| Endpoint { key: Some(key), ..base.clone() }).collect())
    }

    fn with_details(&self, known: &Known, mut endpoint: Endpoint) -> Endpoint {
        for (header, variable) in known.header_vars {
            if let Some(value) = self.environment.get(variable) {
                endpoint.headers.push(((*header).to_string(), SecretString::from(value)));
            }
        }
        if let (Kind::Azure { api_version }, Some(variable)) = (&mut endpoint.kind, known.version_var) {
            *api_version = self.environment.get(variable).map(str::to_string);
        }
        endpoint
    }

    fn usual_key(&self, known: &Known) -> Vec<SecretString> {
        self.first(known.key_vars).map(SecretString::from).into_iter().collect()
    }

    fn first(&self, variables: &[&str]) -> Option<String> {
        variables.iter().find_map(|name| self.environment.get(name)).map(str::to_string)
    }

    /// Where a pool with its own address or virtual key goes.
    pub(super) fn place(&self, model: &Model) -> Result<Endpoint, String> {
        let key = match &model.key {
            None => None,
            Some(KeyRef::Env(variable)) => match self.environment.get(variable) {
                Some(key) => Some(SecretString::from(key)),
                None => return Err(format!("`key: env.{variable}`: the variable {variable} is not set")),
            },
            Some(KeyRef::Virtual(name)) => {
                let section = self.config.vkeys.get(&**name).ok_or_else(|| {
                    format!("`vkey(\"{name}\")`: declare `[vkeys.{name}]` with url and key in agentrun.toml")
                })?;
                let key = section.key.resolve(self.environment).map_err(|variable| {
                    format!("`[vkeys.{name}]` reads its key from {variable}, which is not set")
                })?;
                if model.url.is_none() {
                    return Ok(compatible(&model.name, section.url.clone(), Some(key)));
                }
                Some(key)
            }
        };
        let url = match &model.url {
            Some(url) => self.text(url)?,
            None => return Err("a pool without a target needs a `url`".into()),
        };
        Ok(compatible(&model.name, url, key))
    }

    /// A text of a declaration: literal, or with `env.X`.
    pub(super) fn text(&self, expr: &Expr) -> Result<String, String> {
        match &expr.kind {
            ExprKind::Const(Value::String(text)) => Ok(text.to_string()),
            ExprKind::Env(name) => self
                .environment
                .get(name)
                .map(str::to_string)
                .ok_or_else(|| format!("`env.{name}`: the variable {name} is not set")),
            ExprKind::Template(template) => template
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Ok(text.to_string()),
                    Piece::Hole(expr) => self.text(expr),
                })
                .collect(),
            _ => Err("only a text or `env.NAME` can stand here".into()),
        }
    }
}

fn compatible(name: &str, url: String, key: Option<SecretString>) -> Endpoint {
    Endpoint { name: name.to_string(), kind: Kind::Compatible, url: Some(url), key, headers: Vec::new() }
}

/// Why a target of Bedrock is not asked.
const NO_BEDROCK: &str = "this version does not speak to Amazon Bedrock yet";
/// What to do about it.
const INSTEAD: &str = "use the maker's own API, as in `anthropic/claude-haiku-4-5`, or an OpenAI-compatible gateway \
                       declared as `[providers.NAME]` in agentrun.toml";

fn no_bedrock() -> String {
    format!("{NO_BEDROCK}: {INSTEAD}")
}

/// The pools of an agent that nobody can answer for, for want of a key, an address or this version's support: such a run
/// is refused before its first effect.
pub fn unserved(program: &Program, agent: AgentId, lines: &[PoolLine]) -> Vec<Unsupported> {
    let asked = pools_of(program, agent);
    let models = program.models.iter().zip(lines).enumerate();
    models
        .filter(|(at, _)| asked.iter().any(|id| id.index() == *at))
        .filter(|(_, (_, line))| {
            line.candidates.iter().all(|(_, readiness)| matches!(readiness, Readiness::Missing(_)))
        })
        .map(|(_, (model, line))| {
            let at = model.targets.iter().flatten().next().map_or(model.span, |target| target.span);
            let lacks = line.candidates.iter().filter_map(|(target, readiness)| match readiness {
                Readiness::Missing(why) => Some((target, why)),
                _ => None,
            });
            let lacks: Vec<(&Name, &String)> = lacks.collect();
            if lacks.iter().all(|(_, why)| **why == no_bedrock()) {
                let what = format!("the pool `{}` has nobody to ask: {NO_BEDROCK}", model.name);
                return Unsupported { span: at, what, mend: INSTEAD.into() };
            }
            let each: Vec<String> = lacks
                .iter()
                .map(|(target, why)| {
                    let named = why.contains(&***target);
                    if named { (*why).clone() } else { format!("{target}: {why}") }
                })
                .collect();
            let what = format!("the pool `{}` has nobody to ask: {}", model.name, each.join("; "));
            let mend = format!(
                "set what is missing, or choose another target with `--model {}=PROVIDER/MODEL`, or answer from a file with `--script FILE`",
                model.name
            );
            Unsupported { span: at, what, mend }
        })
        .collect()
}

fn kinds() -> String {
    KNOWN.iter().map(|known| known.name).collect::<Vec<_>>().join(", ")
}
