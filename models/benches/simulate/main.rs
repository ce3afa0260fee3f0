//! Our planner against the rules of the field in the generated hospital; `make bench-simulate`.
//!
//! Prints one line per figure, `name: value`. The rival (R,s,S) is tuned here, on seeds that are not reported; the
//! planner runs with what the service plans with. `ITEMS SEEDS` as arguments change the size; the words `weekly` and
//! `daily` leave out the other rhythm, names of parts the other parts; `rss:…` is the rival of the table instead of one
//! tuned here, `from:9` the first seed of the table, `share:80` and `pharmacy` a part of `real-budget`, so that a long run can go on where
//! another ended. Costs go to the standard error seed by seed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints figures of generated hospitals"
)]

mod budget;
mod forms;
mod known;
mod own_fill;
mod own_review;
mod real;
mod tune;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wardstock_models::simulate::{Comparison, Estimate, Figures, Trial, hospital, trial};

/// Weeks measured after the first year.
const WEEKS: usize = 104;
/// How often orders are reviewed, days.
const REVIEWS: [(&str, usize); 2] = [("weekly", 7), ("daily", 1)];
/// The rules of the table, without the ones that the bench adds itself.
const RULES: [&str; 12] = [
    "open-msupply:1,0.5",
    "open-msupply:2,1",
    "open-msupply:3,1.5",
    "open-msupply:6,3",
    "open-msupply:2,1,position",
    "bhima:1",
    "openlmis:3",
    "openboxes:1,2",
    "par:30",
    "rs:0.98",
    "rss:0.98,8,4",
    "rss:0.99,25,4",
];

/// One figure of a policy.
type Figure = fn(&Figures) -> f64;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--") && word.parse::<u32>().is_err()).collect();
    let (rivals, words): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with("rss:"));
    let (firsts, words): (Vec<&String>, Vec<&String>) = words.into_iter().partition(|word| word.starts_with("from:"));
    let (shares, words): (Vec<&String>, Vec<&String>) = words.into_iter().partition(|word| word.starts_with("share:"));
    let (tables, words): (Vec<&String>, Vec<&String>) = words.into_iter().partition(|word| real::TABLES.contains(&word.as_str()));
    let (rhythms, parts): (Vec<&String>, Vec<&String>) =
        words.into_iter().partition(|word| REVIEWS.iter().any(|one| one.0 == word.as_str()));
    let part = |name: &str| parts.is_empty() || parts.iter().any(|word| *word == name);
    let reviewed = |name: &str| rhythms.is_empty() || rhythms.iter().any(|word| *word == name);
    let reviews: Vec<usize> = REVIEWS.iter().filter(|(name, _)| reviewed(name)).map(|(_, days)| *days).collect();
    let mut sizes = std::env::args().skip(1).filter_map(|word| word.parse::<u32>().ok());
    let (items, seeds) = (sizes.next().unwrap_or(60), u64::from(sizes.next().unwrap_or(12)));
    let items = usize::try_from(items).unwrap();
    let first = firsts.first().map_or(1, |word| word.trim_start_matches("from:").parse().unwrap());
    println!("items: {items}\nseeds reported: {first} to {seeds}");
    if part("own-fill") {
        for rival in [("open-msupply:2,1", 1.15), ("open-msupply:3,1.5", f64::INFINITY)] {
            for review_days in &reviews {
                own_fill::report(items, seeds, rival, *review_days);
            }
        }
    }
    if part("own-review") {
        own_review::report(items, first..seeds + 1);
    }
    for review_days in reviews.iter().copied().filter(|_| part("known")) {
        known::report(items, seeds, review_days);
    }
    for review_days in reviews.iter().copied().filter(|_| part("real")) {
        real::report(seeds.max(10), review_days);
    }
    if part("real-budget") {
        let shares: Vec<u32> = shares.iter().map(|word| word.trim_start_matches("share:").parse().unwrap()).collect();
        let shares = if shares.is_empty() { budget::SHARES_PCT.to_vec() } else { shares };
        real::within_budget(seeds, &shares, |table| tables.is_empty() || tables.iter().any(|word| *word == table));
    }
    if part("forms") {
        forms::report(items, seeds);
    }
    if part("budget") {
        budget::report(items, seeds);
    }
    for review_days in reviews.iter().copied().filter(|_| part("table")) {
        let rival = rivals.first().map_or_else(|| tune::rss(items, review_days), |rival| (*rival).clone());
        let mut names = vec!["wardstock".to_owned(), rival];
        // Rules made for weeks or months, most of which look at the shelf alone, order again every day what is on its way.
        let rules = RULES.iter().filter(|rule| review_days == 7 || rule.starts_with("rss"));
        names.extend(rules.map(|rule| (*rule).to_owned()));
        weekly_or_daily(items, first..seeds + 1, review_days, &names);
    }
}

