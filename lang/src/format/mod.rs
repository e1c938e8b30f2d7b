//! The one way a file is written: canonical, idempotent, with every comment and the same tree.
//!
//! Blank lines group (at most one stays), states and members keep their order, a short body stays on one line where it
//! was written so and fits, and neighbors are padded so that their values stand in one column. A file with syntax
//! errors is not formatted: its caller shows the errors.

mod body;
mod comments;
mod doc;
mod expr;
mod item;
mod lines;
mod text;

use crate::ast::{Docs, Import, Item, Module};
use crate::source::Source;
use comments::{Comment, Comments};
use lines::Line;

/// The canonical text of a file that parses without errors.
pub fn format(module: &Module, source: &Source) -> String {
    let mut out = Formatter {
        source,
        comments: Comments::new(source, &module.comments),
        lines: Vec::new(),
        end: 0,
        blank: Blank::Never,
    };
    out.module(module);
    lines::write(&out.lines)
}

/// Whether a blank line stands before the next line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// The first line of a block has none.
    Never,
    /// Where the source has one.
    AsWritten,
    Always,
}

/// Writes lines, from the first to the last node of a tree.
struct Formatter<'a> {
    source: &'a Source,
    comments: Comments<'a>,
    lines: Vec<Line>,
    /// Where the last thing written ends in the source.
    end: usize,
    blank: Blank,
}

impl Formatter<'_> {
    fn module(&mut self, module: &Module) {
        if let Some(edition) = &module.edition {
            let range = edition.span.range();
            self.above(0, range.start, &Docs::default());
            self.line(Line::plain(0, format!("edition {}", edition.node)), range.start, range.end);
        }
        module.imports.iter().for_each(|import| self.import(import));
        let mut apart = !module.imports.is_empty();
        for item in &module.items {
            let large = matches!(item, Item::Agent(_) | Item::Test(_));
            if (apart || large) && !self.lines.is_empty() {
                self.blank = Blank::Always;
            }
            self.item(item);
            apart = large;
        }
        self.above(0, self.source.text.len(), &Docs::default());
    }

    fn import(&mut self, import: &Import) {
        let range = import.span.range();
        self.above(0, range.start, &Docs::default());
        let names = crate::span::Span { start: import.path.span.end, ..import.span };
        let head = format!("import {} ", self.source.slice(import.path.span));
        let names = self.list(expr::CURLY, names, &import.names);
        let text = doc::Doc::Seq(vec![doc::Doc::text(head), names]).render(0, 0, 0);
        self.line(Line::plain(0, text), range.start, range.end);
    }

    /// The docs and the comments above what begins at `start`.
    fn above(&mut self, indent: usize, start: usize, docs: &Docs) {
        let mut above = self.comments.before(start);
        above.extend(comments::docs(docs));
        above.sort_by_key(|comment| comment.start);
        for comment in above {
            self.comment(indent, comment);
        }
    }

    fn comment(&mut self, indent: usize, comment: Comment) {
        let mut line = Line::plain(indent, comment.text);
        line.blank = self.takes_blank(comment.start);
        self.lines.push(line);
        self.end = comment.end;
    }

    /// Writes a line for what stands at `start..end`, the comments inside it above and the one behind it at its end.
    fn line(&mut self, mut line: Line, start: usize, end: usize) {
        let inside = self.comments.before(end);
        self.lift(line.indent, start, inside);
        line.blank = self.takes_blank(start);
        let behind = self.comments.behind(end);
        self.end = behind.as_ref().map_or(end, |comment| comment.end);
        line.comment = behind.map(|comment| comment.plain().text);
        self.lines.push(line);
    }

    /// Writes comments from inside of what begins at `start` above it.
    fn lift(&mut self, indent: usize, start: usize, comments: Vec<Comment>) {
        for comment in comments {
            let mut above = Line::plain(indent, comment.plain().text);
            above.blank = self.takes_blank(start);
            self.lines.push(above);
        }
    }

    /// Whether a blank line stands before what begins at `start`; the lines behind it are as written.
    fn takes_blank(&mut self, start: usize) -> bool {
        let gap = self.source.text.get(self.end..start).unwrap_or("");
        let lines: Vec<&str> = gap.split('\n').collect();
        let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or(&[]);
        let written = inner.iter().any(|line| line.trim().is_empty());
        match std::mem::replace(&mut self.blank, Blank::AsWritten) {
            Blank::Never => false,
            Blank::AsWritten => written,
            Blank::Always => true,
        }
    }
}
