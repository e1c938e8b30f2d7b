//! A stream of events reads the same however its bytes are cut.
#![no_main]

use agentrun_runtime::call::provider::sse::{Event, Parser};
use libfuzzer_sys::fuzz_target;

fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Event>, u64) {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    for piece in pieces {
        parser.push(piece);
        events.extend(std::iter::from_fn(|| parser.take()));
    }
    parser.finish();
    events.extend(std::iter::from_fn(|| parser.take()));
    (events, parser.skipped())
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = events(std::iter::once(bytes));
    assert_eq!(events(bytes.chunks(usize::from(size).max(1))), whole);
    assert_eq!(events(bytes.chunks(1)), whole);
});
