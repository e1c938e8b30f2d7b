//! Every recorded answer in `wire/`, asked for as a stream where its name begins with `stream`, and what is made of it.

use agentrun_runtime::call::provider::endpoint::Kind;

use crate::server::Act;
use crate::support::{ask_acts, chunked, plain, print, whole};

fn check(path: &std::path::Path, name: &str, kind: &Kind, model: &str) {
    let fixture = std::fs::read_to_string(path).unwrap();
    let mut request = plain(model);
    request.stream = path.file_name().unwrap().to_str().unwrap().starts_with("stream");
    let stream = fixture.contains("event-stream");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = |acts| {
        let (server, deltas, reply) = runtime.block_on(ask_acts(name, kind.clone(), &request, acts));
        print(&deltas, &reply).replace(&server.url, "http://here")
    };
    let found = if stream { answer(chunked(&fixture, 1 << 20)) } else { answer(whole(&fixture)) };
    // However a stream's bytes are cut, the answer is the same.
    for size in [1, 7].into_iter().filter(|_| stream) {
        assert_eq!(answer(chunked(&fixture, size)), found, "in pieces of {size}");
    }
    insta::with_settings!({ omit_expression => true, snapshot_path => path.parent().unwrap(), prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("made", found);
    });
}

#[test]
fn chat_completions() {
    insta::glob!("wire/chat/*.http", |path| check(path, "compat", &Kind::Compatible, "some-model"));
}

#[test]
fn responses() {
    insta::glob!("wire/responses/*.http", |path| check(path, "openai", &Kind::OpenAi, "gpt-5.3-codex"));
}

#[test]
fn messages() {
    insta::glob!("wire/messages/*.http", |path| {
        check(path, "anthropic", &Kind::Anthropic, "claude-sonnet-4-5");
    });
}

#[test]
fn gemini() {
    insta::glob!("wire/gemini/*.http", |path| check(path, "google", &Kind::Gemini, "gemini-2.5-flash"));
}

/// The places at which each recorded stream is cut.
const CUTS: usize = 11;

/// However a recorded stream is cut, what comes of it is an error, or the whole answer where only what stands behind it
/// was lost.
fn cut(folder: &str, name: &str, kind: &Kind, model: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers/wire").join(folder);
    let mut request = plain(model);
    request.stream = true;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut streams = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture = std::fs::read_to_string(&path).unwrap();
        if !fixture.contains("event-stream") {
            continue;
        }
        streams += 1;
        let answer = |acts| runtime.block_on(ask_acts(name, kind.clone(), &request, acts)).2;
        let (head, body) = fixture.split_once("\n\n").unwrap();
        let head = head.split_once('\n').unwrap().1.replace('\n', "\r\n");
        let uncut = answer(whole(&fixture));
        for at in (0..CUTS).map(|n| body.len() * n / CUTS) {
            let mut bytes = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{head}\r\n\r\n").into_bytes();
            bytes.extend_from_slice(&body.as_bytes()[..at]);
            if let Ok(reply) = answer(vec![Act::Send(bytes)]) {
                let uncut = uncut.as_ref().expect("a part of an error is no answer");
                let place = format!("{} cut at {at}", path.display());
                assert_eq!(
                    (&reply.text, reply.tool_calls),
                    (&uncut.text, uncut.tool_calls.clone()),
                    "{place}"
                );
            }
        }
    }
    assert!(streams > 5, "the recorded streams were found");
}

#[test]
fn a_cut_stream_is_never_taken_for_a_whole_one() {
    cut("chat", "compat", &Kind::Compatible, "some-model");
    cut("responses", "openai", &Kind::OpenAi, "gpt-5.3-codex");
    cut("messages", "anthropic", &Kind::Anthropic, "claude-sonnet-4-5");
    cut("gemini", "google", &Kind::Gemini, "gemini-2.5-flash");
}
