//! Completion by type: the fields of what stands before a point, the literals it can be, the keys of a record.

use crate::check::builtin_tools;
use crate::kinds::FieldType;
use crate::resolve::Binding;
use crate::syntax::is_reserved;
use crate::value::{Type, TypeId, TypeTable};

use super::complete::ItemKind;
use super::context::{Piece, Sort};
use super::offer::Offer;
use super::snippets;

impl Offer<'_, '_> {
    /// The keys of a record that is being written.
    pub(super) fn keys(&mut self) {
        let Some(body) = self.context.body() else { return };
        let used = self.context.top().map(|top| top.keys.clone()).unwrap_or_default();
        if let Some((_, field)) = self.context.field() {
            for (key, insert, doc) in snippets::keys(field.ty).iter().filter(|(key, ..)| !used.contains(key))
            {
                self.push(key, ItemKind::Field, "", doc, insert, true);
            }
            return;
        }
        let ty = match body.first() {
            "mock" => {
                let table = &self.analysis.notes.table;
                let mut path = body.pieces.iter().skip(1).take_while(|piece| piece.text != "=");
                let name = path.next().map_or("", |piece| piece.text);
                let id = self.scope().and_then(|scope| scope.state_named(name));
                let ty = id.and_then(|id| self.type_of(Binding::State(id))).cloned();
                let parts = path.filter(|piece| piece.sort == Sort::Word);
                parts.fold(ty, |ty, part| table.field(table.resolve(&ty?).required(), part.text).cloned())
            }
            _ if body.has("return") => {
                let ty = self.scope().and_then(|scope| scope.decl.ty.as_ref()).map(|ty| ty.span);
                let name = ty.map_or("", |span| self.analysis.compilation.modules.sources.slice(span));
                named(&self.analysis.notes.table, name)
            }
            _ => None,
        };
        if let Some(ty) = ty {
            self.fields(&ty, &used, true);
        }
    }

    /// The literals that what stands before the operator can be.
    pub(super) fn literals(&mut self) {
        let Some(top) = self.context.top() else { return };
        let Some(operator) = top.pieces.last() else { return };
        let text = self.analysis.source().map_or("", |source| &*source.text);
        let end = text.get(..operator.start).unwrap_or("").trim_end().len();
        let Some(ty) = self.type_ending(end).or_else(|| self.path_type(top.pieces.len().saturating_sub(1)))
        else {
            return;
        };
        let table = &self.analysis.notes.table;
        let required = table.resolve(&ty).required().clone();
        for member in table.members(&required) {
            if let Type::Literal(literal) = table.resolve(member) {
                let quoted = format!("{:?}", &**literal);
                self.add(&quoted, ItemKind::Value, "", "");
            }
        }
    }

    /// The fields of what stands before the point.
    pub(super) fn members(&mut self) {
        let Some(top) = self.context.top() else { return };
        let Some((point, before)) = top.pieces.split_last() else { return };
        if let Some((_, field)) = self.context.field()
            && field.ty == FieldType::Builtin
        {
            let text = before.last().map_or("", |piece| piece.text);
            let prefix = format!("{text}.");
            for name in builtin_tools().filter_map(|name| name.strip_prefix(&*prefix)) {
                self.add(name, ItemKind::Function, "", "");
            }
            return;
        }
        let own = before.last().is_none_or(|last| {
            (last.sort == Sort::Sign && !matches!(last.text, ")" | "]")) || is_reserved(last.text)
        });
        if own {
            let ty = self.state.and_then(|id| self.type_of(Binding::State(id))).cloned();
            if let Some(ty) = ty {
                self.fields(&ty, &[], false);
            }
            return;
        }
        if top.first() == "mock" || top.first() == "require" {
            return self.parts(before.last().map_or("", |last| last.text));
        }
        let found = self.type_ending(point.start).or_else(|| self.path_type(before.len()));
        if let Some(ty) = found {
            self.fields(&ty, &[], false);
        }
    }

    /// The parts of a parallel, or the fields of a state.
    fn parts(&mut self, name: &str) {
        let Some(scope) = self.scope() else { return };
        let Some(id) = scope.state_named(name) else { return };
        let parts: Vec<(String, &str)> = scope
            .children(Some(id))
            .filter(|entry| entry.part)
            .map(|entry| (entry.decl.name.name.to_string(), entry.kind.word))
            .collect();
        if parts.is_empty() {
            let ty = self.type_of(Binding::State(id)).cloned();
            if let Some(ty) = ty {
                self.fields(&ty, &[], false);
            }
            return;
        }
        for (part, kind) in parts {
            self.add(&part, ItemKind::State, kind, "");
        }
    }

    /// The type of the longest expression that ends there.
    fn type_ending(&self, end: usize) -> Option<Type> {
        let exprs = self.analysis.notes.exprs.iter().rev();
        let ends = exprs.filter(|(span, ty)| {
            span.source == self.span.source && span.end as usize == end && *ty != Type::Unknown
        });
        ends.min_by_key(|(span, _)| span.start).map(|(_, ty)| ty.clone())
    }

    /// The type of `a.b.c`, from the words alone; for lines that could not be read.
    fn path_type(&self, length: usize) -> Option<Type> {
        let pieces = self.context.top()?.pieces.get(..length)?;
        let is_path =
            |piece: &&Piece<'_>| (piece.sort == Sort::Word && !is_reserved(piece.text)) || piece.text == ".";
        let path: Vec<&str> = pieces.iter().rev().take_while(is_path).map(|piece| piece.text).collect();
        let own = path.last() == Some(&".");
        let mut words = path.into_iter().rev().filter(|word| *word != ".");
        let scope = self.scope()?;
        let binding =
            if own { Binding::State(self.state?) } else { scope.lookup(self.state, words.next()?)? };
        let mut ty = self.type_of(binding)?.clone();
        let table = &self.analysis.notes.table;
        for word in words {
            ty = table.field(table.resolve(&ty).required(), word)?.clone();
        }
        Some(ty)
    }

    fn fields(&mut self, ty: &Type, used: &[&str], keys: bool) {
        let analysis = self.analysis;
        let table = &analysis.notes.table;
        let required = table.resolve(ty).required();
        let members = table.members(required);
        let Some(first) = members.first() else { return };
        for view in table.fields(first).unwrap_or_default() {
            let everywhere = members.iter().all(|member| table.field(member, view.name).is_some());
            if !everywhere || used.contains(&&**view.name) {
                continue;
            }
            let declared = table.record(first).unwrap_or_default();
            let doc =
                declared.iter().find(|field| field.name == *view.name).and_then(|field| field.doc.clone());
            let insert = if keys { format!("{}: $1", view.name) } else { view.name.to_string() };
            self.push(
                view.name,
                ItemKind::Field,
                &analysis.show(view.ty),
                &doc.unwrap_or_default(),
                &insert,
                keys,
            );
        }
    }
}

/// A declared type by its name.
fn named(table: &TypeTable, name: &str) -> Option<Type> {
    let ids = (0..).map(TypeId);
    ids.map_while(|id| Some((id, table.get(id)?)))
        .find(|(_, def)| &*def.name == name)
        .map(|(id, _)| Type::Named(id))
}
