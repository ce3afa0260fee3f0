//! What past forecasts of smooth series taught: learned now and then, used for every forecast in between.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::sum::{Spread, back_test};
use super::{Circumstances, Forecast, ForecastError, Groups, Members, forecast_with, groups, is_seasonal, items, smooth};
use crate::series::{PeriodLength, Series};

/// The spread of past forecast errors: per group its curve and shape, per series its own dispersion and evidence.
///
/// Learning refits every smooth series at up to 42 earlier origins and takes nearly all the time of a forecast; what it
/// teaches changes slowly. Levels, seasons, and all that other methods need are fitted anew at each forecast.
///
/// # Example
/// ```
/// use wardstock_models::forecast::{Circumstances, Experience, forecast};
/// use wardstock_models::series::{PeriodDemand, PeriodLength, Series};
/// let periods = (0..60).map(|month| PeriodDemand::known(f64::from(40 + month % 5))).collect();
/// let series = [Series::new("P1", None, PeriodLength::Month, 10_957, periods)?];
/// let usual = Circumstances::default();
/// let experience = Experience::learn(&series, &usual, 3)?;
/// assert_eq!(experience.forecast(&series, &usual, 3)?, forecast(&series, 3)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Experience {
    groups: BTreeMap<(PeriodLength, Option<String>), Learned>,
}

#[derive(Debug, Clone)]
struct Learned {
    spread: Spread,
    /// Rows of the spread by id; several when an id stands more than once in the group.
    rows: BTreeMap<String, Vec<usize>>,
}

/// Of a group never met.
static UNKNOWN: LazyLock<Learned> = LazyLock::new(|| Learned { spread: Spread::unknown(), rows: BTreeMap::new() });

impl Experience {
    /// How wrong would forecasts of these series have been at earlier origins?
    ///
    /// At each of up to 42 origins season and level are refitted from what was known then; the errors of the sums
    /// over 1 to 13 periods give the spread (variance over mean per series, shrunk to the group's curve; shape pooled).
    ///
    /// - `series`: any mix, as for [`super::forecast`]; only the smooth ones with enough history teach.
    /// - `circumstances`: as for [`super::forecast_in`].
    /// - `horizon`: periods, 1..=[`super::HORIZON_MAX`]; longer sums than learned are extrapolated.
    ///
    /// Returns the same bits for the same input.
    ///
    /// # Errors
    /// [`ForecastError::Horizon`] for a horizon outside its range.
    ///
    /// # Source
    /// `forecasting.md` 5.4.
    pub fn learn(series: &[Series], circumstances: &Circumstances, horizon: usize) -> Result<Self, ForecastError> {
        let items = items(series, circumstances, horizon)?;
        Ok(Self::of(&groups(&items), circumstances, horizon))
    }

    /// What will each series need over the next `horizon` periods, with the spread of this experience?
    ///
    /// Levels and seasons are fitted from `series`. A series is known by period length, group and id (the n-th of one id
    /// by its number); an unknown one gets its group's curve, one of an unknown group the default curve. Methods that
    /// learn nothing from past errors answer as [`super::forecast`] does.
    ///
    /// - `horizon`: periods, 1..=[`super::HORIZON_MAX`], usually that of [`Experience::learn`].
    ///
    /// Returns one forecast per series, in the order given; all values finite and at least 0.
    ///
    /// # Errors
    /// [`ForecastError::Horizon`] for a horizon outside its range.
    pub fn forecast(&self, series: &[Series], circumstances: &Circumstances, horizon: usize) -> Result<Vec<Forecast>, ForecastError> {
        let items = items(series, circumstances, horizon)?;
        Ok(forecast_with(self, &items, &groups(&items), circumstances))
    }

