//! `http:` and `http.get` against a server that does as it is told, byte by byte.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use agentrun_lang::ir::{Builtin, EffectClass, Expr, ExprKind, Piece, SlotId, Template, ToolBody};
use agentrun_lang::value::{Type, Value};
use agentrun_runtime::error::{Commit, FailureKind};

use super::server::{Say, Server, answer, request};
use super::support::{Bench, constant, expr, within};

const OK: Say = |stream, _| answer(stream, "200 OK\r\nContent-Type: application/json", r#"{"a": 1}"#);

/// A tool whose address has `{name}` holes for its parameters.
fn tool(address: &str, effect: EffectClass, params: &[&str]) -> Bench {
    let method = if effect == EffectClass::Read { "GET" } else { "POST" };
    let url = template(address, params);
    let body = ToolBody::Http { url, method: method.into(), headers: Vec::new(), body: None };
    Bench::new(body, effect, params)
}

fn template(text: &str, params: &[&str]) -> Expr {
    let mut pieces = Vec::new();
    for piece in text.split_inclusive('}') {
        let (plain, hole) = piece.split_once('{').unwrap_or((piece, ""));
        pieces.push(Piece::Text(plain.into()));
        if let Some(name) = hole.strip_suffix('}') {
            let slot = params.iter().position(|param| *param == name);
            let kind = slot.map_or(ExprKind::Env(name.into()), |slot| {
                ExprKind::Slot(SlotId(u32::try_from(slot).unwrap()))
            });
            pieces.push(Piece::Hole(expr(kind)));
        }
    }
    expr(ExprKind::Template(Template { pieces }))
}

fn declared(
    bench: Bench,
    change: impl FnOnce(&mut String, &mut Vec<(Arc<str>, Expr)>, &mut Option<Expr>),
) -> Bench {
    bench.with(|tool| {
        let ToolBody::Http { method, headers, body, .. } = &mut tool.body else { panic!("it is no request") };
        let mut word = method.to_string();
        change(&mut word, headers, body);
        *method = word.into();
    })
}

#[tokio::test]
async fn a_read_is_a_get_with_its_arguments_in_the_address() {
    let server = Server::new(&[OK]);
    let bench = tool(&server.url("/orders/{id}?q={q}"), EffectClass::Read, &["id", "q", "page size"]);
    let bench = bench.with(|tool| tool.ty = Type::Json);
    let value = bench.call(&["a/b ?#ü", "x&y=z%20", "1 2"]).await.unwrap();
    assert_eq!(value, Value::record([("a", Value::Int(1))]));
    let heard = server.heard().concat();
    assert!(
        heard.starts_with("get /orders/a%2fb%20%3f%23%c3%bc?q=x%26y%3dz%2520&page+size=1+2 http/1.1\r\n"),
        "{heard}"
    );
    assert!(!heard.contains("idempotency-key"), "{heard}");
}

#[tokio::test]
async fn a_write_is_a_post_of_its_arguments_with_a_key() {
    let server = Server::new(&[OK]);
    let mut bench = tool(&server.url("/refund"), EffectClass::Write, &["order", "note"])
        .with(|tool| tool.ty = Type::Json);
    bench.context.idempotency_key = "run/effect#1".to_owned();
    bench.call(&["o1", "a \"quote\""]).await.unwrap();
    bench.context.once = Some(Value::text("order-o1"));
    bench.called(&[Value::text("o1"), Value::Null]).await.result.unwrap();
    let heard = server.heard();
    assert!(heard[0].starts_with("post /refund http/1.1"), "{}", heard[0]);
    assert!(heard[0].contains("content-type: application/json\r\n"));
    assert!(heard[0].contains("idempotency-key: run/effect#1\r\n"));
    assert!(heard[0].ends_with("\r\n\r\n{\"order\":\"o1\",\"note\":\"a \\\"quote\\\"\"}"), "{}", heard[0]);
    assert!(heard[1].contains("idempotency-key: order-o1\r\n"));
    assert!(heard[1].ends_with("{\"order\":\"o1\"}"), "{}", heard[1]);
}

#[tokio::test]
async fn method_headers_and_body_can_be_written() {
    let server = Server::new(&[OK]);
    let bench =
        tool(&server.url("/x/{id}"), EffectClass::Write, &["id", "text"]).with(|tool| tool.ty = Type::Json);
    let mut bench = declared(bench, |method, headers, body| {
        *method = "PUT".to_owned();
        headers.push(("Authorization".into(), template("Bearer {SHOP_TOKEN}", &[])));
        headers.push(("Content-Type".into(), constant("text/markdown")));
        *body = Some(template("# {text}", &["id", "text"]));
    });
    bench.settings.env.insert("SHOP_TOKEN".to_owned(), "tok-12345678".to_owned());
    bench.call(&["7", "hi"]).await.unwrap();
    let heard = server.heard().concat();
    assert!(heard.starts_with("put /x/7 http/1.1"), "{heard}");
    assert!(
        heard.contains("authorization: bearer tok-12345678\r\n")
            && heard.contains("content-type: text/markdown\r\n")
    );
    assert!(heard.ends_with("\r\n\r\n# hi"), "{heard}");
}

#[tokio::test]
async fn arguments_cannot_climb_or_change_the_host() {
    let server = Server::new(&[OK]);
    let bench = tool(&server.url("/orders/{id}/cancel"), EffectClass::Write, &["id"])
        .with(|tool| tool.ty = Type::Json);
    for id in ["..", ".", ""] {
        let (kind, message) = bench.fails(&[id]).await;
        assert_eq!(kind, FailureKind::Invalid, "{id:?}: {message}");
    }
    for id in ["../..", "\\..\\"] {
        let (kind, message) = bench.fails(&[id]).await;
        assert_eq!(kind, FailureKind::Denied, "{id:?}: {message}");
    }
    for id in ["%2e%2e", "a@evil.example", "x\r\nHost: evil", "//evil.example/"] {
        bench.call(&[id]).await.unwrap();
    }
    for heard in server.heard() {
        assert!(heard.starts_with("post /orders/") && heard.contains("/cancel http/1.1\r\n"), "{heard}");
        assert!(!heard.contains("\r\nhost: evil"), "{heard}");
    }
    let chosen = tool("http://{host}/x", EffectClass::Read, &["host"]);
    let (kind, message) = chosen.fails(&["127.0.0.1"]).await;
    assert_eq!(kind, FailureKind::Denied, "{message}");
}

#[tokio::test]
async fn a_status_raises_what_it_means() {
    let statuses: [(Say, FailureKind, Commit); 12] = [
        (|s, _| answer(s, "401 Unauthorized", ""), FailureKind::Denied, Commit::None),
        (|s, _| answer(s, "403 Forbidden", ""), FailureKind::Denied, Commit::None),
        (|s, _| answer(s, "404 Not Found", "no"), FailureKind::Tool("not_found".to_owned()), Commit::None),
        (|s, _| answer(s, "409 Conflict", ""), FailureKind::Failed, Commit::None),
        (
            |s, _| answer(s, "409 Conflict", r#"{"error":"sold_out"}"#),
            FailureKind::Tool("sold_out".to_owned()),
            Commit::None,
        ),
        (
            |s, _| answer(s, "400 Bad Request", r#"{"error":{"code":"sold_out"}}"#),
            FailureKind::Tool("sold_out".to_owned()),
            Commit::None,
        ),
        (|s, _| answer(s, "422 Unprocessable Entity", ""), FailureKind::Invalid, Commit::None),
        (
            |s, _| answer(s, "429 Too Many Requests\r\nRetry-After: 7", ""),
            FailureKind::Unavailable,
            Commit::None,
        ),
        (|s, _| answer(s, "500 Internal Server Error", ""), FailureKind::Unavailable, Commit::Unknown),
        (|s, _| answer(s, "501 Not Implemented", ""), FailureKind::Unavailable, Commit::None),
        (|s, _| answer(s, "504 Gateway Timeout", ""), FailureKind::Timeout, Commit::Unknown),
        (|s, _| answer(s, "304 Not Modified", ""), FailureKind::Failed, Commit::Unknown),
    ];
    for (say, kind, commit) in statuses {
        let server = Server::new(&[say]);
        let bench = tool(&server.url("/x"), EffectClass::Write, &[])
            .with(|tool| tool.errors = vec!["not_found".into(), "sold_out".into()]);
        let failure = bench.call(&[]).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&kind, commit), "{failure}");
        let read = bench.with(|tool| tool.effect = EffectClass::Read);
        assert_eq!(read.call(&[]).await.unwrap_err().commit, Commit::None);
    }
}

#[tokio::test]
async fn a_wait_is_passed_on() {
    let waits: [(Say, u64); 2] = [
        (|s, _| answer(s, "503 Service Unavailable\r\nRetry-After: 7", ""), 7),
        (
            |s, _| {
                let dates =
                    "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\nRetry-After: Wed, 21 Oct 2015 07:29:30 GMT";
                answer(s, &format!("503 Service Unavailable\r\n{dates}"), "")
            },
            90,
        ),
    ];
    for (say, seconds) in waits {
        let server = Server::new(&[say]);
        let failure = tool(&server.url("/x"), EffectClass::Read, &[]).call(&[]).await.unwrap_err();
        assert_eq!(failure.retry_after, Some(Duration::from_secs(seconds)));
    }
}

#[tokio::test]
async fn a_body_must_be_of_the_type_and_a_write_is_then_done() {
    let answers: [(Say, &str); 4] = [
        (|s, _| answer(s, "200 OK", "<html>oops</html>"), "found text that is no JSON"),
        (|s, _| answer(s, "200 OK", r#"{"a": "#), "found text that is no JSON"),
        (|s, _| answer(s, "200 OK", r#"{"a": 1}"#), "found an object with a"),
        (|s, _| answer(s, "200 OK", ""), "found text that is no JSON"),
    ];
    for (say, found) in answers {
        let server = Server::new(&[say]);
        let bench =
            tool(&server.url("/x"), EffectClass::Write, &[]).with(|tool| tool.ty = Type::list(Type::Int));
        let failure = bench.call(&[]).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Invalid, Commit::Done), "{failure}");
        assert!(failure.message.contains(found), "{failure}");
    }
}

#[tokio::test]
async fn a_text_comes_without_the_quotes_of_its_json() {
    let server = Server::new(&[
        |s, _| answer(s, "200 OK\r\nContent-Type: application/json", "\"a\\nb\""),
        |s, _| answer(s, "200 OK\r\nContent-Type: text/plain", "\"a\""),
        |s, _| answer(s, "200 OK\r\nContent-Type: application/json", "{\"a\": 1}"),
    ]);
    let bench = tool(&server.url("/x"), EffectClass::Read, &[]);
    assert_eq!(bench.gives(&[]).await, "a\nb");
    assert_eq!(bench.gives(&[]).await, "\"a\"");
    assert_eq!(bench.gives(&[]).await, "{\"a\": 1}");
}

#[tokio::test]
async fn nothing_and_bytes_have_their_types() {
    let server = Server::new(&[
        |s, _| answer(s, "204 No Content", ""),
        |s, _| answer(s, "204 No Content", ""),
        |s, _| answer(s, "204 No Content", ""),
        |s, _| answer(s, "200 OK\r\nContent-Type: image/png", "\u{1}"),
    ]);
    let bench = tool(&server.url("/x"), EffectClass::Read, &[]);
    for (ty, value) in [
        (Type::Null, Value::Null),
        (Type::Bool, Value::Bool(true)),
        (Type::Json.optional(), Value::Null),
        (Type::Bytes, Value::Bytes([1].into())),
    ] {
        let bench = tool(&server.url("/x"), EffectClass::Read, &[]).with(|tool| tool.ty = ty.clone());
        assert_eq!(bench.call(&[]).await, Ok(value), "{ty:?}");
    }
    let Value::Media(image) = bench.with(|tool| tool.ty = Type::Image).call(&[]).await.unwrap() else {
        panic!("an image is expected")
    };
    assert_eq!(&*image.mime, "image/png");
}

#[tokio::test]
async fn a_bad_server_costs_no_more_than_the_time_given() {
    let hang: Say = |_, _| {
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    };
    let drip: Say = |stream, _| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")?;
        for _ in 0..100 {
            stream.write_all(b"x")?;
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    };
    for say in [hang, drip] {
        let server = Server::new(&[say]);
        let bench = tool(&server.url("/x"), EffectClass::Write, &[]).timeout(300);
        let failure = within(Duration::from_secs(2), bench.call(&[])).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Timeout, Commit::Unknown), "{failure}");
        assert_eq!(failure.message, "there was no whole answer within 300ms");
    }
}

#[tokio::test]
async fn a_broken_answer_is_no_answer() {
    let cut: Say = |stream, _| write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{{\"a\":");
    let closed: Say = |_, _| Ok(());
    let garbage: Say = |stream, _| stream.write_all(b"\x00\x01\x02 nonsense\r\n\r\n");
    let huge: Say = |stream, _| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")?;
        let chunk = vec![b'x'; 1 << 20];
        (0..1000).try_for_each(|_| stream.write_all(&chunk))
    };
    for (say, kind, commit, message) in [
        (cut, FailureKind::Unavailable, Commit::Done, "the answer of `127.0.0.1` was cut off"),
        (closed, FailureKind::Unavailable, Commit::Unknown, "`127.0.0.1` cannot be asked"),
        (garbage, FailureKind::Unavailable, Commit::Unknown, "`127.0.0.1` cannot be asked"),
        (huge, FailureKind::Failed, Commit::Done, "the answer of `127.0.0.1` is longer than 8 MiB"),
    ] {
        let server = Server::new(&[say]);
        let bench = tool(&server.url("/x"), EffectClass::Write, &[]);
        let failure = within(Duration::from_secs(10), bench.call(&[])).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&kind, commit), "{failure}");
        assert!(failure.message.starts_with(message), "{failure}");
    }
}

