//! A type as a person writes it.

use std::fmt::{self, Display, Formatter};

use super::{Type, TypeTable};

/// What [`Type::display`] gives; prints the type as it stands in a program. A union inside `[]` or `?` is put in
/// parentheses.
#[derive(Clone, Copy, Debug)]
pub struct TypeDisplay<'a> {
    ty: &'a Type,
    table: &'a TypeTable,
}

impl Type {
    /// The type as a person writes it, declared ones by name.
    pub fn display<'a>(&'a self, table: &'a TypeTable) -> TypeDisplay<'a> {
        TypeDisplay { ty: self, table }
    }

    /// The word of a type that has one (`int`, `json`).
    pub(super) fn word(&self) -> Option<&'static str> {
        Some(match self {
            Self::Unknown => "unknown",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Money => "money",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::Json => "json",
            Self::Bytes => "bytes",
            Self::Image => "image",
            Self::Pdf => "pdf",
            Self::Literal(_)
            | Self::List(_)
            | Self::Optional(_)
            | Self::Map(_)
            | Self::Union(_)
            | Self::Named(_)
            | Self::Shape(_) => return None,
        })
    }
}

impl Display for TypeDisplay<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(word) = self.ty.word() {
            return f.write_str(word);
        }
        match self.ty {
            Type::Literal(text) => write!(f, "{:?}", &**text),
            Type::List(item) => self.suffixed(item, "[]", f),
            Type::Optional(inner) => self.suffixed(inner, "?", f),
            Type::Map(value) => write!(f, "map<{}>", value.display(self.table)),
            Type::Union(members) => {
                for (index, member) in members.iter().enumerate() {
                    let bar = if index == 0 { "" } else { " | " };
                    write!(f, "{bar}{}", member.display(self.table))?;
                }
                Ok(())
            }
            Type::Named(id) => f.write_str(self.table.get(*id).map_or("unknown", |def| &*def.name)),
            Type::Shape(fields) if fields.is_empty() => f.write_str("{}"),
            Type::Shape(fields) => {
                for (index, (name, ty)) in fields.iter().enumerate() {
                    let open = if index == 0 { "{ " } else { ", " };
                    write!(f, "{open}{name}: {}", ty.display(self.table))?;
                }
                f.write_str(" }")
            }
            _ => Ok(()),
        }
    }
}

impl TypeDisplay<'_> {
    fn suffixed(&self, inner: &Type, suffix: &str, f: &mut Formatter<'_>) -> fmt::Result {
        if matches!(inner, Type::Union(_)) {
            write!(f, "({}){suffix}", inner.display(self.table))
        } else {
            write!(f, "{}{suffix}", inner.display(self.table))
        }
    }
}
