//! The runs that a test stands for: one, or one for each of its case files.

use std::fs;
use std::path::{Path, PathBuf};

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{Agent, ExprKind, Function, Program, Test};
use agentrun_lang::value::{Type, Value, read_json, to_json};
use globset::Glob;
use ignore::WalkBuilder;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::answer::{Reader, Wrong};

/// One run of a test.
#[derive(Clone, Debug)]
pub struct Case {
    /// The case file's name, where it comes from one.
    pub file: Option<PathBuf>,
    /// A value for each parameter.
    pub input: Vec<Value>,
    /// What the case file expects of the result: what it names must be so, the rest is left open.
    pub expect: Option<Json>,
}

/// A case file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// For people.
    #[serde(rename = "about", default)]
    _about: Option<Json>,
    #[serde(default)]
    input: Map<String, Json>,
    #[serde(default)]
    expect: Option<Json>,
}

/// The runs of `test`, case files in the order of their names.
pub(super) fn cases(program: &Program, test: &Test, folder: &Path) -> Result<Vec<Case>, Wrong> {
    let wrong = |message: String| Wrong { span: test.span, message };
    let agent = program.agent(test.agent).ok_or_else(|| wrong("its agent is not there".to_owned()))?;
    let mut given = Map::new();
    for (name, expr) in &test.args {
        // `file("a.pdf")` is the document for a parameter that takes one, and the text of the file for every other.
        let ty = agent.params.iter().find(|param| param.name == *name).map(|param| &param.ty);
        let json = match &expr.kind {
            ExprKind::Call(Function::File, path) if ty.is_some_and(|ty| is_media(ty, program)) => path
                .first()
                .map(|path| Reader { program, folder }.value(path))
                .transpose()?
                .map(|path| to_json(&path)),
            _ => Some(to_json(&Reader { program, folder }.value(expr)?)),
        };
        given.insert(name.to_string(), json.unwrap_or_default());
    }
    let Some(pattern) = &test.cases else {
        return Ok(vec![Case {
            file: None,
            input: input(program, agent, &given).map_err(wrong)?,
            expect: None,
        }]);
    };
    let files = files(folder, pattern).map_err(wrong)?;
    if files.is_empty() {
        return Err(wrong(format!("no file fits `cases: {:?}`", &**pattern)));
    }
    let case = |file: PathBuf| -> Result<Case, Wrong> {
        let fail = |why: String| wrong(format!("{}: {why}", file.display()));
        let text = fs::read_to_string(folder.join(&file)).map_err(|error| fail(error.to_string()))?;
        let written: Written = serde_json::from_str(&text).map_err(|error| {
            fail(format!("no case: {error}; a case is {{ \"input\": {{ … }}, \"expect\": … }}"))
        })?;
        let mut all = given.clone();
        all.extend(written.input);
        let input = input(program, agent, &all).map_err(fail)?;
        Ok(Case { file: Some(file.clone()), input, expect: written.expect })
    };
    files.into_iter().map(case).collect()
}

fn is_media(ty: &Type, program: &Program) -> bool {
    matches!(program.types.resolve(ty.required()), Type::Image | Type::Pdf)
}

/// A value for each parameter of an agent.
pub(super) fn input(
    program: &Program,
    agent: &Agent,
    given: &Map<String, Json>,
) -> Result<Vec<Value>, String> {
    let known = |name: &String| agent.params.iter().any(|param| *param.name == **name);
    if let Some(name) = given.keys().find(|name| !known(name)) {
        return Err(format!("the agent `{}` has no parameter `{name}`", agent.name));
    }
    let value = |param: &agentrun_lang::ir::Param| match (given.get(&*param.name), &param.default, &param.ty)
    {
        (Some(json), ..) => {
            read_json(json, &param.ty, &program.types).map(|read| read.value).map_err(|found| {
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                format!("`{}`: {}", param.name, found.join("; "))
            })
        }
        (None, Some(default), _) => Ok(default.clone()),
        (None, None, Type::Optional(_)) => Ok(Value::Null),
        (None, None, _) => Err(format!("the parameter `{}` has no value", param.name)),
    };
    agent.params.iter().map(value).collect()
}

/// The files below `folder` that a glob fits, relative to it, in the order of their names.
pub(super) fn files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let glob =
        Glob::new(pattern).map_err(|error| format!("`{pattern}` is no glob: {error}"))?.compile_matcher();
    // What stands before the first sign of a glob is where to look.
    let plain = |part: &&str| !part.contains(['*', '?', '[', '{']);
    let parts: Vec<&str> = pattern.split('/').collect();
    let fixed = parts.iter().take(parts.len() - 1).take_while(|part| plain(part)).copied();
    let walk = WalkBuilder::new(folder.join(fixed.collect::<PathBuf>())).standard_filters(false).build();
    let mut files: Vec<PathBuf> = walk
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| entry.path().strip_prefix(folder).ok().map(Path::to_path_buf))
        .filter(|file| glob.is_match(file))
        .collect();
    files.sort();
    Ok(files)
}

/// Arguments by the names of their parameters.
pub(super) fn named(agent: &Agent, input: &[Value]) -> Vec<(Name, Value)> {
    agent.params.iter().zip(input).map(|(param, value)| (param.name.clone(), value.clone())).collect()
}
