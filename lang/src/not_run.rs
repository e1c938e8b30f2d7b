//! The one table of what compiles and is not run by this version: the compiler warns of it, and a run that could meet
//! one ends before its first effect or, where nothing is lost by it, goes on and says so. A row goes when it runs.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Agent, Approve, Ask, ContextItem, Expr, ExprKind, Guard, GuardId, Memory, MemoryId, MemoryKind, Model,
    ModelId, Op, Plan, Program, Sandbox, State, Strategy, Template, Tool, ToolBody, Wait,
};
use crate::span::Span;

/// The code of every warning of it.
pub const CODE: Code = Code("W1602");

/// Something that compiles and does not run yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Where it stands.
    pub span: Span,
    /// What it is, one lowercase line with names in backticks.
    pub what: String,
    /// What to write instead.
    pub mend: String,
    /// Whether a run that could meet it is refused; else it goes on without.
    pub refused: bool,
}

/// What these agents and tools could meet and does not run yet, in their order, each place once.
pub fn met<'p>(
    program: &'p Program,
    agents: impl IntoIterator<Item = &'p Agent>,
    tools: impl IntoIterator<Item = &'p Tool>,
) -> Vec<NotRun> {
    let mut finder = Finder { program, found: Vec::new(), pools: Vec::new() };
    agents.into_iter().for_each(|agent| finder.agent(agent));
    tools.into_iter().for_each(|tool| finder.tool(tool));
    finder.found
}

/// All of it that a program declares, used or not, as warnings.
pub fn warnings(program: &Program) -> Vec<Diagnostic> {
    let mut finder = Finder { program, found: Vec::new(), pools: Vec::new() };
    program.models.iter().for_each(|model| finder.model(model));
    program.guards.iter().for_each(|guard| finder.guard(guard));
    program.memories.iter().for_each(|memory| finder.memory(memory));
    for mcp in &program.mcps {
        finder.refuse(
            mcp.span,
            format!("the MCP server `{}` is not called yet", mcp.name),
            "declare tools with `http:` or `exec:`",
        );
    }
    for skill in &program.skills {
        let mend = "put its text into `system:` or the prompt meanwhile";
        finder.refuse(skill.span, format!("the skill `{}` is not read yet", skill.name), mend);
    }
    program.tools.iter().for_each(|tool| finder.tool(tool));
    program.agents.iter().for_each(|agent| finder.agent(agent));
    finder
        .found
        .into_iter()
        .map(|found| Diagnostic::new(CODE, found.span, found.what).hint(found.mend))
        .collect()
}

struct Finder<'p> {
    program: &'p Program,
    found: Vec<NotRun>,
    pools: Vec<ModelId>,
}

