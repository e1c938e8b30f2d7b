//! Expressions: the flat list of the grammar becomes a tree by precedence.

use super::cursor::{Builder, Built, Mismatch, Node, Nodes};
use super::error;
use super::grammar::Rule;
use crate::ast::{Arg, BinaryOp, Expr, ExprKind, Ident, Pair, Pattern, UnaryOp};
use crate::span::Span;

/// How tight an operator binds; higher is tighter.
type Power = u8;

const NOT: Power = 3;
const COMPARE: Power = 4;
const NEGATE: Power = 8;

impl Builder<'_> {
    /// An expression. Chains are charged before they are built, for each operator puts the first operand a level deeper.
    pub(super) fn expr(&mut self, node: Node<'_>) -> Built<Expr> {
        let span = self.span(&node);
        let inner = node.into_inner();
        let levels = inner.len();
        match self
            .higher(levels, span, error::too_high, |builder| builder.operators(&mut Nodes::from(inner), 0))
        {
            Some(expr) => expr,
            None => Ok(Expr { kind: ExprKind::Bad, span }),
        }
    }

    fn operators(&mut self, nodes: &mut Nodes<'_>, min: Power) -> Built<Expr> {
        let mut left = self.operand(nodes, min)?;
        while let Some(rule) = nodes.peek() {
            if rule == Rule::is {
                if COMPARE < min {
                    break;
                }
                let node = nodes.any()?;
                self.no_chain(&left, self.span(&node));
                left = self.is(left, node)?;
                continue;
            }
            let (op, power) = nodes.peek_str().and_then(binary).ok_or(Mismatch)?;
            if power < min {
                break;
            }
            let sign = nodes.any()?;
            let sign = self.span(&sign);
            if power >= COMPARE {
                self.no_chain_below(&left, sign, power);
            }
            let right = self.operators(nodes, power + 1)?;
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(op, sign, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    /// An operand with its signs in front and its members behind.
    fn operand(&mut self, nodes: &mut Nodes<'_>, min: Power) -> Built<Expr> {
        let node = nodes.any()?;
        let span = self.span(&node);
        let (op, power) = match node.as_rule() {
            Rule::kw_not => (UnaryOp::Not, NOT),
            Rule::minus => (UnaryOp::Neg, NEGATE),
            _ => {
                let mut operand = self.primary(node)?;
                while let Some(postfix) = nodes.take_postfix() {
                    operand = self.postfix(operand, postfix)?;
                }
                return Ok(operand);
            }
        };
        if op == UnaryOp::Not && min > NOT {
            self.report(error::loose_not(span));
        }
        let inner = self.operators(nodes, power)?;
        let span = span.to(inner.span);
        Ok(Expr { kind: ExprKind::Unary(op, Box::new(inner)), span })
    }

    fn no_chain(&mut self, left: &Expr, sign: Span) {
        self.no_chain_below(left, sign, COMPARE);
    }

    /// Comparisons do not chain, and `is` is no operand of a tighter operator.
    fn no_chain_below(&mut self, left: &Expr, sign: Span, power: Power) {
        let compares = match &left.kind {
            ExprKind::Is(..) => true,
            ExprKind::Binary(op, ..) => binary(op.symbol()).is_some_and(|(_, power)| power == COMPARE),
            _ => false,
        };
        if compares && power == COMPARE {
            self.report(error::chained_comparison(sign, left.span));
        } else if compares {
            self.report(error::loose_operand(sign, left.span));
        }
    }

    fn postfix(&mut self, left: Expr, node: Node<'_>) -> Built<Expr> {
        let span = left.span.to(self.span(&node));
        let left = Box::new(left);
        let kind = match node.as_rule() {
            Rule::member => ExprKind::Member(left, self.member(node)?),
            Rule::index => ExprKind::Index(left, Box::new(self.inner_expr(node)?)),
            Rule::call => ExprKind::Call(left, self.args(node)?),
            Rule::cast => {
                let ty = Nodes::of(node).first(Rule::ty_one)?;
                ExprKind::Cast(left, self.ty_one(ty)?)
            }
            _ => return Err(Mismatch),
        };
        Ok(Expr { kind, span })
    }

    /// The word of `.f`.
    pub(super) fn member(&mut self, node: Node<'_>) -> Built<Ident> {
        let word = Nodes::of(node).any()?;
        Ok(self.ident(&word))
    }

    fn is(&mut self, left: Expr, node: Node<'_>) -> Built<Expr> {
        let span = left.span.to(self.span(&node));
        let mut patterns = Vec::new();
        for pattern in Nodes::of(node).filter(|part| part.as_rule() == Rule::pattern) {
            let node = Nodes::of(pattern).any()?;
            patterns.push(match node.as_rule() {
                Rule::string => {
                    let literal = self.plain_string(node)?;
                    Pattern::Literal(Ident { name: literal.node, span: literal.span })
                }
                Rule::path => Pattern::Type(self.type_name(node)),
                _ => return Err(Mismatch),
            });
        }
        Ok(Expr { kind: ExprKind::Is(Box::new(left), patterns), span })
    }

    fn primary(&mut self, node: Node<'_>) -> Built<Expr> {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::ident => ExprKind::Name(node.as_str().into()),
            Rule::string | Rule::block_str => ExprKind::Text(self.text(node)?),
            Rule::own => ExprKind::Own(self.member(node)?),
            Rule::number => self.number(&node),
            Rule::money => self.money(&node),
            Rule::list => {
                let items = Nodes::of(node).filter(|part| part.as_rule() == Rule::expr);
                ExprKind::List(items.map(|item| self.expr(item)).collect::<Built<_>>()?)
            }
            Rule::object => {
                let pairs = Nodes::of(node).filter(|part| part.as_rule() == Rule::pair);
                ExprKind::Object(pairs.map(|pair| self.pair(pair)).collect::<Built<_>>()?)
            }
            Rule::paren => ExprKind::Paren(Box::new(self.inner_expr(node)?)),
            Rule::kw_true => ExprKind::Bool(true),
            Rule::kw_false => ExprKind::Bool(false),
            Rule::kw_null => ExprKind::Null,
            Rule::bad => ExprKind::Bad,
            _ => return Err(Mismatch),
        };
        Ok(Expr { kind, span })
    }

    /// The one expression between brackets.
    fn inner_expr(&mut self, node: Node<'_>) -> Built<Expr> {
        let inner = Nodes::of(node).first(Rule::expr)?;
        self.expr(inner)
    }

    fn pair(&mut self, node: Node<'_>) -> Built<Pair> {
        let mut nodes = Nodes::of(node);
        let key = nodes.any()?;
        let key = match key.as_rule() {
            Rule::word => self.ident(&key),
            Rule::string => {
                let literal = self.plain_string(key)?;
                Ident { name: literal.node, span: literal.span }
            }
            _ => return Err(Mismatch),
        };
        nodes.need(Rule::colon)?;
        Ok(Pair { key, value: self.expr(nodes.need(Rule::expr)?)? })
    }

    /// `(a, n: b)`.
    pub(super) fn args(&mut self, node: Node<'_>) -> Built<Vec<Arg>> {
        let args = Nodes::of(node).filter(|part| part.as_rule() == Rule::arg);
        args.map(|arg| {
            let mut nodes = Nodes::of(arg);
            let name = nodes.one(Rule::word).map(|word| self.ident(&word));
            if name.is_some() {
                nodes.need(Rule::colon)?;
            }
            Ok(Arg { name, value: self.expr(nodes.need(Rule::expr)?)? })
        })
        .collect()
    }
}

/// An infix operator and how tight it binds.
fn binary(sign: &str) -> Option<(BinaryOp, Power)> {
    Some(match sign {
        "or" => (BinaryOp::Or, 1),
        "and" => (BinaryOp::And, 2),
        "==" => (BinaryOp::Eq, COMPARE),
        "!=" => (BinaryOp::Ne, COMPARE),
        "<" => (BinaryOp::Lt, COMPARE),
        "<=" => (BinaryOp::Le, COMPARE),
        ">" => (BinaryOp::Gt, COMPARE),
        ">=" => (BinaryOp::Ge, COMPARE),
        "in" => (BinaryOp::In, COMPARE),
        "??" => (BinaryOp::Else, 5),
        "+" => (BinaryOp::Add, 6),
        "-" => (BinaryOp::Sub, 6),
        "*" => (BinaryOp::Mul, 7),
        "/" => (BinaryOp::Div, 7),
        "%" => (BinaryOp::Rem, 7),
        _ => return None,
    })
}
