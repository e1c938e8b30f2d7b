//! Who answers an `approve` or a `wait`.

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Type, Value};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use crate::machine::EffectId;

/// Where a run's questions go.
#[derive(Clone, Debug)]
pub enum Person {
    /// Nobody is there: the run ends as waiting.
    Nobody,
    /// Somebody reads this channel (a terminal, a page) and answers each question on its own.
    There(UnboundedSender<Question>),
}

/// A question to a person.
#[derive(Debug)]
pub struct Question {
    /// The effect that waits.
    pub effect: EffectId,
    /// `Support.refund_ok`.
    pub state: Name,
    /// The text of it; empty for a `wait`.
    pub prompt: String,
    /// What is shown with it.
    pub show: Vec<(Name, Value)>,
    /// What form the answer takes.
    pub form: Form,
    /// Where the answer goes; dropped, it counts as nobody there.
    pub answer: oneshot::Sender<Value>,
}

/// What form an answer takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// Yes or no, with a comment.
    Approval,
    /// One of these words, with a comment.
    Choice(Vec<Name>),
    /// A value of this type.
    Value(Type),
}

impl Person {
    /// Asks, and waits for the answer; `None` where nobody is there.
    pub(super) async fn ask(&self, ask: impl FnOnce(oneshot::Sender<Value>) -> Question) -> Option<Value> {
        let Self::There(questions) = self else { return None };
        let (sender, receiver) = oneshot::channel();
        questions.send(ask(sender)).ok()?;
        receiver.await.ok()
    }
}
