//! The agent's parameters: from `--input`, `--NAME`, `--arg`, standard input, or asked for on the terminal.

use std::fmt;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;

use agentrun_lang::ir::{Agent, Param, Program};
use agentrun_lang::suggest::nearest;
use agentrun_lang::value::{
    Encoding, Type, TypeBody, TypeDef, TypeTable, Value, Violation, read_arguments, read_json,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

use crate::args::RunArgs;
use agentrun_runtime::files::read_at_most;

/// What the command line says of the parameters.
pub(crate) struct Given<'a> {
    /// Our own flags.
    pub(crate) args: &'a RunArgs,
    /// `--NAME VALUE`.
    pub(crate) params: &'a [(String, Option<String>)],
    /// Whether a person may be asked.
    pub(crate) ask: bool,
}

/// A value for each parameter of the agent.
pub(crate) fn gather(agent: &Agent, program: &Program, given: &Given<'_>) -> Result<Vec<Value>, String> {
    let types = &program.types;
    let mut found: Vec<Option<Json>> = vec![None; agent.params.len()];
    if let Some(text) = &given.args.input {
        from_object(agent, text, &mut found)?;
    }
    for (name, value, written) in written(given)? {
        let index = index_of(agent, &name, written)?;
        let Some((param, slot)) = agent.params.get(index).zip(found.get_mut(index)) else { continue };
        *slot = Some(match value {
            Some(text) => {
                json_of(&text, &param.ty).map_err(|reason| format!("parameter `{name}`: {reason}"))?
            }
            None if *param.ty.required() == Type::Bool => Json::Bool(true),
            None => return Err(format!("parameter `{name}` needs a value: `--{name} VALUE`")),
        });
    }
    from_standard_input(agent, &mut found)?;
    agent
        .params
        .iter()
        .zip(found)
        .map(|(param, json)| match json {
            Some(json) => {
                read(&json, param, types).map_err(|reason| format!("parameter `{}`: {reason}", param.name))
            }
            None => missing(param, agent, types, given.ask),
        })
        .collect()
}

/// The JSON that a text from the command line stands for: a string is taken as it is, everything else is JSON where
/// it is JSON, else a string that its type reads (`$12.50`, `90d`, `2026-11-23`, a path).
fn json_of(text: &str, ty: &Type) -> Result<Json, String> {
    let plain = || Json::String(text.to_string());
    if *ty.required() == Type::String {
        return Ok(plain());
    }
    match serde_json::from_str(text) {
        Ok(json) => Ok(json),
        // Nothing but JSON begins so.
        Err(error) if text.trim_start().starts_with(['{', '[']) => {
            Err(format!("`{text}` is not JSON: {error}"))
        }
        Err(_) => Ok(plain()),
    }
}

/// A value of the parameter's type that holds its constraints.
fn read(json: &Json, param: &Param, types: &TypeTable) -> Result<Value, String> {
    if let (Json::String(path), Type::Image | Type::Pdf) = (json, param.ty.required())
        && !path.starts_with("data:")
        && !path.starts_with("https://")
        && !Path::new(path).is_file()
    {
        return Err(format!("there is no file {path}"));
    }
    let value = read_json(json, &param.ty, types)
        .map_err(|wrong| format!("{}{}", said(&wrong), mend(json, &param.ty, types)))?
        .value;
    if param.constraints.is_empty() {
        return Ok(value);
    }
    let alone = serde_json::json!({ &*param.name: json });
    let checked = read_arguments(&alone, std::slice::from_ref(param), types, Encoding::default());
    checked.map(|_| value).map_err(|wrong| {
        let inside = wrong.into_iter().map(|violation| Violation {
            path: below(&violation.path, &param.name).to_string(),
            ..violation
        });
        said(&inside.collect::<Vec<_>>())
    })
}

/// A place inside a parameter, without the parameter's own name.
fn below<'p>(path: &'p str, param: &str) -> &'p str {
    let inside = path.strip_prefix(param).unwrap_or(path);
    inside.strip_prefix('.').unwrap_or(inside)
}