fn weekly_or_daily(items: usize, seeds: std::ops::Range<u64>, review_days: usize, names: &[String]) {
    let (start, count) = (Instant::now(), seeds.end - seeds.start);
    let trials = trials(seeds, |seed| trial(&hospital(seed, items, WEEKS).unwrap(), seed, names, review_days, &mut || true).unwrap());
    let comparison = Comparison::of(names.to_vec(), trials);
    let review = if review_days == 7 { "weekly" } else { "daily" };
    println!("{review} tuned rival: {}", names[1]);
    for (at, name) in names.iter().enumerate() {
        figures(&format!("{review} {name}"), &comparison, at);
    }
    for one in &comparison.differences {
        let name = format!("{review} wardstock / {}", one.against);
        say(&format!("{name} cost difference"), one.cost);
        for (what, ratio) in [("cost ratio", one.cost_ratio), ("stock ratio", one.stock_ratio)] {
            if let Some(ratio) = ratio {
                say(&format!("{name} {what}"), ratio);
            }
        }
        say(&format!("{name} unit fill difference"), one.unit_fill);
        say(&format!("{name} vital fill difference"), one.fill_vital);
        for (what, ratio) in [("expired ratio", one.expired_ratio), ("lines ratio", one.lines_ratio)] {
            if let Some(ratio) = ratio {
                println!("{name} {what}: {ratio:.3}");
            }
        }
    }
    println!("{review} seconds for {count} seeds: {:.1}", start.elapsed().as_secs_f64());
}

fn figures(name: &str, comparison: &Comparison, at: usize) {
    let figures: [(&str, Figure); 15] = [
        ("unit fill", |one| one.unit_fill),
        ("item fill", |one| one.item_fill),
        ("vital fill", |one| one.fill_vital),
        ("essential fill", |one| one.fill_essential),
        ("non-essential fill", |one| one.fill_non_essential),
        ("stock-out days", |one| one.stock_out_days),
        ("stock value", |one| one.stock_value),
        ("expired value", |one| one.expired_value),
        ("order lines", |one| one.order_lines),
        ("spend", |one| one.spend),
        ("cost of holding", |one| one.cost_by_kind.holding),
        ("cost of lines", |one| one.cost_by_kind.lines),
        ("cost of shortage", |one| one.cost_by_kind.shortage),
        ("cost", |one| one.cost),
        ("cost / clairvoyant", |one| one.ratio_to_clairvoyant.unwrap_or(f64::NAN)),
    ];
    for (what, figure) in figures {
        say(&format!("{name} {what}"), comparison.mean(at, figure));
    }
}

/// `name: mean (standard error)`.
fn say(name: &str, value: Estimate) {
    let digits = if value.mean.abs() < 100.0 { 4 } else { 0 };
    let error = value.standard_error.map_or_else(String::new, |error| format!(" (s.e. {error:.digits$})"));
    println!("{name}: {:.digits$}{error}", value.mean);
}

/// One trial per seed on all cores; the order doesn't matter.
fn trials(seeds: std::ops::Range<u64>, one: impl Fn(u64) -> Trial + Sync) -> Vec<Trial> {
    let (next, done) = (AtomicU64::new(seeds.start), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let made = one(seed);
                    let costs: Vec<String> = made.figures.iter().map(|one| format!("{:.0}", one.cost)).collect();
                    eprintln!("seed {seed}: cost a year {}", costs.join(" "));
                    done.lock().unwrap().push(made);
                }
            });
        }
    });
    done.into_inner().unwrap()
}
