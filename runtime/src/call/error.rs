//! Why a call gave no answer, and what the language calls it.

use std::fmt::Write as _;
use std::time::Duration;

use agentrun_lang::ast::Name;

use super::provider::ErrorClass;
use super::provider::endpoint::Known;
use crate::error::{Failure, FailureKind};

/// A candidate and why it did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// `openai/gpt-5-mini`.
    pub target: Name,
    /// What kind of failure; `None` where it was not asked at all.
    pub class: Option<ErrorClass>,
    /// One line.
    pub reason: String,
}

/// Why a call gave no answer. Every message names the pool, what was tried, and the mend.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// A budget has too little left for what the call may come to.
    #[error("pool `{pool}`: {scope} has {left} of its {most} left, and this call may take {asked}{}", help(Some(if *bound == "calls" { "raise the budget's `calls`" } else { "raise the budget, or lower `max_tokens`: a call reserves the most that it may come to" })))]
    Budget {
        /// The pool.
        pool: Name,
        /// The scope that ran out.
        scope: Name,
        /// `cost`, `calls` or `tokens`.
        bound: &'static str,
        /// What the call may come to, with its unit.
        asked: String,
        /// What is left, with its unit.
        left: String,
        /// The whole bound, with its unit.
        most: String,
    },
    /// The `time` of a budget ran out while candidates were asked.
    #[error(
        "pool `{pool}`: the time of {scope} ran out before an answer came{}{}",
        list(tried),
        help(Some("raise the budget's `time`"))
    )]
    TimeUp {
        /// The pool.
        pool: Name,
        /// The scope that ran out.
        scope: Name,
        /// What was asked until then.
        tried: Vec<Tried>,
    },
    /// Nothing in the pool can take this call.
    #[error("no model of pool `{pool}` can take this call{}{}", list(skipped), help(mend.as_deref()))]
    Unroutable {
        /// The pool.
        pool: Name,
        /// Each candidate and why not.
        skipped: Vec<Tried>,
        /// What to write.
        mend: Option<String>,
    },
    /// Every candidate failed.
    #[error("no model of pool `{pool}` answered{}{}", list(tried), help(mend(tried).as_deref()))]
    Unavailable {
        /// The pool.
        pool: Name,
        /// Each candidate and why not.
        tried: Vec<Tried>,
        /// The soonest that one of them wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// A candidate turned the request itself down; another would be no help.
    #[error("pool `{pool}`: {} turned the request down: {}{}", tried.target, tried.reason, help(mend(std::slice::from_ref(tried)).as_deref()))]
    Rejected {
        /// The pool.
        pool: Name,
        /// Which, and why.
        tried: Tried,
    },
    /// The answer broke off after the reader had seen some of it.
    #[error("pool `{pool}`: {} failed after {shown} characters had been shown: {}{}", tried.target, tried.reason, help(if *others { Some("once words were shown no other candidate is asked; with `stream: false` on the state one is".to_string()) } else { mend(std::slice::from_ref(tried)) }.as_deref()))]
    Cut {
        /// The pool.
        pool: Name,
        /// Which, and why.
        tried: Tried,
        /// How much had been shown, and was taken back.
        shown: usize,
        /// Whether somebody else could have been asked.
        others: bool,
    },
    /// The model, or its provider's policy, said no.
    #[error("pool `{pool}`: {target} refused: {words}")]
    Refused {
        /// The pool.
        pool: Name,
        /// Which.
        target: Name,
        /// Its words.
        words: String,
    },
    /// The answer does not fit, and was asked for often enough.
    #[error("pool `{pool}`: the answer of {target} does not fit{}{}", bullets(violations), excerpt(answer))]
    Invalid {
        /// The pool.
        pool: Name,
        /// Which.
        target: Name,
        /// What is wrong with it.
        violations: Vec<String>,
        /// The answer itself.
        answer: String,
    },
    /// A guardrail stepped in.
    #[error("guardrail `{guard}` stopped the {side} of this call: {reason}")]
    Blocked {
        /// Which.
        guard: Name,
        /// `prompt` or `answer`.
        side: &'static str,
        /// Why.
        reason: String,
    },
    /// A file of the prompt could not be read.
    #[error("`{path}` cannot be attached to the prompt: {reason}")]
    Media {
        /// Which.
        path: Name,
        /// Why not.
        reason: String,
    },
    /// The program asks for what this version of the line does not do.
    #[error("pool `{pool}`: {what}")]
    NotYet {
        /// The pool.
        pool: Name,
        /// What.
        what: String,
    },
}

