//! The tables of plans and their lines.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::PlanRequest;
use super::run::{self, Solved};
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{plan, plan_line, purchase_order};
use crate::places::PlaceKey;

/// Days for which an advice that nobody took is remembered.
const ADVICE_DAYS: i64 = 14;

pub(super) fn insert_plan(tx: &mut Tx<'_>, site_id: i64, plan_id: i64, actor: &str, options: &str) -> Result<()> {
    diesel::insert_into(plan::table)
        .values((
            plan::site_id.eq(site_id),
            plan::id.eq(plan_id),
            plan::state.eq("queued"),
            plan::requested_by.eq(actor),
            plan::requested_at.eq(tx.now.0),
            plan::options.eq(options),
            plan::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn request_of(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<PlanRequest> {
    let text: String = plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)).select(plan::options).first(conn)?;
    serde_json::from_str(&text).map_err(|cause| Error::internal("a stored plan request can't be read").because(cause))
}

pub(super) fn set_state(tx: &mut Tx<'_>, site_id: i64, plan_id: i64, state: &str) -> Result<()> {
    diesel::update(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)))
        .set((plan::state.eq(state), plan::version.eq(plan::version + 1)))
        .execute(tx.conn)?;
    Ok(())
}

/// Moves a plan from one state to another; `false` when it is not in the first.
pub(super) fn move_state(tx: &mut Tx<'_>, site_id: i64, plan_id: i64, from: &str, to: &str) -> Result<bool> {
    let rows = diesel::update(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)))
        .filter(plan::state.eq(from))
        .set((plan::state.eq(to), plan::version.eq(plan::version + 1)))
        .execute(tx.conn)?;
    Ok(rows == 1)
}

pub(super) fn fail(tx: &mut Tx<'_>, site_id: i64, plan_id: i64, why: &str) -> Result<()> {
    diesel::update(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)))
        .set((plan::state.eq("failed"), plan::failure.eq(why), plan::finished_at.eq(tx.now.0), plan::version.eq(plan::version + 1)))
        .execute(tx.conn)?;
    Ok(())
}

/// Fails the plans whose job is over without an answer; answers which.
pub(super) fn fail_abandoned(tx: &mut Tx<'_>, why: &str) -> Result<Vec<(i64, i64)>> {
    let rows: Vec<Abandoned> = diesel::sql_query(
        "UPDATE plan SET state = 'failed', failure = $1, finished_at = $2, version = version + 1 WHERE state IN ('queued', 'running') \
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.site_id = plan.site_id AND j.dedupe_key = 'plan/' || plan.id \
         AND j.state IN ('queued', 'running')) RETURNING site_id, id",
    )
    .bind::<Text, _>(why)
    .bind::<BigInt, _>(tx.now.0)
    .load(tx.conn)?;
    Ok(rows.into_iter().map(|row| (row.site_id, row.id)).collect())
}

