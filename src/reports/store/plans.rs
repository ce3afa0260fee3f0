//! The newest finished plan of each site.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::base::error::Result;
use crate::base::id;
use crate::base::money::Money;
use crate::db::conn::Conn;
use crate::reports::plan::PlanRow;
use crate::reports::procurement::Recommended;

/// Ids grow with time, so the largest is the newest.
const NEWEST: &str = "n.id = (SELECT MAX(q.id) FROM plan q WHERE q.site_id = n.site_id AND q.state IN ('done', 'accepted')) \
AND ($1 = 0 OR n.site_id = $1)";

#[derive(QueryableByName)]
struct NewestRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    finished_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    instance: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

#[derive(QueryableByName)]
struct SpentRow {
    #[diesel(sql_type = BigInt)]
    plan_id: i64,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    spent: i64,
}

pub(in crate::reports) fn newest(conn: &mut Conn, site_id: Option<i64>) -> Result<Vec<PlanRow>> {
    let plans: Vec<NewestRow> = diesel::sql_query(format!(
        "SELECT n.id, p.code AS site, n.state, n.finished_at, n.instance, n.answer FROM plan n \
         JOIN place p ON p.site_id = n.site_id AND p.id = n.site_id WHERE {NEWEST} ORDER BY p.code"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .load(conn)?;
    let sums: Vec<SpentRow> = diesel::sql_query(format!(
        "SELECT n.id AS plan_id, o.currency, CAST(SUM(o.total_minor) AS BIGINT) AS spent FROM plan n \
         JOIN purchase_order o ON o.site_id = n.site_id AND o.plan_id = n.id \
         WHERE {NEWEST} AND o.state NOT IN ('draft', 'cancelled') GROUP BY n.id, o.currency"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .load(conn)?;
    let mut spent: HashMap<i64, Vec<Money>> = HashMap::new();
    for row in sums {
        spent.entry(row.plan_id).or_default().push(Money::new(row.spent, row.currency));
    }
    Ok(plans
        .into_iter()
        .map(|row| PlanRow {
            id: row.id,
            site: row.site,
            state: row.state,
            finished_at: row.finished_at,
            instance: row.instance.unwrap_or_default(),
            answer: row.answer.unwrap_or_default(),
            spent: spent.remove(&row.id).unwrap_or_default(),
        })
        .collect())
}

#[derive(QueryableByName)]
struct RecommendedRow {
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = BigInt)]
    plan_id: i64,
    #[diesel(sql_type = Text)]
    supplier: String,
    #[diesel(sql_type = Text)]
    supplier_name: String,
    #[diesel(sql_type = Text)]
    currency: String,
    #[diesel(sql_type = BigInt)]
    lines: i64,
    #[diesel(sql_type = BigInt)]
    packs: i64,
    #[diesel(sql_type = BigInt)]
    cost: i64,
}

/// What the newest plans recommend where nobody has accepted them yet; an override counts instead of the plan's packs.
pub(in crate::reports) fn recommended(conn: &mut Conn, site_id: Option<i64>) -> Result<Vec<Recommended>> {
    const PACKS: &str = "COALESCE(l.override_packs, l.packs)";
    let rows: Vec<RecommendedRow> = diesel::sql_query(format!(
        "SELECT p.code AS site, n.id AS plan_id, s.code AS supplier, s.name AS supplier_name, l.currency, COUNT(*) AS lines, \
         CAST(SUM({PACKS}) AS BIGINT) AS packs, CAST(SUM({PACKS} * l.price_minor) AS BIGINT) AS cost FROM plan n \
         JOIN plan_line l ON l.site_id = n.site_id AND l.plan_id = n.id \
         JOIN place p ON p.site_id = n.site_id AND p.id = n.site_id \
         JOIN offer f ON f.id = l.offer_id JOIN supplier s ON s.id = f.supplier_id \
         WHERE {NEWEST} AND n.state = 'done' AND {PACKS} > 0 \
         GROUP BY p.code, n.id, s.code, s.name, l.currency ORDER BY p.code, s.code, l.currency"
    ))
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| Recommended {
            site: row.site,
            plan: id::to_wire(row.plan_id),
            supplier: row.supplier,
            supplier_name: row.supplier_name,
            lines: row.lines,
            packs: row.packs,
            cost: Money::new(row.cost, row.currency),
        })
        .collect())
}
