//! What is ordered today: the plan counts in periods, whether an item is due is known by the day.
//!
//! An item with `due` figures (its own levels, `crate::levels`) that has reached its reorder level gets its line in
//! period 0, up to its order-up-to level, as far as budget, storage and the supplier's order allow; a line in period
//! 0 of an item that has not is dated to the day on which its level is expected to be reached. Without anything
//! that couples items, what a plan orders today is therefore exactly each item's own advice.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::input::Due;
use super::lot_sizing::resize_later_lots;
use super::model::{ItemModel, Model};
use super::packs::{Change, Draft};
use crate::convert::{ceil_to_count, count_to_f64, length_to_f64};

/// Money that changing an advice that somebody has read must gain at least.
const CHANGE_COST: f64 = 1.0;

/// An item that is due, with what it should order now.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    item: usize,
    offer: usize,
    packs: i64,
    /// The more, the sooner: what a shortage of all that is missing below the reorder level would cost; under a budget,
    /// what its money avoids.
    urgency: f64,
}

/// Gives every due item its line of today, the most urgent first; keeps every rule.
pub(crate) fn order_what_is_due(draft: &mut Draft<'_>) {
    let mut wanted = wanted(draft.model);
    if wanted.is_empty() {
        return;
    }
    wanted.sort_by(|a, b| b.urgency.total_cmp(&a.urgency));
    leave_money(draft, &wanted);
    // What others don't need leaves budget and space to those that do.
    lower(draft, &wanted);
    for one in &wanted {
        set(draft, *one);
    }
    // An order that was too small without a line may now be worth its minimum without all of it.
    lower(draft, &wanted);
    draft.refresh();
}

/// Takes back what is ordered beyond what is wanted, as far as the orders stay worth their minimum.
fn lower(draft: &mut Draft<'_>, wanted: &[Wanted]) {
    for one in wanted {
        if draft.packs[one.offer][0] > one.packs {
            set(draft, *one);
        }
    }
}

/// Where money for what is due is short, lines of period 0 of items that are not due wait for a later order.
fn leave_money(draft: &mut Draft<'_>, wanted: &[Wanted]) {
    let model = draft.model;
    let more = |one: &Wanted| (count_to_f64(one.packs - draft.packs[one.offer][0]) * model.offers[one.offer].price).max(0.0);
    let mut short = draft.spent[0] + wanted.iter().map(more).sum::<f64>() - model.budget[0];
    for offer in 0..model.offers.len() {
        let own = &model.offers[offer];
        let waits = model.instance.items[own.item].due.as_ref().is_some_and(|due| due.packs == 0);
        let packs = draft.packs[offer][0];
        if short <= 0.0 || !waits || packs == 0 {
            continue;
        }
        let change = [Change { offer, period: 0, packs: -packs }];
        if draft.trial(&change, true).is_some() {
            draft.make(&change);
            resize_later_lots(draft, own.item);
            short -= count_to_f64(packs) * own.price;
        }
    }
}

fn wanted(model: &Model<'_>) -> Vec<Wanted> {
    let items = model.instance.items.iter().zip(&model.items).enumerate();
    let due = items.filter_map(|(item, (given, own))| {
        let due = given.due.as_ref().filter(|due| due.packs > 0)?;
        let offer = own.offers.iter().copied().find(|&k| model.instance.offers[k].id == due.offer)?;
        let below = (due.reorder_level.unwrap_or(0.0) - count_to_f64(due.position)).max(0.0) + 1.0;
        let packs = steady(due, own, model.offers[offer].units)
            .clamp(model.offers[offer].moq, model.offers[offer].most.max(model.offers[offer].moq));
        // Scarce money goes where a unit of it avoids most.
        let urgency = if model.budget[0].is_finite() { per_money(model, offer, own.shortage, due) } else { own.shortage * below };
        Some(Wanted { item, offer, packs, urgency })
    });
    due.filter(|one| model.offers[one.offer].open[0]).collect()
}

