//! What stands in a command's list, beside its types: a program that is a whole line, and a caller's text where a shell
//! or an interpreter reads code.

use crate::ast::{BinaryOp, Expr, ExprKind, Segment, Text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::value::{Type, TypeTable};

use super::super::cx::Cx;

/// Who reads code out of an argument.
struct Reader {
    names: &'static [&'static str],
    /// Letters that end a flag behind which code stands, and such flags written out.
    letters: &'static [char],
    words: &'static [&'static str],
    /// How that code reads its first argument.
    reads: &'static str,
}

const READERS: &[Reader] = &[
    Reader {
        names: &["sh", "bash", "zsh", "dash", "ash", "ksh"],
        letters: &['c'],
        words: &[],
        reads: "\\\"$1\\\"",
    },
    Reader { names: &["fish"], letters: &['c'], words: &["--command"], reads: "$argv[1]" },
    Reader {
        names: &["python", "python2", "python3", "pypy", "pypy3"],
        letters: &['c'],
        words: &[],
        reads: "sys.argv[1]",
    },
    Reader {
        names: &["node", "nodejs", "bun", "deno"],
        letters: &['e', 'p'],
        words: &["--eval", "--print", "eval"],
        reads: "process.argv[1]",
    },
    Reader { names: &["perl"], letters: &['e', 'E'], words: &[], reads: "$ARGV[0]" },
    Reader { names: &["ruby"], letters: &['e'], words: &[], reads: "ARGV[0]" },
    Reader { names: &["php"], letters: &['r'], words: &[], reads: "$argv[1]" },
];

/// Shells whose text `allow` judges command by command, where nothing stands behind it.
const JUDGED: &[&str] = &["sh", "bash", "dash", "ash"];

/// Longer code is not written out again in a hint.
const MOST_SHOWN: usize = 80;

/// What makes a line more than words.
const SHELL_SIGNS: &[char] = &['|', '&', ';', '<', '>', '*', '`', '(', '$'];

impl Cx<'_, '_> {
    /// A program that is a whole line, and texts that become code; `is_judged` where `allow` is written.
    pub(super) fn command_line(&mut self, items: &[Expr], is_judged: bool) {
        if let [program, rest @ ..] = items {
            let finding = self.whole_line(program, rest.is_empty());
            self.out.extend(finding);
        }
        let Some((reader, at)) = code_in(items) else { return };
        let [before @ .., program, flag] = items.get(..at).unwrap_or(&[]) else { return };
        let plain = before.is_empty() && written(flag) == Some("-c") && items.len() == at + 1;
        if is_judged && plain && written(program).is_some_and(|name| JUDGED.contains(&base_name(name))) {
            return;
        }
        let Some(code) = items.get(at) else { return };
        for hole in parts_of(code).into_iter().filter(|part| !is_of_the_machine(part)) {
            let typed = self.muted(hole);
            if !is_harmless(&typed, &self.tables.types) {
                let finding = self.becomes_code(code, hole, (reader, items, at));
                self.out.push(finding);
                return;
            }
        }
    }

    /// The type of a part; what is wrong with it is said where the argument is read.
    fn muted(&mut self, part: &Expr) -> Type {
        let mut muted = crate::diagnostic::Diagnostics::default();
        Cx::new(self.tables, self.module, self.place, &mut muted).infer(part, None).ty
    }

    fn becomes_code(
        &self,
        code: &Expr,
        hole: &Expr,
        (reader, items, at): (&Reader, &[Expr], usize),
    ) -> Diagnostic {
        let source = self.tables.source(hole.span);
        let program = items.iter().filter_map(written).find(|item| names(reader, item));
        let program = base_name(program.unwrap_or("sh"));
        let message = format!("`{source}` becomes code of `{program}`");
        let finding = Diagnostic::new(Code("E0515"), hole.span, message)
            .label("whoever gives this text says what runs");
        let rewritten = Self::rewritten(code, reader).filter(|_| items.len() == at + 1);
        let shell = reader.reads.contains("$1");
        match (rewritten, shell) {
            (Some(code), true) => {
                let head: Vec<&str> =
                    items.iter().take(at).map(|item| self.tables.source(item.span)).collect();
                finding.hint(format!(
                    "pass it as an argument: `[{}, \"{code}\", \"{program}\", {source}]`",
                    head.join(", ")
                ))
            }
            (_, true) => finding.hint(format!(
                "pass it as an argument: `[\"sh\", \"-c\", \"wc -l < \\\"$1\\\"\", \"sh\", {source}]`"
            )),
            _ => finding.hint(format!(
                "pass it as an argument behind the code, which reads it as `{}`",
                reader.reads
            )),
        }
    }

