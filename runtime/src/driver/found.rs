//! What this machine has for a pool that leaves the choice open: the first key in the environment, then a local
//! server: where `OPENAI_BASE_URL` says, then on the usual ports. The program's own script comes last and is not looked for here.

use std::time::Duration;

use super::connect::TargetName;
use crate::call::provider::endpoint::{Endpoint, Known};
use crate::call::provider::list_models;
use crate::config::Environment;

/// Providers whose key is looked for, with the model that answers where the program names none: each maker's
/// cheap and quick one, from the price list that ships (2026-11-23).
const BY_KEY: &[(&str, &str)] =
    &[("openai", "gpt-5-mini"), ("anthropic", "claude-haiku-4-5"), ("google", "gemini-2.5-flash")];

/// The provider whose address may be that of a server on this machine.
const OPENAI: &str = "openai";

/// Local servers that are asked for their models, in order.
const LOCAL: &[&str] = &["ollama", "llamacpp"];

/// A server on this machine answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(300);

/// Something that can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What to ask.
    pub target: TargetName,
    /// Where it was found: `OPENAI_API_KEY`, `a server at http://127.0.0.1:8080/v1`.
    pub source: String,
}

/// Looks around, the first thing first. Servers are only asked where no key was found, unless `all`.
pub async fn look(environment: &Environment, all: bool) -> Vec<Found> {
    let mut found: Vec<Found> =
        BY_KEY.iter().filter_map(|(name, model)| by_key(environment, name, model)).collect();
    if found.is_empty() || all {
        if own_server(environment) {
            found.extend(by_server(environment, OPENAI).await);
        }
        for name in LOCAL {
            found.extend(by_server(environment, name).await);
        }
    }
    found
}

/// True where OpenAI's address is one on this machine and nobody gave a key: a server of one's own.
fn own_server(environment: &Environment) -> bool {
    Known::named(OPENAI).is_some_and(|known| {
        let url = known.url_vars.iter().find_map(|variable| environment.get(variable));
        let keyed = known.key_vars.iter().any(|variable| environment.get(variable).is_some());
        !keyed && url.is_some_and(|url| known.endpoint(Some(url.to_string()), None).is_own_server())
    })
}

fn by_key(environment: &Environment, name: &str, model: &str) -> Option<Found> {
    let known = Known::named(name)?;
    let variable = known.key_vars.iter().find(|variable| environment.get(variable).is_some())?;
    let target = TargetName { provider: name.into(), model: model.into() };
    Some(Found { target, source: (*variable).to_string() })
}

async fn by_server(environment: &Environment, name: &str) -> Option<Found> {
    let known = Known::named(name)?;
    let url = known.url_vars.iter().find_map(|variable| environment.get(variable)).map(str::to_string);
    let endpoint: Endpoint = known.endpoint(url, None);
    let model =
        tokio::time::timeout(PATIENCE, list_models(&endpoint)).await.ok()?.ok()?.into_iter().next()?;
    let source = format!("a server at {}", endpoint.shown());
    Some(Found { target: TargetName { provider: name.into(), model: model.into() }, source })
}
