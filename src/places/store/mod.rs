//! The tables of places and stock points: keys here, whole places and par levels beside.

pub(super) mod par;
pub(super) mod whole;

use std::collections::HashMap;

use diesel::prelude::*;

use super::{PlaceKey, PlaceKind};
use crate::base::error::{Error, Result};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::directory::{self, Noun};
use crate::db::schema::{place, stock_point};

type KeyRow = (i64, i64, String, String, Option<i64>);

fn key_of((site_id, id, code, kind, parent_id): KeyRow) -> Result<PlaceKey> {
    let kind = PlaceKind::of(&kind).ok_or_else(|| Error::internal(format!("the database holds the place kind '{kind}'")))?;
    Ok(PlaceKey { site_id, id, code, kind, parent_id })
}

const KEY: (place::site_id, place::id, place::code, place::kind, place::parent_id) =
    (place::site_id, place::id, place::code, place::kind, place::parent_id);

/// Where the directory has a place; by code first: a code that looks like an id means the code.
pub(super) fn seat_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<(i64, i64)>> {
    directory::find(conn, Noun::Place, code_or_id)
}

pub(super) fn place_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<PlaceKey>> {
    let Some((site_id, id)) = seat_by_name(conn, code_or_id)? else { return Ok(None) };
    let row: Option<KeyRow> =
        place::table.filter(place::site_id.eq(site_id)).filter(place::id.eq(id)).select(KEY).first(conn).optional()?;
    row.map(key_of).transpose()
}

pub(super) fn places_by_codes(conn: &mut Conn, codes: &[&str]) -> Result<Vec<PlaceKey>> {
    let rows: Vec<KeyRow> = place::table.filter(place::code.eq_any(codes)).select(KEY).load(conn)?;
    rows.into_iter().map(key_of).collect()
}

pub(super) fn places_of_site(conn: &mut Conn, site_id: i64) -> Result<Vec<PlaceKey>> {
    let rows: Vec<KeyRow> =
        place::table.filter(place::site_id.eq(site_id)).filter(place::archived.eq(false)).order(place::code).select(KEY).load(conn)?;
    rows.into_iter().map(key_of).collect()
}

pub(super) fn sites(conn: &mut Conn) -> Result<Vec<PlaceKey>> {
    let rows: Vec<KeyRow> =
        place::table.filter(place::kind.eq("site")).filter(place::archived.eq(false)).order(place::code).select(KEY).load(conn)?;
    rows.into_iter().map(key_of).collect()
}

pub(super) fn stock_point_of(conn: &mut Conn, site_id: i64, place_id: i64, item_id: i64) -> Result<Option<i64>> {
    Ok(stock_point::table
        .filter(stock_point::site_id.eq(site_id))
        .filter(stock_point::item_id.eq(item_id))
        .filter(stock_point::place_id.eq(place_id))
        .select(stock_point::id)
        .first(conn)
        .optional()?)
}

pub(super) fn stock_points_of_site(conn: &mut Conn, site_id: i64) -> Result<HashMap<(i64, i64), i64>> {
    let rows: Vec<(i64, i64, i64)> = stock_point::table
        .filter(stock_point::site_id.eq(site_id))
        .select((stock_point::place_id, stock_point::item_id, stock_point::id))
        .load(conn)?;
    Ok(rows.into_iter().map(|(place_id, item_id, id)| ((place_id, item_id), id)).collect())
}

pub(super) fn insert_stock_point(tx: &mut Tx<'_>, site_id: i64, id: i64, place_id: i64, item_id: i64) -> Result<()> {
    diesel::insert_into(stock_point::table)
        .values((
            stock_point::site_id.eq(site_id),
            stock_point::id.eq(id),
            stock_point::item_id.eq(item_id),
            stock_point::place_id.eq(place_id),
            stock_point::version.eq(1_i64),
            stock_point::updated_at.eq(tx.now.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}
