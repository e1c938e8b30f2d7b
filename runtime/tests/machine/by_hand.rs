//! Programs and events that no compiler and no driver would make: the machine ends them, and never panics.

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::ir::{AgentId, Goto, Op, RunAgent, StateId};
use agentrun_lang::value::Value;
use agentrun_runtime::machine::{EffectId, Event, EventKind, Run, RunId, Step, step};

use crate::support::build::{agent, ask, binary, edge, int, program, slot, state};
use crate::support::drive::{begin, model, run_scripted};

fn hello() -> agentrun_lang::ir::Program {
    let greet = state("greet", "ask", ask(slot(0)), vec![edge(None, Goto::Return(Some(slot(1))), vec![])]);
    program(vec![agent("Hello", &["name"], vec![], vec![greet])])
}

#[test]
fn an_ask_returns_its_answer() {
    let driven = run_scripted(&hello(), "Hello", vec![Value::text("ana")], |_| model(Value::text("hi")));
    assert_eq!(driven.value(), Value::text("hi"));
    assert_eq!(driven.started, ["greet#1"]);
    assert_eq!(driven.run.spending().calls, 1);
}

#[test]
fn states_that_go_round_without_an_effect_end_in_a_failure() {
    let a = state("a", "branch", Op::Branch, vec![edge(None, Goto::State(StateId(1)), vec![])]);
    let b = state("b", "branch", Op::Branch, vec![edge(None, Goto::State(StateId(0)), vec![])]);
    let program = program(vec![agent("Round", &[], vec![], vec![a, b])]);
    let driven = run_scripted(&program, "Round", vec![], |_| unreachable!("there is no effect"));
    let (event, message) = driven.failure();
    assert_eq!(event, "failed");
    assert!(message.contains("without an effect"), "{message}");
}

#[test]
fn agents_that_run_each_other_for_ever_end_in_a_failure() {
    let again = Op::Run(RunAgent { agent: AgentId(0), args: vec![], budget: None });
    let deeper = state("deeper", "run", again, vec![edge(None, Goto::Return(None), vec![])]);
    let program = program(vec![agent("Deep", &[], vec![], vec![deeper])]);
    let driven = run_scripted(&program, "Deep", vec![], |_| unreachable!("there is no effect"));
    let (event, message) = driven.failure();
    assert_eq!(event, "failed");
    assert!(message.contains("64th agent"), "{message}");
}

#[test]
fn a_state_without_an_edge_that_holds_is_invalid() {
    let never = binary(BinaryOp::Eq, int(1), int(2));
    let stuck = state("stuck", "branch", Op::Branch, vec![edge(Some(never), Goto::Return(None), vec![])]);
    let program = program(vec![agent("Stuck", &[], vec![], vec![stuck])]);
    let driven = run_scripted(&program, "Stuck", vec![], |_| unreachable!("there is no effect"));
    assert_eq!(driven.failure(), ("invalid".to_owned(), "no edge of `stuck` holds".to_owned()));
}

#[test]
fn an_edge_into_nowhere_is_an_internal_error() {
    let lost = state("lost", "branch", Op::Branch, vec![edge(None, Goto::State(StateId(9)), vec![])]);
    let program = program(vec![agent("Lost", &[], vec![], vec![lost])]);
    let driven = run_scripted(&program, "Lost", vec![], |_| unreachable!("there is no effect"));
    assert!(driven.failure().1.contains("internal error"), "{:?}", driven.failure());
}

#[test]
fn a_wrong_number_of_inputs_is_a_failure() {
    let driven = run_scripted(&hello(), "Hello", vec![], |_| unreachable!("there is no effect"));
    assert_eq!(driven.failure().1, "`Hello` takes 1 values, found 0");
}

#[test]
fn events_that_are_out_of_place_change_nothing() {
    let program = hello();
    let mut run = Run::new(RunId("test".into()));
    let finished = |id: &str, text: &str| Event {
        at: 5,
        kind: EventKind::Finished { effect: EffectId(id.into()), outcome: model(Value::text(text)) },
    };
    let nothing = step(&program, &mut run, finished("greet#1", "too early"));
    assert!(matches!(&nothing, Step::Perform { start, cancel } if start.is_empty() && cancel.is_empty()));
    let first = step(&program, &mut run, begin(&program, "Hello", vec![Value::text("ana")]));
    assert!(matches!(&first, Step::Perform { start, .. } if start.len() == 1));
    let again = step(&program, &mut run, begin(&program, "Hello", vec![Value::text("ben")]));
    assert!(matches!(&again, Step::Perform { start, .. } if start.is_empty()));
    let unknown = step(&program, &mut run, finished("greet#2", "never asked"));
    assert!(matches!(&unknown, Step::Perform { start, .. } if start.is_empty()));
    assert!(matches!(step(&program, &mut run, finished("greet#1", "hi")), Step::Done(_)));
    assert_eq!(run.spending().calls, 1);
    let twice = step(&program, &mut run, finished("greet#1", "hi again"));
    assert!(matches!(twice, Step::Done(value) if value == Value::text("hi")));
    assert_eq!(run.spending().calls, 1);
}

#[test]
fn a_cancel_before_the_beginning_ends_the_run() {
    let mut run = Run::new(RunId("test".into()));
    let step = step(&hello(), &mut run, Event { at: 0, kind: EventKind::Cancel });
    assert!(matches!(step, Step::Failed(error) if error.failure.kind.event() == "canceled"));
}
