//! Labels of what comes from outside: a type's own, and what stays on an answer that may repeat what was read.

use agentrun_lang::value::{Labels, Type, TypeBody, TypeId, TypeTable};

/// Aliases of aliases that are followed; one that leads in a circle does not compile.
const MAX_ALIASES: usize = 64;

/// Labels that an answer keeps where its type can hold what the model read.
const KEPT: Labels = Labels::UNTRUSTED.union(Labels::PII).union(Labels::SECRET);

/// Labels of the aliases that a type goes by. A record's fields have theirs too, and only the checker follows
/// those: a binding carries one set, and one field's would be put on all.
pub(super) fn type_labels(ty: &Type, types: &TypeTable) -> Labels {
    let mut labels = Labels::NONE;
    let mut at = ty;
    for _ in 0..MAX_ALIASES {
        match at {
            Type::List(inner) | Type::Optional(inner) => at = inner,
            Type::Named(id) => match types.get(*id).map(|def| &def.body) {
                Some(TypeBody::Alias { ty, labels: own, .. }) => {
                    labels = labels.union(*own);
                    at = ty;
                }
                _ => return labels,
            },
            _ => return labels,
        }
    }
    labels
}

/// Labels of a model's answer: a model's, its type's, and where the type holds free text what was against
/// anything that the model read.
pub(super) fn answer_labels(read: Labels, ty: &Type, types: &TypeTable) -> Labels {
    let against = Labels(read.0 & KEPT.0);
    let kept = if against != Labels::NONE && holds_text(ty, types) { against } else { Labels::NONE };
    Labels::MODEL.union(type_labels(ty, types)).union(kept)
}

/// Whether a text that nobody wrote into the program fits somewhere.
fn holds_text(ty: &Type, types: &TypeTable) -> bool {
    let mut seen: Vec<TypeId> = Vec::new();
    let mut left = vec![ty];
    while let Some(ty) = left.pop() {
        match ty {
            Type::String | Type::Json | Type::Bytes | Type::Map(_) | Type::Unknown => return true,
            Type::List(inner) | Type::Optional(inner) => left.push(inner),
            Type::Union(members) => left.extend(members.iter()),
            Type::Shape(fields) => left.extend(fields.iter().map(|(_, ty)| ty)),
            Type::Named(id) if !seen.contains(id) => {
                seen.push(*id);
                match types.get(*id).map(|def| &def.body) {
                    Some(TypeBody::Alias { ty, .. }) => left.push(ty),
                    Some(TypeBody::Record(fields)) => left.extend(fields.iter().map(|field| &field.ty)),
                    None => {}
                }
            }
            _ => {}
        }
    }
    false
}
