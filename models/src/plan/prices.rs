//! What the limits cost: duals as rates, and finite advice by solving again with a limit raised.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period or class of the same model")]

use super::formulate::{self, Raise, Relaxed, Wanted};
use super::model::Model;
use super::output::{Advice, PricedClass, PricedSupplier, Prices};
use crate::convert::index_to_period;

/// Columns up to which three solves are spent on advice, and two; above it is one.
const THREE_SOLVES_COLUMNS: usize = 20_000;
const TWO_SOLVES_COLUMNS: usize = 60_000;
/// Share of a limit it is raised by.
const RAISE_SHARE: f64 = 0.1;

/// The duals of the relaxation on the wire.
pub(crate) fn published(model: &Model<'_>, relaxed: &Relaxed) -> Prices {
    let classes = model.classes.iter().zip(&relaxed.storage_price);
    let suppliers = model.instance.suppliers.iter().zip(&relaxed.minimum_price);
    Prices {
        budget: relaxed.budget_price.clone(),
        storage: classes.map(|(class, litres)| PricedClass { class: class.name.to_owned(), litres: litres.clone() }).collect(),
        supplier_minimum: suppliers
            .filter(|(supplier, _)| supplier.min_order > 0.0)
            .map(|(supplier, money)| PricedSupplier { supplier: supplier.id.clone(), money: money.clone() })
            .collect(),
    }
}

/// Money or litres a limit is raised by: a tenth, or a tenth of the whole demand where it is zero.
fn raise_by(limit: f64, whole: f64) -> f64 {
    RAISE_SHARE * if limit > 0.0 { limit } else { whole.max(1.0) }
}

fn candidates(model: &Model<'_>, relaxed: &Relaxed) -> Vec<(f64, Raise)> {
    let mut found = Vec::new();
    let worth: f64 = model
        .items
        .iter()
        .map(|item| {
            let units = item.demand.iter().sum::<f64>() / f64::from(model.instance.periods);
            let prices = item.offers.iter().map(|&k| {
                let offer = &model.offers[k];
                offer.price / offer.units
            });
            let cheapest = prices.fold(f64::INFINITY, f64::min);
            if cheapest.is_finite() { units * cheapest } else { 0.0 }
        })
        .sum();
    for (period, &price) in relaxed.budget_price.iter().enumerate() {
        let by = raise_by(model.budget[period], worth);
        found.push((price * by, Raise::Budget { period, by }));
    }
    for (class, prices) in relaxed.storage_price.iter().enumerate() {
        for (period, &price) in prices.iter().enumerate() {
            let by = raise_by(model.classes[class].limit[period], 10.0);
            found.push((price * by, Raise::Storage { class, period, by }));
        }
    }
    found.retain(|f| f.0 > 1e-6 && f.0.is_finite());
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
}

/// What a tenth more of the dearest limits would bring, by solving again: at most three solves.
///
/// A limit whose second solve runs out of time is left out.
pub(crate) fn advice(model: &Model<'_>, relaxed: &Relaxed, wanted: Wanted) -> Vec<Advice> {
    let affordable = [THREE_SOLVES_COLUMNS, TWO_SOLVES_COLUMNS];
    let solves = 1 + affordable.iter().filter(|&&most| relaxed.columns <= most).count();
    let mut rows = Vec::new();
    for (_, raise) in candidates(model, relaxed).into_iter().take(solves) {
        let again = Wanted { raise: Some(raise), ..wanted };
        let Ok(Some(raised)) = formulate::solve(model, again) else {
            continue;
        };
        let would_avoid = relaxed.optimum - raised.optimum;
        if would_avoid <= 1e-6 {
            continue;
        }
        let (limit, period, raise_by) = match raise {
            Raise::Budget { period, by } => ("budget".to_owned(), period, by),
            Raise::Storage { class, period, by } => (format!("storage:{}", model.classes[class].name), period, by),
        };
        rows.push(Advice { limit, period: index_to_period(period), raise_by, would_avoid });
    }
    rows
}
