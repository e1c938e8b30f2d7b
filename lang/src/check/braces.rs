//! `{q}` and `{{q}}` in a text that a run reads, where `q` is a name there: other languages fill such braces, and here
//! they are plain text. JSON in a prompt never looks so: a key has a colon behind it.

use crate::ast::{Segment, Text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::span::Span;

use super::cx::{Cx, Place};

impl Cx<'_, '_> {
    /// Warns of every name in braces that was meant as a hole.
    pub(super) fn plain_braces(&mut self, text: &Text) {
        for segment in &text.segments {
            let Segment::Literal(_, span) = segment else { continue };
            let written = self.tables.source(*span);
            let meant: Vec<Braced<'_>> =
                braced(written).filter(|braced| self.is_known(braced.name)).collect();
            for Braced { start, end, name } in meant {
                let at = Span { start: span.start + start, end: span.start + end, ..*span };
                self.out.push(
                    Diagnostic::new(
                        Code("W1303"),
                        at,
                        format!("`{}` is plain text here", self.tables.source(at)),
                    )
                    .hint(format!("did you mean `${{{name}}}`?")),
                );
            }
        }
    }

    /// Whether a path begins with a value that can be read here.
    fn is_known(&self, path: &str) -> bool {
        let root = path.split('.').next().unwrap_or("");
        match self.place {
            Place::Agent(agent, at) => agent.scope.lookup(at.state, root).is_some(),
            Place::Tool(params) => params.iter().any(|param| &*param.name == root),
            _ => false,
        }
    }
}

/// A dotted name in braces, and where they begin and end.
struct Braced<'t> {
    start: u32,
    end: u32,
    name: &'t str,
}

fn braced(text: &str) -> impl Iterator<Item = Braced<'_>> {
    text.match_indices('{').filter_map(|(open, _)| {
        let before = text.get(..open)?;
        let double = before.ends_with('{');
        let start = if double { open - 1 } else { open };
        let inside = text.get(open + 1..)?;
        let close = inside.find('}')?;
        let name = inside.get(..close)?.trim_matches(' ');
        let doubled = double && inside.get(close + 1..)?.starts_with('}');
        let is_hole = text.get(..start)?.ends_with(['$', '\\', '%', '#']);
        let word = |part: &str| {
            part.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if is_hole || double != doubled || !name.split('.').all(word) {
            return None;
        }
        let end = open + 1 + close + if doubled { 2 } else { 1 };
        Some(Braced { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()?, name })
    })
}
