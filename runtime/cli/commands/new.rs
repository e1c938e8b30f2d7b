//! `agentrun new NAME`: a folder with an agent that runs at once, offline.

use std::path::Path;

use crate::args::NewArgs;
use crate::exit::Exit;
use crate::output;

const MAIN: &str = include_str!("../templates/main.agent");
const SCRIPT: &str = include_str!("../templates/script.json");
const README: &str = include_str!("../templates/README.md");

/// Writes the folder; nothing that is there already is touched.
pub(crate) fn new(args: &NewArgs) -> Exit {
    let folder = &args.name;
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
            let at = folder.display();
            output::err(&format!(
                "wrote {at}/main.agent, {at}/script.json, {at}/README.md\n\
                 run it:    agentrun {at} --q \"Why is the sky blue?\"\n\
                 check it:  agentrun check {at}\n\
                 draw it:   agentrun graph {at}\n"
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
    for (name, text) in [("main.agent", MAIN), ("script.json", SCRIPT), ("README.md", README)] {
        let text = text.replace("AGENT_NAME", agent).replace("FOLDER", &folder.display().to_string());
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
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
