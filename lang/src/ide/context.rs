//! Where a cursor stands, told from the text before it alone: the blocks and brackets that are open there and the words
//! of the member that was begun. No tree is needed, so half a line is enough.

use super::at::is_word;
use crate::kinds;
use crate::syntax::DECLARATIONS;

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    pub(super) start: usize,
    pub(super) sort: Sort,
    /// It begins in column 0.
    head: bool,
    /// It is the first of its line.
    first: bool,
}

/// What a [`Piece`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Word,
    Text,
    Sign,
}

/// What is open at the cursor.
#[derive(Clone, Debug)]
pub(super) struct Frame<'t> {
    pub(super) kind: FrameKind<'t>,
    /// What was written of the member that the cursor is in.
    pub(super) pieces: Vec<Piece<'t>>,
    /// The keys that members before it have.
    pub(super) keys: Vec<&'t str>,
}

/// The sorts of what can be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind<'t> {
    File,
    /// The body of a declaration: its word and its name.
    Decl(&'t str, &'t str),
    /// The body of a state: its kind and its name.
    State(&'t str, &'t str),
    /// `type T { … }`.
    Record,
    /// The braces of an `import`.
    Names,
    Object,
    List,
    /// `f( … )`: what is called; nothing for plain parentheses.
    Call(&'t str),
    /// The parameters of a declaration.
    Params,
    /// `${ … }`.
    Hole,
}

/// Where a cursor stands.
#[derive(Clone, Debug)]
pub(super) struct Context<'t> {
    /// From the file inwards; never empty.
    pub(super) frames: Vec<Frame<'t>>,
    /// In a comment or in a text.
    pub(super) is_text: bool,
    /// The agent that the `test` around the cursor names.
    pub(super) tested: Option<&'t str>,
}

impl<'t> Context<'t> {
    /// The context behind a text.
    pub(super) fn of(before: &'t str) -> Self {
        let (pieces, is_text) = cut(before);
        let mut frames = vec![Frame::new(FrameKind::File)];
        let mut tested = None;
        for (at, piece) in pieces.iter().enumerate() {
            let next = pieces.get(at + 1).map_or("", |next| next.text);
            let after = pieces.get(at + 2).map_or("", |next| next.text);
            if piece.head && piece.sort == Sort::Word && DECLARATIONS.contains(&piece.text) && next != ":" {
                frames.truncate(1);
                for frame in &mut frames {
                    frame.pieces.clear();
                }
            }
            if piece.first && leaves_brackets(piece, next, after) {
                let open = frames.len();
                let body = frames.iter().rposition(Frame::is_states);
                frames.truncate(body.map_or(open, |body| body + 1));
                // a field that has no value ends here too
                let lost = frames.len() < open || kinds::state(piece.text).is_some();
                if let Some(frame) = frames.last_mut().filter(|frame| lost && frame.is_states()) {
                    frame.pieces.clear();
                }
            }
            match piece.text {
                "{" | "[" | "(" | "${" if piece.sort == Sort::Sign => {
                    let kind = frames.last().map_or(FrameKind::Object, |frame| frame.opens(piece.text));
                    frames.push(Frame::new(kind));
                }
                "}" | "]" | ")" if piece.sort == Sort::Sign => {
                    if frames.len() > 1 {
                        frames.pop();
                    }
                    if let Some(frame) = frames.last_mut() {
                        frame.closed(piece);
                    }
                }
                _ => {
                    if let Some(frame) = frames.last_mut() {
                        let in_test = matches!(frame.kind, FrameKind::Decl("test", _));
                        if in_test && frame.first() == "agent" && frame.pieces.len() == 2 {
                            tested = Some(piece.text);
                        }
                        frame.take(*piece, next, after);
                    }
                }
            }
        }
        Self { frames, is_text, tested }
    }

