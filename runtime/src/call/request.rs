//! What the line must know of one call, and where it tells what comes of it while it runs.

use std::sync::Arc;

use agentrun_lang::ir::Program;

use super::meter::Meter;
use super::screen::Screen;
use crate::machine::{CallModel, EffectId, Output, Scope};

/// One model call, as the driver hands it to the line.
pub struct CallRequest {
    /// The run it belongs to; with `effect` the idempotency key that providers get.
    pub run: Arc<str>,
    /// The effect it performs.
    pub effect: EffectId,
    /// The budgets it is charged to, outermost first.
    pub scopes: Vec<Scope>,
    /// Milliseconds that all `time` budgets have left: one deadline over every candidate and attempt.
    pub time_left: Option<u64>,
    /// The program of the run: its declared types and its guardrails' names.
    pub program: Arc<Program>,
    /// What is asked.
    pub call: CallModel,
    /// Where the reader sees an answer grow.
    pub screen: Screen,
    /// What it has cost so far. A clone of it tells that after the call was dropped, too.
    pub meter: Arc<Meter>,
}

impl CallRequest {
    /// True where the text may go to the reader as it comes: nothing can turn it down afterwards. A planner's turn
    /// may be a tool call, and a `check` may fail: those are shown when they are known to hold.
    pub fn grows(&self) -> bool {
        self.wants_text_shown() && self.call.tools.is_empty() && self.call.checks.is_none()
    }

    /// True where the reader is to see the answer's text at all.
    pub fn wants_text_shown(&self) -> bool {
        self.call.stream && self.call.output == Output::Text
    }

    /// What providers recognise a repetition by: the same for every attempt at one wording of the question.
    pub fn idempotency_key(&self, round: u32) -> String {
        if round == 0 {
            format!("{}/{}", self.run, self.effect)
        } else {
            format!("{}/{}~{round}", self.run, self.effect)
        }
    }
}
