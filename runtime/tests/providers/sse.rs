//! Server-sent events, in whatever pieces their bytes come.

use agentrun_runtime::call::provider::sse::{Event, Parser};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = Vec::new();
    for piece in pieces {
        parser.push(piece);
        events.extend(std::iter::from_fn(|| parser.take()));
    }
    parser.finish();
    events.extend(std::iter::from_fn(|| parser.take()));
    events
}

#[test]
fn events() {
    let event = |name: &str, data: &str| Event { name: name.into(), data: data.into() };
    let cases: Vec<(&[u8], Vec<Event>)> = vec![
        (b"data: a\n\n", vec![event("", "a")]),
        (b"data:a\n\n", vec![event("", "a")]),
        (b"data:  a\n\n", vec![event("", " a")]),
        (b"data\n\n", vec![event("", "")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", vec![event("", "a"), event("", "b"), event("", "c")]),
        (b"data: a\ndata: b\n\n", vec![event("", "a\nb")]),
        (b"event: x\ndata: a\n\ndata: b\n\n", vec![event("x", "a"), event("", "b")]),
        (b": comment\n\n:\n\nid: 1\nretry: 5\n\n", vec![]),
        (b"event: x\n\n", vec![]),
        (b"\xEF\xBB\xBFdata: a\n\n", vec![event("", "a")]),
        (b"\n\n\n\ndata: a\n\n\n\n", vec![event("", "a")]),
        ("data: \u{1F69A}\n\n".as_bytes(), vec![event("", "\u{1F69A}")]),
        (b"data: \xFF\n\n", vec![event("", "\u{FFFD}")]),
        // The end of the bytes ends what is open.
        (b"data: a\n", vec![event("", "a")]),
        (b"data: a", vec![event("", "a")]),
        (b"data: a\r", vec![event("", "a")]),
        (b"dat", vec![]),
        (b"", vec![]),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parse([bytes]), expected, "{:?}", String::from_utf8_lossy(bytes));
        assert_eq!(parse(bytes.chunks(1)), expected, "byte by byte: {:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn what_is_too_big_is_left_out_and_counted() {
    let mut parser = Parser::default();
    let long = vec![b'x'; 9 << 20];
    parser.push(b"data: a\n\ndata: ");
    parser.push(&long);
    parser.push(b"\n\ndata: b\n\n");
    // Many lines that are too much together.
    for _ in 0..10 {
        parser.push(b"data: ");
        parser.push(&long[..1 << 20]);
        parser.push(b"\n");
    }
    parser.push(b"\ndata: c\n\n");
    let data: Vec<String> = std::iter::from_fn(|| parser.take()).map(|event| event.data).collect();
    assert_eq!(data, ["a", "b", "c"]);
    assert_eq!(parser.skipped(), 2);
}

/// Bytes that look like events, and some that do not.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"data".to_vec()),
        Just(b"event: e".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n\n".to_vec()),
        Just(b": c".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just("é🚚".as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_events(bytes in stream(), cuts in vec(any::<proptest::sample::Index>(), 0..12)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        assert_eq!(parse(pieces), parse([bytes.as_slice()]));
        assert_eq!(parse(bytes.chunks(1)), parse([bytes.as_slice()]));
    }
}