    /// The code with its one hole read from the arguments.
    fn rewritten(code: &Expr, reader: &Reader) -> Option<String> {
        let ExprKind::Text(text) = &code.kind else { return None };
        let holes = text.segments.iter().filter(|segment| matches!(segment, Segment::Hole(_))).count();
        if holes != 1 || text.block {
            return None;
        }
        let mut shown = String::new();
        let mut after_hole = None;
        for segment in &text.segments {
            match segment {
                Segment::Literal(text, _) => {
                    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                    let mut literal = &*escaped;
                    for quote in after_hole.take().into_iter().flatten() {
                        literal = literal.strip_prefix(quote).unwrap_or(literal);
                    }
                    shown.push_str(literal);
                }
                Segment::Hole(_) => {
                    let quote = ["'", "\\\""].into_iter().find(|quote| shown.ends_with(quote));
                    if let Some(quote) = quote {
                        shown.truncate(shown.len() - quote.len());
                    }
                    after_hole = Some(quote);
                    shown.push_str(reader.reads);
                }
            }
        }
        (shown.len() <= MOST_SHOWN).then_some(shown)
    }

    /// `"wc -l x"`: no program has such a name.
    fn whole_line(&self, program: &Expr, alone: bool) -> Option<Diagnostic> {
        let ExprKind::Text(text) = &program.kind else { return None };
        let Some(Segment::Literal(first, _)) = text.segments.first() else { return None };
        let name = first.split_whitespace().next()?;
        let is_line = first.trim_start().contains(char::is_whitespace)
            || first.trim() == name && first.len() > name.len() && text.segments.len() > 1;
        // `/opt/My App/bin/count` has blanks and is a path still
        let goes_on = first.trim_start().get(name.len()..)?.contains('/');
        let is_path = name.contains('/') && (goes_on || !alone);
        if !is_line || is_path {
            return None;
        }
        let finding = Diagnostic::new(
            Code("W1304"),
            program.span,
            format!("no program is named `{}`", self.tables.source(program.span).trim_matches('"')),
        );
        if !alone {
            return Some(finding.hint(format!("each argument is an element of its own: `[\"{name}\", …]`")));
        }
        let holes: Vec<&str> = holes_of(text).map(|hole| self.tables.source(hole.span)).collect();
        let literals = text.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(text, _) => Some(&**text),
            Segment::Hole(_) => None,
        });
        let source = self.tables.source(program.span).trim_matches('"');
        let names_only = |literal: &str| !self.without_names(literal).contains(SHELL_SIGNS);
        if literals.into_iter().all(names_only) && !source.contains(['\'', '\\']) {
            let words = self.words(source, &holes);
            return Some(finding.hint(format!("write `[{}]`: no shell reads it", words.join(", "))));
        }
        Some(if holes.is_empty() {
            finding.hint(format!("no shell reads it; where one should: `[\"sh\", \"-c\", \"{source}\"]`"))
        } else {
            finding.hint(
                "no shell reads it; where one should: `[\"sh\", \"-c\", \"wc -l < \\\"$1\\\"\", \"sh\", file]`",
            )
        })
    }

    /// The words of a line as elements of a list; a hole that is a whole word, and a `$name`, stand without quotes.
    fn words(&self, line: &str, holes: &[&str]) -> Vec<String> {
        line.split_whitespace()
            .map(|word| {
                let hole = word.strip_prefix("${").and_then(|word| word.strip_suffix('}'));
                match hole.or_else(|| self.dollar_name(word)) {
                    Some(name) if hole.is_none() || holes.contains(&name) => name.to_owned(),
                    _ => format!("\"{word}\""),
                }
            })
            .collect()
    }

    /// `$file`, where `file` is a parameter.
    fn dollar_name<'w>(&self, word: &'w str) -> Option<&'w str> {
        let name = word.strip_prefix('$')?;
        let super::super::cx::Place::Tool(params) = self.place else { return None };
        params.iter().any(|param| &*param.name == name).then_some(name)
    }

    /// A line without the `$name`s that stand for parameters.
    fn without_names(&self, line: &str) -> String {
        let kept = line.split_whitespace().filter(|word| self.dollar_name(word).is_none());
        kept.collect::<Vec<_>>().join(" ")
    }
}

