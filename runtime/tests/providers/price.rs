//! The price table and the arithmetic over it.

use agentrun_lang::ir;
use agentrun_runtime::call::cost::{Change, Origin, Price, PriceTable, Tier};
use agentrun_runtime::chat::Usage;

const MILLION: u64 = 1_000_000;

#[test]
fn lookups() {
    let table = PriceTable::vendored();
    assert!(
        table.license.contains("MIT") && table.source.contains("LiteLLM") && table.retrieved == "2026-11-23"
    );
    let dollars = 1_000_000_000;
    let cases = [
        ("openai", "gpt-4o-mini", Some((dollars * 15 / 100, Origin::List))),
        ("openai", "gpt-4o-mini-2024-07-18", Some((dollars * 15 / 100, Origin::List))),
        ("openai", "GPT-4o-mini", Some((dollars * 15 / 100, Origin::List))),
        // It cost twice what its successors of the same name do.
        ("openai", "gpt-4o-2024-05-13", None),
        ("openai", "gpt-4o-mini-audio-preview", None),
        ("openai", "ft:gpt-4o-mini:org::id", None),
        ("openai", "claude-haiku-4-5", None),
        ("anthropic", "claude-haiku-4-5-20251001", Some((dollars, Origin::List))),
        ("anthropic", "claude-haiku-4-5@20251001", Some((dollars, Origin::List))),
        ("anthropic", "claude-haiku-4.5", Some((dollars, Origin::List))),
        ("anthropic", "claude-haiku-4-5-latest", Some((dollars, Origin::List))),
        ("google", "models/gemini-2.5-flash", Some((dollars * 3 / 10, Origin::List))),
        ("gemini", "gemini-2.5-flash", Some((dollars * 3 / 10, Origin::List))),
        ("azure", "gpt-4o-mini", Some((dollars * 15 / 100, Origin::Maker))),
        ("azure", "our-deployment", None),
        ("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", Some((dollars, Origin::Maker))),
        ("bedrock", "anthropic.claude-haiku-4-5", Some((dollars, Origin::Maker))),
        ("bedrock", "amazon.nova-pro-v1:0", None),
        ("groq", "openai/gpt-oss-20b", Some((dollars * 75 / 1000, Origin::List))),
        ("mistral", "mistral-large-latest", Some((dollars / 2, Origin::List))),
        ("ollama", "llama3", Some((0, Origin::Local))),
        ("nobody", "m", None),
    ];
    for (provider, model, expected) in cases {
        let found = table.price(provider, model, false).map(|price| (price.input, price.origin));
        assert_eq!(found, expected, "{provider}/{model}");
    }
    assert_eq!(table.price("nobody", "m", true), Some(Price::FREE));
}

#[test]
fn what_the_user_states_wins() {
    let mut table = PriceTable::vendored().clone();
    let stated = Price::stated(ir::Price { input: 5, output: 7 });
    table.state("openai", "gpt-4o-mini", stated.clone());
    table.state("ollama", "llama3", stated.clone());
    table.state("house", "m", stated);
    for (provider, model) in [("openai", "gpt-4o-mini"), ("ollama", "llama3"), ("house", "M")] {
        let price = table.price(provider, model, provider == "ollama").unwrap();
        assert_eq!((price.input, price.output, price.origin), (5, 7, Origin::User), "{provider}/{model}");
    }
}

#[test]
fn sums() {
    let price = Price {
        input: 3_000_000_000,
        output: 15_000_000_000,
        cache_read: Some(300_000_000),
        cache_write: Some(3_750_000_000),
        tiers: vec![
            Tier { above: 200_000, input: 6_000_000_000, output: 22_500_000_000 },
            Tier { above: 500_000, input: 9_000_000_000, output: 30_000_000_000 },
        ],
        origin: Origin::List,
    };
    let plain = |input, output| Usage { input: Some(input), output: Some(output), ..Usage::default() };
    let cases = [
        (plain(1000, 100), Some(3_000_000 + 1_500_000)),
        (plain(0, 0), Some(0)),
        // Exactly at a tier's edge the lower price holds.
        (plain(200_000, 0), Some(600_000_000)),
        (plain(200_001, 0), Some(1_200_006_000)),
        (plain(600_000, 10), Some(5_400_000_000 + 300_000)),
        (Usage { cached: Some(800), ..plain(1000, 0) }, Some(600_000 + 240_000)),
        (
            Usage { cached: Some(800), cache_write: Some(100), ..plain(1000, 0) },
            Some(300_000 + 240_000 + 375_000),
        ),
        // A cached token rises with its tier.
        (Usage { cached: Some(300_000), ..plain(300_000, 0) }, Some(180_000_000)),
        // More cached than read cannot be: it is held to what was read.
        (Usage { cached: Some(5000), cache_write: Some(9), ..plain(1000, 0) }, Some(300_000)),
        (Usage { input: Some(3), ..Usage::default() }, None),
        (Usage::default(), None),
    ];
    for (usage, expected) in cases {
        assert_eq!(price.of(&usage), expected, "{usage:?}");
    }
    assert_eq!(Price::FREE.of(&Usage::default()), Some(0));
    // A fraction of a billionth is rounded up, never away.
    let tiny = Price { input: 1, output: 0, ..Price::FREE };
    assert_eq!(tiny.of(&plain(1, 0)), Some(1));
    assert_eq!(tiny.of(&plain(MILLION, 0)), Some(1));
    // What is reserved is enough, though every token be written to a cache.
    assert_eq!(price.at_most(1000, 100), 3_750_000 + 1_500_000);
    assert_eq!(price.at_most(u64::MAX, u64::MAX), i64::MAX);
}

