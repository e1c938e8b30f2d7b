//! MCP servers and skills.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ir::{self, McpId, SkillId};
use crate::kinds::{MCP, SKILL};

use super::super::cx::{Cx, Place};
use super::super::fields;
use super::super::tables::Tables;
use super::owner;

/// One server of tools.
pub(in super::super) fn mcp(tables: &Tables<'_>, id: McpId, out: &mut Diagnostics) -> Option<ir::Mcp> {
    let declared = tables.names.mcps.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&MCP, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Config, out);
    let url = fields.get("url").map(|field| cx.config(field));
    let command = fields.get("command").map(|field| cx.command(field));
    let finding = match (fields.get("url"), fields.get("command")) {
        (Some(url), Some(command)) => Some(
            Diagnostic::new(
                Code("E0511"),
                command.span,
                "a server is reached by a `url` or started by a `command`, not both",
            )
            .also(url.span, "the other one"),
        ),
        (None, None) => Some(
            Diagnostic::new(
                Code("E0511"),
                decl.name.span,
                format!("the server `{}` has neither a `url` nor a `command`", decl.name.name),
            )
            .hint("add `url: \"https://…\"`, or `command: [\"npx\", …]`"),
        ),
        _ => None,
    };
    cx.out.extend(finding);
    Some(ir::Mcp {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        url,
        command,
        auth: fields.get("auth").map(|field| cx.config(field)),
        env: fields.get("env").map(|field| cx.pairs(field)).unwrap_or_default(),
        allow: fields.get("allow").map(|field| cx.plain_texts(field)),
        timeout: fields.get("timeout").and_then(|field| cx.millis(field)),
    })
}

/// One skill.
pub(in super::super) fn skill(tables: &Tables<'_>, id: SkillId, out: &mut Diagnostics) -> Option<ir::Skill> {
    let declared = tables.names.skills.get(id.index())?;
    let decl = declared.decl;
    let fields = fields::read(owner(&SKILL, &decl.name), &decl.body, &tables.broken, out);
    let mut cx = Cx::new(tables, declared.module, Place::Constant, out);
    let path = fields.get("path").and_then(|field| cx.plain_text(field));
    let discover = fields.get("discover").and_then(|field| cx.flag(field)).unwrap_or_default();
    if !fields.has("path") && !discover {
        cx.out.push(
            Diagnostic::new(
                Code("E0212"),
                decl.name.span,
                format!("`skill {}` needs `path`", decl.name.name),
            )
            .hint("add `path: \"./skills/name\"`: a folder with a SKILL.md"),
        );
    }
    Some(ir::Skill {
        name: decl.name.name.clone(),
        doc: decl.docs.text(),
        span: decl.name.span,
        path,
        discover,
    })
}
