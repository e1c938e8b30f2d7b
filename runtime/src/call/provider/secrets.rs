//! What may be seen nowhere: the secrets that went out with one request, taken out of all that is said about it.

use secrecy::{ExposeSecret as _, SecretString};

use super::{ModelReply, ProviderError};

/// Shorter ones are no keys, and would tear holes into plain words.
const LEAST: usize = 6;
/// So much of a key's start gives nothing away: `sk-proj-`.
const START: usize = 8;

/// The secrets of one request.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(super) fn add(&mut self, secret: &SecretString) {
        self.0.push(secret.clone());
    }

    /// The same error without them.
    pub(super) fn out_of(&self, error: ProviderError) -> ProviderError {
        ProviderError { message: self.out_of_text(error.message), ..error }
    }

    /// The same reply without them, where it is words about the request.
    pub(super) fn out_of_reply(&self, reply: ModelReply) -> ModelReply {
        ModelReply { refusal: reply.refusal.map(|words| self.out_of_text(words)), ..reply }
    }

    fn out_of_text(&self, mut text: String) -> String {
        for secret in &self.0 {
            let secret = secret.expose_secret().trim();
            if secret.len() >= LEAST {
                text = without_a_cut_one(text.replace(secret, "[key]"), secret);
            }
        }
        text
    }
}

/// A text that was cut may end in a part of a secret.
fn without_a_cut_one(text: String, secret: &str) -> String {
    let starts = |before: &str| {
        (START..secret.len()).rev().filter_map(|end| secret.get(..end)).find(|start| before.ends_with(start))
    };
    let Some((before, after)) = text.split_once('…') else { return text };
    match starts(before) {
        Some(start) => format!("{}[key]…{after}", before.trim_end_matches(start)),
        None => text,
    }
}