const OBJECT: &str = "; an object is written as JSON: `{\"key\": …}`";

/// What to write instead, where the type's form is not what JSON has.
fn mend(json: &Json, ty: &Type, types: &TypeTable) -> String {
    let written = json.as_str().map_or_else(|| json.to_string(), str::to_string);
    match ty.required() {
        Type::Duration if !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("; write its unit: `{written}s`, `{written}m` or `{written}h`")
        }
        Type::Duration => "; a duration is written `90s`, `5m` or `1h30m`".into(),
        Type::Date => "; a date is written `2026-11-23`, a moment `2026-11-23T08:30:00Z`".into(),
        Type::Money => "; an amount is written `12.50`, `$12.50` or `12.50 EUR`".into(),
        Type::Bool => "; write `true` or `false`".into(),
        Type::List(_) if !json.is_array() => "; a list is written as JSON: `[…, …]`".into(),
        Type::Map(_) if json.is_string() => OBJECT.into(),
        Type::Named(id) if json.is_string() => match types.get(*id) {
            Some(TypeDef { body: TypeBody::Record(_), .. }) => OBJECT.into(),
            Some(TypeDef { body: TypeBody::Alias { ty, .. }, .. }) => mend(json, ty, types),
            None => String::new(),
        },
        _ => String::new(),
    }
}

fn said(wrong: &[Violation]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Where a parameter's name was written.
#[derive(Clone, Copy)]
enum Written {
    /// `--NAME`.
    Flag,
    /// `--arg NAME=VALUE`.
    Arg,
    /// A key of the object in `--input`.
    Input,
}

fn index_of(agent: &Agent, name: &str, written: Written) -> Result<usize, String> {
    agent.params.iter().position(|param| *param.name == *name).ok_or_else(|| {
        let place = match written {
            Written::Flag => format!("and `--{name}` is no flag of agentrun"),
            Written::Arg => format!("which `--arg {name}=…` gives"),
            Written::Input => "which `--input` gives".to_string(),
        };
        let known: Vec<&str> = agent.params.iter().map(|param| &*param.name).collect();
        if known.is_empty() {
            return format!("agent `{}` takes no parameters: there is no `{name}`, {place}", agent.name);
        }
        let spelled = |name: &str| match written {
            Written::Flag => format!("--{name}"),
            Written::Arg | Written::Input => format!("`{name}`"),
        };
        let mend = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {}?", spelled(near)),
            None => {
                let known: Vec<String> = known.into_iter().map(spelled).collect();
                format!("its parameters are {}", known.join(", "))
            }
        };
        format!("agent `{}` has no parameter `{name}`, {place}; {mend}", agent.name)
    })
}

/// `--NAME VALUE` and `--arg NAME=VALUE`, in that order; each parameter once.
fn written(given: &Given<'_>) -> Result<Vec<(String, Option<String>, Written)>, String> {
    let mut all: Vec<(String, Option<String>, Written)> =
        given.params.iter().map(|(name, value)| (name.clone(), value.clone(), Written::Flag)).collect();
    for arg in &given.args.args {
        let (name, value) =
            arg.split_once('=').ok_or_else(|| format!("`--arg {arg}` should read `--arg NAME=VALUE`"))?;
        all.push((name.to_string(), Some(value.to_string()), Written::Arg));
    }
    for (index, (name, ..)) in all.iter().enumerate() {
        if all.iter().take(index).any(|(before, ..)| before == name) {
            return Err(format!(
                "`{name}` is given twice; give each parameter once (a list as JSON, `--{name} '[…, …]'`)"
            ));
        }
    }
    Ok(all)
}

