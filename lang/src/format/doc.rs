//! A small layout algebra: what may stand on one line and where it breaks when it does not fit.

/// The widest line that the formatter writes where it can.
pub(super) const WIDTH: usize = 100;

/// A piece of layout.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Characters of one line.
    Text(String),
    /// A blank, or a new line where its group is broken.
    Space,
    /// Two blanks, or a new line where its group is broken.
    Wide,
    /// Nothing, or a new line where its group is broken.
    Soft,
    /// Nothing, or this text where its group is broken.
    Broken(&'static str),
    /// A new line.
    Hard,
    /// A new line that stands as it is, without indent.
    Raw(String),
    /// One after another.
    Seq(Vec<Doc>),
    /// Two blanks further in.
    Nest(Box<Doc>),
    /// On one line where it fits, else broken as a whole.
    Group(Box<Doc>),
}

impl Doc {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// One after another, two blanks further in.
    pub(super) fn nest(docs: Vec<Self>) -> Self {
        Self::Nest(Box::new(Self::Seq(docs)))
    }

    /// One after another, on one line where they fit.
    pub(super) fn group(docs: Vec<Self>) -> Self {
        Self::Group(Box::new(Self::Seq(docs)))
    }

    /// The text on one line; `None` where it cannot be.
    pub(super) fn flat(&self) -> Option<String> {
        let mut line = String::new();
        self.write_flat(&mut line).then_some(line)
    }

    fn write_flat(&self, line: &mut String) -> bool {
        match self {
            Self::Text(text) => line.push_str(text),
            Self::Space => line.push(' '),
            Self::Wide => line.push_str("  "),
            Self::Soft | Self::Broken(_) => {}
            Self::Hard | Self::Raw(_) => return false,
            Self::Seq(docs) => return docs.iter().all(|doc| doc.write_flat(line)),
            Self::Nest(doc) | Self::Group(doc) => return doc.write_flat(line),
        }
        true
    }

    /// The text, its first line beginning in `column`, later ones indented by `indent`; `tail` columns must stay free
    /// behind it.
    pub(super) fn render(&self, indent: usize, column: usize, tail: usize) -> String {
        let mut page = Page { text: String::new(), column, fresh: false };
        let mut todo = vec![(indent, Mode::Broken, self)];
        while let Some((indent, mode, doc)) = todo.pop() {
            match (doc, mode) {
                (Self::Text(text), _) => page.text(indent, text),
                (Self::Hard, _) | (Self::Space | Self::Wide | Self::Soft, Mode::Broken) => page.line(),
                (Self::Raw(text), _) => page.raw(text),
                (Self::Space, Mode::Flat) => page.text(indent, " "),
                (Self::Wide, Mode::Flat) => page.text(indent, "  "),
                (Self::Soft | Self::Broken(_), Mode::Flat) => {}
                (Self::Broken(text), Mode::Broken) => page.text(indent, text),
                (Self::Seq(docs), mode) => todo.extend(docs.iter().rev().map(|doc| (indent, mode, doc))),
                (Self::Nest(doc), mode) => todo.push((indent + 2, mode, doc)),
                (Self::Group(doc), Mode::Flat) => todo.push((indent, Mode::Flat, doc)),
                (Self::Group(doc), Mode::Broken) => {
                    let width = doc.flat().map(|line| line.chars().count());
                    let behind = tail_width(&todo, tail);
                    let fits = width.is_some_and(|width| page.column_at(indent) + width + behind <= WIDTH);
                    todo.push((indent, if fits { Mode::Flat } else { Mode::Broken }, doc));
                }
            }
        }
        page.text
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Broken,
}

/// How much must follow on the same line before the next chance to break.
fn tail_width(todo: &[(usize, Mode, &Doc)], tail: usize) -> usize {
    let mut width = 0;
    for (_, mode, doc) in todo.iter().rev() {
        match (doc, mode) {
            (Doc::Hard | Doc::Raw(_), _) | (Doc::Space | Doc::Wide | Doc::Soft, Mode::Broken) => {
                return width;
            }
            (Doc::Text(text), _) => width += text.chars().count(),
            (Doc::Broken(text), Mode::Broken) => width += text.chars().count(),
            // What follows may break by itself.
            (Doc::Group(_) | Doc::Nest(_) | Doc::Seq(_), _) => return width,
            _ => {}
        }
    }
    width + tail
}

struct Page {
    text: String,
    column: usize,
    /// A new line has begun and nothing stands on it yet.
    fresh: bool,
}

impl Page {
    fn line(&mut self) {
        self.text.push('\n');
        self.fresh = true;
    }

    fn raw(&mut self, text: &str) {
        self.text.push('\n');
        self.text.push_str(text);
        self.column = text.chars().count();
        self.fresh = false;
    }

    fn column_at(&self, indent: usize) -> usize {
        if self.fresh { indent } else { self.column }
    }

    fn text(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.fresh {
            self.text.push_str(&" ".repeat(indent));
            self.column = indent;
            self.fresh = false;
        }
        self.text.push_str(text);
        self.column += text.chars().count();
    }
}
