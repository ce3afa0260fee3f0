//! Lots, and what of them is on hand.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{level, lot, movement};
use crate::stock::level::{LotView, PlacedLot, SiteLot};
use crate::stock::lot::Lot;

pub(in crate::stock) fn lots_of_items(conn: &mut Conn, site_id: i64, item_ids: &BTreeSet<i64>) -> Result<Vec<Lot>> {
    let ids: Vec<i64> = item_ids.iter().copied().collect();
    let mut lots = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(i64, i64, String, i64, bool, String)> = lot::table
            .filter(lot::site_id.eq(site_id))
            .filter(lot::item_id.eq_any(chunk))
            .select((lot::id, lot::item_id, lot::lot_code, lot::expiry_day, lot::no_expiry, lot::state))
            .load(conn)?;
        lots.extend(rows.into_iter().map(|(id, item_id, code, expiry_day, no_expiry, state)| Lot {
            id,
            item_id,
            code,
            expiry: (!no_expiry).then_some(Day(expiry_day)),
            held: state == "held",
        }));
    }
    Ok(lots)
}

pub(in crate::stock) fn insert_lot(tx: &mut Tx<'_>, site_id: i64, new: &Lot) -> Result<()> {
    diesel::insert_into(lot::table)
        .values((
            lot::site_id.eq(site_id),
            lot::id.eq(new.id),
            lot::item_id.eq(new.item_id),
            lot::lot_code.eq(&new.code),
            lot::expiry_day.eq(new.expiry.map_or(0, |day| day.0)),
            lot::no_expiry.eq(new.expiry.is_none()),
            lot::state.eq(if new.held { "held" } else { "open" }),
        ))
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct LotRow {
    #[diesel(sql_type = Text)]
    lot_code: String,
    #[diesel(sql_type = BigInt)]
    expiry_day: i64,
    #[diesel(sql_type = Bool)]
    no_expiry: bool,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

pub(in crate::stock) fn lots_on_hand(conn: &mut Conn, site_id: i64, stock_point_id: i64, today: Day) -> Result<Vec<LotView>> {
    let rows: Vec<LotRow> = diesel::sql_query(
        "SELECT t.lot_code, t.expiry_day, t.no_expiry, t.state, l.quantity FROM level l \
         JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id \
         WHERE l.site_id = $1 AND l.stock_point_id = $2 AND l.quantity > 0 ORDER BY t.no_expiry, t.expiry_day, t.lot_code",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.view(today)).collect())
}

impl LotRow {
    fn view(self, today: Day) -> LotView {
        let expiry = (!self.no_expiry).then_some(Day(self.expiry_day));
        let state = if self.state == "held" {
            "held"
        } else if expiry.is_some_and(|day| day < today) {
            "expired"
        } else {
            "open"
        };
        LotView { lot: self.lot_code, expiry, quantity: self.quantity, state }
    }
}

#[derive(QueryableByName)]
struct PlacedRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(embed)]
    lot: LotRow,
}

/// Where an item lies, first to expire first: in all sites or one, all lots or one.
pub(in crate::stock) fn whereabouts(
    conn: &mut Conn,
    only_site: Option<i64>,
    item_id: i64,
    only_lot: Option<&str>,
    (today, limit): (Day, i64),
) -> Result<Vec<PlacedLot>> {
    let rows: Vec<PlacedRow> = diesel::sql_query(
        "SELECT p.code AS place, t.lot_code, t.expiry_day, t.no_expiry, t.state, l.quantity FROM lot t \
         JOIN level l ON l.site_id = t.site_id AND l.lot_id = t.id \
         JOIN stock_point s ON s.site_id = l.site_id AND s.id = l.stock_point_id \
         JOIN place p ON p.site_id = s.site_id AND p.id = s.place_id \
         WHERE ($1 = 0 OR t.site_id = $1) AND t.item_id = $2 AND ($3 = FALSE OR t.lot_code = $4) AND l.quantity > 0 \
         ORDER BY t.no_expiry, t.expiry_day, p.code, t.lot_code LIMIT $5",
    )
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<BigInt, _>(item_id)
    .bind::<Bool, _>(only_lot.is_some())
    .bind::<Text, _>(only_lot.unwrap_or_default())
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| PlacedLot { place: row.place, lot: row.lot.view(today) }).collect())
}

pub(in crate::stock) fn usable_lots(conn: &mut Conn, site_id: i64, today: Day) -> Result<Vec<SiteLot>> {
    let rows: Vec<(i64, i64, bool, i64)> = level::table
        .inner_join(lot::table.on(lot::site_id.eq(level::site_id).and(lot::id.eq(level::lot_id))))
        .filter(level::site_id.eq(site_id))
        .filter(level::quantity.gt(0))
        .filter(lot::state.eq("open"))
        .filter(lot::no_expiry.eq(true).or(lot::expiry_day.ge(today.0)))
        .select((level::stock_point_id, lot::expiry_day, lot::no_expiry, level::quantity))
        .order((level::stock_point_id, lot::expiry_day, lot::id))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(stock_point_id, expiry_day, no_expiry, quantity)| SiteLot {
            stock_point_id,
            expiry: (!no_expiry).then_some(Day(expiry_day)),
            quantity,
        })
        .collect())
}

/// The lot of a code at a stock point; when several share the code, the first to expire that is not used up.
pub(in crate::stock) fn lot_named(conn: &mut Conn, site_id: i64, stock_point_id: i64, code: &str) -> Result<Option<i64>> {
    Ok(lot::table
        .inner_join(level::table.on(level::site_id.eq(lot::site_id).and(level::lot_id.eq(lot::id))))
        .filter(lot::site_id.eq(site_id))
        .filter(level::stock_point_id.eq(stock_point_id))
        .filter(lot::lot_code.eq(code))
        .order((level::quantity.eq(0_i64), lot::no_expiry, lot::expiry_day))
        .select(lot::id)
        .first(conn)
        .optional()?)
}

pub(in crate::stock) fn lots_of_movements(conn: &mut Conn, site_id: i64, ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    Ok(movement::table
        .filter(movement::site_id.eq(site_id))
        .filter(movement::id.eq_any(ids))
        .order(movement::id)
        .select((movement::lot_id, movement::quantity_delta))
        .load(conn)?)
}

#[derive(QueryableByName)]
struct ReceivedRow {
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = BigInt)]
    days: i64,
}

/// `(item, days from receipt to expiry)` of each receipt since a day that was not taken back; lots that came in expired
/// are slips and say nothing.
pub(in crate::stock) fn days_to_expiry(conn: &mut Conn, site_id: i64, since: Day) -> Result<Vec<(i64, i64)>> {
    let rows: Vec<ReceivedRow> = diesel::sql_query(
        "SELECT t.item_id, t.expiry_day - m.event_at / 86400000000 AS days FROM movement m \
         JOIN lot t ON t.site_id = m.site_id AND t.id = m.lot_id \
         WHERE m.site_id = $1 AND m.event_at >= $2 AND m.kind = 'receipt' AND m.quantity_delta > 0 AND m.reversal_of IS NULL \
         AND t.no_expiry = FALSE AND t.expiry_day > m.event_at / 86400000000 \
         AND NOT EXISTS (SELECT 1 FROM movement r WHERE r.site_id = m.site_id AND r.reversal_of = m.id)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(since.start().0)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.days)).collect())
}