#[test]
fn files_that_cannot_be_right() {
    let file = |models: &str| {
        format!(
            r#"{{ "_source": "s", "_license": "MIT", "_retrieved": "2026-11-23", "_unit": "USD per million tokens", "models": {models} }}"#
        )
    };
    let model = |more: &str| {
        format!(
            r#"[{{ "id": "m", "provider": "p", "kind": "chat", "input_per_mtok": 1, "output_per_mtok": 2{more} }}]"#
        )
    };
    assert!(PriceTable::parse(&file(&model(""))).is_ok());
    let cases = [
        ("oops".to_owned(), "no JSON: expected value at line 1 column 1"),
        ("{}".to_owned(), "`_unit` is missing"),
        (file("[]"), "`models` must be a list with entries"),
        (
            file(&model("")).replace("million", "thousand"),
            "`_unit` must be `USD per million tokens`, found `USD per thousand tokens`",
        ),
        (file(&model("")).replace("\"MIT\"", "\" \""), "`_license` is missing"),
        (file(&model("")).replace("2026-11-23", "today"), "`_retrieved` must be a day, found `today`"),
        (file(&model("")).replace("\"id\": \"m\", ", ""), "model 1: `id` is missing"),
        (
            file(&model("")).replace("chat", "video"),
            "model 1: `p/m`: `kind` must be `chat` or `embedding`, found `video`",
        ),
        (
            file(&model(r#", "cache_read_per_mtok": -1"#)),
            "model 1: `p/m`: `cache_read_per_mtok` must be from 0 to 1000 dollars, found `-1`",
        ),
        (
            file(&model("").replace(": 2", ": 20000")),
            "model 1: `p/m`: `output_per_mtok` must be from 0 to 1000 dollars, found `20000`",
        ),
        (
            file(&model("").replace(": 2", ": \"2\"")),
            "model 1: `p/m`: `output_per_mtok` must be from 0 to 1000 dollars, found `\"2\"`",
        ),
        (
            file(&model(r#", "tiers_per_mtok": { "input_cost_per_token_above_200k_tokens": 2 }"#)),
            "model 1: `p/m`: `output_cost_per_token_above_200k_tokens` is missing",
        ),
        (
            file(r#"[{ "id": "m", "provider": "p", "kind": "embedding", "input_per_mtok": 100 }]"#),
            "model 1: `p/m`: `input_per_mtok` must be from 0 to 10 dollars, found `100`",
        ),
        (
            file(
                r#"[{ "id": "m", "provider": "p", "kind": "chat", "input_per_mtok": 1, "output_per_mtok": 2 }, { "id": "M", "provider": "p", "kind": "chat", "input_per_mtok": 1, "output_per_mtok": 2 }]"#,
            ),
            "`p/M` stands there twice",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(PriceTable::parse(&text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn what_an_update_changes() {
    let file = |models: &str| {
        let text = format!(
            r#"{{ "_source": "s", "_license": "MIT", "_retrieved": "2026-11-23", "_unit": "USD per million tokens", "models": [{models}] }}"#
        );
        PriceTable::parse(&text).unwrap()
    };
    let model = |id: &str, input: u32| {
        format!(
            r#"{{ "id": "{id}", "provider": "p", "kind": "chat", "input_per_mtok": {input}, "output_per_mtok": 2 }}"#
        )
    };
    let old = file(&[model("same", 1), model("gone", 1), model("dearer", 1)].join(","));
    let new = file(&[model("same", 1), model("dearer", 3), model("new", 1)].join(","));
    let two = 2_000_000_000;
    assert_eq!(
        old.changes(&new),
        [
            Change::Repriced("p/dearer".into(), (1_000_000_000, two), (3_000_000_000, two)),
            Change::Added("p/new".into()),
            Change::Removed("p/gone".into()),
        ]
    );
    assert_eq!(new.changes(&new), []);
}
