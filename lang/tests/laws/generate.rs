//! Programs from nothing: token by token, with blanks, newlines and comments wherever they may stand.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// Tokens of a piece of a program, in order.
type Tokens = Vec<String>;

const NAMES: &[&str] = &[
    "a",
    "b",
    "total",
    "model",
    "agent",
    "ask",
    "map",
    "each",
    "x1",
    "very_long_name_of_something",
    "it",
    "mock",
];

const KINDS: &[&str] = &[
    "ask", "plan", "call", "loop", "branch", "parallel", "run", "approve", "wait", "recall", "remember",
    "forget", "open", "let",
];

const OPERATORS: &[&str] = &["or", "and", "??", "+", "-", "*", "/", "%"];

const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "in"];

const LITERALS: &[&str] = &[
    "0",
    "10_000",
    "0.4",
    "1.50",
    "$1",
    "$0.25",
    "5ms",
    "1.5h",
    "90d",
    "true",
    "false",
    "null",
    "\"\"",
    "\"text\"",
    "\"a \\\"b\\\" \\n \\u{e9} {json} $\"",
    "\"${a}\"",
    "\"x ${ a ?? \"none\" } y\"",
    "\"\"\"one\"\"\"",
    "\"\"\"\n    a\n      b ${a}\n\n    c\n  \"\"\"",
    "\"\"\"a\n  b\n\tc\"\"\"",
    "\"\"\"\n\n  \"\"\"",
    "\"\"\"\n${a}\n ${b} \"\"\"",
    "\"\"\" \n  \\t x\n   y  \n     \n  z\n\n  \"\"\"",
    "\"\"\"  a\"\"\"",
    "\"\"\"a \"b\"\n\"\"\"",
    "\"\"\"\n  a\\\"\"\"\"",
];

fn words(text: &str) -> Tokens {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn name() -> BoxedStrategy<Tokens> {
    select(NAMES).prop_map(words).boxed()
}

fn join(parts: Vec<Tokens>, between: &str) -> Tokens {
    let mut tokens = Tokens::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            tokens.push(between.to_owned());
        }
        tokens.extend(part);
    }
    tokens
}

fn around(open: &str, inner: Tokens, close: &str) -> Tokens {
    [vec![open.to_owned()], inner, vec![close.to_owned()]].concat()
}

/// Elements with commas, the last one sometimes with a comma too.
fn listed(element: BoxedStrategy<Tokens>, most: usize) -> BoxedStrategy<Tokens> {
    (vec(element, 0..most), any::<bool>())
        .prop_map(|(elements, trailing)| {
            let comma = trailing && !elements.is_empty();
            let mut tokens = join(elements, ",");
            tokens.extend(comma.then(|| ",".to_owned()));
            tokens
        })
        .boxed()
}

fn pair(value: BoxedStrategy<Tokens>) -> BoxedStrategy<Tokens> {
    let key = prop_oneof![select(NAMES), Just("when"), Just("\"a key\"")];
    (key, value)
        .prop_map(|(key, value)| [words(&key.replace(' ', "_")), vec![":".into()], value].concat())
        .boxed()
}

fn ty() -> BoxedStrategy<Tokens> {
    let one = prop_oneof![
        select(&["string", "int", "Invoice", "\"a\"", "bool"][..]).prop_map(words),
        Just(words("map < string [ ] >")),
        Just(words("map < map < A | \"b\" > ? >")),
    ];
    let suffixed = (one, select(&["", "[ ]", "?", "[ ] ?", "? [ ]"][..]))
        .prop_map(|(one, suffix)| [one, words(suffix)].concat());
    vec(suffixed, 1..4).prop_map(|parts| join(parts, "|")).boxed()
}

/// A value that binds tighter than every operator.
fn operand() -> BoxedStrategy<Tokens> {
    let leaf = prop_oneof![
        select(LITERALS).prop_map(|literal| vec![literal.to_owned()]),
        name(),
        name().prop_map(|field| [vec![".".into()], field].concat()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let inner = expr_of(inner.boxed());
        prop_oneof![
            inner.clone().prop_map(|inner| around("(", inner, ")")),
            listed(inner.clone(), 4).prop_map(|items| around("[", items, "]")),
            listed(pair(inner.clone()), 4).prop_map(|pairs| around("{", pairs, "}")),
            (name(), name()).prop_map(|(of, field)| [of, vec![".".into()], field].concat()),
            (name(), inner.clone()).prop_map(|(of, index)| [of, around("[", index, "]")].concat()),
            (name(), listed(prop_oneof![inner.clone(), pair_plain(inner.clone())].boxed(), 4))
                .prop_map(|(of, args)| [of, around("(", args, ")")].concat()),
            (name(), select(&["int", "string ?", "A [ ]"][..])).prop_map(|(of, ty)| [
                of,
                vec!["as".into()],
                words(ty)
            ]
            .concat()),
            inner.prop_map(|inner| [words("- ("), inner, words(")")].concat()),
        ]
    })
    .boxed()
}