    pub(super) fn of(groups: &Groups<'_>, circumstances: &Circumstances, horizon: usize) -> Self {
        let mut learned = BTreeMap::new();
        for ((period, name), members) in groups {
            let smooth: Members<'_> = members.iter().filter(|(_, item)| is_seasonal(item)).copied().collect();
            if smooth.is_empty() {
                continue;
            }
            let spread = Spread::of(&back_test(&smooth::group(&smooth, *period, &circumstances.holidays), horizon));
            let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, (_, item)) in smooth.iter().enumerate() {
                rows.entry(item.series.id().to_owned()).or_default().push(at);
            }
            learned.insert((*period, name.map(str::to_owned)), Learned { spread, rows });
        }
        Self { groups: learned }
    }

    pub(crate) fn lookup(&self, period: PeriodLength, group: Option<&str>) -> Lookup<'_> {
        Lookup(self.groups.get(&(period, group.map(str::to_owned))).unwrap_or(&UNKNOWN))
    }
}

/// The experience of one group.
#[derive(Debug)]
pub(crate) struct Lookup<'a>(&'a Learned);

impl Lookup<'_> {
    pub(crate) fn spread(&self) -> &Spread {
        &self.0.spread
    }

    /// The row of each id in the spread; `None` = not met.
    pub(crate) fn places<'b>(&self, ids: impl Iterator<Item = &'b str>) -> Vec<Option<usize>> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        ids.map(|id| {
            let rows = self.0.rows.get(id)?;
            let turn = seen.entry(id).or_insert(0);
            *turn += 1;
            rows.get(*turn - 1).copied()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::forecast;
    use crate::rng::Rng;
    use crate::series::PeriodDemand;

    fn usual() -> Circumstances {
        Circumstances::default()
    }

    fn series(id: &str, group: &str, spread: f64) -> Series {
        let mut rng = Rng::new(7 + u64::try_from(id.len()).unwrap());
        let periods = (0..60).map(|_| PeriodDemand::known((100.0 + spread * rng.normal()).round().max(0.0))).collect();
        Series::new(id, Some(group.to_owned()), PeriodLength::Month, 10_957, periods).unwrap()
    }

    #[test]
    fn learned_is_the_same_as_at_once() {
        let mut all: Vec<Series> = (1..14).map(|at| series(&"x".repeat(at), "a", 10.0)).collect();
        all.push(series("x", "a", 30.0)); // the second of its id
        all.push(series("alone", "b", 10.0));
        let experience = Experience::learn(&all, &usual(), 6).unwrap();
        let made = experience.forecast(&all, &usual(), 6).unwrap();
        assert_eq!(made, forecast(&all, 6).unwrap());
        assert!(made[13].parts.dispersion > 2.0 * made[0].parts.dispersion, "{:?} {:?}", made[13].parts, made[0].parts);
        // An order of its own changes nothing for ids that stand once.
        let [one] = &experience.forecast(&all[14..], &usual(), 6).unwrap()[..] else { panic!() };
        assert_eq!(*one, made[14]);
    }

    #[test]
    fn strangers_get_the_curve_of_the_group() {
        let known: Vec<Series> = (1..14).map(|at| series(&"x".repeat(at), "a", 30.0)).collect();
        let experience = Experience::learn(&known, &usual(), 3).unwrap();
        let of = |group: &str| experience.forecast(&[series("stranger", group, 10.0)], &usual(), 3).unwrap().remove(0);
        let (met, never) = (of("a"), of("z"));
        assert!((met.parts.group_weight - 1.0).abs() < 1e-12 && (never.parts.group_weight - 1.0).abs() < 1e-12);
        // Variance over mean 9 in the group; the default curve says exp(.1) 100^.25 = 3.5.
        assert!(met.parts.dispersion > 6.0, "{:?}", met.parts);
        assert!((never.parts.dispersion / (0.1_f64.exp() * 100.0_f64.powf(0.25)) - 1.0).abs() < 0.1, "{:?}", never.parts);
        assert_eq!(never, Experience::default().forecast(&[series("stranger", "z", 10.0)], &usual(), 3).unwrap().remove(0));
    }

    #[test]
    fn horizons() {
        assert_eq!(Experience::learn(&[], &usual(), 0).unwrap_err(), ForecastError::Horizon { horizon: 0 });
        assert!(Experience::default().forecast(&[], &usual(), 0).is_err());
        let one = [series("x", "a", 10.0)];
        let long = Experience::learn(&one, &usual(), 1).unwrap().forecast(&one, &usual(), 24).unwrap();
        assert!(long[0].sums[23].quantile(0.95) > long[0].sums[22].quantile(0.95));
    }
}
