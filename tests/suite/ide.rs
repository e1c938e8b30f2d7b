//! What an editor asks: files with `‸` where the cursor stands, and the answers as text.

use std::fmt::Write as _;

use agentrun_lang::diagnostic::Severity;
use agentrun_lang::ide::{self, Analysis};
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use agentrun_lang::source::Source;
use insta::{assert_snapshot, glob};

/// Stands where a cursor is; no file has it.
const CURSOR: char = '‸';

/// A file that others import.
const SHARED: &str = "\
edition 1

## What is paid.
type Paid { id: string  sum: money }

model pool { use: [\"openai/gpt-5-mini\"] }

tool pay(id: string, sum: money): Paid { exec: [\"./pay.sh\", id, sum]  effect: irreversible }
";

/// The text without its cursors, and where they stood.
fn cursors(text: &str) -> (String, Vec<usize>) {
    let mut plain = String::new();
    let mut found = Vec::new();
    for (at, part) in text.split(CURSOR).enumerate() {
        if at > 0 {
            found.push(plain.len());
        }
        plain.push_str(part);
    }
    (plain, found)
}

fn loader(text: &str) -> (ModulePath, MemoryLoader) {
    let entry = ModulePath::file("main.agent");
    let loader =
        MemoryLoader::default().with(entry.clone(), text).with(ModulePath::file("shared.agent"), SHARED);
    (entry, loader)
}

/// The line of an offset with the cursor in it.
fn line(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    format!("{}{CURSOR}{}", &text[start..at], &text[at..end])
}

/// Runs `ask` at each cursor of each file of a folder.
fn at_cursors(ask: impl Fn(&str, usize) -> String) -> impl Fn(&str) -> String {
    move |text| {
        let (plain, found) = cursors(text);
        assert!(!found.is_empty(), "the file has no cursor");
        let mut out = String::new();
        for at in found {
            let _ = writeln!(out, "{}\n{}", line(&plain, at).trim(), indented(&ask(&plain, at)));
        }
        out
    }
}

fn lines(all: impl Iterator<Item = String>) -> String {
    all.flat_map(|line| [line, "\n".to_owned()]).collect()
}

fn indented(text: &str) -> String {
    lines(text.lines().map(|line| format!("    {line}")))
}

fn places(analysis: &Analysis, found: &[ide::Place]) -> String {
    let sources = &analysis.compilation.modules.sources;
    lines(found.iter().map(|place| sources.place(place.span)))
}

#[test]
fn completion() {
    let answer = at_cursors(|text, at| {
        let (entry, loader) = loader(text);
        let items = ide::complete(&entry, &loader, at);
        let shown = items.iter().map(|item| {
            let detail = if item.detail.is_empty() { String::new() } else { format!("  {}", item.detail) };
            format!("{:?} {}{detail}\n", item.kind, item.label)
        });
        if items.is_empty() { "nothing".to_owned() } else { shown.collect() }
    });
    glob!("ide/complete/*.agent", |file| {
        assert_snapshot!(answer(&std::fs::read_to_string(file).unwrap()));
    });
}

#[test]
fn hovers() {
    let answer = at_cursors(|text, at| {
        let (entry, loader) = loader(text);
        let found = ide::hover(&Analysis::of(&entry, &loader), u32::try_from(at).unwrap());
        found.map_or_else(|| "nothing".to_owned(), |hover| hover.text)
    });
    glob!("ide/hover/*.agent", |file| {
        assert_snapshot!(answer(&std::fs::read_to_string(file).unwrap()));
    });
}

#[test]
fn definitions_and_references() {
    let answer = at_cursors(|text, at| {
        let (entry, loader) = loader(text);
        let analysis = Analysis::of(&entry, &loader);
        let at = u32::try_from(at).unwrap();
        let made = places(&analysis, &ide::definition(&analysis, at));
        let all = places(&analysis, &ide::references(&analysis, at));
        format!("made at\n{}all\n{}", indented(&made), indented(&all))
    });
    glob!("ide/names/*.agent", |file| {
        assert_snapshot!(answer(&std::fs::read_to_string(file).unwrap()));
    });
}

/// The first line of a file is `# NEW`: the name to give.
#[test]
fn renames() {
    glob!("ide/rename/*.agent", |file| {
        let text = std::fs::read_to_string(file).unwrap();
        let new = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
        let answer = at_cursors(|text, at| {
            let (entry, loader) = loader(text);
            let analysis = Analysis::of(&entry, &loader);
            match ide::rename(&analysis, u32::try_from(at).unwrap(), &new) {
                Err(why) => format!("not done: {}", why.0),
                Ok(renaming) => {
                    let (old, mut text) = (text, text.to_owned());
                    let source = analysis.module().unwrap().source;
                    let here = renaming.places.iter().filter(|place| place.span.source == source);
                    let mut spans: Vec<_> = here.map(|place| place.span).collect();
                    spans.sort();
                    for span in spans.iter().rev() {
                        text.replace_range(span.range(), &new);
                    }
                    let elsewhere = renaming.places.len() - spans.len();
                    let before = analysis.compilation.diagnostics.len();
                    let (entry, loader) = self::loader(&text);
                    let after = Analysis::of(&entry, &loader).compilation.diagnostics.len();
                    let kept = if elsewhere == 0 { after } else { before };
                    assert_eq!(before, kept, "a rename changes what the compiler says");
                    let changed = old.lines().zip(text.lines()).filter(|(old, new)| old != new);
                    let changed = lines(changed.map(|(_, line)| line.trim().to_owned()));
                    format!("{changed}and {elsewhere} in other files")
                }
            }
        });
        assert_snapshot!(answer(&text));
    });
}

#[test]
fn symbols_tokens_hints_and_lenses() {
    glob!("ide/shown/*.agent", |file| {
        let text = std::fs::read_to_string(file).unwrap();
        let (entry, loader) = loader(&text);
        let analysis = Analysis::of(&entry, &loader);
        let source = analysis.source().unwrap();
        let mut out = String::new();
        for symbol in ide::symbols(&analysis) {
            symbol_line(&mut out, source, &symbol, 0);
        }
        out.push('\n');
        for token in ide::tokens(&analysis) {
            let at = source.line_column(token.span.start);
            let made = if token.is_made { " made" } else { "" };
            let _ = writeln!(
                out,
                "{}:{} {} {:?}{made}",
                at.line,
                at.column,
                source.slice(token.span),
                token.kind
            );
        }
        out.push('\n');
        for hint in ide::hints(&analysis) {
            let at = source.line_column(hint.offset);
            let _ = writeln!(out, "{}:{} {}", at.line, at.column, hint.text);
        }
        out.push('\n');
        for lens in ide::lenses(&analysis) {
            let _ = writeln!(out, "{:?} {}", lens.kind, lens.name);
        }
        assert_snapshot!(out);
    });
}

fn symbol_line(out: &mut String, source: &Source, symbol: &ide::Symbol, depth: usize) {
    let at = source.line_column(symbol.whole.start);
    let _ = writeln!(out, "{}{} {} at {}", "  ".repeat(depth), symbol.word, symbol.name, at.line);
    for child in &symbol.children {
        symbol_line(out, source, child, depth + 1);
    }
}

/// Every mend of every wrong file of the corpora: it takes its finding away and brings no error of its own.
#[test]
fn mends_mend() {
    let mut mended = std::collections::BTreeSet::new();
    let mut complaints = Vec::new();
    glob!("lang/**/*.agent", |file| {
        let Ok(text) = std::fs::read_to_string(file) else { return };
        let (entry, loader) = loader(&text);
        let analysis = Analysis::of(&entry, &loader);
        let length = u32::try_from(text.len()).unwrap();
        for action in ide::actions(&analysis, 0, length) {
            let mut after = text.clone();
            assert!(after.get(action.span.range()).is_some(), "{}: {}", file.display(), action.title);
            after.replace_range(action.span.range(), &action.text);
            let (entry, loader) = self::loader(&after);
            let later = Analysis::of(&entry, &loader);
            let count = |analysis: &Analysis| {
                let all = analysis.compilation.diagnostics.iter();
                all.filter(|said| said.code == action.finding.code && said.message == action.finding.message)
                    .count()
            };
            let errors = |analysis: &Analysis| {
                let all = analysis.compilation.diagnostics.iter();
                all.filter(|said| said.severity == Severity::Error).count()
            };
            let file = file.file_name().unwrap().to_string_lossy();
            let (title, code) = (&action.title, action.finding.code.0);
            if count(&later) >= count(&analysis) {
                complaints.push(format!("{file}: `{title}` leaves {code} there"));
            }
            // behind a word that could not be read may be what nobody could check
            if errors(&later) > errors(&analysis) && !["E0102", "E0106", "E0510"].contains(&code) {
                complaints.push(format!("{file}: `{title}` for {code} brings an error"));
            }
            mended.insert(format!("{code} {title}"));
        }
    });
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_snapshot!(lines(mended.into_iter()));
}

/// Half-written files are answered: every question at the end of a file that is cut anywhere.
#[test]
fn nothing_panics_where_a_file_ends_early() {
    glob!("../../examples", "0[23]*/main.agent", |file| {
        let text = std::fs::read_to_string(file).unwrap();
        for cut in (0..text.len()).step_by(97).filter(|cut| text.is_char_boundary(*cut)) {
            for end in ["", "\"", "}}", ".", " -> "] {
                let text = format!("{}{end}", &text[..cut]);
                let (entry, loader) = loader(&text);
                ide::complete(&entry, &loader, text.len());
                if end.is_empty() {
                    let analysis = Analysis::of(&entry, &loader);
                    let at = u32::try_from(cut).unwrap();
                    ide::hover(&analysis, at);
                    ide::references(&analysis, at);
                    let _ = ide::rename(&analysis, at, "renamed");
                    ide::symbols(&analysis);
                    ide::actions(&analysis, 0, at);
                    ide::hints(&analysis);
                    let tokens = ide::tokens(&analysis);
                    let apart = tokens.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
                    assert!(apart, "tokens lie over each other in the first {cut} bytes");
                }
            }
        }
    });
}