    /// The innermost frame.
    pub(super) fn top(&self) -> Option<&Frame<'t>> {
        self.frames.last()
    }

    /// The innermost body and what is open in it.
    pub(super) fn body(&self) -> Option<&Frame<'t>> {
        self.frames
            .iter()
            .rev()
            .find(|frame| matches!(frame.kind, FrameKind::Decl(..) | FrameKind::State(..)))
    }

    /// The name of the agent around the cursor.
    pub(super) fn agent(&self) -> Option<&'t str> {
        self.frames.iter().find_map(|frame| match frame.kind {
            FrameKind::Decl("agent", name) => Some(name),
            _ => None,
        })
    }

    /// The names of the states around the cursor, from the outermost.
    pub(super) fn states(&self) -> impl Iterator<Item = &'t str> {
        self.frames.iter().filter_map(|frame| match frame.kind {
            FrameKind::State(_, name) => Some(name),
            _ => None,
        })
    }

    /// The field whose value the cursor is in.
    pub(super) fn field(&self) -> Option<(&'static kinds::Kind, &'static kinds::Field)> {
        let body = self.body()?;
        let kind = body.row()?;
        let [key, colon, ..] = body.pieces.as_slice() else { return None };
        (colon.text == ":").then(|| kind.field(key.text)).flatten().map(|field| (kind, field))
    }
}

impl<'t> Frame<'t> {
    fn new(kind: FrameKind<'t>) -> Self {
        Self { kind, pieces: Vec::new(), keys: Vec::new() }
    }

    /// The table's row of a body.
    pub(super) fn row(&self) -> Option<&'static kinds::Kind> {
        match self.kind {
            FrameKind::Decl(word, _) => kinds::declaration(word),
            FrameKind::State(word, _) => kinds::state(word),
            _ => None,
        }
    }

    pub(super) fn first(&self) -> &'t str {
        self.pieces.first().map_or("", |piece| piece.text)
    }

    pub(super) fn last(&self) -> &'t str {
        self.pieces.last().map_or("", |piece| piece.text)
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.pieces.iter().any(|piece| piece.sort != Sort::Text && piece.text == text)
    }

    /// A body that states or edges stand in.
    fn is_states(&self) -> bool {
        matches!(self.kind, FrameKind::Decl(..) | FrameKind::State(..))
    }

    fn is_body(&self) -> bool {
        matches!(
            self.kind,
            FrameKind::Decl(..) | FrameKind::State(..) | FrameKind::Record | FrameKind::Object
        )
    }

    /// What a bracket opens here.
    fn opens(&self, bracket: &str) -> FrameKind<'t> {
        let word = |at: usize| self.pieces.get(at).map_or("", |piece| piece.text);
        match bracket {
            "[" => FrameKind::List,
            "${" => FrameKind::Hole,
            "(" if self.kind == FrameKind::File => FrameKind::Params,
            "(" => {
                let callee = self.pieces.last().filter(|piece| piece.sort == Sort::Word);
                FrameKind::Call(callee.map_or("", |piece| piece.text))
            }
            _ => match (self.kind, word(0)) {
                (FrameKind::File, "import") => FrameKind::Names,
                (FrameKind::File, "type") => FrameKind::Record,
                (FrameKind::File, _) => FrameKind::Decl(word(0), word(1)),
                (FrameKind::Decl(..) | FrameKind::State(..), kind)
                    if kinds::state(kind).is_some() && word(1) != ":" =>
                {
                    FrameKind::State(kind, word(1))
                }
                _ => FrameKind::Object,
            },
        }
    }

    /// A bracket that was opened here is closed.
    fn closed(&mut self, piece: &Piece<'t>) {
        let ends = match self.kind {
            // the parameters' parenthesis is part of a head
            FrameKind::File => piece.text == "}",
            FrameKind::Decl(..) | FrameKind::State(..) => {
                piece.text == "}"
                    && kinds::state(self.first()).is_some()
                    && self.pieces.get(1).is_some_and(|next| next.text != ":")
            }
            _ => false,
        };
        if ends {
            self.pieces.clear();
        } else {
            self.pieces.push(*piece);
        }
    }

    fn take(&mut self, piece: Piece<'t>, next: &str, after: &str) {
        if piece.text == ","
            && piece.sort == Sort::Sign
            && !matches!(self.kind, FrameKind::Decl(..) | FrameKind::State(..) | FrameKind::Record)
        {
            return self.pieces.clear();
        }
        if self.is_body() && self.begins(piece, next, after) {
            self.pieces.clear();
            if next == ":" {
                self.keys.push(piece.text);
            }
        }
        self.pieces.push(piece);
    }

    /// Whether a piece begins another member.
    fn begins(&self, piece: Piece<'t>, next: &str, after: &str) -> bool {
        let last = self.last();
        if piece.text == "->" {
            return self.has("->") || !matches!(self.first(), "when" | "else" | "on");
        }
        if piece.sort != Sort::Word || last == "." || last == "->" {
            return false;
        }
        let head = self.pieces.len() == 1 && (kinds::state(last).is_some() || last == "var");
        if next == ":" && !head {
            return true;
        }
        let edges =
            matches!(piece.text, "when" | "else" | "on" | "var" | "require" | "mock" | "expect" | "snapshot");
        let is_state = kinds::state(piece.text).is_some()
            && next.starts_with(is_word)
            && (after == ":" || after == "{" || after.is_empty());
        (edges || is_state)
            && !expects_operand(last)
            && !matches!(self.kind, FrameKind::Object | FrameKind::Record)
    }
}

