//! Shapes as SVG.

use std::fmt::Write;

use super::layout::{Point, Size, real};
use super::part::{Head, LINE, NAME, Pill, SMALL, SMALL_LINE};
use super::scene::{Look, Scene, Shape, scene};
use super::text::{escaped, shortened, width};
use crate::graph::picture::Drawing;

/// Around everything, and between agents.
const MARGIN: f64 = 24.0;
const TITLE: f64 = 15.0;
/// The most cells of a title.
const HEADING: usize = 96;

const STYLE: &str = "
  .page { fill: #ffffff }
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 700 }
  .name { font-size: 13px; font-weight: 600 }
  .kind { font-weight: 400 }
  .small { font-size: 11px }
  .muted { fill: #59636e }
  .state { fill: #ffffff; stroke: #9aa4af; stroke-width: 1.2 }
  .frame { fill: #818b98; fill-opacity: 0.07; stroke: #9aa4af; stroke-width: 1.2 }
  .pill { fill: #f6f8fa; stroke: #9aa4af; stroke-width: 1.1 }
  .return { fill: #dafbe1; stroke: #1a7f37 }
  .fail { fill: #ffebe9; stroke: #cf222e }
  .handler { stroke-dasharray: 4 3 }
  .arrow { fill: none; stroke: #59636e; stroke-width: 1.3 }
  .dashed { stroke-dasharray: 5 4 }
  .marked { stroke: #cf222e; stroke-width: 2.4 }
  .tip, .start { fill: #59636e }
  .model { fill: #8250df } .tool { fill: #bc4c00 } .person { fill: #0969da } .memory { fill: #1b7c83 }
  .flow { fill: #59636e }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 }
    text { fill: #e6edf3 }
    .muted { fill: #9198a1 }
    .state { fill: #151b23; stroke: #59636e }
    .frame { fill: #9198a1; stroke: #59636e }
    .pill { fill: #212830; stroke: #59636e }
    .return { fill: #12321c; stroke: #3fb950 }
    .fail { fill: #3c1618; stroke: #f85149 }
    .arrow { stroke: #9198a1 }
    .marked { stroke: #f85149 }
    .tip, .start { fill: #9198a1 }
    .model { fill: #ab7df8 } .tool { fill: #db6d28 } .person { fill: #4493f8 } .memory { fill: #39c5cf }
    .flow { fill: #9198a1 }
  }
";

/// One document with all agents.
pub(super) fn document(drawings: &[Drawing<'_>]) -> String {
    let scenes: Vec<(&Drawing<'_>, Scene)> =
        drawings.iter().map(|drawing| (drawing, scene(drawing))).collect();
    let mut painter = Painter { text: String::new() };
    let (mut wide, mut y) = (0.0_f64, MARGIN);
    for (drawing, scene) in &scenes {
        let (title, notes) = heading(drawing);
        wide = wide.max(scene.size.w).max(width(&title, TITLE));
        painter.put(&format!(
            "<text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
            n(MARGIN),
            n(y + 13.0),
            escaped(&title)
        ));
        y += 22.0;
        for note in notes {
            wide = wide.max(width(&note, SMALL));
            painter.put(&format!(
                "<text class=\"small muted\" x=\"{}\" y=\"{}\">{}</text>",
                n(MARGIN),
                n(y + 10.0),
                escaped(&note)
            ));
            y += SMALL_LINE + 2.0;
        }
        y += 10.0;
        painter.shapes(&scene.shapes, Point { x: MARGIN, y });
        y += scene.size.h + 2.0 * MARGIN;
    }
    let (w, h) = (n(wide + 2.0 * MARGIN), n((y - MARGIN).max(2.0 * MARGIN)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
         <style>{STYLE}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto-start-reverse\"><path class=\"tip\" d=\"M0 1 L10 5 L0 9 z\"/></marker></defs>\n\
         <rect class=\"page\" width=\"{w}\" height=\"{h}\" rx=\"8\"/>\n{}</svg>\n",
        painter.text
    )
}

/// The title and what is said below it, each cut where it is long.
fn heading(drawing: &Drawing<'_>) -> (String, Vec<String>) {
    let fitted = |text: String| if text.chars().count() > HEADING { shortened(&text, HEADING) } else { text };
    let budget = drawing.budget.iter().map(|budget| format!("budget {budget}"));
    let below = budget.chain(drawing.requires.iter().map(|require| format!("require {require}")));
    (fitted(format!("agent {}{}", drawing.name, drawing.signature)), below.map(fitted).collect())
}

struct Painter {
    text: String,
}

impl Painter {
    fn put(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Frames first, then arrows, then what stands on them.
    fn shapes(&mut self, shapes: &[Shape], origin: Point) {
        let layer = |shape: &Shape| match shape {
            Shape::Frame { .. } => 0,
            Shape::Arrow { .. } => 1,
            Shape::Label { .. } => 2,
            Shape::Start(_) | Shape::State { .. } | Shape::Pill { .. } => 3,
        };
        for wanted in 0..=3 {
            for shape in shapes.iter().filter(|shape| layer(shape) == wanted) {
                self.shape(shape, origin);
            }
        }
    }

    fn shape(&mut self, shape: &Shape, origin: Point) {
        let moved = |point: &Point| Point { x: point.x + origin.x, y: point.y + origin.y };
        match shape {
            Shape::Start(at) => {
                let at = moved(at);
                self.put(&format!("<circle class=\"start\" cx=\"{}\" cy=\"{}\" r=\"6\"/>", n(at.x), n(at.y)));
            }
            Shape::State { at, size, head } => self.state(moved(at), *size, head),
            Shape::Pill { at, size, look, text, whole } => self.pill(moved(at), *size, *look, text, whole),
            Shape::Frame { at, size, head, inside, inner } => {
                self.frame(moved(at), *size, head);
                let at = moved(at);
                self.shapes(inside, Point { x: at.x + inner.x, y: at.y + inner.y });
            }
            Shape::Arrow { points, cut, look, pointed } => {
                let points: Vec<Point> = points.iter().map(moved).collect();
                let cut = cut.map(|cut| cut.map(|y| y + origin.y));
                self.arrow(&points, cut, *look, *pointed);
            }
            Shape::Label { center, size, lines, whole } => self.label(moved(center), *size, lines, whole),
        }
    }

    fn state(&mut self, at: Point, size: Size, head: &Head) {
        let round = if head.kind == "branch" { size.h / 2.0 } else { 6.0 };
        self.put(&format!("<g><title>{}</title>", escaped(&head.whole)));
        self.rect("state", at, size, round);
        if head.kind != "branch" {
            let bar = Size { w: 4.0, h: size.h - 12.0 };
            self.rect(color(&head.kind), Point { x: at.x + 5.0, y: at.y + 6.0 }, bar, 2.0);
        }
        self.head(Point { x: at.x + size.w / 2.0 + 2.0, y: at.y + 7.5 }, head, "middle");
        self.put("</g>");
    }

    fn frame(&mut self, at: Point, size: Size, head: &Head) {
        self.put(&format!("<g><title>{}</title>", escaped(&head.whole)));
        self.rect("frame", at, size, 8.0);
        self.put("</g>");
        self.head(Point { x: at.x + 12.0, y: at.y + 7.5 }, head, "start");
    }

    fn head(&mut self, at: Point, head: &Head, anchor: &str) {
        self.put(&format!(
            "<text class=\"name\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\"><tspan class=\"kind {}\">{}</tspan> {}<tspan class=\"kind muted\">{}</tspan></text>",
            n(at.x),
            n(at.y + NAME - 0.5),
            color(&head.kind),
            escaped(&head.kind),
            escaped(&head.name),
            escaped(&head.ty),
        ));
        if let Some(detail) = &head.detail {
            self.put(&format!(
                "<text class=\"small muted\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                n(at.x),
                n(at.y + LINE + SMALL - 1.0),
                escaped(detail)
            ));
        }
    }

    fn pill(&mut self, at: Point, size: Size, look: Pill, text: &str, whole: &str) {
        let class = match look {
            Pill::Return => "pill return",
            Pill::Fail => "pill fail",
            Pill::Round => "pill",
            Pill::Handler => "pill handler",
        };
        self.put(&format!("<g><title>{}</title>", escaped(whole)));
        self.rect(class, at, size, size.h / 2.0);
        self.put(&format!(
            "<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            n(at.x + size.w / 2.0),
            n(at.y + size.h / 2.0 + 3.8),
            escaped(text)
        ));
    }

    fn label(&mut self, center: Point, size: Size, lines: &[String], whole: &str) {
        self.put(&format!("<g><title>{}</title>", escaped(whole)));
        for (at, line) in lines.iter().enumerate() {
            let y = center.y - size.h / 2.0 + 2.0 + SMALL_LINE * real(at) + SMALL - 0.5;
            self.put(&format!(
                "<text class=\"small\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                n(center.x),
                n(y),
                escaped(line)
            ));
        }
        self.put("</g>");
    }

    /// Straight through rows, curved between them.
    fn arrow(&mut self, points: &[Point], cut: Option<[f64; 2]>, look: Look, pointed: bool) {
        let Some((first, rest)) = points.split_first() else { return };
        let mut path = format!("M{} {}", n(first.x), n(first.y));
        let mut from = *first;
        for to in rest {
            let straight = (to.x - from.x).abs() < 0.5 || (to.y - from.y).abs() < 0.5;
            if let Some([near, far]) = cut_on(from, *to, cut) {
                let _ = write!(path, " L{} {} M{} {}", n(from.x), n(near), n(from.x), n(far));
            }
            if straight {
                let _ = write!(path, " L{} {}", n(to.x), n(to.y));
            } else {
                let middle = f64::midpoint(from.y, to.y);
                let _ = write!(
                    path,
                    " C{} {} {} {} {} {}",
                    n(from.x),
                    n(middle),
                    n(to.x),
                    n(middle),
                    n(to.x),
                    n(to.y)
                );
            }
            from = *to;
        }
        let class = match (look.dashed, look.marked) {
            (false, false) => "arrow",
            (true, false) => "arrow dashed",
            (false, true) => "arrow marked",
            (true, true) => "arrow dashed marked",
        };
        let tip = if pointed { " marker-end=\"url(#tip)\"" } else { "" };
        self.put(&format!("<path class=\"{class}\" d=\"{path}\"{tip}/>"));
    }

    fn rect(&mut self, class: &str, at: Point, size: Size, round: f64) {
        self.put(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            n(at.x),
            n(at.y),
            n(size.w),
            n(size.h),
            n(round)
        ));
    }
}

/// The part of a vertical line that a label takes, from `from` on.
fn cut_on(from: Point, to: Point, cut: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let [top, bottom] = cut.filter(|_| (to.x - from.x).abs() < 0.5)?;
    if from.y <= top && bottom <= to.y {
        Some([top, bottom])
    } else if to.y <= top && bottom <= from.y {
        Some([bottom, top])
    } else {
        None
    }
}

/// The color of what a kind does.
fn color(kind: &str) -> &'static str {
    match kind {
        "ask" | "plan" | "run" => "model",
        "call" => "tool",
        "approve" | "wait" => "person",
        "recall" | "remember" | "forget" | "open" => "memory",
        _ => "flow",
    }
}

/// A number without needless digits.
fn n(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
