//! The tables, and the quantile loss of sums.

use std::path::Path;

use wardstock_models::forecast::forecast;
use wardstock_models::forecast::score::pinball;
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

pub(crate) const LEVELS: [f64; 4] = [0.8, 0.9, 0.95, 0.98];

/// 2000-01-01.
pub(crate) const YEAR_2000: i64 = 10_957;

/// The text of a table; says SKIP when it is not there.
pub(crate) fn text(name: &str) -> Option<String> {
    // Beside the repository, from whichever package this file is built in.
    let beside = |folder: &Path| folder.join("../shared/data/demand").join(name);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = manifest.ancestors().map(beside).find(|path| path.is_file()).unwrap_or_else(|| beside(manifest));
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("{name}: SKIP, {} is not there", path.display());
    }
    text
}

/// Rows of a wide table: id, then one column per month; `None` = empty cell.
pub(crate) fn wide(name: &str) -> Option<Vec<Vec<Option<f64>>>> {
    let row = |line: &str| line.split(',').skip(1).map(|cell| cell.trim().parse().ok()).collect();
    Some(text(name)?.lines().skip(1).map(row).collect())
}

/// The rows without empty cells.
pub(crate) fn complete(rows: Vec<Vec<Option<f64>>>) -> Vec<Vec<f64>> {
    rows.into_iter().filter_map(|row| row.into_iter().collect()).collect()
}

pub(crate) fn series(values: &[f64]) -> Series {
    let periods = values.iter().copied().map(PeriodDemand::known).collect();
    Series::new("s", None, PeriodLength::Month, YEAR_2000, periods).unwrap()
}

pub(crate) fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap())
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len().max(1))
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Quantile loss ("pin") and coverage of the sum over some periods, mean over series, then origins.
pub(crate) struct Pin {
    pub(crate) loss: f64,
    pub(crate) loss_median: f64,
    pub(crate) coverage: [f64; 4],
}

pub(crate) fn pin(rows: &[Vec<f64>], origins: &[usize], lengths: &[usize], lag: usize) -> Vec<Pin> {
    pin_of(rows, origins, lengths, lag, |row, origin| series(&rows[row][..origin]))
}

/// As [`pin`], with what the method is shown of row and origin given by `history`.
pub(crate) fn pin_of(
    rows: &[Vec<f64>],
    origins: &[usize],
    lengths: &[usize],
    lag: usize,
    history: impl Fn(usize, usize) -> Series,
) -> Vec<Pin> {
    let mut losses = vec![vec![Vec::new(); origins.len()]; lengths.len()];
    let mut hits = vec![[0.0; 4]; lengths.len()];
    for (turn, origin) in origins.iter().enumerate() {
        let cut: Vec<Series> = (0..rows.len()).map(|row| history(row, *origin)).collect();
        let made = forecast(&cut, 3).unwrap();
        for (row, made) in rows.iter().zip(&made) {
            let changes: Vec<f64> = (lag..*origin).map(|t| (row[t] - row[t - lag]).abs()).collect();
            let scale = mean(&changes);
            if scale <= 0.0 {
                continue;
            }
            for (which, length) in lengths.iter().enumerate() {
                let actual: f64 = row[*origin..origin + length].iter().sum();
                let mut loss = 0.0;
                for (level, hit) in LEVELS.iter().zip(&mut hits[which]) {
                    let z = made.sums[length - 1].quantile(*level);
                    loss += 0.25 * pinball(*level, actual, z);
                    *hit += f64::from(u8::from(actual <= z));
                }
                losses[which][turn].push(loss / (scale * float(*length)));
            }
        }
    }
    let score = |(by_origin, hits): (&Vec<Vec<f64>>, [f64; 4])| {
        let scored = float(by_origin.iter().map(Vec::len).sum());
        Pin {
            loss: mean(&by_origin.iter().map(|one| mean(one)).collect::<Vec<_>>()),
            loss_median: median(&by_origin.concat()),
            coverage: hits.map(|hit| hit / scored),
        }
    };
    losses.iter().zip(hits).map(score).collect()
}
