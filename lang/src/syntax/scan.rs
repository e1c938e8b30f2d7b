//! One pass over a file's bytes before pest sees them: where comments, docs, braces and chunks are, and what pest
//! could not tell a person well: strings, holes and blocks that never end, nesting, characters of other languages.
//!
//! What is wrong is reported and mended in a copy of the same length, so that every place stays true. It knows
//! strings, comments and brackets; it knows nothing of declarations but the look of their first line.

use std::sync::Arc;

use super::error;
use super::split::{self, ChunkStart};
use crate::ast::Name;
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::span::{Span, Spanned};

/// How deep brackets, braces and holes may nest.
pub(super) const MAX_NESTING: usize = 128;

/// What stands in a copy where a value could not be read; the grammar's `bad`.
pub(super) const BAD: u8 = 0;

/// A brace that is no hole's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brace {
    pub(super) at: usize,
    pub(super) open: bool,
    /// Blank bytes before the first token of its line.
    pub(super) indent: usize,
    /// Nothing but blanks before it on its line.
    pub(super) leads: bool,
}

/// What the pass found.
pub(super) struct Scan {
    /// The copy that pest parses, as long as the source.
    pub(super) text: Vec<u8>,
    pub(super) comments: Vec<Spanned<Name>>,
    pub(super) docs: Vec<Spanned<Name>>,
    pub(super) braces: Vec<Brace>,
    pub(super) chunks: Vec<ChunkStart>,
    pub(super) diagnostics: Diagnostics,
    /// Where something was mended that may hide a brace.
    pub(super) mended: Vec<usize>,
}

/// Scans the whole source.
pub(super) fn scan(source: &Source) -> Scan {
    let mut text = source.text.as_bytes().to_vec();
    if source.text.starts_with('\u{feff}') {
        text.iter_mut().take(3).for_each(|byte| *byte = b' ');
    }
    let mut lost = Diagnostics::default();
    turned(source, &mut text, &mut lost);
    let mut mended = Vec::new();
    // Each round takes one `"""` that never ends out of the copy; a file with more than a few is hopeless.
    for _ in 0..8 {
        let mut scanner = Scanner::new(source, text.clone());
        scanner.run();
        let Some((start, end)) = scanner.lost_block() else {
            let mut scan = scanner.scan;
            scan.diagnostics.extend(lost.iter().cloned());
            scan.mended.append(&mut mended);
            return scan;
        };
        lost.push(error::unterminated_block(scanner.span(start, start + 3)));
        mended.push(start);
        blank(&mut text, start, end);
    }
    let mut scanner = Scanner::new(source, Vec::new());
    scanner.scan.diagnostics.extend(lost.iter().cloned());
    scanner.scan
}

/// Overwrites a value with a [`BAD`] one and blanks, keeping its newlines.
fn blank(text: &mut [u8], start: usize, end: usize) {
    if let Some(region) = text.get_mut(start..end) {
        region.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        region.iter_mut().take(1).for_each(|byte| *byte = BAD);
    }
}

/// Takes out what makes a line look other than it is read, in strings and comments too.
fn turned(source: &Source, text: &mut [u8], found: &mut Diagnostics) {
    let turns = |sign: char| matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for (at, sign) in source.text.match_indices(turns) {
        let end = at + sign.len();
        found.push(error::turned(Span::new(source.id, at, end), sign));
        if let Some(region) = text.get_mut(at..end) {
            region.fill(b' ');
        }
    }
}

/// A control character that no text needs: one is written `\u{1b}`.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Brace,
    Paren,
    Bracket,
    Angle,
    /// `${`; where it begins.
    Hole(usize),
    /// `"`; where it begins.
    Line(usize),
    /// `"""`; where it begins.
    Block(usize),
}

