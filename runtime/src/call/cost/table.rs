//! The table of list prices: read, checked, looked up by provider and model, overridden by the user.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Origin, Price, Tier};

/// As it was when this version was built; the file names its source, licence and date.
const VENDORED: &str = include_str!("../../../data/prices.json");
/// The only unit that a file may use.
const UNIT: &str = "USD per million tokens";
/// No model has cost more: a price above is a slip of the decimal point.
const DEAREST: f64 = 1000.0;
/// The same for embeddings.
const DEAREST_EMBEDDING: f64 = 10.0;
/// Sellers of other makers' models, and the makers.
const SELLERS: &[(&str, &[&str])] =
    &[("azure", &["openai"]), ("bedrock", &["anthropic", "cohere", "mistral"])];
/// Other names of providers.
const ALIASES: &[(&str, &str)] = &[("gemini", "google"), ("kimi", "moonshot"), ("qwen", "dashscope")];
/// Dated models whose price differs from the one that bears their name without a date.
const APART: &[&str] = &["gpt-4o-2024-05-13", "chatgpt-4o-latest"];

/// List prices by provider and model.
#[derive(Clone, Debug)]
pub struct PriceTable {
    /// Where the list comes from.
    pub source: String,
    /// Its licence.
    pub license: String,
    /// The day it was made, `2026-11-23`.
    pub retrieved: String,
    entries: IndexMap<(String, String), Entry>,
    stated: IndexMap<(String, String), Price>,
}

/// What is known of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name at the provider.
    pub id: String,
    /// The provider.
    pub provider: String,
    /// What it costs.
    pub price: Price,
    /// Tokens it reads at most.
    pub context: Option<u64>,
    /// Tokens it writes at most.
    pub max_output: Option<u64>,
    abilities: Vec<Ability>,
}

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Native tool calls.
    Tools,
    /// A JSON schema for its answer.
    Schema,
    /// Images.
    Vision,
    /// Reasons before it answers.
    Reasoning,
}

/// Why a file is no price table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PriceError(String);

/// What differs between two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `provider/model` is new.
    Added(String),
    /// `provider/model` is gone.
    Removed(String),
    /// `provider/model` has another price: before and after, a million tokens in and out.
    Repriced(String, (i64, i64), (i64, i64)),
}

