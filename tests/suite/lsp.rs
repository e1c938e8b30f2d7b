//! The language server as an editor meets it: a process, frames, and what it answers.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::lsp::{Session, framed};

const SHARED: &str = "edition 1\n\ntype Paid { id: string  sum: money }\n\n## Pays.\ntool pay(id: string): Paid { exec: [\"./pay.sh\", id]  effect: write }\n";

/// A name that stands behind a character of two UTF-16 units and four bytes.
const MAIN: &str = "edition 1\nimport \"shared.agent\" { pay, Paid }\n\nmodel fast { use: [\"openai/gpt-5-mini\"] }\n\nagent Main(msg: string): Paid {\n  ask first { model: fast  prompt: \"\u{1f600} \u{e9} ${msg}\"  -> second }\n  call second { tool: pay(first)  -> return second }\n}\n";

fn folder() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("shared.agent"), SHARED).unwrap();
    fs::write(folder.path().join("main.agent"), MAIN).unwrap();
    let root = uri(folder.path());
    (folder, root)
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Where a word begins, in lines and UTF-16 units.
fn position(text: &str, word: &str) -> Value {
    let before = text.split(word).next().unwrap();
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().encode_utf16().count();
    json!({ "line": line, "character": column })
}

fn at(uri: &str, position: &Value) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": position })
}

fn whole(uri: &str) -> Value {
    json!({ "textDocument": { "uri": uri } })
}

#[test]
fn a_session() {
    let (_folder, root) = folder();
    let main = format!("{root}/main.agent");
    let (mut session, hello) = Session::start(&root, &["utf-16"]);
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");
    assert_eq!(hello["serverInfo"]["name"], "agentrun");

    session.open(&main, MAIN);
    assert_eq!(session.findings(&main), Vec::<Value>::new());

    let hover = session.ask("textDocument/hover", &at(&main, &position(MAIN, "pay(first"))).unwrap();
    assert!(hover["contents"]["value"].as_str().unwrap().contains("tool pay(id: string): Paid"), "{hover}");
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Pays."), "{hover}");

    let made = session.ask("textDocument/definition", &at(&main, &position(MAIN, "pay(first"))).unwrap();
    assert_eq!(made[0]["uri"], format!("{root}/shared.agent"));
    assert_eq!(made[0]["range"]["start"], json!({ "line": 5, "character": 5 }));

    // the parameter stands behind the wide characters
    let all = session.ask("textDocument/documentHighlight", &at(&main, &position(MAIN, "msg}"))).unwrap();
    assert_eq!(all[1]["range"]["start"], position(MAIN, "msg}"));
    assert_eq!(all.as_array().unwrap().len(), 2);

    let offered = session.ask("textDocument/completion", &at(&main, &position(MAIN, "second }"))).unwrap();
    let labels: Vec<&str> =
        offered.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["first", "second", "return", "fail"]);

    let symbols = session.ask("textDocument/documentSymbol", &whole(&main)).unwrap();
    assert_eq!(symbols[1]["name"], "Main");
    assert_eq!(symbols[1]["children"][1]["name"], "second");

    let tokens = session.ask("textDocument/semanticTokens/full", &whole(&main)).unwrap();
    assert_eq!(tokens["data"].as_array().unwrap().len() % 5, 0);
    assert!(tokens["data"].as_array().unwrap().len() > 50);

    let hints = session.ask(
        "textDocument/inlayHint",
        &json!({
            "textDocument": { "uri": main },
            "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } },
        }),
    );
    let hints = hints.unwrap();
    assert_eq!((&hints[0]["label"], &hints[1]["label"]), (&json!(": string"), &json!(": Paid")));

    let lenses = session.ask("textDocument/codeLens", &whole(&main)).unwrap();
    assert_eq!(lenses[0]["command"]["command"], "agentrun.run");
    assert_eq!(lenses[0]["command"]["arguments"], json!([main, "Main"]));

    let picture = session.ask("agentrun/graph", &whole(&main)).unwrap();
    assert!(picture.as_str().unwrap().starts_with("<svg"), "{picture}");

    let edits = session.ask(
        "textDocument/formatting",
        &json!({
            "textDocument": { "uri": main },
            "options": { "tabSize": 2, "insertSpaces": true },
        }),
    );
    assert_eq!(edits.unwrap(), json!([]));
    assert_eq!(session.end(), Some(0));
}

