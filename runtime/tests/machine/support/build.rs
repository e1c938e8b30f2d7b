//! Programs by hand, for what a text cannot say.

use std::sync::Arc;

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::ir::{
    Agent, Ask, Edge, Expr, ExprKind, Goto, ModelId, Op, Piece, Program, SlotId, State, StateId, Template,
    Var,
};
use agentrun_lang::source::SourceMap;
use agentrun_lang::span::Span;
use agentrun_lang::value::{FieldType, Labels, Type, TypeTable, Value};

/// A program of agents alone, with one pool.
pub(crate) fn program(agents: Vec<Agent>) -> Program {
    Program {
        hash: String::new(),
        types: TypeTable::default(),
        models: Vec::new(),
        guards: Vec::new(),
        memories: Vec::new(),
        tools: Vec::new(),
        mcps: Vec::new(),
        skills: Vec::new(),
        entry_agents: agents.len(),
        agents,
        tests: Vec::new(),
        sources: Arc::new(SourceMap::default()),
    }
}

/// An agent of string parameters, variables and states; slots are in that order.
pub(crate) fn agent(name: &str, params: &[&str], vars: Vec<(&str, Expr)>, mut states: Vec<State>) -> Agent {
    let mut slots: Vec<Arc<str>> = params.iter().map(|name| (*name).into()).collect();
    let param = |name: &&str| FieldType {
        name: (*name).into(),
        alias: None,
        ty: Type::String,
        constraints: Vec::new(),
        labels: Labels::NONE,
        default: None,
        doc: None,
        span: Span::default(),
    };
    let vars = vars
        .into_iter()
        .map(|(name, value)| {
            slots.push(name.into());
            let slot = slot_id(slots.len() - 1);
            Var { name: name.into(), slot, ty: Type::Unknown, value, span: Span::default() }
        })
        .collect();
    for state in &mut states {
        slots.push(state.name.clone());
        state.slot = slot_id(slots.len() - 1);
    }
    Agent {
        name: name.into(),
        doc: None,
        span: Span::default(),
        params: params.iter().map(param).collect(),
        ty: Type::Unknown,
        vars,
        budget: None,
        guards: Vec::new(),
        first: StateId(0),
        states,
        on: Vec::new(),
        requires: Vec::new(),
        slots,
    }
}

/// A state at the top.
pub(crate) fn state(name: &str, kind: &str, op: Op, edges: Vec<Edge>) -> State {
    State {
        name: name.into(),
        kind: kind.into(),
        doc: None,
        span: Span::default(),
        slot: SlotId(0),
        ty: Type::String,
        parent: None,
        op,
        edges,
        on: Vec::new(),
        guards: Vec::new(),
    }
}

/// An `ask` with a prompt of one hole.
pub(crate) fn ask(prompt: Expr) -> Op {
    Op::Ask(Ask {
        model: ModelId(0),
        prompt: Template { pieces: vec![Piece::Text("Say: ".into()), Piece::Hole(prompt)] },
        system: None,
        context: Vec::new(),
        images: Vec::new(),
        task: None,
        skills: Vec::new(),
        repair: 0,
        check: Vec::new(),
        cache: false,
        temperature: None,
        max_tokens: None,
        stream: false,
    })
}

pub(crate) fn edge(when: Option<Expr>, goto: Goto, sets: Vec<(u32, Expr)>) -> Edge {
    let set = |(slot, value)| agentrun_lang::ir::Set { slot: SlotId(slot), value };
    Edge { span: Span::default(), when, goto, sets: sets.into_iter().map(set).collect() }
}

pub(crate) fn slot(id: u32) -> Expr {
    expr(ExprKind::Slot(SlotId(id)))
}

pub(crate) fn int(value: i64) -> Expr {
    expr(ExprKind::Const(Value::Int(value)))
}

pub(crate) fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary(op, Box::new(left), Box::new(right)))
}

pub(crate) fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn slot_id(index: usize) -> SlotId {
    SlotId(u32::try_from(index).unwrap())
}
