//! What an expression can read: an agent's bindings, the state's own result, the run's meters, the moment.

use std::fmt::{self, Debug, Formatter};

use indexmap::IndexMap;

use crate::ast::Name;
use crate::ir::{ExpectFunction, MemoryId, Meter, SlotId};
use crate::value::{Date, Labeled, Money, Record, TypeTable, Value};

/// Looks an environment variable up, for `env.X` in declarations.
pub type Variables<'a> = &'a (dyn Fn(&str) -> Option<String> + 'a);

/// What only a test's expressions read: a run that is over, and files beside the program.
pub trait Observed {
    /// What `expect` reads of the run; the arguments are computed already. An error is one lowercase line.
    fn observe(&self, function: ExpectFunction, args: &[Value]) -> Result<Value, String>;

    /// `file("path")`: the text of a file.
    fn file(&self, path: &str) -> Result<Value, String>;
}

/// What an expression can read.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Declared types.
    pub types: &'a TypeTable,
    /// Bindings by [`SlotId`]; what was never set is `None` and reads as `null`.
    pub slots: &'a [Option<Labeled>],
    /// Bindings that hide `slots`: a parallel part's element. Short; searched from the front.
    pub overlay: &'a [(SlotId, Labeled)],
    /// Texts of `file` memories as they were when the state was entered.
    pub memories: &'a [(MemoryId, Labeled)],
    /// The state's own result.
    pub own: Option<&'a Labeled>,
    /// What the run has spent.
    pub meters: Meters,
    /// The moment the state was entered.
    pub now: Option<Date>,
    /// What a pool's edges read.
    pub routing: Option<&'a Routing>,
    /// Environment variables; only declarations read them.
    pub variables: Option<Variables<'a>>,
    /// What a test reads.
    pub observed: Option<&'a dyn Observed>,
}

/// What a run has spent, as `cost time calls tokens` read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meters {
    /// Billionths of a dollar.
    pub cost: i64,
    /// Milliseconds.
    pub time: u64,
    /// Model calls.
    pub calls: u64,
    /// Input and output tokens.
    pub tokens: u64,
}

/// What a pool's edges read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// `caller`, `task`, `difficulty`, `prompt_tokens` by name.
    pub facts: Record,
    /// `latency(p)` by pool.
    pub latency: IndexMap<Name, Value>,
    /// `price(p)` by pool.
    pub price: IndexMap<Name, Value>,
}

impl<'a> Env<'a> {
    /// Bindings alone.
    pub fn new(types: &'a TypeTable, slots: &'a [Option<Labeled>]) -> Self {
        Self {
            types,
            slots,
            overlay: &[],
            memories: &[],
            own: None,
            meters: Meters::default(),
            now: None,
            routing: None,
            variables: None,
            observed: None,
        }
    }

    /// The binding of a slot, an overlay's first.
    pub(super) fn slot(&self, id: SlotId) -> Option<&'a Labeled> {
        let hidden = self.overlay.iter().find(|(known, _)| *known == id).map(|(_, value)| value);
        hidden.or_else(|| self.slots.get(id.index()).and_then(Option::as_ref))
    }

    pub(super) fn meter(&self, meter: Meter) -> Value {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        match meter {
            Meter::Cost => Value::Money(Money::usd_nanos(i128::from(self.meters.cost))),
            Meter::Time => Value::Duration(whole(self.meters.time)),
            Meter::Calls => Value::Int(whole(self.meters.calls)),
            Meter::Tokens => Value::Int(whole(self.meters.tokens)),
        }
    }
}

impl Debug for Env<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("slots", &self.slots)
            .field("overlay", &self.overlay)
            .field("memories", &self.memories)
            .field("own", &self.own)
            .field("meters", &self.meters)
            .field("now", &self.now)
            .field("routing", &self.routing)
            .finish_non_exhaustive()
    }
}
