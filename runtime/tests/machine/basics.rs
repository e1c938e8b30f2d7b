//! Programs by hand.

use agentrun_lang::ast::BinaryOp;
use agentrun_lang::ir::{Goto, Loop, Op, StateId};
use agentrun_lang::value::Value;

use crate::support::build::{agent, ask, binary, edge, int, program, slot, state};
use crate::support::drive::{model, run_scripted};

#[test]
fn an_ask_returns_its_answer() {
    let greet = state("greet", "ask", ask(slot(0)), vec![edge(None, Goto::Return(Some(slot(1))), vec![])]);
    let hello = program(vec![agent("Hello", &["name"], vec![], vec![greet])]);
    let driven = run_scripted(&hello, "Hello", vec![Value::text("ana")], |_| (model(Value::text("hi")), 7));
    assert_eq!(driven.value(), Value::text("hi"));
    assert_eq!(driven.started, ["greet#1"]);
    assert_eq!((driven.run.spending().time, driven.run.spending().calls), (7, 1));
}

#[test]
fn a_loop_counts_its_rounds_and_a_var_is_set_on_the_way() {
    let work = Loop {
        first: StateId(1),
        until: Some(binary(BinaryOp::Ge, slot(0), int(3))),
        max: Some(10),
        budget: None,
        stall: None,
        fresh: false,
        carry: vec![],
    };
    let rounds = state("work", "loop", Op::Loop(work), vec![edge(None, Goto::Return(Some(slot(1))), vec![])]);
    let mut inner = state(
        "one",
        "let",
        Op::Let(binary(BinaryOp::Add, slot(0), int(1))),
        vec![edge(None, Goto::Next, vec![(0, slot(2))])],
    );
    inner.parent = Some(StateId(0));
    let program = program(vec![agent("Count", &[], vec![("n", int(0))], vec![rounds, inner])]);
    let driven = run_scripted(&program, "Count", vec![], |_| unreachable!("there is no effect"));
    assert_eq!(driven.value(), Value::record([("rounds", Value::Int(3))]));
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
