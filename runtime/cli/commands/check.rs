//! `agentrun check`: compiles files and prints what was found, for people or for machines.

use std::collections::HashSet;
use std::path::Path;

use agentrun_lang::diagnostic::{Diagnostic, Severity};
use agentrun_lang::source::SourceMap;
use agentrun_runtime::config::Environment;
use agentrun_runtime::driver::unknown_prices;
use agentrun_runtime::files::FileLoader;
use serde_json::{Value, json};

use crate::args::{CheckArgs, CheckFormat};
use crate::compile::{configuration, drop_declared};
use crate::exit::Exit;
use crate::files;
use crate::output;
use crate::render::{Count, Render};

/// Findings printed for one file; whoever has more does not read them one by one.
const MOST: usize = 500;

/// The findings of one file and all it imports.
struct Checked {
    sources: SourceMap,
    /// The first [`MOST`].
    diagnostics: Vec<Diagnostic>,
    /// `2 errors and 1 warning`, all counted.
    found: Count,
}

/// Checks every file.
pub(crate) fn check(args: &CheckArgs) -> Exit {
    let files = match files::agent_files(&args.paths) {
        Ok(files) if files.is_empty() => {
            output::complain("there is no .agent file here");
            return Exit::Usage;
        }
        Ok(files) => files,
        Err(message) => {
            output::complain(&message);
            return Exit::Usage;
        }
    };
    let environment = Environment::of_process();
    let mut checked = Vec::new();
    for file in &files {
        match check_one(file, &environment) {
            Ok(found) => checked.push(found),
            Err(message) => {
                output::complain(&message);
                return Exit::Usage;
            }
        }
    }
    let bad = checked
        .iter()
        .flat_map(|file| &file.diagnostics)
        .any(|diagnostic| args.deny_warnings || diagnostic.severity == Severity::Error);
    match args.format {
        CheckFormat::Human => human(&checked, files.len(), args.no_color),
        CheckFormat::Json => output::out(&format!("{}\n", json_report(&checked))),
        CheckFormat::Sarif => output::out(&format!("{:#}\n", sarif(&checked))),
        CheckFormat::Github => output::out(&github(&checked)),
    }
    if bad { Exit::DoesNotCompile } else { Exit::Done }
}

