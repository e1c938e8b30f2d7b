//! A run with a person at it: its events, its questions and the signals that end it, in one place, so that one hand
//! writes on the terminal.

use std::future::Future;

use agentrun_lang::value::TypeTable;
use agentrun_runtime::driver::{Question, RunEvent};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::screen::Screen;
use crate::stops::Stops;
use crate::terminal::{Asked, Step, Typed};

/// What meets on the terminal while a run goes on.
pub(crate) struct Session<'a> {
    screen: &'a mut Screen,
    types: &'a TypeTable,
    events: UnboundedReceiver<RunEvent>,
    asked: UnboundedReceiver<Question>,
    stops: Stops,
    stopped: Option<Exit>,
    typed: Typed,
    /// Nobody types any more: questions stay unanswered.
    closed: bool,
}

impl<'a> Session<'a> {
    /// Listens to signals from now on.
    pub(crate) fn new(
        screen: &'a mut Screen,
        types: &'a TypeTable,
        events: UnboundedReceiver<RunEvent>,
        asked: UnboundedReceiver<Question>,
    ) -> Self {
        let (stops, typed) = (Stops::new(), Typed::new());
        Self { screen, types, events, asked, stops, stopped: None, typed, closed: false }
    }

    /// Follows a run to its end, and gives how it was asked to end where it was. The first signal fires `cancel`;
    /// `None` where a second one came: whoever asks twice does not wait for what is still ending.
    pub(crate) async fn follow<T>(
        &mut self,
        running: impl Future<Output = T>,
        cancel: &CancellationToken,
    ) -> Option<(T, Exit)> {
        tokio::pin!(running);
        let mut open: Option<Asked> = None;
        // Events come before questions, so that a question stands below what led to it, and none comes while a
        // question is open.
        let ended = loop {
            tokio::select! {
                biased;
                exit = self.stops.next() => {
                    if self.stopped.replace(exit).is_some() {
                        return None;
                    }
                    cancel.cancel();
                }
                Some(event) = self.events.recv(), if open.is_none() => self.screen.show(&event),
                Some(question) = self.asked.recv(), if open.is_none() => open = self.ask(question),
                () = withdrawn(&mut open), if open.is_some() => open = None,
                line = self.typed.line(), if open.is_some() => {
                    open = open.take().and_then(|asked| self.take(asked, line.as_deref()));
                }
                ended = &mut running => break ended,
            }
        };
        while let Ok(event) = self.events.try_recv() {
            self.screen.show(&event);
        }
        self.screen.end_line();
        Some((ended, self.stopped()))
    }

    /// How the program is to end where it was asked to.
    pub(crate) fn stopped(&self) -> Exit {
        self.stopped.unwrap_or(Exit::Interrupted)
    }

    fn ask(&mut self, question: Question) -> Option<Asked> {
        if self.closed {
            return None;
        }
        let (asked, text) = Asked::new(question, self.types);
        self.screen.ask(&text);
        Some(asked)
    }

    fn take(&mut self, asked: Asked, line: Option<&str>) -> Option<Asked> {
        let Some(line) = line else {
            self.closed = true;
            asked.close();
            return None;
        };
        self.screen.typed();
        match asked.take(line, self.types) {
            Step::Answered => None,
            Step::Open(asked, text) => {
                self.screen.ask(&text);
                Some(asked)
            }
        }
    }
}

async fn withdrawn(open: &mut Option<Asked>) {
    match open {
        Some(asked) => asked.withdrawn().await,
        None => std::future::pending().await,
    }
}