#[tokio::test]
async fn nobody_there_means_nothing_happened() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bench = tool(&format!("http://{address}/x"), EffectClass::Write, &[]);
    let failure = bench.call(&[]).await.unwrap_err();
    assert_eq!((&failure.kind, failure.commit), (&FailureKind::Unavailable, Commit::None), "{failure}");
}

#[tokio::test]
async fn redirects_stay_within_what_is_allowed() {
    let within_host: Say = |stream, _| answer(stream, "307 Temporary Redirect\r\nLocation: /there?x=1", "");
    let server = Server::new(&[within_host, OK]);
    let bench = tool(&server.url("/x"), EffectClass::Write, &["a"]).with(|tool| tool.ty = Type::Json);
    bench.call(&["1"]).await.unwrap();
    let heard = server.heard();
    assert!(heard[1].starts_with("post /there?x=1 ") && heard[1].ends_with("{\"a\":\"1\"}"), "{}", heard[1]);

    let seen: Say = |stream, _| answer(stream, "303 See Other\r\nLocation: /there", "");
    let server = Server::new(&[seen, OK]);
    let bench = tool(&server.url("/x"), EffectClass::Write, &["a"]).with(|tool| tool.ty = Type::Json);
    bench.call(&["1"]).await.unwrap();
    let heard = server.heard();
    assert!(heard[1].starts_with("get /there ") && !heard[1].contains("idempotency-key"), "{}", heard[1]);

    let heard: Say = |s, _| answer(s, "303 See Other\r\nLocation: http://127.0.0.1:1/", "");
    let unheard: Say = |s, _| answer(s, "307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/", "");
    for (say, commit) in [(heard, Commit::Unknown), (unheard, Commit::None)] {
        let server = Server::new(&[say]);
        let failure = tool(&server.url("/x"), EffectClass::Write, &[]).call(&[]).await.unwrap_err();
        assert_eq!((&failure.kind, failure.commit), (&FailureKind::Denied, commit), "{failure}");
    }
    for say in [
        (|s, _| answer(s, "302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/", "")) as Say,
        |s, _| answer(s, "302 Found\r\nLocation: http://[::ffff:169.254.169.254]/", ""),
        |s, _| answer(s, "302 Found\r\nLocation: file:///etc/passwd", ""),
        |s, _| answer(s, "302 Found\r\nLocation: http://user:pass@127.0.0.1/", ""),
        |s, _| answer(s, "302 Found\r\nLocation: //example.com/", ""),
    ] {
        let server = Server::new(&[say]);
        let (kind, message) = tool(&server.url("/x"), EffectClass::Read, &[]).fails(&[]).await;
        assert_eq!(kind, FailureKind::Denied, "{message}");
    }
    let server = Server::new(&[|s, _| answer(s, "302 Found\r\nLocation: /x", "")]);
    let (kind, message) = tool(&server.url("/x"), EffectClass::Read, &[]).fails(&[]).await;
    assert_eq!((kind, message.as_str()), (FailureKind::Failed, "its address redirects more than 5 times"));
    assert_eq!(server.heard().len(), 6);
}

