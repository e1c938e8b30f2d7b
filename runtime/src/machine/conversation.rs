//! Chat memories of scope `run`: what was said to a model and what it said, as messages.

use std::collections::BTreeMap;

use agentrun_lang::ir::{ContextItem, MemoryId};
use agentrun_lang::value::Labels;

use crate::chat::{Message, Part, Role};

/// Every chat memory of a run that anything was said in.
#[derive(Debug, Default)]
pub(super) struct Chats {
    chats: BTreeMap<MemoryId, Chat>,
}

#[derive(Debug, Default)]
struct Chat {
    messages: Vec<Message>,
    labels: Labels,
}

impl Chats {
    /// Adds what the chats of a `context:` hold to a conversation; gives their labels.
    pub(super) fn read(&self, context: &[ContextItem], into: &mut Vec<Message>) -> Labels {
        chats(context).filter_map(|id| self.chats.get(&id)).fold(Labels::NONE, |labels, chat| {
            into.extend(chat.messages.iter().cloned());
            labels.union(chat.labels)
        })
    }

    /// Adds a question and its answer to the chats of a `context:`.
    pub(super) fn append(
        &mut self,
        context: &[ContextItem],
        question: &[Part],
        answer: &str,
        labels: Labels,
    ) {
        for id in chats(context) {
            let chat = self.chats.entry(id).or_default();
            chat.messages.push(Message { role: Role::User, parts: question.to_vec() });
            chat.messages.push(Message::text(Role::Assistant, answer));
            chat.labels = chat.labels.union(labels);
        }
    }

    /// Empties some.
    pub(super) fn clear(&mut self, ids: &[MemoryId]) {
        for id in ids {
            self.chats.remove(id);
        }
    }
}

fn chats(context: &[ContextItem]) -> impl Iterator<Item = MemoryId> {
    context.iter().filter_map(|item| match item {
        ContextItem::Memory(id) => Some(*id),
        ContextItem::Skill(_) => None,
    })
}
