//! Receiving: what came in is booked into the ledger, line by line, never more than was ordered.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::lead_time::DeliveryRecord;
use super::lifecycle::{require_version, wrong_state};
use super::order::{self, LineView, OrderKey, OrderView, State};
use super::store;
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::outbox::{self, Topic};
use crate::stock;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};

/// How far ahead a person's clock may be, as for movements.
const AHEAD_SECONDS_MAX: i64 = 300;
/// Entries in one receipt.
const LINES_MAX: usize = 1_000;

/// What came in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// One entry per lot; empty only together with `close`.
    #[serde(default)]
    pub lines: Vec<ReceiptLine>,
    /// When it came in; default now.
    pub received_at: Option<Micros>,
    /// Nothing more is expected, even if something is missing.
    #[serde(default)]
    pub close: bool,
}

/// One lot that came in.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLine {
    /// Number of the order line.
    pub line: i64,
    /// Base units.
    pub quantity: i64,
    /// Lot code; without: stock without a lot.
    pub lot: Option<String>,
    /// Last day of use; needed for an item that expires.
    pub expiry: Option<Day>,
}

/// The order after a receipt.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Received {
    /// The order as it stands now.
    #[serde(flatten)]
    pub order: OrderView,
    /// Ids of the movements that were booked.
    pub movements: Vec<String>,
}

/// The states in which something may come in.
const RECEIVING: &[State] = &[State::Approved, State::Sent, State::Acknowledged, State::Received];

/// Books a receipt: movements, received units, the delivery for lead times, the state. All or nothing.
///
/// The state stays while something is missing, becomes `received` when all is in, and `closed` when asked.
///
/// # Errors
/// `wrong_state`, `precondition_failed`; `invalid_input` naming each bad line (`unknown`, `out_of_range`,
/// `needed`, `expired_on_arrival`) or `future`.
pub fn receive(tx: &mut Tx<'_>, actor: &str, order: &OrderKey, receipt: &Receipt, seen: Option<i64>) -> Result<Received> {
    require_version(order, seen)?;
    if !RECEIVING.contains(&order.state) {
        return Err(wrong_state(order, "receive", RECEIVING));
    }
    let before = order::view(tx.conn, order.site_id, order.id)?;
    let errors = judge(&before.lines, receipt, tx.now);
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let received_at = receipt.received_at.unwrap_or(tx.now);
    let movements = book(tx, actor, order, &before.lines, receipt, received_at)?;
    for line in &before.lines {
        let units: i64 = receipt.lines.iter().filter(|came| came.line == line.line).map(|came| came.quantity).sum();
        if units > 0 {
            if store::add_received(tx, order, line.line, units)? == 0 {
                return Err(Error::new(Code::Conflict, "somebody else received this line at this moment; read the order again"));
            }
            keep_delivery(tx, order, line, received_at)?;
        }
    }
    let state = state_after(order.state, &before.lines, receipt);
    if store::set_received(tx, order, state)? == 0 {
        return Err(Error::new(Code::Conflict, "somebody else changed this order at this moment; read it again"));
    }
    let detail = serde_json::json!({"before": order.state, "after": state, "received_at": received_at, "lines": receipt.lines});
    audit::record(tx, order.site_id, actor, "order.receive", &order.code, &detail)?;
    outbox::push(tx, order.site_id, Topic::Order, &serde_json::json!({"order": order.code, "state": state}))?;
    let order = order::view(tx.conn, order.site_id, order.id)?;
    Ok(Received { order, movements: movements.into_iter().map(id::to_wire).collect() })
}

/// What is wrong with a receipt; empty when it may be booked.
fn judge(lines: &[LineView], receipt: &Receipt, now: Micros) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if receipt.lines.is_empty() && !receipt.close {
        errors.push(FieldError::new("/lines", "needed", "say what came in, or close the order"));
    }
    if receipt.lines.len() > LINES_MAX {
        errors.push(FieldError::new("/lines", "out_of_range", format!("at most {LINES_MAX} at a time")));
    }
    let received_at = receipt.received_at.unwrap_or(now);
    if received_at > now.plus_seconds(AHEAD_SECONDS_MAX) {
        errors.push(FieldError::new("/received_at", "future", "lies more than 5 minutes ahead"));
    }
    let mut open: HashMap<i64, i64> = lines.iter().map(|line| (line.line, line.open)).collect();
    for (at, came) in receipt.lines.iter().enumerate() {
        let Some((line, left)) = lines.iter().find(|line| line.line == came.line).zip(open.get_mut(&came.line)) else {
            errors.push(FieldError::new(format!("/lines/{at}/line"), "unknown", format!("the order has no line {}", came.line)));
            continue;
        };
        errors.extend(judge_lot(at, line, came, received_at.day()));
        if came.quantity < 1 {
            errors.push(FieldError::new(format!("/lines/{at}/quantity"), "out_of_range", "at least 1 base unit"));
        } else if came.quantity > *left {
            let detail = format!(
                "line {} ({}): {} came in, {left} of {} {} are open",
                line.line, line.item, came.quantity, line.units, line.base_unit
            );
            errors.push(FieldError::new(format!("/lines/{at}/quantity"), "out_of_range", detail));
        } else {
            *left -= came.quantity;
        }
    }
    errors
}

