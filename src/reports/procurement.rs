//! The procurement report: recommended, ordered, spent, held back, run out, expired.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Scope;
use super::plan::{self, BudgetView, HeldBack};
use super::stock_out::{self, StockOut};
use super::store;
use super::store::stock::LotRow;
use super::worth::{Worth, sums};
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::db::conn::Conn;

/// The report. `from` and `to` bound the day of the order, the day of a movement and the days at zero; `recommended`,
/// `budget` and `held_back` tell of the newest plan, `expired` also of what is on hand now.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Procurement {
    /// The moment of the report.
    pub as_of: Micros,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Code of the site; null: all sites that the caller may see.
    pub site: Option<String>,
    /// What the newest plan of each site recommends to order over its whole horizon (the lines to order now and the
    /// outlook), by supplier; empty once it is accepted.
    pub recommended: Vec<Recommended>,
    /// Orders of the period, by supplier and state.
    pub orders: Vec<OrderSum>,
    /// What those orders cost.
    pub spend: Spend,
    /// The budget of the newest plan of each site.
    pub budget: Vec<BudgetView>,
    /// What a limit of the newest plan keeps smaller than wanted.
    pub held_back: Vec<HeldBack>,
    /// Stock points that were empty for a while or left requests open.
    pub stock_outs: Vec<StockOut>,
    /// What was thrown away, and what stands on a shelf past its expiry.
    pub expired: Vec<Expired>,
    /// All of it in few figures.
    pub totals: Totals,
}

/// What a plan recommends to order from one supplier.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Recommended {
    /// Code of the site.
    pub site: String,
    /// Id of the plan.
    pub plan: String,
    /// Code of the supplier.
    pub supplier: String,
    /// Name of the supplier.
    pub supplier_name: String,
    /// Lines with at least one pack.
    pub lines: i64,
    /// Packs, overrides counted.
    pub packs: i64,
    /// Packs times price.
    pub cost: Money,
}

/// The orders to one supplier that are in one state.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OrderSum {
    /// Code of the site.
    pub site: String,
    /// Code of the supplier.
    pub supplier: String,
    /// Name of the supplier.
    pub supplier_name: String,
    /// Where these orders stand.
    pub state: String,
    /// How many orders.
    pub orders: i64,
    /// How many lines.
    pub lines: i64,
    /// Packs times price.
    pub ordered: Money,
    /// Value of what came in, at the order's price.
    pub received_value: Money,
    /// Still to come: 0 once an order is received, closed or cancelled.
    pub open: Money,
}

/// Spend, never added over currencies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Spend {
    /// One entry per currency.
    pub by_currency: Vec<SpendSum>,
}

/// Spend in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SpendSum {
    /// Orders that are approved or beyond and not cancelled, minor units.
    pub ordered: i64,
    /// Value of what came in of them, minor units.
    pub received_value: i64,
    /// Value of what is still to come of them, minor units.
    pub open: i64,
    /// ISO 4217.
    pub currency: String,
}

/// Stock that was wasted, or that is past its expiry.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Expired {
    /// `wasted` (in the period) or `on_hand` (now, past its expiry).
    pub state: &'static str,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// Place code.
    pub place: String,
    /// Lot code; empty: stock without a lot.
    pub lot: String,
    /// Null: does not expire.
    pub expiry: Option<Day>,
    /// Day of the waste; null for what is on hand.
    pub wasted_on: Option<Day>,
    /// Whether it was past its expiry.
    pub past_expiry: bool,
    /// Why it was wasted.
    pub reason: String,
    /// Base units.
    pub quantity: i64,
    /// By the cheapest offer that is valid today; null: nobody offers it today.
    pub value: Option<Money>,
}

/// The report in few figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Totals {
    /// Cost of what is recommended, by currency.
    pub recommended: Vec<Money>,
    /// Orders approved or beyond, by currency.
    pub ordered: Vec<Money>,
    /// Value of what came in of them, by currency.
    pub received_value: Vec<Money>,
    /// Value of what is still to come of them, by currency.
    pub open: Vec<Money>,
    /// Lines that a limit holds back.
    pub held_back_lines: i64,
    /// Stock points that were empty at the end of at least one day.
    pub stock_points_out: i64,
    /// Sum of their days at zero.
    pub stock_out_days: f64,
    /// Value of what was wasted past its expiry or is on hand past its expiry, by currency.
    pub expired_value: Vec<Money>,
    /// Value of all that was wasted, by currency.
    pub wasted_value: Vec<Money>,
}

