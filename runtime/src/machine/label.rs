//! Labels of what comes from outside: a type's own, and what stays on an answer that may repeat what was read.

use agentrun_lang::value::{Labels, Type, TypeBody, TypeId, TypeTable};

/// Labels that an answer keeps where its type can hold what the model read.
const KEPT: Labels = Labels::UNTRUSTED.union(Labels::PII).union(Labels::SECRET);

/// What a type says about its values.
#[derive(Clone, Copy, Debug, Default)]
struct Survey {
    labels: Labels,
    /// Whether a text that nobody wrote into the program fits somewhere.
    free_text: bool,
}

/// Labels that the declarations of a type put on its values, inner fields' too: a binding carries one set.
pub(super) fn type_labels(ty: &Type, types: &TypeTable) -> Labels {
    survey(ty, types).labels
}

/// Labels of a model's answer: a model's, its type's, and where the type holds free text what was against
/// anything that the model read.
pub(super) fn answer_labels(read: Labels, ty: &Type, types: &TypeTable) -> Labels {
    let survey = survey(ty, types);
    let kept = if survey.free_text { Labels(read.0 & KEPT.0) } else { Labels::NONE };
    Labels::MODEL.union(survey.labels).union(kept)
}

fn survey(ty: &Type, types: &TypeTable) -> Survey {
    let mut survey = Survey::default();
    let mut seen: Vec<TypeId> = Vec::new();
    let mut left: Vec<&Type> = Vec::new();
    let mut next = Some(ty);
    while let Some(ty) = next {
        match ty {
            Type::String | Type::Json | Type::Bytes | Type::Unknown => survey.free_text = true,
            Type::Map(value) => {
                survey.free_text = true;
                left.push(value);
            }
            Type::List(inner) | Type::Optional(inner) => left.push(inner),
            Type::Union(members) => left.extend(members.iter()),
            Type::Shape(fields) => left.extend(fields.iter().map(|(_, ty)| ty)),
            Type::Named(id) if !seen.contains(id) => {
                seen.push(*id);
                match types.get(*id).map(|def| &def.body) {
                    Some(TypeBody::Alias { ty, labels, .. }) => {
                        survey.labels = survey.labels.union(*labels);
                        left.push(ty);
                    }
                    Some(TypeBody::Record(fields)) => {
                        let labels = fields.iter().map(|field| field.labels);
                        survey.labels = labels.fold(survey.labels, Labels::union);
                        left.extend(fields.iter().map(|field| &field.ty));
                    }
                    None => {}
                }
            }
            _ => {}
        }
        next = left.pop();
    }
    survey
}
