//! What imports bring into a module's scope.

use crate::ast::{Import, ImportName};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::loader::{ModuleId, Modules};
use crate::span::Span;
use crate::suggest::did_you_mean;

use super::{Def, Names};

/// Adds each imported name to its module's scope. Only what a module declares itself can be taken from it.
pub(super) fn bind(modules: &Modules, names: &mut Names, diagnostics: &mut Diagnostics) {
    let own: Vec<usize> = names.modules.iter().map(indexmap::IndexMap::len).collect();
    for (index, module) in modules.list.iter().enumerate() {
        for (import, target) in module.ast.imports.iter().zip(&module.imports) {
            for wanted in &import.names {
                let def = match target {
                    Some(target) => find(names, *target, &own, import, wanted, diagnostics),
                    None => Def::Unknown,
                };
                let local = wanted.alias.as_ref().unwrap_or(&wanted.name);
                let Some(scope) = names.modules.get_mut(index) else { continue };
                match scope.get(&local.name) {
                    Some((_, first)) if def != Def::Unknown => {
                        diagnostics.push(taken(wanted, &local.name, local.span, *first));
                    }
                    Some(_) => {}
                    None => {
                        scope.insert(local.name.clone(), (def, local.span));
                    }
                }
            }
        }
    }
}

fn taken(wanted: &ImportName, name: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code("E0204"), span, format!("the name `{name}` is taken already"))
        .also(first, "by this one")
        .hint(format!("give the import another name: `{} as …`", wanted.name.name))
}

fn find(
    names: &Names,
    target: ModuleId,
    own: &[usize],
    import: &Import,
    wanted: &ImportName,
    diagnostics: &mut Diagnostics,
) -> Def {
    let name = &wanted.name.name;
    let Some(scope) = names.modules.get(target.index()) else { return Def::Unknown };
    let count = own.get(target.index()).copied().unwrap_or_default();
    let declared = || scope.iter().take(count);
    if let Some((_, (def, _))) = declared().find(|(known, _)| *known == name) {
        return *def;
    }
    let finding = Diagnostic::new(
        Code("E0203"),
        wanted.name.span,
        format!("`{}` declares no `{name}`", import.path.node),
    );
    diagnostics.push(did_you_mean(finding, name, declared().map(|(known, _)| &**known)));
    Def::Unknown
}
