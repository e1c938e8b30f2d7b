//! Snapshots of runs as files of `insta`: `cargo insta review` and `accept` work on them, and so does `agentrun test`.
//!
//! `snapshots/FILE__TEST.snap` beside the program holds what was accepted, `….snap.new` what is new.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is as it was accepted.
    Same,
    /// It was written, because it was asked for.
    Written,
    /// There is none yet; the new one waits for review.
    New(PathBuf),
    /// It is another than the accepted one, and waits for review.
    Changed {
        /// What was accepted.
        old: String,
        /// The file that waits.
        pending: PathBuf,
    },
}

/// The file of a test's snapshot.
pub fn file(program: &Path, test: &str, name: Option<&str>, case: Option<&Path>) -> PathBuf {
    let stem = program.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let case = case
        .map_or_else(String::new, |case| format!("@{}", word(&case.with_extension("").to_string_lossy())));
    let folder = program.parent().unwrap_or(Path::new(".")).join("snapshots");
    folder.join(format!("{}__{}{case}.snap", word(&stem), word(name.unwrap_or(test))))
}

/// A run as a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    /// The program's file.
    pub program: &'a Path,
    /// What it is of: the test.
    pub expression: &'a str,
    /// The run.
    pub text: &'a str,
    /// Whether it shows all that models were asked.
    pub prompts: bool,
}

/// How a snapshot that shows prompts says so in its head.
const WITH_PROMPTS: &str = "description: with prompts\n";

/// Whether the accepted snapshot shows all that models were asked: then so does what is compared with it.
pub fn shows_prompts(file: &Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_once("\n---\n").is_some_and(|(head, _)| head.contains(WITH_PROMPTS.trim_end()))
}

/// Compares a run with what was accepted. `update` accepts it.
pub fn keep(file: &Path, taken: &Taken<'_>, update: bool) -> io::Result<Kept> {
    let Taken { program, expression, text, prompts } = *taken;
    let pending = file.with_extension("snap.new");
    let old = match fs::read_to_string(file) {
        Ok(old) => Some(contents(&old).to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if old.as_deref().map(str::trim_end) == Some(text.trim_end()) {
        // What was wrong before is right again.
        match fs::remove_file(&pending) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => return Ok(Kept::Same),
        }
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let source = program.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let written = format!(
        "---\nsource: {}\n{}expression: {}\n---\n{}\n",
        quoted(&source),
        if prompts { WITH_PROMPTS } else { "" },
        quoted(expression),
        text.trim_end()
    );
    if update {
        fs::write(file, written)?;
        let _ = fs::remove_file(&pending);
        return Ok(Kept::Written);
    }
    fs::write(&pending, written)?;
    Ok(match old {
        Some(old) => Kept::Changed { old, pending },
        None => Kept::New(pending),
    })
}

/// What stands below the head of a snapshot.
pub fn contents(file: &str) -> &str {
    let rest = file.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    rest.map_or(file, |(_, contents)| contents)
}

/// A JSON string is a YAML one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name as a part of a file's: letters, digits and `_`.
fn word(text: &str) -> String {
    let signs = text.chars().map(|sign| if sign.is_alphanumeric() { sign } else { '_' });
    let name: String = signs.collect();
    name.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}
