//! Seasonal indices of long smooth series, shrunk to the group's profile and the profile to none.

#![expect(clippy::indexing_slicing, reason = "columns of one row share its length, indices the layout's bins: made in Row::new")]

use super::calendar::{Movement, bin, calendar_index};
use super::censored::median;
use super::pattern::{Bins, Own, Sums, slopes};
use super::shape::{Shape, profile};
use super::trend::two_sided;
use crate::series::{PeriodLength, count};

/// Every logarithm is taken of at least this.
const LOG_FLOOR: f64 = 0.5;

/// Speed of the two-sided trend, times the periods of a cycle: it looks about one cycle to each side.
const TREND: f64 = 1.8;

/// How the year (or week) is cut for one period length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Number of seasonal indices: 12 months, 13 four-week blocks, 7 weekdays.
    pub(crate) bins: usize,
    /// Periods of one cycle: 12 months, 52 weeks, 7 days.
    pub(crate) span: usize,
    /// Fewest known periods for this method.
    pub(crate) least: usize,
    /// Place among the speeds of the level of the one that is usual.
    pub(crate) usual: usize,
    /// Most that one working day more can add to the logarithm of a period.
    pub(crate) slope_max: f64,
}

/// Which cut belongs to a period length?
pub(crate) fn layout(period: PeriodLength) -> Layout {
    // A level that moves by a fifth in a month moves by .05 in a week (local level model), and by still less in a day.
    match period {
        PeriodLength::Month => Layout { bins: 12, span: 12, least: 24, usual: 4, slope_max: 0.1 },
        PeriodLength::Week => Layout { bins: 13, span: 52, least: 104, usual: 1, slope_max: 0.5 },
        PeriodLength::Day => Layout { bins: 7, span: 7, least: 56, usual: 0, slope_max: 3.0 },
    }
}

/// One item with what a refit at any origin needs, computed once.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Position of its first period on the calendar shared by the group.
    pub(crate) start: i64,
    /// Demand per period in its units; NaN = not known.
    pub(crate) values: Vec<f64>,
    /// Seasonal bin of each period, known and coming.
    pub(crate) bins: Vec<usize>,
    /// Working days more than usual in each period, known and coming.
    pub(crate) workdays: Vec<f64>,
    /// `ln max(y, .5)`.
    logs: Vec<f64>,
    /// `ln y - ln centred moving average`; NaN where the average is not known.
    ratios: Vec<f64>,
}

impl Row {
    /// Prepares an item whose first period starts at `first_day` (days since 1970-01-01); `workdays` has one entry for
    /// each period, known and coming.
    pub(crate) fn new(values: Vec<f64>, period: PeriodLength, first_day: i64, workdays: Vec<f64>) -> Self {
        let bins = (0..workdays.len()).map(|at| bin(period, first_day, at)).collect();
        let logs: Vec<f64> = values.iter().map(|value| if value.is_nan() { f64::NAN } else { value.max(LOG_FLOOR).ln() }).collect();
        let ratios = ratios(&values, &logs, layout(period).span);
        Self { start: calendar_index(period, first_day), values, bins, workdays, logs, ratios }
    }

    /// (position, (ratio, (bin, working days))) of the known ratios.
    pub(crate) fn known_ratios(&self) -> impl Iterator<Item = (usize, (f64, (usize, f64)))> + '_ {
        let dates = self.bins.iter().copied().zip(self.workdays.iter().copied());
        self.ratios.iter().copied().zip(dates).enumerate().filter(|(_, (ratio, _))| !ratio.is_nan())
    }

    /// How many of its periods lie before position `origin` of the shared calendar?
    pub(crate) fn len_before(&self, origin: i64) -> usize {
        usize::try_from(origin.saturating_sub(self.start)).unwrap_or(0).min(self.values.len())
    }

    /// Sums of the ratios to the moving average that only look at the first `len` periods.
    fn rough(&self, len: usize, half: usize) -> Sums {
        let mut sums = Sums::default();
        for at in 0..len.saturating_sub(half) {
            if !self.ratios[at].is_nan() {
                // The centred average holds a whole year, so the calendar factor cancels in it.
                sums.add(self.bins[at], self.workdays[at], self.ratios[at]);
            }
        }
        sums
    }

    /// Sums of the ratios to a two-sided trend of what `season` leaves: known up to the last period.
    fn refined(&self, len: usize, season: &Season, speed: f64, work: &mut Work) -> Sums {
        season.without(self, len, &mut work.plain);
        two_sided(&work.plain, speed, &mut work.trend);
        let mut sums = Sums::default();
        let mut trend = work.trend.iter();
        for at in 0..len {
            if !self.logs[at].is_nan() {
                let trend = trend.next().copied().unwrap_or(0.0).max(LOG_FLOOR);
                sums.add(self.bins[at], self.workdays[at], self.logs[at] - trend.ln());
            }
        }
        sums
    }
}