#[test]
fn text_that_changes_is_checked_and_mended() {
    let (_folder, root) = folder();
    let main = format!("{root}/main.agent");
    let (mut session, _) = Session::start(&root, &["utf-8", "utf-16"]);
    session.open(&main, MAIN);
    assert_eq!(session.findings(&main), Vec::<Value>::new());

    // `msg` in the hole, behind 1 character of four bytes and one of two
    let line = MAIN.lines().nth(6).unwrap();
    let start = line.find("msg").unwrap();
    let range =
        json!({ "start": { "line": 6, "character": start }, "end": { "line": 6, "character": start + 3 } });
    session.tell(
        "textDocument/didChange",
        &json!({
            "textDocument": { "uri": main, "version": 2 },
            "contentChanges": [{ "range": range, "text": "mgs" }],
        }),
    );
    let found = session.findings(&main);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "E0206");
    assert_eq!(found[0]["range"], range);
    assert!(found[0]["message"].as_str().unwrap().contains("did you mean `msg`?"));

    let actions = session.ask(
        "textDocument/codeAction",
        &json!({
            "textDocument": { "uri": main }, "range": range, "context": { "diagnostics": found },
        }),
    );
    let actions = actions.unwrap();
    assert_eq!(actions[0]["title"], "replace `mgs` by `msg`");
    let edit = &actions[0]["edit"]["changes"][&main][0];
    assert_eq!((&edit["range"], &edit["newText"]), (&range, &json!("msg")));
    session.tell(
        "textDocument/didChange",
        &json!({
            "textDocument": { "uri": main, "version": 3 },
            "contentChanges": [{ "range": edit["range"], "text": edit["newText"] }],
        }),
    );
    assert_eq!(session.findings(&main), Vec::<Value>::new());
    assert_eq!(session.end(), Some(0));
}

