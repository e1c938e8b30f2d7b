//! Access paths: the places whose value a condition can say something about, `triage.order_id`, `.ok`, `rows[0]`.
//! Not every expression is one: a path reads, and two equal paths read the same value as long as nothing is set.

use crate::ast::{Expr, ExprKind, Name, Path};

/// Where a path begins.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    /// The state's own result.
    Own,
    /// A name of the agent's namespace, `it`, or a meter.
    Name(Name),
}

/// One step down from a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// `.f`.
    Field(Name),
    /// `["k"]`, of a map.
    Key(Name),
    /// `[0]`, of a list.
    At(i64),
}

/// A root and the steps down from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessPath {
    /// Where it begins.
    pub root: Root,
    /// From the root down; empty is the root itself.
    pub steps: Vec<Step>,
}

impl AccessPath {
    /// The root itself, by name.
    pub fn name(name: Name) -> Self {
        Self { root: Root::Name(name), steps: Vec::new() }
    }

    /// The path that a dotted name is.
    pub fn dotted(path: &Path) -> Self {
        let mut names = path.segments.iter().map(|segment| segment.name.clone());
        let root = Root::Name(names.next().unwrap_or_else(|| "".into()));
        Self { root, steps: names.map(Step::Field).collect() }
    }

    /// The path that an expression is, where it is one; brackets around it do not count.
    pub fn of(expr: &Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Paren(inner) => Self::of(inner),
            ExprKind::Name(name) => Some(Self::name(name.clone())),
            ExprKind::Own(field) => {
                Some(Self { root: Root::Own, steps: vec![Step::Field(field.name.clone())] })
            }
            ExprKind::Member(base, field) => Some(Self::of(base)?.then(Step::Field(field.name.clone()))),
            ExprKind::Index(base, index) => {
                let step = match &index.kind {
                    ExprKind::Int(at) => Step::At(*at),
                    ExprKind::Text(text) => Step::Key(text.literal()?.into()),
                    _ => return None,
                };
                Some(Self::of(base)?.then(step))
            }
            _ => None,
        }
    }

    /// One step further down.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The path one step up; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.steps.split_last()?;
        Some(Self { root: self.root.clone(), steps: above.to_vec() })
    }

    /// The same path with the state's own result named: `.ok` of `check` is `check.ok`.
    #[must_use]
    pub fn owned_by(self, state: &Name) -> Self {
        match self.root {
            Root::Own => Self { root: Root::Name(state.clone()), ..self },
            Root::Name(_) => self,
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mut text = match &self.root {
            Root::Own => String::new(),
            Root::Name(name) => name.to_string(),
        };
        for step in &self.steps {
            match step {
                Step::Field(name) => {
                    text.push('.');
                    text.push_str(name);
                }
                Step::Key(key) => {
                    text.push_str("[\"");
                    text.push_str(key);
                    text.push_str("\"]");
                }
                Step::At(index) => {
                    text.push('[');
                    text.push_str(&index.to_string());
                    text.push(']');
                }
            }
        }
        text
    }
}
