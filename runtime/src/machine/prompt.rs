//! The conversation that an `ask` or a `plan` sends: system text, chats, the question with its media.

use agentrun_lang::eval::{Rendered, RenderedPart, render};
use agentrun_lang::ir::Ask;
use agentrun_lang::value::{Labels, Type, TypeBody, TypeTable, Value};

use super::Output;
use super::context::Cx;
use super::frame::Place;
use super::raise::Raised;
use crate::chat::{Message, Part, Role};
use crate::error::{Failure, FailureKind};

/// What goes to the model.
pub(super) struct Conversation {
    /// The system message first where there is one, the question last.
    pub(super) messages: Vec<Message>,
    /// Labels of all that went in.
    pub(super) labels: Labels,
}

/// Puts the conversation of a model state together; `note` is added to its system text.
pub(super) fn conversation(
    cx: &mut Cx<'_, '_>,
    place: Place,
    ask: &Ask,
    note: Option<&str>,
) -> Result<Conversation, Box<Raised>> {
    let mut messages = Vec::with_capacity(2);
    let mut labels = Labels::NONE;
    if let Some(template) = &ask.system {
        let system = cx.read(place, |env| render(template, env))?;
        labels = labels.union(system.labels);
        let text = note.map_or_else(|| system.text(), |note| format!("{}\n\n{note}", system.text()));
        messages.push(Message::text(Role::System, text));
    } else if let Some(note) = note {
        messages.push(Message::text(Role::System, note));
    }
    labels = labels.union(cx.run.chats.read(&ask.context, &mut messages));
    let question = cx.read(place, |env| render(&ask.prompt, env))?;
    labels = labels.union(question.labels);
    let mut parts = parts(question);
    labels = labels.union(attach(cx, place, ask, &mut parts)?);
    if parts.is_empty() {
        parts.push(Part::Text("".into()));
    }
    messages.push(Message { role: Role::User, parts });
    Ok(Conversation { messages, labels })
}

fn parts(rendered: Rendered) -> Vec<Part> {
    let part = |part| match part {
        RenderedPart::Text(text) => Part::Text(text.into()),
        RenderedPart::Media(media) => Part::Media(media),
    };
    rendered.parts.into_iter().map(part).collect()
}

fn attach(
    cx: &mut Cx<'_, '_>,
    place: Place,
    ask: &Ask,
    parts: &mut Vec<Part>,
) -> Result<Labels, Box<Raised>> {
    let mut labels = Labels::NONE;
    for image in &ask.images {
        let read = cx.eval(place, image)?;
        labels = labels.union(read.labels);
        let media = match read.value {
            Value::List(items) => items.to_vec(),
            single => vec![single],
        };
        for value in media {
            match value {
                Value::Media(media) => parts.push(Part::Media(media)),
                Value::Null => {}
                other => {
                    let message = format!("expected an image or a document, found `{}`", other.kind_word());
                    let mut raised = cx.fail(place, Failure::new(FailureKind::Invalid, message));
                    raised.span = image.span;
                    return Err(raised);
                }
            }
        }
    }
    Ok(labels)
}

/// How an answer of a type is asked for: as plain text where any text is one, else as JSON.
pub(super) fn output(ty: &Type, types: &TypeTable) -> Output {
    if is_text(ty, types) { Output::Text } else { Output::Typed(ty.clone()) }
}

/// True of `string` and of what stands for it without a constraint.
fn is_text(ty: &Type, types: &TypeTable) -> bool {
    if let Type::Named(id) = ty
        && let Some(TypeBody::Alias { constraints, .. }) = types.get(*id).map(|def| &def.body)
        && !constraints.is_empty()
    {
        return false;
    }
    match ty {
        Type::String => true,
        Type::Named(_) => alias(ty, types).is_some_and(|inner| is_text(inner, types)),
        Type::Union(members) => {
            members.iter().any(|member| is_text(member, types))
                && members
                    .iter()
                    .all(|member| is_text(member, types) || matches!(types.resolve(member), Type::Literal(_)))
        }
        _ => false,
    }
}

fn alias<'t>(ty: &Type, types: &'t TypeTable) -> Option<&'t Type> {
    let Type::Named(id) = ty else { return None };
    match &types.get(*id)?.body {
        TypeBody::Alias { ty, .. } => Some(ty),
        TypeBody::Record(_) => None,
    }
}
