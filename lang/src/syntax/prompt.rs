//! Strings: escapes, holes, and the common indent of a block.

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::error;
use super::grammar::Rule;
use crate::ast::{Expr, ExprKind, Name, Segment, Text};
use crate::span::{Span, Spanned};

/// A stretch of a string before it is joined with its neighbors.
enum Piece {
    /// Characters as written.
    Raw(String, Span),
    /// What an escape stands for.
    Escaped(String, Span),
    Hole(Expr),
}

impl Builder<'_> {
    /// A string with its holes.
    pub(super) fn text(&mut self, node: Node<'_>) -> Built<Text> {
        let block = node.as_rule() == Rule::block_str;
        let mut pieces = Vec::new();
        for part in Nodes::of(node) {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::quote | Rule::quotes => {}
                Rule::chars | Rule::lines => {
                    pieces.push(Piece::Raw(part.as_str().replace("\r\n", "\n"), span));
                }
                Rule::esc => pieces.push(Piece::Escaped(self.escape(part.as_str(), span), span)),
                Rule::interp => {
                    let inner = Nodes::of(part).first(Rule::inner)?;
                    pieces.push(Piece::Hole(self.expr(Nodes::of(inner).any()?)?));
                }
                Rule::bad_hole => {
                    self.bad_hole(&part);
                    pieces.push(Piece::Hole(Expr { kind: ExprKind::Bad, span }));
                }
                _ => return Err(Mismatch),
            }
        }
        if block {
            dedent(&mut pieces);
        }
        Ok(Text { block, segments: join(pieces) })
    }

    /// A string where no hole may stand.
    pub(super) fn plain_string(&mut self, node: Node<'_>) -> Built<Spanned<Name>> {
        let span = self.span(&node);
        let text = self.text(node)?;
        let mut plain = String::new();
        for segment in &text.segments {
            match segment {
                Segment::Literal(part, _) => plain.push_str(part),
                Segment::Hole(hole) => self.report(error::hole_in_plain_string(hole.span)),
            }
        }
        Ok(Spanned::new(plain.into(), span))
    }

    fn escape(&mut self, written: &str, span: Span) -> String {
        let escaped = match written.get(1..).unwrap_or("") {
            "n" => Some('\n'),
            "t" => Some('\t'),
            "r" => Some('\r'),
            "\\" => Some('\\'),
            "\"" => Some('"'),
            "$" => Some('$'),
            other => code_point(other),
        };
        escaped.map_or_else(
            || {
                self.report(error::bad_escape(span, written));
                written.to_owned()
            },
            String::from,
        )
    }
}

/// The character of `u{1F600}`.
fn code_point(escape: &str) -> Option<char> {
    let digits = escape.strip_prefix("u{")?.strip_suffix('}')?;
    let fits = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| fits).and_then(char::from_u32)
}

/// Drops the first newline, the common indent, and a last line of blanks with its newline.
///
/// A line begins behind each newline of the source; what an escape or a hole puts in is no line's begin.
fn dedent(pieces: &mut [Piece]) {
    drop_last_line(pieces);
    let on_own_line = drop_first_newline(pieces);
    let indent = common_indent(pieces, on_own_line);
    let mut begins = on_own_line;
    for piece in pieces {
        if let Piece::Raw(text, _) = piece {
            let lines: Vec<String> = text
                .split('\n')
                .enumerate()
                .map(
                    |(at, line)| {
                        if at > 0 || begins { without_indent(line, indent) } else { line.to_owned() }
                    },
                )
                .collect();
            *text = lines.join("\n");
        }
        begins = false;
    }
}

/// True where the text begins on the line below the opening marks.
fn drop_first_newline(pieces: &mut [Piece]) -> bool {
    let Some(Piece::Raw(text, _)) = pieces.first_mut() else {
        return false;
    };
    let rest = text.trim_start_matches([' ', '\t']);
    let Some(rest) = rest.strip_prefix('\n') else {
        return false;
    };
    *text = rest.to_owned();
    true
}

fn drop_last_line(pieces: &mut [Piece]) {
    if let Some(Piece::Raw(text, _)) = pieces.last_mut() {
        let rest = text.trim_end_matches([' ', '\t']);
        // A newline that is also the first one is left for `drop_first_newline`.
        if rest.ends_with('\n') {
            text.truncate(rest.len() - 1);
        }
    }
}

/// The longest blank start that all lines share but those of blanks alone.
fn common_indent(pieces: &[Piece], on_own_line: bool) -> usize {
    let mut indent: Option<&str> = None;
    let mut begins = on_own_line;
    for (at, piece) in pieces.iter().enumerate() {
        if let Piece::Raw(text, _) = piece {
            let count = text.split('\n').count();
            for (number, line) in text.split('\n').enumerate() {
                let blanks = blanks(line);
                let goes_on = number + 1 == count && at + 1 < pieces.len();
                if (number == 0 && !begins) || (blanks.len() == line.len() && !goes_on) {
                    continue;
                }
                indent = Some(indent.map_or(blanks, |known| shared(known, blanks)));
            }
        } else if begins {
            indent = Some("");
        }
        begins = false;
    }
    indent.map_or(0, str::len)
}

fn blanks(line: &str) -> &str {
    let end = line.find(|sign| sign != ' ' && sign != '\t').unwrap_or(line.len());
    line.get(..end).unwrap_or("")
}

fn shared<'t>(left: &'t str, right: &str) -> &'t str {
    let length = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    left.get(..length).unwrap_or("")
}

/// The line without its indent; a line of blanks alone keeps what goes past the indent.
fn without_indent(line: &str, indent: usize) -> String {
    let length = blanks(line).len().min(indent);
    line.get(length..).unwrap_or("").to_owned()
}

fn join(pieces: Vec<Piece>) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut literal: Option<(String, Span)> = None;
    for piece in pieces {
        match piece {
            Piece::Raw(text, span) | Piece::Escaped(text, span) => {
                literal = Some(match literal {
                    Some((joined, begin)) => (joined + &text, begin.to(span)),
                    None => (text, span),
                });
            }
            Piece::Hole(hole) => {
                flush(&mut segments, literal.take());
                segments.push(Segment::Hole(hole));
            }
        }
    }
    flush(&mut segments, literal);
    segments
}

fn flush(segments: &mut Vec<Segment>, literal: Option<(String, Span)>) {
    if let Some((text, span)) = literal.filter(|(text, _)| !text.is_empty()) {
        segments.push(Segment::Literal(text.into(), span));
    }
}
