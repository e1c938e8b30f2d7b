//! The types of an agent's names as they are written: enough for its graph, without a check.

use agentrun_lang::ast::{self, TypeExpr, TypeExprKind};
use agentrun_lang::graph::Types;
use agentrun_lang::resolve::{AgentScope, Binding, Def, Names};
use agentrun_lang::value::{FieldType, Labels, Type, TypeBody, TypeDef, TypeTable};

/// The types of one agent.
pub struct Written<'a> {
    /// Every declared type.
    pub table: TypeTable,
    names: &'a Names<'a>,
    scope: &'a AgentScope<'a>,
}

impl<'a> Written<'a> {
    /// Of an agent of a program with those names.
    pub fn new(names: &'a Names<'a>, scope: &'a AgentScope<'a>) -> Self {
        let mut written = Self { table: TypeTable::default(), names, scope };
        let defs = names.types.iter().map(|declared| {
            let body = match &declared.decl.body {
                ast::TypeBody::Alias(ty, _) => {
                    TypeBody::Alias { ty: written.read(ty), constraints: vec![], labels: Labels::default() }
                }
                ast::TypeBody::Record(fields) => TypeBody::Record(
                    fields
                        .iter()
                        .map(|field| FieldType {
                            name: field.name.name.clone(),
                            alias: None,
                            ty: written.read(&field.ty),
                            constraints: vec![],
                            labels: Labels::default(),
                            default: None,
                            doc: None,
                            span: field.span,
                        })
                        .collect(),
                ),
            };
            TypeDef { name: declared.decl.name.name.clone(), doc: None, body, span: declared.decl.span }
        });
        written.table.defs = defs.collect();
        written
    }

    fn read(&self, ty: &TypeExpr) -> Type {
        match &ty.kind {
            TypeExprKind::Path(path) => self.named(path).unwrap_or(Type::Unknown),
            TypeExprKind::Literal(text) => Type::Literal(text.clone()),
            TypeExprKind::Map(inner) => Type::Map(self.read(inner).into()),
            TypeExprKind::List(inner) => Type::list(self.read(inner)),
            TypeExprKind::Optional(inner) => self.read(inner).optional(),
            TypeExprKind::Union(members) => {
                Type::Union(members.iter().map(|member| self.read(member)).collect::<Vec<_>>().into())
            }
        }
    }
}

impl Types for Written<'_> {
    fn table(&self) -> &TypeTable {
        &self.table
    }

    fn root(&self, name: &str) -> Option<Type> {
        match self.scope.names.get(name)?.0 {
            Binding::Param(index) => Some(self.read(&self.scope.decl.params.get(index)?.ty)),
            Binding::Var(index) => Some(self.read(&self.scope.decl.body.vars().nth(index)?.ty)),
            Binding::State(id) => {
                let state = self.scope.state(id)?;
                match (state.kind.word, &state.decl.ty) {
                    (_, Some(ty)) => Some(self.read(ty)),
                    ("ask" | "plan" | "wait", None) => Some(Type::String),
                    ("approve", None) => {
                        let field = |name: &str, ty| (ast::Name::from(name), ty);
                        Some(Type::Shape(
                            [
                                field("approved", Type::Bool),
                                field("by", Type::String.optional()),
                                field("comment", Type::String.optional()),
                            ]
                            .into(),
                        ))
                    }
                    ("call", None) => {
                        let value = &state.decl.body.field("tool")?.value;
                        let ast::ExprKind::Call(callee, _) = &value.kind else { return None };
                        let ast::ExprKind::Name(name) = &callee.kind else { return None };
                        let tool = self.names.tools.iter().find(|tool| tool.decl.name.name == *name)?;
                        Some(self.read(tool.decl.ty.as_ref()?))
                    }
                    _ => None,
                }
            }
            Binding::Each(_) => None,
        }
    }

    fn named(&self, path: &ast::Path) -> Option<Type> {
        Some(match path.text().as_str() {
            "string" => Type::String,
            "int" => Type::Int,
            "float" => Type::Float,
            "bool" => Type::Bool,
            "money" => Type::Money,
            "json" => Type::Json,
            text => {
                let scope = self.names.modules.first()?;
                let (def, _) = scope.get(text)?;
                let Def::Type(id) = def else { return None };
                Type::Named(*id)
            }
        })
    }
}
