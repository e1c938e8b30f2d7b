//! A path on the command line to a compiled program, its findings shown.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentrun_lang::codes::Code;
use agentrun_lang::diagnostic::{Diagnostic, Severity};
use agentrun_lang::ir::Program;
use agentrun_lang::not_run;
use agentrun_lang::source::SourceMap;
use agentrun_runtime::config::{Config, ConfigError, Environment};
use agentrun_runtime::files::FileLoader;

use crate::exit::Exit;
use crate::files;
use crate::output;
use crate::render::{Count, Render};

/// The compiler's word on a provider that it does not know.
const UNKNOWN_PROVIDER: Code = Code("W1201");

/// Findings shown; `agentrun check` shows more.
const MOST: usize = 100;

/// A program that compiled, and the file it stands in.
pub(crate) struct Compiled {
    /// The program.
    pub(crate) program: Arc<Program>,
    /// Its entry file.
    pub(crate) file: PathBuf,
}

/// Compiles the program that `path` means. Findings go to standard error; warnings only where `warnings`.
pub(crate) fn compile(path: &Path, color: bool, warnings: bool) -> Result<Compiled, Exit> {
    let file = files::program_file(path).map_err(|message| {
        output::complain(&message);
        Exit::Usage
    })?;
    let compilation = agentrun_lang::compile(&files::module_path(&file), &FileLoader);
    let mut diagnostics = compilation.diagnostics.sorted();
    // A configuration that cannot be read is said where it is used; most programs need none of it here.
    if diagnostics.iter().any(|finding| finding.code == UNKNOWN_PROVIDER)
        && let Ok(config) = configuration(&file, &Environment::of_process())
    {
        drop_declared(&mut diagnostics, &compilation.modules.sources, &config);
    }
    // A run says itself what its agent could meet of it.
    if compilation.program.is_some() {
        diagnostics.retain(|found| found.code != not_run::CODE);
    }
    let render = Render::new(&compilation.modules.sources, color);
    let show = |finding: &Diagnostic| output::err(&format!("{}\n", render.diagnostic(finding)));
    let failed = compilation.program.is_none();
    if failed || warnings {
        let errors = diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
        let rest = diagnostics.iter().filter(|finding| finding.severity != Severity::Error);
        if diagnostics.len() > MOST {
            errors.chain(rest).take(MOST).for_each(show);
        } else {
            diagnostics.iter().for_each(show);
        }
    }
    match compilation.program {
        Some(program) => Ok(Compiled { program: Arc::new(program), file }),
        None => {
            output::err(&format!("{} does not compile: {}\n", file.display(), Count::of(&diagnostics)));
            Err(Exit::DoesNotCompile)
        }
    }
}

/// The configuration that holds for a program's file.
pub(crate) fn configuration(file: &Path, environment: &Environment) -> Result<Config, ConfigError> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    Config::load(file.parent().unwrap_or(&file), environment)
}

/// Takes out what is said of providers that `[providers.NAME]` declares: the compiler reads no configuration.
pub(crate) fn drop_declared(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap, config: &Config) {
    diagnostics.retain(|finding| {
        let provider = sources.slice(finding.primary.span).trim_start_matches(['"', '\'']).split_once('/');
        let declared = provider.is_some_and(|(provider, _)| config.providers.contains_key(provider));
        finding.code != UNKNOWN_PROVIDER || !declared
    });
}