#[derive(QueryableByName)]
struct Abandoned {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// An order of another plan, made after this plan was asked for and not called off: this plan did not see it.
pub(super) fn overtaken_by(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<Option<String>> {
    Ok(purchase_order::table
        .filter(purchase_order::site_id.eq(site_id))
        .filter(purchase_order::plan_id.ne(plan_id))
        .filter(purchase_order::id.gt(plan_id))
        .filter(purchase_order::state.ne("cancelled"))
        .order(purchase_order::id)
        .select(purchase_order::code)
        .first(conn)
        .optional()?)
}

/// A line on its way into the table.
#[derive(Debug, Clone)]
pub(super) struct LineRow {
    pub(super) place: PlaceKey,
    pub(super) item_id: i64,
    pub(super) offer_id: i64,
    pub(super) packs: i64,
    pub(super) units_per_pack: i64,
    pub(super) price_minor: i64,
    pub(super) currency: String,
    pub(super) order_day: i64,
    pub(super) arrival_day: i64,
    pub(super) reason: String,
    pub(super) explanation: String,
    pub(super) drivers: String,
}

pub(super) fn save(tx: &mut Tx<'_>, site_id: i64, plan_id: i64, solved: &Solved) -> Result<()> {
    diesel::update(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)))
        .set((
            plan::state.eq("done"),
            plan::finished_at.eq(tx.now.0),
            plan::input_sha256.eq(&solved.input_sha256),
            plan::instance.eq(&solved.instance),
            plan::answer.eq(&solved.answer),
            plan::version.eq(plan::version + 1),
        ))
        .execute(tx.conn)?;
    for (line, row) in (1_i64..).zip(&solved.lines) {
        let stock_point_id = run::arrival_point(tx, row)?;
        diesel::insert_into(plan_line::table)
            .values((
                (
                    plan_line::site_id.eq(site_id),
                    plan_line::plan_id.eq(plan_id),
                    plan_line::line.eq(line),
                    plan_line::stock_point_id.eq(stock_point_id),
                    plan_line::offer_id.eq(row.offer_id),
                    plan_line::packs.eq(row.packs),
                    plan_line::units_per_pack.eq(row.units_per_pack),
                    plan_line::price_minor.eq(row.price_minor),
                ),
                (
                    plan_line::currency.eq(&row.currency),
                    plan_line::order_day.eq(row.order_day),
                    plan_line::arrival_day.eq(row.arrival_day),
                    plan_line::reason.eq(&row.reason),
                    plan_line::explanation.eq(&row.explanation),
                    plan_line::drivers.eq(&row.drivers),
                    plan_line::version.eq(1_i64),
                ),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// A plan without its figures.
#[derive(Debug, QueryableByName)]
pub(super) struct PlanHead {
    #[diesel(sql_type = BigInt)]
    pub(super) site_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    pub(super) site: String,
    #[diesel(sql_type = Text)]
    pub(super) state: String,
    #[diesel(sql_type = Text)]
    pub(super) requested_by: String,
    #[diesel(sql_type = BigInt)]
    pub(super) requested_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) finished_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) input_sha256: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) failure: Option<String>,
}

const HEAD: &str = "SELECT n.site_id, n.id, p.code AS site, n.state, n.requested_by, n.requested_at, n.finished_at, n.input_sha256, n.failure \
     FROM plan n JOIN place p ON p.site_id = n.site_id AND p.id = n.site_id WHERE ";

pub(super) fn plan_head(conn: &mut Conn, plan_id: i64) -> Result<Option<PlanHead>> {
    Ok(diesel::sql_query(format!("{HEAD} n.id = $1")).bind::<BigInt, _>(plan_id).get_result(conn).optional()?)
}

/// Newest first, before the id `before`.
pub(super) fn list_plans(conn: &mut Conn, site_id: Option<i64>, before: i64, limit: i64) -> Result<Vec<PlanHead>> {
    Ok(diesel::sql_query(format!("{HEAD} n.id < $1 AND ($2 = 0 OR n.site_id = $2) ORDER BY n.id DESC LIMIT $3"))
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(site_id.unwrap_or(0))
        .bind::<BigInt, _>(limit)
        .load(conn)?)
}

/// The newest plan of a site that has been solved.
pub(super) fn newest_solved(conn: &mut Conn, site_id: i64) -> Result<Option<PlanHead>> {
    Ok(diesel::sql_query(format!("{HEAD} n.site_id = $1 AND n.state IN ('done', 'accepted') ORDER BY n.id DESC LIMIT 1"))
        .bind::<BigInt, _>(site_id)
        .get_result(conn)
        .optional()?)
}

pub(super) fn answer_of(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<Option<String>> {
    Ok(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)).select(plan::answer).first(conn)?)
}

