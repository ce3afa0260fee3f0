//! The figures of one policy in one world: fill, stock, expiry, orders, spend, cost.

use serde::Serialize;

use super::cost::YearlyCost;
use super::run::Outcome;
use super::tally::Tally;
use super::world::{Article, World};
use crate::convert::count_to_f64;
use crate::plan::Ven;
use crate::series::count;

/// The figures of one policy in one world. Money in major units; what adds up over time is per year of 365 days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Units handed out / units asked for, 0..1; 1 when nothing was asked for.
    pub unit_fill: f64,
    /// Mean of the articles' unit fills, over those asked for.
    pub item_fill: f64,
    /// Unit fill of vital articles.
    pub fill_vital: f64,
    /// Unit fill of essential articles.
    pub fill_essential: f64,
    /// Unit fill of non-essential articles.
    pub fill_non_essential: f64,
    /// Article-days per year that ended with an empty shelf.
    pub stock_out_days: f64,
    /// Mean value on the shelf.
    pub stock_value: f64,
    /// Value expired per year.
    pub expired_value: f64,
    /// Order lines per year.
    pub order_lines: f64,
    /// Orders per year: supplier and day.
    pub orders: f64,
    /// Price of what was ordered per year.
    pub spend: f64,
    /// Total cost per year: what policies are compared by.
    pub cost: f64,
    /// Its kinds.
    pub cost_by_kind: YearlyCost,
    /// Cost / clairvoyant bound; 1 when both are 0, absent when only the bound is.
    pub ratio_to_clairvoyant: Option<f64>,
}

impl Figures {
    /// The figures of an outcome.
    ///
    /// - `bound`: yearly cost of the clairvoyant bound of the same world.
    pub fn of(world: &World, outcome: &Outcome, bound: f64) -> Self {
        let years = world.years();
        let rows = || world.articles().iter().zip(&outcome.tallies);
        let money = |each: fn(&Article, &Tally) -> f64| rows().map(|(article, tally)| each(article, tally)).sum::<f64>() / years;
        let cost_by_kind = rows().fold(YearlyCost::default(), |sum, (article, tally)| sum.plus(YearlyCost::of(article, tally, years)));
        let fill_of = |ven: Ven| fill(rows().filter(|(article, _)| article.ven == ven).map(|(_, tally)| tally));
        let asked: Vec<&Tally> = outcome.tallies.iter().filter(|tally| tally.requested > 0).collect();
        let item_fills: f64 = asked.iter().map(|tally| fill([*tally])).sum();
        let cost = cost_by_kind.total();
        Self {
            unit_fill: fill(&outcome.tallies),
            item_fill: if asked.is_empty() { 1.0 } else { item_fills / count(asked.len()) },
            fill_vital: fill_of(Ven::Vital),
            fill_essential: fill_of(Ven::Essential),
            fill_non_essential: fill_of(Ven::NonEssential),
            stock_out_days: money(|_, tally| count_to_f64(tally.empty_days)),
            stock_value: money(|article, tally| article.unit_price() * count_to_f64(tally.unit_days) / 365.0),
            expired_value: cost_by_kind.expired,
            order_lines: money(|_, tally| count_to_f64(tally.lines)),
            orders: count_to_f64(outcome.orders) / years,
            spend: money(|article, tally| count_to_f64(article.price_minor) / 100.0 * count_to_f64(tally.packs)),
            cost,
            cost_by_kind,
            ratio_to_clairvoyant: if bound > 0.0 { Some(cost / bound) } else { (cost <= 0.0).then_some(1.0) },
        }
    }

    /// The figures of the bound itself: everything that it doesn't decide is absent or that of a full shelf.
    pub fn of_bound(bound: f64) -> Self {
        Self {
            unit_fill: 1.0,
            item_fill: 1.0,
            fill_vital: 1.0,
            fill_essential: 1.0,
            fill_non_essential: 1.0,
            stock_out_days: 0.0,
            stock_value: 0.0,
            expired_value: 0.0,
            order_lines: 0.0,
            orders: 0.0,
            spend: 0.0,
            cost: bound,
            cost_by_kind: YearlyCost::default(),
            ratio_to_clairvoyant: Some(1.0),
        }
    }
}

fn fill<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> f64 {
    let (issued, asked) = tallies
        .into_iter()
        .fold((0.0, 0.0), |(issued, asked), tally| (issued + count_to_f64(tally.issued), asked + count_to_f64(tally.requested)));
    if asked > 0.0 { issued / asked } else { 1.0 }
}
