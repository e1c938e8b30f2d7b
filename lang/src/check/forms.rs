//! Values that a field wants written out: numbers, words, names, lists of them.

use crate::ast::{Expr, ExprKind, Field, Ident, Name, UnaryOp};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::kinds::{FieldType, Kind};
use crate::resolve::Def;
use crate::suggest::{did_you_mean, nearest};

use super::cx::Cx;
use super::tables::Sort;

/// What an expression looks like, for "found …".
pub(super) fn form(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Null => "`null`".to_owned(),
        ExprKind::Bool(value) => format!("`{value}`"),
        ExprKind::Int(_) => "a whole number".to_owned(),
        ExprKind::Float(_) => "a number with a point".to_owned(),
        ExprKind::Money(_) => "an amount of money".to_owned(),
        ExprKind::Duration(_) => "a duration".to_owned(),
        ExprKind::Text(text) if text.literal().is_some() => "a text".to_owned(),
        ExprKind::Text(_) => "a text with holes".to_owned(),
        ExprKind::List(_) => "a list".to_owned(),
        ExprKind::Object(_) => "a record".to_owned(),
        ExprKind::Name(name) => format!("the name `{name}`"),
        ExprKind::Unary(UnaryOp::Neg, inner) if is_number(inner) => "a negative number".to_owned(),
        ExprKind::Paren(inner) => form(inner),
        _ => "an expression".to_owned(),
    }
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Money(_) | ExprKind::Duration(_))
}

impl Cx<'_, '_> {
    /// Reports a value that is not what its field takes.
    pub(super) fn wrong_form(&mut self, key: &str, takes: &str, expr: &Expr) {
        if matches!(expr.kind, ExprKind::Bad) {
            return;
        }
        let message = format!("`{key}` takes {takes}, found {}", form(expr));
        let finding = Diagnostic::new(Code("E0319"), expr.span, message);
        self.out.push(match &expr.kind {
            ExprKind::Name(name) => match nearest(name, ["true", "false"]) {
                Some(near) if takes.contains("true") => finding.write(near),
                None if takes.contains("true") => match &**name {
                    "yes" | "enabled" | "enable" | "allow" | "y" | "t" => finding.write("true"),
                    "no" | "off" | "disabled" | "disable" | "deny" | "never" | "none" | "n" | "f" => {
                        finding.write("false")
                    }
                    _ => finding,
                },
                _ => finding,
            },
            ExprKind::Text(text) if takes.ends_with("model pool") => {
                let target = text.literal().filter(|target| target.contains('/')).unwrap_or("provider/model");
                finding.hint(format!(
                    "declare a pool, `model fast {{ use: [{target:?}] }}`, and write `{key}: fast`"
                ))
            }
            ExprKind::Int(value) if takes.starts_with("a duration") && *value > 0 => {
                finding.write(format!("{value}s"))
            }
            ExprKind::Bool(value) if takes.starts_with("a whole number") => {
                finding.write(u8::from(*value).to_string())
            }
            ExprKind::Unary(UnaryOp::Neg, _) if is_bullet(self.tables.source(expr.span)) => {
                finding.hint("a list is written `[a, b]`")
            }
            ExprKind::Call(callee, _)
                if takes.starts_with("the name of") && matches!(callee.kind, ExprKind::Name(_)) =>
            {
                finding.hint(format!("write the name alone: `{}`", self.tables.source(callee.span)))
            }
            _ => match without_quotes(expr, takes) {
                Some(better) => finding.write(better),
                None => finding,
            },
        });
    }

    /// The same of a name in quotes, or a text without.
    pub(super) fn wrong_quotes(&mut self, key: &str, takes: &str, expr: &Expr, better: &str) {
        let message = format!("`{key}` takes {takes}, found {}", form(expr));
        let finding = Diagnostic::new(Code("E0319"), expr.span, message);
        self.out.push(finding.write(better));
    }

