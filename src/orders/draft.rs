//! Drafting an order: checked sums, a readable code, one transaction with whatever caused it.

use super::order::{self, OrderView};
use super::store;
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::money::{self, is_currency};
use crate::base::quantity::units_of_packs;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::outbox::{self, Topic};

/// One line of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftLine {
    /// Where it goes, and which item.
    pub stock_point_id: i64,
    /// The supplier's offer of this item.
    pub offer_id: i64,
    /// Whole packs, at least 1.
    pub packs: i64,
    /// Base units in a pack, as in the offer at this moment.
    pub units_per_pack: i64,
    /// Per pack, as in the offer at this moment.
    pub price_minor: i64,
}

/// An order to be drafted: one supplier, one day, one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// From whom.
    pub supplier_id: i64,
    /// The plan that it comes from.
    pub plan_id: Option<i64>,
    /// Day on which it is to be ordered.
    pub order_day: Day,
    /// Day on which it is expected.
    pub expected_day: Day,
    /// Of all its prices.
    pub currency: String,
    /// Its lines, at least one.
    pub lines: Vec<DraftLine>,
}

/// Makes a draft order; `actor` is its maker and may not approve it. Not safe to repeat: each call makes an order.
///
/// # Errors
/// `invalid_input` for lines that break a rule, or offers of another supplier, item or currency; `conflict` when
/// another service took the same code at the same moment.
pub fn draft(tx: &mut Tx<'_>, site_id: i64, actor: &str, draft: &Draft) -> Result<OrderView> {
    let total_minor = checked_total(draft)?;
    let order_id = tx.id();
    let code = next_code(tx)?;
    if !store::insert_order(tx, site_id, order_id, &code, actor, draft, total_minor)? {
        return Err(Error::new(Code::Conflict, format!("another order took the code '{code}' at this moment; try again")));
    }
    for (line, number) in draft.lines.iter().zip(1..) {
        store::insert_line(tx, site_id, order_id, number, line)?;
    }
    let misfits = store::misfit_lines(tx.conn, site_id, order_id)?;
    if !misfits.is_empty() {
        let say = |line: i64| {
            FieldError::new(format!("/lines/{}", line - 1), "offer", "the offer is of another supplier, item, currency or pack size")
        };
        return Err(Error::invalid(misfits.into_iter().map(say).collect()));
    }
    let view = order::view(tx.conn, site_id, order_id)?;
    let detail = serde_json::json!({
        "supplier": view.head.supplier, "lines": draft.lines.len(), "total": view.head.total, "plan": view.head.plan
    });
    audit::record(tx, site_id, actor, "order.draft", &code, &detail)?;
    outbox::push(tx, site_id, Topic::Order, &serde_json::json!({"order": code, "state": view.head.state}))?;
    Ok(view)
}

/// Checks the lines and adds them up.
fn checked_total(draft: &Draft) -> Result<i64> {
    let mut errors = Vec::new();
    if draft.lines.is_empty() {
        errors.push(FieldError::new("/lines", "needed", "an order has at least one line"));
    }
    if !is_currency(&draft.currency) {
        errors.push(FieldError::new("/currency", "currency", "must be three capital letters, as in ISO 4217"));
    }
    if draft.expected_day < draft.order_day {
        errors.push(FieldError::new("/expected_day", "out_of_range", "lies before the day of the order"));
    }
    for (at, line) in draft.lines.iter().enumerate() {
        if line.packs < 1 {
            errors.push(FieldError::new(format!("/lines/{at}/packs"), "out_of_range", "at least 1 pack"));
        }
        if line.units_per_pack < 1 {
            errors.push(FieldError::new(format!("/lines/{at}/units_per_pack"), "out_of_range", "at least 1 unit in a pack"));
        }
        if line.price_minor < 0 {
            errors.push(FieldError::new(format!("/lines/{at}/price_minor"), "out_of_range", "no negative price"));
        }
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let mut total = 0_i64;
    for line in &draft.lines {
        units_of_packs(line.packs, line.units_per_pack)?;
        let cost = money::cost_minor(line.packs, line.price_minor)?;
        total =
            total.checked_add(cost).ok_or_else(|| Error::field("/lines", "out_of_range", "the total is more money than can be counted"))?;
    }
    Ok(total)
}

fn next_code(tx: &mut Tx<'_>) -> Result<String> {
    let newest = store::newest_codes(tx.conn)?;
    let year = tx.now.day().to_text().split('-').next().and_then(|year| year.parse().ok()).unwrap_or(0);
    Ok(code_after(&newest, year))
}

/// The code after those in use: the counter starts anew each year, and never goes back when the clock does.
fn code_after(in_use: &[String], year: i64) -> String {
    let read = |code: &String| {
        let (year, number) = code.strip_prefix("PO-")?.split_once('-')?;
        Some((year.parse::<i64>().ok()?, number.parse::<i64>().ok()?))
    };
    let (last_year, last_number) = in_use.iter().filter_map(read).max().unwrap_or((year, 0));
    let (year, number) = if year > last_year { (year, 1) } else { (last_year, last_number + 1) };
    format!("PO-{year}-{number:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(in_use: &[&str], year: i64, want: &str) {
        let in_use: Vec<String> = in_use.iter().map(ToString::to_string).collect();
        assert_eq!(code_after(&in_use, year), want);
    }

    #[test]
    fn codes_count_up_within_a_year() {
        check(&[], 2026, "PO-2026-000001");
        check(&["PO-2026-000009", "PO-2026-000012"], 2026, "PO-2026-000013");
        check(&["PO-2026-999999"], 2026, "PO-2026-1000000");
        check(&["PO-2026-000012"], 2027, "PO-2027-000001");
        check(&["PO-2027-000001"], 2026, "PO-2027-000002");
        check(&["from elsewhere"], 2026, "PO-2026-000001");
    }

    #[test]
    fn sums_are_checked() {
        let line = DraftLine { stock_point_id: 1, offer_id: 1, packs: 3, units_per_pack: 10, price_minor: 250 };
        let draft = |lines: Vec<DraftLine>| Draft {
            supplier_id: 1,
            plan_id: None,
            order_day: Day(10),
            expected_day: Day(12),
            currency: "EUR".into(),
            lines,
        };
        assert_eq!(checked_total(&draft(vec![line.clone(), line.clone()])).unwrap(), 1_500);
        assert!(checked_total(&draft(vec![])).is_err());
        assert!(checked_total(&draft(vec![DraftLine { packs: 0, ..line.clone() }])).is_err());
        assert!(checked_total(&draft(vec![DraftLine { price_minor: i64::MAX, ..line }])).is_err());
    }
}
