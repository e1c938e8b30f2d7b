//! Server-sent events out of bytes, in whatever pieces they come. It knows no provider's events, and never fails:
//! an event that is too big is left out and counted.

use std::collections::VecDeque;

/// The most bytes of one event.
const EVENT_CAP: usize = 8 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its `event:`; empty where it has none.
    pub name: String,
    /// Its `data:` lines, joined by newlines.
    pub data: String,
}

/// Reads a stream piece by piece.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the bytes so far that stands alone")]
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The line, or the event it belongs to, was too long: drop it up to its end.
    line_overflows: bool,
    event_overflows: bool,
    /// The last byte was a carriage return: a newline right after it ends nothing new.
    after_cr: bool,
    begun: bool,
    name: String,
    data: Vec<u8>,
    has_data: bool,
    events: VecDeque<Event>,
    skipped: u64,
}

impl Parser {
    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, tail) = bytes.split_at(end);
            self.extend_line(head);
            self.end_line();
            bytes = match tail {
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
                [] => &[],
            };
        }
        self.extend_line(bytes);
    }

    /// The next whole event.
    pub fn take(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The bytes have ended: what stands in an unfinished event is given as if it were finished. Whether it is
    /// whole is the reader's to judge.
    pub fn finish(&mut self) {
        if !self.line.is_empty() || self.line_overflows {
            self.end_line();
        }
        self.end_event();
    }

    /// Events left out because they were too big.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn extend_line(&mut self, bytes: &[u8]) {
        if self.line_overflows || self.line.len() + bytes.len() > EVENT_CAP {
            self.line_overflows = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.line_overflows) {
            self.event_overflows = true;
            self.begun = true;
            return;
        }
        let line = std::mem::take(&mut self.line);
        let mut text = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        }
        if text.is_empty() {
            self.end_event();
        } else {
            self.field(text);
        }
        // Keep the room: the next line is likely as long.
        self.line = line;
        self.line.clear();
    }

    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => self.data(value),
            // Some servers put the error that ends a stream into it as it is.
            _ if line.starts_with(b"{") => self.data(line),
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            // A comment, `id`, `retry`, or a field that nobody knows.
            _ => {}
        }
    }

    fn data(&mut self, value: &[u8]) {
        if self.data.len() + value.len() > EVENT_CAP {
            self.event_overflows = true;
            return;
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }

    fn end_event(&mut self) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let has_data = std::mem::take(&mut self.has_data);
        if std::mem::take(&mut self.event_overflows) {
            self.skipped += 1;
        } else if has_data {
            self.events.push_back(Event { name, data: String::from_utf8_lossy(&data).into_owned() });
        }
    }
}
