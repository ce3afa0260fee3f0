//! What is known about the time around the numbers: public holidays, planned events, predecessors.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::calendar::period_starts;
use crate::series::{Series, count};

/// Smallest and largest factor of an event; past demand is divided by it.
pub const EVENT_FACTOR_RANGE: std::ops::RangeInclusive<f64> = 0.01..=100.0;

/// A time with other demand than usual, entered by people: a campaign, an outbreak, a closed ward.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Only the series with this id; `None`: every series of `group`.
    pub series: Option<String>,
    /// Only series of this group; `None`: every group.
    pub group: Option<String>,
    /// First day, days since 1970-01-01.
    pub first_day: i64,
    /// Last day, the event included.
    pub last_day: i64,
    /// Demand on such a day over usual demand; an event with a factor outside [`EVENT_FACTOR_RANGE`] is ignored.
    pub factor: f64,
}

impl Event {
    fn concerns(&self, series: &Series) -> bool {
        self.series.as_deref().is_none_or(|id| id == series.id()) && self.group.as_deref().is_none_or(|group| Some(group) == series.group())
    }
}

/// What is known besides the demand itself. Empty by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circumstances {
    /// Days without usual work, days since 1970-01-01.
    pub holidays: BTreeSet<i64>,
    /// Past and coming events; several on one day multiply.
    pub events: Vec<Event>,
    /// Id of a new series -> id of the series whose place it takes.
    pub predecessors: BTreeMap<String, String>,
}

impl Circumstances {
    /// How much more than usual do events make of each period? The mean over the days of the period of the product
    /// of the factors of that day; 1 without events.
    ///
    /// Returns `series.len() + horizon` factors, those of the history first.
    pub(crate) fn factors(&self, series: &Series, horizon: usize) -> Vec<f64> {
        let periods = series.len() + horizon;
        let concerned: Vec<&Event> = self.events.iter().filter(|event| event.concerns(series) && sane(event)).collect();
        if concerned.is_empty() {
            return vec![1.0; periods];
        }
        let starts = period_starts(series.period(), series.first_day(), periods);
        let mean = |days: &[i64]| match days {
            [start, until] => {
                let of_day = |day: i64| -> f64 { concerned.iter().filter(|event| holds(event, day)).map(|event| event.factor).product() };
                (*start..*until).map(of_day).sum::<f64>() / days_between(*start, *until)
            }
            _ => 1.0,
        };
        starts.windows(2).map(mean).collect()
    }
}

fn sane(event: &Event) -> bool {
    EVENT_FACTOR_RANGE.contains(&event.factor)
}

fn holds(event: &Event, day: i64) -> bool {
    (event.first_day..=event.last_day).contains(&day)
}

fn days_between(start: i64, until: i64) -> f64 {
    count(usize::try_from(until - start).unwrap_or(1).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, PeriodLength};

    #[test]
    fn factors_by_hand() {
        let series = Series::new("P1", Some("g".into()), PeriodLength::Week, 70, vec![PeriodDemand::known(4.0); 2]).unwrap();
        let event = |series: Option<&str>, group: Option<&str>, first_day, last_day, factor| Event {
            series: series.map(str::to_owned),
            group: group.map(str::to_owned),
            first_day,
            last_day,
            factor,
        };
        let events = vec![
            event(Some("P1"), None, 82, 90, 3.0),  // days 82 and 83 of week 77..84, all of week 84..91
            event(None, Some("g"), 84, 84, 2.0),   // one day of week 84..91
            event(Some("P2"), None, 70, 99, 50.0), // another item
            event(None, Some("h"), 70, 99, 50.0),  // another group
            event(None, None, 70, 99, f64::NAN),   // nonsense
        ];
        let got = Circumstances { events, ..Circumstances::default() }.factors(&series, 2);
        let want = [1.0, (5.0 + 2.0 * 3.0) / 7.0, (6.0 * 3.0 + 6.0) / 7.0, 1.0];
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert_eq!(got.len(), 4);
    }
}