/// Room for one row's columns, used again for the next row.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) plain: Vec<f64>,
    trend: Vec<f64>,
}

/// Seasonal indices of one item, averaging 1, and the share of its own pattern in them.
#[derive(Debug, Clone)]
pub(crate) struct Season {
    pub(crate) index: Bins,
    pub(crate) own_weight: f64,
    /// What one working day more adds to the logarithm.
    pub(crate) per_workday: f64,
}

impl Season {
    /// Seasonal index times calendar factor of one period.
    pub(crate) fn factor(&self, row: &Row, at: usize) -> f64 {
        self.index[row.bins[at]] * (self.per_workday * row.workdays[at]).exp()
    }

    /// The known ones of the first `len` periods with season and calendar taken out, oldest first.
    pub(crate) fn without(&self, row: &Row, len: usize, out: &mut Vec<f64>) {
        let inverse = self.index.map(|index| 1.0 / index);
        out.clear();
        for (at, value) in row.values.iter().enumerate().take(len) {
            if !value.is_nan() {
                let days = row.workdays[at];
                let calendar = if days == 0.0 { 1.0 } else { (-self.per_workday * days).exp() };
                out.push(value * inverse[row.bins[at]] * calendar);
            }
        }
    }
}

/// The smooth items of one group, prepared for refits at any origin.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) rows: Vec<Row>,
    pub(crate) cut: Layout,
    movement: Movement,
}

impl Group {
    /// Items of one period length.
    pub(crate) fn new(rows: Vec<Row>, period: PeriodLength) -> Self {
        Self { movement: Movement::of(&rows), cut: layout(period), rows }
    }

    /// The position after the last period of all.
    pub(crate) fn end(&self) -> i64 {
        let end = |row: &Row| row.start.saturating_add(i64::try_from(row.values.len()).unwrap_or(0));
        self.rows.iter().map(end).max().unwrap_or(0)
    }

    /// Which seasonal indices does each item have, judged from the periods before position `origin`?
    ///
    /// Twice: ratios to the centred moving average, shrunk alike in all directions; then ratios to a two-sided trend of
    /// what these leave, with working-day slopes per item ([`slopes`]), shrunk along the group's directions ([`Shape`]).
    /// Per item: bin means `S`, their variances `V`; profile `P` ([`profile`]); `ln index = P + shrunk (S - P)`,
    /// divided so that the indices average 1. An item alone in its group has no pattern beside the profile.
    ///
    /// # Source
    /// `forecasting.md` 5.2 for the first turn; second turn as in X-11 (trend without season), U.S. Census Bureau 1967.
    pub(crate) fn seasons(&self, origin: i64) -> Vec<Season> {
        let (bins, half) = (self.cut.bins, self.cut.span / 2);
        let speed = TREND / count(self.cut.span);
        let beta = self.movement.per_workday(origin.saturating_sub(i64::try_from(half).unwrap_or(0)), self.cut.slope_max);
        let lens: Vec<usize> = self.rows.iter().map(|row| row.len_before(origin)).collect();
        let rough = self.rows.iter().zip(&lens).map(|(row, len)| row.rough(*len, half).pattern(beta, bins));
        let first = shrink(&rough.collect::<Vec<_>>(), bins, None, &vec![beta; lens.len()]);
        let mut work = Work::default();
        let refined = self.rows.iter().zip(&lens).zip(&first).map(|((row, len), season)| row.refined(*len, season, speed, &mut work));
        let sums: Vec<Sums> = refined.collect();
        let betas = slopes(&sums, beta, self.cut.slope_max, bins);
        let own: Vec<Option<Own>> = sums.iter().zip(&betas).map(|(sums, beta)| sums.pattern(*beta, bins)).collect();
        shrink(&own, bins, Some(Shape::of), &betas)
    }

