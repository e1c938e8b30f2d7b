//! What is wrong with a value, and where: exact enough to quote to the model that gave it.

use std::fmt::{self, Display, Formatter};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where inside the value, as it is read: `lines[2].qty`; empty for the whole.
    pub path: String,
    /// What should stand there: a type, a constraint.
    pub expected: String,
    /// What does, in short.
    pub found: String,
    /// One line that says both.
    pub message: String,
}

impl Violation {
    pub(super) fn new(path: String, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let (expected, found) = (expected.into(), found.into());
        let message = format!("expected {expected}, found {found}");
        Self { path, expected, found, message }
    }

    pub(super) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }
}

impl Display for Violation {
    /// `` `lines[2].qty`: expected `int`, found "two" ``.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "`{}`: {}", self.path, self.message)
        }
    }
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Index(usize),
}

/// `lines[2].qty`; a key that is no word stands in brackets.
pub(super) fn path_text(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Index(index) => text.extend(["[", &index.to_string(), "]"]),
            Step::Field(name)
                if name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty() =>
            {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Field(name) => text.extend(["[", &format!("{name:?}"), "]"]),
        }
    }
    text
}