/// What is wrong with one file; a finding in a module that several files import is said once for each.
fn check_one(file: &Path, environment: &Environment) -> Result<Checked, String> {
    let compilation = agentrun_lang::compile(&files::module_path(file), &FileLoader);
    let mut diagnostics = compilation.diagnostics;
    let config = configuration(file, environment).map_err(|error| error.to_string())?;
    if let Some(program) = &compilation.program {
        diagnostics.extend(unknown_prices(program, &config, environment)?);
    }
    let mut diagnostics = diagnostics.sorted();
    drop_declared(&mut diagnostics, &compilation.modules.sources, &config);
    let found = Count::of(&diagnostics);
    // An error is never hidden behind warnings.
    if diagnostics.len() > MOST && found.errors > 0 {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    diagnostics.truncate(MOST);
    Ok(Checked { sources: compilation.modules.sources, diagnostics, found })
}

fn human(checked: &[Checked], files: usize, no_color: bool) {
    let color = output::color_out(no_color);
    let mut all = HashSet::new();
    for file in checked {
        let render = Render::new(&file.sources, color);
        for diagnostic in &file.diagnostics {
            let text = render.diagnostic(diagnostic);
            if !all.contains(&text) {
                output::out(&format!("{text}\n"));
                all.insert(text);
            }
        }
    }
    let found = checked.iter().fold(Count::default(), |sum, file| sum.plus(file.found));
    let shown: usize = checked.iter().map(|file| file.diagnostics.len()).sum();
    let plural = if files == 1 { "" } else { "s" };
    let rest = match found.all() - shown {
        0 => String::new(),
        rest => format!(" ({rest} of them not shown: {MOST} a file are)"),
    };
    output::err(&format!("{files} file{plural} checked, {found}{rest}\n"));
}

fn place(sources: &SourceMap, span: agentrun_lang::span::Span) -> Value {
    let Some(source) = sources.get(span.source) else { return Value::Null };
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({
        "file": &*source.name,
        "start": { "line": start.line, "column": start.column, "byte": span.start },
        "end": { "line": end.line, "column": end.column, "byte": span.end },
    })
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn json_report(checked: &[Checked]) -> Value {
    let list: Vec<Value> = checked
        .iter()
        .flat_map(|file| {
            file.diagnostics.iter().map(|diagnostic| {
                let secondary: Vec<Value> = diagnostic
                    .secondary
                    .iter()
                    .map(|label| json!({ "place": place(&file.sources, label.span), "text": label.text }))
                    .collect();
                json!({
                    "code": diagnostic.code.0,
                    "severity": severity(diagnostic),
                    "message": diagnostic.message,
                    "place": place(&file.sources, diagnostic.primary.span),
                    "label": diagnostic.primary.text,
                    "secondary": secondary,
                    "hints": diagnostic.hints,
                })
            })
        })
        .collect();
    json!({ "version": 1, "diagnostics": list })
}

fn sarif(checked: &[Checked]) -> Value {
    let region = |sources: &SourceMap, span: agentrun_lang::span::Span| {
        let source = sources.get(span.source)?;
        let (start, end) = (source.line_column(span.start), source.line_column(span.end));
        Some(json!({
            "physicalLocation": {
                "artifactLocation": { "uri": source.name.replace('\\', "/") },
                "region": {
                    "startLine": start.line, "startColumn": start.column,
                    "endLine": end.line, "endColumn": end.column,
                },
            },
        }))
    };
    let mut rules: Vec<&str> = Vec::new();
    let mut results = Vec::new();
    for file in checked {
        for diagnostic in &file.diagnostics {
            if !rules.contains(&diagnostic.code.0) {
                rules.push(diagnostic.code.0);
            }
            let mut text = diagnostic.message.clone();
            for more in std::iter::once(&diagnostic.primary.text).chain(&diagnostic.hints) {
                if !more.is_empty() {
                    text.push('\n');
                    text.push_str(more);
                }
            }
            let related: Vec<Value> = diagnostic
                .secondary
                .iter()
                .filter_map(|label| {
                    let mut location = region(&file.sources, label.span)?;
                    location.as_object_mut()?.insert("message".into(), json!({ "text": label.text }));
                    Some(location)
                })
                .collect();
            results.push(json!({
                "ruleId": diagnostic.code.0,
                "level": severity(diagnostic),
                "message": { "text": text },
                "locations": region(&file.sources, diagnostic.primary.span).into_iter().collect::<Vec<_>>(),
                "relatedLocations": related,
            }));
        }
    }
    let rules: Vec<Value> = rules
        .iter()
        .map(|code| {
            let title = agentrun_lang::codes::title(agentrun_lang::codes::Code(code)).unwrap_or_default();
            json!({ "id": code, "shortDescription": { "text": title } })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "agentrun", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// GitHub's workflow commands; their values escape percent signs, line ends, and in properties `:` and `,`.
fn github(checked: &[Checked]) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut lines = String::new();
    for file in checked {
        for diagnostic in &file.diagnostics {
            let Some(source) = file.sources.get(diagnostic.primary.span.source) else { continue };
            let start = source.line_column(diagnostic.primary.span.start);
            let end = source.line_column(diagnostic.primary.span.end);
            let mut message = diagnostic.message.clone();
            for hint in &diagnostic.hints {
                message.push_str("\nhelp: ");
                message.push_str(hint);
            }
            let mut columns = String::new();
            if start.line == end.line {
                columns = format!(",col={},endColumn={}", start.column, end.column);
            }
            lines.push_str(&format!(
                "::{} file={},line={},endLine={}{columns},title={}::{}\n",
                severity(diagnostic),
                property(&source.name),
                start.line,
                end.line,
                property(diagnostic.code.0),
                data(&message),
            ));
        }
    }
    lines
}
