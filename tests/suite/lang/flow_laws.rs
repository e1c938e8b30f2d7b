//! The proofs against brute force: a small random agent is run in every way it can go, and what the compiler says of
//! its states and its `require`s must agree with what was seen.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write;

use agentrun_lang::compile;
use agentrun_lang::loader::{MemoryLoader, ModulePath};
use proptest::prelude::*;

/// Where an edge goes; a number is taken modulo what there is.
#[derive(Clone, Copy, Debug)]
enum To {
    State(usize),
    Return,
    Next,
    Break,
}

/// `ask sN: R { when .ok -> yes  else -> no  on refused -> refused }`.
#[derive(Clone, Debug)]
struct State {
    yes: To,
    no: To,
    refused: Option<To>,
}

/// An agent: states at the top, and a loop around the last of them.
#[derive(Clone, Debug)]
struct Agent {
    states: Vec<State>,
    /// The first state inside the loop; none inside where it is past the end.
    inside: usize,
    /// The inner state whose `ok` ends the loop, counted from `inside`.
    until: Option<usize>,
    exit: To,
    exhausted: To,
    handler: Option<To>,
}

/// What a run knows: where it is, and of each state whether its result is unset, false or true, and whether it was
/// ever done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Config {
    at: At,
    ok: Vec<Option<bool>>,
    /// A visit that fails leaves the last result, and it counts for no `require` any more.
    counts: Vec<bool>,
    done: Vec<bool>,
    handled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Enter(usize),
    /// The loop is entered, or a round of it is over, or it is left by its normal exit.
    Loop,
    Next,
    Exit,
    End,
}

impl Agent {
    fn loops(&self) -> bool {
        self.inside < self.states.len()
    }

    fn is_inside(&self, state: usize) -> bool {
        state >= self.inside
    }

    /// Targets at the top: its states, and the loop as the one behind them.
    fn tops(&self) -> usize {
        self.inside.min(self.states.len()) + usize::from(self.loops())
    }

    fn resolve(&self, to: To, inside: bool) -> At {
        match to {
            To::State(number) if inside => {
                // out of the loop anything goes, the loop itself too
                let all = self.states.len() + 1;
                let number = number % all;
                if number == self.states.len() { At::Loop } else { At::Enter(number) }
            }
            To::State(number) => {
                let number = number % self.tops();
                if number == self.inside { At::Loop } else { At::Enter(number) }
            }
            To::Next if inside => At::Next,
            To::Break if inside => At::Exit,
            To::Return | To::Next | To::Break => At::End,
        }
    }

    fn written(&self, to: To, inside: bool) -> String {
        match self.resolve(to, inside) {
            At::Enter(state) => format!("s{state}"),
            At::Loop => "around".to_owned(),
            At::Next => "next".to_owned(),
            At::Exit => "break".to_owned(),
            At::End => "return \"end\"".to_owned(),
        }
    }

    fn text(&self, requires: &[String]) -> String {
        let mut text =
            String::from("edition 1\ntype R { ok: bool }\nmodel m { use: [\"openai/gpt-5-mini\"] }\n");
        text += "agent A(q: string): string {\n  budget: { calls: 9 }\n";
        for require in requires {
            let _ = writeln!(text, "  {require}");
        }
        if let Some(to) = self.handler {
            let _ = writeln!(text, "  on error -> {}", self.written(to, false));
        }
        for (index, state) in self.states.iter().enumerate() {
            let inside = self.is_inside(index);
            if index == self.inside {
                text += "  loop around {\n    max: 3\n";
                if let Some(until) = self.until() {
                    let _ = writeln!(text, "    until: s{until}.ok ?? false");
                }
            }
            let _ = writeln!(
                text,
                "  ask s{index}: R {{ model: m  prompt: q  when .ok -> {}  else -> {}",
                self.written(state.yes, inside),
                self.written(state.no, inside)
            );
            if let Some(to) = state.refused {
                let _ = writeln!(text, "    on refused -> {}", self.written(to, inside));
            }
            text += "  }\n";
        }
        if self.loops() {
            let (exit, exhausted) = (self.written(self.exit, false), self.written(self.exhausted, false));
            let _ = writeln!(text, "    -> {exit}\n    on exhausted -> {exhausted}\n  }}");
        }
        text + "}\n"
    }

    fn until(&self) -> Option<usize> {
        let count = self.states.len().checked_sub(self.inside).filter(|count| *count > 0)?;
        self.until.map(|until| self.inside + until % count)
    }

    /// Every configuration that a run can come to.
    fn configs(&self) -> BTreeSet<Config> {
        let count = self.states.len();
        let first = if self.inside == 0 { At::Loop } else { At::Enter(0) };
        let begin = Config {
            at: first,
            ok: vec![None; count],
            counts: vec![false; count],
            done: vec![false; count + 1],
            handled: false,
        };
        let mut seen = BTreeSet::from([begin.clone()]);
        let mut work = VecDeque::from([begin]);
        while let Some(config) = work.pop_front() {
            for next in self.steps(&config) {
                if seen.insert(next.clone()) {
                    work.push_back(next);
                }
            }
        }
        seen
    }

