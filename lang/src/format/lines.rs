//! Lines before they are padded: groups of neighbors get their values, arrows, braces and comments in one column.

use super::doc::WIDTH;

/// What neighbors are padded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    /// `key: value`.
    Field,
    /// `when e -> x` and `else -> x`.
    When,
    /// `on a -> x`.
    On,
    /// `mock s = v`.
    Mock,
    /// A declaration on one line, `type T { … }`.
    Decl,
    /// Nothing.
    None,
}

/// A line, or several where a value breaks.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) indent: usize,
    /// A blank line stands before it.
    pub(super) blank: bool,
    pub(super) align: Align,
    /// What stands before the padding.
    pub(super) lead: String,
    /// What stands behind it; may go over several lines.
    pub(super) rest: String,
    /// The fields of a one-line declaration, key and text, which `rest` does not hold.
    pub(super) cells: Vec<(String, String)>,
    pub(super) comment: Option<String>,
}

impl Line {
    /// A line without padding.
    pub(super) fn plain(indent: usize, text: impl Into<String>) -> Self {
        Self::padded(indent, Align::None, text, "")
    }

    /// A line in two parts.
    pub(super) fn padded(
        indent: usize,
        align: Align,
        lead: impl Into<String>,
        rest: impl Into<String>,
    ) -> Self {
        Self {
            indent,
            blank: false,
            align,
            lead: lead.into(),
            rest: rest.into(),
            cells: Vec::new(),
            comment: None,
        }
    }

    fn is_multi(&self) -> bool {
        self.rest.contains('\n') || self.lead.contains('\n')
    }

    /// The same kind of line at the same depth; declarations by their keyword.
    fn belongs_with(&self, other: &Self) -> bool {
        let keyword = |line: &Self| line.lead.split(' ').next().unwrap_or("").to_owned();
        self.align == other.align
            && self.indent == other.indent
            && (self.align != Align::Decl || keyword(self) == keyword(other))
    }

    fn is_comment(&self) -> bool {
        self.lead.starts_with('#')
    }

    /// With its lead filled up to `width`, and its cells to `widths`.
    fn text(&self, width: usize, widths: &[usize]) -> String {
        let mut text = self.lead.clone();
        if self.cells.is_empty() && self.rest.is_empty() {
            return text;
        }
        let missing = width.saturating_sub(count(&self.lead)) + 1;
        text.extend(std::iter::repeat_n(' ', missing));
        if self.cells.is_empty() {
            return text + &self.rest;
        }
        text.push('{');
        for (at, (_, cell)) in self.cells.iter().enumerate() {
            text.push_str(if at == 0 { " " } else { "  " });
            text.push_str(cell);
            if at + 1 < self.cells.len() {
                let missing = widths.get(at).copied().unwrap_or(0).saturating_sub(count(cell));
                text.extend(std::iter::repeat_n(' ', missing));
            }
        }
        text + " }"
    }
}

fn count(text: &str) -> usize {
    text.chars().count()
}

/// The whole text, ending in one newline where it is not empty.
pub(super) fn write(lines: &[Line]) -> String {
    let texts = align_groups(lines);
    let columns = comment_columns(lines, &texts);
    let mut page = String::new();
    for ((line, text), column) in lines.iter().zip(&texts).zip(columns) {
        if line.blank && !page.is_empty() {
            page.push('\n');
        }
        page.extend(std::iter::repeat_n(' ', line.indent));
        page.push_str(text);
        if let Some(comment) = &line.comment {
            let missing = column.saturating_sub(line.indent + count(text)).max(2);
            page.extend(std::iter::repeat_n(' ', missing));
            page.push_str(comment);
        }
        page.push('\n');
    }
    page
}

/// The padded text of each line.
fn align_groups(lines: &[Line]) -> Vec<String> {
    let mut texts = Vec::with_capacity(lines.len());
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let length = group_length(rest, first);
        let (group, after) = rest.split_at(length);
        texts.extend(align_group(group));
        rest = after;
    }
    texts
}

/// How many lines belong to the group that `first` begins: up to a blank line, another kind, or behind a value
/// that goes over several lines. Comments do not end it.
fn group_length(lines: &[Line], first: &Line) -> usize {
    let mut length = 0;
    let mut ended = false;
    for (at, line) in lines.iter().enumerate() {
        let comment = line.is_comment() && line.indent == first.indent;
        let fits = comment || line.belongs_with(first);
        if ended || !fits || (at > 0 && line.blank) {
            break;
        }
        ended = line.is_multi() || first.align == Align::None;
        if !comment || first.is_comment() {
            length = at + 1;
        }
    }
    length.max(1)
}

fn align_group(group: &[Line]) -> Vec<String> {
    let members = || group.iter().filter(|line| !line.is_comment());
    let width = members().map(|line| count(&line.lead)).max().unwrap_or(0);
    let widths = cell_widths(&members().collect::<Vec<_>>());
    // A value that goes over several lines counts for the width of the others and is not padded itself.
    let padded = |line: &Line| if line.is_multi() { line.text(0, &[]) } else { line.text(width, &widths) };
    let too_wide = |line: &Line| !line.is_multi() && line.indent + count(&padded(line)) > WIDTH;
    if members().any(too_wide) {
        return group.iter().map(|line| line.text(0, &[])).collect();
    }
    group.iter().map(padded).collect()
}

/// The most blanks that a cell is filled up with.
const MAX_GAP: usize = 12;

/// The widths of the first cells, as long as every line has the same keys.
fn cell_widths(lines: &[&Line]) -> Vec<usize> {
    let mut widths = Vec::new();
    let Some(first) = lines.first() else {
        return widths;
    };
    for (at, (key, _)) in first.cells.iter().enumerate() {
        let cells = lines.iter().map(|line| line.cells.get(at).filter(|(other, _)| other == key));
        let Some(cells) = cells.collect::<Option<Vec<_>>>() else {
            break;
        };
        let widest = cells.iter().map(|(_, cell)| count(cell)).max().unwrap_or(0);
        let narrowest = cells.iter().map(|(_, cell)| count(cell)).min().unwrap_or(0);
        if widest - narrowest > MAX_GAP {
            break;
        }
        widths.push(widest);
    }
    widths
}

/// Where each line's comment stands: neighbors that have one share a column.
fn comment_columns(lines: &[Line], texts: &[String]) -> Vec<usize> {
    let mut columns = vec![0; lines.len()];
    let mut begin = 0;
    while begin < lines.len() {
        let run = lines.iter().skip(begin).enumerate();
        let shares =
            |at: usize, line: &Line| line.comment.is_some() && !line.is_multi() && (at == 0 || !line.blank);
        let length = run.take_while(|(at, line)| shares(*at, line)).count().max(1);
        let widest = lines.iter().zip(texts).skip(begin).take(length);
        let column = widest.map(|(line, text)| line.indent + count(text) + 2).max().unwrap_or(0);
        columns.iter_mut().skip(begin).take(length).for_each(|place| *place = column);
        begin += length;
    }
    columns
}
