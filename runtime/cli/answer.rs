//! What is written on the command line in place of somebody's answer, read as what it answers.

use agentrun_lang::ir::Program;
use agentrun_lang::value::{Labels, Type, Value, read_json, to_json};
use agentrun_runtime::chat::FinishReason;
use agentrun_runtime::driver::{FateForm, Form};
use agentrun_runtime::machine::{Answer, Effect, EffectKind, ModelAnswer, Output};

use crate::input::typed;
use crate::terminal;

/// What an answer says to a question of its form.
pub(crate) fn to_question(effect: &Effect, text: &str, program: &Program) -> Result<Value, String> {
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let form = match &effect.kind {
        EffectKind::AskHuman(ask) if ask.choices.is_empty() => Form::Approval,
        EffectKind::AskHuman(ask) => Form::Choice(ask.choices.clone()),
        EffectKind::Wait(wait) => return typed(text, &wait.ty, &program.types),
        EffectKind::CallTool(call) => {
            let tool = program.tool(call.tool).ok_or("its tool is gone")?;
            let json = json.unwrap_or_else(|| text.into());
            return FateForm::of(tool, &program.types).read(&json, tool, &program.types);
        }
        EffectKind::CallModel(_) => return Err("a model answers it".into()),
    };
    let word = match &json {
        Some(object @ serde_json::Value::Object(_)) => {
            let read = read_json(object, &Type::Json, &program.types);
            let value =
                read.map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
            return Ok(terminal::signed(value.value));
        }
        Some(serde_json::Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_string(),
        Some(serde_json::Value::String(word)) => word.clone(),
        _ => text.to_string(),
    };
    terminal::parse(&form, word.trim(), &program.types).map(terminal::signed)
}

/// What an effect is to have given, whoever it asks.
pub(crate) fn in_place_of(effect: &Effect, text: &str, program: &Program) -> Result<Answer, String> {
    let types = &program.types;
    match &effect.kind {
        EffectKind::CallModel(call) => {
            let ty = match &call.output {
                Output::Text => &Type::String,
                Output::Typed(ty) => ty,
            };
            let value = typed(text, ty, types)?;
            let said = value.as_str().map_or_else(|| to_json(&value).to_string(), str::to_string);
            Ok(Answer::Model(ModelAnswer {
                value: Some(value),
                text: said.into(),
                tool_calls: Vec::new(),
                target: "--set".into(),
                attempts: 0,
                finish: FinishReason::Stop,
            }))
        }
        EffectKind::CallTool(call) => {
            let tool = program.tool(call.tool).ok_or("its tool is gone")?;
            Ok(Answer::Tool(typed(text, &tool.ty, types)?, Labels::TOOL.union(tool.labels)))
        }
        EffectKind::AskHuman(_) | EffectKind::Wait(_) => {
            to_question(effect, text, program).map(Answer::Human)
        }
    }
}
