//! What people look at: quarantine, discrepancies, silent devices.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::access::caller::DeviceIdentity;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::{alert, device, discrepancy, quarantine_record, stock_point};
use crate::sensing::discrepancy::{DiscrepancyView, Found};
use crate::sensing::health::SilentDevice;
use crate::sensing::quarantine::{Held, QuarantineView};

#[derive(QueryableByName)]
struct QuarantineRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    device: String,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    raw: String,
    #[diesel(sql_type = BigInt)]
    received_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    resolved_at: Option<i64>,
}

pub(in crate::sensing) fn list_quarantine(
    conn: &mut Conn,
    only_site: Option<i64>,
    resolved_too: bool,
    after: i64,
    limit: i64,
) -> Result<Vec<QuarantineView>> {
    let rows: Vec<QuarantineRow> = diesel::sql_query(
        "SELECT q.id, d.code AS device, q.channel, q.code, q.raw, q.received_at, q.resolved_at FROM quarantine_record q \
         JOIN device d ON d.site_id = q.site_id AND d.id = q.device_id \
         WHERE q.id > $1 AND ($2 = 0 OR q.site_id = $2) AND ($3 = TRUE OR q.resolved_at IS NULL) ORDER BY q.id LIMIT $4",
    )
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<Bool, _>(resolved_too)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| QuarantineView {
            id: row.id,
            device: row.device,
            channel: row.channel,
            code: row.code,
            raw: serde_json::from_str(&row.raw).unwrap_or_default(),
            received_at: Micros(row.received_at),
            resolved_at: row.resolved_at.map(Micros),
        })
        .collect())
}

type HeldRow = (i64, i64, String, String, i64, String, String, i64, Option<i64>);

