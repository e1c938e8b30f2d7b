//! The agent's parameters: from `--input`, `--NAME`, `--arg`, standard input, or asked for on the terminal.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use agentrun_lang::ir::{Agent, Param, Program};
use agentrun_lang::value::{Encoding, Type, TypeTable, Value, Violation, read_arguments, read_json};
use serde_json::Value as Json;

use crate::args::RunArgs;

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
    for (name, value) in written(given)? {
        let index = index_of(agent, &name)?;
        let Some((param, slot)) = agent.params.get(index).zip(found.get_mut(index)) else { continue };
        *slot = Some(match value {
            Some(text) => json_of(&text, &param.ty),
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
fn json_of(text: &str, ty: &Type) -> Json {
    let plain = || Json::String(text.to_string());
    if *ty.required() == Type::String {
        return plain();
    }
    serde_json::from_str(text).unwrap_or_else(|_| plain())
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
    let value = read_json(json, &param.ty, types).map_err(|wrong| said(&wrong))?.value;
    if param.constraints.is_empty() {
        return Ok(value);
    }
    let alone = serde_json::json!({ &*param.name: json });
    let checked = read_arguments(&alone, std::slice::from_ref(param), types, Encoding::default());
    checked.map(|_| value).map_err(|wrong| said(&wrong))
}

fn said(wrong: &[Violation]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn index_of(agent: &Agent, name: &str) -> Result<usize, String> {
    agent.params.iter().position(|param| *param.name == *name).ok_or_else(|| {
        let known: Vec<String> = agent.params.iter().map(|param| format!("--{}", param.name)).collect();
        if known.is_empty() {
            return format!("agent `{}` takes no parameters, and `--{name}` is no flag of agentrun", agent.name);
        }
        format!(
            "agent `{}` has no parameter `{name}`, and `--{name}` is no flag of agentrun; its parameters are {}",
            agent.name,
            known.join(", ")
        )
    })
}

/// `--NAME VALUE` and `--arg NAME=VALUE`, in that order.
fn written(given: &Given<'_>) -> Result<Vec<(String, Option<String>)>, String> {
    let mut all = given.params.to_vec();
    for arg in &given.args.args {
        let (name, value) =
            arg.split_once('=').ok_or_else(|| format!("`--arg {arg}` should read `--arg NAME=VALUE`"))?;
        all.push((name.to_string(), Some(value.to_string())));
    }
    Ok(all)
}

fn from_object(agent: &Agent, text: &str, found: &mut [Option<Json>]) -> Result<(), String> {
    let text = match text.strip_prefix('@') {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?
        }
        None => text.to_string(),
    };
    let json: Json =
        serde_json::from_str(&text).map_err(|error| format!("`--input` is not JSON: {error}"))?;
    let Json::Object(object) = json else {
        return Err("`--input` should be an object with the agent's parameters, `{\"name\": value}`".into());
    };
    for (name, value) in object {
        if let Some(slot) = found.get_mut(index_of(agent, &name)?) {
            *slot = Some(value);
        }
    }
    Ok(())
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
    let mut text = String::new();
    stdin.lock().read_to_string(&mut text).map_err(|error| format!("cannot read standard input: {error}"))?;
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.is_empty() {
        *slot = Some(Json::String(text.to_string()));
    }
    Ok(())
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
            "agent `{}` needs `{name}`: give it as `--{name} VALUE` (a {}){}",
            agent.name,
            param.ty.display(types),
            if agent.params.len() == 1 && param.ty == Type::String { ", or on standard input" } else { "" },
        ));
    }
    let mut screen = io::stderr();
    loop {
        let doc = param.doc.as_deref().map_or_else(String::new, |doc| format!(" ({doc})"));
        let _ = write!(screen, "{name}: {}{doc}? ", param.ty.display(types)).and_then(|()| screen.flush());
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(0) => return Err(format!("agent `{}` needs `{name}`", agent.name)),
            Err(error) => return Err(format!("cannot read the terminal: {error}")),
            Ok(_) => {}
        }
        match read(&json_of(line.trim_end_matches(['\n', '\r']), &param.ty), param, types) {
            Ok(value) => return Ok(value),
            Err(reason) => {
                let _ = writeln!(screen, "  {reason}");
            }
        }
    }
}

/// A text from a terminal as a value of a type.
pub(crate) fn typed(text: &str, ty: &Type, types: &TypeTable) -> Result<Value, String> {
    read_json(&json_of(text, ty), ty, types).map(|read| read.value).map_err(|wrong| said(&wrong))
}
