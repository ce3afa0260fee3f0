//! Fixed flows as an instance of unlinked items: what leaves is demand, what comes is on order, demand that another
//! item meets is that item's.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, item or way of the same model")]

use std::collections::BTreeMap;

use super::super::input::{Due, Instance, Item, OpenOrder};
use super::super::model::{Model, Receipt};
use super::flows::Flows;
use crate::convert::{ceil_to_count, count_to_f64, index_to_period, length_to_f64, round_to_count};

/// The instance without links.
pub(super) fn unlinked(instance: &Instance) -> Instance {
    Instance { transfers: Vec::new(), substitutes: Vec::new(), ..instance.clone() }
}

/// The instance in which these flows are fixed.
pub(super) fn effective(model: &Model<'_>, flows: &Flows) -> Instance {
    let mut made = unlinked(model.instance);
    // Change of the position by flows of the first period.
    let mut now = vec![0.0; made.items.len()];
    for (l, lane) in model.links.lanes.iter().enumerate() {
        for (t, &units) in flows.moves[l].iter().enumerate().filter(|flow| *flow.1 > 0) {
            shift(&mut made.items[lane.from], t, count_to_f64(units));
            arrive(&mut made.items[lane.to], t + lane.lead, &flows.lots[l][t], model.periods);
            if t == 0 {
                now[lane.from] -= count_to_f64(units);
                now[lane.to] += count_to_f64(units);
            }
        }
    }
    for (s, pair) in model.links.stand_ins.iter().enumerate() {
        for (t, &units) in flows.given[s].iter().enumerate().filter(|flow| *flow.1 > 0) {
            let units = count_to_f64(units);
            shift(&mut made.items[pair.item], t, -units);
            shift(&mut made.items[pair.substitute], t, pair.ratio * units);
            if t == 0 {
                now[pair.item] += units;
                now[pair.substitute] -= pair.ratio * units;
            }
        }
    }
    for (i, change) in now.into_iter().enumerate().filter(|one| one.1 != 0.0) {
        let packs = model.items[i].offers.iter().map(|&k| (&model.instance.offers[k].id, &model.offers[k]));
        let item = &mut made.items[i];
        let a_period = item.demand.iter().map(|d| d.mean).sum::<f64>() / length_to_f64(model.periods);
        let a_day = a_period / f64::from(made.period_days);
        if let Some(due) = &mut item.due
            && let Some((_, offer)) = packs.into_iter().find(|known| *known.0 == due.offer)
        {
            move_position(due, change, (offer.units, offer.moq), a_day);
        }
    }
    made
}

/// More demand in one period by a fixed amount; less than nothing is nothing.
fn shift(item: &mut Item, t: usize, units: f64) {
    let move_law = |demand: &mut super::super::input::PeriodDemand| {
        demand.mean = (demand.mean + units).max(0.0);
        demand.quantiles.iter_mut().for_each(|quantile| quantile.1 = (quantile.1 + units).max(0.0));
    };
    move_law(&mut item.demand[t]);
    item.cumulative_demand.iter_mut().flatten().skip(t).for_each(move_law);
}

/// Moved lots as orders on their way, in whole units.
fn arrive(item: &mut Item, arrives: usize, lots: &[(usize, f64)], periods: usize) {
    let (mut sum, mut placed) = (0.0, 0);
    for &(last, units) in lots {
        sum += units;
        let whole = round_to_count(sum) - placed;
        placed += whole;
        let expires_period = (last < periods).then(|| index_to_period(last));
        item.on_order.push(OpenOrder { units: whole, arrives_period: index_to_period(arrives), expires_period });
    }
}

/// An item whose position changes today may become due, or stop being so.
fn move_position(due: &mut Due, change: f64, (units_per_pack, moq): (f64, i64), a_day: f64) {
    let position = count_to_f64(due.position) + change;
    due.position = round_to_count(position.max(0.0));
    due.previous_packs = None;
    let level = due.reorder_level.filter(|&level| position <= level);
    due.packs = level.map_or(0, |_| ceil_to_count((due.up_to_level - position).max(0.0) / units_per_pack).max(moq));
    due.days_to_reorder = match due.reorder_level {
        Some(level) if a_day > 0.0 => Some(((position - level) / a_day).max(0.0)),
        _ => None,
    };
    if change > 0.0 {
        due.short_before_delivery = (due.short_before_delivery - change).max(0.0);
    }
}

/// The model of an effective instance: lots as they are moved, limits and price of low stock of the linked model.
pub(super) fn effective_model<'a>(instance: &'a Instance, linked: &Model<'_>, flows: &Flows) -> Model<'a> {
    let mut model = Model::new(instance, linked.threads);
    let mut moved: BTreeMap<usize, Vec<Vec<Receipt>>> = BTreeMap::new();
    for &i in linked.links.components.iter().flat_map(|component| &component.items) {
        let own = &linked.items[i].receipts;
        moved.insert(i, (0..linked.periods).map(|t| own[t].to_vec()).collect());
    }
    for (lane, moves) in linked.links.lanes.iter().zip(&flows.lots) {
        for (t, lots) in moves.iter().enumerate() {
            if let Some(slot) = moved.get_mut(&lane.to).and_then(|rows| rows.get_mut(t + lane.lead)) {
                slot.extend(lots.iter().map(|&(last, units)| Receipt { last, units }));
            }
        }
    }
    for (i, receipts) in moved {
        let (item, own) = (&mut model.items[i], &linked.items[i]);
        item.plain = own.plain && receipts.iter().flatten().all(|receipt| receipt.last >= linked.periods);
        item.receipts = receipts.into();
        item.risk.clone_from(&own.risk);
    }
    model.add_classes();
    for (class, given) in model.classes.iter_mut().zip(&linked.classes) {
        class.limit.clone_from(&given.limit);
    }
    model
}

/// Whether stock alone keeps every storage limit once these flows are fixed: then ordering nothing is a plan.
pub(super) fn keeps_storage(model: &Model<'_>) -> bool {
    let classes = model.classes.iter();
    classes.flat_map(|class| class.before.iter().zip(&class.limit)).all(|(&before, &limit)| super::super::packs::within(before, limit))
}