/// Who reads code, and which item is the code.
fn code_in(items: &[Expr]) -> Option<(&'static Reader, usize)> {
    let mut reader: Option<&'static Reader> = None;
    for (index, item) in items.iter().enumerate() {
        let text = written(item);
        match (reader, text) {
            (Some(known), Some(flag)) if is_code_flag(known, flag) => return Some((known, index + 1)),
            (Some(_), Some(flag)) if flag.starts_with(['-', '+']) => {}
            _ => reader = text.and_then(|text| READERS.iter().find(|reader| names(reader, text))),
        }
    }
    None
}

fn names(reader: &Reader, program: &str) -> bool {
    let name = base_name(program);
    // `python3.12`
    let plain = name.trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == '.');
    reader.names.contains(&name) || (name.contains('.') && reader.names.contains(&plain))
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_code_flag(reader: &Reader, flag: &str) -> bool {
    let short = flag.strip_prefix('-').filter(|letters| !letters.is_empty());
    reader.words.contains(&flag)
        || short.is_some_and(|letters| {
            letters.chars().all(|letter| letter.is_ascii_alphabetic()) && letters.ends_with(reader.letters)
        })
}

/// A text without holes.
fn written(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Text(text) => text.literal(),
        ExprKind::Paren(inner) => written(inner),
        _ => None,
    }
}

/// What is put into code beside what is written out; code that is one value alone is declared to be code.
fn parts_of(code: &Expr) -> Vec<&Expr> {
    match &code.kind {
        ExprKind::Paren(inner) => parts_of(inner),
        ExprKind::Text(text) if text.segments.len() > 1 => holes_of(text).collect(),
        ExprKind::Binary(BinaryOp::Add, _, left, right) => {
            let mut parts = operands(left);
            parts.extend(operands(right));
            parts
        }
        _ => Vec::new(),
    }
}

fn operands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Paren(inner) => operands(inner),
        ExprKind::Text(text) => holes_of(text).collect(),
        ExprKind::Binary(BinaryOp::Add, _, left, right) => {
            let mut parts = operands(left);
            parts.extend(operands(right));
            parts
        }
        _ => vec![expr],
    }
}

fn holes_of(text: &Text) -> impl Iterator<Item = &Expr> {
    text.segments.iter().filter_map(|segment| match segment {
        Segment::Hole(hole) => Some(hole),
        Segment::Literal(..) => None,
    })
}

/// `env.X`: whoever runs the program says it, and no caller.
fn is_of_the_machine(part: &Expr) -> bool {
    matches!(&part.kind, ExprKind::Member(base, _) if matches!(&base.kind, ExprKind::Name(name) if &**name == "env"))
}

/// Types none of whose values is code: numbers and their like, and texts that the program itself wrote out.
fn is_harmless(ty: &Type, table: &TypeTable) -> bool {
    match table.resolve(ty) {
        Type::Int
        | Type::Float
        | Type::Bool
        | Type::Date
        | Type::Duration
        | Type::Literal(_)
        | Type::Null
        | Type::Unknown => true,
        Type::Optional(inner) => is_harmless(inner, table),
        Type::Union(members) => members.iter().all(|member| is_harmless(member, table)),
        _ => false,
    }
}