    /// A whole number of at least `least`.
    pub(super) fn whole(&mut self, field: &Field, least: i64) -> Option<u64> {
        let takes = format!("a whole number from {least} on");
        match &field.value.kind {
            ExprKind::Int(value) if *value >= least => return u64::try_from(*value).ok(),
            ExprKind::Int(value) => {
                let message = format!("`{}` takes {takes}, found `{value}`", field.key.name);
                self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message));
            }
            _ => self.wrong_form(&field.key.name, &takes, &field.value),
        }
        None
    }

    /// The same, where the program keeps it in 32 bits.
    pub(super) fn small(&mut self, field: &Field, least: i64) -> Option<u32> {
        let value = self.whole(field, least)?;
        let small = u32::try_from(value).ok();
        if small.is_none() {
            let message = format!("`{}` is too large: at most {}", field.key.name, u32::MAX);
            self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message));
        }
        small
    }

    /// A number between two.
    pub(super) fn number(&mut self, field: &Field, (low, high): (f64, f64)) -> Option<f64> {
        let takes = format!("a number from {low} to {high}");
        let Some(value) = number_of(&field.value) else {
            self.wrong_form(&field.key.name, &takes, &field.value);
            return None;
        };
        if (low..=high).contains(&value) {
            return Some(value);
        }
        let message = format!("`{}` takes {takes}, found `{value}`", field.key.name);
        self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message));
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, field: &Field) -> Option<bool> {
        if let ExprKind::Bool(value) = field.value.kind {
            return Some(value);
        }
        self.wrong_form(&field.key.name, "`true` or `false`", &field.value);
        None
    }

    /// A duration above zero, in milliseconds.
    pub(super) fn millis(&mut self, field: &Field) -> Option<u64> {
        match &field.value.kind {
            ExprKind::Duration(millis) if *millis > 0 => u64::try_from(*millis).ok(),
            ExprKind::Duration(_) => {
                let message = format!("`{}` takes a duration above zero", field.key.name);
                self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message));
                None
            }
            _ => {
                let takes = "a duration such as `30s`, `5m` or `2h`";
                self.wrong_form(&field.key.name, takes, &field.value);
                None
            }
        }
    }

    /// One of the words that the table lists.
    pub(super) fn word(&mut self, kind: &'static Kind, field: &Field) -> Option<&'static str> {
        let Some(FieldType::Word(words)) = kind.field(&field.key.name).map(|known| known.ty) else {
            return None;
        };
        let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let written = match &field.value.kind {
            ExprKind::Name(name) => &**name,
            ExprKind::Text(text) if text.literal().is_some_and(|text| words.contains(&text)) => {
                let text = text.literal().unwrap_or_default();
                let message = format!("`{}` takes a bare word, found a text", field.key.name);
                self.out.push(Diagnostic::new(Code("E0319"), field.value.span, message).write(text));
                return None;
            }
            _ => {
                self.wrong_form(&field.key.name, &format!("one of {listed}"), &field.value);
                return None;
            }
        };
        if let Some(word) = words.iter().find(|word| **word == written) {
            return Some(word);
        }
        let message = format!("`{}` knows no `{written}`", field.key.name);
        let finding = Diagnostic::new(Code("E0319"), field.value.span, message);
        self.out.push(did_you_mean(finding, written, words.iter().copied()));
        None
    }

    /// A text without holes.
    pub(super) fn plain_text(&mut self, field: &Field) -> Option<Name> {
        if let ExprKind::Text(text) = &field.value.kind
            && let Some(literal) = text.literal()
        {
            return Some(literal.into());
        }
        let takes = "a text without holes";
        match &field.value.kind {
            ExprKind::Name(name) => {
                self.wrong_quotes(&field.key.name, takes, &field.value, &format!("\"{name}\""));
            }
            _ => self.wrong_form(&field.key.name, takes, &field.value),
        }
        None
    }

    /// The elements of a list; reported where it is none.
    pub(super) fn items<'e>(&mut self, key: &str, expr: &'e Expr, of: &str) -> &'e [Expr] {
        match &expr.kind {
            ExprKind::List(items) => items,
            ExprKind::Bad => &[],
            _ => {
                let source = self.tables.source(expr.span).to_owned();
                let message = format!("`{key}` takes a list of {of}, found {}", form(expr));
                let finding = Diagnostic::new(Code("E0319"), expr.span, message);
                self.out.push(match &expr.kind {
                    ExprKind::Text(_) if of.contains("program") => {
                        let words =
                            source.trim_matches('"').split_whitespace().map(|word| format!("\"{word}\""));
                        finding.hint(format!(
                            "write `[{}]`: no shell reads it",
                            words.collect::<Vec<_>>().join(", ")
                        ))
                    }
                    ExprKind::Text(_) if !of.contains("text") && !of.contains("provider") => {
                        finding.write(format!("[{}]", source.trim_matches('"')))
                    }
                    ExprKind::Name(_) | ExprKind::Text(_) => finding.write(format!("[{source}]")),
                    _ if is_bullet(&source) => finding.hint(format!("write `[{}]`", bulleted(&source, of))),
                    _ => finding,
                });
                &[]
            }
        }
    }

    /// A list of texts without holes.
    pub(super) fn plain_texts(&mut self, field: &Field) -> Vec<Name> {
        let items = self.items(&field.key.name, &field.value, "texts");
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            texts.extend(
                self.literal_text(item, &format!("an element of `{}`", field.key.name)).map(Into::into),
            );
        }
        texts
    }

    /// A bare word with its place; reported where it is something else.
    pub(super) fn bare(&mut self, key: &str, takes: &str, expr: &Expr) -> Option<Ident> {
        match &expr.kind {
            ExprKind::Name(name) => Some(Ident { name: name.clone(), span: expr.span }),
            ExprKind::Paren(inner) => self.bare(key, takes, inner),
            ExprKind::Text(text) if text.literal().is_some_and(is_word) => {
                let word = text.literal().unwrap_or_default().to_owned();
                self.wrong_quotes(key, takes, expr, &word);
                None
            }
            _ => {
                self.wrong_form(key, takes, expr);
                None
            }
        }
    }

    /// The name of a declaration.
    pub(super) fn declared(&mut self, key: &str, expr: &Expr, sort: Sort) -> Option<(Def, Ident)> {
        let takes = format!("the name of {} {}", sort.article(), sort.word());
        let name = self.bare(key, &takes, expr)?;
        match self.tables.find(self.module, &name, sort, self.out) {
            Def::Unknown => None,
            def => Some((def, name)),
        }
    }

    /// A list of names of declarations, none of them twice.
    pub(super) fn declared_list(&mut self, field: &Field, sort: Sort) -> Vec<(Def, Ident)> {
        let key = &field.key.name;
        let items = self.items(key, &field.value, &sort.plural());
        let mut found: Vec<(Def, Ident)> = Vec::with_capacity(items.len());
        for item in items {
            let Some((def, name)) = self.declared(key, item, sort) else { continue };
            match found.iter().find(|(known, _)| *known == def) {
                Some((_, first)) => {
                    let finding = twice(key, &name).also(first.span, "first one here");
                    self.out.push(finding);
                }
                None => found.push((def, name)),
            }
        }
        found
    }

    pub(super) fn pool(&mut self, field: &Field) -> Option<crate::ir::ModelId> {
        match self.declared(&field.key.name, &field.value, Sort::Pool) {
            Some((Def::Model(id), _)) => Some(id),
            _ => None,
        }
    }

    pub(super) fn memory(&mut self, field: &Field) -> Option<crate::ir::MemoryId> {
        match self.declared(&field.key.name, &field.value, Sort::Memory) {
            Some((Def::Memory(id), _)) => Some(id),
            _ => None,
        }
    }

    /// Guardrails.
    pub(super) fn guard_list(&mut self, field: &Field) -> Vec<crate::ir::GuardId> {
        let found = self.declared_list(field, Sort::Guard);
        found
            .into_iter()
            .filter_map(|(def, _)| if let Def::Guard(id) = def { Some(id) } else { None })
            .collect()
    }
}

