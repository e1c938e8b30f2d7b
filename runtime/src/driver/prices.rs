//! What models cost here: the list that ships or the user's newer one, with `[prices]` on top; and what a program
//! under a `cost` budget asks whose price nobody knows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use agentrun_lang::codes::Code;
use agentrun_lang::diagnostic::Diagnostic;
use agentrun_lang::ir::{Agent, AgentId, Budget, ModelId, Op, Program, ToolBody};

use super::connect::{Connect, TargetName};
use crate::call::cost::{Origin, Price, PriceTable};
use crate::config::{Config, Environment};

/// USD to billionths.
const NANOS: f64 = 1e9;

/// Where the user's own list stands, beside the user's `agentrun.toml`.
pub fn user_prices(environment: &Environment) -> Option<PathBuf> {
    Some(environment.user_config()?.with_file_name("prices.json"))
}

/// The list that holds here.
pub fn price_table(config: &Config, environment: &Environment) -> Result<PriceTable, String> {
    let mut table = match user_prices(environment).filter(|path| path.is_file()) {
        None => PriceTable::vendored().clone(),
        Some(path) => {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            PriceTable::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    for (target, section) in &config.prices {
        let name = TargetName::parse(target)
            .ok_or_else(|| format!("`[prices]` wants `\"provider/model\"` as a key, found `{target}`"))?;
        let amounts = [Some(section.input), Some(section.output), section.cached];
        if amounts.iter().flatten().any(|amount| !amount.is_finite() || *amount < 0.0) {
            return Err(format!("`[prices]`: the price of `{target}` must be 0 or more"));
        }
        let price = Price {
            input: nanos(section.input),
            output: nanos(section.output),
            cache_read: section.cached.map(nanos),
            origin: Origin::User,
            ..Price::FREE
        };
        table.state(&name.provider, &name.model, price);
    }
    Ok(table)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, and no price is near the end of the range"
)]
fn nanos(usd: f64) -> i64 {
    (usd * NANOS).round() as i64
}

/// A warning for each target under a `cost` budget whose price nobody knows: its calls would be refused.
pub fn unknown_prices(
    program: &Program,
    config: &Config,
    environment: &Environment,
) -> Result<Vec<Diagnostic>, String> {
    let table = price_table(config, environment)?;
    let mut pools = BTreeSet::new();
    for (index, agent) in program.agents.iter().enumerate() {
        if is_bounded(agent) {
            let id = AgentId(u32::try_from(index).unwrap_or(u32::MAX));
            collect(program, id, &mut BTreeSet::new(), &mut pools);
        }
    }
    let connect = Connect {
        config,
        environment,
        script: None,
        script_only: false,
        overrides: Vec::new(),
        found: Vec::new(),
        folder: Path::new(""),
        prices: &table,
    };
    let mut found = Vec::new();
    for model in pools.iter().filter_map(|id| program.model(*id)).filter(|model| model.price.is_none()) {
        for (target, span) in connect.unpriced(model) {
            let message =
                format!("the price of `{target}` is not known, and a `cost` budget bounds its calls");
            let diagnostic = Diagnostic::new(Code("W1601"), span, message)
                .label("its calls would be refused")
                .hint("add `price: { input: $…, output: $… }` (a million tokens) to the pool, or `[prices]` to agentrun.toml");
            found.push(diagnostic);
        }
    }
    Ok(found)
}

/// The pools that an agent and the agents it runs ask, in the program's order.
pub(super) fn pools_of(program: &Program, agent: AgentId) -> BTreeSet<ModelId> {
    let mut pools = BTreeSet::new();
    collect(program, agent, &mut BTreeSet::new(), &mut pools);
    pools
}

fn is_bounded(agent: &Agent) -> bool {
    let has_cost = |budget: &Option<Budget>| budget.is_some_and(|budget| budget.bounds.cost.is_some());
    has_cost(&agent.budget)
        || agent.states.iter().any(|state| match &state.op {
            Op::Loop(looped) => has_cost(&looped.budget),
            Op::Parallel(parallel) => has_cost(&parallel.budget),
            Op::Run(run) => has_cost(&run.budget),
            _ => false,
        })
}

/// Every pool that an agent and the agents it runs ask.
fn collect(program: &Program, id: AgentId, seen: &mut BTreeSet<AgentId>, pools: &mut BTreeSet<ModelId>) {
    if !seen.insert(id) {
        return;
    }
    let Some(agent) = program.agent(id) else { return };
    for state in &agent.states {
        match &state.op {
            Op::Ask(ask) => {
                pools.insert(ask.model);
            }
            Op::Plan(plan) => {
                pools.insert(plan.ask.model);
                for agent in &plan.agents {
                    collect(program, *agent, seen, pools);
                }
                for tool in plan.tools.iter().filter_map(|tool| program.tool(*tool)) {
                    if let ToolBody::Agent(agent, _) = &tool.body {
                        collect(program, *agent, seen, pools);
                    }
                }
            }
            Op::Run(run) => collect(program, run.agent, seen, pools),
            Op::Call(call) => {
                if let Some(ToolBody::Agent(agent, _)) = program.tool(call.tool).map(|tool| &tool.body) {
                    collect(program, *agent, seen, pools);
                }
            }
            _ => {}
        }
    }
}
