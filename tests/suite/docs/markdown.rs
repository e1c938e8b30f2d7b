//! As much of Markdown as our documents use: fenced blocks, links, headings. It judges nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A document of the repository.
pub(super) struct Document {
    /// Its path from the root.
    pub(super) name: String,
    /// All of it.
    pub(super) text: String,
    /// Its fenced blocks, links, headings.
    pub(super) blocks: Vec<Block>,
}

/// A fenced block.
pub(super) struct Block {
    /// The word behind the fence.
    pub(super) language: String,
    /// What is inside.
    pub(super) text: String,
    /// The lines of its two fences, from 1.
    pub(super) line: usize,
    pub(super) end: usize,
}

/// The repository's root.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document that readers are sent to, in order of their names.
pub(super) fn documents() -> Vec<Document> {
    let mut files = Vec::new();
    collect(root(), false, &mut files);
    collect(&root().join("docs"), true, &mut files);
    collect(&root().join("examples"), true, &mut files);
    files.sort();
    assert!(files.len() > 10, "found {} documents only", files.len());
    files.iter().map(|file| Document::read(file)).collect()
}

fn collect(folder: &Path, deep: bool, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() && deep {
            collect(&path, deep, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
}

impl Document {
    fn read(file: &Path) -> Self {
        let name =
            file.strip_prefix(root()).expect("it is below the root").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{name}: {error}"));
        let blocks = blocks(&name, &text);
        Self { name, text, blocks }
    }

    /// The code that it is the page of.
    pub(super) fn code(&self) -> Option<&str> {
        self.name.strip_prefix("docs/errors/")?.strip_suffix(".md")
    }

    /// Its whole programs.
    pub(super) fn programs(&self) -> impl Iterator<Item = &Block> {
        let is_page = self.code().is_some();
        let mut first = true;
        self.blocks.iter().filter(move |block| {
            let agent = block.language == "agent";
            // What a page shows first may be a file without an edition.
            let shown = agent && (block.text.starts_with("edition 1") || (is_page && first));
            first &= !agent;
            shown
        })
    }

    /// Its links with their lines, those in blocks and in code left out.
    pub(super) fn links(&self) -> Vec<(usize, &str)> {
        let in_block = |line: usize| self.blocks.iter().any(|block| (block.line..=block.end).contains(&line));
        let mut links = Vec::new();
        for (index, text) in self.text.lines().enumerate().filter(|(index, _)| !in_block(index + 1)) {
            for plain in text.split('`').step_by(2) {
                let mut rest = plain;
                while let Some((_, after)) = rest.split_once("](") {
                    let Some((target, more)) = after.split_once(')') else { break };
                    links.push((index + 1, target));
                    rest = more;
                }
            }
        }
        links
    }

    /// Its command lines that run `agentrun`, by that name or by `cargo run`, with their lines.
    pub(super) fn commands(&self) -> Vec<(usize, String)> {
        let mut commands = Vec::new();
        for block in self.blocks.iter().filter(|block| matches!(&*block.language, "" | "sh")) {
            for (index, text) in block.text.lines().enumerate() {
                let command = text.replace("cargo run --release -- ", "agentrun ");
                let words = command.split_once("| ").map_or(&*command, |(_, piped)| piped);
                if words.starts_with("agentrun ") {
                    commands.push((block.line + 1 + index, command));
                }
            }
        }
        commands
    }
}

fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.trim().to_owned();
                open = Some(Block { language, text: String::new(), line: index + 1, end: index + 1 });
            }
            (Some(block), Some(_)) => {
                block.end = index + 1;
                blocks.extend(open.take());
            }
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    blocks
}

/// The anchors of a document's headings, as GitHub makes them.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let anchor: String = heading.trim().to_lowercase().chars().filter(kept).collect();
        anchors.insert(anchor.replace(' ', "-"));
    }
    anchors
}