/// The number or duration that a text in quotes is, where one is wanted.
pub(super) fn without_quotes<'e>(expr: &'e Expr, takes: &str) -> Option<&'e str> {
    let ExprKind::Text(text) = &expr.kind else { return None };
    let text = text.literal()?;
    let digits = text.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or("");
    let is_meant = match takes {
        _ if digits.parse::<f64>().is_err() => false,
        takes if takes.starts_with("a duration") => ["ms", "s", "m", "h", "d"].contains(&unit),
        takes if takes.starts_with("a whole number") => digits == text && digits.parse::<u32>().is_ok(),
        takes if takes.starts_with("a number") => digits == text,
        _ => false,
    };
    let is_amount = takes.starts_with("an amount")
        && text.strip_prefix('$').is_some_and(|amount| amount.parse::<f64>().is_ok());
    (is_meant || is_amount).then_some(text)
}

/// Lines with a `-` before each, as YAML writes a list: they read as one subtraction.
fn is_bullet(source: &str) -> bool {
    source.starts_with("- ")
}

/// The elements of such a list, as one is written here.
fn bulleted(source: &str, of: &str) -> String {
    let quoted = of.contains("provider") || of.contains("text");
    let lines = source.lines().map(|line| line.trim().trim_start_matches('-').trim().trim_matches('"'));
    let items: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(|line| if quoted { format!("{line:?}") } else { line.to_owned() })
        .collect();
    items.join(", ")
}

fn is_word(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A name that stands twice in one list.
pub(super) fn twice(key: &str, name: &Ident) -> Diagnostic {
    Diagnostic::new(Code("E0211"), name.span, format!("`{}` stands twice in `{key}`", name.name))
}

/// A number written out.
#[expect(clippy::cast_precision_loss, reason = "settings are small numbers")]
pub(super) fn number_of(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Int(value) => Some(*value as f64),
        ExprKind::Float(value) => Some(*value),
        ExprKind::Paren(inner) => number_of(inner),
        ExprKind::Unary(UnaryOp::Neg, inner) => number_of(inner).map(|value| -value),
        _ => None,
    }
}
