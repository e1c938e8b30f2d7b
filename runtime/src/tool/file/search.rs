//! `fs.search`: lines that a pattern matches, in the files that `allow` grants below a folder. What `.gitignore`
//! leaves out, binary files and files too large to be written by hand are passed over.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use regex::Regex;

use super::super::permission::{PathRules, Place};
use super::super::reply::Body;
use super::beneath;
use crate::error::{Failure, FailureKind};

/// More lines than this help nobody.
const MAX_MATCHES: usize = 200;
/// A longer line is cut.
const MAX_LINE: usize = 300;
/// A larger file is passed over.
const FILE_CAP: u64 = 2 << 20;

/// Searches a file, or every file below a folder, in the order of their paths.
pub(super) fn search(
    rules: &PathRules,
    place: &Place,
    pattern: &Regex,
    stopped: &dyn Fn() -> bool,
) -> Result<Body, Failure> {
    let mut matches = Vec::new();
    let mut more = false;
    for path in files(rules, place)? {
        if stopped() {
            return Err(Failure::new(FailureKind::Canceled, "the search was stopped"));
        }
        if !rules.grants(&path) || more {
            continue;
        }
        let Ok(content) = beneath::read(&path, FILE_CAP) else { continue };
        let Ok(text) = String::from_utf8(content) else { continue };
        if text.contains('\0') {
            continue;
        }
        for (index, line) in text.lines().enumerate().filter(|(_, line)| pattern.is_match(line)) {
            if matches.len() == MAX_MATCHES {
                more = true;
                break;
            }
            matches.push((rules.show(&path), index + 1, cut(line)));
        }
    }
    Ok(Body::Matches { matches, more })
}

type Paths = Box<dyn Iterator<Item = PathBuf>>;

fn files(rules: &PathRules, place: &Place) -> Result<Paths, Failure> {
    if place.path.is_file() {
        return Ok(Box::new(std::iter::once(place.path.clone())));
    }
    if !place.path.is_dir() {
        return Err(Failure::new(FailureKind::Invalid, format!("`{}` does not exist", place.shown)));
    }
    let hidden = rules.names_hidden();
    let walk = WalkBuilder::new(&place.path)
        .hidden(false)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .parents(place.path.starts_with(rules.folder()))
        .filter_entry(move |entry| {
            entry.depth() == 0 || hidden || !entry.file_name().as_encoded_bytes().starts_with(b".")
        })
        .sort_by_file_path(Path::cmp)
        .build();
    // A folder that may not be read, or went away, is passed over as a search of a person's would.
    let found =
        walk.filter_map(Result::ok).filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    Ok(Box::new(found.map(ignore::DirEntry::into_path)))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}
