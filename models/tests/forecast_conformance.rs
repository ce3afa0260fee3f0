//! Figures on real demand, read from `../../shared/data/demand` when it is there; printed, with modest bounds.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "a test that prints figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wardstock_models::classify::{DemandClass, demand_class};
use wardstock_models::forecast::backtest::backtest;
use wardstock_models::forecast::forecast;
use wardstock_models::forecast::score::{mase, pinball, seasonal_naive, smape};
use wardstock_models::series::{PeriodDemand, PeriodLength, Series};

const LEVELS: [f64; 4] = [0.8, 0.9, 0.95, 0.98];
const YEAR_2000: i64 = 10_957;

fn table(name: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/demand").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("SKIP: {} is not there, no figures for it", path.display());
    }
    text
}

/// Complete rows of a wide table: id, then one column per month.
fn wide(text: &str) -> Vec<(String, Vec<f64>)> {
    let row = |line: &str| {
        let mut cells = line.split(',');
        let id = cells.next()?.to_owned();
        Some((id, cells.map(|cell| cell.trim().parse().ok()).collect::<Option<Vec<f64>>>()?))
    };
    text.lines().skip(1).filter_map(row).collect()
}

fn series(id: &str, values: &[f64], first_day: i64) -> Series {
    let periods = values.iter().copied().map(PeriodDemand::known).collect();
    Series::new(id, None, PeriodLength::Month, first_day, periods).unwrap()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn class_count(rows: &[Vec<f64>], class: DemandClass) -> usize {
    rows.iter().filter(|row| demand_class(row.iter().copied().map(Some)) == class).count()
}

#[test]
fn hospital() {
    let Some(text) = table("hospital_monthly.csv") else {
        return;
    };
    let rows = wide(&text);
    assert_eq!(rows.len(), 384);
    let values: Vec<Vec<f64>> = rows.iter().map(|row| row.1.clone()).collect();
    assert_eq!(class_count(&values, DemandClass::Smooth), 381);
    let naive_want = [(48, 0.9700, 22.657), (60, 0.9091, 20.761), (72, 0.9047, 20.728)];
    for (origin, want_mase, want_smape) in naive_want {
        let cut: Vec<Series> = rows.iter().map(|(id, row)| series(id, &row[..origin], YEAR_2000)).collect();
        let made = forecast(&cut, 12).unwrap();
        let (mut own, mut own_smape, mut naive, mut naive_smape) = (vec![], vec![], vec![], vec![]);
        for ((_, row), made) in rows.iter().zip(&made) {
            let (history, actual) = (&row[..origin], &row[origin..origin + 12]);
            let means: Vec<f64> = made.steps.iter().map(wardstock_models::distribution::Distribution::mean).collect();
            let last_year = seasonal_naive(history, 12, 12);
            own.extend(mase(history, actual, &means, 12));
            naive.extend(mase(history, actual, &last_year, 12));
            own_smape.push(smape(actual, &means));
            naive_smape.push(smape(actual, &last_year));
        }
        println!(
            "hospital origin {origin}: MASE {:.4} (naive {:.4}), sMAPE {:.3} (naive {:.3})",
            mean(&own),
            mean(&naive),
            mean(&own_smape),
            mean(&naive_smape)
        );
        assert!((mean(&naive) - want_mase).abs() < 5e-5 + 1e-9, "naive MASE {}", mean(&naive));
        assert!((mean(&naive_smape) - want_smape).abs() < 6e-4, "naive sMAPE {}", mean(&naive_smape));
        assert!(mean(&own) < if origin == 72 { 0.80 } else { 0.88 });
    }
}

/// Pinball ("pin") and coverage of the sum over `length` periods, mean over series, then origins.
struct Pin {
    loss: f64,
    loss_median: f64,
    coverage: [f64; 4],
}

fn pin(rows: &[Vec<f64>], firsts: &[i64], origins: &[usize], lengths: &[usize], lag: usize) -> Vec<Pin> {
    let mut losses = vec![vec![Vec::new(); origins.len()]; lengths.len()];
    let mut hits = vec![[0.0; 4]; lengths.len()];
    for (turn, origin) in origins.iter().enumerate() {
        let cut: Vec<Series> = rows
            .iter()
            .zip(firsts)
            .map(|(row, first)| series("s", &row[..*origin - usize::try_from(*first).unwrap()], YEAR_2000 + 31 * first))
            .collect();
        let made = forecast(&cut, 3).unwrap();
        for ((row, first), made) in rows.iter().zip(firsts).zip(&made) {
            let at = *origin - usize::try_from(*first).unwrap();
            let changes: Vec<f64> = (lag..at).map(|t| (row[t] - row[t - lag]).abs()).collect();
            let scale = if changes.is_empty() { 0.0 } else { mean(&changes) };
            if scale <= 0.0 {
                continue;
            }
            for (which, length) in lengths.iter().enumerate() {
                let actual: f64 = row[at..at + length].iter().sum();
                let mut loss = 0.0;
                for (level, hit) in LEVELS.iter().zip(&mut hits[which]) {
                    let z = made.sums[length - 1].quantile(*level);
                    loss += 0.25 * pinball(*level, actual, z);
                    *hit += f64::from(u8::from(actual <= z));
                }
                let periods = f64::from(u32::try_from(*length).unwrap());
                losses[which][turn].push(loss / (scale * periods));
            }
        }
    }
    losses
        .iter()
        .zip(hits)
        .map(|(by_origin, hits)| {
            let scored: usize = by_origin.iter().map(Vec::len).sum();
            let all: Vec<f64> = by_origin.concat();
            Pin {
                loss: mean(&by_origin.iter().map(|one| mean(one)).collect::<Vec<_>>()),
                loss_median: median(&all),
                coverage: hits.map(|hit| hit / f64::from(u32::try_from(scored).unwrap())),
            }
        })
        .collect()
}

fn show(name: &str, length: usize, one: &Pin) {
    let [a, b, c, d] = one.coverage;
    println!("{name} L={length}: pin {:.4} (median {:.4}), coverage .8/.9/.95/.98 {a:.3}/{b:.3}/{c:.3}/{d:.3}", one.loss, one.loss_median);
}

#[test]
fn hospital_sums() {
    let Some(text) = table("hospital_monthly.csv") else {
        return;
    };
    let rows: Vec<Vec<f64>> = wide(&text).into_iter().map(|row| row.1).collect();
    let got = pin(&rows, &vec![0; rows.len()], &[60, 63, 66, 69, 72, 75, 78, 81], &[1, 2, 3], 12);
    for (length, one) in (1..).zip(&got) {
        show("hospital", length, one);
    }
    assert!(got[0].loss < 0.165 && got[2].loss < 0.125);
    assert!((0.92..0.975).contains(&got[2].coverage[2]));
}

#[test]
fn carparts() {
    let Some(text) = table("carparts_monthly.csv") else {
        return;
    };
    let rows: Vec<Vec<f64>> = wide(&text).into_iter().map(|row| row.1).collect();
    assert_eq!(rows.len(), 1271);
    assert_eq!(class_count(&rows, DemandClass::Intermittent), 1051);
    assert_eq!(class_count(&rows, DemandClass::Lumpy), 204);
    let got = pin(&rows, &vec![0; rows.len()], &[39, 42, 45, 48], &[1, 3], 1);
    show("carparts", 1, &got[0]);
    show("carparts", 3, &got[1]);
    assert!(got[0].loss < 0.46 && got[1].loss < 0.30);
    assert!(got[1].coverage[3] > 0.975);
}

#[test]
fn contraceptives() {
    let Some(text) = table("contraceptive_lmis_monthly.csv") else {
        return;
    };
    let mut pairs: BTreeMap<(String, String), BTreeMap<usize, f64>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let month = (cells[0].parse::<usize>().unwrap() - 2016) * 12 + cells[1].parse::<usize>().unwrap() - 1;
        let handed_out: f64 = cells[8].parse().unwrap();
        pairs.entry((cells[4].to_owned(), cells[5].to_owned())).or_default().insert(month, handed_out.max(0.0));
    }
    // Records in at least 24 of the first 42 months and in the last 3; gaps count as 0 from 2016-01 on.
    let complete = |months: &&BTreeMap<usize, f64>| months.range(..42).count() >= 24 && months.range(42..45).count() == 3;
    let fill = |months: &BTreeMap<usize, f64>| (0..45).map(|month| months.get(&month).copied().unwrap_or(0.0)).collect();
    let rows: Vec<Vec<f64>> = pairs.values().filter(complete).map(fill).collect();
    assert_eq!(rows.len(), 388);
    assert_eq!(class_count(&rows, DemandClass::Lumpy), 146);
    assert_eq!(class_count(&rows, DemandClass::Intermittent), 123);
    assert_eq!(class_count(&rows, DemandClass::Smooth), 48);
    let got = pin(&rows, &vec![0; rows.len()], &[36, 39, 42], &[1, 3], 1);
    show("LMIS", 1, &got[0]);
    show("LMIS", 3, &got[1]);
    assert!(got[0].loss < 0.37 && got[1].loss < 0.48);
}

#[test]
fn pharmacy_days() {
    let Some(text) = table("pharma_sales_daily.csv") else {
        return;
    };
    let columns: Vec<Vec<f64>> =
        (1..5).map(|column| text.lines().skip(1).map(|line| line.split(',').nth(column).unwrap().parse().unwrap()).collect()).collect();
    let all: Vec<Series> = columns
        .iter()
        .enumerate()
        .map(|(at, values)| {
            let periods = values.iter().map(|value: &f64| PeriodDemand::known(value.max(0.0))).collect();
            Series::new(at.to_string(), None, PeriodLength::Day, 16_072, periods).unwrap()
        })
        .collect();
    let report = backtest(&all, &[1000, 1200, 1400, 1600, 1800, 2000], 14).unwrap();
    println!("pharmacy, 14 days: {:?}", report.overall);
    assert!(report.overall.mase < report.overall.mase_naive);
}
