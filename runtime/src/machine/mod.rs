//! The pure machine: takes what happened, returns what to do next. It reads no clock, opens no socket,
//! spawns nothing.

mod arena;
mod budget;
mod checks;
mod clip;
mod context;
mod conversation;
mod edge;
mod effect;
mod event;
mod frame;
mod label;
mod preflight;
mod prompt;
mod raise;
mod reach;
mod run;
mod step;

pub use clip::clip;
pub use effect::{
    AskHuman, CallModel, CallTool, Checks, Effect, EffectId, EffectKind, Output, Scope, ScopeId, Spending,
    WaitFor,
};
pub use event::{Answer, Event, EventKind, ModelAnswer, Note, Outcome, RunError, Spent, Step};
pub use preflight::{Unsupported, preflight, unenforced};
pub use reach::{Asks, asks, main_agent, roots};
pub use run::{Run, RunId};
pub use step::step;
