//! `agentrun prices`: the price list, and a newer one in its place.

use std::path::Path;

use agentrun_runtime::call::cost::{Change, PriceTable};
use agentrun_runtime::config::{Config, Environment};
use agentrun_runtime::driver::{price_table, user_prices};
use agentrun_runtime::files::{MOST, read_at_most};

use crate::args::PricesArgs;
use crate::exit::Exit;
use crate::output;
use crate::screen::money;

/// Shows the list, or takes another.
pub(crate) fn prices(args: &PricesArgs) -> Exit {
    let environment = Environment::of_process();
    let here = std::path::absolute(".").unwrap_or_default();
    let table = Config::load(&here, &environment)
        .map_err(|error| error.to_string())
        .and_then(|config| price_table(&config, &environment));
    let done = match (table, &args.update) {
        (Ok(table), None) => show(&table, args.filter.as_deref().unwrap_or_default()),
        // A broken list of the user's is what an update mends.
        (table, Some(file)) => update(file, table.as_ref().unwrap_or(PriceTable::vendored()), &environment),
        (Err(message), None) => Err(message),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(message) => {
            output::complain(&message);
            Exit::Failed
        }
    }
}

fn show(table: &PriceTable, filter: &str) -> Result<(), String> {
    let filter = filter.to_ascii_lowercase();
    let mut found = false;
    let mut text =
        format!("{:<44} {:>12} {:>12} {:>12}\n", "USD a million tokens", "input", "output", "cached");
    for entry in table.entries() {
        let name = format!("{}/{}", entry.provider, entry.id);
        if name.to_ascii_lowercase().contains(&filter) {
            found = true;
            let cached = entry.price.cache_read.map_or_else(|| "-".to_string(), money);
            let (input, output) = (money(entry.price.input), money(entry.price.output));
            text += &format!("{name:<44} {input:>12} {output:>12} {cached:>12}\n");
        }
    }
    if !found {
        return Err(format!(
            "no model of the price list has `{filter}` in its name; `agentrun prices` lists all"
        ));
    }
    text += &format!("{}; {}; {}\n", table.source, table.license, table.retrieved);
    output::out(&text);
    Ok(())
}

fn update(file: &Path, old: &PriceTable, environment: &Environment) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
    let bytes = std::fs::File::open(file).and_then(|input| read_at_most(input, MOST)).map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is no UTF-8 text", file.display()))?;
    let newer =
        PriceTable::parse(&text).map_err(|error| format!("{} is no price list: {error}", file.display()))?;
    let path =
        user_prices(environment).ok_or("there is no home folder to keep the list in: set XDG_CONFIG_HOME")?;
    let io = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(io)?;
    }
    std::fs::write(&path, text).map_err(io)?;
    let lines: Vec<String> = old
        .changes(&newer)
        .into_iter()
        .map(|change| match change {
            Change::Added(name) => format!("+ {name}"),
            Change::Removed(name) => format!("- {name}"),
            Change::Repriced(name, (input, output), (new_input, new_output)) => format!(
                "~ {name}: {} in, {} out, were {} in, {} out",
                money(new_input),
                money(new_output),
                money(input),
                money(output)
            ),
        })
        .collect();
    output::out(&format!(
        "{}\nthe list of {} holds from now on: {}\n",
        lines.join("\n"),
        newer.retrieved,
        path.display()
    ));
    Ok(())
}
