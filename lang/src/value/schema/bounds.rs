//! Constraints in a schema: by the keywords that the dialect has, else in words.

use serde_json::{Value as Json, json};

use super::build::{Builder, Node};
use crate::value::constraint::words;
use crate::value::{Constraint, Type};

impl Builder<'_> {
    /// Adds what a value must hold: by keywords that the dialect has, else in words.
    pub(super) fn constrained(&mut self, mut built: Node, ty: &Type, constraints: &[Constraint]) -> Node {
        let resolved = self.table.resolve(ty).required().clone();
        for constraint in constraints {
            let said = match constraint {
                Constraint::Range(low, high) => self.range(&mut built, &resolved, *low, *high),
                Constraint::Len(low, high) => self.length(&mut built, &resolved, *low, *high),
                Constraint::Match(pattern) => self.pattern(&mut built, pattern),
            };
            if !said {
                built = self.described(built, Some(&words(constraint, &resolved)));
            }
        }
        built
    }

    fn range(&self, built: &mut Node, ty: &Type, low: Option<f64>, high: Option<f64>) -> bool {
        let target = match ty {
            Type::Int | Type::Float => Some(&mut *built),
            Type::Money => {
                built.get_mut("properties").and_then(|p| p.get_mut("amount")).and_then(Json::as_object_mut)
            }
            _ => None,
        };
        let Some(target) = target.filter(|target| self.rules.range && target.contains_key("type")) else {
            return false;
        };
        for (key, bound) in [("minimum", low), ("maximum", high)] {
            if let Some(bound) = bound {
                target.insert(key.to_owned(), number(bound));
            }
        }
        true
    }

    fn length(&self, built: &mut Node, ty: &Type, low: Option<u64>, high: Option<u64>) -> bool {
        let (keys, limit) = match ty {
            Type::List(_) => (["minItems", "maxItems"], self.rules.items),
            Type::String => (["minLength", "maxLength"], self.rules.length),
            _ => return false,
        };
        if !built.contains_key("type") {
            return false;
        }
        // A lower bound of 0 says nothing.
        let low = low.filter(|low| *low > 0);
        let small = |bound: &u64| limit > 0 && *bound <= limit;
        if self.rules.items == 0 && keys[0] == "minItems" && low == Some(1) {
            built.insert("minItems".to_owned(), json!(1));
            return high.is_none();
        }
        for (key, bound) in keys.into_iter().zip([low, high]) {
            if let Some(bound) = bound.filter(small) {
                built.insert(key.to_owned(), json!(bound));
            }
        }
        low.iter().chain(&high).all(small)
    }

    fn pattern(&self, built: &mut Node, pattern: &str) -> bool {
        let can = self.rules.pattern && is_common(pattern) && built.contains_key("type");
        if can {
            built.insert("pattern".to_owned(), json!(pattern));
        }
        can
    }
}

/// A bound as a number without a useless `.0`.
fn number(bound: f64) -> Json {
    #[expect(clippy::cast_possible_truncation, reason = "whole and small, as tested beside it")]
    if bound.fract() == 0.0 && bound.abs() < 9e15 { json!(bound as i64) } else { json!(bound) }
}

/// True of patterns that mean the same to Rust and to a JSON schema's readers: nothing that only one of them has.
fn is_common(pattern: &str) -> bool {
    let special = pattern.replace("(?:", "(");
    let classes = [
        "\\d", "\\w", "\\s", "\\b", "\\D", "\\W", "\\S", "\\B", "\\p", "\\P", "\\A", "\\z", "\\x", "\\u",
        "&&", "[[:", "--", "~~",
    ];
    !special.contains("(?") && classes.iter().all(|class| !special.contains(class))
}
