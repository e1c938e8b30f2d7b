//! Agents that a test answers as a whole: in the program that the test runs, a tool stands in their place, which the
//! mock answers like any other.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{
    Call, EffectClass, Expr, ExprKind, Op, Param, Program, RunAgent, Sandbox, Test, Tool, ToolBody, ToolId,
};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labels, Type, Value};

use super::spot::{Spot, Who, find, who};

/// The program with a tool for each agent that a mock answers for; the same one where there is none.
pub(super) fn stand_in(program: &Arc<Program>, test: &Test) -> Arc<Program> {
    let mut spots: Vec<Spot> = test
        .mocks
        .iter()
        .filter_map(|(path, _)| find(program, test.agent, path))
        .filter(|spot| who(program, *spot) == Who::Agent)
        .collect();
    spots.dedup();
    if spots.is_empty() {
        return program.clone();
    }
    let mut changed = Program::clone(program);
    for spot in spots {
        replace(&mut changed, spot);
    }
    Arc::new(changed)
}

fn replace(program: &mut Program, spot: Spot) {
    let (Spot::State(agent, id) | Spot::Tool(agent, id, _)) = spot;
    let Some(state) = program.agents.get(agent.index()).and_then(|agent| agent.states.get(id.index())) else {
        return;
    };
    let (tool, args) = match (&state.op, spot) {
        (Op::Run(RunAgent { agent, args, .. }), _) => match program.agent(*agent) {
            Some(inner) => (tool(&inner.name, &inner.params, &inner.ty, state.span), args.clone()),
            None => return,
        },
        (Op::Call(call), _) => match program.tool(call.tool) {
            Some(known) => (tool(&known.name, &known.params, &known.ty, known.span), call.args.clone()),
            None => return,
        },
        (Op::Plan(_), Spot::Tool(_, _, known)) => match program.tool(known) {
            Some(known) => (tool(&known.name, &known.params, &known.ty, known.span), Vec::new()),
            None => return,
        },
        _ => return,
    };
    let Ok(new) = u32::try_from(program.tools.len()).map(ToolId) else { return };
    program.tools.push(tool);
    let state = program.agents.get_mut(agent.index()).and_then(|agent| agent.states.get_mut(id.index()));
    match (state.map(|state| &mut state.op), spot) {
        (Some(Op::Plan(plan)), Spot::Tool(_, _, known)) => {
            plan.tools.iter_mut().filter(|id| **id == known).for_each(|id| *id = new);
        }
        (Some(op), _) => *op = Op::Call(Call { tool: new, args, timeout: None, retry: 0 }),
        (None, _) => {}
    }
}

/// A tool that only its mock answers for: its command is never started.
fn tool(name: &Name, params: &[Param], ty: &Type, span: Span) -> Tool {
    let command = Expr { kind: ExprKind::Const(Value::text("true")), span };
    Tool {
        name: name.clone(),
        doc: None,
        span,
        params: params.to_vec(),
        ty: ty.clone(),
        body: ToolBody::Exec(vec![command]),
        effect: EffectClass::Write,
        once: None,
        allow: None,
        labels: Labels::NONE,
        errors: Vec::new(),
        timeout: None,
        sandbox: Sandbox::BestEffort,
        network: false,
        env: Vec::new(),
    }
}
