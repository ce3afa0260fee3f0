//! The tables of orders, order lines and deliveries; reads join what they need.

pub(super) mod delivery;
mod read;

use diesel::prelude::*;

use super::draft::{Draft, DraftLine};
use super::lifecycle::Step;
use super::order::{OrderKey, State};
use crate::base::error::Result;
use crate::db::Tx;
use crate::db::schema::{order_line, purchase_order};

pub(super) use read::{head, keys_by_name, lines, list, misfit_lines, newest_codes, on_order, open_lines, received_units, supplier_ids};

/// Adds an order; answers whether its code was free.
pub(super) fn insert_order(
    tx: &mut Tx<'_>,
    site_id: i64,
    id: i64,
    code: &str,
    made_by: &str,
    draft: &Draft,
    total_minor: i64,
) -> Result<bool> {
    let added = diesel::insert_into(purchase_order::table)
        .values((
            purchase_order::site_id.eq(site_id),
            purchase_order::id.eq(id),
            purchase_order::code.eq(code),
            purchase_order::supplier_id.eq(draft.supplier_id),
            purchase_order::plan_id.eq(draft.plan_id),
            purchase_order::state.eq(State::Draft.word()),
            purchase_order::order_day.eq(draft.order_day.0),
            purchase_order::expected_day.eq(draft.expected_day.0),
            purchase_order::currency.eq(&draft.currency),
            purchase_order::total_minor.eq(total_minor),
            purchase_order::made_by.eq(made_by),
            purchase_order::version.eq(1_i64),
            purchase_order::updated_at.eq(tx.now.0),
        ))
        .execute(tx.conn);
    match added {
        Ok(_) => Ok(true),
        Err(cause) if crate::db::is_unique_violation(&cause) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

pub(super) fn insert_line(tx: &mut Tx<'_>, site_id: i64, order_id: i64, number: i64, line: &DraftLine) -> Result<()> {
    diesel::insert_into(order_line::table)
        .values((
            order_line::site_id.eq(site_id),
            order_line::order_id.eq(order_id),
            order_line::line.eq(number),
            order_line::stock_point_id.eq(line.stock_point_id),
            order_line::offer_id.eq(line.offer_id),
            order_line::packs.eq(line.packs),
            order_line::units_per_pack.eq(line.units_per_pack),
            order_line::price_minor.eq(line.price_minor),
            order_line::received_units.eq(0_i64),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes a step, if the order is still as it was read; answers how many rows changed.
pub(super) fn set_state(tx: &mut Tx<'_>, order: &OrderKey, step: Step, actor: &str) -> Result<usize> {
    let as_read = purchase_order::table
        .filter(purchase_order::site_id.eq(order.site_id))
        .filter(purchase_order::id.eq(order.id))
        .filter(purchase_order::state.eq(order.state.word()))
        .filter(purchase_order::version.eq(order.version));
    let changed = (
        purchase_order::state.eq(step.leads_to().word()),
        purchase_order::version.eq(order.version + 1),
        purchase_order::updated_at.eq(tx.now.0),
    );
    Ok(match step {
        Step::Approve => diesel::update(as_read).set((changed, purchase_order::approved_by.eq(Some(actor)))).execute(tx.conn)?,
        Step::Send => diesel::update(as_read).set((changed, purchase_order::sent_at.eq(Some(tx.now.0)))).execute(tx.conn)?,
        Step::Acknowledge { expected_day: Some(day) } => {
            diesel::update(as_read).set((changed, purchase_order::expected_day.eq(day.0))).execute(tx.conn)?
        }
        Step::Acknowledge { expected_day: None } | Step::Cancel => diesel::update(as_read).set(changed).execute(tx.conn)?,
    })
}

/// Sets the state after a receipt, if the order is still as it was read; answers how many rows changed.
pub(super) fn set_received(tx: &mut Tx<'_>, order: &OrderKey, state: State) -> Result<usize> {
    let as_read = purchase_order::table
        .filter(purchase_order::site_id.eq(order.site_id))
        .filter(purchase_order::id.eq(order.id))
        .filter(purchase_order::state.eq(order.state.word()))
        .filter(purchase_order::version.eq(order.version));
    Ok(diesel::update(as_read)
        .set((
            purchase_order::state.eq(state.word()),
            purchase_order::version.eq(order.version + 1),
            purchase_order::updated_at.eq(tx.now.0),
        ))
        .execute(tx.conn)?)
}

/// Adds to what came in of a line, never beyond what was ordered; answers how many rows changed.
pub(super) fn add_received(tx: &mut Tx<'_>, order: &OrderKey, line: i64, units: i64) -> Result<usize> {
    let with_room = order_line::table
        .filter(order_line::site_id.eq(order.site_id))
        .filter(order_line::order_id.eq(order.id))
        .filter(order_line::line.eq(line))
        .filter((order_line::received_units + units).le(order_line::packs * order_line::units_per_pack));
    Ok(diesel::update(with_room).set(order_line::received_units.eq(order_line::received_units + units)).execute(tx.conn)?)
}