impl PriceTable {
    /// The table that this version was built with.
    pub fn vendored() -> &'static Self {
        static TABLE: LazyLock<PriceTable> =
            LazyLock::new(|| PriceTable::parse(VENDORED).unwrap_or_else(|_| PriceTable::empty()));
        &TABLE
    }

    /// Reads a table; refuses one that cannot be right.
    pub fn parse(text: &str) -> Result<Self, PriceError> {
        let file: Value =
            serde_json::from_str(text).map_err(|error| PriceError(format!("no JSON: {error}")))?;
        let unit = required(&file, "_unit")?;
        if unit != UNIT {
            return Err(PriceError(format!("`_unit` must be `{UNIT}`, found `{unit}`")));
        }
        let mut table = Self {
            source: required(&file, "_source")?,
            license: required(&file, "_license")?,
            retrieved: date(&required(&file, "_retrieved")?)?,
            ..Self::empty()
        };
        let models = file.get("models").and_then(Value::as_array);
        let models = models.filter(|models| !models.is_empty());
        for (at, model) in models
            .ok_or_else(|| PriceError("`models` must be a list with entries".into()))?
            .iter()
            .enumerate()
        {
            let entry =
                entry(model).map_err(|PriceError(why)| PriceError(format!("model {}: {why}", at + 1)))?;
            let key = (entry.provider.clone(), entry.id.to_ascii_lowercase());
            if table.entries.contains_key(&key) {
                return Err(PriceError(format!("`{}/{}` stands there twice", key.0, entry.id)));
            }
            table.entries.insert(key, entry);
        }
        Ok(table)
    }

    fn empty() -> Self {
        Self {
            source: String::new(),
            license: String::new(),
            retrieved: String::new(),
            entries: IndexMap::new(),
            stated: IndexMap::new(),
        }
    }

    /// The user's own price of a target, `[prices]` in the configuration; it wins over the list.
    pub fn state(&mut self, provider: &str, model: &str, price: Price) {
        let key = (canonical(provider).to_owned(), model.to_ascii_lowercase());
        self.stated.insert(key, Price { origin: Origin::User, ..price });
    }

    /// What `model` costs at `provider`; `local` targets cost nothing. `None` where nobody knows.
    pub fn price(&self, provider: &str, model: &str, local: bool) -> Option<Price> {
        let stated = self.stated.get(&(canonical(provider).to_owned(), model.to_ascii_lowercase()));
        if let Some(price) = stated {
            return Some(price.clone());
        }
        if local || provider == "ollama" {
            return Some(Price::FREE);
        }
        let price = self.find(provider, model)?.price.clone();
        let sold = SELLERS.iter().any(|(seller, _)| *seller == provider);
        Some(if sold { Price { origin: Origin::Maker, ..price } } else { price })
    }

    /// What is known of `model` at `provider`: by its name, by its name without a date, by an alias.
    pub fn find(&self, provider: &str, model: &str) -> Option<&Entry> {
        let provider = canonical(provider);
        let makers = SELLERS.iter().find(|(seller, _)| *seller == provider).map(|(_, makers)| *makers);
        let name = model.to_ascii_lowercase();
        match makers {
            None => self.lookup(provider, &name),
            Some(makers) => makers.iter().find_map(|maker| self.lookup(maker, sold_name(&name, maker))),
        }
    }

    fn lookup(&self, provider: &str, name: &str) -> Option<&Entry> {
        let name = name.strip_prefix("models/").unwrap_or(name);
        let get = |name: &str| self.entries.get(&(provider.to_owned(), name.to_owned()));
        if let Some(entry) = get(name) {
            return Some(entry);
        }
        if APART.contains(&name) {
            return None;
        }
        let undated = undated(name);
        get(undated).or_else(|| if provider == "anthropic" { get(&undated.replace('.', "-")) } else { None })
    }

    /// Every model, in the file's order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// What would change with `newer`.
    pub fn changes(&self, newer: &Self) -> Vec<Change> {
        let name = |entry: &Entry| format!("{}/{}", entry.provider, entry.id);
        let cost = |entry: &Entry| (entry.price.input, entry.price.output);
        let mut changes = Vec::new();
        for (key, entry) in &newer.entries {
            match self.entries.get(key) {
                None => changes.push(Change::Added(name(entry))),
                Some(old) if old.price != entry.price => {
                    changes.push(Change::Repriced(name(entry), cost(old), cost(entry)));
                }
                Some(_) => {}
            }
        }
        let gone = self.entries.iter().filter(|(key, _)| !newer.entries.contains_key(*key));
        changes.extend(gone.map(|(_, entry)| Change::Removed(name(entry))));
        changes
    }
}

impl Entry {
    /// Whether it can.
    pub fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }
}

fn canonical(provider: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == provider).map_or(provider, |(_, name)| name)
}

