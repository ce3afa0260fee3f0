//! Orders by supplier and state.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::Period;
use crate::db::conn::Conn;
use crate::reports::procurement::OrderSum;

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    supplier: String,
    #[diesel(sql_type = Text)]
    supplier_name: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    orders: i64,
    #[diesel(sql_type = BigInt)]
    lines: i64,
    #[diesel(sql_type = BigInt)]
    ordered: i64,
    #[diesel(sql_type = BigInt)]
    received: i64,
}

/// The value of what came in of a line: whole packs at their price, and the rest rounded to the minor unit.
const RECEIVED: &str = "(l.received_units / l.units_per_pack) * l.price_minor \
+ ((l.received_units % l.units_per_pack) * l.price_minor + l.units_per_pack / 2) / l.units_per_pack";

pub(in crate::reports) fn sums(conn: &mut Conn, site_id: Option<i64>, period: Period) -> Result<Vec<OrderSum>> {
    let rows: Vec<SumRow> = diesel::sql_query(format!(
        "SELECT p.code AS site, s.code AS supplier, s.name AS supplier_name, o.state, o.currency, COUNT(DISTINCT o.id) AS orders, \
         COUNT(*) AS lines, CAST(SUM(l.packs * l.price_minor) AS BIGINT) AS ordered, CAST(SUM({RECEIVED}) AS BIGINT) AS received \
         FROM purchase_order o JOIN order_line l ON l.site_id = o.site_id AND l.order_id = o.id \
         JOIN place p ON p.site_id = o.site_id AND p.id = o.site_id JOIN supplier s ON s.id = o.supplier_id \
         WHERE ($1 = 0 OR o.site_id = $1) AND o.order_day >= $2 AND o.order_day <= $3 \
         GROUP BY p.code, s.code, s.name, o.state, o.currency ORDER BY p.code, s.code, o.state, o.currency"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<BigInt, _>(period.from.0)
    .bind::<BigInt, _>(period.to.0)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let open = ["draft", "approved", "sent", "acknowledged"].contains(&row.state.as_str());
            OrderSum {
                site: row.site,
                supplier: row.supplier,
                supplier_name: row.supplier_name,
                state: row.state,
                orders: row.orders,
                lines: row.lines,
                ordered: Money::new(row.ordered, row.currency.clone()),
                received_value: Money::new(row.received, row.currency.clone()),
                open: Money::new(if open { row.ordered - row.received } else { 0 }, row.currency),
            }
        })
        .collect())
}
