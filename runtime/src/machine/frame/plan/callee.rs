//! What a planner may call: tools and agents by the names that its model sees.

use std::borrow::Cow;

use agentrun_lang::ast::Name;
use agentrun_lang::ir::{AgentId, EffectClass, Param, Plan, Program, ToolBody, ToolId};
use agentrun_lang::value::{Dialect, Encoding, Labeled, Type, schema_of_params};

use super::super::super::CallTool;
use super::super::super::arena::Key;
use super::super::super::context::{Cx, lost};
use super::super::super::label::type_labels;
use super::super::super::raise::Raised;
use super::super::super::reach::only_reads;
use super::super::call::{self, AgentTool, as_tool, result_of};
use super::super::run_agent::{self, Start, outward};
use super::super::{Frame, Owner, Place};
use crate::chat::ToolSpec;
use crate::error::FailureKind;

/// Something that a planner may call.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    /// A tool.
    Tool {
        /// Which.
        id: ToolId,
        /// The agent behind it, where one does its work.
        agent: Option<AgentId>,
        /// Whether it changes nothing.
        reads: bool,
    },
    /// An agent.
    Agent {
        /// Which.
        id: AgentId,
        /// Whether it changes nothing and asks nobody.
        reads: bool,
    },
}

/// All of them, with what the model is told.
#[derive(Debug)]
pub(super) struct Callees {
    /// Each with how its arguments come.
    callees: Vec<(Callee, Encoding)>,
    /// One a callee.
    specs: Vec<ToolSpec>,
}

impl Callees {
    /// What a planner's fields name, in their order.
    pub(super) fn new(program: &Program, op: &Plan) -> Self {
        let mut all = Self { callees: Vec::new(), specs: Vec::new() };
        for id in &op.tools {
            let Some(tool) = program.tool(*id) else { continue };
            let agent = match &tool.body {
                ToolBody::Agent(agent, _) => Some(*agent),
                _ => None,
            };
            let reads = tool.effect == EffectClass::Read;
            all.add(program, Callee::Tool { id: *id, agent, reads }, &tool.name, tool.doc.as_deref());
        }
        for id in &op.agents {
            let Some(agent) = program.agent(*id) else { continue };
            let reads = only_reads(program, *id);
            all.add(program, Callee::Agent { id: *id, reads }, &agent.name, agent.doc.as_deref());
        }
        all
    }

    fn add(&mut self, program: &Program, callee: Callee, name: &str, doc: Option<&str>) {
        // Read by every kind of provider, and kept strictly by none: arguments are checked when they come.
        let schema = schema_of_params(callee.params(program), &program.types, Dialect::Grammar);
        let spec = ToolSpec {
            name: self.unique(&allowed(name)),
            description: doc.unwrap_or(name).to_owned(),
            parameters: schema.json,
            reads: callee.reads(),
        };
        self.callees.push((callee, schema.encoding));
        self.specs.push(spec);
    }

    /// A name that no other has; two modules may each have a tool of one name.
    fn unique(&self, name: &str) -> String {
        let taken = |name: &str| self.specs.iter().any(|spec| spec.name == name);
        let numbered = |number: u32| {
            let end = format!("_{number}");
            format!("{}{end}", &name.get(..name.len().min(64 - end.len())).unwrap_or(name))
        };
        let mut names = std::iter::once(name.to_owned()).chain((2..).map(numbered));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// What the model is told of them.
    pub(super) fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// True where there is nothing to call.
    pub(super) fn is_empty(&self) -> bool {
        self.callees.is_empty()
    }

    /// The one of a name.
    pub(super) fn named(&self, name: &str) -> Option<&(Callee, Encoding)> {
        let index = self.specs.iter().position(|spec| spec.name == name)?;
        self.callees.get(index)
    }

    /// What to say to a model that called something else.
    pub(super) fn unknown(&self, name: &str) -> String {
        let names: Vec<String> = self.specs.iter().map(|spec| format!("`{}`", spec.name)).collect();
        if names.is_empty() {
            format!("there is no tool `{name}`, and none at all: give the answer")
        } else {
            format!("there is no tool `{name}`; there are {}", names.join(", "))
        }
    }
}

impl Callee {
    /// True where several may run side by side.
    pub(super) fn reads(&self) -> bool {
        match self {
            Self::Tool { reads, .. } | Self::Agent { reads, .. } => *reads,
        }
    }