    fn steps(&self, config: &Config) -> Vec<Config> {
        let to = |at: At| Config { at, ..config.clone() };
        match config.at {
            At::End => Vec::new(),
            At::Loop => vec![to(At::Enter(self.inside))],
            At::Next => match self.until() {
                Some(until) if config.ok[until] == Some(true) => vec![to(At::Exit)],
                _ => vec![to(At::Enter(self.inside)), to(self.resolve(self.exhausted, false))],
            },
            At::Exit => {
                let mut next = to(self.resolve(self.exit, false));
                next.done[self.states.len()] = true;
                vec![next]
            }
            At::Enter(index) => {
                let state = &self.states[index];
                let inside = self.is_inside(index);
                let mut all = Vec::new();
                for ok in [true, false] {
                    let mut next = to(self.resolve(if ok { state.yes } else { state.no }, inside));
                    next.ok[index] = Some(ok);
                    next.counts[index] = true;
                    next.done[index] = true;
                    all.push(next);
                }
                if let Some(refused) = state.refused {
                    let mut next = to(self.resolve(refused, inside));
                    next.counts[index] = false;
                    all.push(next);
                }
                if let Some(handler) = self.handler.filter(|_| !config.handled) {
                    let mut next = to(self.resolve(handler, false));
                    next.counts[index] = false;
                    next.handled = true;
                    all.push(next);
                }
                all
            }
        }
    }
}

fn target() -> impl Strategy<Value = To> {
    prop_oneof![
        6 => (0..12_usize).prop_map(To::State),
        2 => Just(To::Return),
        1 => Just(To::Next),
        1 => Just(To::Break),
    ]
}

fn agent(with_more: bool) -> impl Strategy<Value = Agent> {
    let state = (target(), target(), prop::option::of(target())).prop_map(|(yes, no, refused)| State {
        yes,
        no,
        refused,
    });
    let states = prop::collection::vec(state, 2..6);
    let inside = if with_more { 0..6_usize } else { 9..10_usize };
    let handler = prop::option::of(target()).prop_map(move |to| to.filter(|_| with_more));
    let until = prop::option::of(0..6_usize);
    (states, inside, until, target(), target(), handler).prop_map(
        |(states, inside, until, exit, exhausted, handler)| {
            let inside = inside.min(states.len());
            Agent { states, inside, until, exit, exhausted, handler }
        },
    )
}

/// What the compiler says about a text: code and the text it points at.
fn said(text: &str) -> BTreeSet<(String, String)> {
    let entry = ModulePath::file("a.agent");
    let loader = MemoryLoader::default().with(entry.clone(), text);
    let compilation = compile(&entry, &loader);
    let sources = &compilation.modules.sources;
    let found = compilation.diagnostics.sorted().into_iter();
    found.map(|one| (one.code.0.to_owned(), sources.slice(one.primary.span).to_owned())).collect()
}

/// Compares what is said of an agent with its runs. What is never reached is a question of the written edges, so it is
/// the same only where each of them may be taken.
fn compare(agent: &Agent, each_edge_is_taken: bool) {
    let configs = agent.configs();
    let count = agent.states.len();
    let entered = |state: usize| configs.iter().filter(move |config| config.at == At::Enter(state));
    let mut requires = Vec::new();
    for first in 0..count {
        for then in 0..count {
            let done = entered(then).all(|config| config.done[first]);
            let ok = entered(then).all(|config| config.counts[first] && config.ok[first] == Some(true));
            requires.push((format!("require s{first} before s{then}"), done));
            requires.push((format!("require s{first}.ok before s{then}"), ok));
        }
    }
    if agent.loops() {
        for then in 0..count {
            let done = entered(then).all(|config| config.done[count]);
            requires.push((format!("require around before s{then}"), done));
        }
    }
    let texts: Vec<String> = requires.iter().map(|(text, _)| text.clone()).collect();
    let text = agent.text(&texts);
    let said = said(&text);
    let other = said.iter().find(|(code, _)| code.starts_with('E') && !code.starts_with("E04"));
    assert!(other.is_none(), "{other:?}\n{text}");
    for (require, holds) in requires {
        let refused = said.contains(&("E0406".to_owned(), require.clone()));
        assert!(holds || refused, "`{require}` does not hold, and nothing is said\n{text}");
        assert!(!(holds && refused), "`{require}` holds, and is refused\n{text}");
    }
    let unreached: Vec<usize> = (0..count).filter(|state| entered(*state).next().is_none()).collect();
    let lost = said.iter().any(|(code, _)| code == "E0402");
    assert!(!each_edge_is_taken || lost != unreached.is_empty(), "never reached: {unreached:?}\n{text}");
    for state in (0..count).filter(|state| !unreached.contains(state)) {
        let head = ("E0402".to_owned(), format!("ask s{state}"));
        assert!(!said.contains(&head), "s{state} is reached\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each state's own answer chooses its edge: every way of the graph is a run.
    #[test]
    fn proofs_say_no_more_and_no_less_than_is_so(agent in agent(false)) {
        compare(&agent, true);
    }

    /// The same with a loop whose `until` may never hold, its events, and a handler of the agent.
    #[test]
    fn nor_do_they_with_loops_and_handlers(agent in agent(true)) {
        compare(&agent, false);
    }
}
