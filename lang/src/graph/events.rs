//! What a state may raise, and the handler that catches it: the state's, its loops' from the inside out, the
//! agent's. What a state may raise is rather too much than too little, so that no path is overlooked.

use super::build::{EdgeId, StateGraph};
use super::walk;
use crate::ast::{BinaryOp, Body, Edge, EdgeTest, Expr, ExprKind, Name, TargetKind, UnaryOp};
use crate::ir::StateId;
use crate::kinds;
use crate::resolve::{AgentScope, StateEntry};

/// Bounds are no failures: `on error` does not catch them.
const BOUNDS: &[&str] = &["budget", "exhausted", "stalled", "partial"];

/// What a state may raise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Events {
    names: Vec<&'static str>,
    /// A failure without a name of its own, which only `on error` catches.
    unnamed: bool,
    /// A tool's own errors, which the graph does not know by name.
    tool: bool,
    /// A loop: it raises the bounds that it has.
    bounded: bool,
}

impl Events {
    pub(super) fn of(state: &StateEntry<'_>, scope: &AgentScope<'_>) -> Self {
        let mut events = Self::default();
        events.add_state(state);
        if state.kind.word == "parallel" {
            for part in scope.children(Some(state.id)) {
                events.add_state(part);
            }
        }
        events
    }

    fn add_state(&mut self, state: &StateEntry<'_>) {
        let body = &state.decl.body;
        let word = state.kind.word;
        if word == "loop" {
            self.add_loop(body);
            return;
        }
        state.kind.events.iter().for_each(|name| self.add(name));
        if fails(body) {
            self.add("invalid");
        }
        // what only computes asks nobody, spends nothing and fails in no other way
        if !matches!(word, "branch" | "let") {
            self.add("budget");
            self.unnamed = true;
        }
        self.tool |= word == "call";
    }

    fn add_loop(&mut self, body: &Body) {
        self.bounded = true;
        if body.field("max").is_some() {
            self.add("exhausted");
        }
        if body.field("stall").is_some() {
            self.add("stalled");
        }
        self.add("budget");
        if ["until", "stall"].iter().filter_map(|key| body.field(key)).any(|field| computes(&field.value)) {
            self.add("invalid");
        }
    }

    fn add(&mut self, name: &'static str) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// The handlers that what `state` raises may take, each once, from the inside out.
pub(super) fn caught(graph: &StateGraph<'_>, state: StateId, events: &Events) -> Vec<EdgeId> {
    let scopes: Vec<Handlers<'_>> = std::iter::once(Some(state))
        .chain(graph.enclosing(state).map(Some))
        .chain(std::iter::once(None))
        .filter_map(|owner| Handlers::of(graph, owner))
        .collect();
    // what a state's own edge names, it raises; whether its kind can is checked elsewhere
    let own = scopes.first().filter(|scope| scope.owner == Some(state) && !events.bounded);
    let mut caught: Vec<EdgeId> = own.map(Handlers::ids).unwrap_or_default();
    for name in &events.names {
        catch(&scopes, name, &mut caught);
    }
    if events.tool {
        let own: Vec<&str> =
            scopes.iter().flat_map(Handlers::names).filter(|name| !is_common(name)).collect();
        for name in own {
            catch(&scopes, name, &mut caught);
        }
    }
    if events.unnamed {
        catch(&scopes, "error", &mut caught);
    }
    // what fails while such an edge is followed is raised again, outside of its body
    for id in caught.clone() {
        if graph.edge(id).is_some_and(edge_computes) {
            let outside = scopes.iter().skip_while(|scope| scope.owner != id.owner).skip(1);
            let agent = scopes.iter().filter(|scope| scope.owner.is_none() && id.owner.is_none());
            catch(outside.chain(agent), "invalid", &mut caught);
        }
    }
    caught.sort_unstable_by_key(|id| (id.owner.is_none(), std::cmp::Reverse(id.owner), id.index));
    caught.dedup();
    caught
}

fn catch<'s, 'a: 's>(
    scopes: impl IntoIterator<Item = &'s Handlers<'a>>,
    name: &str,
    caught: &mut Vec<EdgeId>,
) {
    for scope in scopes {
        let Some(id) = scope.find(name) else { continue };
        caught.push(id);
        // an agent's handler fires once for each event, and `error` is there for the second time
        if scope.owner.is_none() && is_failure(name) {
            caught.extend(scope.find("error"));
        }
        // each budget around the state may be the one that ran out
        if name != "budget" {
            return;
        }
    }
}

/// The `on` edges of one body.
struct Handlers<'a> {
    owner: Option<StateId>,
    edges: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Handlers<'a> {
    fn of(graph: &StateGraph<'a>, owner: Option<StateId>) -> Option<Self> {
        let edges: Vec<(usize, Vec<&str>)> = graph
            .body(owner)?
            .edges()
            .enumerate()
            .filter_map(|(index, edge)| match &edge.test {
                EdgeTest::On(names) => Some((index, names.iter().map(|name| &*name.name).collect())),
                _ => None,
            })
            .collect();
        (!edges.is_empty()).then_some(Self { owner, edges })
    }

