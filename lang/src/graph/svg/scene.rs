//! An agent as shapes with places. A loop or a parallel is laid out for itself and then stands as one block among
//! its neighbours; an edge out of it passes a port on its lower side.

use indexmap::IndexMap;

use super::layout::{Block, Input, Link, Point, Row, Size, layout, real};
use super::part::{Head, PAD, Part, Pill, SMALL, SMALL_LINE, head, pill_text};
use super::text::{width, wrapped};
use crate::graph::picture::{Drawing, Node, To, Way, When};
use crate::ir::StateId;

/// The most cells of a label's line.
const LABEL: usize = 30;
/// Parts of a parallel in a row.
const PARTS: usize = 4;

/// Something drawn; places are from the upper left corner of what holds it.
pub(super) enum Shape {
    /// Where a machine begins.
    Start(Point),
    State {
        at: Point,
        size: Size,
        head: Head,
    },
    /// An end, `next`, `break`, a handler: its text, and the whole of it where it was cut.
    Pill {
        at: Point,
        size: Size,
        look: Pill,
        text: String,
        whole: String,
    },
    /// A loop or a parallel.
    Frame {
        at: Point,
        size: Size,
        head: Head,
        inside: Vec<Shape>,
        inner: Point,
    },
    Arrow {
        points: Vec<Point>,
        /// Where a label stands on it, from top to bottom.
        cut: Option<[f64; 2]>,
        look: Look,
        pointed: bool,
    },
    Label {
        center: Point,
        size: Size,
        lines: Vec<String>,
        whole: String,
    },
}

/// How an edge looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Only events take it.
    pub(super) dashed: bool,
    /// Told apart from the others.
    pub(super) marked: bool,
}

/// A machine laid out.
pub(super) struct Scene {
    pub(super) size: Size,
    pub(super) shapes: Vec<Shape>,
    /// Where edges to states outside leave it, from its left.
    ports: IndexMap<StateId, Port>,
}

/// Where an edge out of a frame passes its border.
#[derive(Clone, Copy)]
struct Port {
    /// From the left.
    at: f64,
    /// Through the upper border, to what stands before the frame.
    up: bool,
    look: Look,
}

/// The whole of an agent.
pub(super) fn scene(drawing: &Drawing<'_>) -> Scene {
    let top: Vec<StateId> =
        drawing.states.iter().filter(|node| node.parent.is_none()).map(|node| node.id).collect();
    Level { drawing, inside: &top, around: None, parts: Vec::new(), links: Vec::new(), keys: IndexMap::new() }
        .lay_out()
}

/// One machine while it is put together.
struct Level<'d> {
    drawing: &'d Drawing<'d>,
    inside: &'d [StateId],
    around: Option<&'d Node<'d>>,
    parts: Vec<Part>,
    links: Vec<Tie>,
    keys: IndexMap<Key, usize>,
}

/// What a part is found by.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    State(StateId),
    Port(StateId),
    Round(bool),
    /// The end of an edge of that part.
    End(usize, To),
}

/// An edge between parts.
#[derive(Default)]
struct Tie {
    from: usize,
    to: usize,
    label: Option<(Vec<String>, String)>,
    look: Look,
    port: Option<f64>,
    up: bool,
}

impl<'d> Level<'d> {
    fn lay_out(mut self) -> Scene {
        let is_machine = self.around.is_none_or(|around| around.is_loop);
        let first = self.around.map_or(Some(self.drawing.first), |around| around.inside.first().copied());
        if is_machine {
            self.parts.push(Part::Start);
        }
        let states: Vec<&Node<'d>> =
            self.inside.iter().filter_map(|id| self.drawing.states.get(id.index())).collect();
        for node in &states {
            let part = self.part(node);
            self.keys.insert(Key::State(node.id), self.parts.len());
            self.parts.push(part);
        }
        if let Some(to) =
            first.filter(|_| is_machine).and_then(|first| self.keys.get(&Key::State(first)).copied())
        {
            self.link(Tie { to, ..Tie::default() });
        }
        for node in &states {
            self.leave(node);
        }
        if self.around.is_none() {
            for way in &self.drawing.handlers {
                let from = self.parts.len();
                self.parts.push(Part::Pill(Pill::Handler, way.when.label()));
                self.tie(from, way, false);
            }
        }
        self.place()
    }

