//! The pure machine: takes what happened, returns what to do next. It reads no clock, opens no socket,
//! spawns nothing.

mod effect;
mod event;

pub use effect::{
    AskHuman, CallModel, CallTool, Checks, Effect, EffectId, EffectKind, Output, Scope, ScopeId, Spending,
    WaitFor,
};
pub use event::{Answer, Event, EventKind, ModelAnswer, Note, Outcome, RunError, Spent, Step};
