//! What may still be spent: one account a scope, charged with what outcomes settled, each inside the one around
//! it. Nothing is reserved here; the call line reserves, and a replay of the same outcomes gives the same sums.

use agentrun_lang::ir::{Bounds, Budget};

use super::arena::{Arena, Key};
use super::{EffectKind, Scope, ScopeId, Spending, Spent};
use crate::error::{Failure, FailureKind};

/// A scope's account, and the accounts around it.
#[derive(Debug)]
pub(super) struct Account {
    id: ScopeId,
    outer: Option<Key<Account>>,
    bounds: Bounds,
    /// Taken off the cost until the agent's `on budget` is followed.
    reserve: i64,
    spent: Spending,
    /// Open effects that count as running time, and since when there was one.
    busy: u32,
    since: i64,
}

/// What an effect can spend, and so what must have some left before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spends {
    /// A model call: everything.
    All,
    /// A tool call: time.
    Time,
    /// A person: nothing, a durable wait's time does not count.
    Nothing,
}

impl Spends {
    /// What an effect of this kind can spend.
    pub(super) fn of(kind: &EffectKind) -> Self {
        match kind {
            EffectKind::CallModel(_) => Self::All,
            EffectKind::CallTool(_) => Self::Time,
            EffectKind::AskHuman(_) | EffectKind::Wait(_) => Self::Nothing,
        }
    }
}

/// Every account of a run.
#[derive(Debug)]
pub(super) struct Budgets {
    accounts: Arena<Account>,
    whole: Key<Account>,
    /// True once a model call's price was unknown.
    pub(super) unknown_cost: bool,
}

impl Budgets {
    /// The whole run's account alone, which bounds nothing.
    pub(super) fn new() -> Self {
        let mut accounts = Arena::new();
        let whole = accounts.insert(Account::new("run".into(), None, Bounds::default(), 0));
        Self { accounts, whole, unknown_cost: false }
    }

    /// The whole run's account.
    pub(super) fn whole(&self) -> Key<Account> {
        self.whole
    }

    /// Opens an account inside another.
    pub(super) fn open(&mut self, id: ScopeId, outer: Key<Account>, bounds: Bounds) -> Key<Account> {
        self.accounts.insert(Account::new(id, Some(outer), bounds, 0))
    }

    /// Opens an agent's account, which keeps its reserve back.
    pub(super) fn open_agent(&mut self, id: ScopeId, outer: Key<Account>, budget: &Budget) -> Key<Account> {
        let reserve = budget.reserve.unwrap_or(0);
        self.accounts.insert(Account::new(id, Some(outer), budget.bounds, reserve))
    }

    /// Closes the accounts from `inner` outward, up to `outer`, which stays.
    pub(super) fn close(&mut self, inner: Key<Account>, outer: Key<Account>) {
        let mut at = inner;
        while at != outer {
            let Some(account) = self.accounts.remove(at) else { return };
            let Some(next) = account.outer else { return };
            at = next;
        }
    }

    /// Gives back what was kept for the path behind the agent's `on budget`.
    pub(super) fn release(&mut self, key: Key<Account>) {
        if let Some(account) = self.accounts.get_mut(key) {
            account.reserve = 0;
        }
    }

    /// Charges what an outcome cost to every account around it.
    pub(super) fn charge(&mut self, inner: Key<Account>, spent: &Spent) {
        self.unknown_cost |= spent.calls > 0 && spent.cost.is_none();
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get_mut(key)) {
            account.add(spent);
            at = account.outer;
        }
    }

    /// Charges a late outcome to those of its accounts that are still there.
    pub(super) fn charge_late(&mut self, accounts: &[Key<Account>], spent: &Spent) {
        self.unknown_cost |= spent.calls > 0 && spent.cost.is_none();
        for key in accounts {
            if let Some(account) = self.accounts.get_mut(*key) {
                account.add(spent);
            }
        }
    }

    /// The accounts from `inner` outward.
    pub(super) fn chain(&self, inner: Key<Account>) -> Box<[Key<Account>]> {
        let outward = |key: &Key<Account>| self.accounts.get(*key).and_then(|account| account.outer);
        std::iter::successors(Some(inner), outward).collect()
    }

    /// An effect whose time counts begins.
    pub(super) fn work(&mut self, inner: Key<Account>, now: i64) {
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get_mut(key)) {
            if account.busy == 0 {
                account.since = now;
            }
            account.busy += 1;
            at = account.outer;
        }
    }

    /// So many milliseconds passed in which nobody worked.
    pub(super) fn skip(&mut self, gap: i64) {
        for account in self.accounts.values_mut().filter(|account| account.busy > 0) {
            account.since = account.since.saturating_add(gap);
        }
    }

    /// It ended.
    pub(super) fn rest(&mut self, inner: Key<Account>, now: i64) {
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get_mut(key)) {
            account.spent.time = account.time(now);
            account.since = now;
            account.busy = account.busy.saturating_sub(1);
            at = account.outer;
        }
    }

    /// What the whole run has spent.
    pub(super) fn spending(&self, now: i64) -> Spending {
        self.accounts.get(self.whole).map(|account| account.spending(now)).unwrap_or_default()
    }

    /// The bounded scopes around an effect, outermost first, and the milliseconds that all of them have left.
    /// Refused by the innermost that has nothing left.
    pub(super) fn scopes(
        &self,
        inner: Key<Account>,
        spends: Spends,
        now: i64,
    ) -> Result<(Vec<Scope>, Option<u64>), Failure> {
        let (mut scopes, mut time_left) = (Vec::new(), None);
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get(key)) {
            at = account.outer;
            if account.bounds == Bounds::default() {
                continue;
            }
            if let Some(bound) = account.exhausted(spends, now) {
                return Err(account.failure(bound, now));
            }
            let scope = account.scope(now);
            if let Some(time) = scope.bounds.time {
                let left = time.saturating_sub(scope.spent.time);
                time_left = Some(time_left.map_or(left, |least: u64| least.min(left)));
            }
            scopes.push(scope);
        }
        scopes.reverse();
        Ok((scopes, if spends == Spends::Nothing { None } else { time_left }))
    }

    /// The failure of one account that has nothing left of a bound.
    pub(super) fn exhausted(&self, key: Key<Account>, now: i64) -> Option<Failure> {
        let account = self.accounts.get(key)?;
        account.exhausted(Spends::All, now).map(|bound| account.failure(bound, now))
    }

    /// The scope around `inner` whose time ran out first: what a host that ended an effect for it could not name.
    pub(super) fn out_of_time(&self, inner: Key<Account>, now: i64) -> Option<ScopeId> {
        let mut least: Option<(u64, ScopeId)> = None;
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get(key)) {
            if let Some(bound) = account.bounds.time {
                let left = bound.saturating_sub(account.time(now));
                if least.as_ref().is_none_or(|(known, _)| left < *known) {
                    least = Some((left, account.id.clone()));
                }
            }
            at = account.outer;
        }
        least.map(|(_, id)| id)
    }

    /// True where the scope of that name is `inner` or around it.
    pub(super) fn encloses(&self, inner: Key<Account>, scope: &str) -> bool {
        let mut at = Some(inner);
        while let Some(account) = at.and_then(|key| self.accounts.get(key)) {
            if &*account.id == scope {
                return true;
            }
            at = account.outer;
        }
        false
    }
}

