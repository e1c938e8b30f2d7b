//! A script's answers for tools and people, each in its turn; the last one repeats.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use agentrun_lang::ir::{AgentId, Program, ToolId};

use crate::call::provider::scripted::{Script, ToolLine};
use crate::error::{Failure, FailureKind};
use crate::machine::asks;

/// A script, and how far each of its lists has come.
pub struct ScriptSide {
    script: Arc<Script>,
    /// It was asked for by `--script`; else it stands in for models that cannot be reached.
    asked_for: bool,
    next: Mutex<HashMap<String, usize>>,
}

impl ScriptSide {
    /// At its beginning.
    pub fn new(script: Arc<Script>, asked_for: bool) -> Self {
        Self { script, asked_for, next: Mutex::default() }
    }

    /// Whether a run of an agent could read a word of it.
    pub fn is_read(&self, program: &Program, agent: AgentId) -> bool {
        let asks = asks(program, agent);
        let names = |tool: &ToolId| {
            program.tool(*tool).is_some_and(|tool| self.script.tools.contains_key(&*tool.name))
        };
        asks.models || asks.people || asks.tools.iter().any(names)
    }

    /// What the tool answers now; `None` where the script does not speak for it.
    pub fn tool(&self, tool: &str) -> Option<Result<serde_json::Value, Failure>> {
        if !self.script.tools.contains_key(tool) {
            return None;
        }
        match self.script.tool_answer(tool, self.turn(&format!("tool {tool}")))? {
            ToolLine::Value(value) => Some(Ok(value.clone())),
            ToolLine::Error(name, message) => Some(Err(Failure::new(kind(name), message.clone()))),
        }
    }

    /// What the person in `state` answers now; `None` where the script does not speak for one. A script that nobody
    /// asked for says no word for a person: a canned yes must not move real money.
    pub fn human(&self, state: &str) -> Option<serde_json::Value> {
        if !self.asked_for {
            return None;
        }
        self.script.human_answer(state, 0)?;
        self.script.human_answer(state, self.turn(&format!("human {state}"))).cloned()
    }

    fn turn(&self, key: &str) -> usize {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.entry(key.to_string()).or_default();
        *turn += 1;
        *turn - 1
    }
}

/// The event that an error's name stands for: one that every tool has, or the tool's own.
fn kind(name: &str) -> FailureKind {
    match name {
        "timeout" => FailureKind::Timeout,
        "unavailable" => FailureKind::Unavailable,
        "denied" => FailureKind::Denied,
        "invalid" => FailureKind::Invalid,
        "failed" => FailureKind::Failed,
        own => FailureKind::Tool(own.to_string()),
    }
}
