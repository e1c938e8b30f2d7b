//! What a choice leaves out, in words.

use super::cells::{Cell, NANOS};
use super::flow::Flow;
use super::formula::Subject;
use super::path::AccessPath;
use crate::ast::Name;
use crate::ir::StateId;
use crate::value::TypeTable;

/// A case for which a state has no edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// One value decides, and these literals or types of it are left out.
    Values {
        /// As the state reads it, `.intent`.
        subject: String,
        /// As a program writes them, `"bug"`.
        values: Vec<String>,
        /// Whether `null` is left out too.
        null: bool,
    },
    /// Some case, in words where there are any.
    Case(Option<String>),
}

impl Flow<'_> {
    /// A case that a run may bring and no edge of a state takes; `None` where there is none.
    pub fn gap(&self, id: StateId, types: &TypeTable) -> Option<Gap> {
        let outcome = self.outcome(id)?;
        let (all, one) = outcome.rest?;
        let choice = self.choice(id).filter(|choice| choice.is_typed())?;
        let owner = &self.graph.scope.state(id)?.decl.name.name;
        let subjects: Vec<(&Subject, Vec<&Cell>)> = choice.described(&all).collect();
        if let [(Subject::Path(path), cells)] = subjects.as_slice() {
            let values: Option<Vec<String>> =
                cells.iter().filter(|cell| ***cell != Cell::Null).map(|cell| literal(cell, types)).collect();
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                let null = cells.contains(&&Cell::Null);
                return Some(Gap::Values { subject: written(path, owner), values, null });
            }
        }
        let words: Option<Vec<String>> = choice
            .described(&one)
            .map(|(subject, cells)| match subject {
                Subject::Path(path) => Some(format!("`{}` {}", written(path, owner), words(&cells, types)?)),
                Subject::Value(_) | Subject::Length(_) | Subject::Pair(..) => None,
            })
            .collect();
        Some(Gap::Case(words.filter(|words| !words.is_empty()).map(|words| words.join(" and "))))
    }
}

/// A path as the state `owner` reads it.
fn written(path: &AccessPath, owner: &Name) -> String {
    let text = path.text();
    match text.strip_prefix(&**owner) {
        Some(rest) if rest.starts_with('.') => rest.to_owned(),
        _ => text,
    }
}

fn literal(cell: &Cell, types: &TypeTable) -> Option<String> {
    match cell {
        Cell::Literal(text) => Some(format!("{text:?}")),
        Cell::Record(id) => types.get(*id).map(|def| def.name.to_string()),
        _ => None,
    }
}

fn words(cells: &[&Cell], types: &TypeTable) -> Option<String> {
    let cell = cells.first()?;
    Some(match cell {
        Cell::Null => "is `null`".to_owned(),
        Cell::True => "is `true`".to_owned(),
        Cell::False => "is `false`".to_owned(),
        Cell::Literal(_) | Cell::Record(_) => format!("is `{}`", literal(cell, types)?),
        Cell::At(number) => format!("is {}", decimal(*number)),
        Cell::Between(None, Some(high)) => format!("is less than {}", decimal(*high)),
        Cell::Between(Some(low), None) => format!("is greater than {}", decimal(*low)),
        Cell::Between(Some(low), Some(high)) => {
            format!("is between {} and {}", decimal(*low), decimal(*high))
        }
        Cell::Text => "is another text".to_owned(),
        Cell::Between(None, None) | Cell::Order(_) | Cell::Other => return None,
    })
}

fn decimal(number: i128) -> String {
    let whole = number / NANOS;
    let rest = (number % NANOS).unsigned_abs();
    if rest == 0 {
        return whole.to_string();
    }
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{rest:09}");
    format!("{sign}{}.{}", whole.unsigned_abs(), digits.trim_end_matches('0'))
}
