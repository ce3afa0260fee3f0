//! `backtest`: ordering policies side by side on the hospital's own ledger; reads the database, writes nothing.

use std::path::PathBuf;

use clap::Args;
use wardstock::base::clock::Clock;
use wardstock::base::code::Code;
use wardstock::base::error::{Error, Result};
use wardstock::config::Config;
use wardstock::db::conn::{Access, Conn};
use wardstock::db::migrate;
use wardstock::places::{self, PlaceKey};
use wardstock::trial::{self, Backtest, BacktestRequest, ITEMS_MAX, USUAL};

use super::simulate::{shown, table, threads};
use super::{Outcome, database, output};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wardstock backtest --database sqlite:wardstock.db --site H1\n  \
                  wardstock backtest --site H1 --policies wardstock par:30 open-msupply:2,1 --weeks 26 --output compared.json\n\n\
                  Policies: as wardstock simulate --help lists them; par:DAYS fills up to the site's own par levels where there are any.\n\
                  Demand is what the ledger says was asked for; lead times are drawn from the recorded deliveries. At least 56 days\n\
                  of demand are needed. POST /api/v1/backtests is the same, from seed 1 on.\n\
                  It reads beside a running service and changes nothing.")]
pub(crate) struct Arguments {
    /// Site whose record it is; needed where there are several.
    #[arg(long, value_name = "CODE")]
    site: Option<String>,
    /// Policies to compare, 1 to 8; the first is set against each other one.
    #[arg(long = "policies", visible_alias = "policy", value_name = "POLICY", num_args = 1.., default_values_t = USUAL.map(str::to_owned))]
    policies: Vec<String>,
    /// First seed.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u32,
    /// Number of seeds, 1 to 20: worlds that differ in lead times.
    #[arg(long, value_name = "N", default_value_t = 3)]
    seeds: u32,
    /// Days from review to review, 1 to 366.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    review: u32,
    /// Weeks measured, 1 to 104; half of the record, at most 104.
    #[arg(long, value_name = "WEEKS")]
    weeks: Option<u32>,
    /// Items compared at most, those whose demand is worth most.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    items: u32,
    /// Threads; as many as the machine has. The result does not depend on it.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Write the comparison as JSON here.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(config: &Config, arguments: &Arguments, json: bool) -> Result<Outcome> {
    let mut conn = open(config)?;
    let site = site(&mut conn, arguments.site.as_deref())?;
    let wish = BacktestRequest {
        site: site.code.clone(),
        policies: Some(arguments.policies.clone()),
        seeds: Some(i64::from(arguments.seeds)),
        review_days: Some(i64::from(arguments.review)),
        weeks: arguments.weeks.map(i64::from),
    };
    let errors = wish.errors();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let spinner = output::spinner("reading the ledger");
    let gathered = trial::gather(&mut conn, &site, Clock::System.now().day(), usize::try_from(arguments.items).unwrap_or(ITEMS_MAX));
    spinner.finish_and_clear();
    drop(conn);
    let course = wish.course(u64::from(arguments.seed), threads(arguments.threads));
    let bar = output::bar("walking", 0);
    let walked = gathered.and_then(|gathered| gathered.walk(&wish, &course, &|done, all| shown(&bar, done, all)));
    bar.finish_and_clear();
    let backtest = walked?.ok_or_else(|| Error::internal("a backtest was stopped"))?;
    if let Some(path) = &arguments.output {
        output::save_json(path, &backtest)?;
    }
    output::result(json, &backtest, || text(&backtest))?;
    Ok(Outcome::Done)
}

/// A connection that can't write, beside whatever service is running.
fn open(config: &Config) -> Result<Conn> {
    let target = database::target(config)?;
    let conn = target.connect(Access::Read)?;
    let pending = migrate::up(&target, true)?.pending;
    if pending.is_empty() {
        return Ok(conn);
    }
    let detail = format!("the database lacks the migration(s) {}: run `wardstock migrate`", pending.join(", "));
    Err(Error::new(Code::DatabaseUnavailable, detail))
}

fn site(conn: &mut Conn, code: Option<&str>) -> Result<PlaceKey> {
    if let Some(code) = code {
        return places::find_site(conn, code);
    }
    let sites = places::sites(conn)?;
    match sites.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::field("site", "needed", "the database has no site yet: import places.csv")),
        several => {
            let codes: Vec<&str> = several.iter().map(|site| site.code.as_str()).collect();
            Err(Error::field("site", "needed", format!("say --site with one of {}", codes.join(", "))))
        }
    }
}

fn text(backtest: &Backtest) -> String {
    let Backtest { site, from, to, notes, comparison } = backtest;
    format!("site {site}, record from {from} to {to}\n- {}\n\n{}", notes.join("\n- "), table::text(comparison))
}
