//! Servers that dawdle, hang, or break off: which bound ends the attempt, and what is kept of the answer.

use std::time::Duration;

use agentrun_runtime::call::provider::ErrorClass::{
    BadFormat, Connect, RateLimited, TimeoutFirstToken, TimeoutIdle, TimeoutTotal, Tls, Truncated,
};
use agentrun_runtime::call::provider::endpoint::Kind;
use agentrun_runtime::call::provider::{ErrorClass, ModelRequest};

use futures_util::future::join_all;

use crate::server::{Act, Server};
use crate::support::{ask, ask_acts, endpoint, plain};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const JSON: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 900\r\n\r\n";

/// A dialect's pieces of a stream: what comes before any content, a piece of content, and its end.
struct Dialect {
    name: &'static str,
    kind: Kind,
    model: &'static str,
    before: &'static str,
    content: &'static str,
    end: &'static str,
}

fn dialects() -> Vec<Dialect> {
    vec![
        Dialect {
            name: "chat",
            kind: Kind::Compatible,
            model: "m",
            before: "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n",
            content: "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n",
            end: "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        },
        Dialect {
            name: "responses",
            kind: Kind::OpenAi,
            model: "gpt-5.3-codex",
            before: "data: {\"type\":\"response.created\",\"response\":{}}\n\n",
            content: "data: {\"type\":\"response.output_text.delta\",\"delta\":\"word \"}\n\n",
            end: "data: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n",
        },
        Dialect {
            name: "messages",
            kind: Kind::Anthropic,
            model: "claude-haiku-4-5",
            before: "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"ping\"}\n\n",
            content: "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"word \"}}\n\n",
            end: "data: {\"type\":\"message_stop\"}\n\n",
        },
        Dialect {
            name: "gemini",
            kind: Kind::Gemini,
            model: "gemini-2.5-flash",
            before: "data: {\"usageMetadata\":{\"promptTokenCount\":3}}\n\n",
            content: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"word \"}]}}]}\n\n",
            end: "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
        },
    ]
}

/// Bounds are 300 ms to the first word, 200 ms of silence, 2 s in all.
fn streaming(dialect: &Dialect) -> ModelRequest {
    ModelRequest { stream: true, ..plain(dialect.model) }
}

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_stall_or_break() {
    let dialects = dialects();
    let asked = dialects.iter().flat_map(|dialect| {
        stalls(dialect).into_iter().map(async move |(case, acts, expected)| {
            let (_, _, reply) = ask_acts("here", dialect.kind.clone(), &streaming(dialect), acts).await;
            (format!("{} {case}", dialect.name), reply, expected)
        })
    });
    for (case, reply, expected) in join_all(asked).await {
        match (reply, expected) {
            (Ok(reply), Ok(text)) => assert_eq!(reply.text, text, "{case}"),
            (Err(error), Err((class, partial))) => {
                assert_eq!(error.class, class, "{case}: {error:?}");
                assert!(error.partial.starts_with(partial), "{case}: {error:?}");
            }
            (found, _) => panic!("{case}: {found:?}"),
        }
    }
}

/// A case's name, what the server does, and the text or the error with what had come before it.
type Case = (&'static str, Vec<Act>, Result<&'static str, (ErrorClass, &'static str)>);

fn stalls(dialect: &Dialect) -> Vec<Case> {
    let Dialect { before, content, end, .. } = dialect;
    let comments = (0..6).flat_map(|_| [send(": wait\n\n"), Act::Pause(100)]).collect();
    let slow = (0..5).flat_map(|_| [Act::Pause(120), send(content)]).collect();
    let endless = (0..40).flat_map(|_| [Act::Pause(100), send(content)]).collect();
    let after_head = |acts: Vec<Act>| [vec![send(HEAD)], acts].concat();
    vec![
        ("no head", vec![Act::Hang], Err((TimeoutFirstToken, ""))),
        ("head only", after_head(vec![Act::Hang]), Err((TimeoutFirstToken, ""))),
        ("no content", after_head(vec![send(before), Act::Hang]), Err((TimeoutFirstToken, ""))),
        ("only comments", after_head(comments), Err((TimeoutFirstToken, ""))),
        ("silence", after_head(vec![send(before), send(content), Act::Hang]), Err((TimeoutIdle, "word "))),
        ("slow but steady", [after_head(slow), vec![send(end)]].concat(), Ok("word word word word word ")),
        ("never done", after_head(endless), Err((TimeoutTotal, "word word "))),
        ("hung up", after_head(vec![send(before), send(content)]), Err((Truncated, "word "))),
        ("hung up before content", after_head(vec![send(before)]), Err((Truncated, ""))),
        ("whole", after_head(vec![send(before), send(content), send(end)]), Ok("word ")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn wholes_that_stall_or_break() {
    let chunk = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"cho\r\n";
    // An error whose body dawdles is still that error.
    let half_error = "HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-length: 100\r\n\r\n{";
    let cases = [
        ("hang", vec![Act::Hang], TimeoutTotal),
        ("body hangs", vec![send(JSON), send("{\"choices\""), Act::Hang], TimeoutTotal),
        ("body cut", vec![send(JSON), send("{\"choices\"")], Truncated),
        ("chunks cut", vec![send(chunk)], Truncated),
        ("hung up at once", vec![], Connect),
        ("no HTTP", vec![send("SSH-2.0-OpenSSH_9.6\r\n")], Connect),
        ("half an error", vec![send(half_error), Act::Hang], RateLimited),
    ];
    let dialects = dialects();
    let asked = dialects.iter().flat_map(|dialect| {
        cases.iter().map(async move |(case, acts, class)| {
            let request = plain(dialect.model);
            let (_, _, reply) = ask_acts("here", dialect.kind.clone(), &request, acts.clone()).await;
            (format!("{} {case}", dialect.name), reply, *class)
        })
    });
    for (case, reply, class) in join_all(asked).await {
        let error = reply.expect_err(&case);
        assert_eq!(error.class, class, "{case}: {error:?}");
    }
}

/// A model may think long before a whole answer comes: neither the first word's bound nor silence's counts then.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_answer_may_take_its_time() {
    let body = "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let acts = vec![Act::Pause(500), send(&head), Act::Pause(500), send(body)];
    let (_, _, reply) = ask_acts("here", Kind::Compatible, &plain("m"), acts).await;
    assert_eq!(reply.unwrap().text, "yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_event_is_left_out_and_a_long_one_is_read() {
    let event = |bytes: usize| {
        format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n", "x".repeat(bytes))
    };
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let request = ModelRequest { stream: true, ..plain("m") };
    let mut request = request;
    request.timeouts.total = Duration::from_secs(30);
    request.timeouts.idle = Duration::from_secs(10);
    let acts = vec![send(HEAD), send(&event(3 << 20)), send(&event(9 << 20)), send(&event(5)), send(end)];
    let (_, deltas, reply) = ask_acts("here", Kind::Compatible, &request, acts).await;
    assert_eq!(reply.unwrap().text.len(), (3 << 20) + 5);
    assert_eq!(deltas.len(), 2);
}

/// A thought is put together piece by piece: the time it takes must not grow with the square of its length.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_thought_takes_no_longer_than_its_length() {
    let begin = "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\"}}\n\n";
    let piece = "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"forty letters of a thought that goes on an\"}}\n\n";
    let text = "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"yes\"}}\n\n";
    let acts = vec![
        send(HEAD),
        send(begin),
        send(&piece.repeat(100_000)),
        send(text),
        send("data: {\"type\":\"message_stop\"}\n\n"),
    ];
    let mut request = ModelRequest { stream: true, ..plain("claude-haiku-4-5") };
    request.timeouts.total = Duration::from_secs(10);
    request.timeouts.idle = Duration::from_secs(10);
    let (_, _, reply) = ask_acts("here", Kind::Anthropic, &request, acts).await;
    assert_eq!(reply.unwrap().text, "yes");
}

/// A thousand calls in one answer are taken; a flood of them is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_calls_is_no_answer() {
    let call = |n: usize| {
        format!(
            "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":{n},\"id\":\"c{n}\",\"function\":{{\"name\":\"f\",\"arguments\":\"{{}}\"}}}}]}}}}]}}\n\n"
        )
    };
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let mut request = ModelRequest { stream: true, ..plain("m") };
    request.timeouts.total = Duration::from_secs(30);
    request.timeouts.idle = Duration::from_secs(10);
    for (count, taken) in [(1_000, true), (20_000, false)] {
        let calls: String = (0..count).map(call).collect();
        let acts = vec![send(HEAD), send(&calls), send(end)];
        let (_, _, reply) = ask_acts("here", Kind::Compatible, &request, acts).await;
        match reply {
            Ok(reply) => assert!(taken && reply.tool_calls.len() == count, "{count}"),
            Err(error) => {
                assert!(!taken && error.class == BadFormat, "{count}: {error:?}");
                assert_eq!(error.message, "the answer asks for more than 1024 tools at once");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_ended() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
    let mut acts = vec![send(head)];
    acts.extend((0..40).map(|_| Act::Send(vec![b' '; 1 << 20])));
    let mut request = plain("m");
    request.timeouts.total = Duration::from_secs(30);
    let (_, _, reply) = ask_acts("here", Kind::Compatible, &request, acts).await;
    assert_eq!(reply.expect_err("too long").class, BadFormat);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there() {
    let (_, reply) = ask(&endpoint("here", Kind::Compatible, "http://127.0.0.1:9/v1"), &plain("m")).await;
    let error = reply.expect_err("nobody listens");
    assert_eq!(error.class, Connect);
    assert!(error.message.contains("127.0.0.1"), "{error}");

    let (_, reply) = ask(&endpoint("here", Kind::Compatible, "no address at all"), &plain("m")).await;
    assert_eq!(reply.expect_err("no address").class, ErrorClass::NotConfigured);

    // A server that speaks no TLS.
    let server = Server::playing(vec![]);
    let url = server.url.replace("http://", "https://");
    let mut endpoint = endpoint("here", Kind::Compatible, &url);
    endpoint.key = None;
    let plain_server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    endpoint.url = Some(format!("https://{}/v1", plain_server.local_addr().unwrap()));
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = plain_server.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    });
    let (_, reply) = ask(&endpoint, &plain("m")).await;
    assert_eq!(reply.expect_err("no TLS there").class, Tls);
}

/// Dropping the attempt hangs up: the server sees it and may stop.
#[tokio::test(flavor = "multi_thread")]
async fn dropped_it_hangs_up() {
    use std::io::Read as _;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut buffer = [0; 4096];
        // Reads the request, then waits for the end of it all.
        while !matches!(stream.read(&mut buffer).unwrap(), 0) {}
    });
    let endpoint = endpoint("here", Kind::Compatible, &url);
    let request = plain("m");
    let attempt = tokio::time::timeout(Duration::from_millis(100), ask(&endpoint, &request)).await;
    assert!(attempt.is_err());
    server.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_to_ask_again() {
    let date = "date: Mon, 23 Nov 2026 10:00:00 GMT\r\n";
    let seconds = |seconds: f64| Some(Duration::from_secs_f64(seconds));
    let cases = [
        ("", None),
        ("retry-after: 3\r\n", seconds(3.0)),
        ("retry-after: 0\r\n", seconds(0.0)),
        ("retry-after: 1.5\r\n", seconds(1.5)),
        ("retry-after: -4\r\n", None),
        ("retry-after: soon\r\n", None),
        ("retry-after: 1e300\r\n", seconds(86400.0)),
        ("retry-after: NaN\r\n", None),
        ("retry-after: Mon, 23 Nov 2026 10:01:00 GMT\r\n", seconds(60.0)),
        // A moment that has passed is now.
        ("retry-after: Mon, 23 Nov 2026 09:00:00 GMT\r\n", seconds(0.0)),
        ("retry-after: Mon, 23 Nov 2099 10:00:00 GMT\r\n", seconds(86400.0)),
        ("retry-after-ms: 250\r\nretry-after: 9\r\n", seconds(0.25)),
        ("retry-after-ms: x\r\nretry-after: 9\r\n", seconds(9.0)),
        ("x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m30.5s\r\n", seconds(90.5)),
        ("x-ratelimit-remaining-requests: 4\r\nx-ratelimit-reset-requests: 1m30.5s\r\n", None),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 30\r\n", seconds(30.0)),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1795428045\r\n", seconds(45.0)),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1795428045000\r\n", seconds(45.0)),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2026-11-23T10:00:20Z\r\n", seconds(20.0)),
        ("x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 5 parsecs\r\n", None),
    ];
    for (headers, expected) in cases {
        let head =
            format!("HTTP/1.1 429 Slow\r\n{date}{headers}content-length: 0\r\nconnection: close\r\n\r\n");
        let (_, _, reply) = ask_acts("here", Kind::Compatible, &plain("m"), vec![send(&head)]).await;
        let error = reply.unwrap_err();
        assert_eq!((error.class, error.retry_after), (RateLimited, expected), "{headers}");
    }
}

/// Names the proxy for the child in which the next test runs once more.
const PROXIED: &str = "AGENTRUN_TEST_PROXIED";

/// The environment is the process's own, so it is set for a child: this same test, run alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_used_for_all_but_loopback() {
    let yes = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 66\r\n\r\n";
    let body = "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}";
    if let Ok(local) = std::env::var(PROXIED) {
        let (_, far) = ask(&endpoint("far", Kind::Compatible, "http://far.example/v1"), &plain("m")).await;
        assert_eq!(far.unwrap().text, "yes");
        let (_, near) = ask(&endpoint("near", Kind::Compatible, &local), &plain("m")).await;
        assert_eq!(near.unwrap().text, "yes");
        return;
    }
    let acts = vec![send(yes), send(body)];
    let (proxy, near) = (Server::playing(acts.clone()), Server::playing(acts));
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "time::a_proxy_is_used_for_all_but_loopback"])
        .env(PROXIED, &near.url)
        .env("HTTP_PROXY", &proxy.url)
        .env("http_proxy", &proxy.url)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let paths = |server: &Server| server.sent().iter().map(|sent| sent.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&proxy), ["http://far.example/v1/chat/completions"]);
    assert_eq!(paths(&near), ["/v1/chat/completions"]);
}
