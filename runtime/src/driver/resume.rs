//! A run whose process is gone goes on: what its record answers is fed back and not done again; what was under way
//! is done again where that is safe, and put to a person where it is not.

use std::sync::Arc;

use agentrun_lang::ir::{EffectClass, Program, Tool};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::rebuild::{Asked, Next, Rebuilt};
use super::record::Record;
use super::{Driver, Ended, Going, Host, Owed, RunEvent};
use crate::error::{Failure, FailureKind};
use crate::journal::{End, EntryKind, JournalError};
use crate::machine::{Answer, Effect, EffectId, EffectKind, EventKind, Outcome, Spent};
use crate::trace;

/// What became of an effect that was under way when its process went.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// It is to be done again.
    Repeat,
    /// This came of it.
    Ended(Result<Answer, Failure>),
    /// Nobody says: the run waits.
    Open,
}

/// True of a tool that may run twice for one call: it only reads, or it knows a repeated call by its `once`.
pub(super) fn may_repeat(tool: &Tool, once: bool) -> bool {
    tool.effect == EffectClass::Read || once
}

/// The effect that must not be repeated unseen, if this is one.
pub(super) fn doubtful<'p>(effect: &Effect, program: &'p Program) -> Option<&'p Tool> {
    let EffectKind::CallTool(call) = &effect.kind else { return None };
    program.tool(call.tool).filter(|tool| !may_repeat(tool, call.once.is_some()))
}

impl Rebuilt {
    /// Calls of tools that were under way when the process went, that change something and have no `once`: whether
    /// they took place only a person can say.
    pub fn in_doubt<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = &'a Effect> {
        let wanted = self.open.values().filter(|asked| asked.since.is_some()).map(|asked| &asked.effect);
        wanted.filter(|effect| self.is_wanted(&effect.id) && doubtful(effect, program).is_some())
    }

    /// The effects that a person can answer: questions, and calls that are in doubt.
    pub fn questions<'a>(&'a self, program: &'a Program) -> Vec<&'a Effect> {
        let open = self.open.values().filter(|asked| self.is_wanted(&asked.effect.id));
        let asks = |asked: &&Asked| match asked.effect.kind {
            EffectKind::AskHuman(_) | EffectKind::Wait(_) => true,
            EffectKind::CallModel(_) => false,
            EffectKind::CallTool(_) => asked.since.is_some() && doubtful(&asked.effect, program).is_some(),
        };
        open.filter(asks).map(|asked| &asked.effect).collect()
    }

    fn is_wanted(&self, id: &EffectId) -> bool {
        self.machine.open_effects().any(|open| open == id)
    }
}

impl<H: Host> Driver<H> {
    /// Takes a run up where its record ends. The journal gets the entries that follow. One that was over stays as it
    /// ended.
    pub async fn resume(
        &self,
        program: &Arc<Program>,
        rebuilt: Rebuilt,
        cancel: CancellationToken,
    ) -> Result<Ended, JournalError> {
        let span = trace::run(&rebuilt.run, &rebuilt.agent, &program.hash);
        self.take_up(program, rebuilt, cancel).instrument(span).await
    }

    async fn take_up(
        &self,
        program: &Arc<Program>,
        mut rebuilt: Rebuilt,
        cancel: CancellationToken,
    ) -> Result<Ended, JournalError> {
        let spent = |rebuilt: &Rebuilt| Spent { time: rebuilt.machine.spending().time, ..rebuilt.total };
        if let Some(end @ (End::Done { .. } | End::Failed { .. })) = &rebuilt.end {
            return Ok(Ended { end: end.clone(), spent: spent(&rebuilt) });
        }
        self.watch.tell(|| RunEvent::Resumed {
            run: rebuilt.run.to_string(),
            agent: rebuilt.agent.clone(),
            program: program.hash.clone(),
            replayed: rebuilt.replayed,
        });
        let mut record =
            Record::new(self.journal.clone(), self.clock.clone(), rebuilt.run.clone(), rebuilt.seq);
        rebuilt.notes.drain(..).for_each(|note| record.add(note));
        // It was over, and only the record did not say so yet.
        if let Next::Over(end @ (End::Done { .. } | End::Failed { .. })) = &rebuilt.next {
            record.add(EntryKind::Finished { end: end.clone() });
            record.write()?;
            let ended = Ended { end: end.clone(), spent: spent(&rebuilt) };
            self.watch.tell(|| RunEvent::finished(program, &ended.end, ended.spent));
            return Ok(ended);
        }
        let (owed, lost) = self.owed(program, &mut rebuilt).await;
        let mut total = rebuilt.total;
        for (_, spent) in &lost {
            total.add(spent);
        }
        let going = Going { run: rebuilt.machine, record, total, owed };
        self.go_on(program, going, EventKind::Resumed { lost }, cancel).await
    }

    /// What is still to be done, and what went with the process and has to be paid for.
    async fn owed(&self, program: &Program, rebuilt: &mut Rebuilt) -> (Vec<Owed>, Vec<(EffectId, Spent)>) {
        let (mut owed, mut lost) = (Vec::new(), Vec::new());
        let (run, open) = (rebuilt.run.clone(), std::mem::take(&mut rebuilt.open));
        for (id, asked) in open {
            // What waited for a person was not under way.
            let was_under_way = asked.since.is_some() && !rebuilt.machine.is_parked(&id);
            if was_under_way && matches!(asked.effect.kind, EffectKind::CallModel(_)) {
                lost.push((id.clone(), self.host.hold(&run, &asked.effect)));
            }
            if rebuilt.machine.open_effects().any(|open| *open == id) {
                owed.push(self.again(program, asked).await);
            }
        }
        (owed, lost)
    }

    /// An effect that was asked for, as it is to be done now.
    async fn again(&self, program: &Program, Asked { mut effect, since, .. }: Asked) -> Owed {
        let Some(since) = since else { return Owed::new(effect) };
        let mut known = None;
        if doubtful(&effect, program).is_some() {
            known = match self.host.fate(&effect).await {
                Fate::Repeat => None,
                Fate::Ended(result) => Some(result),
                Fate::Open => Some(Ok(Answer::Parked)),
            };
        } else if is_late(&mut effect.kind, since, self.clock.now()) {
            known = Some(Err(Failure::new(FailureKind::Timeout, "nobody answered in time")));
        }
        let known = known.map(|result| Outcome { result, spent: Spent::FREE });
        Owed { effect, known, recorded: true }
    }
}

/// Takes off a person's time what has passed of it since the question was first asked; true where none is left. It
/// runs on while no process does.
fn is_late(kind: &mut EffectKind, since: i64, now: jiff::Timestamp) -> bool {
    let timeout = match kind {
        EffectKind::AskHuman(ask) => &mut ask.timeout,
        EffectKind::Wait(wait) => &mut wait.timeout,
        EffectKind::CallModel(_) | EffectKind::CallTool(_) => return false,
    };
    let passed = u64::try_from(now.as_millisecond().saturating_sub(since)).unwrap_or_default();
    let left = timeout.map(|all| all.saturating_sub(passed));
    *timeout = left;
    left == Some(0)
}