fn pair_plain(value: BoxedStrategy<Tokens>) -> BoxedStrategy<Tokens> {
    (name(), value).prop_map(|(key, value)| [key, vec![":".into()], value].concat()).boxed()
}

/// Operands with operators between them.
fn expr_of(operand: BoxedStrategy<Tokens>) -> BoxedStrategy<Tokens> {
    let tail = vec((select(OPERATORS), operand.clone()), 0..3);
    let chain = (operand.clone(), tail).prop_map(|(first, tail)| {
        tail.into_iter().fold(first, |tokens, (operator, next)| [tokens, words(operator), next].concat())
    });
    let compare = (operand.clone(), select(COMPARISONS), operand.clone())
        .prop_map(|(left, sign, right)| [left, words(sign), right].concat());
    let is = (operand, select(&["\"a\"", "\"a\" | \"b\"", "A", "A | \"b\""][..]))
        .prop_map(|(of, pattern)| [of, vec!["is".into()], words(pattern)].concat());
    let one = prop_oneof![4 => chain, 1 => compare, 1 => is].boxed();
    prop_oneof![5 => one.clone(), 1 => one.prop_map(|one| [words("not ("), one, words(")")].concat())].boxed()
}

fn expr() -> BoxedStrategy<Tokens> {
    expr_of(operand())
}

fn attrs() -> BoxedStrategy<Tokens> {
    let attr = select(&["@ pii", "@ range ( 1 , 5 )", "@ alias ( \"x\" , n : 2 , )"][..]).prop_map(words);
    vec(attr, 0..2).prop_map(|attrs| attrs.concat()).boxed()
}

fn field() -> BoxedStrategy<Tokens> {
    let key = prop_oneof![select(NAMES), Just("when"), Just("return"), Just("prompt"), Just("set")];
    (key, expr(), any::<bool>())
        .prop_filter("`each` takes a name", |(key, ..)| *key != "each")
        .prop_map(|(key, value, comma)| {
            [words(key), vec![":".into()], value, comma.then(|| ",".to_owned()).into_iter().collect()]
                .concat()
        })
        .boxed()
}

fn edge() -> BoxedStrategy<Tokens> {
    let test = prop_oneof![
        Just(Tokens::new()),
        Just(words("else")),
        expr().prop_map(|test| [words("when"), test].concat()),
        Just(words("on error , budget")),
    ];
    let target = prop_oneof![
        name(),
        select(&["next", "break", "return"][..]).prop_map(words),
        expr().prop_map(|value| [words("return"), value].concat()),
        expr().prop_map(|value| [words("fail"), value].concat()),
    ];
    let sets = of((name(), expr(), of((name(), expr()))));
    (test, target, sets)
        .prop_map(|(test, target, sets)| {
            let mut tokens = [test, words("->"), target].concat();
            // Behind a bare `return`, `set` is no value: it is reserved.
            if let Some((name, value, more)) = sets {
                tokens = [tokens, words("set"), name, words("="), value].concat();
                if let Some((name, value)) = more {
                    tokens = [tokens, words(","), name, words("="), value].concat();
                }
            }
            tokens
        })
        .boxed()
}

fn member() -> BoxedStrategy<Tokens> {
    let plain = prop_oneof![
        3 => field(),
        2 => edge(),
        1 => (name(), ty(), expr())
            .prop_map(|(name, ty, value)| [words("var"), name, words(":"), ty, words("="), value].concat()),
        1 => Just(words("require a . approved before b")),
        1 => (name(), expr()).prop_map(|(name, list)| [words("each :"), name, words("in"), list].concat()),
    ];
    plain
        .prop_recursive(3, 16, 4, |inner| {
            let docs =
                prop_oneof![4 => Just(Tokens::new()), 1 => Just(vec!["## Says what it does.".to_owned()])];
            (docs, select(KINDS), name(), of(ty()), vec(inner, 0..4)).prop_map(
                |(docs, kind, name, ty, members)| {
                    let ty = ty.map(|ty| [words(":"), ty].concat()).unwrap_or_default();
                    [docs, words(kind), name, ty, around("{", members.concat(), "}")].concat()
                },
            )
        })
        .boxed()
}

fn body() -> BoxedStrategy<Tokens> {
    vec(member(), 0..6).prop_map(|members| around("{", members.concat(), "}")).boxed()
}

