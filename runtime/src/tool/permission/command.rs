//! Which command lines a tool may run: `allow` globs over words. `cargo *` is `cargo` with any arguments, `git diff*`
//! every line that begins so, `git status` that line alone. A blank in a glob stands between two words and nowhere
//! else, so that quoting cannot make one word look like two; `*` crosses words, `?` is one character.
//!
//! An item that begins with `/` or `~/` and ends in `/**` names a folder that the command may read, and no command.

use std::path::{Path, PathBuf};

use agentrun_lang::ast::Name;
use regex::Regex;

use super::shell::simple_commands;
use crate::error::{Failure, FailureKind};

/// Stands between words; no word can hold it.
const BETWEEN: char = '\0';

/// The rules of one tool.
#[derive(Debug)]
pub struct CommandRules {
    /// `None`: every command.
    patterns: Option<Vec<(Name, Regex)>>,
    folders: Vec<PathBuf>,
}

impl CommandRules {
    /// The rules of `allow`; without it, every command may run. `home` is what `~` stands for.
    pub fn new(allow: Option<&[Name]>, home: Option<&Path>) -> Result<Self, String> {
        let mut rules = Self { patterns: None, folders: Vec::new() };
        for item in allow.unwrap_or_default() {
            if let Some(folder) = folder(item, home) {
                rules.folders.push(folder);
            } else {
                rules.patterns.get_or_insert_default().push((item.clone(), pattern(item)?));
            }
        }
        if allow.is_some_and(<[Name]>::is_empty) {
            rules.patterns = Some(Vec::new());
        }
        Ok(rules)
    }

    /// Folders that a command may read beside its own.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// True where `allow` names commands.
    pub fn restricts(&self) -> bool {
        self.patterns.is_some()
    }

    /// Says whether a command may run. A shell's text counts as the commands in it, each of which must be allowed.
    pub fn check(&self, argv: &[String]) -> Result<(), Failure> {
        if self.patterns.is_none() {
            return Ok(());
        }
        match shell_text(argv) {
            Some(text) => self.check_text(text),
            None => self.check_words(argv),
        }
    }

    /// Says whether a shell may run a text.
    pub fn check_text(&self, text: &str) -> Result<(), Failure> {
        if self.patterns.is_none() {
            return Ok(());
        }
        let commands =
            simple_commands(text).map_err(|why| denied(format!("the command `{text}` is refused: {why}")))?;
        commands.iter().try_for_each(|command| self.check_words(command))
    }

    fn check_words(&self, words: &[String]) -> Result<(), Failure> {
        let Some(patterns) = &self.patterns else { return Ok(()) };
        let line = words.join(&BETWEEN.to_string());
        if patterns.iter().any(|(_, pattern)| pattern.is_match(&line)) {
            return Ok(());
        }
        let allowed = patterns.iter().map(|(glob, _)| format!("`{glob}`")).collect::<Vec<_>>().join(", ");
        let allowed = if allowed.is_empty() { "nothing" } else { &allowed };
        Err(denied(format!("`{}` is not among what the tool may run: {allowed}", words.join(" "))))
    }
}

/// The text of `sh -c TEXT`, for the shells whose grammar is the one that is read.
fn shell_text(argv: &[String]) -> Option<&str> {
    let [program, flag, text, ..] = argv else { return None };
    let name = program.rsplit('/').next().unwrap_or(program);
    let known = matches!(name, "sh" | "bash" | "dash" | "ash") && flag == "-c";
    known.then_some(text.as_str())
}

fn folder(item: &str, home: Option<&Path>) -> Option<PathBuf> {
    let path = item.strip_suffix("/**").filter(|path| !path.contains([' ', '*', '?']))?;
    match path.strip_prefix("~/") {
        Some(inside) => Some(home?.join(inside)),
        None => path.starts_with('/').then(|| PathBuf::from(path)),
    }
}

/// Words and wildcards as a regular expression over words with [`BETWEEN`] between them.
fn pattern(glob: &str) -> Result<Regex, String> {
    let words: Vec<&str> = glob.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
    let Some((last, before)) = words.split_last() else {
        return Err("an `allow` item is empty".to_owned());
    };
    let mut source = String::from(r"\A");
    for (index, word) in before.iter().enumerate() {
        if index > 0 {
            source.push_str(r"\x00");
        }
        push_word(&mut source, word);
    }
    match (before.is_empty(), *last) {
        (true, _) => push_word(&mut source, last),
        // With arguments or without.
        (false, "*") => source.push_str(r"(?s:\x00.*)?"),
        (false, _) => {
            source.push_str(r"\x00");
            push_word(&mut source, last);
        }
    }
    source.push_str(r"\z");
    Regex::new(&source).map_err(|error| format!("`allow` item `{glob}` cannot be read: {error}"))
}

fn push_word(source: &mut String, word: &str) {
    for letter in word.chars() {
        match letter {
            '*' => source.push_str("(?s:.*)"),
            '?' => source.push_str(r"[^\x00]"),
            _ => source.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
        }
    }
}

fn denied(message: String) -> Failure {
    Failure::new(FailureKind::Denied, message)
}