fn from_object(agent: &Agent, text: &str, found: &mut [Option<Json>]) -> Result<(), String> {
    let text = match text.strip_prefix('@').or((text == "-").then_some("-")) {
        Some("-") => text_of(io::stdin().lock(), "standard input")?,
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| format!("cannot read {path}: {error}"))?;
            text_of(file, path)?
        }
        None => text.to_string(),
    };
    let json: Json =
        serde_json::from_str(&text).map_err(|error| format!("`--input` is not JSON: {error}"))?;
    if !json.is_object() {
        return Err("`--input` should be an object with the agent's parameters, `{\"name\": value}`".into());
    }
    let Pairs(object) =
        serde_json::from_str(&text).map_err(|error| format!("`--input` is not JSON: {error}"))?;
    for (index, (name, value)) in object.iter().enumerate() {
        if object.iter().take(index).any(|(before, _)| before == name) {
            return Err(format!("`--input` gives `{name}` twice; give each parameter once"));
        }
        if let Some(slot) = found.get_mut(index_of(agent, name, Written::Input)?) {
            *slot = Some(value.clone());
        }
    }
    Ok(())
}

/// An object's pairs as they were written, equal names among them.
struct Pairs(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// The whole of a piped standard input is the value of the only string parameter that is still missing and has
/// no default.
fn from_standard_input(agent: &Agent, found: &mut [Option<Json>]) -> Result<(), String> {
    let mut open = agent
        .params
        .iter()
        .zip(found.iter_mut())
        .filter(|(param, value)| value.is_none() && *param.ty.required() == Type::String);
    let (Some((param, slot)), None) = (open.next(), open.next()) else { return Ok(()) };
    let stdin = io::stdin();
    if stdin.is_terminal() || (param.default.is_some() && !has_data()) {
        return Ok(());
    }
    let text = text_of(stdin.lock(), "standard input")?;
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.is_empty() {
        *slot = Some(Json::String(text.to_string()));
    }
    Ok(())
}

/// The whole of an input.
fn text_of(input: impl Read, name: &str) -> Result<String, String> {
    const MOST: u64 = 64 << 20;
    let bytes = read_at_most(input, MOST).map_err(|error| format!("cannot read {name}: {error}"))?;
    String::from_utf8(bytes).map_err(|_| format!("cannot read {name}: it is no UTF-8 text"))
}

/// Whether standard input is a pipe or a file: where a parameter has a default, an inherited descriptor such as
/// a service's or `/dev/null` is not waited for.
fn has_data() -> bool {
    use std::os::fd::AsFd as _;
    rustix::fs::fstat(io::stdin().as_fd()).is_ok_and(|stat| {
        let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
        kind == rustix::fs::FileType::RegularFile || kind == rustix::fs::FileType::Fifo
    })
}

fn missing(param: &Param, agent: &Agent, types: &TypeTable, ask: bool) -> Result<Value, String> {
    if let Some(default) = &param.default {
        return Ok(default.clone());
    }
    if matches!(param.ty, Type::Optional(_)) {
        return Ok(Value::Null);
    }
    let name = &param.name;
    if !ask {
        return Err(format!(
            "agent `{}` needs `{name}`: give it as `--{name} VALUE`, of type `{}`{}",
            agent.name,
            param.ty.display(types),
            if agent.params.len() == 1 && param.ty == Type::String { ", or on standard input" } else { "" },
        ));
    }
    let mut screen = io::stderr();
    loop {
        let doc = param.doc.as_deref().map_or_else(String::new, |doc| format!(", {doc}"));
        let _ = write!(screen, "{name} ({}){doc}: ", param.ty.display(types)).and_then(|()| screen.flush());
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(0) => return Err(format!("agent `{}` needs `{name}`", agent.name)),
            Err(error) => return Err(format!("cannot read the terminal: {error}")),
            Ok(_) => {}
        }
        let json = json_of(line.trim_end_matches(['\n', '\r']), &param.ty);
        match json.and_then(|json| read(&json, param, types)) {
            Ok(value) => return Ok(value),
            Err(reason) => {
                let _ = writeln!(screen, "  {reason}");
            }
        }
    }
}

/// A text from a terminal as a value of a type.
pub(crate) fn typed(text: &str, ty: &Type, types: &TypeTable) -> Result<Value, String> {
    let json = json_of(text, ty)?;
    read_json(&json, ty, types)
        .map(|read| read.value)
        .map_err(|wrong| format!("{}{}", said(&wrong), mend(&json, ty, types)))
}