impl Account {
    fn new(id: ScopeId, outer: Option<Key<Self>>, bounds: Bounds, reserve: i64) -> Self {
        Self { id, outer, bounds, reserve, spent: Spending::default(), busy: 0, since: 0 }
    }

    fn add(&mut self, spent: &Spent) {
        self.spent.cost = self.spent.cost.saturating_add(spent.cost.unwrap_or(0).max(0));
        self.spent.calls = self.spent.calls.saturating_add(spent.calls);
        self.spent.tokens = self.spent.tokens.saturating_add(spent.input).saturating_add(spent.output);
    }

    /// Running time so far, in milliseconds.
    fn time(&self, now: i64) -> u64 {
        let open = if self.busy > 0 { now.saturating_sub(self.since) } else { 0 };
        self.spent.time.saturating_add(u64::try_from(open).unwrap_or(0))
    }

    fn spending(&self, now: i64) -> Spending {
        Spending { time: self.time(now), ..self.spent }
    }

    fn scope(&self, now: i64) -> Scope {
        Scope { id: self.id.clone(), bounds: self.usable(), spent: self.spending(now) }
    }

    fn usable(&self) -> Bounds {
        Bounds { cost: self.bounds.cost.map(|cost| cost.saturating_sub(self.reserve).max(0)), ..self.bounds }
    }

    /// The bound that has nothing left. A cost of zero lets through what may be free; the call line refuses
    /// what is not.
    fn exhausted(&self, spends: Spends, now: i64) -> Option<&'static str> {
        if spends == Spends::Nothing {
            return None;
        }
        if self.bounds.time.is_some_and(|time| self.time(now) >= time) {
            return Some("time");
        }
        if spends == Spends::Time {
            return None;
        }
        let cost_gone = |cost: i64| self.spent.cost >= cost && self.spent.cost > 0;
        if self.usable().cost.is_some_and(cost_gone) {
            return Some("cost");
        }
        if self.bounds.calls.is_some_and(|calls| self.spent.calls >= calls) {
            return Some("calls");
        }
        self.bounds.tokens.is_some_and(|tokens| self.spent.tokens >= tokens).then_some("tokens")
    }

    fn failure(&self, bound: &'static str, now: i64) -> Failure {
        let spent = self.spending(now);
        let kept = if self.reserve > 0 { ", a reserve kept back" } else { "" };
        let figures = match bound {
            "cost" => {
                format!("{} of {}{kept}", dollars(spent.cost), dollars(self.usable().cost.unwrap_or(0)))
            }
            "time" => format!("{} ms of {} ms", spent.time, self.bounds.time.unwrap_or(0)),
            "calls" => format!("{} of {}", spent.calls, self.bounds.calls.unwrap_or(0)),
            _ => format!("{} of {}", spent.tokens, self.bounds.tokens.unwrap_or(0)),
        };
        let message = format!("the budget of `{}` ran out: {bound} {figures}", self.id);
        Failure::new(FailureKind::Budget { scope: self.id.to_string(), bound: bound.to_owned() }, message)
    }
}

/// Billionths of a dollar as `$0.25`, without needless zeros.
fn dollars(nanos: i64) -> String {
    let text = format!("{}.{:09}", nanos / 1_000_000_000, (nanos % 1_000_000_000).abs());
    let short = text.trim_end_matches('0');
    let decimals = short.rsplit('.').next().map_or(0, str::len);
    format!("${short}{}", "0".repeat(2_usize.saturating_sub(decimals)))
}
