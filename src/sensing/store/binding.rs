//! Channels and bindings.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::{Conn, Number};
use crate::db::schema::{binding, channel, registry_version};
use crate::sensing::binding::{BindingView, IN_FORCE, Line};

#[derive(QueryableByName)]
struct LineRow {
    #[diesel(sql_type = BigInt)]
    channel_id: i64,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = BigInt)]
    binding_id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    stock_point_id: i64,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = BigInt)]
    unit_weight_mg: i64,
    #[diesel(sql_type = BigInt)]
    tare_mg: i64,
    #[diesel(sql_type = BigInt)]
    max_units: i64,
    #[diesel(sql_type = BigInt)]
    settle_seconds: i64,
    #[diesel(sql_type = BigInt)]
    valid_from: i64,
    #[diesel(sql_type = BigInt)]
    valid_to: i64,
    #[diesel(sql_type = Bool)]
    is_outranked: bool,
}

/// One line per channel and binding; a channel without a binding has `binding_id` 0. A binding is outranked
/// while another one in force at its stock point may do more: then that one says what is believed.
const LINES: &str = "\
SELECT c.id AS channel_id, c.code AS channel, COALESCE(b.id, 0) AS binding_id, COALESCE(b.kind, '') AS kind,
  COALESCE(b.stock_point_id, 0) AS stock_point_id, COALESCE(b.mode, '') AS mode, COALESCE(b.unit_weight_mg, 0) AS unit_weight_mg,
  COALESCE(b.tare_mg, 0) AS tare_mg, COALESCE(b.max_units, 0) AS max_units, COALESCE(b.settle_seconds, 0) AS settle_seconds,
  COALESCE(b.valid_from, 0) AS valid_from, COALESCE(b.valid_to, 0) AS valid_to,
  EXISTS (SELECT 1 FROM binding o WHERE o.site_id = b.site_id AND o.stock_point_id = b.stock_point_id AND o.id <> b.id
    AND o.valid_to = 9223372036854775807
    AND (CASE o.mode WHEN 'authoritative' THEN 2 WHEN 'advise' THEN 1 ELSE 0 END)
      > (CASE b.mode WHEN 'authoritative' THEN 2 WHEN 'advise' THEN 1 ELSE 0 END)) AS is_outranked
FROM channel c LEFT JOIN binding b ON b.site_id = c.site_id AND b.channel_id = c.id";

impl From<LineRow> for Line {
    fn from(row: LineRow) -> Self {
        Self {
            channel_id: row.channel_id,
            channel: row.channel,
            binding_id: row.binding_id,
            is_weight: row.kind == "weight",
            stock_point_id: row.stock_point_id,
            mode: row.mode,
            unit_weight_mg: row.unit_weight_mg,
            tare_mg: row.tare_mg,
            max_units: row.max_units,
            settle_seconds: row.settle_seconds,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            is_outranked: row.is_outranked,
        }
    }
}

pub(in crate::sensing) fn lines_of_device(conn: &mut Conn, site_id: i64, device_id: i64) -> Result<Vec<Line>> {
    let rows: Vec<LineRow> =
        diesel::sql_query(format!("{LINES} WHERE c.site_id = $1 AND c.device_id = $2 ORDER BY c.code, COALESCE(b.valid_from, 0)"))
            .bind::<BigInt, _>(site_id)
            .bind::<BigInt, _>(device_id)
            .load(conn)?;
    Ok(rows.into_iter().map(Line::from).collect())
}

/// Grows with every change of a site's channels and bindings.
pub(in crate::sensing) fn version(conn: &mut Conn, site_id: i64) -> Result<i64> {
    Ok(registry_version::table.find(site_id).select(registry_version::version).first(conn).optional()?.unwrap_or_default())
}

pub(in crate::sensing) fn raise_version(tx: &mut Tx<'_>, site_id: i64) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO registry_version (site_id, version) VALUES ($1, 1) \
         ON CONFLICT (site_id) DO UPDATE SET version = registry_version.version + 1",
    )
    .bind::<BigInt, _>(site_id)
    .execute(tx.conn)?;
    Ok(())
}