/// Bedrock's `us.anthropic.claude-opus-4-5-20251101-v1:0` as its maker says it.
fn sold_name<'a>(name: &'a str, maker: &str) -> &'a str {
    let start = name.find(&format!("{maker}.")).map_or(0, |at| at + maker.len() + 1);
    let name = name.get(start..).unwrap_or(name);
    let name = name.split_once(':').map_or(name, |(name, _)| name);
    match name.rsplit_once("-v") {
        Some((head, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => head,
        _ => name,
    }
}

/// A name without the date that pins it: `-2025-08-07`, `-20250929`, `@20250929`, and without `-latest`.
fn undated(name: &str) -> &str {
    let name = name.strip_suffix("-latest").unwrap_or(name);
    let digits = |text: &str, len: usize| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((head, day)) = name.rsplit_once(['-', '@']) {
        if digits(day, 8) {
            return head;
        }
        let parts = head.rsplit_once('-').and_then(|(head, month)| Some((head.rsplit_once('-')?, month)));
        if let Some(((base, year), month)) = parts
            && digits(year, 4)
            && digits(month, 2)
            && digits(day, 2)
        {
            return base;
        }
    }
    name
}

fn entry(model: &Value) -> Result<Entry, PriceError> {
    let id = required(model, "id")?;
    let provider = required(model, "provider")?;
    let named = |PriceError(why): PriceError| PriceError(format!("`{provider}/{id}`: {why}"));
    let embedding = match required(model, "kind").map_err(named)?.as_str() {
        "chat" => false,
        "embedding" => true,
        other => {
            return Err(named(PriceError(format!("`kind` must be `chat` or `embedding`, found `{other}`"))));
        }
    };
    let most = if embedding { DEAREST_EMBEDDING } else { DEAREST };
    let price = price(model, embedding, most).map_err(named)?;
    let count = |key: &str| model.get(key).and_then(Value::as_u64).filter(|count| *count > 0);
    let words = model.get("caps").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    Ok(Entry {
        price,
        context: count("context"),
        max_output: if embedding { None } else { count("max_output") },
        abilities: words.filter_map(ability).collect(),
        id,
        provider,
    })
}

fn price(model: &Value, embedding: bool, most: f64) -> Result<Price, PriceError> {
    let money = |key: &str| optional(model, key, most);
    let input = money("input_per_mtok")?.ok_or_else(|| PriceError("`input_per_mtok` is missing".into()))?;
    let output = money("output_per_mtok")?;
    let output = match output {
        Some(output) => output,
        None if embedding => 0,
        None => return Err(PriceError("`output_per_mtok` is missing".into())),
    };
    Ok(Price {
        input,
        output,
        cache_read: money("cache_read_per_mtok")?,
        cache_write: money("cache_write_per_mtok")?,
        tiers: tiers(model, most)?,
        origin: Origin::List,
    })
}

/// Reads `input_cost_per_token_above_200k_tokens` and its output twin. Other classes of service are not asked for.
fn tiers(model: &Value, most: f64) -> Result<Vec<Tier>, PriceError> {
    let Some(table) = model.get("tiers_per_mtok") else { return Ok(Vec::new()) };
    let keys = table.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let mut tiers = Vec::new();
    for key in keys {
        let Some(size) =
            key.strip_prefix("input_cost_per_token_above_").and_then(|rest| rest.strip_suffix("k_tokens"))
        else {
            continue;
        };
        let thousands: u64 =
            size.parse().map_err(|_| PriceError(format!("`{key}` names no number of tokens")))?;
        let output = format!("output_cost_per_token_above_{size}k_tokens");
        let missing = || PriceError(format!("`{output}` is missing"));
        tiers.push(Tier {
            above: thousands * 1000,
            input: optional(table, key, most)?.ok_or_else(missing)?,
            output: optional(table, &output, most)?.ok_or_else(missing)?,
        });
    }
    tiers.sort_by_key(|tier| tier.above);
    Ok(tiers)
}

fn ability(word: &str) -> Option<Ability> {
    Some(match word {
        "tools" => Ability::Tools,
        "json_schema" => Ability::Schema,
        "vision" => Ability::Vision,
        "reasoning" => Ability::Reasoning,
        _ => return None,
    })
}

fn required(value: &Value, key: &str) -> Result<String, PriceError> {
    let text = value.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| PriceError(format!("`{key}` is missing")))
}

fn date(text: &str) -> Result<String, PriceError> {
    let day: Result<jiff::civil::Date, _> = text.parse();
    day.map(|day| day.to_string())
        .map_err(|_| PriceError(format!("`_retrieved` must be a day, found `{text}`")))
}

/// Dollars as billionths.
#[expect(clippy::cast_possible_truncation, reason = "at most a thousand dollars, checked just before")]
fn optional(value: &Value, key: &str, most: f64) -> Result<Option<i64>, PriceError> {
    let Some(found) = value.get(key).filter(|found| !found.is_null()) else { return Ok(None) };
    let dollars = found.as_f64().filter(|dollars| (0.0..=most).contains(dollars));
    let dollars = dollars
        .ok_or_else(|| PriceError(format!("`{key}` must be from 0 to {most} dollars, found `{found}`")))?;
    Ok(Some((dollars * 1e9).round() as i64))
}
