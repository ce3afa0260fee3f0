//! Accepting a plan: the lines that are due before the next plan become draft orders, one per supplier and order day.

use std::collections::BTreeMap;

use super::store::{self, PlanLineView};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::outbox::{self, Topic};
use crate::orders::{self, Draft, DraftLine, OrderView};

/// Accepts a plan; answers the draft orders.
///
/// Only lines to be ordered before the next plan is made are drafted: later ones are an outlook, which the next
/// plan decides anew. A line set to 0 packs by a person is left out.
///
/// # Errors
/// `wrong_state` unless the plan is done, and when another plan was accepted since it was asked for.
pub(super) fn accept(tx: &mut Tx<'_>, actor: &str, site_id: i64, plan_id: i64) -> Result<Vec<OrderView>> {
    if !store::move_state(tx, site_id, plan_id, "done", "accepted")? {
        let now = store::plan_head(tx.conn, plan_id)?.map_or_else(|| "gone".to_owned(), |head| head.state);
        return Err(Error::new(Code::WrongState, format!("the plan is {now}; only a plan that is done can be accepted")));
    }
    if let Some(order) = store::overtaken_by(tx.conn, site_id, plan_id)? {
        let detail =
            format!("order {order} was made from another plan since, and this one does not know it: make a new plan, or cancel the order");
        return Err(Error::new(Code::WrongState, detail));
    }
    let wish = store::request_of(tx.conn, site_id, plan_id)?;
    let lines = store::lines_of(tx.conn, site_id, plan_id)?;
    let first = lines.iter().map(|line| line.planned_from).min().unwrap_or(0);
    let mut drafts: BTreeMap<(i64, i64, String), Vec<&PlanLineView>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.order_day < first + wish.review_days() && line.wanted_packs() > 0) {
        drafts.entry((line.order_day, line.supplier_id, line.currency.clone())).or_default().push(line);
    }
    let mut made = Vec::with_capacity(drafts.len());
    for ((order_day, supplier_id, currency), lines) in drafts {
        let draft = Draft {
            supplier_id,
            plan_id: Some(plan_id),
            order_day: Day(order_day),
            expected_day: Day(lines.iter().map(|line| line.arrival_day).max().unwrap_or(order_day)),
            currency,
            lines: lines
                .iter()
                .map(|line| DraftLine {
                    stock_point_id: line.stock_point_id,
                    offer_id: line.offer_id,
                    packs: line.wanted_packs(),
                    units_per_pack: line.units_per_pack,
                    price_minor: line.price_minor,
                })
                .collect(),
        };
        made.push(orders::draft(tx, site_id, actor, &draft)?);
    }
    crate::access::audit::record(
        tx,
        site_id,
        actor,
        "plan.accept",
        &plan_id.to_string(),
        &serde_json::json!({"orders": made.iter().map(|order| order.head.code.clone()).collect::<Vec<_>>()}),
    )?;
    outbox::push(tx, site_id, Topic::Plan, &serde_json::json!({"plan": plan_id.to_string(), "state": "accepted"}))?;
    Ok(made)
}