pub(in crate::sensing) fn line_of_binding(conn: &mut Conn, site_id: i64, binding_id: i64) -> Result<Option<Line>> {
    let row: Option<LineRow> = diesel::sql_query(format!("{LINES} WHERE c.site_id = $1 AND b.id = $2"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(binding_id)
        .get_result(conn)
        .optional()?;
    Ok(row.map(Line::from))
}

pub(in crate::sensing) fn insert_channel(tx: &mut Tx<'_>, site_id: i64, device_id: i64, code: &str) -> Result<i64> {
    let id = put_channel(tx, site_id, device_id, code)?;
    raise_version(tx, site_id)?;
    Ok(id)
}

/// Each once in the life of a channel.
pub(in crate::sensing) fn insert_channels(tx: &mut Tx<'_>, site_id: i64, device_id: i64, codes: &[&str]) -> Result<()> {
    for code in codes {
        put_channel(tx, site_id, device_id, code)?;
    }
    raise_version(tx, site_id)
}

fn put_channel(tx: &mut Tx<'_>, site_id: i64, device_id: i64, code: &str) -> Result<i64> {
    let id = tx.id();
    diesel::insert_into(channel::table)
        .values((channel::site_id.eq(site_id), channel::id.eq(id), channel::device_id.eq(device_id), channel::code.eq(code)))
        .execute(tx.conn)?;
    Ok(id)
}

/// Ends a binding; it was in force for at least a microsecond.
pub(in crate::sensing) fn end_binding(tx: &mut Tx<'_>, site_id: i64, id: i64, at: i64) -> Result<()> {
    diesel::update(binding::table.filter(binding::site_id.eq(site_id)).filter(binding::id.eq(id)))
        .set(binding::valid_to.eq(at))
        .execute(tx.conn)?;
    raise_version(tx, site_id)
}

pub(in crate::sensing) fn insert_binding(tx: &mut Tx<'_>, site_id: i64, line: &Line) -> Result<()> {
    diesel::insert_into(binding::table)
        .values((
            (
                binding::site_id.eq(site_id),
                binding::id.eq(line.binding_id),
                binding::channel_id.eq(line.channel_id),
                binding::kind.eq(if line.is_weight { "weight" } else { "level" }),
                binding::stock_point_id.eq(line.stock_point_id),
                binding::mode.eq(&line.mode),
            ),
            (
                binding::unit_weight_mg.eq(line.is_weight.then_some(line.unit_weight_mg)),
                binding::tare_mg.eq(line.tare_mg),
                binding::max_units.eq(line.max_units),
                binding::settle_seconds.eq(line.settle_seconds),
                binding::valid_from.eq(line.valid_from),
                binding::valid_to.eq(line.valid_to),
            ),
        ))
        .execute(tx.conn)?;
    raise_version(tx, site_id)
}

/// Whether another channel's binding in force books at this stock point.
pub(in crate::sensing) fn has_other_authority(conn: &mut Conn, site_id: i64, stock_point_id: i64, channel_id: i64) -> Result<bool> {
    let row = diesel::sql_query(
        "SELECT COUNT(*) AS value FROM binding WHERE site_id = $1 AND stock_point_id = $2 AND channel_id <> $3 \
         AND mode = 'authoritative' AND valid_to = 9223372036854775807",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(stock_point_id)
    .bind::<BigInt, _>(channel_id)
    .get_result::<Number>(conn)?;
    Ok(row.value > 0)
}

#[derive(QueryableByName)]
struct ViewRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    unit_weight_mg: Option<i64>,
    #[diesel(sql_type = BigInt)]
    tare_mg: i64,
    #[diesel(sql_type = BigInt)]
    max_units: i64,
    #[diesel(sql_type = BigInt)]
    settle_seconds: i64,
    #[diesel(sql_type = BigInt)]
    valid_from: i64,
    #[diesel(sql_type = BigInt)]
    valid_to: i64,
}

pub(in crate::sensing) fn list_bindings(conn: &mut Conn, site_id: i64, device_id: i64) -> Result<Vec<BindingView>> {
    let rows: Vec<ViewRow> = diesel::sql_query(
        "SELECT b.id, c.code AS channel, b.kind, p.code AS place, i.code AS item, b.mode, b.unit_weight_mg, b.tare_mg, b.max_units, \
         b.settle_seconds, b.valid_from, b.valid_to FROM binding b \
         JOIN channel c ON c.site_id = b.site_id AND c.id = b.channel_id \
         JOIN stock_point sp ON sp.site_id = b.site_id AND sp.id = b.stock_point_id \
         JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id JOIN item i ON i.id = sp.item_id \
         WHERE b.site_id = $1 AND c.device_id = $2 ORDER BY c.code, b.valid_from",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(device_id)
    .load(conn)?;
    let grams = |milligrams: i64| crate::base::quantity::to_f64(milligrams) / 1_000.0;
    Ok(rows
        .into_iter()
        .map(|row| BindingView {
            id: row.id,
            channel: row.channel,
            kind: row.kind,
            place: row.place,
            item: row.item,
            mode: row.mode,
            unit_weight_g: row.unit_weight_mg.map(grams),
            tare_g: grams(row.tare_mg),
            max_units: row.max_units,
            settle_seconds: row.settle_seconds,
            valid_from: (row.valid_from > 0).then_some(Micros(row.valid_from)),
            valid_to: (row.valid_to < IN_FORCE).then_some(Micros(row.valid_to)),
        })
        .collect())
}
