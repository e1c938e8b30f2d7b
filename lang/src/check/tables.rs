//! What every place of a program may ask: the declarations, their types and signatures.

use crate::ast::{ExprKind, Ident, Name, TypeExpr};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, MemoryId};
use crate::loader::{ModuleId, Modules};
use crate::resolve::{Def, Names};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::{Type, TypeId, TypeTable};

use super::broken::Broken;
use super::notes::Notebook;
use super::types::TypeReader;
use super::unions;

/// The parameters and the result of a tool or an agent.
#[derive(Clone, Debug, Default)]
pub(super) struct Signature {
    pub(super) params: Vec<ir::Param>,
    pub(super) ty: Option<Type>,
    /// Its head could not be read whole: what is missing may stand there.
    pub(super) broken: bool,
}

impl Signature {
    /// The type of what a call or a run gives; [`Type::Null`] where it gives nothing.
    pub(super) fn result(&self) -> Type {
        self.ty.clone().unwrap_or(Type::Null)
    }
}

/// The whole program's declarations.
pub(super) struct Tables<'a> {
    pub(super) modules: &'a Modules,
    pub(super) names: &'a Names<'a>,
    pub(super) broken: Broken,
    pub(super) doubled: Broken,
    pub(super) types: TypeTable,
    /// The record `Hit`, what a `recall` of whole rows gives.
    pub(super) hit: TypeId,
    /// By [`ir::ToolId`].
    pub(super) tools: Vec<Signature>,
    /// By [`ir::AgentId`].
    pub(super) agents: Vec<Signature>,
    pub(super) notes: Notebook,
}

/// Behind so many findings nobody reads what was meant, and a search through all names each time would be long.
const HINTED: usize = 1000;

/// What a place wants a declared name to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Type,
    Pool,
    Guard,
    Memory,
    Tool,
    Mcp,
    Skill,
    Agent,
}

impl Sort {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Pool => "model pool",
            Self::Guard => "guard",
            Self::Memory => "memory",
            Self::Tool => "tool",
            Self::Mcp => "MCP server",
            Self::Skill => "skill",
            Self::Agent => "agent",
        }
    }

    pub(super) fn plural(self) -> String {
        if self == Self::Memory { "memories".to_owned() } else { format!("{}s", self.word()) }
    }

    pub(super) fn article(self) -> &'static str {
        if matches!(self, Self::Mcp | Self::Agent) { "an" } else { "a" }
    }

    fn of(def: Def) -> Option<Self> {
        Some(match def {
            Def::Type(_) => Self::Type,
            Def::Model(_) => Self::Pool,
            Def::Guard(_) => Self::Guard,
            Def::Memory(_) => Self::Memory,
            Def::Tool(_) => Self::Tool,
            Def::Mcp(_) => Self::Mcp,
            Def::Skill(_) => Self::Skill,
            Def::Agent(_) => Self::Agent,
            Def::Unknown => return None,
        })
    }
}

impl<'a> Tables<'a> {
    /// The declaration that `name` means where a `sort` is wanted; [`Def::Unknown`] once the reason is reported.
    pub(super) fn find(&self, module: ModuleId, name: &Ident, sort: Sort, out: &mut Diagnostics) -> Def {
        self.find_named(module, &name.name, name.span, sort, out)
    }

    /// The same, of a name that stands inside an expression.
    pub(super) fn find_named(
        &self,
        module: ModuleId,
        name: &Name,
        span: Span,
        sort: Sort,
        out: &mut Diagnostics,
    ) -> Def {
        let Some(def) = self.names.find(module, name) else {
            if self.may_be_declared(module, name) || self.is_a_key(span) {
                return Def::Unknown;
            }
            let finding =
                Diagnostic::new(Code("E0207"), span, format!("no {} is named `{name}`", sort.word()));
            let finding = if out.len() > HINTED {
                finding
            } else if self.named(module, sort).next().is_none() {
                finding.hint(format!("this file declares and imports no {}: declare `{name}`", sort.word()))
            } else {
                did_you_mean(finding, name, self.named(module, sort))
            };
            out.push(finding);
            return Def::Unknown;
        };
        match Sort::of(def) {
            Some(found) if found != sort => {
                let wanted = format!("{} {}", sort.article(), sort.word());
                let message = format!("`{name}` is {}, and {wanted} is wanted here", def.sort());
                let finding = Diagnostic::new(Code("E0208"), span, message);
                out.push(match (found, sort) {
                    (Sort::Agent, Sort::Tool) => finding.hint(format!(
                        "an agent is run by `run name {{ agent: {name}(…) }}`, and a planner has `agents: [{name}]`"
                    )),
                    (Sort::Tool, Sort::Agent) => finding.hint(format!(
                        "a tool is called by `call name {{ tool: {name}(…) }}`, and a planner has `tools: [{name}]`"
                    )),
                    _ => did_you_mean(finding, name, self.named(module, sort)),
                });
                Def::Unknown
            }
            _ => def,
        }
    }

    /// The names of a sort that a module sees.
    pub(super) fn named(&self, module: ModuleId, sort: Sort) -> impl Iterator<Item = &str> + Clone {
        let scope = self.names.modules.get(module.index());
        scope
            .into_iter()
            .flat_map(indexmap::IndexMap::iter)
            .filter(move |(_, (def, _))| Sort::of(*def) == Some(sort))
            .map(|(name, _)| &**name)
    }

    /// A type as written, every union in it checked to be tellable.
    pub(super) fn read_type(&self, module: ModuleId, ty: &TypeExpr, out: &mut Diagnostics) -> Type {
        let read = TypeReader { names: self.names, module, hit: self.hit }.read(ty, out);
        unions::check(ty, module, self, out);
        read
    }

    /// The kind of a memory, as its field says it.
    pub(super) fn memory_kind(&self, id: MemoryId) -> Option<&'a str> {
        let declared = self.names.memories.get(id.index())?;
        match &declared.decl.body.field("kind")?.value.kind {
            ExprKind::Name(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_file_memory(&self, id: MemoryId) -> bool {
        self.memory_kind(id) == Some("file")
    }

    /// True where a declaration that could not be read may be the one of that name.
    pub(super) fn may_be_declared(&self, module: ModuleId, name: &str) -> bool {
        let Some(loaded) = self.modules.list.get(module.index()) else { return false };
        let whole = Span { source: loaded.ast.source, start: 0, end: u32::MAX };
        self.broken.may_declare(name, whole, &self.modules.sources)
    }

    /// A declaration with what stands between its end and the next line in column 0: where a `}` too many ends it
    /// early, that is still its own.
    pub(super) fn written(&self, decl: Span) -> Span {
        let text = self.modules.sources.get(decl.source).map_or("", |source| &*source.text);
        let rest = text.get(decl.end as usize..).unwrap_or("");
        let begins = |line: &str| line.starts_with(|sign: char| sign.is_ascii_alphabetic());
        let lines = rest.split_inclusive('\n').skip(1).take_while(|line| !begins(line));
        let first = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let length = first + lines.map(str::len).sum::<usize>();
        Span { end: decl.end.saturating_add(u32::try_from(length).unwrap_or(0)).saturating_sub(1), ..decl }
    }

    /// True of the key of the next field, where a value is missing before it: that was reported.
    fn is_a_key(&self, span: Span) -> bool {
        let after = Span { start: span.end, end: span.end.saturating_add(1), ..span };
        self.source(after) == ":"
    }

    /// The text under a span.
    pub(super) fn source(&self, span: Span) -> &str {
        self.modules.sources.slice(span)
    }
}
