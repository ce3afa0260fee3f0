//! What will be wanted in the coming periods, and how sure is that? Any series gets an answer.

mod answer;
pub mod backtest;
mod blend;
mod calendar;
mod censored;
mod circumstances;
mod curve;
mod eigen;
mod experience;
mod intermittent;
mod level;
pub mod monitor;
mod naive;
mod new_item;
mod paths;
mod pattern;
pub mod score;
mod seasonal;
mod shape;
mod shift;
mod smooth;
mod sum;
mod trend;
mod unseasonal;

use std::collections::BTreeMap;

use crate::classify::{DemandClass, demand_class};
use crate::distribution::Distribution;
use crate::series::{PeriodLength, Series, count};
pub use answer::{Flag, Forecast, ForecastError, HORIZON_MAX, KNOWN_MIN, Method, Parts};
use blend::Blend;
use censored::Observed;
pub use circumstances::{Circumstances, EVENT_FACTOR_RANGE, Event};
pub use experience::Experience;
use intermittent::Level;
use new_item::Prior;
pub use shift::Direction;
use shift::Shift;

/// Members of one group with their place in the answer.
type Members<'a> = Vec<(usize, &'a Item<'a>)>;

/// The series of one period length and one group, for each such pair.
type Groups<'a> = BTreeMap<(PeriodLength, Option<&'a str>), Members<'a>>;

struct Item<'a> {
    series: &'a Series,
    observed: Observed,
    class: DemandClass,
    level: Level,
    /// Factors of the coming periods by events, `coming[step]`.
    coming: Vec<f64>,
}

/// What will each series need over the next `horizon` periods?
///
/// Smooth series with at least 24 months (104 weeks, 56 days) known: level x seasonal index, sum variance
/// from back-tested errors. All others with at least [`KNOWN_MIN`] known periods: decaying level,
/// negative binomial of the sum. Younger ones: the group's rates. Indices, dispersions and rates are pooled
/// over the series of one group and one period length; a group of one stands on weak defaults.
///
/// The same as [`Experience::learn`] and [`Experience::forecast`] with these series, bit for bit.
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
    forecast_in(series, &Circumstances::default(), horizon)
}

/// What will each series need, knowing also of holidays, planned events and predecessors?
///
/// A holiday takes its share of the working days of its month, week or day; what one working day is worth is learned.
/// Past demand is divided by the factors of its events, coming demand multiplied. A new series with a
/// predecessor starts from the predecessor's rate, with a quarter of the group's relative variance.
///
/// The rest is as in [`forecast`].
///
/// # Errors
/// As [`forecast`].
pub fn forecast_in(series: &[Series], circumstances: &Circumstances, horizon: usize) -> Result<Vec<Forecast>, ForecastError> {
    let items = items(series, circumstances, horizon)?;
    let groups = groups(&items);
    Ok(forecast_with(&Experience::of(&groups, circumstances, horizon), &items, &groups, circumstances))
}

fn items<'a>(series: &'a [Series], circumstances: &Circumstances, horizon: usize) -> Result<Vec<Item<'a>>, ForecastError> {
    checked(horizon)?;
    Ok(series.iter().map(|one| item(one, circumstances, horizon)).collect())
}

fn checked(horizon: usize) -> Result<(), ForecastError> {
    if (1..=HORIZON_MAX).contains(&horizon) { Ok(()) } else { Err(ForecastError::Horizon { horizon }) }
}

fn groups<'a>(items: &'a [Item<'a>]) -> Groups<'a> {
    let mut groups = Groups::new();
    for (at, item) in items.iter().enumerate() {
        groups.entry((item.series.period(), item.series.group())).or_default().push((at, item));
    }
    groups
}

fn forecast_with(experience: &Experience, items: &[Item<'_>], groups: &Groups<'_>, circumstances: &Circumstances) -> Vec<Forecast> {
    let mut made: Vec<(usize, Forecast)> = Vec::with_capacity(items.len());
    let followed = followed(items, circumstances);
    for ((period, name), members) in groups {
        let everyone = || items.iter().filter(|item| item.series.period() == *period);
        let mut rates = rates(members.iter().map(|(_, item)| *item));
        if rates.len() < 3 {
            rates = self::rates(everyone());
        }
        let prior = Prior::of(&rates);
        let (smooth, others): (Members<'_>, Members<'_>) = members.iter().partition(|(_, item)| is_seasonal(item));
        made.extend(smooth::forecasts(&smooth, *period, &circumstances.holidays, &experience.lookup(*period, *name)));
        let levels: Vec<Level> = others.iter().map(|(_, item)| item.level).collect();
        let blend = Blend::learn(levels.iter().map(|level| (level.states, level.dispersion)));
        let group = unseasonal::Group { curve: intermittent::group_curve(&levels), blend, prior };
        made.extend(others.iter().map(|(at, item)| {
            let followed = followed.get(item.series.id()).copied();
            (*at, unseasonal::forecast_one(item, &group, followed))
        }));
    }
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, forecast)| forecast).collect()
}

/// Id of each series with a predecessor old enough to show a rate -> that rate, base units per period.
fn followed<'a>(items: &[Item<'_>], circumstances: &'a Circumstances) -> BTreeMap<&'a str, f64> {
    if circumstances.predecessors.is_empty() {
        return BTreeMap::new();
    }
    let old = items.iter().filter(|item| item.observed.known >= KNOWN_MIN);
    let rates: BTreeMap<&str, f64> = old.map(|item| (item.series.id(), item.level.rate * item.observed.unit)).collect();
    let pairs = circumstances.predecessors.iter();
    pairs.filter_map(|(new, before)| Some((new.as_str(), *rates.get(before.as_str())?))).collect()
}

fn item<'a>(series: &'a Series, circumstances: &Circumstances, horizon: usize) -> Item<'a> {
    let mut factors = circumstances.factors(series, horizon);
    let coming = factors.split_off(series.len());
    let observed = Observed::of(series).without(&factors);
    let seen = observed.values.iter().zip(&observed.weights);
    let class = demand_class(seen.map(|(value, weight)| (*weight > 0.0).then_some(*value)));
    let level = intermittent::level(&observed, series.period());
    Item { series, observed, class, level, coming }
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

fn flags(item: &Item<'_>, shift: Option<Shift>) -> Vec<Flag> {
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
    if let Some(shift) = shift {
        flags.push(Flag::LevelShift(shift.direction));
    }
    flags
}

fn answer(item: &Item<'_>, method: Method, flags: Vec<Flag>, parts: Parts, steps: Vec<Distribution>, sums: Vec<Distribution>) -> Forecast {
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
