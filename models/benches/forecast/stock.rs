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

/// Pairs with a record in at least 24 of the first 42 months and in the last 3: 388.
pub(crate) fn pairs() -> Option<Vec<Pair>> {
    let text = text("contraceptive_lmis_monthly.csv")?;
    let mut pairs: BTreeMap<(String, String), Pair> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().unwrap();
        let at = (cells[0].parse::<usize>().unwrap() - 2016) * 12 + cells[1].parse::<usize>().unwrap() - 1;
        let month = Month { handed_out: number(8).max(0.0), empty: number(6) <= 0.0 && number(7) <= 0.0, ended_empty: number(10) <= 0.0 };
        pairs.entry((cells[4].to_owned(), cells[5].to_owned())).or_insert([None; MONTHS])[at] = Some(month);
    }
    let wanted = |pair: &Pair| pair[..42].iter().flatten().count() >= 24 && pair[42..].iter().all(Option::is_some);
    Some(pairs.into_values().filter(wanted).collect())
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
