//! Who answers an `approve` or a `wait`.

use std::sync::Arc;

use agentrun_lang::ast::Name;
use agentrun_lang::value::{Type, Value};
use indexmap::IndexMap;
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
    /// These questions are answered already; the others go to whoever is there.
    Prepared(Arc<IndexMap<EffectId, Value>>, Box<Self>),
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
        let (sender, receiver) = oneshot::channel();
        let question = ask(sender);
        let mut who = self;
        while let Self::Prepared(answers, others) = who {
            if let Some(answer) = answers.get(&question.effect) {
                return Some(answer.clone());
            }
            who = others;
        }
        let Self::There(questions) = who else { return None };
        questions.send(question).ok()?;
        receiver.await.ok()
    }
}
