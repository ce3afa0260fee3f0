//! Contraceptive stock records: sums at face value, and bias after learning from months with stock-outs.

use std::collections::BTreeMap;

use wardstock_models::forecast::forecast;
use wardstock_models::forecast::score::pinball;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

use crate::tables::{YEAR_2000, float, mean, pin, pin_of, text};
use crate::{say, show};

const MONTHS: usize = 45;

/// One month of a site and product.
#[derive(Clone, Copy)]
pub(crate) struct Month {
    handed_out: f64,
    /// No opening stock, nothing received.
    empty: bool,
    ended_empty: bool,
}

/// Site and product: one entry per month, 2016-01 first.
pub(crate) type Pair = [Option<Month>; MONTHS];

/// All 686 pairs of the table.
pub(crate) fn all_pairs() -> Option<Vec<Pair>> {
    let text = text("contraceptive_lmis_monthly.csv")?;
    let mut pairs: BTreeMap<(String, String), Pair> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().unwrap();
        let at = (cells[0].parse::<usize>().unwrap() - 2016) * 12 + cells[1].parse::<usize>().unwrap() - 1;
        let month = Month { handed_out: number(8).max(0.0), empty: number(6) <= 0.0 && number(7) <= 0.0, ended_empty: number(10) <= 0.0 };
        pairs.entry((cells[4].to_owned(), cells[5].to_owned())).or_insert([None; MONTHS])[at] = Some(month);
    }
    Some(pairs.into_values().collect())
}

/// Pairs with a record in at least 24 of the first 42 months and in the last 3: 388.
pub(crate) fn long_pairs(pairs: &[Pair]) -> Vec<Pair> {
    let wanted = |pair: &&Pair| pair[..42].iter().flatten().count() >= 24 && pair[42..].iter().all(Option::is_some);
    pairs.iter().filter(wanted).copied().collect()
}

fn at_face(pair: &Pair) -> Vec<f64> {
    pair.iter().map(|month| month.map_or(0.0, |month| month.handed_out)).collect()
}

fn of(periods: Vec<PeriodDemand>) -> Series {
    Series::new("s", None, PeriodLength::Month, YEAR_2000 + 16 * 365 + 4, periods).unwrap()
}

