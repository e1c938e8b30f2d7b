//! `agentrun fmt`: the one way a file is laid out.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use agentrun_lang::diagnostic::Severity;
use agentrun_lang::source::SourceMap;

use crate::args::FmtArgs;
use crate::exit::Exit;
use crate::files::{self, replace};
use crate::output;
use crate::render::Render;
use agentrun_runtime::files::{MOST, read_at_most};

/// Formats the files in place, or says which would change.
pub(crate) fn fmt(args: &FmtArgs) -> Exit {
    if args.paths == [PathBuf::from("-")] {
        return standard_input(args.check);
    }
    let files = match files::agent_files(&args.paths) {
        Ok(files) => files,
        Err(message) => {
            output::complain(&message);
            return Exit::Usage;
        }
    };
    let mut exit = Exit::Done;
    for file in files {
        let worst = one(&file, args.check);
        if worst != Exit::Done && exit != Exit::DoesNotCompile {
            exit = worst;
        }
    }
    exit
}

fn one(file: &Path, check: bool) -> Exit {
    let bytes = match plain(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            output::complain(&format!("cannot read {}: {error}", file.display()));
            return Exit::Failed;
        }
    };
    let Some(formatted) = formatted(&file.to_string_lossy(), &bytes) else { return Exit::DoesNotCompile };
    if formatted.as_bytes() == bytes {
        return Exit::Done;
    }
    if check {
        output::err(&format!("{} would change\n", file.display()));
        return Exit::Failed;
    }
    match replace(file, formatted.as_bytes()) {
        Ok(()) => {
            output::err(&format!("formatted {}\n", file.display()));
            Exit::Done
        }
        Err(error) => {
            output::complain(&format!("cannot write {}: {error}", file.display()));
            Exit::Failed
        }
    }
}

/// What a file holds; a pipe would be waited for, and cannot be written back.
fn plain(file: &Path) -> io::Result<Vec<u8>> {
    if file.metadata()?.is_file() {
        read_at_most(File::open(file)?, MOST)
    } else {
        Err(io::Error::other("it is no plain file; `-` formats standard input"))
    }
}

fn standard_input(check: bool) -> Exit {
    let bytes = match read_at_most(std::io::stdin().lock(), MOST) {
        Ok(bytes) => bytes,
        Err(error) => {
            output::complain(&format!("cannot read standard input: {error}"));
            return Exit::Failed;
        }
    };
    let Some(formatted) = formatted("<stdin>", &bytes) else { return Exit::DoesNotCompile };
    if check {
        return if formatted.as_bytes() == bytes { Exit::Done } else { Exit::Failed };
    }
    output::out(&formatted);
    Exit::Done
}

/// The formatted text; a file with syntax errors is left alone and its errors are shown.
fn formatted(name: &str, bytes: &[u8]) -> Option<String> {
    let mut sources = SourceMap::default();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            output::complain(&format!("{name}: the byte at {} is not UTF-8", error.valid_up_to()));
            return None;
        }
    };
    let source = sources.add(name, text);
    let (module, diagnostics) = agentrun_lang::syntax::parse(&source);
    if !diagnostics.is_clean() {
        let render = Render::new(&sources, output::color(false));
        for diagnostic in diagnostics.sorted() {
            if diagnostic.severity == Severity::Error {
                output::err(&format!("{}\n", render.diagnostic(&diagnostic)));
            }
        }
        return None;
    }
    Some(agentrun_lang::format::format(&module, &source))
}