    fn part(&self, node: &'d Node<'d>) -> Part {
        if node.inside.is_empty() {
            return Part::State(head(node));
        }
        let inner = Level {
            drawing: self.drawing,
            inside: &node.inside,
            around: Some(node),
            parts: Vec::new(),
            links: Vec::new(),
            keys: IndexMap::new(),
        };
        Part::Frame(head(node), inner.lay_out())
    }

    /// The edges that leave a state, those from inside of it too.
    fn leave(&mut self, node: &'d Node<'d>) {
        let Some(from) = self.keys.get(&Key::State(node.id)).copied() else { return };
        for way in &node.ways {
            self.tie(from, way, true);
        }
        let ports: Vec<(StateId, Port)> = match self.parts.get(from) {
            Some(part @ Part::Frame(_, scene)) => {
                let left = scene.corner(part.size()).x;
                scene.ports.iter().map(|(id, port)| (*id, Port { at: left + port.at, ..*port })).collect()
            }
            _ => Vec::new(),
        };
        for (target, port) in ports {
            let to = self.target(from, &To::State(target));
            self.link(Tie { from, to, port: Some(port.at), up: port.up, look: port.look, ..Tie::default() });
        }
    }

    fn tie(&mut self, from: usize, way: &Way, named: bool) {
        let to = self.target(from, &way.to);
        let mut lines = if named { vec![way.when.label()] } else { Vec::new() };
        lines.extend(way.sets.iter().map(|(name, value)| format!("set {name} = {value}")));
        lines.retain(|line| !line.is_empty());
        let whole = lines.join("\n");
        let label = (!whole.is_empty()).then(|| (wrapped(&whole, LABEL, 4), whole));
        let look = Look { dashed: matches!(way.when, When::Events(_)), marked: way.marked };
        self.link(Tie { from, to, label, look, ..Tie::default() });
    }

    /// Adds an edge; one to an upper port goes up itself.
    fn link(&mut self, tie: Tie) {
        let up = tie.up || matches!(self.parts.get(tie.to), Some(Part::Port(_, true)));
        self.links.push(Tie { up, ..tie });
    }

    /// The part that an edge from `from` goes to; one for each end of each state.
    fn target(&mut self, from: usize, to: &To) -> usize {
        let (key, part) = match to {
            To::State(id) if self.keys.contains_key(&Key::State(*id)) => (Key::State(*id), Part::Start),
            To::State(id) => {
                (Key::Port(*id), Part::Port(*id, self.around.is_some_and(|around| *id < around.id)))
            }
            To::Next => (Key::Round(true), Part::Pill(Pill::Round, "next".to_owned())),
            To::Break => (Key::Round(false), Part::Pill(Pill::Round, "break".to_owned())),
            To::Return(value) => {
                let text =
                    value.as_ref().map_or_else(|| "return".to_owned(), |value| format!("return {value}"));
                (Key::End(from, to.clone()), Part::Pill(Pill::Return, text))
            }
            To::Fail(why) => (Key::End(from, to.clone()), Part::Pill(Pill::Fail, format!("fail {why}"))),
        };
        if let Some(known) = self.keys.get(&key) {
            return *known;
        }
        let index = self.parts.len();
        self.parts.push(part);
        self.keys.insert(key, index);
        index
    }

