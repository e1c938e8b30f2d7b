//! `--q "…"`: parameters of the agent among our own flags. Clap knows ours; what it does not know is cut out of
//! the command line here, before clap reads it. A flag of ours wins over a parameter of the same name.

use agentrun_lang::suggest::nearest;
use clap::CommandFactory as _;

use crate::args::Cli;

/// A command line with the agent's parameters cut out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// What clap reads.
    pub(crate) ours: Vec<String>,
    /// The agent's, in order; a value of `None` is a bare `--flag`.
    pub(crate) params: Vec<(String, Option<String>)>,
}

/// Splits the arguments of the process. Only `agentrun FILE …` and `agentrun run FILE …` take parameters.
pub(crate) fn split(argv: Vec<String>) -> Split {
    let command = Cli::command();
    let mut words: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    words.push("help");
    let first = argv.get(1).cloned().unwrap_or_default();
    if first != "run" && words.contains(&first.as_str()) {
        return Split { ours: argv, params: Vec::new() };
    }
    let takes_value = |flag: &str| -> Option<bool> {
        if matches!(flag, "--help" | "--version" | "-h" | "-V") {
            return Some(false);
        }
        command
            .get_arguments()
            .find(|argument| {
                argument.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long))
                    || argument.get_short().is_some_and(|short| flag == format!("-{short}"))
            })
            .map(|argument| argument.get_action().takes_values())
    };
    let mut split = Split { ours: Vec::new(), params: Vec::new() };
    let mut rest = argv.into_iter().peekable();
    split.ours.extend(rest.next());
    let mut positional = None;
    while let Some(word) = rest.next() {
        let Some(body) = word.strip_prefix("--").filter(|body| !body.is_empty()) else {
            if !word.starts_with('-') {
                positional.get_or_insert_with(|| word.clone());
            }
            split.ours.push(word);
            continue;
        };
        let (name, inline) = match body.split_once('=') {
            Some((name, value)) => (name.to_string(), Some(value.to_string())),
            None => (body.to_string(), None),
        };
        match takes_value(&format!("--{name}")) {
            // Behind a file it asks for what the file's agent takes.
            Some(_) if name == "help" && positional.as_ref().is_some_and(|word| word != "run") => {
                split.params.push((name, None));
            }
            Some(takes) => {
                split.ours.push(word);
                if takes && inline.is_none() {
                    split.ours.extend(rest.next());
                }
            }
            None => {
                let value = inline.or_else(|| rest.next_if(|next| !next.starts_with("--")));
                split.params.push((name, value));
            }
        }
    }
    // Said in full, so that clap never takes a word too many for a command.
    if first != "run" && positional.is_some_and(|word| !words.contains(&word.as_str())) {
        split.ours.insert(1, "run".to_string());
    }
    split
}

/// The command that a word which is no file may be meant as.
pub(crate) fn command_like(word: &str) -> Option<String> {
    let command = Cli::command();
    nearest(word, command.get_subcommands().map(clap::Command::get_name)).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_string).collect()
    }

    #[test]
    fn what_clap_does_not_know_is_a_parameter() {
        for (line, ours, params) in [
            ("agentrun a.agent --q hi", "agentrun run a.agent", vec![("q", Some("hi"))]),
            ("agentrun a.agent --q=hi=x --quiet", "agentrun run a.agent --quiet", vec![("q", Some("hi=x"))]),
            ("agentrun --loud a.agent", "agentrun", vec![("loud", Some("a.agent"))]),
            ("agentrun run a.agent --n -3 --json", "agentrun run a.agent --json", vec![("n", Some("-3"))]),
            ("agentrun a.agent --yes --q hi", "agentrun run a.agent", vec![("yes", None), ("q", Some("hi"))]),
            (
                "agentrun a.agent --input {} --q hi",
                "agentrun run a.agent --input {}",
                vec![("q", Some("hi"))],
            ),
            ("agentrun a.agent --help", "agentrun run a.agent", vec![("help", None)]),
            ("agentrun --help", "agentrun --help", vec![]),
            ("agentrun run --help", "agentrun run --help", vec![]),
            ("agentrun check --format json", "agentrun check --format json", vec![]),
        ] {
            let found = split(words(line));
            assert_eq!(found.ours, words(ours), "{line}");
            let expected: Vec<(String, Option<String>)> = params
                .into_iter()
                .map(|(name, value)| (name.to_string(), value.map(str::to_string)))
                .collect();
            assert_eq!(found.params, expected, "{line}");
        }
    }
}
