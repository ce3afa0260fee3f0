//! What will be wanted in the coming periods, and how sure is that? Any series gets an answer.

mod answer;
pub mod backtest;
mod blend;
mod calendar;
mod censored;
mod curve;
mod intermittent;
mod level;
mod new_item;
pub mod score;
mod seasonal;
mod shift;
mod sum;

use std::collections::BTreeMap;

use crate::classify::{DemandClass, demand_class};
use crate::distribution::Distribution;
use crate::series::{PeriodLength, Series, count};
pub use answer::{Flag, Forecast, ForecastError, HORIZON_MAX, KNOWN_MIN, Method, Parts};
use blend::Blend;
use censored::Observed;
use curve::Curve;
use intermittent::Level;
use new_item::Prior;
use seasonal::Row;
pub use shift::Direction;
use sum::Spread;

/// Members of one group with their place in the answer.
type Members<'a> = Vec<(usize, &'a Item<'a>)>;

struct Item<'a> {
    series: &'a Series,
    observed: Observed,
    class: DemandClass,
    level: Level,
}

/// What will each series need over the next `horizon` periods?
///
/// Smooth series with at least 24 months (104 weeks, 56 days) known: level x seasonal index, sum variance
/// from back-tested errors. All others with at least [`KNOWN_MIN`] known periods: decaying level,
/// negative binomial of the sum. Younger ones: the group's rates. Indices, dispersions and rates are pooled
/// over the series of one group and one period length; a group of one stands on weak defaults.
///
/// - `series`: any mix of groups and period lengths; each is forecast from its own last period on.
/// - `horizon`: periods, 1..=[`HORIZON_MAX`].
///
/// Returns one forecast per series, in the order given; all values finite and at least 0; the same input
/// gives the same bits.
///
/// # Errors
/// [`ForecastError::Horizon`] for a horizon outside its range; no series is ever refused.
///
/// # Source
/// `forecasting.md` section 5: 5.2 to 5.7.
///
/// # Example
/// ```
/// use wardstock_models::forecast::forecast;
/// use wardstock_models::series::{PeriodDemand, PeriodLength, Series};
/// let periods = [4.0, 0.0, 3.0, 5.0, 0.0, 4.0, 2.0].map(PeriodDemand::known).to_vec();
/// let series = Series::new("P1", None, PeriodLength::Week, 20_000, periods)?;
/// let made = forecast(&[series], 4)?;
/// assert!(made[0].sums[3].quantile(0.95) > made[0].sums[0].quantile(0.95));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn forecast(series: &[Series], horizon: usize) -> Result<Vec<Forecast>, ForecastError> {
    if !(1..=HORIZON_MAX).contains(&horizon) {
        return Err(ForecastError::Horizon { horizon });
    }
    let items: Vec<Item<'_>> = series.iter().map(item).collect();
    let mut groups: BTreeMap<(PeriodLength, Option<&str>), Members<'_>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        groups.entry((item.series.period(), item.series.group())).or_default().push((at, item));
    }
    let mut made: Vec<(usize, Forecast)> = Vec::with_capacity(items.len());
    for ((period, _), members) in &groups {
        let everyone = || items.iter().filter(|item| item.series.period() == *period);
        let mut rates = rates(members.iter().map(|(_, item)| *item));
        if rates.len() < 3 {
            rates = self::rates(everyone());
        }
        let prior = Prior::of(&rates);
        let (smooth, others): (Vec<_>, Vec<_>) = members.iter().partition(|(_, item)| is_seasonal(item));
        made.extend(by_season(&smooth, *period, horizon));
        let levels: Vec<Level> = others.iter().map(|(_, item)| item.level).collect();
        let blend = Blend::learn(levels.iter().map(|level| (level.states, level.dispersion)));
        let group = Group { curve: intermittent::group_curve(&levels), blend, prior };
        made.extend(others.iter().map(|(at, item)| (*at, by_level(item, &group, horizon))));
    }
    made.sort_by_key(|(at, _)| *at);
    Ok(made.into_iter().map(|(_, forecast)| forecast).collect())
}

fn item(series: &Series) -> Item<'_> {
    let observed = Observed::of(series);
    let seen = observed.values.iter().zip(&observed.weights);
    let class = demand_class(seen.map(|(value, weight)| (*weight > 0.0).then_some(*value)));
    let level = intermittent::level(&observed, series.period());
    Item { series, observed, class, level }
}

fn is_seasonal(item: &Item<'_>) -> bool {
    let seen = item.observed.weights.iter().filter(|weight| **weight >= 0.3).count();
    let wanted = seasonal::layout(item.series.period()).least;
    item.class == DemandClass::Smooth && seen >= wanted && item.observed.share_censored <= 0.5
}

/// Base units per period of the items old enough to show one.
fn rates<'a>(items: impl Iterator<Item = &'a Item<'a>>) -> Vec<f64> {
    items
        .filter(|item| item.observed.known >= KNOWN_MIN && item.observed.share_censored <= 0.5)
        .map(|item| item.level.rate * item.observed.unit)
        .collect()
}

