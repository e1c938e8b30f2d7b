//! What a model can do, from the price table and from rules over its name. The rules are data and small grammars of
//! names; a name that none knows is taken for the newest of its family.

use super::endpoint::{Endpoint, Kind};
use super::{Caps, SchemaDialect};
use crate::call::cost::{Ability, PriceTable};

/// Endpoints that refuse, or do not heed, a demand for a tool call.
const NEVER_FORCED: &[&str] = &["deepseek", "moonshot"];
/// Endpoints that take no JSON schema for an answer, whatever their model.
const WITHOUT_SCHEMA: &[&str] = &["deepseek", "zai"];
/// Compatible endpoints that read PDF documents.
const READ_PDF: &[&str] = &["openrouter"];
/// GPTs from 5 on that take a temperature: by default they do not reason.
const CALM_GPTS: &[(u32, u32)] = &[(5, 1), (5, 2), (5, 4)];
/// The last Claude that takes a temperature.
const LAST_WARM_CLAUDE: (u32, u32) = (4, 6);
/// The last Claude, but the haikus, that obeys a demand for a tool call.
const LAST_FORCED_CLAUDE: (u32, u32) = (5, 0);
/// The first Claude that takes a JSON schema for its answer.
const FIRST_SCHEMA_CLAUDE: (u32, u32) = (4, 5);
/// The first Gemini that takes no temperature, and one before it.
const FIRST_COLD_GEMINI: (u32, u32) = (3, 6);
const COLD_GEMINI: &str = "gemini-3.5-flash-lite";
/// Kimis from here on take one temperature only.
const FIRST_COLD_KIMI: (u32, u32) = (2, 5);
/// Marks in a name of models that OpenAI serves by its Responses API alone.
const RESPONSES_ONLY: &[&str] = &["-pro", "-codex", "deep-research", "computer-use"];
/// The first GPT that takes tools by the Responses API alone.
const FIRST_TOOLS_BY_RESPONSES: (u32, u32) = (5, 5);

/// What `model` at `endpoint` can do.
pub(super) fn of(endpoint: &Endpoint, model: &str) -> Caps {
    let known = PriceTable::vendored().find(&endpoint.name, model);
    let can = |ability: Ability, unknown: bool| known.map_or(unknown, |entry| entry.can(ability));
    let local = endpoint.is_local();
    let (dialect, schema, pdf) = match &endpoint.kind {
        Kind::OpenAi | Kind::Azure { .. } => (SchemaDialect::OpenAi, true, true),
        Kind::Anthropic => (SchemaDialect::Anthropic, true, true),
        Kind::Gemini => (SchemaDialect::Gemini, true, true),
        Kind::Compatible if local => (SchemaDialect::Full, true, false),
        Kind::Compatible => {
            let name = endpoint.name.as_str();
            (SchemaDialect::OpenAi, !WITHOUT_SCHEMA.contains(&name), READ_PDF.contains(&name))
        }
        Kind::Scripted(_) => (SchemaDialect::Full, true, true),
        Kind::Command(_) => (SchemaDialect::Full, false, false),
    };
    let command = matches!(endpoint.kind, Kind::Command(_));
    let images = can(Ability::Vision, !command);
    Caps {
        tools: can(Ability::Tools, !command),
        schema: schema && (matches!(endpoint.kind, Kind::Anthropic) || can(Ability::Schema, true)),
        dialect,
        images,
        pdf: pdf && images,
        temperature: !command && takes_temperature(model),
        forced_tools: !command && forces_tools(endpoint, model),
        context: known.and_then(|entry| entry.context),
    }
}

/// The most tokens that `model` may be asked for, where that is known.
pub(super) fn max_tokens(endpoint: &Endpoint, model: &str, wanted: u32) -> u32 {
    let most = PriceTable::vendored().find(&endpoint.name, model).and_then(|entry| entry.max_output);
    most.and_then(|most| u32::try_from(most).ok()).map_or(wanted, |most| wanted.min(most))
}

