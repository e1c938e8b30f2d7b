//! A planner between two outcomes: what was said, and how far the calls of the current turn are.

use std::fmt::Write as _;

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Labeled, Labels};

use super::super::super::EffectId;
use super::super::super::arena::Key;
use super::super::super::context::Cx;
use super::super::super::raise::Raised;
use super::super::{Frame, Place};
use super::callee::{Callee, Callees};
use super::result;
use crate::chat::{Message, Part, Role, ToolCall, ToolResult};

/// A planner at work.
#[derive(Debug)]
pub(in super::super::super) struct Planner {
    pub(super) callees: Callees,
    pub(super) messages: Vec<Message>,
    /// Labels of all that the model has read.
    pub(super) read: Labels,
    /// The goal, for the chats that it is added to; empty where there are none.
    pub(super) goal: Vec<Part>,
    pub(super) turn: u32,
    pub(super) doing: Doing,
}

#[derive(Debug)]
pub(super) enum Doing {
    /// The model thinks.
    Asking(EffectId),
    /// What it asked for is done.
    Calling(Vec<CallAt>),
}

/// One call of a turn.
#[derive(Debug)]
pub(super) struct CallAt {
    pub(super) call: ToolCall,
    pub(super) at: At,
}

#[derive(Debug)]
pub(super) enum At {
    Waiting,
    Effect(EffectId),
    Frame(Key<Frame>),
    Done(ToolResult),
}

/// How a call ended, for the model.
pub(super) enum Reply {
    /// Its result.
    Value(Labeled),
    /// What went wrong with it, by event.
    Error(String, String),
    /// The state cannot go on.
    End(Box<Raised>),
}

impl Planner {
    /// Gives up all that is open.
    pub(in super::super::super) fn abandon(self, cx: &mut Cx<'_, '_>) {
        match self.doing {
            Doing::Asking(effect) => cx.cancel_effect(&effect),
            Doing::Calling(calls) => {
                for call in calls {
                    match call.at {
                        At::Effect(effect) => cx.cancel_effect(&effect),
                        At::Frame(frame) => drop(cx.remove_frame(frame)),
                        At::Waiting | At::Done(_) => {}
                    }
                }
            }
        }
    }

    fn calls(&self) -> &[CallAt] {
        match &self.doing {
            Doing::Calling(calls) => calls,
            Doing::Asking(_) => &[],
        }
    }

    fn at(&self, call: u32) -> Option<&CallAt> {
        self.calls().get(call as usize)
    }

    pub(super) fn name(&self, call: u32) -> &str {
        self.at(call).map_or("", |at| &at.call.name)
    }

    pub(super) fn arguments(&self, call: u32) -> &serde_json::Value {
        self.at(call).map_or(&serde_json::Value::Null, |at| &at.call.arguments)
    }

    pub(super) fn callee(&self, call: u32) -> Option<&Callee> {
        self.callees.named(self.name(call)).map(|(callee, _)| callee)
    }

    /// `dig#1.3[0].search`.
    pub(super) fn path(&self, cx: &mut Cx<'_, '_>, place: Place, call: u32) -> Result<Name, Box<Raised>> {
        let (turn, name) = (self.turn, self.name(call));
        let path = cx.visited(place)?.2;
        Ok(cx.path(|text| write!(text, "{path}.{turn}[{call}].{name}")))
    }

    pub(super) fn set(&mut self, call: u32, at: At) {
        if let Doing::Calling(calls) = &mut self.doing
            && let Some(known) = calls.get_mut(call as usize)
        {
            known.at = at;
        }
    }

    /// The first call that has not started, where nothing before it is in its way: what only reads waits for
    /// writes, everything else waits for all.
    pub(super) fn startable(&self) -> Option<u32> {
        let calls = self.calls();
        let first = calls.iter().position(|call| matches!(call.at, At::Waiting))?;
        let reads =
            |call: &CallAt| self.callees.named(&call.call.name).is_none_or(|(callee, _)| callee.reads());
        let open = |call: &&CallAt| matches!(call.at, At::Effect(_) | At::Frame(_));
        let free = calls.iter().filter(open).all(|call| reads(call) && calls.get(first).is_some_and(reads));
        if free { u32::try_from(first).ok() } else { None }
    }

    pub(super) fn is_done(&self) -> bool {
        self.calls().iter().all(|call| matches!(call.at, At::Done(_)))
    }

    /// Keeps a call's reply as the model will read it.
    pub(super) fn finish(&mut self, cx: &Cx<'_, '_>, call: u32, reply: Reply) {
        let Some(at) = self.at(call) else { return };
        let (id, name) = (at.call.id.clone(), at.call.name.clone());
        let (content, is_error) = match reply {
            Reply::Value(value) => {
                let value = match self.callee(call) {
                    Some(callee) => callee.labeled(cx.program, value),
                    None => value,
                };
                self.read = self.read.union(value.labels);
                let ty = self.callee(call).and_then(|callee| callee.ty(cx.program));
                (result::value(&name, &value.value, ty, &cx.program.types), false)
            }
            Reply::Error(event, message) => (result::error(&name, &event, &message), true),
            Reply::End(_) => return,
        };
        let result = ToolResult { id, name, content: content.into(), is_error };
        self.set(call, At::Done(result));
    }

    /// The results, in the order of the calls, as one message.
    pub(super) fn hand_over(&mut self) {
        let doing = std::mem::replace(&mut self.doing, Doing::Calling(Vec::new()));
        let Doing::Calling(calls) = doing else { return };
        let result = |call: CallAt| match call.at {
            At::Done(result) => Some(Part::ToolResult(result)),
            _ => None,
        };
        let parts = calls.into_iter().filter_map(result).collect();
        self.messages.push(Message { role: Role::Tool, parts });
    }
}