/// What begins a line like this stands in no bracket: one that is open was not closed.
fn leaves_brackets(piece: &Piece<'_>, next: &str, after: &str) -> bool {
    let is_state = kinds::state(piece.text).is_some() && next.starts_with(is_word);
    (is_state && (after == ":" || after == "{"))
        || piece.text == "->"
        || matches!(piece.text, "when" | "on" | "else" | "require" | "var") && next != ":"
}

/// Behind these something must follow.
pub(super) fn expects_operand(last: &str) -> bool {
    matches!(
        last,
        ":" | "="
            | "=="
            | "!="
            | "<"
            | "<="
            | ">"
            | ">="
            | "??"
            | "+"
            | "-"
            | "*"
            | "/"
            | "%"
            | "|"
            | "->"
            | "and"
            | "or"
            | "not"
            | "in"
            | "is"
            | "as"
            | "when"
            | "on"
            | "set"
            | "return"
            | "fail"
            | "require"
            | "before"
            | "mock"
            | "expect"
    )
}

/// The pieces of a text, and whether its end is inside of a comment or a string.
fn cut(text: &str) -> (Vec<Piece<'_>>, bool) {
    let mut pieces = Vec::new();
    // `true`: a hole's brace; the text it stands in goes on behind it, a block or not
    let mut open: Vec<Option<bool>> = Vec::new();
    let mut at = 0;
    let mut string: Option<(usize, bool)> = None;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or("");
        if let Some((start, block)) = string {
            let end = if block { "\"\"\"" } else { "\"" };
            if rest.starts_with('\\') {
                at += 1 + rest.get(1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            } else if rest.starts_with("${") {
                let (text, head) = (text.get(at..at + 2).unwrap_or(""), false);
                pieces.push(Piece { text, start: at, sort: Sort::Sign, head, first: false });
                open.push(Some(block));
                string = None;
                at += 2;
            } else if rest.starts_with(end) || (!block && rest.starts_with('\n')) {
                at += if rest.starts_with('\n') { 1 } else { end.len() };
                let text = text.get(start..at).unwrap_or("");
                pieces.push(Piece { text, start, sort: Sort::Text, head: false, first: false });
                string = None;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
            continue;
        }
        let Some(sign) = rest.chars().next() else { break };
        let before = text.get(..at).unwrap_or("");
        let head = before.is_empty() || before.ends_with('\n');
        if sign == '#' {
            match rest.find('\n') {
                Some(newline) => at += newline + 1,
                None => return (pieces, true),
            }
            continue;
        }
        if sign.is_whitespace() {
            at += sign.len_utf8();
            continue;
        }
        if rest.starts_with("\"\"\"") {
            string = Some((at, true));
            at += 3;
            continue;
        }
        if sign == '"' {
            string = Some((at, false));
            at += 1;
            continue;
        }
        let length = if is_word(sign) {
            rest.find(|sign: char| !is_word(sign)).unwrap_or(rest.len())
        } else {
            let two = ["->", "==", "!=", "<=", ">=", "??"].iter().any(|two| rest.starts_with(two));
            if two { 2 } else { sign.len_utf8() }
        };
        let piece = text.get(at..at + length).unwrap_or("");
        match piece {
            "{" => open.push(None),
            "}" => {
                if let Some(Some(block)) = open.pop() {
                    string = Some((at, block));
                }
            }
            _ => {}
        }
        let sort = if is_word(sign) { Sort::Word } else { Sort::Sign };
        let first = head || before.trim_end_matches([' ', '\t']).ends_with('\n');
        pieces.push(Piece { text: piece, start: at, sort, head, first });
        at += length;
    }
    (pieces, string.is_some())
}