    /// Its parameters.
    pub(super) fn params<'p>(&self, program: &'p Program) -> &'p [Param] {
        match self {
            Self::Tool { id, .. } => program.tool(*id).map(|tool| tool.params.as_slice()),
            Self::Agent { id, .. } => program.agent(*id).map(|agent| agent.params.as_slice()),
        }
        .unwrap_or_default()
    }

    /// The type of its result.
    pub(super) fn ty<'p>(&self, program: &'p Program) -> Option<&'p Type> {
        match self {
            Self::Tool { id, .. } => program.tool(*id).map(|tool| &tool.ty),
            Self::Agent { id, .. } => program.agent(*id).map(|agent| &agent.ty),
        }
    }

    /// A result with the labels of what gave it.
    pub(super) fn labeled(&self, program: &Program, value: Labeled) -> Labeled {
        let Self::Tool { id, .. } = self else { return value };
        let Some(tool) = program.tool(*id) else { return value };
        let labels = value.labels.union(type_labels(&tool.ty, &program.types));
        result_of(tool, Labeled::new(value.value, labels))
    }

    /// What the agent behind it raised, as the planner sees it.
    pub(super) fn outward(&self, program: &Program, raised: &Raised, scope: &str) -> Box<Raised> {
        match self {
            Self::Tool { id, .. } => match program.tool(*id) {
                Some(tool) => as_tool(tool, raised, scope),
                None => outward(raised, FailureKind::Failed),
            },
            Self::Agent { .. } => outward(raised, FailureKind::Failed),
        }
    }
}

/// A tool call as an effect asks for it.
pub(super) fn tool_call(
    cx: &mut Cx<'_, '_>,
    place: Place,
    id: ToolId,
    args: Vec<Labeled>,
) -> Result<CallTool, Box<Raised>> {
    let tool = cx.program.tool(id).ok_or_else(|| lost("a tool"))?;
    let once = call::once(cx, place, tool, &args)?;
    let state = cx.visited(place)?.1;
    let state = cx.name(place.frame, state)?;
    Ok(CallTool { tool: id, args, timeout: tool.timeout, retry: 0, once, state })
}

/// Starts the agent behind a tool.
pub(super) fn start_tool_agent(
    cx: &mut Cx<'_, '_>,
    owner: Owner,
    id: ToolId,
    agent: AgentId,
    args: Vec<Labeled>,
    path: &str,
) -> Result<Key<Frame>, Box<Raised>> {
    let tool = cx.program.tool(id).ok_or_else(|| lost("a tool"))?;
    let ToolBody::Agent(_, inner) = &tool.body else { return Err(lost("a tool's agent")) };
    let request = AgentTool { tool, agent, inner, timeout: tool.timeout };
    call::start_agent(cx, owner, &request, args, &format!("{path}/"))
}

/// Starts an agent.
pub(super) fn start_agent(
    cx: &mut Cx<'_, '_>,
    owner: Owner,
    agent: AgentId,
    args: Vec<Labeled>,
    path: &Name,
) -> Result<Key<Frame>, Box<Raised>> {
    let prefix = format!("{path}/").into();
    run_agent::enter(cx, Some(owner), Start { agent, args, prefix, slice: None })
}

/// A name that every provider takes.
fn allowed(name: &str) -> Cow<'_, str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !name.is_empty() && name.len() <= 64 && name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    let text: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).take(64).collect();
    if text.is_empty() { Cow::Borrowed("tool") } else { Cow::Owned(text) }
}
