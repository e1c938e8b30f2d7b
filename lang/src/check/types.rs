//! Types as written to types, and the table of declared ones. Defaults come later: their expressions need the table.

use crate::ast::{self, Path, TypeExpr, TypeExprKind};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::loader::ModuleId;
use crate::resolve::{Def, Names};
use crate::span::Span;
use crate::suggest::{did_you_mean, nearest};
use crate::value::{FieldType, Labels, Type, TypeBody, TypeDef, TypeId, TypeTable};

use super::attrs::{self, Attrs, Home};

/// The types that every file knows, with their words.
const BUILT_IN: &[(&str, Type)] = &[
    ("string", Type::String),
    ("int", Type::Int),
    ("float", Type::Float),
    ("bool", Type::Bool),
    ("money", Type::Money),
    ("duration", Type::Duration),
    ("date", Type::Date),
    ("json", Type::Json),
    ("bytes", Type::Bytes),
    ("image", Type::Image),
    ("pdf", Type::Pdf),
];

/// What other languages call them.
const FOREIGN: &[(&str, &str)] = &[
    ("str", "string"),
    ("text", "string"),
    ("integer", "int"),
    ("number", "float"),
    ("double", "float"),
    ("decimal", "float"),
    ("boolean", "bool"),
    ("datetime", "date"),
    ("timestamp", "date"),
    ("any", "json"),
    ("object", "json"),
    ("dict", "map<json>"),
    ("array", "json[]"),
    ("list", "json[]"),
    ("file", "bytes"),
];

/// The type of a built-in word.
pub(super) fn built_in(word: &str) -> Option<Type> {
    BUILT_IN.iter().find(|(known, _)| *known == word).map(|(_, ty)| ty.clone())
}

/// Reads types as written, in one module.
pub(super) struct TypeReader<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) module: ModuleId,
    pub(super) hit: TypeId,
}

impl TypeReader<'_> {
    /// The type; [`Type::Unknown`] in the places that were reported.
    pub(super) fn read(&self, ty: &TypeExpr, out: &mut Diagnostics) -> Type {
        match &ty.kind {
            TypeExprKind::Path(path) => self.named(path, out),
            TypeExprKind::Literal(text) => Type::Literal(text.clone()),
            TypeExprKind::Map(value) => Type::Map(self.read(value, out).into()),
            TypeExprKind::List(item) => Type::list(self.read(item, out)),
            TypeExprKind::Optional(inner) => self.read(inner, out).optional(),
            TypeExprKind::Union(members) if let Some(words) = self.bare_words(members) => {
                out.push(words);
                Type::Unknown
            }
            TypeExprKind::Union(members) => {
                let members: Vec<Type> = members.iter().map(|member| self.read(member, out)).collect();
                if members.contains(&Type::Unknown) { Type::Unknown } else { Type::union_of(members) }
            }
        }
    }

    /// `bug | question`: one finding for all the words, where nothing else stands in the union and none is declared.
    fn bare_words(&self, members: &[TypeExpr]) -> Option<Diagnostic> {
        let mut first = None;
        let mut quoted = Vec::new();
        for member in members {
            quoted.push(match &member.kind {
                TypeExprKind::Literal(text) => format!("{text:?}"),
                TypeExprKind::Path(path) => {
                    let name = path.text();
                    let is_word = self.look_up(&name) == Err(None) && self.meant(&name).is_none();
                    if !is_word {
                        return None;
                    }
                    first.get_or_insert((name.clone(), path.span));
                    format!("{name:?}")
                }
                _ => return None,
            });
        }
        let (name, span) = first?;
        Some(
            Diagnostic::new(Code("E0209"), span, format!("no type is named `{name}`"))
                .hint(format!("texts stand in quotes: `{}`", quoted.join(" | "))),
        )
    }

    /// The type that an unknown name was meant to be.
    fn meant(&self, name: &str) -> Option<String> {
        let lower = name.to_ascii_lowercase();
        let ours = FOREIGN.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| (*ours).to_owned());
        ours.or_else(|| nearest(name, self.declared()).map(str::to_owned))
    }

    /// Every type's name.
    fn declared(&self) -> impl Iterator<Item = &str> + Clone {
        let scope = self.names.modules.get(self.module.index());
        let declared = scope.into_iter().flat_map(indexmap::IndexMap::iter);
        declared
            .filter(|(_, (def, _))| matches!(def, Def::Type(_)))
            .map(|(known, _)| &**known)
            .chain(BUILT_IN.iter().map(|(word, _)| *word))
    }

    /// The type that a name means; reported where there is none.
    pub(super) fn named(&self, path: &Path, out: &mut Diagnostics) -> Type {
        let name = path.text();
        match self.look_up(&name) {
            Ok(ty) => ty,
            Err(Some(def)) => {
                let message = format!("`{name}` is {}, and a type is wanted here", def.sort());
                out.push(Diagnostic::new(Code("E0208"), path.span, message));
                Type::Unknown
            }
            Err(None) => {
                out.push(self.unknown(&name, path.span));
                Type::Unknown
            }
        }
    }

    /// The type that a name means, in silence.
    pub(super) fn look_up(&self, name: &str) -> Result<Type, Option<Def>> {
        if let Some(ty) = built_in(name) {
            return Ok(ty);
        }
        match self.names.find(self.module, name) {
            Some(Def::Type(id)) => Ok(Type::Named(id)),
            Some(Def::Unknown) => Ok(Type::Unknown),
            Some(other) => Err(Some(other)),
            None if name == "Hit" => Ok(Type::Named(self.hit)),
            None => Err(None),
        }
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let finding = Diagnostic::new(Code("E0209"), span, format!("no type is named `{name}`"));
        let lower = name.to_ascii_lowercase();
        if let Some((_, ours)) = FOREIGN.iter().find(|(theirs, _)| *theirs == lower) {
            return finding.write(*ours);
        }
        did_you_mean(finding, name, self.declared())
    }
}

