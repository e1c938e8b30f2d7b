//! The documents as a reader meets them: their programs compile, an error's page shows that error, their links lead
//! somewhere, and the commands of the READMEs run. What the words say is for people to read.

mod markdown;
mod programs;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use agentrun_lang::format::format;
use agentrun_lang::source::SourceMap;
use agentrun_lang::syntax::parse;

use self::markdown::{Document, documents};
use self::programs::{Finding, check_all};
use crate::support::command::Agentrun;

#[test]
fn every_program_in_the_docs_compiles() {
    let pages: Vec<Document> = documents().into_iter().filter(|page| page.code().is_none()).collect();
    let wrong: Vec<String> = check_all(&pages)
        .into_iter()
        .filter(|finding| finding.severity == "error")
        .map(|finding| finding.to_string())
        .collect();
    assert!(wrong.is_empty(), "programs in the docs that do not compile:\n{}", wrong.join("\n"));
}

/// What a reader copies out of a document stays as it is under `agentrun fmt`. A page of an error may show a file that
/// cannot be read.
#[test]
fn every_program_in_the_docs_is_formatted() {
    let mut wrong = Vec::new();
    for page in documents() {
        for block in page.programs() {
            let mut sources = SourceMap::default();
            let source = sources.add("main.agent", block.text.as_str());
            let (module, found) = parse(&source);
            let written = format(&module, &source);
            if found.is_clean() && written.trim_end() != block.text.trim_end() {
                wrong.push(format!("{}:{}: `agentrun fmt` writes\n{written}", page.name, block.line));
            }
            assert!(
                found.is_clean() || page.code().is_some(),
                "{}:{}: it cannot be read",
                page.name,
                block.line
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first program of an error's page, and the files it imports, have that finding and no other. That it is not
/// run yet is said of a program beside whatever else is.
#[test]
fn every_error_page_shows_its_own_error() {
    let pages: Vec<Document> =
        documents().into_iter().filter(|page| page.code().is_some_and(|code| code != "E0001")).collect();
    assert!(pages.len() > 30, "found {} error pages only", pages.len());
    let findings = check_all(&pages);
    let mut wrong = Vec::new();
    for page in &pages {
        let code = page.code().unwrap_or_default();
        let (shown, mended): (Vec<&Finding>, Vec<&Finding>) = findings
            .iter()
            .filter(|finding| finding.document == page.name)
            .filter(|finding| finding.code == code || finding.code != "W1602")
            .partition(|finding| finding.in_first);
        let found: BTreeSet<&str> = shown.iter().map(|finding| finding.code.as_str()).collect();
        if found.iter().ne([&code]) {
            wrong.push(format!("{}: expected {code} alone, found {found:?}", page.name));
        }
        wrong.extend(mended.iter().map(|finding| format!("after the mend, {finding}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_error_page_says_what_it_means_and_what_to_write() {
    let mut wrong = Vec::new();
    for page in documents() {
        let Some(code) = page.code() else { continue };
        let mut say = |what: &str| wrong.push(format!("{}: {what}", page.name));
        let title = page.text.lines().next().unwrap_or_default();
        let named = agentrun_lang::codes::CODES
            .iter()
            .find(|(known, _)| known.0 == code)
            .map(|(_, title)| format!("# {code}: {title}"));
        if named.as_deref() != Some(title) {
            say(&format!("its title is `{title}`, and the table of codes says `{named:?}`"));
        }
        let Some(first) = page.programs().next() else {
            if code != "E0001" {
                say("it shows no program");
            }
            continue;
        };
        if prose(&page, 2, first.line).is_empty() {
            say("nothing above the program says what it means");
        }
        if prose(&page, first.end, usize::MAX).is_empty() {
            say("nothing below the program says what to write");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines of words between two lines, blocks left out.
fn prose(page: &Document, from: usize, to: usize) -> Vec<&str> {
    let in_block = |line: usize| page.blocks.iter().any(|block| (block.line..=block.end).contains(&line));
    page.text
        .lines()
        .enumerate()
        .map(|(index, text)| (index + 1, text))
        .filter(|(line, text)| {
            (from..to).contains(line) && !in_block(*line) && !text.trim().is_empty() && !text.starts_with('#')
        })
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = documents();
    let mut wrong = Vec::new();
    for page in &pages {
        for (line, target) in page.links() {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = Path::new(&page.name).parent().unwrap_or(Path::new(""));
            let path = if file.is_empty() { PathBuf::from(&page.name) } else { folder.join(file) };
            let at = markdown::root().join(&path);
            if !at.exists() {
                wrong.push(format!("{}:{line}: `{target}` leads to nothing", page.name));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&at).unwrap_or_default();
                if !markdown::anchors(&text).contains(anchor) {
                    wrong.push(format!("{}:{line}: `{target}` has no such heading", page.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The picture that the README shows is of the program above it. `UPDATE=1` draws it.
#[test]
fn the_picture_of_the_readme_is_of_its_program() {
    let readme = documents().into_iter().find(|page| page.name == "README.md").expect("there is one");
    let program = readme.programs().next().expect("it shows a program");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("front.agent"), &program.text).expect("it can be written");
    let drawn =
        Agentrun::with(&["graph", "front.agent", "--format", "svg"]).folder(folder.path()).run().exits(0);
    let file = markdown::root().join("docs/front.svg");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &drawn.out).expect("it can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == drawn.out, "docs/front.svg is old: run `UPDATE=1 cargo test --test suite picture`");
}

/// Every `agentrun …` of the READMEs, in order, in a folder that holds the examples. A comment `# exit code N` says
/// what is expected where it is not 0.
#[test]
fn every_command_of_the_readmes_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&markdown::root().join("examples"), &folder.path().join("examples"));
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in documents() {
        let is_readme = page.name == "README.md" || page.name.starts_with("examples/");
        for (line, command) in page.commands().into_iter().filter(|_| is_readme) {
            let expected = command
                .split_once("# exit code ")
                .and_then(|(_, code)| code.split([' ', ':']).next()?.parse().ok())
                .unwrap_or(0);
            let result = Agentrun::shell(&command).folder(folder.path()).run();
            ran += 1;
            if result.code != expected {
                wrong.push(format!(
                    "{}:{line}: `{command}` ended with {}, expected {expected}\n{}",
                    page.name, result.code, result.err
                ));
            }
        }
    }
    assert!(ran > 15, "ran {ran} commands only");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("its entries can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}
