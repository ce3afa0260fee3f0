//! What a site's book says was asked for, by item and day, all its places together: the record that policies are tried on.

use std::collections::{BTreeMap, HashMap};

use super::history::{self, DaySum, PointHistory};
use crate::base::error::Result;
use crate::base::quantity::{from_f64, to_f64};
use crate::base::time::Day;
use crate::db::conn::Conn;
use crate::places;

/// Demand of a site's items, from the first to the last day on which anything was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteDemand {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// By id of the item; only those that were asked for.
    pub items: BTreeMap<i64, ItemDemand>,
}

/// Demand of one item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemDemand {
    /// Base units asked for, one per day.
    pub requests: Vec<i64>,
    /// Of these, what was written down as asked for and not handed out.
    pub unmet_units: i64,
    /// Days with an empty shelf at a place that hands it out, for part of the day or all of it.
    pub touched_days: i64,
    /// The time of these days, in days, weighed by what each place hands out.
    pub empty_days: f64,
}

/// The demand of a site in at most `days_max` days before `until`: issues less returns, and what was asked for in vain
/// where that is known; transfers are no demand. `None` when nothing was asked for.
///
/// # Errors
/// Those of the database.
pub fn of_site(conn: &mut Conn, site_id: i64, until: Day, days_max: i64) -> Result<Option<SiteDemand>> {
    let histories = history::load(conn, site_id, None, until.plus(-days_max), until)?;
    let item_of: HashMap<i64, i64> =
        places::stock_points_of_site(conn, site_id)?.into_iter().map(|((_, item_id), point)| (point, item_id)).collect();
    let mut by_item: BTreeMap<i64, Vec<&PointHistory>> = BTreeMap::new();
    // In one order, so that the same book gives the same sums.
    let mut points: Vec<(&i64, &PointHistory)> = histories.iter().collect();
    points.sort_unstable_by_key(|(point, _)| **point);
    for (point, history) in points {
        if let Some(item_id) = item_of.get(point).filter(|_| asked(history) > 0.0) {
            by_item.entry(*item_id).or_default().push(history);
        }
    }
    let days = || by_item.values().flatten().flat_map(|history| &history.days).filter(|(_, sum)| sum.requested > 0.0).map(|(day, _)| *day);
    let (Some(from), Some(to)) = (days().min(), days().max()) else { return Ok(None) };
    let items = by_item.iter().map(|(item_id, points)| (*item_id, pooled(points, from, to))).collect();
    Ok(Some(SiteDemand { from: Day(from), to: Day(to), items }))
}

fn asked(history: &PointHistory) -> f64 {
    history.days.values().map(|sum| sum.requested).sum()
}

fn pooled(points: &[&PointHistory], from: i64, to: i64) -> ItemDemand {
    let totals: Vec<f64> = points.iter().map(|point| asked(point)).collect();
    let all: f64 = totals.iter().sum();
    let (mut demand, mut sum, mut given, mut issued) = (ItemDemand::default(), 0.0, 0, 0.0);
    for day in from..=to {
        let mut empty = 0.0;
        for (point, total) in points.iter().zip(&totals) {
            let DaySum { issued: out, requested, empty_share, .. } = point.days.get(&day).copied().unwrap_or_default();
            sum += requested;
            issued += out;
            empty += total / all * empty_share;
        }
        // Imported weeks and months are spread over their days: rounding the sum so far keeps their totals.
        let whole = from_f64(sum);
        demand.requests.push(whole - given);
        given = whole;
        demand.empty_days += empty;
        demand.touched_days += i64::from(empty > 0.0);
    }
    demand.unmet_units = from_f64((to_f64(given) - issued).max(0.0));
    demand
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(days: &[(i64, f64, f64, f64)]) -> PointHistory {
        let days = days.iter().map(|(day, issued, requested, empty_share)| {
            (*day, DaySum { issued: *issued, requested: *requested, empty_share: *empty_share, spread: false })
        });
        PointHistory { days: days.collect() }
    }

    #[test]
    fn a_month_in_thirds_keeps_its_total() {
        let third = point(&(10..40).map(|day| (day, 10.0 / 30.0, 10.0 / 30.0, 0.0)).collect::<Vec<_>>());
        let demand = pooled(&[&third], 10, 41);
        assert_eq!((demand.requests.len(), demand.requests.iter().sum::<i64>(), demand.unmet_units), (32, 10, 0));
        assert!(demand.requests.iter().all(|units| (0..=1).contains(units)));
    }

    #[test]
    fn empty_shelves_weigh_by_what_they_hand_out() {
        let busy = point(&[(1, 3.0, 3.0, 0.0), (2, 0.0, 3.0, 1.0)]);
        let idle = point(&[(1, 2.0, 2.0, 0.5)]);
        let demand = pooled(&[&busy, &idle], 1, 3);
        assert_eq!((demand.requests, demand.unmet_units, demand.touched_days), (vec![5, 3, 0], 3, 2));
        assert!((demand.empty_days - (0.25 * 0.5 + 0.75)).abs() < 1e-12);
    }
}
