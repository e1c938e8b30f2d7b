//! A script's answers for tools and people.

use std::sync::Arc;

use agentrun_lang::ir::{AgentId, Program, ToolId};

use super::rebuild::{Used, UsedBy, Who};
use crate::call::provider::scripted::{AnswerLine, Cue, Play};
use crate::error::{Failure, FailureKind};
use crate::machine::asks;

/// Who answers for tools and people where a script does.
pub struct ScriptSide {
    play: Arc<Play>,
    /// It was asked for by `--script`; else it stands in for models that cannot be reached.
    asked_for: bool,
}

impl ScriptSide {
    /// Answers from `play`.
    pub fn new(play: Arc<Play>, asked_for: bool) -> Self {
        Self { play, asked_for }
    }

    /// Whether it answers for a tool wherever that is called.
    pub fn names_tool(&self, name: &str) -> bool {
        self.play.script().tools.contains_key(name)
    }

    /// Whether a run of an agent could read a word of it.
    pub fn is_read(&self, program: &Program, agent: AgentId) -> bool {
        let asks = asks(program, agent);
        let named = &self.play.script().tools;
        let names = |tool: &ToolId| program.tool(*tool).is_some_and(|tool| named.contains_key(&*tool.name));
        asks.models || asks.people || asks.tools.iter().any(names)
    }

    /// What the tool answers now; `None` where the script does not speak for it.
    pub fn tool(&self, cue: Cue<'_>, tool: &str) -> Option<Result<serde_json::Value, Failure>> {
        self.play.tool(cue, tool).map(answer)
    }

    /// What the person answers now; `None` where the script does not speak for one. A script that nobody asked for
    /// says no word for a person: a canned yes must not move real money.
    pub fn human(&self, cue: Cue<'_>) -> Option<Result<serde_json::Value, Failure>> {
        if self.asked_for { self.play.human(cue).map(answer) } else { None }
    }
}

fn answer(line: &AnswerLine) -> Result<serde_json::Value, Failure> {
    match line {
        AnswerLine::Value(value) => Ok(value.clone()),
        AnswerLine::Error(name, message) => Err(Failure::new(event_kind(name), message.clone())),
    }
}

/// Takes the lines that a record used, so that the run goes on behind them.
pub(super) fn pass_over(play: &Play, used: &Used) {
    for UsedBy { effect, state, who, lines } in &used.0 {
        let cue = Cue { effect: &effect.0, state };
        for _ in 0..*lines {
            // Which line it is does not matter any more.
            let _ = match who {
                Who::Model(target) => play.model(cue, target, &[]).is_some(),
                Who::Tool(tool) => play.tool(cue, tool).is_some(),
                Who::Person => play.human(cue).is_some(),
            };
        }
    }
}

/// The event that an error's name stands for: one that every tool has, or the tool's own.
pub fn event_kind(name: &str) -> FailureKind {
    match name {
        "timeout" => FailureKind::Timeout,
        "unavailable" => FailureKind::Unavailable,
        "denied" => FailureKind::Denied,
        "invalid" => FailureKind::Invalid,
        "failed" => FailureKind::Failed,
        "refused" => FailureKind::Refused,
        "blocked" => FailureKind::Blocked,
        "budget" => FailureKind::Budget { scope: String::new(), bound: "cost".to_string() },
        own => FailureKind::Tool(own.to_string()),
    }
}