#[tokio::test]
async fn headers_do_not_follow_to_another_host() {
    let there = Server::new(&[OK]);
    let port = there.address.port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        request(&mut stream);
        answer(&mut stream, &format!("307 Temporary Redirect\r\nLocation: http://127.0.0.1:{port}/y"), "")
            .unwrap();
    });
    let bench = tool(&format!("http://{address}/x"), EffectClass::Write, &[])
        .with(|tool| tool.ty = Type::Json)
        .allow(&[&format!("http://{address}"), &format!("http://127.0.0.1:{port}/**")]);
    let bench = declared(bench, |_, headers, _| headers.push(("X-Key".into(), constant("secret"))));
    bench.call(&[]).await.unwrap();
    let heard = there.heard().concat();
    assert!(heard.starts_with("post /y ") && !heard.contains("x-key"), "{heard}");
}

#[tokio::test]
async fn a_get_of_any_address_stays_outside_of_here() {
    let server = Server::new(&[OK]);
    let get = || Bench::builtin(Builtin::HttpGet);
    for url in [
        server.url("/"),
        format!("http://localhost:{}/", server.address.port()),
        format!("http://2130706433:{}/", server.address.port()),
        format!("http://0x7f.1:{}/", server.address.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", server.address.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://metadata.google.internal/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://[fd00:ec2::254]/".to_owned(),
        "http://0.0.0.0/".to_owned(),
        "http://router/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "ftp://example.com/".to_owned(),
        "http://user@example.com/".to_owned(),
    ] {
        let (kind, message) = get().fails(&[&url]).await;
        assert_eq!(kind, FailureKind::Denied, "{url}: {message}");
    }
    for url in ["", "example.com", "/x", "http://"] {
        let (kind, message) = get().fails(&[url]).await;
        assert_eq!(kind, FailureKind::Invalid, "{url}: {message}");
    }
    assert!(server.heard().is_empty());
    let named = get().allow(&[&format!("http://127.0.0.1:{}/open/**", server.address.port())]);
    assert_eq!(named.gives(&[&server.url("/open/x")]).await, "{\"a\": 1}");
    for path in ["/closed", "/open/../closed", "/open/..%2fclosed", "/open/%2e%2e/closed"] {
        let (kind, message) = named.fails(&[&server.url(path)]).await;
        assert_eq!(kind, FailureKind::Denied, "{path}: {message}");
    }
}

#[tokio::test]
async fn a_name_that_leads_here_is_not_asked() {
    // A wildcard names no host, so that what is behind a name counts.
    let server = Server::new(&[OK]);
    let bench = Bench::builtin(Builtin::HttpGet).allow(&[&format!("http://*:{}", server.address.port())]);
    let (kind, message) = bench.fails(&[&format!("http://localhost:{}/", server.address.port())]).await;
    assert_eq!(kind, FailureKind::Denied, "{message}");
    let bench = bench.allow(&[&format!("http://localhost:{}", server.address.port())]);
    assert_eq!(bench.gives(&[&format!("http://localhost:{}/", server.address.port())]).await, "{\"a\": 1}");
}

#[tokio::test]
async fn a_missing_variable_is_named_before_anything_is_sent() {
    let server = Server::new(&[OK]);
    let in_header = |value: Expr| {
        let bench = tool(&server.url("/x"), EffectClass::Write, &["a"]);
        declared(bench, |_, headers, _| headers.push(("X-Key".into(), value)))
    };
    for bench in [
        tool(&server.url("/bot{BOT_TOKEN}/x"), EffectClass::Write, &["a"]),
        tool("{BOT_TOKEN}/x", EffectClass::Write, &["a"]),
        in_header(expr(ExprKind::Env("BOT_TOKEN".into()))),
        in_header(template("Bearer {BOT_TOKEN}", &[])),
    ] {
        let failure = bench.call(&["1"]).await.unwrap_err();
        assert_eq!((failure.kind, failure.commit), (FailureKind::Failed, Commit::None));
        assert_eq!(failure.message, "`env.BOT_TOKEN` is not set");
    }
    // What an argument leaves out is left out.
    let bench = in_header(expr(ExprKind::Slot(SlotId(0)))).with(|tool| tool.ty = Type::Json);
    bench.called(&[Value::Null]).await.result.unwrap();
    assert!(!server.heard().concat().contains("x-key"));
}

#[tokio::test]
async fn no_key_shows_in_a_failure() {
    let server = Server::new(&[|s, _| answer(s, "500 Internal Server Error", "bad token tok-12345678")]);
    let mut bench = tool(&server.url("/bot{BOT_TOKEN}/x"), EffectClass::Read, &[]);
    bench.settings.env.insert("BOT_TOKEN".to_owned(), "tok-12345678".to_owned());
    let (_, message) = bench.fails(&[]).await;
    assert_eq!(message, "`127.0.0.1` answered 500 Internal Server Error: bad token [BOT_TOKEN]");
    assert!(server.heard().concat().starts_with("get /bottok-12345678/x "));
}

#[tokio::test]
async fn a_failed_call_is_repeated_where_that_does_no_harm() {
    let broken: Say = |s, _| answer(s, "500 Internal Server Error", "");
    for (effect, once, calls) in [
        (EffectClass::Read, None, 2),
        (EffectClass::Write, None, 1),
        (EffectClass::Irreversible, None, 1),
        (EffectClass::Write, Some(Value::text("k")), 2),
    ] {
        let server = Server::new(&[broken, OK]);
        let mut bench = tool(&server.url("/x"), effect, &[]);
        bench.context.retry = 3;
        bench.context.once = once;
        let called = bench.called(&[]).await;
        assert_eq!(called.result.is_ok(), calls == 2, "{effect:?}");
        assert_eq!((called.attempts, server.heard().len()), (calls, calls as usize), "{effect:?}");
    }
    // A refusal changed nothing, but another attempt would end the same way.
    let server = Server::new(&[|s, _| answer(s, "403 Forbidden", "")]);
    let mut bench = tool(&server.url("/x"), EffectClass::Read, &[]);
    bench.context.retry = 3;
    assert_eq!(bench.called(&[]).await.attempts, 1);
}

#[tokio::test]
async fn a_deadline_holds_for_all_attempts() {
    let server = Server::new(&[|s, _| answer(s, "503 Service Unavailable\r\nRetry-After: 3600", "")]);
    let mut bench = tool(&server.url("/x"), EffectClass::Read, &[]);
    bench.context.retry = 3;
    bench.context.deadline = Some(Duration::from_secs(2));
    let called = within(Duration::from_secs(2), bench.called(&[])).await;
    assert_eq!((called.attempts, called.result.unwrap_err().kind), (1, FailureKind::Unavailable));
}