fn flags(item: &Item<'_>, dispersion: f64) -> Vec<Flag> {
    let mut flags = Vec::new();
    let absurd = item.series.absurd().len();
    if absurd > 0 {
        flags.push(Flag::AbsurdIgnored(absurd));
    }
    if item.observed.known == 0 {
        flags.push(Flag::NothingKnown);
    } else if item.observed.pairs().all(|(value, _)| value <= 0.0) {
        flags.push(Flag::NoDemand);
    }
    if item.observed.known < KNOWN_MIN {
        flags.push(Flag::NewItem);
    }
    if item.observed.share_censored > 0.5 {
        flags.push(Flag::MostlyCensored);
    }
    if let Some(direction) = shift::recent_shift(&item.observed, dispersion) {
        flags.push(Flag::LevelShift(direction));
    }
    flags
}

fn by_season(members: &[&(usize, &Item<'_>)], period: PeriodLength, horizon: usize) -> Vec<(usize, Forecast)> {
    let row = |item: &Item<'_>| Row::new(item.observed.mostly_seen(), period, item.series.first_day(), horizon);
    let rows: Vec<Row> = members.iter().map(|(_, item)| row(item)).collect();
    let cut = seasonal::layout(period);
    let lens: Vec<usize> = rows.iter().map(|row| row.values.len()).collect();
    let fitted = seasonal::seasons(&rows, &lens, cut);
    let spread = Spread::of(&sum::back_test(&rows, cut, horizon));
    let mut made = Vec::with_capacity(rows.len());
    for (at, ((row, season), (place, item))) in rows.iter().zip(&fitted).zip(members).enumerate() {
        let level = level::level(row, season, row.values.len());
        let means = sum::step_means(row, season, level, horizon);
        let unit = item.observed.unit;
        let (steps, sums) = spread.laws(at, &means, unit);
        let phi = spread.phi(at, 1, level.max(1e-3));
        let factor = |mean: &f64| if level > 0.0 { mean / level } else { 1.0 };
        let parts = Parts {
            level: level * unit,
            dispersion: phi * unit,
            group_weight: spread.group_weight(at),
            seasonal_own_weight: season.own_weight,
            seasonal: means.iter().map(factor).collect(),
        };
        made.push((*place, assemble(item, Method::SeasonalLevel, flags(item, phi), parts, steps, sums)));
    }
    made
}

/// What the items of one group without a season share.
struct Group {
    curve: Curve,
    blend: Blend,
    prior: Prior,
}

fn by_level(item: &Item<'_>, group: &Group, horizon: usize) -> Forecast {
    let Group { curve, blend, prior } = group;
    let unit = item.observed.unit;
    let young = item.observed.known < KNOWN_MIN;
    let hidden = item.observed.share_censored > 0.5;
    let dispersion = intermittent::dispersion(&item.level, curve);
    let mut flags = flags(item, dispersion);
    if !(young || hidden) {
        let rate = blend.rate(&item.level.states);
        let group_weight = 6.0 / (6.0 + 0.5 * item.level.known);
        let parts =
            Parts { level: rate * unit, dispersion: dispersion * unit, group_weight, seasonal_own_weight: 0.0, seasonal: Vec::new() };
        let step = intermittent::sum_over(rate, dispersion, 1, unit);
        let sums = (1..=horizon).map(|length| intermittent::sum_over(rate, dispersion, length, unit)).collect();
        return assemble(item, Method::DecayingLevel, flags, parts, vec![step; horizon], sums);
    }
    if !prior.informed {
        flags.push(Flag::NoGroup);
    }
    let exposure: f64 = item.observed.weights.iter().sum();
    // A hidden but old item brings its level, a young one its plain total.
    let total = if young { item.observed.pairs().map(|(value, weight)| value * weight).sum::<f64>() } else { item.level.rate * exposure };
    let after = prior.after(total * unit, exposure, dispersion * unit);
    let dispersion = dispersion.max(curve.at((after.rate / unit).max(1e-3)));
    let parts = Parts {
        level: after.rate,
        dispersion: dispersion * unit,
        group_weight: after.group_weight,
        seasonal_own_weight: 0.0,
        seasonal: Vec::new(),
    };
    let step = after.sum_over(dispersion, 1, unit);
    let sums = (1..=horizon).map(|length| after.sum_over(dispersion, length, unit)).collect();
    assemble(item, Method::GroupPrior, flags, parts, vec![step; horizon], sums)
}

fn assemble(
    item: &Item<'_>,
    method: Method,
    flags: Vec<Flag>,
    parts: Parts,
    steps: Vec<Distribution>,
    sums: Vec<Distribution>,
) -> Forecast {
    debug_assert!(parts.level.is_finite() && parts.level >= 0.0, "{parts:?}");
    debug_assert_eq!(steps.len(), sums.len());
    let series_id = item.series.id().to_owned();
    let share_censored = item.observed.share_censored;
    Forecast { series_id, method, class: item.class, share_censored, flags, parts, steps, sums }
}

/// The mean of a slice; 0 for none.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count(values.len()) }
}