/// The packs to order: yesterday's advice where it is as good. Delta units more or less than the best lot cost about
/// `h delta^2 / (2 d)`: they are held, or missed, for delta / d periods.
fn steady(due: &Due, item: &ItemModel, units_per_pack: f64) -> i64 {
    let Some(before) = due.previous_packs.filter(|packs| *packs > 0) else { return due.packs };
    let delta = count_to_f64(before - due.packs) * units_per_pack;
    let a_period = item.demand.iter().sum::<f64>() / length_to_f64(item.demand.len().max(1));
    let cost = item.holding * delta * delta / (2.0 * a_period.max(1e-9));
    if cost <= CHANGE_COST { before } else { due.packs }
}

/// Shortage cost of a unit against its price, the more the emptier the item is against its reorder level.
fn per_money(model: &Model<'_>, offer: usize, shortage: f64, due: &Due) -> f64 {
    let own = &model.offers[offer];
    let price = own.price / count_to_f64(model.instance.offers[offer].units_per_pack.max(1));
    let left = count_to_f64(due.position) / due.reorder_level.unwrap_or(0.0).max(1.0);
    shortage / price.max(1e-9) / (left.max(0.0) + 0.25)
}

/// Today's line of an item, as many packs of those wanted as the limits allow.
fn set(draft: &mut Draft<'_>, wanted: Wanted) {
    let model = draft.model;
    let offer = &model.offers[wanted.offer];
    // An order that costs something of its own is placed when the plan finds it worth it.
    let opens =
        draft.lines[offer.supplier][0] == 0 && (model.suppliers[offer.supplier].fee > 0.0 || model.suppliers[offer.supplier].minimum > 0.0);
    let now = draft.packs[wanted.offer][0];
    let mut packs = wanted.packs.max(least_for_minimum(draft, wanted.offer));
    loop {
        let changes: Vec<Change> = (model.items[wanted.item].offers.iter())
            .map(|&k| Change { offer: k, period: 0, packs: if k == wanted.offer { packs } else { 0 } - draft.packs[k][0] })
            .filter(|change| change.packs != 0)
            .collect();
        if changes.is_empty() {
            return;
        }
        match draft.trial(&changes, true) {
            Some(delta) if !opens || delta < 0.0 => {
                draft.make(&changes);
                resize_later_lots(draft, wanted.item);
                return;
            }
            _ if packs <= offer.moq || packs <= now => return,
            _ => packs = (packs * 3 / 4).max(offer.moq).max(now),
        }
    }
}

/// Packs with which the order of today is worth its supplier's minimum, the other lines as they are; 0 where more than
/// may be ordered would be needed.
fn least_for_minimum(draft: &Draft<'_>, offer: usize) -> i64 {
    let own = &draft.model.offers[offer];
    let minimum = draft.model.suppliers[own.supplier].minimum;
    let others = draft.value[own.supplier][0] - count_to_f64(draft.packs[offer][0]) * own.price;
    if minimum <= others || own.price <= 0.0 {
        return 0;
    }
    let packs = ceil_to_count((minimum - others) / own.price);
    if packs <= own.most { packs } else { 0 }
}

/// `days[offer]`: days after the start of period 0 on which its line is due; 0 = at once, and where there is no line.
///
/// Lines of one order go together where the order itself costs something.
pub(crate) fn due_days(draft: &Draft<'_>) -> Vec<u32> {
    let model = draft.model;
    let mut days = vec![0; model.offers.len()];
    for supplier in &model.suppliers {
        let placed = || supplier.offers.iter().copied().filter(|&k| draft.packs[k][0] > 0);
        let together = (supplier.fee > 0.0 || supplier.minimum > 0.0).then(|| placed().map(|k| own_day(model, k)).min()).flatten();
        for k in placed() {
            days[k] = together.unwrap_or_else(|| own_day(model, k));
        }
    }
    days
}

/// The first review on which the item is expected to be due, at the latest the one that ends the period.
fn own_day(model: &Model<'_>, offer: usize) -> u32 {
    let Some(due) = &model.instance.items[model.offers[offer].item].due else { return 0 };
    if due.packs > 0 {
        return 0;
    }
    // A line that waits for the first review after the period is dated to it.
    later_review(due).min(model.instance.period_days.max(due.review_days))
}

fn later_review(due: &Due) -> u32 {
    let review = due.review_days.max(1);
    let days = due.days_to_reorder.map_or(u32::MAX, |days| u32::try_from(ceil_to_count(days.min(1e6))).unwrap_or(u32::MAX));
    days.max(1).div_ceil(review).saturating_mul(review)
}