fn judge_lot(at: usize, line: &LineView, came: &ReceiptLine, day: Day) -> Option<FieldError> {
    if came.lot.as_ref().is_some_and(|lot| lot.len() > 64) {
        return Some(FieldError::new(format!("/lines/{at}/lot"), "out_of_range", "at most 64 characters"));
    }
    match came.expiry {
        Some(expiry) if expiry < day => {
            let detail = format!("line {} ({}): expired on {expiry}, before it came in on {day}", line.line, line.item);
            Some(FieldError::new(format!("/lines/{at}/expiry"), "expired_on_arrival", detail))
        }
        None if line.shelf_life_days.is_some() => {
            let detail = format!("line {} ({}): this item expires, so say when", line.line, line.item);
            Some(FieldError::new(format!("/lines/{at}/expiry"), "needed", detail))
        }
        _ => None,
    }
}

/// The state after a receipt that was found good.
fn state_after(now: State, lines: &[LineView], receipt: &Receipt) -> State {
    let open: i64 = lines.iter().map(|line| line.open).sum();
    let came: i64 = receipt.lines.iter().map(|line| line.quantity).sum();
    if receipt.close {
        State::Closed
    } else if came >= open {
        State::Received
    } else {
        now
    }
}

fn book(tx: &mut Tx<'_>, actor: &str, order: &OrderKey, lines: &[LineView], receipt: &Receipt, received_at: Micros) -> Result<Vec<i64>> {
    let mut entries = Vec::with_capacity(receipt.lines.len());
    for came in &receipt.lines {
        let Some(line) = lines.iter().find(|line| line.line == came.line) else { continue };
        entries.push(Entry {
            stock_point_id: line.stock_point_id,
            item_id: line.item_id,
            lot: LotChoice::Named { code: came.lot.clone().unwrap_or_default(), expiry: came.expiry },
            kind: Kind::Receipt,
            quantity_delta: came.quantity,
            requested_units: None,
            source: Source::Order,
            source_key: format!("{}/{}/{}", order.id, came.line, tx.id()),
            event_at: received_at,
            reason: None,
            actor: actor.to_owned(),
            reversal_of: None,
        });
    }
    stock::record(tx, order.site_id, &entries)
}

/// Keeps the delivery of a line, so that lead times learn: from the day it was sent to its latest receipt.
fn keep_delivery(tx: &mut Tx<'_>, order: &OrderKey, line: &LineView, received_at: Micros) -> Result<()> {
    let received_day = received_at.day();
    let record = DeliveryRecord {
        supplier_id: order.supplier_id,
        item_id: Some(line.item_id),
        ordered_day: order.sent_at.map_or(order.order_day, Micros::day).min(received_day),
        promised_day: Some(order.expected_day),
        received_day: Some(received_day),
    };
    store::delivery::keep_latest(tx, &format!("order/{}/{}", order.id, line.line), &record, line.packs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::money::Money;

    const NOW: Micros = Micros(1_795_000_000_000_000);

    fn line(line: i64, open: i64, shelf_life_days: Option<i64>) -> LineView {
        LineView {
            line,
            place: "STORE".into(),
            item: format!("P{line}"),
            name: String::new(),
            base_unit: "vial".into(),
            packs: 10,
            units_per_pack: 10,
            units: 100,
            received: 100 - open,
            open,
            price: Money::new(250, "EUR"),
            total: Money::new(2_500, "EUR"),
            stock_point_id: line,
            item_id: line,
            shelf_life_days,
        }
    }

    fn came(line: i64, quantity: i64, expiry_in: Option<i64>) -> ReceiptLine {
        ReceiptLine { line, quantity, lot: Some("L1".into()), expiry: expiry_in.map(|days| NOW.day().plus(days)) }
    }

    #[track_caller]
    fn check(lines: Vec<ReceiptLine>, want: &[(&str, &str)]) {
        let receipt = Receipt { lines, ..Receipt::default() };
        let errors = judge(&[line(1, 40, Some(365)), line(2, 100, None)], &receipt, NOW);
        let found: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn good_receipts_pass() {
        check(vec![came(1, 40, Some(100)), came(2, 100, None)], &[]);
        check(vec![came(1, 30, Some(0)), came(1, 10, Some(5))], &[]);
        check(vec![came(2, 1, Some(9))], &[]);
    }

    #[test]
    fn bad_receipts_are_named() {
        check(vec![], &[("/lines", "needed")]);
        check(vec![came(3, 1, None)], &[("/lines/0/line", "unknown")]);
        check(vec![came(1, 41, Some(9))], &[("/lines/0/quantity", "out_of_range")]);
        check(vec![came(1, 30, Some(9)), came(1, 11, Some(9))], &[("/lines/1/quantity", "out_of_range")]);
        check(vec![came(2, 0, None)], &[("/lines/0/quantity", "out_of_range")]);
        check(vec![came(1, 1, None)], &[("/lines/0/expiry", "needed")]);
        check(vec![came(2, 1, Some(-1))], &[("/lines/0/expiry", "expired_on_arrival")]);
    }

    #[test]
    fn times_ahead_are_refused_and_late_ones_taken() {
        let at = |seconds| Receipt { received_at: Some(NOW.plus_seconds(seconds)), close: true, ..Receipt::default() };
        assert_eq!(judge(&[], &at(301), NOW)[0].code, "future");
        assert!(judge(&[], &at(-90 * 86_400), NOW).is_empty());
    }

    #[test]
    fn the_state_follows_what_came() {
        let lines = [line(1, 40, None), line(2, 100, None)];
        let receipt = |lines, close| Receipt { lines, close, ..Receipt::default() };
        assert_eq!(state_after(State::Sent, &lines, &receipt(vec![came(1, 40, None)], false)), State::Sent);
        assert_eq!(state_after(State::Sent, &lines, &receipt(vec![came(1, 40, None), came(2, 100, None)], false)), State::Received);
        assert_eq!(state_after(State::Sent, &lines, &receipt(vec![came(1, 1, None)], true)), State::Closed);
    }
}