pub(super) fn instance_of(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<Option<String>> {
    Ok(plan::table.filter(plan::site_id.eq(site_id)).filter(plan::id.eq(plan_id)).select(plan::instance).first(conn)?)
}

/// A line with the names that people know.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct PlanLineView {
    #[diesel(sql_type = BigInt)]
    pub(super) line: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) stock_point_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) supplier_id: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) offer_id: i64,
    #[diesel(sql_type = Text)]
    pub(super) place: String,
    #[diesel(sql_type = Text)]
    pub(super) item: String,
    #[diesel(sql_type = Text)]
    pub(super) item_name: String,
    #[diesel(sql_type = Text)]
    pub(super) base_unit: String,
    #[diesel(sql_type = Text)]
    pub(super) ven: String,
    #[diesel(sql_type = Text)]
    pub(super) supplier: String,
    #[diesel(sql_type = Text)]
    pub(super) supplier_name: String,
    #[diesel(sql_type = BigInt)]
    pub(super) packs: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) units_per_pack: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) price_minor: i64,
    #[diesel(sql_type = Text)]
    pub(super) currency: String,
    #[diesel(sql_type = BigInt)]
    pub(super) order_day: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) arrival_day: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) planned_from: i64,
    #[diesel(sql_type = Text)]
    pub(super) reason: String,
    #[diesel(sql_type = Text)]
    pub(super) explanation: String,
    #[diesel(sql_type = Text)]
    pub(super) drivers: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) override_packs: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) override_reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) version: i64,
}

impl PlanLineView {
    /// What a person set, else what was recommended.
    pub(super) fn wanted_packs(&self) -> i64 {
        self.override_packs.unwrap_or(self.packs)
    }
}

pub(super) fn lines_of(conn: &mut Conn, site_id: i64, plan_id: i64) -> Result<Vec<PlanLineView>> {
    Ok(diesel::sql_query(
        "SELECT l.line, l.stock_point_id, o.supplier_id, l.offer_id, p.code AS place, i.code AS item, i.name AS item_name, i.base_unit, i.ven, \
         s.code AS supplier, s.name AS supplier_name, l.packs, l.units_per_pack, l.price_minor, l.currency, l.order_day, l.arrival_day, \
         COALESCE(n.finished_at, n.requested_at) / 86400000000 AS planned_from, l.reason, l.explanation, l.drivers, l.override_packs, \
         l.override_reason, l.version \
         FROM plan_line l JOIN plan n ON n.site_id = l.site_id AND n.id = l.plan_id \
         JOIN stock_point sp ON sp.site_id = l.site_id AND sp.id = l.stock_point_id \
         JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id JOIN item i ON i.id = sp.item_id \
         JOIN offer o ON o.id = l.offer_id JOIN supplier s ON s.id = o.supplier_id \
         WHERE l.site_id = $1 AND l.plan_id = $2 ORDER BY l.line",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(plan_id)
    .load(conn)?)
}

/// What the newest plan advised to order now and nobody has accepted: offer in the instance -> packs.
pub(super) fn advised_now(conn: &mut Conn, site_id: i64, today: Day) -> Result<HashMap<String, i64>> {
    let Some(head) = newest_solved(conn, site_id)?.filter(|head| head.state == "done") else { return Ok(HashMap::new()) };
    let review_days = request_of(conn, site_id, head.id)?.review_days();
    let lines = lines_of(conn, site_id, head.id)?.into_iter();
    let now = lines.filter(|line| line.order_day < line.planned_from + review_days && line.planned_from + ADVICE_DAYS >= today.0);
    Ok(now.map(|line| (format!("{}@{}", line.offer_id, line.place), line.wanted_packs())).collect())
}

/// Sets a person's packs; `false` when somebody changed the line meanwhile.
#[expect(clippy::too_many_arguments, reason = "the key, the version and what is set")]
pub(super) fn override_line(
    tx: &mut Tx<'_>,
    site_id: i64,
    plan_id: i64,
    line: i64,
    version: i64,
    packs: Option<i64>,
    reason: Option<&str>,
    actor: &str,
) -> Result<bool> {
    let rows = diesel::update(plan_line::table.filter(plan_line::site_id.eq(site_id)))
        .filter(plan_line::plan_id.eq(plan_id))
        .filter(plan_line::line.eq(line))
        .filter(plan_line::version.eq(version))
        .set((
            plan_line::override_packs.eq(packs),
            plan_line::override_reason.eq(reason),
            plan_line::override_by.eq(packs.map(|_| actor)),
            plan_line::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    Ok(rows == 1)
}