    fn place(self) -> Scene {
        let (own, between): (Vec<&Tie>, Vec<&Tie>) = self.links.iter().partition(|tie| tie.from == tie.to);
        let mut input = Input::default();
        for (index, part) in self.parts.iter().enumerate() {
            let aside = own
                .iter()
                .filter(|tie| tie.from == index)
                .map(|tie| 34.0 + label_size(tie).w)
                .fold(0.0, f64::max);
            let row = match part {
                Part::Port(_, false) => Row::Last,
                Part::Port(_, true) => Row::First,
                Part::Pill(Pill::Handler, _) => Row::Above,
                Part::State(_) if self.around.is_some_and(|around| !around.is_loop) => {
                    Row::Fixed(index / PARTS)
                }
                _ => Row::Below,
            };
            input.nodes.push(Block { size: part.size(), aside, row });
        }
        input.links = between
            .iter()
            .map(|tie| Link {
                from: tie.from,
                to: tie.to,
                label: tie.label.as_ref().map(|_| label_size(tie)),
                port: tie.port,
                up: tie.up,
            })
            .collect();
        let output = layout(&input);
        let mut scene = Scene { size: output.size, shapes: Vec::new(), ports: IndexMap::new() };
        for (tie, route) in between.iter().zip(output.routes) {
            let pointed = !matches!(self.parts.get(tie.to), Some(Part::Port(..)));
            let mut points = route.points;
            if !pointed {
                // on to the frame's border, where the outer edge begins
                let title = self.around.map_or(0.0, |around| head(around).size().h);
                let border = if tie.up { -title } else { output.size.h + PAD };
                points.extend(points.last().map(|last| Point { x: last.x, y: border }));
            }
            let half = label_size(tie).h / 2.0;
            let cut = route.label.map(|center| [center.y - half, center.y + half]);
            scene.shapes.push(Shape::Arrow { points, cut, look: tie.look, pointed });
            if let Some((center, (lines, whole))) = route.label.zip(tie.label.clone()) {
                scene.shapes.push(Shape::Label { center, size: label_size(tie), lines, whole });
            }
        }
        for tie in own {
            if let Some((at, part)) = output.nodes.get(tie.from).zip(self.parts.get(tie.from)) {
                scene.own_arrow(*at, part.size(), tie);
            }
        }
        // A port looks like the edges that pass it, where they all look so.
        let all = |part: usize, is: fn(&Look) -> bool| {
            self.links.iter().filter(|tie| tie.to == part).all(|tie| is(&tie.look))
        };
        let looks: Vec<Look> = (0..self.parts.len())
            .map(|part| Look { dashed: all(part, |look| look.dashed), marked: all(part, |look| look.marked) })
            .collect();
        for ((part, at), look) in self.parts.into_iter().zip(output.nodes).zip(looks) {
            scene.add(part, at, look);
        }
        scene
    }
}

impl Scene {
    fn add(&mut self, part: Part, at: Point, look: Look) {
        let size = part.size();
        self.shapes.push(match part {
            Part::Start => Shape::Start(Point { x: at.x + size.w / 2.0, y: at.y + size.h / 2.0 }),
            Part::State(head) => Shape::State { at, size, head },
            Part::Pill(look, whole) => Shape::Pill { at, size, look, text: pill_text(&whole), whole },
            Part::Frame(head, scene) => {
                let inner = scene.corner(size);
                Shape::Frame { at, size, head, inside: scene.shapes, inner }
            }
            Part::Port(id, up) => {
                self.ports.insert(id, Port { at: at.x + size.w / 2.0, up, look });
                return;
            }
        });
    }

    /// Where it stands in a frame of that size, from the frame's corner.
    fn corner(&self, frame: Size) -> Point {
        Point { x: (frame.w - self.size.w) / 2.0, y: frame.h - PAD - self.size.h }
    }

    /// An edge from a state to itself, on its right side.
    fn own_arrow(&mut self, at: Point, size: Size, tie: &Tie) {
        let right = at.x + size.w;
        let (low, high) = (at.y + size.h * 0.72, at.y + size.h * 0.28);
        let out = right + 22.0;
        let points = [(right, low), (out, low), (out, high), (right, high)].map(|(x, y)| Point { x, y });
        self.shapes.push(Shape::Arrow { points: points.to_vec(), cut: None, look: tie.look, pointed: true });
        if let Some((lines, whole)) = tie.label.clone() {
            let size = label_size(tie);
            let center = Point { x: out + 6.0 + size.w / 2.0, y: f64::midpoint(low, high) };
            self.shapes.push(Shape::Label { center, size, lines, whole });
        }
    }
}

fn label_size(tie: &Tie) -> Size {
    let Some((lines, _)) = &tie.label else { return Size::default() };
    let widest = lines.iter().map(|line| width(line, SMALL)).fold(0.0, f64::max);
    Size { w: widest + 10.0, h: real(lines.len()) * SMALL_LINE + 4.0 }
}
