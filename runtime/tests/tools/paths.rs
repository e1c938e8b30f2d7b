//! Laws of paths: nothing that is granted lies outside, however the path is written and whatever the tree does.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentrun_lang::ast::Name;
use agentrun_lang::ir::Builtin;
use agentrun_runtime::error::FailureKind;
use agentrun_runtime::tool::permission::{Access, PathRules};
use proptest::prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest};

use super::support::Bench;

/// A tree with links of every sort: `work` is the folder, `out` must not be reached.
struct Tree {
    root: tempfile::TempDir,
}

impl Tree {
    fn new(links: &[(String, String)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work/a/b", "work/.c", "out/a"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["work/f", "work/a/f", "work/a/b/f", "work/.c/f", "out/f", "out/a/f"] {
            std::fs::write(root.path().join(file), "").unwrap();
        }
        for (place, target) in links {
            let target = target.replace("ROOT", root.path().to_str().unwrap());
            // A name that is taken, or a folder that a link made unreachable, is no tree to test.
            let _ = symlink(target, root.path().join("work").join(place));
        }
        Self { root }
    }

    fn work(&self) -> PathBuf {
        self.root.path().join("work").canonicalize().unwrap()
    }

    fn rules(&self, allow: &[&str]) -> PathRules {
        let allow: Vec<Name> = allow.iter().map(|glob| Name::from(*glob)).collect();
        PathRules::new(&self.work(), Some(&allow), &[]).unwrap()
    }
}

fn names() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("a"),
        Just("b"),
        Just("f"),
        Just("l"),
        Just("m"),
        Just("n"),
        Just(".c"),
        Just(".."),
        Just("."),
        Just(""),
        Just("new"),
    ]
}

fn paths() -> impl Strategy<Value = String> {
    let inside = proptest::collection::vec(names(), 1..7).prop_map(|names| names.join("/")).boxed();
    prop_oneof![
        5 => inside.clone(),
        1 => inside.clone().prop_map(|path| format!("ROOT/work/{path}")),
        1 => inside.clone().prop_map(|path| format!("ROOT/out/{path}")),
        1 => inside.prop_map(|path| format!("/proc/self/cwd/{path}")),
    ]
}