    /// The usual length of the rows, periods.
    pub(crate) fn typical_len(&self) -> usize {
        let lens: Vec<f64> = self.rows.iter().map(|row| count(row.values.len())).collect();
        let middle = median(&lens);
        self.rows.iter().map(|row| row.values.len()).find(|len| (count(*len) - middle).abs() < 0.5).unwrap_or(0)
    }
}

type ShapeOf = fn(&[Option<Own>], &Bins, usize) -> Shape;

fn shrink(own: &[Option<Own>], bins: usize, shape: Option<ShapeOf>, betas: &[f64]) -> Vec<Season> {
    let profile = profile(own, bins);
    let single = own.iter().flatten().count() < 2;
    let shape = shape.map_or(Shape::round(), |of| of(own, &profile, bins));
    let season = |(own, beta): (&Option<Own>, &f64)| {
        let own = own.as_ref().filter(|_| !single);
        let (mut index, own_weight) = own.map_or((profile, 0.0), |own| shape.shrink(own, &profile, bins));
        let mut average = 0.0;
        for value in &mut index[..bins] {
            *value = value.clamp(-4.0, 4.0).exp();
            average += *value / count(bins);
        }
        index[..bins].iter_mut().for_each(|value| *value /= average);
        Season { index, own_weight, per_workday: *beta }
    };
    own.iter().zip(betas).map(season).collect()
}

/// `ln y - ln CMA` with the 2 x span centred average (plain for an odd span); known where at least
/// 0.8 of the window's weight is.
fn ratios(values: &[f64], logs: &[f64], span: usize) -> Vec<f64> {
    let half = span / 2;
    let edge = if span.is_multiple_of(2) { 0.5 } else { 1.0 };
    let mut out = vec![f64::NAN; values.len()];
    for at in half..values.len().saturating_sub(half) {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (offset, value) in values[at - half..=at + half].iter().enumerate() {
            let weight = if offset == 0 || offset == 2 * half { edge } else { 1.0 };
            if !value.is_nan() {
                sum += weight * value;
                weights += weight;
            }
        }
        if weights >= 0.8 * count(span) && !values[at].is_nan() {
            out[at] = logs[at] - (sum / weights).max(LOG_FLOOR).ln();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_pattern_is_found() {
        let pattern = [0.6, 0.8, 1.0, 1.2, 1.4, 1.0, 0.9, 1.1, 1.3, 0.7, 1.0, 1.0];
        let mut rng = crate::rng::Rng::new(5);
        let rows: Vec<Row> = (0..20)
            .map(|_| {
                let values = (0..60).map(|t| 200.0 * pattern[t % 12] * (1.0 + 0.1 * rng.normal())).collect();
                Row::new(values, PeriodLength::Month, 10_957, vec![0.0; 72])
            })
            .collect();
        let group = Group::new(rows, PeriodLength::Month);
        let seasons = group.seasons(group.end());
        for season in &seasons {
            assert!((season.index.iter().sum::<f64>() - 12.0).abs() < 1e-9);
            for (index, want) in season.index.iter().zip(&pattern) {
                assert!((index - want).abs() < 0.15, "{index} {want} {season:?}");
            }
        }
    }

    #[test]
    fn noise_gives_no_pattern() {
        let mut rng = crate::rng::Rng::new(6);
        let values = (0..60).map(|_| 200.0 * (1.0 + 0.2 * rng.normal())).collect();
        let alone = Group::new(vec![Row::new(values, PeriodLength::Month, 10_957, vec![0.0; 72])], PeriodLength::Month);
        let season = alone.seasons(alone.end());
        assert!(season[0].index[..12].iter().all(|index| (index - 1.0).abs() < 0.15), "{:?}", season[0].index);
    }
}