impl CallError {
    /// What the machine sees of it. A call that failed has changed nothing in the world.
    pub fn failure(&self) -> Failure {
        let kind = match self {
            Self::Budget { scope, bound, .. } => {
                FailureKind::Budget { scope: scope.to_string(), bound: (*bound).to_string() }
            }
            Self::TimeUp { scope, .. } => {
                FailureKind::Budget { scope: scope.to_string(), bound: "time".to_string() }
            }
            Self::Unavailable { .. } | Self::Cut { .. } => FailureKind::Unavailable,
            Self::Refused { .. } => FailureKind::Refused,
            Self::Invalid { .. } => FailureKind::Invalid,
            Self::Blocked { .. } => FailureKind::Blocked,
            Self::Unroutable { .. } | Self::Rejected { .. } | Self::Media { .. } | Self::NotYet { .. } => {
                FailureKind::Failed
            }
        };
        let retry_after = if let Self::Unavailable { retry_after, .. } = self { *retry_after } else { None };
        Failure { retry_after, ..Failure::new(kind, self.to_string()) }
    }
}

fn list(tried: &[Tried]) -> String {
    tried.iter().fold(String::new(), |mut text, one| {
        let _ = write!(text, "\n  {}: {}", one.target, one.reason);
        text
    })
}

fn bullets(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = write!(text, "\n  - {line}");
        text
    })
}

fn help(mend: Option<&str>) -> String {
    mend.map(|mend| format!("\nhelp: {mend}")).unwrap_or_default()
}

/// As much of an answer as a person wants to see below an error.
fn excerpt(answer: &str) -> String {
    const MOST: usize = 300;
    let answer = answer.trim();
    if answer.is_empty() {
        return String::new();
    }
    let cut: String = answer.chars().take(MOST).collect();
    let more = if cut.len() < answer.len() { " …" } else { "" };
    format!("\nit answered: {cut}{more}")
}

/// What a person can do about it: by the failure that says most about the set-up.
fn mend(tried: &[Tried]) -> Option<String> {
    use ErrorClass as E;
    let (class, one) = MENDABLE
        .iter()
        .find_map(|class| Some((*class, tried.iter().find(|one| one.class == Some(*class))?)))?;
    let provider = one.target.split('/').next().unwrap_or_default();
    Some(match class {
        E::Unauthorized => format!("check the key of provider `{provider}`"),
        E::Quota => format!("add money to the account at `{provider}`, or use another key"),
        E::NotFound => format!("check the model's name and the address of {}", address(provider)),
        E::Command | E::BadFormat | E::Empty if provider == EXEC => {
            "run the command by hand with the prompt on its standard input".to_string()
        }
        E::Transient => {
            "raise the pool's `retry`, or add a target of another provider to its `use`".to_string()
        }
        E::BadFormat => {
            format!(
                "check the address of {}: what answers there does not speak its language",
                address(provider)
            )
        }
        E::Empty => format!(
            "raise the pool's `retry`, for a model may say nothing once; or check the address of {}",
            address(provider)
        ),
        E::NotConfigured if provider == EXEC => {
            "install it, or name another in the pool's `exec`".to_string()
        }
        // Its words say what to do.
        E::NotConfigured => return None,
        E::ContextLength => {
            "shorten the prompt, or add a model with a larger window to the pool's `use`".to_string()
        }
        E::Connect | E::Tls => {
            format!("check that the server runs and the address of {} is right", address(provider))
        }
        E::TimeoutTotal | E::TimeoutFirstToken | E::TimeoutIdle => {
            "raise the pool's `timeout`, or add a target of another provider to its `use`".to_string()
        }
        _ => "add a target of another provider to the pool's `use`: it takes over when this one fails"
            .to_string(),
    })
}

/// A command's targets begin with it.
const EXEC: &str = "exec";

/// A provider by its name, and where its address is set.
fn address(provider: &str) -> String {
    let known = Known::named(provider);
    let variable = known.and_then(|known| known.url_vars.first());
    let set = variable.map_or_else(|| "`url`".to_string(), |variable| format!("`{variable}` or `url`"));
    let usual = known.and_then(|known| known.url).filter(|url| !url.is_empty());
    let usual = usual.map(|url| format!("; the usual one is {url}")).unwrap_or_default();
    format!("`{provider}` ({set}{usual})")
}

/// Failures that a change of the set-up mends, the most telling first. What the provider's own words explain better
/// is not among them.
const MENDABLE: &[ErrorClass] = &[
    ErrorClass::Unauthorized,
    ErrorClass::Quota,
    ErrorClass::NotFound,
    ErrorClass::ContextLength,
    ErrorClass::Connect,
    ErrorClass::Tls,
    ErrorClass::TimeoutTotal,
    ErrorClass::TimeoutFirstToken,
    ErrorClass::TimeoutIdle,
    ErrorClass::RateLimited,
    ErrorClass::Transient,
    ErrorClass::Server,
    ErrorClass::Command,
    ErrorClass::Truncated,
    ErrorClass::BadFormat,
    ErrorClass::Empty,
    ErrorClass::Unsupported,
    ErrorClass::TooLarge,
    ErrorClass::NotConfigured,
];