pub(in crate::sensing) fn held_by_id(conn: &mut Conn, id: i64) -> Result<Option<Held>> {
    let row: Option<HeldRow> = quarantine_record::table
        .inner_join(device::table.on(device::site_id.eq(quarantine_record::site_id).and(device::id.eq(quarantine_record::device_id))))
        .filter(quarantine_record::id.eq(id))
        .select((
            device::site_id,
            device::id,
            device::code,
            device::state,
            device::commissioned_at,
            quarantine_record::record_key,
            quarantine_record::raw,
            quarantine_record::received_at,
            quarantine_record::resolved_at,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(|(site_id, id, code, state, commissioned_at, record_key, raw, received_at, resolved_at)| Held {
        device: DeviceIdentity { site_id, id, code, active: state == "active", commissioned_at },
        record_key,
        raw,
        received_at,
        is_resolved: resolved_at.is_some(),
    }))
}

type FoundRow = (i64, i64, i64, i64, i64, i64, String);

fn found(row: FoundRow) -> Found {
    let (site_id, id, stock_point_id, item_id, book_units, estimate_units, state) = row;
    Found { site_id, id, stock_point_id, item_id, book_units, estimate_units, state }
}

type FoundColumns = (
    discrepancy::site_id,
    discrepancy::id,
    discrepancy::stock_point_id,
    stock_point::item_id,
    discrepancy::book_units,
    discrepancy::estimate_units,
    discrepancy::state,
);

const FOUND: FoundColumns = (
    discrepancy::site_id,
    discrepancy::id,
    discrepancy::stock_point_id,
    stock_point::item_id,
    discrepancy::book_units,
    discrepancy::estimate_units,
    discrepancy::state,
);

pub(in crate::sensing) fn discrepancy_by_id(conn: &mut Conn, id: i64) -> Result<Option<Found>> {
    let row: Option<FoundRow> = discrepancy::table
        .inner_join(
            stock_point::table.on(stock_point::site_id.eq(discrepancy::site_id).and(stock_point::id.eq(discrepancy::stock_point_id))),
        )
        .filter(discrepancy::id.eq(id))
        .select(FOUND)
        .first(conn)
        .optional()?;
    Ok(row.map(found))
}

pub(in crate::sensing) fn open_discrepancy(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<Option<Found>> {
    let row: Option<FoundRow> = discrepancy::table
        .inner_join(
            stock_point::table.on(stock_point::site_id.eq(discrepancy::site_id).and(stock_point::id.eq(discrepancy::stock_point_id))),
        )
        .filter(discrepancy::site_id.eq(site_id))
        .filter(discrepancy::stock_point_id.eq(stock_point_id))
        .filter(discrepancy::state.eq("open"))
        .select(FOUND)
        .first(conn)
        .optional()?;
    Ok(row.map(found))
}

/// Estimate less book of the newest discrepancy here, if a person rejected it.
pub(in crate::sensing) fn last_rejected_difference(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<Option<i64>> {
    let row: Option<(i64, i64, String)> = discrepancy::table
        .filter(discrepancy::site_id.eq(site_id))
        .filter(discrepancy::stock_point_id.eq(stock_point_id))
        .order(discrepancy::id.desc())
        .select((discrepancy::book_units, discrepancy::estimate_units, discrepancy::state))
        .first(conn)
        .optional()?;
    Ok(row.filter(|(_, _, state)| state == "rejected").map(|(book, estimate, _)| estimate - book))
}

pub(in crate::sensing) fn insert_discrepancy(tx: &mut Tx<'_>, site_id: i64, stock_point_id: i64, book: i64, estimate: i64) -> Result<()> {
    diesel::insert_into(discrepancy::table)
        .values((
            discrepancy::site_id.eq(site_id),
            discrepancy::id.eq(tx.id()),
            discrepancy::stock_point_id.eq(stock_point_id),
            discrepancy::book_units.eq(book),
            discrepancy::estimate_units.eq(estimate),
            discrepancy::state.eq("open"),
            discrepancy::opened_at.eq(tx.now.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn refresh_discrepancy(tx: &mut Tx<'_>, site_id: i64, id: i64, book: i64, estimate: i64) -> Result<()> {
    diesel::update(discrepancy::table.filter(discrepancy::site_id.eq(site_id)).filter(discrepancy::id.eq(id)))
        .set((discrepancy::book_units.eq(book), discrepancy::estimate_units.eq(estimate)))
        .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn resolve_discrepancy(tx: &mut Tx<'_>, site_id: i64, id: i64, state: &str, by: Option<&str>) -> Result<()> {
    diesel::update(discrepancy::table.filter(discrepancy::site_id.eq(site_id)).filter(discrepancy::id.eq(id)))
        .set((discrepancy::state.eq(state), discrepancy::resolved_at.eq(tx.now.0), discrepancy::resolved_by.eq(by)))
        .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct DiscrepancyRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = BigInt)]
    book_units: i64,
    #[diesel(sql_type = BigInt)]
    estimate_units: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    opened_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    resolved_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    resolved_by: Option<String>,
}

pub(in crate::sensing) fn list_discrepancies(
    conn: &mut Conn,
    only_site: Option<i64>,
    state: &str,
    after: i64,
    limit: i64,
) -> Result<Vec<DiscrepancyView>> {
    let rows: Vec<DiscrepancyRow> = diesel::sql_query(
        "SELECT d.id, p.code AS place, i.code AS item, d.book_units, d.estimate_units, d.state, d.opened_at, d.resolved_at, d.resolved_by \
         FROM discrepancy d JOIN stock_point sp ON sp.site_id = d.site_id AND sp.id = d.stock_point_id \
         JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id JOIN item i ON i.id = sp.item_id \
         WHERE d.id > $1 AND ($2 = 0 OR d.site_id = $2) AND ($3 = '' OR d.state = $3) ORDER BY d.id LIMIT $4",
    )
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<Text, _>(state)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| DiscrepancyView {
            id: row.id,
            place: row.place,
            item: row.item,
            book_units: row.book_units,
            estimate_units: row.estimate_units,
            state: row.state,
            opened_at: Micros(row.opened_at),
            resolved_at: row.resolved_at.map(Micros),
            resolved_by: row.resolved_by,
        })
        .collect())
}

#[derive(QueryableByName)]
struct SilentRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_seen_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    since: i64,
    #[diesel(sql_type = BigInt)]
    channels: i64,
}

pub(in crate::sensing) fn silent_devices(
    conn: &mut Conn,
    now: Micros,
    heard_before: Micros,
    only_site: Option<i64>,
) -> Result<Vec<SilentDevice>> {
    let rows: Vec<SilentRow> = diesel::sql_query(
        "SELECT d.site_id, d.code, d.name, p.code AS site, h.last_seen_at, COALESCE(h.last_seen_at, d.commissioned_at) AS since, \
         (SELECT COUNT(*) FROM channel c JOIN binding b ON b.site_id = c.site_id AND b.channel_id = c.id \
          WHERE c.site_id = d.site_id AND c.device_id = d.id AND b.valid_to = 9223372036854775807) AS channels \
         FROM device d JOIN place p ON p.site_id = d.site_id AND p.id = d.site_id \
         LEFT JOIN device_health h ON h.site_id = d.site_id AND h.device_id = d.id \
         WHERE d.state = 'active' AND COALESCE(h.last_seen_at, d.commissioned_at) < $1 AND ($2 = 0 OR d.site_id = $2) \
         ORDER BY COALESCE(h.last_seen_at, d.commissioned_at), d.code",
    )
    .bind::<BigInt, _>(heard_before.0)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| SilentDevice {
            site_id: row.site_id,
            code: row.code,
            name: row.name,
            site: row.site,
            last_seen_at: row.last_seen_at.map(Micros),
            minutes_silent: (now.0 - row.since) / 60_000_000,
            channels: row.channels,
        })
        .collect())
}

/// The subjects of the open alerts of a kind, with their sites.
pub(in crate::sensing) fn open_alert_subjects(conn: &mut Conn, kind: &str) -> Result<Vec<(i64, String)>> {
    Ok(alert::table.filter(alert::kind.eq(kind)).filter(alert::closed_at.is_null()).select((alert::site_id, alert::subject)).load(conn)?)
}
