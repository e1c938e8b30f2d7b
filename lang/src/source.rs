//! Texts with names, and the way from a byte offset to a line and a column.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::span::{SourceId, Span};

/// One file's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    /// Its place in the map.
    pub id: SourceId,
    /// The path as a person wrote it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// A place for people: both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// The text under `span`; empty where the span does not fit.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        LineColumn {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        }
    }
}

/// Every source of one compilation, in the order they were loaded.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a text and gives it an id.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        let source = Source { id, name: name.into(), text: text.into() };
        self.sources.push(source.clone());
        source
    }

    /// The source of an id.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// All sources.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |source| source.slice(span))
    }

    /// `name:line:column` of a span's start.
    pub fn place(&self, span: Span) -> String {
        self.get(span.source).map_or_else(String::new, |source| {
            let at = source.line_column(span.start);
            format!("{}:{}:{}", source.name, at.line, at.column)
        })
    }
}