/// Every declared type, and `Hit` last. Attributes are checked; defaults are still missing.
pub(super) fn declare(names: &Names, out: &mut Diagnostics) -> (TypeTable, TypeId) {
    let hit = TypeId(u32::try_from(names.types.len()).unwrap_or(u32::MAX));
    let mut defs: Vec<TypeDef> = names
        .types
        .iter()
        .map(|declared| {
            let reader = TypeReader { names, module: declared.module, hit };
            let body = match &declared.decl.body {
                ast::TypeBody::Alias(ty, _) => TypeBody::Alias {
                    ty: reader.read(ty, out),
                    constraints: Vec::new(),
                    labels: Labels::NONE,
                },
                ast::TypeBody::Record(fields) => TypeBody::Record(record(&reader, fields, out)),
            };
            let decl = declared.decl;
            if built_in(&decl.name.name).is_some() {
                out.push(taken(&decl.name.name, decl.name.span));
            }
            TypeDef { name: decl.name.name.clone(), doc: decl.docs.text(), body, span: decl.span }
        })
        .collect();
    defs.push(hit_record());
    let mut table = TypeTable { defs };
    let attrs: Vec<Vec<Attrs>> = names
        .types
        .iter()
        .zip(&table.defs)
        .map(|(declared, def)| type_attrs(&declared.decl.body, &def.body, &table, out))
        .collect();
    for (def, attrs) in table.defs.iter_mut().zip(attrs) {
        attach(&mut def.body, attrs);
    }
    (table, hit)
}

fn type_attrs(
    written: &ast::TypeBody,
    read: &TypeBody,
    table: &TypeTable,
    out: &mut Diagnostics,
) -> Vec<Attrs> {
    match (written, read) {
        (ast::TypeBody::Alias(_, attrs), TypeBody::Alias { ty, .. }) => {
            vec![attrs::read(attrs, ty, Home::Alias, table, out)]
        }
        (ast::TypeBody::Record(fields), TypeBody::Record(types)) => fields
            .iter()
            .zip(types)
            .map(|(field, read)| attrs::read(&field.attrs, &read.ty, Home::Field, table, out))
            .collect(),
        _ => Vec::new(),
    }
}

fn attach(body: &mut TypeBody, attrs: Vec<Attrs>) {
    match body {
        TypeBody::Alias { constraints, labels, .. } => {
            for read in attrs {
                *constraints = read.constraints;
                *labels = read.labels;
            }
        }
        TypeBody::Record(fields) => {
            for (field, read) in fields.iter_mut().zip(attrs) {
                read.put_on(field);
            }
        }
    }
}

fn record(reader: &TypeReader, fields: &[ast::TypeField], out: &mut Diagnostics) -> Vec<FieldType> {
    let mut read: Vec<FieldType> = Vec::with_capacity(fields.len());
    let mut seen = indexmap::IndexMap::new();
    for field in fields {
        let ty = reader.read(&field.ty, out);
        if let Some(first) = seen.get(&field.name.name) {
            let message = format!("two fields are named `{}`", field.name.name);
            out.push(Diagnostic::new(Code("E0211"), field.name.span, message).also(*first, "first one here"));
        }
        seen.entry(field.name.name.clone()).or_insert(field.name.span);
        read.push(plain_field(&field.name.name, ty, field.docs.text(), field.span));
    }
    read
}

/// A field or a parameter with neither attributes nor a default.
pub(super) fn plain_field(name: &ast::Name, ty: Type, doc: Option<String>, span: Span) -> FieldType {
    FieldType {
        name: name.clone(),
        alias: None,
        ty,
        constraints: Vec::new(),
        labels: Labels::NONE,
        default: None,
        doc,
        span,
    }
}

/// `Hit`: what a `recall` of whole rows gives.
fn hit_record() -> TypeDef {
    let trust = ["user", "model", "tool", "web"].map(|word| Type::Literal(word.into()));
    let fields = [
        ("uid", Type::String, "the row's own name, for `forget`"),
        ("text", Type::String, "what was remembered"),
        ("score", Type::Float, "how well it answers the query; comparable within one recall"),
        ("trust", Type::union_of(trust), "who said it, the least trusted of all that went in"),
    ];
    let field = |(name, ty, doc): (&str, Type, &str)| {
        plain_field(&name.into(), ty, Some(doc.to_owned()), Span::default())
    };
    TypeDef {
        name: "Hit".into(),
        doc: Some("a row of a memory".to_owned()),
        body: TypeBody::Record(fields.map(field).into()),
        span: Span::default(),
    }
}

fn taken(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code("E0204"), span, format!("`{name}` is a built-in type"))
        .hint("give the declared type another name")
}