fn links() -> impl Strategy<Value = Vec<(String, String)>> {
    let places = prop_oneof![Just("l"), Just("m"), Just("a/n"), Just("a/b/l"), Just(".c/m")];
    let targets = prop_oneof![
        4 => paths(),
        1 => Just("../out".to_owned()),
        1 => Just("ROOT/out".to_owned()),
        1 => Just("/".to_owned()),
        1 => Just("l".to_owned()),
    ];
    proptest::collection::vec((places.prop_map(str::to_owned), targets), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_granted_lies_inside(links in links(), asked in paths(), access in prop_oneof![Just(Access::Read), Just(Access::Write)]) {
        let tree = Tree::new(&links);
        let asked = asked.replace("ROOT", tree.root.path().to_str().unwrap());
        let work = tree.work();
        if let Ok(place) = tree.rules(&["./**"]).resolve(&asked, access) {
            assert!(place.path.starts_with(&work), "{asked}: {place:?}");
            let hidden = place.path.strip_prefix(&work).unwrap().components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
            assert!(!hidden, "{asked}: {place:?}");
            // It holds no link, and is what the system itself makes of the path.
            let existing = place.path.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap();
            assert_eq!(existing.canonicalize().unwrap(), existing, "{asked}: {place:?}");
            if let Ok(real) = work.join(&asked).canonicalize() {
                assert_eq!(real, place.path, "{asked}");
            }
        }
        if let Ok(place) = tree.rules(&["./a/*", "./l/**"]).resolve(&asked, access) {
            let inside = place.path.strip_prefix(&work).unwrap();
            assert!(inside.starts_with("a") && inside.components().count() == 2 || inside.starts_with("l"), "{asked}: {place:?}");
        }
    }

    #[test]
    fn no_path_breaks_the_reader(asked in ".{0,60}") {
        let tree = Tree::new(&[]);
        let _ = tree.rules(&["./**"]).resolve(&asked, Access::Write);
    }
}

#[test]
fn a_glob_means_what_it_says() {
    let tree = Tree::new(&[]);
    let work = tree.work();
    for (glob, yes, no) in [
        ("./**", &["a", "a/b/f", "new", "."][..], &[".c", ".c/f", "a/.x"][..]),
        ("**", &["f", "a/f"], &[".c/f"]),
        ("./a/**", &["a", "a/f", "a/b/f"], &["f", "ab/f", "b/a/f"]),
        ("./a/*", &["a/f", "a/b"], &["a", "a/b/f"]),
        ("./a/", &["a", "a/b/f"], &["f"]),
        ("a/b/f", &["a/b/f"], &["a/b", "a/b/f/x"]),
        ("./*.{rs,md}", &["x.rs", "y.md"], &["x.txt", "a/x.rs", ".x.rs"]),
        ("./**/*.rs", &["x.rs", "a/b/x.rs"], &["x.md", ".c/x.rs"]),
        ("./[ab]/?", &["a/f", "b/x"], &["c/f", "a/ff"]),
        ("./.c/*", &[".c/f"], &[".c/.x", ".d/f"]),
        ("./.*/**", &[".c/f", ".d/e/f"], &["a/f"]),
        ("./A/**", &["A/f"], &["a/f"]),
    ] {
        let rules = tree.rules(&[glob]);
        for path in yes {
            assert!(rules.grants(&work.join(path).components().collect::<PathBuf>()), "{glob} grants {path}");
        }
        for path in no {
            assert!(!rules.grants(&work.join(path)), "{glob} does not grant {path}");
        }
    }
    let out = tree.root.path().join("out").canonicalize().unwrap();
    let absolute = format!("{}/out/**", tree.root.path().display());
    for glob in ["../out/**", absolute.as_str()] {
        let rules = tree.rules(&[glob]);
        assert_eq!(rules.resolve("../out/f", Access::Read).unwrap().path, out.join("f"), "{glob}");
        assert_eq!(rules.resolve("f", Access::Read).unwrap_err().kind, FailureKind::Denied, "{glob}");
    }
    for wrong in ["./[a", "./a/**/../b", "./{a"] {
        assert!(PathRules::new(&work, Some(&[wrong.into()]), &[]).is_err(), "{wrong}");
    }
}

#[test]
fn the_programs_own_files_are_only_read() {
    let tree = Tree::new(&[("l".to_owned(), "a/f".to_owned())]);
    let work = tree.work();
    std::fs::hard_link(work.join("a/f"), work.join("hard")).unwrap();
    let rules = PathRules::new(&work, None, &["a/f".into(), "missing.agent".into()]).unwrap();
    for path in ["a/f", "l", "hard", "missing.agent"] {
        assert!(rules.resolve(path, Access::Read).is_ok(), "{path}");
        let failure = rules.resolve(path, Access::Write).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Denied, "{path}");
        assert!(failure.message.contains("belongs to the running program"), "{failure}");
    }
    assert!(rules.resolve("f", Access::Write).is_ok());
}

/// A folder that turns into a link and back while it is read and written: what is outside stays there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_swapped_in_leads_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("f"), "outside").unwrap();
    let bench = Bench::builtin(Builtin::FsRead).file("real/f", "inside");
    let writer = Bench::builtin(Builtin::FsWrite);
    let writer = Bench { folder: tempfile::tempdir().unwrap(), settings: bench.settings.clone(), ..writer };
    let (link, real, target) = (bench.path("swap"), bench.path("real"), outside.path().to_path_buf());
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    let swapper = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            swap_to(&link, &target);
            let _ = std::fs::remove_file(&link);
            let _ = std::fs::rename(&real, &link);
            std::thread::yield_now();
            let _ = std::fs::rename(&link, &real);
        }
    });
    let (reads, stores) = (bench.toolbox(), writer.toolbox());
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let args = |texts: &[&str]| texts.iter().map(|text| labeled(text)).collect::<Vec<_>>();
        let got = reads.call(agentrun_lang::ir::ToolId(0), &args(&["swap/f"]), &bench.context).await.result;
        seen.insert(got.map_or("refused".to_owned(), |(value, _)| value.to_string()));
        let _ = stores.call(agentrun_lang::ir::ToolId(0), &args(&["swap/f", "inside"]), &bench.context).await;
        let _ = stores.call(agentrun_lang::ir::ToolId(0), &args(&["swap/new", "x"]), &bench.context).await;
    }
    over.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(!seen.contains("outside"), "{seen:?}");
    // How often the swap is met is the scheduler's affair; what is met must never be what is outside.
    assert_eq!(std::fs::read_to_string(outside.path().join("f")).unwrap(), "outside");
    assert!(!outside.path().join("new").exists());
}

fn labeled(text: &str) -> agentrun_lang::value::Labeled {
    agentrun_lang::value::Labeled::new(
        agentrun_lang::value::Value::text(text),
        agentrun_lang::value::Labels::NONE,
    )
}

fn swap_to(swap: &Path, target: &Path) {
    let _ = std::fs::remove_file(swap);
    let _ = symlink(target, swap);
    std::thread::yield_now();
}
