//! Real demand with made-up offers: contraceptives by site and month, one pharmacy by day.
//!
//! The tables of `../shared/data/demand` are read where they are and never copied. (R,s,S) is tuned on other sites
//! (contraceptives) or on earlier years (pharmacy), and on other seeds of prices and lead times.

use std::collections::BTreeMap;
use std::path::Path;

use wardstock_models::simulate::{Comparison, Estimate, Timeline, World, furnished, spread, trial, whole_units};

use crate::{budget, figures, say, trials, tune};

/// Months of the contraceptive table: 2016-01 to 2019-09.
const MONTHS: usize = 45;
/// Months that a series may lack (the month before stands in), and months with days of stock-out it may have.
const LACKING_MAX: usize = 2;
const EMPTY_MAX: usize = 4;
/// Seed of the spread of months over days; the same for all seeds of offers.
const SPREAD_SEED: u64 = 1;

/// The tables, by the names of their parts.
pub(crate) const TABLES: [&str; 2] = ["contraceptives", "pharmacy"];

/// Demand by series and day.
type Requests = Vec<Vec<i64>>;

/// One comparison: where the rival is tuned, and where both are judged.
struct Part {
    name: &'static str,
    tuned: (Requests, Timeline),
    judged: (Requests, Timeline),
}

/// Prints figures of both and the ratio of costs, part by part and together.
pub(crate) fn report(seeds: u64, review_days: usize) {
    let parts: Vec<Part> = [contraceptives(), pharmacy()].into_iter().flatten().collect();
    let mut together = vec![[0.0; 3]; usize::try_from(seeds).unwrap()];
    for part in &parts {
        let rival = tune::rss_in(&|seed| world(seed, &part.tuned), review_days);
        let own = tune::wardstock_in(&|seed| world(seed, &part.tuned), review_days);
        let names = [own, rival, "wardstock".to_owned()];
        let one = |seed| trial(&world(seed, &part.judged), seed, &names, review_days, &mut || true).unwrap();
        let comparison = Comparison::of(names.to_vec(), trials(1..seeds + 1, one));
        let title = format!("real {}, review {review_days}", part.name);
        println!("{title}: {} series, tuned on {}, seeds 1 to {seeds}", part.judged.0.len(), part.tuned.0.len());
        for (at, name) in names.iter().enumerate() {
            figures(&format!("{title}: {name}"), &comparison, at);
        }
        for (sums, trial) in together.iter_mut().zip(&comparison.trials) {
            sums.iter_mut().zip(&trial.figures).for_each(|(sum, one)| *sum += one.cost);
        }
        let costs: Vec<[f64; 3]> = comparison.trials.iter().map(|one| [0, 1, 2].map(|at| one.figures[at].cost)).collect();
        ratios(&format!("{title}: {} / {}", names[0], names[1]), &costs);
    }
    if parts.len() == 2 {
        ratios(&format!("real together, review {review_days}: both tuned: wardstock / (R,s,S)"), &together);
    }
}

/// The same demand with too little money; the rival is tuned without a limit, where it is tuned otherwise.
pub(crate) fn within_budget(seeds: u64, shares_pct: &[u32], asked: impl Fn(&str) -> bool) {
    for part in [contraceptives(), pharmacy()].into_iter().flatten().filter(|part| asked(part.name)) {
        let rival = tune::rss_in(&|seed| world(seed, &part.tuned), 7);
        budget::compare(&format!("budget, real {}", part.name), &rival, (seeds, shares_pct), &|seed| world(seed, &part.judged));
    }
}

fn ratios(title: &str, costs: &[[f64; 3]]) {
    say(&format!("{title} cost ratio"), Estimate::of(&costs.iter().map(|[own, rival, _]| own / rival).collect::<Vec<_>>()));
    let sum = |at: usize| costs.iter().map(|pair| pair[at]).sum::<f64>();
    println!("{title} cost ratio of means: {:.4}, with what the service plans with {:.4}", sum(0) / sum(1), sum(2) / sum(1));
}

fn world(seed: u64, (requests, timeline): &(Requests, Timeline)) -> World {
    furnished(seed, requests.clone(), *timeline).unwrap()
}

/// Issues of each month of one product at one site, and the number of months with an empty shelf.
type Months = (Vec<Option<i64>>, usize);

/// Sites by turns: the rival is tuned on one half, both are judged on the other; the last two years are measured.
fn contraceptives() -> Option<Part> {
    let mut months: BTreeMap<(String, String), Months> = BTreeMap::new();
    for line in text("contraceptive_lmis_monthly.csv")?.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().unwrap_or(0.0);
        let month = usize::try_from((cells[0].parse::<i64>().unwrap() - 2016) * 12 + cells[1].parse::<i64>().unwrap() - 1).unwrap();
        let row = months.entry((cells[4].to_owned(), cells[5].to_owned())).or_insert_with(|| (vec![None; MONTHS], 0));
        row.0[month] = whole_units(&[number(8)]).pop();
        row.1 += usize::from(number(12) > 0.0);
    }
    months.retain(|_, (row, empty)| row.iter().filter(|month| month.is_none()).count() <= LACKING_MAX && *empty <= EMPTY_MAX);
    let mut sites: Vec<String> = months.keys().map(|(site, _)| site.clone()).collect();
    sites.dedup();
    let mut halves = [Vec::new(), Vec::new()];
    for (series, ((site, _), (row, _))) in months.iter().enumerate() {
        let half = sites.iter().position(|one| one == site).unwrap() % 2;
        halves[half].push(spread(SPREAD_SEED, series, &filled(row)));
    }
    let days = halves[0][0].len();
    let timeline = Timeline { history: days - 730 - 91, measured: days - 730, days };
    let [tuned, judged] = halves.map(|half| (half, timeline));
    Some(Part { name: TABLES[0], tuned, judged })
}

/// `(days, units)` of each month; a lacking one is as the month before.
fn filled(row: &[Option<i64>]) -> Vec<(usize, i64)> {
    let mut before = 0;
    let units = row.iter().map(|month| {
        before = month.unwrap_or(before);
        before
    });
    let days = |month: usize| match month % 12 {
        1 => 28 + usize::from(month == 1),
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    units.enumerate().map(|(month, units)| (days(month), units)).collect()
}

/// The rival is tuned on the first half of the days, both are judged on the second, with the first as history.
fn pharmacy() -> Option<Part> {
    let text = text("pharma_sales_daily.csv")?;
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').skip(1).map(|cell| cell.trim().parse().unwrap_or(0.0)).collect()).collect();
    let column = |at: usize| whole_units(&rows.iter().map(|row| row[at]).collect::<Vec<_>>());
    let judged: Requests = (0..rows[0].len()).map(column).collect();
    let (days, half) = (rows.len(), rows.len() / 2);
    let tuned = judged.iter().map(|row| row[..half].to_vec()).collect();
    Some(Part {
        name: TABLES[1],
        tuned: (tuned, Timeline { history: 365, measured: 365 + 91, days: half }),
        judged: (judged, Timeline { history: half, measured: half + 91, days }),
    })
}

/// The text of a table; says SKIP when it is not there.
fn text(name: &str) -> Option<String> {
    let beside = |folder: &Path| folder.join("../shared/data/demand").join(name);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = manifest.ancestors().map(beside).find(|path| path.is_file()).unwrap_or_else(|| beside(manifest));
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("real demand, {name}: SKIP, {} is not there", path.display());
    }
    text
}
