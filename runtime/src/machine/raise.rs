//! Events: a failure on its way from the state where it happened outward, and who handles it.

use agentrun_lang::ast::Name;
use agentrun_lang::ir::On;
use agentrun_lang::span::Span;

use super::RunError;
use crate::error::{Failure, FailureKind};

/// A failure and where it happened. It keeps its place on the way out, so that a message points at its cause.
#[derive(Clone, Debug)]
pub(super) struct Raised {
    /// What happened.
    pub(super) failure: Failure,
    /// What was behind it, tried after its own name: the parts' failures of a `partial`.
    pub(super) causes: Vec<FailureKind>,
    /// Where.
    pub(super) span: Span,
    /// `Support.triage`.
    pub(super) state: Name,
}

impl Raised {
    /// A failure at a place.
    pub(super) fn new(failure: Failure, span: Span, state: Name) -> Box<Self> {
        Box::new(Self { failure, causes: Vec::new(), span, state })
    }

    /// How a run says it.
    pub(super) fn into_error(self) -> RunError {
        RunError { failure: self.failure, span: self.span, state: self.state }
    }

    /// The bound of a budget that is behind it.
    pub(super) fn budget(&self) -> Option<&FailureKind> {
        let bound = |kind: &&FailureKind| matches!(kind, FailureKind::Budget { .. });
        std::iter::once(&self.failure.kind).chain(&self.causes).find(bound)
    }

    /// The handler that catches it among `on`: its own name first, then what was behind it, then `error`. The
    /// place is which `on`, and which of its events.
    pub(super) fn handler(
        &self,
        on: &[On],
        usable: impl Fn((usize, usize)) -> bool,
    ) -> Option<(usize, usize)> {
        let find = |event: &str| {
            on.iter()
                .enumerate()
                .flat_map(|(index, on)| {
                    on.events.iter().enumerate().map(move |(nth, name)| ((index, nth), name))
                })
                .find(|(place, name)| &***name == event && usable(*place))
                .map(|(place, _)| place)
        };
        if on.is_empty() {
            return None;
        }
        find(self.failure.kind.event())
            .or_else(|| self.causes.iter().find_map(|cause| find(cause.event())))
            .or_else(|| if self.is_error() { find("error") } else { None })
    }

    fn is_error(&self) -> bool {
        self.failure.kind.is_error() || self.causes.iter().any(FailureKind::is_error)
    }
}
