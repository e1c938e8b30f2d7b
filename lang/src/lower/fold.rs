//! Expressions that read nothing become constants, so that a run computes them never.

use crate::eval::{Env, eval};
use crate::ir::{
    Agent, Call, Expr, ExprKind, Function, Goto, Guard, Mcp, Memory, Model, Op, Piece, Program, Template,
    Test, Tool, ToolBody,
};
use crate::value::{TypeTable, Value};

/// Folds every expression of a program.
pub(super) fn program(program: &mut Program) {
    let folder = Folder { types: &program.types };
    program.models.iter_mut().for_each(|model| folder.model(model));
    program.guards.iter_mut().for_each(|Guard { replace, .. }| folder.expr(replace));
    program.memories.iter_mut().for_each(|Memory { path, store, embedder, .. }| {
        [path, store, embedder].into_iter().flatten().for_each(|expr| folder.expr(expr));
    });
    program.tools.iter_mut().for_each(|tool| folder.tool(tool));
    program.mcps.iter_mut().for_each(|mcp| folder.mcp(mcp));
    program.agents.iter_mut().for_each(|agent| folder.agent(agent));
    program.tests.iter_mut().for_each(|Test { args, mocks, expects, .. }| {
        args.iter_mut().chain(mocks).for_each(|(_, expr)| folder.expr(expr));
        folder.all(expects);
    });
}

struct Folder<'t> {
    types: &'t TypeTable,
}

impl Folder<'_> {
    /// Folds from below; what cannot be computed, such as a division by zero, is left to fail where it runs.
    fn expr(&self, expr: &mut Expr) {
        let constant = match &mut expr.kind {
            ExprKind::Const(_)
            | ExprKind::Slot(_)
            | ExprKind::Own
            | ExprKind::It
            | ExprKind::Meter(_)
            | ExprKind::Now
            | ExprKind::Env(_)
            | ExprKind::Routing(_)
            | ExprKind::Memory(_) => return,
            ExprKind::Template(template) => {
                self.template(template);
                template.pieces.iter().all(|piece| match piece {
                    Piece::Text(_) => true,
                    Piece::Hole(expr) => is_constant(expr),
                })
            }
            ExprKind::List(items) => {
                self.all(&mut *items);
                items.iter().all(is_constant)
            }
            ExprKind::Record(fields) => {
                self.all(fields.iter_mut().map(|(_, value)| value));
                fields.iter().all(|(_, value)| is_constant(value))
            }
            ExprKind::Field(of, _) | ExprKind::Unary(_, of) | ExprKind::Is(of, _) | ExprKind::Cast(of, _) => {
                self.expr(of);
                is_constant(of)
            }
            ExprKind::Index(left, right) | ExprKind::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
                is_constant(left) && is_constant(right)
            }
            ExprKind::Call(function, args) => {
                self.all(&mut *args);
                !is_of_tests(*function) && args.iter().all(is_constant)
            }
        };
        if !constant {
            return;
        }
        if let Ok(value) = eval(expr, &Env::new(self.types, &[])) {
            expr.kind = ExprKind::Const(value.value);
        }
    }

    fn all<'e>(&self, exprs: impl IntoIterator<Item = &'e mut Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn template(&self, template: &mut Template) {
        for piece in &mut template.pieces {
            if let Piece::Hole(expr) = piece {
                self.expr(expr);
                if let ExprKind::Const(Value::String(text)) = &expr.kind {
                    *piece = Piece::Text(text.clone());
                }
            }
        }
    }

    fn pairs(&self, pairs: &mut [(crate::ast::Name, Expr)]) {
        self.all(pairs.iter_mut().map(|(_, expr)| expr));
    }

    fn model(&self, model: &mut Model) {
        self.all(&mut model.url);
        model.exec.iter_mut().flatten().for_each(|expr| self.expr(expr));
        model.routes.iter_mut().filter_map(|(when, _)| when.as_mut()).for_each(|expr| self.expr(expr));
        self.all(&mut model.judge);
    }

    fn mcp(&self, mcp: &mut Mcp) {
        mcp.url.iter_mut().chain(&mut mcp.auth).for_each(|expr| self.expr(expr));
        mcp.command.iter_mut().flatten().for_each(|expr| self.expr(expr));
        self.pairs(&mut mcp.env);
    }

    fn tool(&self, tool: &mut Tool) {
        self.all(&mut tool.once);
        self.pairs(&mut tool.env);
        match &mut tool.body {
            ToolBody::Http { url, headers, body, .. } => {
                self.expr(url);
                self.pairs(headers);
                self.all(body);
            }
            ToolBody::Exec(items) | ToolBody::Agent(_, items) => {
                self.all(items);
            }
            ToolBody::Builtin(_) | ToolBody::Mcp(..) => {}
        }
    }

    fn agent(&self, agent: &mut Agent) {
        agent.vars.iter_mut().for_each(|var| self.expr(&mut var.value));
        for state in &mut agent.states {
            self.op(&mut state.op);
            state.edges.iter_mut().for_each(|edge| self.edge(edge));
            state.on.iter_mut().for_each(|on| self.edge(&mut on.edge));
        }
        agent.on.iter_mut().for_each(|on| self.edge(&mut on.edge));
    }

    fn edge(&self, edge: &mut crate::ir::Edge) {
        self.all(&mut edge.when);
        edge.sets.iter_mut().for_each(|set| self.expr(&mut set.value));
        match &mut edge.goto {
            Goto::Return(Some(expr)) | Goto::Fail(expr) => self.expr(expr),
            _ => {}
        }
    }

    fn op(&self, op: &mut Op) {
        match op {
            Op::Ask(ask) => self.ask(ask),
            Op::Plan(plan) => self.ask(&mut plan.ask),
            Op::Call(Call { args, .. }) => self.all(args),
            Op::Run(run) => self.all(&mut run.args),
            Op::Loop(round) => {
                self.all(&mut round.until);
                round.stall.iter_mut().for_each(|stall| self.expr(&mut stall.of));
            }
            Op::Parallel(parallel) => parallel.each.iter_mut().for_each(|(_, expr)| self.expr(expr)),
            Op::Approve(approve) => {
                self.template(&mut approve.prompt);
                self.pairs(&mut approve.show);
                self.all(&mut approve.by);
            }
            Op::Wait(wait) => {
                self.pairs(&mut wait.show);
                wait.queue.iter_mut().chain(&mut wait.webhook).for_each(|expr| self.expr(expr));
            }
            Op::Let(expr) => self.expr(expr),
            Op::Recall { query, key, filter, as_of, .. } => {
                [query, key, filter, as_of].into_iter().flatten().for_each(|expr| self.expr(expr));
            }
            Op::Remember { value, key, meta, .. } => {
                self.expr(value);
                [key, meta].into_iter().flatten().for_each(|expr| self.expr(expr));
            }
            Op::Forget { uid, key, query, .. } => {
                [uid, key, query].into_iter().flatten().for_each(|expr| self.expr(expr));
            }
            Op::Open { files, .. } => self.all(files),
            Op::Branch => {}
        }
    }

    fn ask(&self, ask: &mut crate::ir::Ask) {
        self.template(&mut ask.prompt);
        ask.system.iter_mut().for_each(|template| self.template(template));
        ask.images.iter_mut().chain(&mut ask.check).for_each(|expr| self.expr(expr));
    }
}

fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Const(_))
}

fn is_of_tests(function: Function) -> bool {
    matches!(function, Function::File | Function::Error | Function::Expect(_) | Function::ToolCall)
}