    /// The named event wins over `error`.
    fn find(&self, name: &str) -> Option<EdgeId> {
        let by = |name: &str| self.edges.iter().find(|(_, names)| names.contains(&name));
        let (index, _) = by(name).or_else(|| if is_failure(name) { by("error") } else { None })?;
        Some(EdgeId { owner: self.owner, index: *index })
    }

    fn ids(&self) -> Vec<EdgeId> {
        self.edges.iter().map(|(index, _)| EdgeId { owner: self.owner, index: *index }).collect()
    }

    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.edges.iter().flat_map(|(_, names)| names.iter().copied())
    }
}

fn is_failure(name: &str) -> bool {
    !BOUNDS.contains(&name)
}

/// An event that kinds raise, in contrast to a tool's own error.
fn is_common(name: &str) -> bool {
    name == "error" || kinds::STATES.iter().any(|kind| kind.events.contains(&name))
}

/// Whether a visit that fails leaves the state's last result as it was: it has no parts that come one by one, and no
/// edges that may fail when the result is there.
pub(super) fn keeps_its_result(state: &StateEntry<'_>) -> bool {
    !state.decl.body.edges().any(edge_computes) && !matches!(state.kind.word, "loop" | "parallel")
}

/// The variables that edges of a body write before what they return or fail with is computed, which may fail.
pub(super) fn half_written(body: &Body) -> impl Iterator<Item = &Name> {
    let fails = |edge: &&Edge| match &edge.target.kind {
        TargetKind::Return(Some(value)) | TargetKind::Fail(value) => computes(value),
        _ => false,
    };
    body.edges().filter(fails).flat_map(|edge| &edge.sets).map(|set| &set.name.name)
}

fn edge_computes(edge: &Edge) -> bool {
    let mut found = false;
    walk::edge(edge, &mut |expr| found |= operates(expr));
    found
}

/// True where computing the fields or edges of a body may fail: a division by zero, two currencies.
fn fails(body: &Body) -> bool {
    let mut found = false;
    walk::body(body, &mut |expr| found |= operates(expr));
    found
}

/// True where computing an expression may fail.
pub(super) fn computes(expr: &Expr) -> bool {
    let mut found = false;
    expr.each(&mut |expr| found |= operates(expr));
    found
}

fn operates(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Unary(UnaryOp::Neg, _) => true,
        ExprKind::Binary(op, ..) => matches!(
            op,
            BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge
                | BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Mul
                | BinaryOp::Div
                | BinaryOp::Rem
        ),
        // only these built-ins add or compare what they are given
        ExprKind::Call(function, _) => {
            matches!(&function.kind, ExprKind::Name(name) if matches!(&**name, "sum" | "min" | "max"))
        }
        _ => false,
    }
}