#[test]
fn open_texts_stand_on_top_of_the_disk() {
    let (folder, root) = folder();
    let (main, shared) = (format!("{root}/main.agent"), format!("{root}/shared.agent"));
    let (mut session, _) = Session::start(&root, &["utf-16"]);
    session.open(&main, MAIN);
    assert_eq!(session.findings(&main), Vec::<Value>::new());

    session.open(&shared, &SHARED.replace("tool pay", "tool send"));
    assert_eq!(session.findings(&main)[0]["code"], "E0203");
    assert_eq!(session.findings(&shared), Vec::<Value>::new());

    // a broken import is said where it is imported, with the place
    session.tell(
        "textDocument/didChange",
        &json!({
            "textDocument": { "uri": shared, "version": 2 },
            "contentChanges": [{ "text": SHARED.replace("sum: money", "sum: monney") }],
        }),
    );
    let found = session.findings(&main);
    assert_eq!(found[0]["code"], "E0209");
    assert_eq!(found[0]["range"]["start"], json!({ "line": 1, "character": 7 }));
    assert_eq!(found[0]["relatedInformation"][0]["location"]["uri"], shared);

    session.tell("textDocument/didClose", &whole(&shared));
    assert_eq!(session.findings(&main), Vec::<Value>::new());

    // and what is written to the disk is read again
    fs::write(folder.path().join("shared.agent"), "edition 1\n").unwrap();
    session.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [] }));
    assert_eq!(session.findings(&main).len(), 2);
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_name_is_changed_in_every_file() {
    let (folder, root) = folder();
    fs::write(folder.path().join("other.agent"), "edition 1\nimport \"shared.agent\" { pay as give }\nagent Other(x: string): json { call a { tool: give(x)  -> return a } }\n").unwrap();
    let (main, shared) = (format!("{root}/main.agent"), format!("{root}/shared.agent"));
    let (mut session, _) = Session::start(&root, &["utf-16"]);
    session.open(&shared, SHARED);
    session.open(&main, MAIN);

    let here = position(SHARED, "pay(");
    let prepared = session.ask("textDocument/prepareRename", &at(&shared, &here)).unwrap();
    assert_eq!(prepared["placeholder"], "pay");
    let mut params = at(&shared, &here);
    params["newName"] = json!("send");
    let changes = session.ask("textDocument/rename", &params).unwrap()["changes"].clone();
    let count = |uri: &str| changes[uri].as_array().map_or(0, Vec::len);
    assert_eq!((count(&shared), count(&main), count(&format!("{root}/other.agent"))), (1, 2, 1), "{changes}");

    params["newName"] = json!("Paid");
    let refused = session.ask("textDocument/rename", &params).unwrap_err();
    assert!(refused["message"].as_str().unwrap().contains("`Paid` is declared twice"), "{refused}");

    let mut params = at(&shared, &here);
    params["context"] = json!({ "includeDeclaration": false });
    let all = session.ask("textDocument/references", &params).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 4, "{all}");
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_request_that_is_taken_back_is_not_worked_on() {
    let (_folder, root) = folder();
    let uri = format!("{root}/big.agent");
    let (mut session, _) = Session::start(&root, &["utf-16"]);
    let mut big = String::from("edition 1\n");
    for at in 0..3000 {
        let _ = writeln!(big, "type T{at} {{ a: string  b: T{at}[] }}");
    }
    session.open(&uri, &big);
    let ask = |id: &str| {
        let params = at(&uri, &json!({ "line": 1, "character": 6 }));
        framed(&json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": params }))
    };
    let taken_back =
        framed(&json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": "b" } }));
    session.raw(&[ask("a"), ask("b"), taken_back].concat());
    let refused = session.answer(&json!("b")).unwrap_err();
    assert_eq!(refused["code"], -32800);
    assert!(session.answer(&json!("a")).is_ok());
    assert_eq!(session.end(), Some(0));
}

#[test]
fn who_leaves_without_a_word_is_no_success() {
    let mut session = Session::spawn();
    assert_eq!(session.ask("textDocument/hover", &json!({})).unwrap_err()["code"], -32002);
    assert_eq!(session.hang_up(), Some(1));

    let (mut session, _) = Session::start("file:///nowhere", &[]);
    assert_eq!(session.ask("initialize", &json!({ "capabilities": {} })).unwrap_err()["code"], -32600);
    session.tell("exit", &Value::Null);
    assert_eq!(session.hang_up(), Some(1));

    let (mut session, _) = Session::start("file:///nowhere", &[]);
    assert_eq!(session.ask("shutdown", &Value::Null), Ok(Value::Null));
    assert_eq!(session.ask("shutdown", &Value::Null).unwrap_err()["code"], -32600);
    session.tell("exit", &Value::Null);
    assert_eq!(session.hang_up(), Some(0));
}

#[test]
fn nonsense_is_refused_and_passed_over() {
    let (_folder, root) = folder();
    let main = format!("{root}/main.agent");
    let (mut session, _) = Session::start(&root, &["utf-16"]);
    session.raw(b"Content-Length: 5\r\n\r\n{\"a\":");
    assert_eq!(session.answer(&Value::Null).unwrap_err()["code"], -32700);
    session.raw(b"content-length:2\r\nContent-Type: x\r\n\r\n[]");
    assert_eq!(session.answer(&Value::Null).unwrap_err()["code"], -32700);
    session.raw(&framed(&json!({ "jsonrpc": "2.0", "id": 7.5, "method": "no/such", "params": null })));
    assert_eq!(session.answer(&json!(7.5)).unwrap_err()["code"], -32601);
    for params in [
        json!(null),
        json!([1]),
        json!({ "textDocument": 1 }),
        at(&main, &json!({ "line": -1, "character": 0 })),
    ] {
        assert_eq!(session.ask("textDocument/hover", &params).unwrap_err()["code"], -32602);
        session.tell("textDocument/didOpen", &params);
        session.tell("textDocument/didChange", &params);
        session.tell("textDocument/didClose", &params);
    }
    assert_eq!(
        session
            .ask("textDocument/hover", &at("untitled:x", &json!({ "line": 0, "character": 0 })))
            .unwrap_err()["code"],
        -32602
    );

    session.open("untitled:Untitled-1", MAIN);
    assert_eq!(session.findings("untitled:Untitled-1")[0]["code"], "E0201");
    session.open(&main, MAIN);
    session.findings(&main);
    let far = json!({ "line": 4_000_000, "character": 4_000_000 });
    let methods =
        ["hover", "definition", "completion", "documentHighlight", "rename", "prepareRename", "references"];
    for method in methods {
        for place in
            [&far, &json!({ "line": 6, "character": 4_000_000 }), &json!({ "line": 6, "character": 37 })]
        {
            let mut params = at(&main, place);
            params["newName"] = json!("\u{1f600}");
            params["context"] = json!({ "includeDeclaration": true });
            // an answer, whatever it is
            let _ = session.ask(&format!("textDocument/{method}"), &params);
        }
    }
    // backwards, behind the end, and inside of a character
    for (start, end) in [((9, 9), (0, 0)), ((4_000_000, 0), (5_000_000, 1)), ((6, 37), (6, 37))] {
        let range = json!({
            "start": { "line": start.0, "character": start.1 },
            "end": { "line": end.0, "character": end.1 },
        });
        session.tell(
            "textDocument/didChange",
            &json!({
                "textDocument": { "uri": main, "version": 2 },
                "contentChanges": [{ "range": range, "text": "\u{0}\"\"\"${{{" }],
            }),
        );
    }
    session.findings(&main);
    assert_eq!(session.end(), Some(0));
}

/// Edits in UTF-16 units leave the server with the text that the editor has.
#[test]
fn many_edits_leave_the_same_text() {
    let (_folder, root) = folder();
    let (main, copy) = (format!("{root}/main.agent"), format!("{root}/copy.agent"));
    let (mut session, _) = Session::start(&root, &["utf-16"]);
    session.open(&main, MAIN);
    let mut text: Vec<u16> = MAIN.encode_utf16().collect();
    let pieces = ["\u{1f600}", "\n", "\u{e9}", "}", "\"", "ask x { ", "", " ", "${", "\r\n"];
    let mut seed: u64 = 7;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for version in 2..60 {
        let (mut start, length) = (random(text.len()), random(6));
        let mut end = (start + length).min(text.len());
        // an editor never cuts a character or a line's end in two
        let splits = |text: &[u16], at: usize| {
            at < text.len()
                && ((0xdc00..0xe000).contains(&text[at]) || (at > 0 && text[at] == 10 && text[at - 1] == 13))
        };
        while splits(&text, start) {
            start -= 1;
        }
        while splits(&text, end) {
            end += 1;
        }
        let place = |at: usize| {
            let before = &text[..at];
            let line = before.iter().filter(|unit| **unit == 10).count();
            let column = before.iter().rev().take_while(|unit| **unit != 10).count();
            json!({ "line": line, "character": column })
        };
        let piece = pieces[random(pieces.len())];
        let change = json!({ "range": { "start": place(start), "end": place(end) }, "text": piece });
        session.tell(
            "textDocument/didChange",
            &json!({
                "textDocument": { "uri": main, "version": version }, "contentChanges": [change],
            }),
        );
        text.splice(start..end, piece.encode_utf16());
    }
    session.tell(
        "textDocument/didChange",
        &json!({ "textDocument": { "uri": main, "version": 99 }, "contentChanges": [] }),
    );
    session.open(&copy, &String::from_utf16(&text).unwrap());
    let symbols = |session: &mut Session, uri: &str| {
        let tokens = session.ask("textDocument/semanticTokens/full", &whole(uri)).unwrap();
        (tokens, session.ask("textDocument/documentSymbol", &whole(uri)).unwrap())
    };
    assert_eq!(symbols(&mut session, &main), symbols(&mut session, &copy));
    assert_eq!(session.end(), Some(0));
}
