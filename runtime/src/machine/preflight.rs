//! What a run could meet and cannot do yet: found before its first effect, with its place, so that a guardrail or
//! a memory is never passed over in silence.

use agentrun_lang::ir::{
    Agent, AgentId, Ask, ContextItem, Expr, ExprKind, GuardId, MemoryId, MemoryKind, ModelId, Op, Plan,
    Program, Sandbox, State, Strategy, Template, Tool, ToolBody,
};
use agentrun_lang::span::Span;

use super::RunError;
use super::reach::Reach;
use crate::error::{Failure, FailureKind};

/// Something that compiles and does not run yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it stands.
    pub span: Span,
    /// What it is, one lowercase line with names in backticks.
    pub what: String,
    /// What to write instead.
    pub mend: String,
}

/// Everything that a run of an agent could meet and that cannot run yet, in the order of the program's tables,
/// each place once.
pub fn preflight(program: &Program, agent: AgentId) -> Vec<Unsupported> {
    let reach = Reach::of_agent(program, agent);
    let mut finder = Finder { program, found: Vec::new(), pools: Vec::new() };
    let agents = reach.agents.iter().filter_map(|id| program.agent(*id));
    agents.for_each(|agent| finder.agent(agent));
    let tools = reach.tools.iter().filter_map(|id| program.tool(*id));
    tools.for_each(|tool| finder.tool(tool));
    finder.found
}

/// The error of a run that could meet something of it.
pub(super) fn refusal(program: &Program, agent: AgentId) -> Option<RunError> {
    let found = preflight(program, agent);
    let first = found.first()?;
    let more = match found.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let message = format!("{}{more}\n{}", first.what, first.mend);
    let state = program.agent(agent).map(|agent| agent.name.clone()).unwrap_or_default();
    Some(RunError { failure: Failure::new(FailureKind::Failed, message), span: first.span, state })
}

struct Finder<'p> {
    program: &'p Program,
    found: Vec<Unsupported>,
    pools: Vec<ModelId>,
}

impl Finder<'_> {
    fn report(&mut self, span: Span, what: impl Into<String>, mend: impl Into<String>) {
        let found = Unsupported { span, what: what.into(), mend: mend.into() };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    fn agent(&mut self, agent: &Agent) {
        self.guards(&agent.guards);
        agent.states.iter().for_each(|state| self.state(state));
    }

    fn state(&mut self, state: &State) {
        self.guards(&state.guards);
        match &state.op {
            Op::Ask(ask) => self.ask(state, ask),
            Op::Plan(plan) => self.plan(state, plan),
            Op::Recall { .. } | Op::Remember { .. } | Op::Forget { .. } => {
                let mend = "take it out: what a run must know can be a parameter, a `var` or a `chat` memory";
                self.report(state.span, format!("`{}` cannot reach its memory yet", state.kind), mend);
            }
            Op::Open { .. } => {
                let mend = "put the skill's text into `system:` or the prompt meanwhile";
                self.report(state.span, "`open` cannot read a skill yet", mend);
            }
            Op::Call(_)
            | Op::Loop(_)
            | Op::Branch
            | Op::Parallel(_)
            | Op::Run(_)
            | Op::Approve(_)
            | Op::Wait(_)
            | Op::Let(_) => {}
        }
    }

    fn ask(&mut self, state: &State, ask: &Ask) {
        self.pool(ask.model);
        if !ask.skills.is_empty() {
            self.report(
                state.span,
                format!("`skills:` of `{}` cannot be opened yet", state.name),
                "take it out",
            );
        }
        for item in &ask.context {
            match item {
                ContextItem::Memory(id) => self.chat(state, *id),
                ContextItem::Skill(_) => {
                    let what = format!("the skill in the `context:` of `{}` cannot be read yet", state.name);
                    self.report(state.span, what, "take it out");
                }
            }
        }
        let mut memories = Vec::new();
        [Some(&ask.prompt), ask.system.as_ref()].into_iter().flatten().for_each(|text| {
            memories_in(text, &mut memories);
        });
        for (id, span) in memories {
            let name = self.program.memory(id).map(|memory| memory.name.clone()).unwrap_or_default();
            let mend = "pass its text in as a parameter meanwhile";
            self.report(span, format!("the text of the memory `{name}` cannot be read yet"), mend);
        }
    }

    fn plan(&mut self, state: &State, plan: &Plan) {
        self.ask(state, &plan.ask);
        if let Some((_, name)) = plan.mcp_tools.first() {
            let what = format!("the MCP tool `{name}` of `{}` cannot be called yet", state.name);
            self.report(state.span, what, "declare a tool with `http:` or `exec:`");
        }
        if !plan.confirm.is_empty() {
            let what = format!("`confirm:` of `{}` cannot ask a person yet", state.name);
            self.report(state.span, what, "take the tool out of `tools:` and call it behind an `approve`");
        }
    }

    /// A chat lives as long as the run, as a plain list of messages.
    fn chat(&mut self, state: &State, id: MemoryId) {
        let Some(memory) = self.program.memory(id) else { return };
        let name = &memory.name;
        let lasts = memory.scope.as_ref().is_some_and(|scope| **scope != *"run");
        let what = if memory.kind != MemoryKind::Chat {
            format!("the memory `{name}` in the `context:` of `{}` cannot be read yet", state.name)
        } else if lasts || memory.store.is_some() {
            format!("the chat memory `{name}` cannot outlive a run yet")
        } else if memory.summarize.is_some() {
            format!("the chat memory `{name}` cannot be summed up yet")
        } else if memory.ttl.is_some() {
            format!("the chat memory `{name}` cannot forget by age yet")
        } else {
            return;
        };
        self.report(memory.span, what, format!("write `memory {name} {{ kind: chat }}`"));
    }

    fn guards(&mut self, guards: &[GuardId]) {
        for id in guards {
            let Some(guard) = self.program.guard(*id) else { continue };
            if let Some((detector, _)) = guard.detectors.first() {
                let what = format!("the guardrail `{}` cannot look for `{detector}` yet", guard.name);
                self.report(
                    guard.span,
                    what,
                    "take it out of `guards:`, and know that nothing stands in its place",
                );
            }
        }
    }

    fn pool(&mut self, id: ModelId) {
        if self.pools.contains(&id) {
            return;
        }
        self.pools.push(id);
        let Some(model) = self.program.model(id) else { return };
        let word = match model.strategy {
            Strategy::Fastest => "fastest",
            Strategy::Cascade => "cascade",
            Strategy::Route => "route",
            Strategy::Failover | Strategy::Cheapest | Strategy::Weighted => return,
        };
        let what = format!("the pool `{}` cannot choose by `strategy: {word}` yet", model.name);
        self.report(model.span, what, "write `strategy: failover`, `cheapest` or `weighted`");
    }

    fn tool(&mut self, tool: &Tool) {
        if let ToolBody::Mcp(..) = tool.body {
            let what = format!("the tool `{}` cannot call its MCP server yet", tool.name);
            self.report(tool.span, what, "give it an `http:` or `exec:` body");
        }
        if tool.sandbox == Sandbox::Full {
            let what = format!("the tool `{}` cannot run with `sandbox: full` yet", tool.name);
            self.report(tool.span, what, "write `sandbox: base`");
        }
    }
}

fn memories_in(text: &Template, found: &mut Vec<(MemoryId, Span)>) {
    let mut left: Vec<&Expr> = text.holes().rev().collect();
    while let Some(expr) = left.pop() {
        if let ExprKind::Memory(id) = expr.kind {
            found.push((id, expr.span));
        }
        left.extend(expr.children().into_iter().rev());
    }
}
