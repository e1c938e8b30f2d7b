//! A run as one HTML page that needs nothing else: to be sent to a colleague and opened in any browser. Everything
//! that a model, a tool or a person said is text there, never markup.

use std::fmt::Write as _;

use agentrun_lang::graph;
use agentrun_lang::ir::Program;
use agentrun_lang::value::to_json;
use agentrun_runtime::journal::{End, Entry, EntryKind, RunLine};
use agentrun_runtime::machine::{Answer, EventKind, Note, Outcome};

use crate::screen::{cost_line, money};
use crate::timeline::{duration, took};
use crate::visible::visible;

const STYLE: &str = include_str!("page.css");

/// The page of a run.
pub(crate) fn page(line: &RunLine, entries: &[Entry], program: Option<&Program>) -> String {
    let mut page = Page(String::new());
    let title = format!("{} · {} · {}", line.agent, line.state.word(), line.id);
    page.put("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.put("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.element("title", "", &title);
    page.put(&format!("<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"));
    page.element("h1", "", &line.agent);
    page.summary(line);
    if let Some(program) = program {
        page.picture(line, program);
    }
    page.put("<h2>What happened</h2>\n<ol>\n");
    for entry in entries {
        page.entry(entry, line.started);
    }
    page.put("</ol>\n");
    if let Some(program) = program {
        page.sources(program);
    }
    page.put("</main>\n</body>\n</html>\n");
    page.0
}

struct Page(String);

impl Page {
    /// Adds markup of ours.
    fn put(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Adds a text of anybody's.
    fn text(&mut self, text: &str) {
        for letter in visible(text).chars() {
            match letter {
                '&' => self.put("&amp;"),
                '<' => self.put("&lt;"),
                '>' => self.put("&gt;"),
                '"' => self.put("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    /// Adds an element around a text.
    fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.put(&format!("<{name}{class}>"));
        self.text(text);
        self.put(&format!("</{name}>\n"));
    }

    fn summary(&mut self, line: &RunLine) {
        self.put("<dl>\n");
        let spent = line.spent;
        let rows = [
            ("run", line.id.clone()),
            ("state", line.state.word().to_string()),
            ("file", line.file.clone()),
            ("time", took(line).unwrap_or_else(|| "not over".to_string())),
            ("cost", spent.cost.map_or_else(|| "unknown".to_string(), money)),
            ("model calls", spent.calls.to_string()),
            ("tokens", format!("{} in, {} out", spent.input, spent.output)),
            ("forked from", line.parent.clone().unwrap_or_default()),
        ];
        for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            self.put("<div>");
            self.element("dt", "", name);
            self.element("dd", "", value);
            self.put("</div>\n");
        }
        self.put("</dl>\n");
    }

    fn picture(&mut self, line: &RunLine, program: &Program) {
        let drawn = graph::svg(program, program.entry_agent(&line.agent));
        // What stands before the element itself is for a file of its own.
        let Some(start) = drawn.find("<svg") else { return };
        self.put("<h2>The agent</h2>\n<figure>\n");
        self.put(drawn.get(start..).unwrap_or_default());
        self.put("\n</figure>\n");
    }

    fn entry(&mut self, entry: &Entry, started: i64) {
        let at = format!("+{}", duration(entry.at.saturating_sub(started)));
        match &entry.kind {
            EntryKind::Noted { note: Note::Entered { path, kind, .. } } => {
                self.item("state", &at, path, kind, None);
            }
            EntryKind::Requested { effect, kind, what, arguments, .. } => {
                let given = arguments.as_ref().map(|given| format!("{given:#}"));
                self.item("asks", &at, &effect.0, &format!("asks {kind} {what}"), given.as_deref());
            }
            EntryKind::Confined { effect, level, .. } => {
                self.item("asks", &at, &effect.0, &format!("ran with the sandbox level {level}"), None);
            }
            EntryKind::Happened { event } => match &event.kind {
                EventKind::Begin { input, .. } => {
                    let input: Vec<String> =
                        input.iter().map(|value| format!("{:#}", to_json(value))).collect();
                    self.item("state", &at, "begin", "", Some(&input.join("\n")));
                }
                EventKind::Finished { effect, outcome } => self.outcome(&at, &effect.0, outcome, ""),
                EventKind::Resumed { .. } => self.item("state", &at, "taken up again", "", None),
                EventKind::Cancel => self.item("failed", &at, "canceled", "", None),
            },
            EntryKind::Late { event } => {
                if let EventKind::Finished { effect, outcome } = &event.kind {
                    self.outcome(&at, &effect.0, outcome, " · after the end");
                }
            }
            EntryKind::Finished { end } => self.end(&at, end),
            EntryKind::Started { .. } | EntryKind::Noted { note: Note::Left { .. } } => {}
        }
    }

    fn outcome(&mut self, at: &str, effect: &str, outcome: &Outcome, more: &str) {
        let (class, target, came) = match &outcome.result {
            Ok(Answer::Model(answer)) => {
                let mut said = answer.text.to_string();
                for call in &answer.tool_calls {
                    let _ = write!(said, "\n{}({:#})", call.name, call.arguments);
                }
                let attempts = match answer.attempts {
                    0 | 1 => String::new(),
                    several => format!(" · {several} attempts"),
                };
                ("done", Some(format!("{}{attempts}", answer.target)), said)
            }
            Ok(Answer::Tool(value, _) | Answer::Human(value)) => {
                ("done", None, format!("{:#}", to_json(value)))
            }
            Ok(Answer::Parked) => ("waits", None, String::new()),
            Err(failure) => ("failed", None, format!("{}: {}", failure.kind.event(), failure.message)),
        };
        let costs = format!("{}{more}", cost_line(target.as_deref(), outcome.spent));
        let costs = if class == "waits" { "waits for a person".to_string() } else { costs };
        self.item(class, at, effect, &costs, Some(came.trim()).filter(|came| !came.is_empty()));
    }

    fn end(&mut self, at: &str, end: &End) {
        match end {
            End::Done { result } => {
                self.item("done", at, "done", "", Some(&format!("{:#}", to_json(result))));
            }
            End::Failed { error } => {
                let what = format!("{} in {}", error.failure.kind.event(), error.state);
                self.item("failed", at, "failed", &what, Some(&error.failure.message));
            }
            End::Waiting { on } => {
                let on: Vec<String> = on.iter().map(ToString::to_string).collect();
                self.item("waits", at, "waits for a person", &on.join(", "), None);
            }
        }
    }

    /// A line of the timeline; what is long opens below it.
    fn item(&mut self, class: &str, at: &str, what: &str, about: &str, more: Option<&str>) {
        self.put(&format!("<li class=\"{class}\">"));
        self.element("time", "", at);
        match more {
            Some(more) => {
                self.put("<details><summary>");
                self.element("b", "", what);
                self.element("span", "", about);
                self.put("</summary>");
                self.element("pre", "", more);
                self.put("</details>");
            }
            None => {
                self.put("<p>");
                self.element("b", "", what);
                self.element("span", "", about);
                self.put("</p>");
            }
        }
        self.put("</li>\n");
    }

    fn sources(&mut self, program: &Program) {
        self.put("<h2>The program</h2>\n");
        for source in program.sources.iter() {
            self.put("<details><summary>");
            self.element("b", "", &source.name);
            self.put("</summary>");
            self.element("pre", "", &source.text);
            self.put("</details>\n");
        }
    }
}