/// Zeros at face value, gaps as zero: the definition of the published figures; and gaps as not known.
pub(crate) fn sums(pairs: &[Pair]) {
    say("contraceptives pairs", float(pairs.len()));
    let rows: Vec<Vec<f64>> = pairs.iter().map(at_face).collect();
    let origins = [36, 39, 42];
    let cut = |origin: usize| rows.iter().map(|row| crate::tables::series(&row[..origin])).collect();
    crate::monitor::run("contraceptives", cut, |row, origin| rows[row][origin..origin + 3].iter().sum(), &[36, 39, 42]);
    for (length, one) in [1, 3].into_iter().zip(&pin(&rows, &origins, &[1, 3], 1)) {
        show("contraceptives", length, one);
    }
    let gaps = |row: usize, origin: usize| {
        let known = |month: &Option<Month>| month.map_or(PeriodDemand::unknown(), |month| PeriodDemand::known(month.handed_out));
        of(pairs[row][..origin].iter().map(known).collect())
    };
    for (length, one) in [1, 3].into_iter().zip(&pin_of(&rows, &origins, &[1, 3], 1, gaps)) {
        show("contraceptives gaps not known", length, one);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Learn {
    Face,
    SkipEmpty,
    AtLeast,
}

fn shown(month: Option<Month>, learn: Learn) -> PeriodDemand {
    let Some(month) = month else {
        return if learn == Learn::Face { PeriodDemand::known(0.0) } else { PeriodDemand::unknown() };
    };
    if learn != Learn::Face && month.empty && month.handed_out <= 0.0 {
        PeriodDemand::partly_empty(0.0, 1.0)
    } else if learn == Learn::AtLeast && month.ended_empty {
        PeriodDemand::at_least(month.handed_out)
    } else {
        PeriodDemand::known(month.handed_out)
    }
}

/// One step ahead from months 30..45, scored only on months with stock throughout: mean over pairs of (mean error / mean demand).
pub(crate) fn bias(pairs: &[Pair]) {
    for (name, learn) in [("face value", Learn::Face), ("empty skipped", Learn::SkipEmpty), ("emptied as at least", Learn::AtLeast)] {
        bias_of(pairs, name, learn, 30..MONTHS);
    }
    bias_of(pairs, "emptied as at least, tuning months 20 to 29", Learn::AtLeast, 20..30);
}

fn bias_of(pairs: &[Pair], name: &str, learn: Learn, months: std::ops::Range<usize>) {
    let mut errors: Vec<Vec<f64>> = vec![Vec::new(); pairs.len()];
    let (mut covered, mut loss) = (Vec::new(), Vec::new());
    for origin in months {
        let cut: Vec<Series> = pairs.iter().map(|pair| of(pair[..origin].iter().map(|month| shown(*month, learn)).collect())).collect();
        let made = forecast(&cut, 1).unwrap();
        for ((pair, made), errors) in pairs.iter().zip(&made).zip(&mut errors) {
            let Some(month) = pair[origin].filter(|month| !month.ended_empty) else {
                continue;
            };
            errors.push(month.handed_out - made.steps[0].mean());
            covered.push(f64::from(u8::from(month.handed_out <= made.steps[0].quantile(0.95))));
            let row = at_face(pair);
            let scale = mean(&(1..origin).map(|t| (row[t] - row[t - 1]).abs()).collect::<Vec<_>>());
            if scale > 0.0 {
                let at = |level: f64| pinball(level, month.handed_out, made.steps[0].quantile(level)) / scale;
                loss.push(mean(&crate::tables::LEVELS.map(at)));
            }
        }
    }
    let demand = |pair: &Pair| mean(&at_face(pair));
    let scored: Vec<(&Vec<f64>, f64)> = errors.iter().zip(pairs.iter().map(demand)).filter(|(e, m)| !e.is_empty() && *m > 0.0).collect();
    let per_pair: Vec<f64> = scored.iter().map(|(errors, demand)| mean(errors) / demand).collect();
    let total: f64 = scored.iter().map(|(errors, _)| errors.iter().sum::<f64>()).sum();
    let size: f64 = scored.iter().map(|(errors, demand)| demand * float(errors.len())).sum();
    say(&format!("stock-outs bias, {name}: months scored"), float(scored.iter().map(|(errors, _)| errors.len()).sum()));
    say(&format!("stock-outs bias, {name}: mean over pairs"), mean(&per_pair));
    say(&format!("stock-outs bias, {name}: pooled"), total / size);
    say(&format!("stock-outs bias, {name}: 95 % coverage"), mean(&covered));
    say(&format!("stock-outs bias, {name}: pin"), mean(&loss));
}

/// The design's definition as far as found: every pair with demand, months 30..45 with stock at both ends and at least
/// 12 months with any stock before (4,508); mean over months of error / max(mean of the known months before, 1).
pub(crate) fn bias_of_design(pairs: &[Pair]) {
    let kinds = [("face value", Learn::Face), ("empty skipped", Learn::SkipEmpty), ("emptied as at least", Learn::AtLeast)];
    for ((name, learn), months) in kinds.into_iter().flat_map(|kind| [(kind, 20..30), (kind, 30..MONTHS)]) {
        let (mut shares, mut errors, mut demand, mut covered) = (Vec::new(), 0.0, 0.0, Vec::new());
        let asked: Vec<&Pair> = pairs.iter().filter(|pair| at_face(pair).iter().any(|month| *month > 0.0)).collect();
        for origin in months.clone() {
            let cut: Vec<Series> = asked.iter().map(|pair| of(pair[..origin].iter().map(|month| shown(*month, learn)).collect())).collect();
            for (pair, made) in asked.iter().zip(&forecast(&cut, 1).unwrap()) {
                let with_stock = pair[..origin].iter().flatten().filter(|month| !month.empty).count();
                let Some(month) = pair[origin].filter(|month| !month.empty && !month.ended_empty && with_stock >= 12) else {
                    continue;
                };
                let before = pair[..origin].iter().map(|month| shown(*month, Learn::SkipEmpty));
                let known: Vec<f64> = before.filter(|one| one.stocked_out <= 0.0).filter_map(|one| one.quantity).collect();
                let error = month.handed_out - made.steps[0].mean();
                shares.push(error / mean(&known).max(1.0));
                errors += error;
                demand += month.handed_out;
                covered.push(f64::from(u8::from(month.handed_out <= made.steps[0].quantile(0.95))));
            }
        }
        let name = format!("stock-outs bias, design, months {months:?}, {name}");
        say(&format!("{name}: months scored"), float(shares.len()));
        say(&format!("{name}: mean over months"), mean(&shares));
        say(&format!("{name}: pooled"), errors / demand);
        say(&format!("{name}: 95 % coverage"), mean(&covered));
    }
}
