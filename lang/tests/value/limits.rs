//! Expressions at the edge of their environment: overlays, media in prompts, depth, length, fuel.

use agentrun_lang::ast::{BinaryOp, UnaryOp};
use agentrun_lang::eval::{Env, RenderedPart, eval, is_true, render};
use agentrun_lang::ir::{Expr, ExprKind, Function, Piece, SlotId, Template};
use agentrun_lang::span::Span;
use agentrun_lang::value::{Labeled, Labels, Media, MediaSource, TypeTable, Value};

use crate::lowered::expression;

#[test]
fn an_element_hides_what_stands_in_its_slot() {
    let types = TypeTable::default();
    let slots = [Some(Labeled::new(Value::Int(1), Labels::NONE)), None];
    let overlay = [(SlotId(1), Labeled::new(Value::Int(2), Labels::TOOL))];
    let env = Env { overlay: &overlay, ..Env::new(&types, &slots) };
    let (expr, _) = expression("a + b", &["a", "b"], &types);
    assert_eq!(eval(&expr, &env), Ok(Labeled::new(Value::Int(3), Labels::TOOL)));
}

#[test]
fn a_prompt_has_media_beside_its_text() {
    let types = TypeTable::default();
    let picture =
        |path: &str| Value::Media(Media { mime: "image/png".into(), source: MediaSource::Path(path.into()) });
    let slots = [
        Some(Labeled::new(picture("a.png"), Labels::USER)),
        Some(Labeled::new(Value::list([picture("b.png"), picture("c.png")]), Labels::NONE)),
        Some(Labeled::new(
            Value::record([("name", Value::text("d")), ("file", picture("d.png"))]),
            Labels::NONE,
        )),
    ];
    let env = Env::new(&types, &slots);
    let (expr, source) = expression("\"see ${a} and ${b}, ${c}.\"", &["a", "b", "c"], &types);
    let ExprKind::Template(template) = &expr.kind else { panic!("no template") };
    let rendered = render(template, &env).unwrap();
    let shown: Vec<String> = rendered
        .parts
        .iter()
        .map(|part| match part {
            RenderedPart::Text(text) => text.clone(),
            RenderedPart::Media(media) => format!("<{}>", Value::Media(media.clone())),
        })
        .collect();
    let record = r#", {"name":"d","file":"[attachment 1]"}"#;
    assert_eq!(shown, ["see ", "<a.png>", " and ", "<b.png>", "<c.png>", record, "<d.png>", "."]);
    assert_eq!(rendered.labels, Labels::USER);
    let error = eval(&expr, &env).unwrap_err();
    assert_eq!(source.slice(error.span), "a");
    assert_eq!(error.message, "a text cannot hold `image`: only a prompt attaches it");
}

#[test]
fn a_prompt_of_a_null_fails_at_its_hole() {
    let types = TypeTable::default();
    let template = Template { pieces: vec![Piece::Text("a ".into()), Piece::Hole(constant(Value::Null))] };
    assert!(render(&template, &Env::new(&types, &[])).unwrap_err().message.contains("null"));
}

#[test]
fn deep_and_long_expressions_end() {
    let types = TypeTable::default();
    let long = (0..100_000).fold(constant(Value::Int(0)), |left, _| {
        node(ExprKind::Binary(BinaryOp::Add, Box::new(left), Box::new(constant(Value::Int(1)))))
    });
    let worker = std::thread::Builder::new().stack_size(2 << 20);
    let ended = worker.spawn(move || {
        let env = Env::new(&types, &[]);
        let sum = eval(&long, &env).map(|sum| sum.value);
        // A chain this long cannot come from a file; its own `Drop` would recurse.
        std::mem::forget(long);
        let not = |of: Expr| node(ExprKind::Unary(UnaryOp::Not, Box::new(of)));
        let mut deep = constant(Value::Bool(true));
        for _ in 0..128 {
            let list = constant(Value::list([Value::Null]));
            deep = not(not(node(ExprKind::Call(Function::Any, vec![list, deep]))));
        }
        let fine = is_true(&deep, &env);
        for _ in 0..20 {
            deep = not(deep);
        }
        (sum, fine, is_true(&deep, &env).map_err(|error| error.message))
    });
    let (sum, fine, deep) = ended.unwrap().join().unwrap();
    assert_eq!(sum, Ok(Value::Int(100_000)));
    assert_eq!(fine, Ok(true));
    assert_eq!(deep, Err("the expression is nested too deeply".to_owned()));
}

#[test]
fn what_would_run_too_long_or_grow_too_large_is_refused() {
    let types = TypeTable::default();
    let many = Value::list((0..10_000).map(Value::Int));
    let text = Value::text("x".repeat(9 << 20));
    let mut nested = Value::Null;
    for _ in 0..100 {
        nested = Value::list([nested]);
    }
    let slots = [many, text, nested].map(|value| Some(Labeled::new(value, Labels::NONE)));
    let env = Env::new(&types, &slots);
    let rows = [
        ("all(xs, all(xs, true))", "the expression takes too many steps"),
        ("text + text", "the text becomes longer than 16 MiB"),
        ("\"${text}${text}\"", "the text becomes longer than 16 MiB"),
        ("[nested]", "the value is nested deeper than 100"),
    ];
    for (text, message) in rows {
        let (expr, _) = expression(text, &["xs", "text", "nested"], &types);
        assert_eq!(eval(&expr, &env).unwrap_err().message, message, "{text}");
    }
}

#[test]
fn a_built_in_with_the_wrong_number_of_arguments_is_an_error() {
    let types = TypeTable::default();
    let call = node(ExprKind::Call(Function::Join, vec![constant(Value::list([]))]));
    assert_eq!(
        eval(&call, &Env::new(&types, &[])).unwrap_err().message,
        "a built-in does not take 1 arguments"
    );
}

fn constant(value: Value) -> Expr {
    node(ExprKind::Const(value))
}

fn node(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}
