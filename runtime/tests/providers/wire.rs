//! Every recorded answer in `wire/`, asked for as a stream where its name begins with `stream`, and what is made of it.

use agentrun_runtime::call::provider::endpoint::Kind;

use crate::support::{ask_acts, chunked, plain, print, whole};

fn check(path: &std::path::Path, name: &str, kind: &Kind, model: &str) {
    let fixture = std::fs::read_to_string(path).unwrap();
    let mut request = plain(model);
    request.stream = path.file_name().unwrap().to_str().unwrap().starts_with("stream");
    let stream = fixture.contains("event-stream");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = |acts| {
        let (_, deltas, reply) = runtime.block_on(ask_acts(name, kind.clone(), &request, acts));
        print(&deltas, &reply)
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