/// Builds the report; one query per section.
///
/// # Errors
/// Those of the database.
pub fn build(conn: &mut Conn, scope: &Scope) -> Result<Procurement> {
    let recommended = store::plans::recommended(conn, scope.site_id)?;
    let orders = store::orders::sums(conn, scope.site_id, scope.period)?;
    let (mut budget, mut held_back) = (Vec::new(), Vec::new());
    for row in &store::plans::newest(conn, scope.site_id)? {
        let (one, held) = plan::read(row);
        budget.push(one);
        held_back.extend(held);
    }
    let stock_outs = stock_out::list(conn, scope)?;
    let expired = expired(conn, scope)?;
    let spend = spend(&orders);
    let totals = totals(&recommended, &orders, &held_back, &stock_outs, &expired);
    Ok(Procurement {
        as_of: scope.as_of,
        from: scope.period.from,
        to: scope.period.to,
        site: scope.site.clone(),
        recommended,
        orders,
        spend,
        budget,
        held_back,
        stock_outs,
        expired,
        totals,
    })
}

fn expired(conn: &mut Conn, scope: &Scope) -> Result<Vec<Expired>> {
    let today = scope.as_of.day();
    let worth = Worth::load(conn, today)?;
    let wasted = store::stock::wasted(conn, scope.site_id, scope.period)?;
    let on_hand = store::stock::lots_on_hand(conn, scope.site_id, Some(today.plus(-1)))?;
    let row = |row: LotRow, state: &'static str, wasted_on: Option<Day>| Expired {
        state,
        expiry: row.expiry(),
        past_expiry: row.expiry().is_some_and(|expiry| expiry < wasted_on.unwrap_or(today)),
        wasted_on,
        value: worth.of_units(row.item_id, row.quantity),
        item: row.item,
        name: row.name,
        place: row.place,
        lot: row.lot,
        reason: row.reason,
        quantity: row.quantity,
    };
    let wasted = wasted.into_iter().map(|lot| {
        let day = Day(lot.event_day);
        row(lot, "wasted", Some(day))
    });
    Ok(wasted.chain(on_hand.into_iter().map(|lot| row(lot, "on_hand", None))).collect())
}

/// Whether orders of this state commit money.
fn is_committed(state: &str) -> bool {
    !["draft", "cancelled"].contains(&state)
}

fn spend(orders: &[OrderSum]) -> Spend {
    let mut by_currency: BTreeMap<&str, SpendSum> = BTreeMap::new();
    for row in orders.iter().filter(|row| is_committed(&row.state)) {
        let currency = &row.ordered.currency;
        let none = SpendSum { ordered: 0, received_value: 0, open: 0, currency: currency.clone() };
        let sum = by_currency.entry(currency).or_insert(none);
        sum.ordered = sum.ordered.saturating_add(row.ordered.minor);
        sum.received_value = sum.received_value.saturating_add(row.received_value.minor);
        sum.open = sum.open.saturating_add(row.open.minor);
    }
    Spend { by_currency: by_currency.into_values().collect() }
}

fn totals(
    recommended: &[Recommended],
    orders: &[OrderSum],
    held_back: &[HeldBack],
    stock_outs: &[StockOut],
    expired: &[Expired],
) -> Totals {
    let committed = || orders.iter().filter(|row| is_committed(&row.state));
    let days: f64 = stock_outs.iter().map(|row| row.days_at_zero).sum();
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Totals {
        recommended: sums(recommended.iter().map(|row| &row.cost)),
        ordered: sums(committed().map(|row| &row.ordered)),
        received_value: sums(committed().map(|row| &row.received_value)),
        open: sums(committed().map(|row| &row.open)),
        held_back_lines: count(held_back.len()),
        stock_points_out: count(stock_outs.iter().filter(|row| row.days_at_zero > 0.0).count()),
        stock_out_days: (days * 10.0).round() / 10.0,
        expired_value: sums(expired.iter().filter(|row| row.past_expiry).filter_map(|row| row.value.as_ref())),
        wasted_value: sums(expired.iter().filter(|row| row.state == "wasted").filter_map(|row| row.value.as_ref())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(state: &str, ordered: i64, received: i64, open: i64, currency: &str) -> OrderSum {
        OrderSum {
            site: "H".into(),
            supplier: "S1".into(),
            supplier_name: "Acme".into(),
            state: state.into(),
            orders: 1,
            lines: 1,
            ordered: Money::new(ordered, currency),
            received_value: Money::new(received, currency),
            open: Money::new(open, currency),
        }
    }

    #[test]
    fn drafts_and_cancelled_orders_are_no_spend() {
        let orders = [
            order("draft", 100, 0, 100, "EUR"),
            order("sent", 50, 20, 30, "EUR"),
            order("closed", 40, 10, 0, "EUR"),
            order("cancelled", 7, 0, 0, "EUR"),
            order("approved", 9, 0, 9, "CHF"),
        ];
        let spend = spend(&orders);
        let sums: Vec<_> = spend.by_currency.iter().map(|sum| (sum.currency.as_str(), sum.ordered, sum.received_value, sum.open)).collect();
        assert_eq!(sums, [("CHF", 9, 0, 9), ("EUR", 90, 30, 30)]);
    }
}
