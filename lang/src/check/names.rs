//! What a bare word in an expression means: an agent's names first, then what the place knows.

use crate::ast::{Expr, ExprKind, Ident, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{AccessPath, Reading, Root};
use crate::ir::{self, ExpectFunction, Function, Meter, SlotId};
use crate::resolve::{Binding, Def};
use crate::span::Span;
use crate::suggest::did_you_mean;
use crate::value::{Type, Value};

use super::agent::AgentCx;
use super::cx::{At, Cx, Place, Reader, Typed};

/// What a run has spent so far.
const METERS: &[(&str, Meter, Type)] = &[
    ("cost", Meter::Cost, Type::Money),
    ("time", Meter::Time, Type::Duration),
    ("calls", Meter::Calls, Type::Int),
    ("tokens", Meter::Tokens, Type::Int),
];

/// What only a pool's edges read.
const ROUTING: &[&str] = &["task", "difficulty", "caller", "prompt_tokens"];

/// What only `expect` reads, without brackets.
const EXPECTED: &[&str] = &["path", "prompts", "result", "pass_rate"];

impl<'p> Cx<'p, '_> {
    pub(super) fn name(&mut self, name: &Name, span: Span) -> Typed {
        if &**name == "it"
            && let Some(ty) = self.it()
        {
            return Typed::new(ty.clone(), ir::ExprKind::It, span);
        }
        match self.place {
            Place::Constant | Place::Argument | Place::Answer(_) => self.no_names(name, span),
            Place::Config => {
                let finding = Diagnostic::new(Code("E0206"), span, format!("nothing is named `{name}` here"));
                let hint =
                    format!("a declaration reads the environment: `env.{name}`; a text stands in quotes");
                self.out.push(finding.hint(hint));
                Typed::unknown(span)
            }
            Place::Tool(params) => {
                if let Some(index) = params.iter().position(|param| param.name == *name) {
                    let ty = params.get(index).map_or(Type::Unknown, |param| param.ty.clone());
                    Typed::new(ty, ir::ExprKind::Slot(slot(index)), span)
                } else {
                    let known: Vec<&str> = params.iter().map(|param| &*param.name).collect();
                    self.unknown(name, span, &known)
                }
            }
            Place::Var(agent, index) => self.before_a_var(agent, index, name, span),
            Place::Agent(agent, at) => match agent.scope.lookup(at.state, name) {
                Some(Binding::State(id)) if at.reader == Reader::Judge && at.state == Some(id) => {
                    let own = at.own.cloned().unwrap_or(Type::Unknown);
                    let ty = self.narrowed(AccessPath { root: Root::Own, steps: Vec::new() }, own);
                    Typed::new(ty, ir::ExprKind::Own, span)
                }
                Some(binding) => {
                    agent.reads(binding);
                    let ty = Self::readable(agent.binding_type(binding), binding, at);
                    self.of_this_round(name, binding, at, span);
                    Typed::new(ty, ir::ExprKind::Slot(agent.slot(binding)), span)
                }
                None => self.beside_the_agent(name, at, span),
            },
            Place::Route => self.routing(name, span),
            Place::Expect(_) => self.expected(name, span),
        }
    }

    /// A variable begins with what is there when the agent begins.
    fn before_a_var(&mut self, agent: &AgentCx<'_>, index: usize, name: &Name, span: Span) -> Typed {
        match agent.scope.names.get(name) {
            Some((binding @ (Binding::Param(_) | Binding::Var(_)), _)) if !matches!(binding, Binding::Var(other) if *other >= index) =>
            {
                agent.reads(*binding);
                Typed::new(agent.binding_type(*binding), ir::ExprKind::Slot(agent.slot(*binding)), span)
            }
            Some(_) => {
                let message = format!("`{name}` has no value when the agent begins");
                self.out.push(
                    Diagnostic::new(Code("E0215"), span, message)
                        .hint("a variable begins with constants, parameters and the variables above it"),
                );
                Typed::unknown(span)
            }
            None => {
                let params = agent.scope.decl.params.iter().map(|param| &*param.name.name);
                let vars = agent.scope.decl.body.vars().take(index).map(|var| &*var.name.name);
                let known: Vec<&str> = params.chain(vars).collect();
                self.unknown(name, span, &known)
            }
        }
    }

    /// The type of a name in a place: a state's result may not be there yet, or not with all its parts.
    fn readable(ty: Type, binding: Binding, at: At<'p>) -> Type {
        let (Binding::State(id), Some(facts)) = (binding, at.facts) else { return ty };
        match facts.reading(id) {
            Reading::Always => ty,
            Reading::Maybe => ty.optional(),
            Reading::InPart => match ty {
                Type::Shape(parts) => {
                    let parts = parts.iter().map(|(name, ty)| (name.clone(), ty.clone().optional()));
                    Type::Shape(parts.collect::<Vec<_>>().into())
                }
                whole => whole,
            },
        }
    }

    /// Warns where a name may hold what an earlier round left.
    fn of_this_round(&mut self, name: &Name, binding: Binding, at: At<'p>, span: Span) {
        let (Binding::State(id), Some(facts)) = (binding, at.facts) else { return };
        if facts.is_of_earlier_round(id) {
            self.out.push(
                Diagnostic::new(
                    Code("W1501"),
                    span,
                    format!("`{name}` may be the result of an earlier round"),
                )
                .hint("where that is meant, keep it in a variable: `-> next set last = …`"),
            );
        }
    }

    /// Names that every expression of a running agent reads, beside the agent's own.
    fn beside_the_agent(&mut self, name: &Name, at: At<'p>, span: Span) -> Typed {
        if let Some(typed) = meter(name, span) {
            return typed;
        }
        if &**name == "now" {
            return Typed::new(Type::Date, ir::ExprKind::Now, span);
        }
        match self.tables.names.find(self.module, name) {
            Some(Def::Memory(id)) if at.reader != Reader::Program && self.tables.is_file_memory(id) => {
                Typed::new(Type::String, ir::ExprKind::Memory(id), span)
            }
            _ => {
                let known = self.agent_names();
                let known: Vec<&str> = known.iter().map(|known| &**known).collect();
                self.unknown(name, span, &known)
            }
        }
    }

    fn routing(&mut self, name: &Name, span: Span) -> Typed {
        let ty = match &**name {
            "task" => Type::String,
            "difficulty" => Type::Float,
            "prompt_tokens" => Type::Int,
            "caller" => {
                let fields = ["tenant", "user", "team", "tier"];
                Type::Shape(fields.map(|field| (field.into(), Type::String.optional())).into())
            }
            _ => return self.unknown(name, span, ROUTING),
        };
        Typed::new(ty, ir::ExprKind::Routing(name.clone()), span)
    }

    /// `path`, `result` and their like, and the names of states.
    fn expected(&mut self, name: &Name, span: Span) -> Typed {
        let Place::Expect(tested) = self.place else { return Typed::unknown(span) };
        let function =
            |ty, function| Typed::new(ty, ir::ExprKind::Call(Function::Expect(function), Vec::new()), span);
        match &**name {
            "path" => function(Type::list(Type::String), ExpectFunction::Path),
            "prompts" => function(Type::String, ExpectFunction::Prompts),
            "pass_rate" => function(Type::Float, ExpectFunction::PassRate),
            "result" => function(tested.result.clone(), ExpectFunction::Result),
            _ => {
                if let Some(typed) = meter(name, span) {
                    return typed;
                }
                match tested.scope {
                    Some(scope) if scope.state_named(name).is_some() => {
                        let value = ir::ExprKind::Const(Value::text(name.clone()));
                        Typed::new(Type::Literal(name.clone()), value, span)
                    }
                    Some(scope) => {
                        let states = scope.states.iter().filter(|state| !state.part);
                        let mut known: Vec<&str> = states.map(|state| &*state.decl.name.name).collect();
                        known.extend(EXPECTED);
                        self.unknown(name, span, &known)
                    }
                    None => Typed::unknown(span),
                }
            }
        }
    }

    /// `env.X`.
    pub(super) fn env(&mut self, field: &Ident, span: Span) -> Typed {
        if matches!(self.place, Place::Config | Place::Tool(_)) {
            return Typed::new(Type::String, ir::ExprKind::Env(field.name.clone()), span);
        }
        let message = format!("`env.{}` stands only in declarations", field.name);
        self.out.push(Diagnostic::new(Code("E0215"), span, message).hint(
            "an agent reads no environment: make it a parameter, or put it into the tool that needs it",
        ));
        Typed::unknown(span)
    }

    /// A dotted name that is no field of a value: a declaration's or, in `expect`, a part's. `None` where the
    /// base is a value.
    pub(super) fn dotted_name(&mut self, base: &Expr, field: &Ident, span: Span) -> Option<Typed> {
        let ExprKind::Name(name) = &base.kind else { return None };
        let Place::Expect(tested) = self.place else { return None };
        let scope = tested.scope?;
        if EXPECTED.contains(&&**name) || METERS.iter().any(|(meter, ..)| *meter == &**name) {
            return None;
        }
        let state = scope.state(scope.state_named(name)?)?;
        let message = if state.kind.word == "parallel" {
            format!("`path` lists a parallel by its name alone: write `{name}`")
        } else {
            format!("`expect` reads no state's value: `{name}.{}`", field.name)
        };
        self.out.push(
            Diagnostic::new(Code("E0215"), span, message)
                .hint("it reads `result`, `path`, `prompts`, and `visits(s)`, `attempts(s)`, `args(tool)` and their like"),
        );
        Some(Typed::unknown(span))
    }

    fn no_names(&mut self, name: &Name, span: Span) -> Typed {
        let place = match self.place {
            Place::Argument => "a test's argument",
            Place::Answer(_) => "a mock's answer",
            _ => "a constant",
        };
        let finding = Diagnostic::new(Code("E0206"), span, format!("`{name}` means nothing here"));
        self.out.push(match &**name {
            "None" | "nil" | "undefined" | "Null" | "NULL" if matches!(self.place, Place::Constant) => {
                finding.hint("write `null`, and `?` behind the type: `n: int? = null`")
            }
            "None" | "nil" | "undefined" | "Null" | "NULL" => finding.write("null"),
            "True" | "TRUE" => finding.write("true"),
            "False" | "FALSE" => finding.write("false"),
            _ => finding.hint(format!("{place} is written out; if a text is meant, write `\"{name}\"`")),
        });
        Typed::unknown(span)
    }

    fn unknown(&mut self, name: &Name, span: Span, known: &[&str]) -> Typed {
        if matches!(self.place, Place::Agent(agent, _) | Place::Var(agent, _) if agent.may_declare(name)) {
            return Typed::unknown(span);
        }
        let finding = self.why_unknown(name, span, known);
        self.out.push(finding);
        Typed::unknown(span)
    }

    fn why_unknown(&self, name: &Name, span: Span, known: &[&str]) -> Diagnostic {
        let misplaced = |message: String| Diagnostic::new(Code("E0215"), span, message);
        let wrong_sort = |message: String| Diagnostic::new(Code("E0208"), span, message);
        match &**name {
            "it" => {
                return misplaced("`it` stands only inside `all any count sum min max`".to_owned())
                    .hint("it is the element there: `all(lines, it.qty > 0)`");
            }
            "None" | "nil" | "undefined" | "Null" | "NULL" => {
                return Diagnostic::new(Code("E0206"), span, format!("nothing is named `{name}` here"))
                    .write("null");
            }
            "True" | "TRUE" | "yes" | "False" | "FALSE" | "no" if self.binding(name).is_none() => {
                let ours = if matches!(&**name, "True" | "TRUE" | "yes") { "true" } else { "false" };
                return Diagnostic::new(Code("E0206"), span, format!("nothing is named `{name}` here"))
                    .write(ours);
            }
            "self" | "this" => {
                return Diagnostic::new(Code("E0206"), span, format!("nothing is named `{name}` here"))
                    .hint("a field of the state's own result is read by a point alone: `.ok`");
            }
            "env" => {
                return misplaced("`env` is read by name: `env.SHOP_TOKEN`".to_owned());
            }
            _ => {}
        }
        if let Some(part) = self.part_named(name) {
            return wrong_sort(format!("`{name}` is a part of `{part}`"))
                .hint(format!("read its result as `{part}.{name}`, once `{part}` is done"));
        }
        if self.is_each_elsewhere(name) {
            return misplaced(format!("`{name}` is read only inside its parallel"));
        }
        if let Some(def) = self.tables.names.find(self.module, name) {
            let finding = wrong_sort(format!("`{name}` is {}, and a value is wanted here", def.sort()));
            return match def {
                Def::Tool(_) => finding.hint(format!("a tool is called by a state: `call x {{ tool: {name}(…) }}`, then read `x`")),
                Def::Agent(_) => finding.hint(format!("an agent is run by a state: `run x {{ agent: {name}(…) }}`, then read `x`")),
                Def::Memory(_) => finding.hint(format!("a memory is read by a state: `recall x {{ from: {name}  query: … }}`; a chat stands in `context: [{name}]`, a file in a model's prompt")),
                Def::Skill(_) => finding.hint(format!("a skill is opened by a state: `open x {{ skill: {name} }}`, then `context: [x]`")),
                _ => match self.field_meant(name) {
                    Some(field) => finding.write(field),
                    None => finding,
                },
            };
        }
        if ROUTING.contains(&&**name) && !matches!(self.place, Place::Route) && !known.contains(&&**name) {
            return misplaced(format!("`{name}` is read only by the edges of a pool with `strategy: route`"));
        }
        if EXPECTED.contains(&&**name) && !matches!(self.place, Place::Expect(_)) {
            return misplaced(format!("`{name}` is read only by a test's `expect`"));
        }
        let finding = Diagnostic::new(Code("E0206"), span, format!("nothing is named `{name}` here"));
        match self.field_meant(name) {
            Some(field) => finding.write(field),
            None => did_you_mean(finding, name, known.iter().copied()),
        }
    }

    /// The field of a result that a bare name was meant to read: of the state's own, else of the only one that has it.
    fn field_meant(&self, name: &Name) -> Option<String> {
        let Place::Agent(agent, at) = self.place else { return None };
        let table = &self.tables.types;
        if at.own.is_some_and(|own| table.field(&self.without_null(own), name).is_some()) {
            return Some(format!(".{name}"));
        }
        let states = agent.scope.states.iter().filter(|state| !state.part && at.state != Some(state.id));
        let mut having = states.filter(|state| {
            let ty = agent.state_type(state.id);
            table.field(table.resolve(&ty), name).is_some()
        });
        let (Some(state), None) = (having.next(), having.next()) else { return None };
        Some(format!("{}.{name}", state.decl.name.name))
    }

    fn part_named(&self, name: &str) -> Option<Name> {
        let Place::Agent(agent, _) = self.place else { return None };
        let part = agent.scope.states.iter().find(|state| state.part && &*state.decl.name.name == name)?;
        Some(agent.scope.state(part.parent?)?.decl.name.name.clone())
    }

    fn is_each_elsewhere(&self, name: &str) -> bool {
        let Place::Agent(agent, _) = self.place else { return false };
        matches!(agent.scope.names.get(name), Some((Binding::Each(_), _)))
    }

    fn agent_names(&self) -> Vec<Name> {
        let Place::Agent(agent, _) = self.place else { return Vec::new() };
        agent.scope.names.keys().filter(|name| self.binding(name).is_some()).cloned().collect()
    }
}

fn meter(name: &str, span: Span) -> Option<Typed> {
    let (_, meter, ty) = METERS.iter().find(|(known, ..)| *known == name)?;
    Some(Typed::new(ty.clone(), ir::ExprKind::Meter(*meter), span))
}

fn slot(index: usize) -> SlotId {
    SlotId(u32::try_from(index).unwrap_or(u32::MAX))
}