fn params() -> BoxedStrategy<Tokens> {
    let param = (name(), ty(), attrs(), of(expr())).prop_map(|(name, ty, attrs, default)| {
        let default = default.map(|value| [words("="), value].concat()).unwrap_or_default();
        [name, words(":"), ty, attrs, default].concat()
    });
    listed(param.boxed(), 4).prop_map(|params| around("(", params, ")")).boxed()
}

fn declaration() -> BoxedStrategy<Tokens> {
    let record = vec((of(Just("## A field.")), name(), ty(), attrs(), of(expr())), 0..4).prop_map(|fields| {
        let fields = fields.into_iter().map(|(docs, name, ty, attrs, default)| {
            let default = default.map(|value| [words("="), value].concat()).unwrap_or_default();
            let docs: Tokens = docs.map(str::to_owned).into_iter().collect();
            [docs, name, words(":"), ty, attrs, default].concat()
        });
        around("{", fields.collect::<Vec<_>>().concat(), "}")
    });
    let test_member = prop_oneof![
        field()
            .prop_filter("`mock:` is told to be none", |field| field.first().is_none_or(|key| key != "mock")),
        expr().prop_map(|value| [words("mock a . b ="), value].concat()),
        expr().prop_map(|value| [words("mock a [ \"x/y\" ] ="), value].concat()),
        expr().prop_map(|value| [words("expect"), value].concat()),
        select(&["snapshot", "snapshot \"s\""][..]).prop_map(words),
    ];
    prop_oneof![
        record.prop_map(|record| [words("type T"), record].concat()),
        (ty(), attrs()).prop_map(|(ty, attrs)| [words("type T ="), ty, attrs].concat()),
        (select(&["tool", "agent"][..]), params(), of(ty()), body()).prop_map(|(word, params, ty, body)| {
            let ty = ty.map(|ty| [words(":"), ty].concat()).unwrap_or_default();
            [words(word), words("a"), params, ty, body].concat()
        }),
        (select(&["model", "guard", "mcp", "skill", "memory"][..]), body()).prop_map(|(word, body)| [
            words(word),
            words("a"),
            body
        ]
        .concat()),
        vec(test_member, 0..5)
            .prop_map(|members| [words("test \"t\""), around("{", members.concat(), "}")].concat()),
    ]
    .boxed()
}

/// What may stand between two tokens. Inside a declaration a new line is indented, as a person would write it.
const GAPS: &[&str] = &[
    " ",
    " ",
    " ",
    " ",
    " ",
    " ",
    " ",
    "  ",
    "\n  ",
    "\n    ",
    "\n\n  ",
    " # note\n  ",
    "\n  # own line\n  ",
    "\t",
    "\r\n  ",
];

fn spaced(tokens: &[String], gaps: &[&'static str], from: usize) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        let doc = token.starts_with("##");
        if at > 0 {
            let gap = gaps[(from + at) % gaps.len()];
            text.push_str(if doc && !gap.contains('\n') { "\n  " } else { gap });
        }
        text.push_str(token);
        if doc {
            text.push_str("\n  ");
        }
    }
    text
}

/// A file that parses without errors.
pub(crate) fn program() -> impl Strategy<Value = String> {
    let between = select(&["\n", "\n\n", "\n\n\n", "\n# above\n", "\n## Documented.\n", " # behind\n"][..]);
    let imports = vec(Just(words("import \"./a.agent\" { a , b as c }")), 0..2);
    let gaps = vec(select(GAPS), 1..40);
    (imports, vec((declaration(), between), 0..4), gaps).prop_map(|(imports, declarations, gaps)| {
        let mut text = "edition 1\n".to_owned();
        let between = imports.into_iter().map(|import| (import, "\n")).chain(declarations);
        for (at, (tokens, between)) in between.enumerate() {
            text.push_str(&spaced(&tokens, &gaps, at * 7));
            text.push_str(between);
        }
        text
    })
}

const LOOSE: &[&str] = &[
    "edition", "1", "import", "type", "agent", "tool", "model", "test", "A", "(", ")", "{", "}", "[", "]",
    ":", ",", "=", "->", "when", "else", "on", "ask", "loop", "x", ".", "\"s\"", "\"${", "\"\"\"", "#",
    "## d", "\n", "\n", "return", "next", "not", "is", "in", "as", "+", "-", "?", "??", "|", "@", "$1", "5m",
    "set", "var", "require", "before", "mock", "expect",
];

/// Tokens in no order.
pub(crate) fn tokens() -> impl Strategy<Value = String> {
    vec(select(LOOSE), 0..60).prop_map(|tokens| tokens.join(" "))
}