/// The state of the pass.
pub(super) struct Scanner<'a> {
    pub(super) source: &'a Source,
    pub(super) scan: Scan,
    pub(super) at: usize,
    frames: Vec<Frame>,
    /// Begin and end of each block string, in order.
    blocks: Vec<(usize, usize)>,
    indent: usize,
    leads: bool,
    line: usize,
    /// The first doc since the last token.
    pending_doc: usize,
    /// How the last token begins.
    last: u8,
    /// No `*/` stands behind here.
    pub(super) no_comment_end: bool,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a Source, text: Vec<u8>) -> Self {
        let scan = Scan {
            text,
            comments: Vec::new(),
            docs: Vec::new(),
            braces: Vec::new(),
            chunks: vec![ChunkStart { at: 0, first_doc: 0, skip: false }],
            diagnostics: Diagnostics::default(),
            mended: Vec::new(),
        };
        Self {
            source,
            scan,
            at: 0,
            frames: Vec::new(),
            blocks: Vec::new(),
            indent: 0,
            leads: true,
            line: 0,
            pending_doc: 0,
            last: 0,
            no_comment_end: false,
        }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source.id, start, end)
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.scan.text.get(at).copied().unwrap_or(b'\n')
    }

    pub(super) fn starts(&self, at: usize, with: &[u8]) -> bool {
        self.scan.text.get(at..).is_some_and(|rest| rest.starts_with(with))
    }

    pub(super) fn end_of_line(&self, from: usize) -> usize {
        let rest = self.scan.text.get(from..).unwrap_or(&[]);
        from + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    }

    fn run(&mut self) {
        while self.at < self.scan.text.len() {
            match self.frames.last() {
                Some(Frame::Line(_)) => self.line_string(),
                Some(Frame::Block(start)) => self.block_string(*start),
                _ => self.code(),
            }
        }
        // The file ends in a one-line string or in a hole of one.
        if let Some(depth) = self.frames.iter().position(|frame| matches!(frame, Frame::Line(_))) {
            self.lost_line_string(depth);
        }
    }

    /// One step outside strings.
    fn code(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' => return self.newline(),
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return;
            }
            b'#' => return self.comment(),
            _ => {}
        }
        if self.leads {
            self.indent = self.at - self.line;
            if self.indent == 0 && byte.is_ascii_alphabetic() {
                self.begin_chunk();
            }
        }
        self.pending_doc = self.scan.docs.len();
        let line = self.line;
        match byte {
            b'"' if self.starts(self.at, b"\"\"\"") => {
                if self.frames.iter().any(|frame| matches!(frame, Frame::Block(_))) {
                    return self.lost_hole();
                }
                self.push(Frame::Block(self.at), 3);
            }
            b'"' => self.push(Frame::Line(self.at), 1),
            b'{' => {
                self.brace(true);
                self.push(Frame::Brace, 1);
            }
            b'(' => self.push(Frame::Paren, 1),
            b'[' => self.push(Frame::Bracket, 1),
            b'}' => self.close_brace(),
            b')' => self.close(Frame::Paren),
            b']' => self.close(Frame::Bracket),
            b'>' => self.close(Frame::Angle),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => {
                self.skip_word();
            }
            0..=0x1f | 0x7f if byte != BAD || self.original(self.at) == BAD => self.control(),
            _ => self.other(byte),
        }
        self.leads = self.leads && self.line != line;
        self.last = byte;
    }

    fn original(&self, at: usize) -> u8 {
        self.source.text.as_bytes().get(at).copied().unwrap_or(b' ')
    }

    fn newline(&mut self) {
        if let Some(depth) = self.frames.iter().position(|frame| matches!(frame, Frame::Line(_))) {
            self.lost_line_string(depth);
        }
        self.at += 1;
        self.line = self.at;
        self.leads = true;
    }

    /// A `#` comment, or a `##` doc where it is the first on its line.
    fn comment(&mut self) {
        let end = self.end_of_line(self.at);
        let text = self.source.text.get(self.at..end).unwrap_or("").trim_end();
        let span = self.span(self.at, self.at + text.len());
        let is_doc = text.starts_with("##") && !text.starts_with("###");
        match text.strip_prefix("##") {
            Some(doc) if is_doc && self.leads => {
                let doc = doc.strip_prefix(' ').unwrap_or(doc);
                self.scan.docs.push(Spanned::new(doc.into(), span));
            }
            _ => {
                if is_doc {
                    self.scan.diagnostics.push(error::doc_behind_code(span));
                }
                self.scan.comments.push(Spanned::new(text.into(), span));
            }
        }
        self.at = end;
    }

    fn begin_chunk(&mut self) {
        let rest = self.source.text.get(self.at..).unwrap_or("");
        let begins = match (self.frames.as_slice(), self.last) {
            // A declaration or `edition 1` has ended.
            ([], b'}' | b'0'..=b'9' | 0) => true,
            ([], _) => split::may_declare(rest),
            _ => split::looks_like_declaration(rest),
        };
        if !begins {
            return;
        }
        self.frames.clear();
        self.scan.chunks.push(ChunkStart { at: self.at, first_doc: self.pending_doc, skip: false });
    }

    fn push(&mut self, frame: Frame, length: usize) {
        if self.frames.len() >= MAX_NESTING {
            return self.skip_chunk(length);
        }
        self.frames.push(frame);
        self.at += length;
    }

    /// Too deep for pest and for every walk over the tree: the chunk is left out, up to the next declaration.
    fn skip_chunk(&mut self, length: usize) {
        let span = self.span(self.at, self.at + length);
        self.scan.diagnostics.push(error::too_deep(span, MAX_NESTING));
        if let Some(chunk) = self.scan.chunks.last_mut() {
            chunk.skip = true;
        }
        self.frames.clear();
        let rest = self.source.text.get(self.at..).unwrap_or("");
        let mut lines = rest.match_indices('\n').map(|(at, _)| at + 1);
        let next = lines.find(|at| rest.get(*at..).is_some_and(split::looks_like_declaration));
        self.at += next.unwrap_or(rest.len());
        self.line = self.at;
        self.leads = true;
    }

    fn brace(&mut self, open: bool) {
        self.scan.braces.push(Brace { at: self.at, open, indent: self.indent, leads: self.leads });
    }

    /// Closes a bracket; one that does not fit is left to pest, which says what it expected.
    fn close(&mut self, frame: Frame) {
        if self.frames.last() == Some(&frame) {
            self.frames.pop();
        }
        self.at += 1;
    }

    fn close_brace(&mut self) {
        while let Some(Frame::Paren | Frame::Bracket | Frame::Angle) = self.frames.last() {
            self.frames.pop();
        }
        match self.frames.last() {
            Some(Frame::Hole(_)) => {
                self.frames.pop();
            }
            Some(Frame::Brace) => {
                self.brace(false);
                self.frames.pop();
            }
            _ => self.brace(false),
        }
        self.at += 1;
    }

    fn skip_word(&mut self) -> usize {
        let start = self.at;
        while matches!(self.byte(self.at), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            self.at += 1;
        }
        start
    }

    /// A word; `map <` nests as a bracket does.
    fn word(&mut self) {
        let start = self.skip_word();
        if self.scan.text.get(start..self.at) != Some(b"map") {
            return;
        }
        let mut next = self.at;
        while matches!(self.byte(next), b' ' | b'\t') {
            next += 1;
        }
        if self.byte(next) == b'<' {
            self.at = next;
            self.push(Frame::Angle, 1);
        }
    }

    fn control(&mut self) {
        let span = self.span(self.at, self.at + 1);
        self.scan.diagnostics.push(error::control_character(span, self.original(self.at)));
        self.put(self.at, b" ");
        self.at += 1;
    }

    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(region) = self.scan.text.get_mut(at..at + bytes.len()) {
            region.copy_from_slice(bytes);
        }
    }

    fn line_string(&mut self) {
        loop {
            match self.byte(self.at) {
                b'"' => {
                    self.frames.pop();
                    self.at += 1;
                    return;
                }
                b'\\' if self.byte(self.at + 1) != b'\n' => self.at += self.escaped(),
                b'$' if self.byte(self.at + 1) == b'{' => return self.push(Frame::Hole(self.at), 2),
                b'\n' => {
                    let depth =
                        self.frames.iter().position(|frame| matches!(frame, Frame::Line(_))).unwrap_or(0);
                    return self.lost_line_string(depth);
                }
                byte if is_control(byte) => self.control(),
                _ => self.at += 1,
            }
        }
    }

    /// The length of a backslash and the character behind it.
    fn escaped(&self) -> usize {
        let rest = self.source.text.get(self.at + 1..).unwrap_or("");
        1 + rest.chars().next().map_or(1, char::len_utf8)
    }

    fn block_string(&mut self, start: usize) {
        while self.at < self.scan.text.len() {
            match self.byte(self.at) {
                b'"' if self.starts(self.at, b"\"\"\"") => {
                    self.frames.pop();
                    self.at += 3;
                    self.blocks.push((start, self.at));
                    return;
                }
                b'\\' => self.at += self.escaped(),
                b'$' if self.byte(self.at + 1) == b'{' => return self.push(Frame::Hole(self.at), 2),
                b'\n' => {
                    self.at += 1;
                    self.line = self.at;
                    self.leads = false;
                }
                byte if is_control(byte) => self.control(),
                _ => self.at += 1,
            }
        }
    }

    /// A one-line string, or a hole in it, that its line does not end.
    fn lost_line_string(&mut self, depth: usize) {
        let end = self.end_of_line(self.at);
        let frames = self.frames.get(depth..).unwrap_or(&[]);
        let Some(Frame::Line(start)) = frames.first().copied() else {
            return;
        };
        let hole = frames.iter().find_map(|frame| if let Frame::Hole(at) = frame { Some(*at) } else { None });
        self.scan.diagnostics.push(match hole {
            Some(hole) => error::unterminated_hole(self.span(hole, hole + 2)),
            None => error::unterminated_string(self.span(start, start + 1)),
        });
        self.forget_braces(start);
        self.scan.mended.push(start);
        blank(&mut self.scan.text, start, end);
        self.frames.truncate(depth);
        self.at = end;
    }

    /// Braces behind `start` were inside what is mended.
    fn forget_braces(&mut self, start: usize) {
        let kept = self.scan.braces.partition_point(|brace| brace.at < start);
        self.scan.braces.truncate(kept);
    }

    /// A hole of a block string that meets the `"""`: the hole's mark becomes plain text.
    fn lost_hole(&mut self) {
        let Some(depth) = self.frames.iter().rposition(|frame| matches!(frame, Frame::Block(_))) else {
            return;
        };
        if let Some(Frame::Hole(hole)) = self.frames.get(depth + 1).copied() {
            self.scan.diagnostics.push(error::unterminated_hole(self.span(hole, hole + 2)));
            self.put(hole, b"  ");
            self.forget_braces(hole);
            self.scan.mended.push(hole);
        }
        self.frames.truncate(depth + 1);
    }

    /// The block string that never ends and where the file goes on: the first that swallows a declaration, for with one
    /// mark missing every later `"""` changes its part.
    fn lost_block(&self) -> Option<(usize, usize)> {
        let last = self
            .frames
            .iter()
            .find_map(|frame| if let Frame::Block(at) = frame { Some(*at) } else { None })?;
        let end = self.scan.text.len();
        let candidates = self.blocks.iter().copied().chain([(last, end)]);
        let swallowed = |(start, end): (usize, usize)| {
            let inside = self.source.text.get(start..end)?;
            let mut lines = inside.match_indices('\n').map(|(at, _)| at + 1);
            let line = lines.find(|at| inside.get(*at..).is_some_and(split::looks_like_declaration))?;
            Some((start, start + line))
        };
        Some(candidates.into_iter().find_map(swallowed).unwrap_or((last, end)))
    }
}

/// The copy as text; edits write ASCII over whole characters only.
pub(super) fn into_text(bytes: Vec<u8>) -> Arc<str> {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
        .into()
}