impl Finder<'_> {
    /// What a run is refused for.
    fn refuse(&mut self, span: Span, what: impl Into<String>, mend: impl Into<String>) {
        self.add(NotRun { span, what: what.into(), mend: mend.into(), refused: true });
    }

    /// What a run goes on without.
    fn ignored(&mut self, span: Span, what: impl Into<String>, mend: impl Into<String>) {
        self.add(NotRun { span, what: what.into(), mend: mend.into(), refused: false });
    }

    fn add(&mut self, found: NotRun) {
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
                self.refuse(state.span, format!("`{}` cannot reach its memory yet", state.kind), mend);
            }
            Op::Open { .. } => {
                let mend = "put the skill's text into `system:` or the prompt meanwhile";
                self.refuse(state.span, "`open` cannot read a skill yet", mend);
            }
            Op::Approve(approve) => self.approve(state, approve),
            Op::Wait(wait) => self.wait(state, wait),
            Op::Call(_) | Op::Loop(_) | Op::Branch | Op::Parallel(_) | Op::Run(_) | Op::Let(_) => {}
        }
    }

    fn approve(&mut self, state: &State, approve: &Approve) {
        if let Some(by) = &approve.by {
            let what = format!("`by:` of `{}` has no effect yet: whoever is there may answer", state.name);
            self.ignored(by.span, what, "take it out, or see to it who can answer a run");
        }
    }

    fn wait(&mut self, state: &State, wait: &Wait) {
        for (word, value) in [("queue", &wait.queue), ("webhook", &wait.webhook)] {
            if let Some(value) = value {
                let what =
                    format!("`{word}:` of `{}` has no effect yet: whoever is there answers", state.name);
                self.ignored(value.span, what, "take it out");
            }
        }
    }

    fn ask(&mut self, state: &State, ask: &Ask) {
        self.pool(ask.model);
        if ask.cache {
            let what =
                format!("`cache: true` of `{}` has no effect yet: the model is asked every time", state.name);
            self.ignored(state.span, what, "take it out");
        }
        if !ask.skills.is_empty() {
            self.refuse(
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
                    self.refuse(state.span, what, "take it out");
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
            self.refuse(span, format!("the text of the memory `{name}` cannot be read yet"), mend);
        }
    }

    fn plan(&mut self, state: &State, plan: &Plan) {
        self.ask(state, &plan.ask);
        if let Some((_, name)) = plan.mcp_tools.first() {
            let what = format!("the MCP tool `{name}` of `{}` cannot be called yet", state.name);
            self.refuse(state.span, what, "declare a tool with `http:` or `exec:`");
        }
        if !plan.confirm.is_empty() {
            let what = format!("`confirm:` of `{}` cannot ask a person yet", state.name);
            self.refuse(state.span, what, "take the tool out of `tools:` and call it behind an `approve`");
        }
    }

    /// A chat lives as long as the run, as a plain list of messages.
    fn chat(&mut self, state: &State, id: MemoryId) {
        let Some(memory) = self.program.memory(id) else { return };
        if memory.kind == MemoryKind::Chat {
            return self.memory(memory);
        }
        let name = &memory.name;
        let what = format!("the memory `{name}` in the `context:` of `{}` cannot be read yet", state.name);
        self.refuse(memory.span, what, format!("write `memory {name} {{ kind: chat }}`"));
    }

    fn memory(&mut self, memory: &Memory) {
        let name = &memory.name;
        let lasts = memory.scope.as_ref().is_some_and(|scope| **scope != *"run");
        if memory.kind != MemoryKind::Chat {
            let mend = "what a run must know can be a parameter, a `var` or a `chat` memory";
            return self.refuse(memory.span, format!("the memory `{name}` cannot be reached yet"), mend);
        }
        let what = if lasts || memory.store.is_some() {
            format!("the chat memory `{name}` cannot outlive a run yet")
        } else if memory.summarize.is_some() {
            format!("the chat memory `{name}` cannot be summed up yet")
        } else if memory.ttl.is_some() {
            format!("the chat memory `{name}` cannot forget by age yet")
        } else {
            return;
        };
        self.refuse(memory.span, what, format!("write `memory {name} {{ kind: chat }}`"));
    }

    fn guards(&mut self, guards: &[GuardId]) {
        guards.iter().filter_map(|id| self.program.guard(*id)).for_each(|guard| self.guard(guard));
    }

    fn guard(&mut self, guard: &Guard) {
        if let Some((detector, _)) = guard.detectors.first() {
            let what = format!("the guardrail `{}` cannot look for `{detector}` yet", guard.name);
            let mend = "take it out of `guards:`, and know that nothing stands in its place";
            self.refuse(guard.span, what, mend);
        }
    }

    fn pool(&mut self, id: ModelId) {
        if self.pools.contains(&id) {
            return;
        }
        self.pools.push(id);
        if let Some(model) = self.program.model(id) {
            self.model(model);
        }
    }

    fn model(&mut self, model: &Model) {
        let word = match model.strategy {
            Strategy::Fastest => "fastest",
            Strategy::Cascade => "cascade",
            Strategy::Route => "route",
            Strategy::Failover | Strategy::Cheapest | Strategy::Weighted => return,
        };
        let what = format!("the pool `{}` cannot choose by `strategy: {word}` yet", model.name);
        self.refuse(model.span, what, "write `strategy: failover`, `cheapest` or `weighted`");
    }

    fn tool(&mut self, tool: &Tool) {
        if let ToolBody::Mcp(..) = tool.body {
            let what = format!("the tool `{}` cannot call its MCP server yet", tool.name);
            self.refuse(tool.span, what, "give it an `http:` or `exec:` body");
        }
        if tool.sandbox == Sandbox::Full {
            let what = format!("the tool `{}` cannot run with `sandbox: full` yet", tool.name);
            self.refuse(tool.span, what, "write `sandbox: base`");
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
