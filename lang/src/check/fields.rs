//! What may stand in a body: the fields of its kind, each once, none missing; edges, variables and states only
//! where they belong.

use indexmap::IndexMap;

use crate::ast::{Body, Expr, Field, Member};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{FieldType, Kind, Need, STATES};
use crate::span::Span;
use crate::suggest::did_you_mean;

use super::broken::Broken;
use super::renamed;

/// The fields of one body by key; of a key that stands twice the first.
pub(super) struct Fields<'a> {
    map: IndexMap<&'a str, &'a Field>,
}

impl<'a> Fields<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Field> {
        self.map.get(key).copied()
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Expr> {
        self.get(key).map(|field| &field.value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }
}

/// Whose body it is, for messages and for what may stand in it.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) kind: &'static Kind,
    pub(super) name: &'a str,
    pub(super) span: Span,
    /// A part of a parallel: it has no edges.
    pub(super) part: bool,
}

impl Owner<'_> {
    fn shown(&self) -> String {
        format!("`{} {}`", self.kind.word, self.name)
    }
}

/// The fields of a body, all that is wrong about its members reported.
pub(super) fn read<'a>(
    owner: Owner<'_>,
    body: &'a Body,
    broken: &Broken,
    out: &mut Diagnostics,
) -> Fields<'a> {
    let mut map: IndexMap<&str, &Field> = IndexMap::new();
    let mut eachs: Option<Span> = None;
    let mut strangers = 0;
    for member in &body.members {
        match member {
            Member::Field(field) => {
                if owner.kind.field(&field.key.name).is_none() {
                    strangers += 1;
                    // without the brace of a state its fields seem to be the agent's
                    let is_a_states = STATES.iter().any(|kind| kind.field(&field.key.name).is_some());
                    if !(broken.within(body.span) && is_a_states && owner.kind.word == "agent") {
                        out.push(unknown(owner, field));
                    }
                } else if let Some(first) = map.get(&*field.key.name) {
                    out.push(twice(field, first.key.span));
                } else {
                    map.insert(&field.key.name, field);
                }
            }
            Member::Each(each) => {
                if let Some(first) = eachs {
                    out.push(
                        misplaced(each.span, "`each` stands here twice".to_owned())
                            .also(first, "first one here"),
                    );
                } else if !has_each(owner.kind) {
                    out.push(
                        misplaced(each.span, format!("{} has no `each`", owner.shown()))
                            .hint("a `parallel` runs one part for each element of a list"),
                    );
                }
                eachs = eachs.or(Some(each.span));
            }
            other => out.extend(stray(owner, other)),
        }
    }
    // a field that could not be read is not missing beside that
    if !broken.within(body.span) {
        missing(owner, &map, strangers, out);
    }
    Fields { map }
}

fn has_each(kind: &Kind) -> bool {
    kind.fields.iter().any(|field| field.ty == FieldType::Each)
}

fn missing(owner: Owner<'_>, map: &IndexMap<&str, &Field>, strangers: usize, out: &mut Diagnostics) {
    let missing: Vec<_> = owner
        .kind
        .fields
        .iter()
        .filter(|field| field.need == Need::Required && !map.contains_key(field.key))
        .collect();
    // a misspelled key is one mistake: the field it stands for is not missing beside it
    if strangers >= missing.len() {
        return;
    }
    for field in missing {
        let message = format!("{} needs `{}`", owner.shown(), field.key);
        out.push(
            Diagnostic::new(Code("E0212"), owner.span, message)
                .hint(format!("add `{}: …`: {}", field.key, field.doc)),
        );
    }
}

fn unknown(owner: Owner<'_>, field: &Field) -> Diagnostic {
    let key = &field.key.name;
    let message = format!("{} has no field `{key}`", owner.shown());
    let finding = Diagnostic::new(Code("E0210"), field.key.span, message);
    let own = || owner.kind.fields.iter().map(|known| known.key);
    if let Some(renamed) = renamed::field(owner.kind.word, key) {
        return finding.hint(renamed.to_owned());
    }
    let finding = did_you_mean(finding, key, own());
    let elsewhere: Vec<String> = STATES
        .iter()
        .filter(|kind| kind.field(key).is_some())
        .map(|kind| format!("`{}`", kind.word))
        .collect();
    match elsewhere.len() {
        1..=3 if finding.hints.iter().all(|hint| !hint.starts_with("did you mean")) => {
            finding.hint(format!("`{key}` is a field of {}", elsewhere.join(", ")))
        }
        _ => finding,
    }
}

fn twice(field: &Field, first: Span) -> Diagnostic {
    Diagnostic::new(Code("E0211"), field.key.span, format!("`{}` stands here twice", field.key.name))
        .also(first, "first one here")
}

fn misplaced(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code("E0220"), span, message)
}

/// A member that may not stand in such a body at all.
fn stray(owner: Owner<'_>, member: &Member) -> Option<Diagnostic> {
    let word = owner.kind.word;
    match member {
        Member::Edge(edge) if owner.part => Some(
            misplaced(edge.span, format!("{} is a part of a parallel and has no edges", owner.shown()))
                .hint("the parallel goes on when its parts are done: write the edge there"),
        ),
        Member::Edge(edge) if matches!(word, "guard" | "memory" | "tool" | "mcp" | "skill") => {
            Some(misplaced(edge.span, format!("a {word} has no edges")))
        }
        Member::Var(var) if word != "agent" => Some(
            misplaced(var.span, format!("{} has no variables", owner.shown()))
                .hint("a `var` stands in the agent, beside its states"),
        ),
        Member::Require(require) if word != "agent" => Some(
            misplaced(require.span, format!("{} takes no `require`", owner.shown()))
                .hint("a `require` stands in the agent, beside its states"),
        ),
        Member::State(state) if !matches!(word, "agent" | "loop" | "parallel") => Some(
            misplaced(state.name.span, format!("{} holds no states", owner.shown()))
                .hint("states stand in an agent, a `loop` or a `parallel`"),
        ),
        _ => None,
    }
}