/// Whether `model` takes a temperature.
pub(super) fn takes_temperature(model: &str) -> bool {
    let name = bare(model);
    if is_o_series(&name) {
        return false;
    }
    if let Some(version) = version_after(&name, "gpt-").filter(|(major, _)| *major >= 5) {
        let calm = CALM_GPTS.contains(&version) && !RESPONSES_ONLY.iter().any(|mark| name.contains(mark));
        return calm || name.contains("-chat");
    }
    if let Some(version) = claude_version(&name) {
        return version <= LAST_WARM_CLAUDE;
    }
    if let Some(version) = version_after(&name, "gemini-") {
        return version < FIRST_COLD_GEMINI && !name.starts_with(COLD_GEMINI);
    }
    version_after(&name, "kimi-k").is_none_or(|version| version < FIRST_COLD_KIMI)
}

/// Whether `model` is one of OpenAI's that reason.
pub(super) fn reasons(model: &str) -> bool {
    let name = bare(model);
    let gpt = version_after(&name, "gpt-").is_some_and(|(major, _)| major >= 5) && !name.contains("-chat");
    gpt || is_o_series(&name)
}

/// Whether OpenAI serves `model` by its Responses API alone.
pub(super) fn needs_responses(model: &str, tools: bool) -> bool {
    let name = bare(model);
    let version = version_after(&name, "gpt-");
    let marked =
        RESPONSES_ONLY.iter().any(|mark| name.contains(mark)) && (is_o_series(&name) || version.is_some());
    marked
        || name.starts_with("computer-use")
        || (tools && version.is_some_and(|version| version >= FIRST_TOOLS_BY_RESPONSES))
}

/// Whether Anthropic's `model` takes a JSON schema for its answer.
pub(super) fn claude_takes_schema(model: &str) -> bool {
    claude_version(&bare(model)).is_none_or(|version| version >= FIRST_SCHEMA_CLAUDE)
}

/// Whether Google's `model` signs its calls, and takes a schema beside tools.
pub(super) fn gemini_signs(model: &str) -> bool {
    version_after(&bare(model), "gemini-").is_none_or(|(major, _)| major >= 3)
}

fn forces_tools(endpoint: &Endpoint, model: &str) -> bool {
    let name = bare(model);
    match &endpoint.kind {
        Kind::Anthropic => {
            name.contains("haiku")
                || claude_version(&name).is_some_and(|version| version <= LAST_FORCED_CLAUDE)
        }
        Kind::Compatible => !endpoint.is_local() && !NEVER_FORCED.contains(&endpoint.name.as_str()),
        _ => true,
    }
}

/// The model's own name: without a maker or a path before it, in lower case.
fn bare(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    // Bedrock: `us.anthropic.claude-…`.
    match name.find("claude-") {
        Some(start) => name.get(start..).unwrap_or_default().to_owned(),
        None => name,
    }
}

fn is_o_series(name: &str) -> bool {
    let Some(rest) = name.strip_prefix('o') else { return false };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    digits > 0 && rest.get(digits..).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// `gpt-5.1-mini` after `gpt-`: `(5, 1)`.
fn version_after(name: &str, prefix: &str) -> Option<(u32, u32)> {
    let rest = name.strip_prefix(prefix)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (major, minor) = rest.get(..end)?.split_once('.').unwrap_or((rest.get(..end)?, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// `claude-opus-4-5-20251101`, `claude-opus-4.5`: `(4, 5)`; `claude-3-5-haiku`: `(3, 5)`.
fn claude_version(name: &str) -> Option<(u32, u32)> {
    let rest = name.strip_prefix("claude-")?;
    // A date has eight digits, a version one or two.
    let mut numbers = rest
        .split(['-', '.', '@', ':'])
        .skip_while(|word| word.parse::<u32>().is_err())
        .map_while(|word| word.parse::<u32>().ok().filter(|number| *number < 100));
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}
