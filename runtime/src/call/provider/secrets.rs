//! What may be seen nowhere: the secrets that went out with one request, taken out of all that comes back.

use std::borrow::Cow;

use secrecy::{ExposeSecret as _, SecretString};

use super::{ModelReply, ProviderError};

/// Shorter ones are no keys, and would tear holes into plain words.
const LEAST: usize = 6;
/// So much of a key's start gives nothing away: `sk-proj-`.
const START: usize = 8;
/// What stands in a secret's place.
const HIDDEN: &str = "[key]";

/// The secrets of one request.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn add(&mut self, secret: &SecretString) {
        self.0.push(secret.clone());
    }

    /// The same error without them.
    pub(super) fn out_of(&self, error: ProviderError) -> ProviderError {
        let mut message = self.out_of_text(&error.message).into_owned();
        for secret in self.all() {
            message = without_a_cut_one(message, secret);
        }
        ProviderError { message, ..error }
    }

    /// The same reply without them: a server may repeat what it was sent, and an answer goes into the record.
    pub(super) fn out_of_reply(&self, mut reply: ModelReply) -> ModelReply {
        let names = reply.tool_calls.iter_mut().map(|call| &mut call.name);
        for text in names.chain(&mut reply.refusal).chain([&mut reply.text]) {
            if let Cow::Owned(clean) = self.out_of_text(text) {
                *text = clean;
            }
        }
        reply
    }

    /// The same text without those that stand in it whole.
    pub(super) fn out_of_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.all().fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(secret) { Cow::Owned(text.replace(secret, HIDDEN)) } else { text }
        })
    }

    /// Each as it went out.
    fn all(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|secret| secret.expose_secret().trim()).filter(|secret| secret.len() >= LEAST)
    }
}

/// A text that was cut may end in a part of a secret.
fn without_a_cut_one(text: String, secret: &str) -> String {
    let Some((before, after)) = text.split_once('…') else { return text };
    let starts = (START..secret.len()).rev().filter_map(|end| secret.get(..end));
    match starts.into_iter().find_map(|start| before.strip_suffix(start)) {
        Some(before) => format!("{before}{HIDDEN}…{after}"),
        None => text,
    }
}
