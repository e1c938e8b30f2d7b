//! The pages of the manual that are made from the compiler's tables are what the tables say.

use std::fs;
use std::path::Path;

use agentrun_lang::reference::markdown;

/// `UPDATE=1` writes them instead.
#[test]
fn the_made_pages_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for page in markdown() {
        let file = folder.join(page.file);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&file, &page.text).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == page.text,
            "{} is old: run `UPDATE=1 cargo test --test suite reference`",
            file.display()
        );
    }
}

/// Every page of the folder is linked from its first one.
#[test]
fn every_page_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    for page in fs::read_dir(folder).unwrap() {
        let name = page.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "{name} is not listed");
    }
}
