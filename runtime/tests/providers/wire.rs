//! Every recorded answer in `wire/`, asked for whole or as a stream as its media type says, and what is made of it.

use agentrun_runtime::call::provider::endpoint::Kind;

use crate::support::{ask_acts, chunked, plain, print, whole};

fn check(path: &std::path::Path, name: &str, kind: &Kind, model: &str) {
    let fixture = std::fs::read_to_string(path).unwrap();
    let stream = fixture.contains("event-stream");
    let mut request = plain(model);
    request.stream = stream;
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
        insta::assert_snapshot!(found);
    });
}

#[test]
fn chat_completions() {
    insta::glob!("wire/chat/*.http", |path| check(path, "compat", &Kind::Compatible, "some-model"));
}
