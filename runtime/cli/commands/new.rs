//! `agentrun new NAME`: a folder with an agent that runs at once, offline.

use std::path::{Path, PathBuf};

use crate::args::NewArgs;
use crate::exit::Exit;
use crate::output;

const FILES: [(&str, &str); 3] = [
    ("main.agent", include_str!("../templates/main.agent")),
    ("script.json", include_str!("../templates/script.json")),
    ("README.md", include_str!("../templates/README.md")),
];

/// Writes the folder; nothing that is there already is touched.
pub(crate) fn new(args: &NewArgs) -> Exit {
    // Without what stands behind the last name: `my-agent/` is `my-agent`.
    let folder = &args.name.components().collect::<PathBuf>();
    let Some(agent) = folder.file_name().and_then(|name| agent_name(&name.to_string_lossy())) else {
        output::complain(&format!(
            "`{}` gives no name for an agent; begin it with a letter, as in `agentrun new support-bot`",
            folder.display()
        ));
        return Exit::Usage;
    };
    if folder.exists() {
        output::complain(&format!("{} is there already; choose another name", folder.display()));
        return Exit::Usage;
    }
    match write(folder, &agent) {
        Ok(()) => {
            let written = FILES.map(|(name, _)| folder.join(name).display().to_string());
            let at = quoted(folder);
            output::err(&format!(
                "wrote {}\n\
                 run it:    agentrun {at} --q \"Why is the sky blue?\"\n\
                 check it:  agentrun check {at}\n\
                 test it:   agentrun test {at}\n\
                 draw it:   agentrun graph {at}\n",
                written.join(", ")
            ));
            Exit::Done
        }
        Err(error) => {
            output::complain(&format!("cannot write {}: {error}", folder.display()));
            Exit::Failed
        }
    }
}

fn write(folder: &Path, agent: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, text) in FILES {
        let text = text.replace("AGENT_NAME", agent).replace("FOLDER", &quoted(folder));
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The path as a shell takes it in one piece.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+,:=@%~".contains(letter);
    if text.starts_with('-') || !text.chars().all(plain) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    text
}

/// `support-bot` is `SupportBot`.
fn agent_name(folder: &str) -> Option<String> {
    let mut name = String::new();
    for part in folder.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut letters = part.chars();
        if let Some(first) = letters.next() {
            name.push(first.to_ascii_uppercase());
            name.extend(letters);
        }
    }
    name.starts_with(|first: char| first.is_ascii_alphabetic()).then_some(name)
}
