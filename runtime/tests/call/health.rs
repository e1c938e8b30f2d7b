//! What calls learn of a target from one another.

use std::time::Duration;

use agentrun_runtime::call::failover::{Admission, Breakers, Rest, Seat, backoff, rule};
use agentrun_runtime::call::provider::{ErrorClass, ProviderError};

use crate::support::{Act, Actor, Stage, error};

fn seat() -> Seat {
    Seat { target: "p0/m".into(), key: 0 }
}

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn five_failures_in_a_row_open_the_breaker_and_one_probe_closes_it() {
    let (breakers, seat) = (Breakers::default(), seat());
    for _ in 0..4 {
        breakers.failed(&seat, ErrorClass::Server, None, at(0));
        assert_eq!(breakers.admission(&seat, at(0)), Admission::Now);
    }
    breakers.failed(&seat, ErrorClass::Server, None, at(0));
    assert!(
        matches!(breakers.admission(&seat, at(0)), Admission::In(wait) if wait >= at(4) && wait <= at(5))
    );
    // Half open: one goes in, the others wait for what it finds.
    assert!(breakers.enter(&seat, at(6)));
    assert!(!breakers.enter(&seat, at(6)));
    assert!(matches!(breakers.admission(&seat, at(6)), Admission::In(_)));
    breakers.failed(&seat, ErrorClass::Server, None, at(6));
    assert!(
        matches!(breakers.admission(&seat, at(6)), Admission::In(wait) if wait >= at(8) && wait <= at(10))
    );
    assert!(breakers.enter(&seat, at(17)));
    breakers.well(&seat, at(17));
    assert_eq!(breakers.admission(&seat, at(17)), Admission::Now);
}

#[test]
fn a_probe_that_was_cut_off_lets_the_next_one_in() {
    let (breakers, seat) = (Breakers::default(), seat());
    (0..5).for_each(|_| breakers.failed(&seat, ErrorClass::Connect, None, at(0)));
    assert!(breakers.enter(&seat, at(6)));
    breakers.abandoned(&seat);
    assert!(breakers.enter(&seat, at(6)));
}

#[test]
fn what_a_client_does_wrong_is_not_held_against_the_target() {
    let (breakers, seat) = (Breakers::default(), seat());
    for class in
        [ErrorClass::BadRequest, ErrorClass::ContentPolicy, ErrorClass::ContextLength, ErrorClass::TooLarge]
    {
        (0..10).for_each(|_| breakers.failed(&seat, class, None, at(0)));
        assert_eq!(breakers.admission(&seat, at(0)), Admission::Now, "{class:?}");
    }
}

#[test]
fn retry_after_never_gets_shorter() {
    let (breakers, seat) = (Breakers::default(), seat());
    breakers.failed(&seat, ErrorClass::RateLimited, Some(at(30)), at(0));
    breakers.failed(&seat, ErrorClass::RateLimited, Some(at(1)), at(0));
    // A call that was under way already and ends well does not shorten it either.
    breakers.well(&seat, at(0));
    assert_eq!(breakers.admission(&seat, at(0)), Admission::In(at(30)));
    assert_eq!(breakers.admission(&seat, at(30)), Admission::Now);
}

#[test]
fn lasting_trouble_puts_a_target_last_and_does_not_shut_it_out() {
    for class in [ErrorClass::Quota, ErrorClass::Unauthorized, ErrorClass::NotFound] {
        let (breakers, seat) = (Breakers::default(), seat());
        breakers.failed(&seat, class, None, at(0));
        assert_eq!(breakers.admission(&seat, at(1)), Admission::Last, "{class:?}");
        assert!(matches!(rule(class).rest, Rest::Last(_)));
    }
}

#[test]
fn backoff_doubles_with_full_jitter_and_is_bounded() {
    for n in 0..40 {
        let bound = Duration::from_millis(500).saturating_mul(2_u32.saturating_pow(n)).min(at(20));
        assert!((0..50).all(|_| backoff(n) <= bound));
    }
}

#[tokio::test(start_paused = true)]
async fn a_limited_target_is_left_alone_by_the_next_call() {
    let limited = ProviderError { retry_after: Some(at(20)), ..error(ErrorClass::RateLimited) };
    let first = Actor::new([Act::FailWith(Box::new(limited)), Act::Say("first")]);
    let second = Actor::new([Act::Say("second")]);
    let stage = Stage::of(&[&first, &second]);
    let line = stage.line();
    assert!(line.perform(stage.request("one")).await.result.is_ok());
    assert!(line.perform(stage.request("two")).await.result.is_ok());
    assert_eq!((first.times(), second.times()), (1, 2));
    tokio::time::advance(at(21)).await;
    assert!(line.perform(stage.request("three")).await.result.is_ok());
    assert_eq!((first.times(), second.times()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn with_everyone_resting_the_soonest_is_waited_for_where_it_fits() {
    let limited = |seconds| {
        let error = ProviderError { retry_after: Some(at(seconds)), ..error(ErrorClass::RateLimited) };
        Actor::new([Act::FailWith(Box::new(error)), Act::Say("hello")])
    };
    let (first, second) = (limited(30), limited(12));
    let mut stage = Stage::of(&[&first, &second]);
    let line = stage.line();
    let failed = line.perform(stage.request("one")).await.result.unwrap_err();
    assert_eq!(failed.retry_after, Some(at(12)));
    let started = tokio::time::Instant::now();
    assert!(line.perform(stage.request("two")).await.result.is_ok());
    assert_eq!((started.elapsed().as_secs(), first.times(), second.times()), (12, 1, 2));
    // Where it does not fit, the call ends at once and says when to come back.
    let (first, second) = (limited(30), limited(12));
    let other = Stage::of(&[&first, &second]);
    stage.pool = other.pool;
    stage.shared = other.shared;
    stage.time_left = Some(5_000);
    let line = stage.line();
    let _ = line.perform(stage.request("one")).await;
    let started = tokio::time::Instant::now();
    let failed = line.perform(stage.request("two")).await.result.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 0);
    assert_eq!(failed.retry_after.map(|wait| wait.as_secs()), Some(12));
    assert_eq!(
        failed.message,
        "no model of pool `fast` answered\n  \
         p0/m: not asked: it rests for another 30 s after earlier failures\n  \
         p1/m: not asked: it rests for another 12 s after earlier failures"
    );
}
