//! The procurement report as one flat table.

use super::procurement::{Expired, OrderSum, Procurement, Recommended};
use super::stock_out::StockOut;
use crate::base::money::Money;
use crate::base::time::Day;
use crate::web::render::Table;

/// One row with most cells empty.
#[derive(Default)]
struct Cells {
    section: &'static str,
    site: String,
    supplier: String,
    state: String,
    item: String,
    place: String,
    lot: String,
    day: String,
    orders: String,
    lines: String,
    packs: String,
    quantity: String,
    days: String,
    value: Option<Money>,
    received: Option<i64>,
    open: Option<i64>,
    text: String,
}

impl Cells {
    fn row(self) -> Vec<String> {
        let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        vec![
            self.section.to_owned(),
            self.site,
            self.supplier,
            self.state,
            self.item,
            self.place,
            self.lot,
            self.day,
            self.orders,
            self.lines,
            self.packs,
            self.quantity,
            self.days,
            number(self.value.as_ref().map(|value| value.minor)),
            number(self.received),
            number(self.open),
            self.value.map(|value| value.currency).unwrap_or_default(),
            self.text,
        ]
    }
}

/// One table of all sections; the column `section` says which. Columns that a section does not have stay empty.
///
/// - `recommended`: site, supplier, lines, packs, `value_minor` (cost), over the plan's whole horizon
/// - `orders`: site, supplier, state, orders, lines, `value_minor` (ordered), `received_minor`, `open_minor`
/// - `spend`: `value_minor` (ordered), `received_minor`, `open_minor`, one row per currency
/// - `budget`: site, state (`total`, `planned`, `spent`), `value_minor`; state `binding` with day and text; `advice` with text
/// - `held_back`: site, item, place, state (the limit), day, packs (given), quantity (packs asked), text
/// - `stock_outs`: item, place, days (at zero), quantity (units not issued)
/// - `expired`: item, place, lot, day (expiry), state (`wasted`, `on_hand`), quantity, `value_minor`, text (reason)
pub(super) fn table(report: &Procurement) -> Table {
    let recommended = report.recommended.iter().map(recommended);
    let orders = report.orders.iter().map(orders);
    let spend = report.spend.by_currency.iter().map(|sum| Cells {
        section: "spend",
        value: Some(Money::new(sum.ordered, sum.currency.clone())),
        received: Some(sum.received_value),
        open: Some(sum.open),
        ..Cells::default()
    });
    let stock_outs = report.stock_outs.iter().map(stock_out);
    let expired = report.expired.iter().map(expired);
    let rows = recommended.chain(orders).chain(spend).chain(budget(report)).chain(held_back(report)).chain(stock_outs).chain(expired);
    Table {
        columns: vec![
            "section",
            "site",
            "supplier",
            "state",
            "item",
            "place",
            "lot",
            "day",
            "orders",
            "lines",
            "packs",
            "quantity",
            "days",
            "value_minor",
            "received_minor",
            "open_minor",
            "currency",
            "text",
        ],
        rows: rows.map(Cells::row).collect(),
    }
}

fn recommended(row: &Recommended) -> Cells {
    Cells {
        section: "recommended",
        site: row.site.clone(),
        supplier: row.supplier.clone(),
        lines: row.lines.to_string(),
        packs: row.packs.to_string(),
        value: Some(row.cost.clone()),
        text: row.supplier_name.clone(),
        ..Cells::default()
    }
}

fn orders(row: &OrderSum) -> Cells {
    Cells {
        section: "orders",
        site: row.site.clone(),
        supplier: row.supplier.clone(),
        state: row.state.clone(),
        orders: row.orders.to_string(),
        lines: row.lines.to_string(),
        value: Some(row.ordered.clone()),
        received: Some(row.received_value.minor),
        open: Some(row.open.minor),
        text: row.supplier_name.clone(),
        ..Cells::default()
    }
}

fn budget(report: &Procurement) -> Vec<Cells> {
    let mut rows = Vec::new();
    for plan in &report.budget {
        let of = |state: &str| Cells { section: "budget", site: plan.site.clone(), state: state.to_owned(), ..Cells::default() };
        rows.extend(plan.total.clone().map(|total| Cells { value: Some(total), ..of("total") }));
        rows.push(Cells { value: Some(plan.planned.clone()), ..of("planned") });
        rows.push(Cells { value: Some(plan.spent.clone()), ..of("spent") });
        rows.extend(plan.binding.iter().map(|limit| Cells { day: limit.starts_on.to_text(), text: limit.text.clone(), ..of("binding") }));
        rows.extend(plan.advice.iter().map(|text| Cells { text: text.clone(), ..of("advice") }));
    }
    rows
}

fn held_back(report: &Procurement) -> impl Iterator<Item = Cells> {
    report.held_back.iter().map(|row| Cells {
        section: "held_back",
        site: row.site.clone(),
        state: row.limit.clone(),
        item: row.item.clone(),
        place: row.place.clone(),
        day: row.order_on.to_text(),
        packs: row.given_packs.to_string(),
        quantity: row.asked_packs.to_string(),
        text: row.text.clone(),
        ..Cells::default()
    })
}

fn stock_out(row: &StockOut) -> Cells {
    Cells {
        section: "stock_outs",
        item: row.item.clone(),
        place: row.place.clone(),
        days: row.days_at_zero.to_string(),
        quantity: row.units_not_issued.to_string(),
        text: row.name.clone(),
        ..Cells::default()
    }
}

fn expired(row: &Expired) -> Cells {
    Cells {
        section: "expired",
        item: row.item.clone(),
        place: row.place.clone(),
        lot: row.lot.clone(),
        day: row.expiry.map(Day::to_text).unwrap_or_default(),
        state: row.state.to_owned(),
        quantity: row.quantity.to_string(),
        value: row.value.clone(),
        text: row.reason.clone(),
        ..Cells::default()
    }
}
