//! Which member of a union something is: told by literal fields and by keys, and by how well it reads.

use std::cmp::Reverse;

use super::raw::Raw;
use super::read::{Outcome, Reader};
use super::violation::path_text;
use crate::value::{Type, Value, literals};

/// How one member read.
struct Attempt {
    value: Option<Value>,
    outcome: Outcome,
    is_text: bool,
}

impl Reader<'_> {
    pub(super) fn read_union(&mut self, raw: &Raw, ty: &Type) -> Option<Value> {
        let table = self.table;
        let mut members: Vec<&Type> = table.members(ty);
        members.retain(|member| self.could_be(raw, member));
        let told = |member: &&Type| self.told_by_literals(raw, member);
        if let Some(best) = members.iter().map(told).max() {
            let ranks: Vec<i8> = members.iter().map(told).collect();
            let mut ranks = ranks.iter();
            members.retain(|_| ranks.next() == Some(&best));
        }
        let attempts = members.iter().map(|member| self.attempt(raw, member)).collect::<Vec<_>>();
        let best = attempts.into_iter().min_by_key(|attempt| {
            let outcome = &attempt.outcome;
            let wrong = outcome.violations.len() + usize::from(attempt.value.is_none());
            (wrong, outcome.conversions, attempt.is_text, Reverse(outcome.matched))
        });
        let here = path_text(&self.path);
        match best {
            // No member took it as a whole: the union is what was expected.
            Some(Attempt { value: None, outcome, .. })
                if outcome.violations.iter().any(|violation| violation.path == here) =>
            {
                self.violate(ty, &raw.show())
            }
            Some(Attempt { value, outcome, .. }) => {
                self.merge(outcome);
                value
            }
            None => self.violate(ty, &raw.show()),
        }
    }

    fn attempt(&mut self, raw: &Raw, member: &Type) -> Attempt {
        let before = std::mem::take(&mut self.outcome);
        let value = self.read(raw, member);
        let outcome = std::mem::replace(&mut self.outcome, before);
        Attempt { value, outcome, is_text: matches!(self.table.resolve(member), Type::String | Type::Json) }
    }

    fn merge(&mut self, outcome: Outcome) {
        outcome.violations.into_iter().for_each(|violation| self.push(violation));
        self.outcome.notes.extend(outcome.notes);
        self.outcome.conversions += outcome.conversions;
        self.outcome.matched += outcome.matched;
    }

    /// Whether a member is worth reading at all, by the form alone.
    fn could_be(&self, raw: &Raw, member: &Type) -> bool {
        let (lenient, text_scalars) = (self.manner.lenient(), self.manner.text_scalars());
        let opens = |text: &str, bracket: char| lenient && text.trim_start().starts_with(bracket);
        match (self.table.resolve(member), raw) {
            (Type::Unknown | Type::Json | Type::Optional(_) | Type::Union(_), _)
            | (Type::Null, Raw::Null)
            | (Type::List(_) | Type::Map(_), Raw::List(_))
            | (Type::Map(_) | Type::Named(_) | Type::Shape(_), Raw::Object(_))
            | (Type::Bool, Raw::Bool(_))
            | (Type::Int | Type::Float | Type::Money, Raw::Number(_))
            | (
                Type::Duration | Type::Date | Type::Bytes | Type::Image | Type::Pdf,
                Raw::Text(_) | Raw::Typed(_),
            )
            | (Type::String | Type::Literal(_), Raw::Text(_)) => true,
            (Type::Money, Raw::Object(_)) => raw.get("amount").is_some(),
            (Type::List(item), Raw::Object(_)) => lenient && self.table.fields(item).is_some(),
            (Type::Named(_) | Type::Shape(_), Raw::List(items)) => lenient && items.len() == 1,
            (Type::List(_), Raw::Text(text)) => opens(text, '['),
            (Type::Map(_) | Type::Named(_) | Type::Shape(_), Raw::Text(text)) => opens(text, '{'),
            (Type::Bool | Type::Int | Type::Float, Raw::Text(_)) => text_scalars,
            (Type::String | Type::Literal(_), Raw::Bool(_) | Raw::Number(_)) => lenient,
            _ => false,
        }
    }

    /// 1 where a literal field of a record is what it should be, -1 where one is not, else 0.
    fn told_by_literals(&self, raw: &Raw, member: &Type) -> i8 {
        let Some(fields) = self.table.fields(member) else { return 0 };
        let mut told = 0;
        for field in fields {
            let Some(words) = literals(self.table.resolve(field.ty).required(), self.table) else { continue };
            match raw.get(self.wire_name(member, field.name)) {
                Some(Raw::Text(text)) if words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())) => {
                    told = 1;
                }
                Some(Raw::Text(_)) => return -1,
                _ => {}
            }
        }
        told
    }

    fn wire_name<'n>(&'n self, record: &Type, name: &'n str) -> &'n str {
        let fields = self.table.record(record).unwrap_or_default();
        fields.iter().find(|field| &*field.name == name).map_or(name, |field| field.wire_name())
    }
}
