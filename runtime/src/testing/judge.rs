//! `judge(value, "rubric")` of a test: a model says yes or no, through the same line as every other call, so a cassette
//! answers for it and a live run records it.

use std::path::Path;
use std::sync::Arc;

use agentrun_lang::eval::{Env, eval};
use agentrun_lang::ir::{ExpectFunction, Expr, ExprKind, Function, ModelId, Op, Program, Test};
use agentrun_lang::value::{Labels, Type, Value, to_json};

use super::expect::Seen;
use super::flow::Flow;
use crate::call::CallLine;
use crate::call::meter::Meter;
use crate::call::request::CallRequest;
use crate::call::screen::{Nobody, Screen};
use crate::chat::{Message, Role};
use crate::machine::{Answer, CallModel, EffectId, Output};

/// What a model said of one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    /// What was judged, and by which rubric.
    pub(super) args: Vec<Value>,
    /// Yes or no; why nobody could say.
    pub(super) verdict: Result<bool, String>,
}

const SYSTEM: &str =
    "You judge whether a text fulfils a rubric. Be strict: where you are not sure, the answer is no.";

/// Asks for every `judge` of a test's lines.
pub(super) async fn ask(
    line: &CallLine,
    program: &Arc<Program>,
    test: &Test,
    flow: &Flow,
    folder: &Path,
) -> Vec<Judged> {
    let mut lines = Vec::new();
    test.expects.iter().for_each(|expect| find(expect, &mut lines));
    let mut judged: Vec<Judged> = Vec::new();
    for args in lines {
        let seen = Seen { program, flow, pass_rate: None, judged: &[], folder };
        let env = Env { observed: Some(&seen), ..Env::new(&program.types, &[]) };
        // What has no value says so where the line is checked.
        let Ok(args) =
            args.iter().map(|arg| eval(arg, &env).map(|value| value.value)).collect::<Result<Vec<_>, _>>()
        else {
            continue;
        };
        if judged.iter().any(|known| known.args == args) {
            continue;
        }
        let verdict = match pool(program, test) {
            Some(pool) => verdict(line, program, pool, &args, judged.len()).await,
            None => Err("there is no pool whose model could judge".to_owned()),
        };
        judged.push(Judged { args, verdict });
    }
    judged
}

fn find<'e>(expr: &'e Expr, found: &mut Vec<&'e [Expr]>) {
    if let ExprKind::Call(Function::Expect(ExpectFunction::Judge), args) = &expr.kind {
        found.push(args);
    }
    expr.children().into_iter().for_each(|inner| find(inner, found));
}

/// The pool called `judge`, else the one that the tested agent asks first.
fn pool(program: &Program, test: &Test) -> Option<ModelId> {
    let named = program.models.iter().position(|model| &*model.name == "judge");
    if let Some(index) = named {
        return u32::try_from(index).ok().map(ModelId);
    }
    program.agent(test.agent)?.states.iter().find_map(|state| match &state.op {
        Op::Ask(ask) => Some(ask.model),
        Op::Plan(plan) => Some(plan.ask.model),
        _ => None,
    })
}

async fn verdict(
    line: &CallLine,
    program: &Arc<Program>,
    pool: ModelId,
    args: &[Value],
    number: usize,
) -> Result<bool, String> {
    let [what, rubric] = args else { return Err("`judge` takes a value and a rubric".to_owned()) };
    let what = what.as_str().map_or_else(|| to_json(what).to_string(), str::to_owned);
    let question =
        format!("Rubric: {rubric}\n\nText:\n<text>\n{what}\n</text>\n\nDoes the text fulfil the rubric?");
    let ty = Type::Shape([("why".into(), Type::String), ("yes".into(), Type::Bool)].into());
    let call = CallModel {
        pool,
        messages: vec![Message::text(Role::System, SYSTEM), Message::text(Role::User, question)],
        labels: Labels::NONE,
        tools: Vec::new(),
        output: Output::Typed(ty),
        repair: 1,
        checks: None,
        temperature: Some(0.0),
        max_tokens: None,
        task: None,
        cache: false,
        stream: false,
        guards: Vec::new(),
        state: "judge".into(),
        context: Vec::new(),
    };
    let request = CallRequest {
        run: "test".into(),
        effect: EffectId(format!("judge#{}", number + 1).into()),
        scopes: Vec::new(),
        time_left: None,
        program: program.clone(),
        call,
        screen: Screen::new(Arc::new(Nobody)),
        meter: Arc::new(Meter::default()),
    };
    match line.perform(request).await.result {
        Ok(Answer::Model(answer)) => {
            Ok(answer.value.is_some_and(|value| value.field("yes") == Value::Bool(true)))
        }
        Ok(_) => Err("the judge gave no answer".to_owned()),
        Err(failure) => Err(format!("the judge could not be asked: {}", failure.message)),
    }
}
