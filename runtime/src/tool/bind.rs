//! Which parameter of a tool's signature is which argument of the built-in behind it. A parameter of the same name
//! is taken first; arguments that are still wanted take the parameters that are left, in order.

use agentrun_lang::ir::{Builtin, Param};
use agentrun_lang::value::{Labeled, Value, to_json};

use crate::error::{Failure, FailureKind};

/// An argument that a built-in takes.
#[derive(Debug)]
struct Formal {
    name: &'static str,
    required: bool,
    /// Whether a parameter of another name may stand for it.
    by_position: bool,
}

/// Formal names with the index of the parameter that stands for them.
#[derive(Debug)]
pub(super) struct Binding {
    places: Vec<(&'static str, usize)>,
}

const fn required(name: &'static str) -> Formal {
    Formal { name, required: true, by_position: true }
}

const fn optional(name: &'static str, by_position: bool) -> Formal {
    Formal { name, required: false, by_position }
}

fn formals(builtin: Builtin) -> &'static [Formal] {
    const READ: [Formal; 3] = [required("path"), optional("from", false), optional("lines", false)];
    const LIST: [Formal; 1] = [optional("path", true)];
    const SEARCH: [Formal; 2] = [required("pattern"), optional("path", true)];
    const WRITE: [Formal; 2] = [required("path"), required("text")];
    const PATCH: [Formal; 2] = [required("path"), required("patch")];
    const GET: [Formal; 1] = [required("url")];
    const SHELL: [Formal; 1] = [required("cmd")];
    match builtin {
        Builtin::FsRead => &READ,
        Builtin::FsList => &LIST,
        Builtin::FsSearch => &SEARCH,
        Builtin::FsWrite => &WRITE,
        Builtin::FsPatch => &PATCH,
        Builtin::HttpGet => &GET,
        Builtin::Shell => &SHELL,
    }
}

impl Binding {
    /// Binds a tool's parameters. The error says which argument nothing stands for, or which parameter for nothing.
    pub(super) fn new(builtin: Builtin, params: &[Param]) -> Result<Self, String> {
        let formals = formals(builtin);
        let mut places = Vec::new();
        let mut left: Vec<usize> = (0..params.len()).collect();
        let mut wanted = Vec::new();
        for formal in formals {
            match params.iter().position(|param| &*param.name == formal.name) {
                Some(index) => {
                    places.push((formal.name, index));
                    left.retain(|other| *other != index);
                }
                None => wanted.push(formal),
            }
        }
        left.reverse();
        for formal in wanted {
            let taken = if formal.by_position { left.pop() } else { None };
            match taken {
                Some(index) => places.push((formal.name, index)),
                None if formal.required => {
                    return Err(format!("no parameter stands for its `{}`", formal.name));
                }
                None => {}
            }
        }
        match left.last().and_then(|index| params.get(*index)) {
            Some(param) => {
                let names: Vec<_> = formals.iter().map(|formal| format!("`{}`", formal.name)).collect();
                Err(format!("it takes {}, and nothing for `{}`", names.join(", "), param.name))
            }
            None => Ok(Self { places }),
        }
    }

    /// A text.
    pub(super) fn text<'a>(&self, args: &'a [Labeled], name: &str) -> Result<&'a str, Failure> {
        let value = self.value(args, name).unwrap_or(&Value::Null);
        value.as_str().ok_or_else(|| wrong(name, "a text", value))
    }

    /// A text, or what stands for it where none is given.
    pub(super) fn text_or<'a>(
        &self,
        args: &'a [Labeled],
        name: &str,
        otherwise: &'a str,
    ) -> Result<&'a str, Failure> {
        match self.value(args, name) {
            None => Ok(otherwise),
            Some(value) => value.as_str().ok_or_else(|| wrong(name, "a text", value)),
        }
    }

    /// A whole number from 1.
    pub(super) fn count(&self, args: &[Labeled], name: &str) -> Result<Option<usize>, Failure> {
        match self.value(args, name) {
            None => Ok(None),
            Some(Value::Int(number)) if *number > 0 => {
                Ok(Some(usize::try_from(*number).unwrap_or(usize::MAX)))
            }
            Some(value) => Err(wrong(name, "a whole number from 1", value)),
        }
    }

    /// What is to be written: a text, bytes as they are, anything else as JSON.
    pub(super) fn bytes(&self, args: &[Labeled], name: &str) -> Result<Vec<u8>, Failure> {
        match self.value(args, name) {
            None => Err(wrong(name, "something to write", &Value::Null)),
            Some(Value::String(text)) => Ok(text.as_bytes().to_vec()),
            Some(Value::Bytes(bytes)) => Ok(bytes.to_vec()),
            Some(value) => {
                let mut text = format!("{:#}", to_json(value));
                text.push('\n');
                Ok(text.into_bytes())
            }
        }
    }

    /// An argument that is there and not null.
    fn value<'a>(&self, args: &'a [Labeled], name: &str) -> Option<&'a Value> {
        let (_, index) = self.places.iter().find(|(formal, _)| *formal == name)?;
        args.get(*index).map(|arg| &arg.value).filter(|value| !value.is_null())
    }
}

fn wrong(name: &str, wanted: &str, found: &Value) -> Failure {
    let message = format!("`{name}` must be {wanted}, found {}", found.kind_word());
    Failure::new(FailureKind::Invalid, message)
}
