//! What stands in a picture, and how large each is.

use super::layout::Size;
use super::scene::Scene;
use super::text::{shortened, width};
use crate::graph::picture::Node;
use crate::ir::StateId;

/// Font sizes in pixels.
pub(super) const NAME: f64 = 13.0;
pub(super) const SMALL: f64 = 11.0;
/// Height of a line of each.
pub(super) const LINE: f64 = 17.0;
pub(super) const SMALL_LINE: f64 = 14.0;
/// Around the text of a node and the inside of a frame.
pub(super) const PAD: f64 = 12.0;
/// The most cells of a detail, and of a pill.
const DETAIL: usize = 38;
const PILL: usize = 30;

/// What stands in a node or over a frame.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) detail: Option<String>,
    pub(super) whole: String,
}

/// What a pill is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pill {
    Return,
    Fail,
    Round,
    Handler,
}

/// What stands for a node of the layout.
pub(super) enum Part {
    /// Where a machine begins.
    Start,
    State(Head),
    /// With its whole text.
    Pill(Pill, String),
    Frame(Head, Scene),
    /// Where edges to a state outside of a frame pass its border, the upper one or the lower one.
    Port(StateId, bool),
}

impl Part {
    pub(super) fn size(&self) -> Size {
        match self {
            Self::Start => Size { w: 12.0, h: 12.0 },
            Self::Port(..) => Size { w: 8.0, h: 0.0 },
            Self::Pill(_, text) => Size { w: width(&pill_text(text), SMALL) + 22.0, h: 22.0 },
            Self::State(head) => head.size(),
            Self::Frame(head, scene) => {
                let title = head.size();
                Size { w: scene.size.w.max(title.w) + 2.0 * PAD, h: scene.size.h + title.h + PAD }
            }
        }
    }
}

impl Head {
    pub(super) fn size(&self) -> Size {
        let title = width(&self.title(), NAME);
        let detail = self.detail.as_ref().map_or(0.0, |detail| width(detail, SMALL));
        let rows = if self.detail.is_some() { LINE + SMALL_LINE } else { LINE };
        Size { w: title.max(detail) + 2.0 * PAD + 4.0, h: rows + 15.0 }
    }

    fn title(&self) -> String {
        format!("{} {}{}", self.kind, self.name, self.ty)
    }
}

/// What the node or the frame of a state says.
pub(super) fn head(node: &Node<'_>) -> Head {
    let ty = node.ty.as_ref().map_or_else(String::new, |ty| format!(": {ty}"));
    let whole = format!("{} {}{ty}", node.kind, node.name);
    let whole = node.detail.as_ref().map_or_else(|| whole.clone(), |detail| format!("{whole}\n{detail}"));
    let fit = |text: &str, most: usize| {
        if text.chars().count() > most { shortened(text, most) } else { text.to_owned() }
    };
    Head {
        kind: node.kind.to_owned(),
        name: fit(node.name, DETAIL),
        ty: fit(&ty, 24),
        detail: node
            .detail
            .as_ref()
            .map(|detail| fit(detail, if node.inside.is_empty() { DETAIL } else { 72 })),
        whole,
    }
}

/// The text of a pill, cut where it is long.
pub(super) fn pill_text(text: &str) -> String {
    if text.chars().count() > PILL { shortened(text, PILL) } else { text.to_owned() }
}
