//! The table of places, with the directory of their codes.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};

use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::directory::{self, Noun};
use crate::db::schema::{level, place, stock_point};
use crate::places::PlaceKind;
use crate::places::place::{PlaceContent, PlaceView};

#[derive(QueryableByName)]
struct PlaceRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    parent_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    parent: Option<String>,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Nullable<Text>)]
    timezone: Option<String>,
    #[diesel(sql_type = Nullable<Double>)]
    capacity_ambient_litres: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    capacity_refrigerated_litres: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    capacity_frozen_litres: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    capacity_controlled_litres: Option<f64>,
    #[diesel(sql_type = Bool)]
    archived: bool,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

const SELECT: &str = "SELECT p.site_id, p.id, p.code, p.name, p.kind, p.parent_id, u.code AS parent, s.code AS site, p.timezone, \
     p.capacity_ambient_litres, p.capacity_refrigerated_litres, p.capacity_frozen_litres, p.capacity_controlled_litres, \
     p.archived, p.version, p.updated_at FROM place p JOIN place s ON s.site_id = p.site_id AND s.id = p.site_id \
     LEFT JOIN place u ON u.site_id = p.site_id AND u.id = p.parent_id";

impl PlaceRow {
    fn view(self) -> Result<PlaceView> {
        let kind =
            PlaceKind::of(&self.kind).ok_or_else(|| Error::internal(format!("the database holds the place kind '{}'", self.kind)))?;
        let content = PlaceContent {
            code: self.code,
            name: self.name,
            kind,
            parent: self.parent,
            timezone: self.timezone,
            capacity_ambient_litres: self.capacity_ambient_litres,
            capacity_refrigerated_litres: self.capacity_refrigerated_litres,
            capacity_frozen_litres: self.capacity_frozen_litres,
            capacity_controlled_litres: self.capacity_controlled_litres,
        };
        Ok(PlaceView {
            id: self.id,
            site: self.site,
            content,
            archived: self.archived,
            version: self.version,
            updated_at: Micros(self.updated_at),
            site_id: self.site_id,
            parent_id: self.parent_id,
        })
    }
}

fn views(rows: Vec<PlaceRow>) -> Result<Vec<PlaceView>> {
    rows.into_iter().map(PlaceRow::view).collect()
}

pub(in crate::places) fn view(conn: &mut Conn, site_id: i64, id: i64) -> Result<Option<PlaceView>> {
    diesel::sql_query(format!("{SELECT} WHERE p.site_id = $1 AND p.id = $2"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(id)
        .get_result::<PlaceRow>(conn)
        .optional()?
        .map(PlaceRow::view)
        .transpose()
}

/// Every place, archived ones too, by code.
pub(in crate::places) fn known(conn: &mut Conn) -> Result<HashMap<String, PlaceView>> {
    let rows = diesel::sql_query(SELECT).load(conn)?;
    Ok(views(rows)?.into_iter().map(|place| (place.content.code.clone(), place)).collect())
}

/// The places of a site that are not archived, by code.
pub(in crate::places) fn of_site(conn: &mut Conn, site_id: i64) -> Result<Vec<PlaceView>> {
    let rows = diesel::sql_query(format!("{SELECT} WHERE p.site_id = $1 AND p.archived = FALSE ORDER BY p.code"))
        .bind::<BigInt, _>(site_id)
        .load(conn)?;
    views(rows)
}

pub(in crate::places) fn list(conn: &mut Conn, only_site: Option<i64>, pattern: &str, after: &str, limit: i64) -> Result<Vec<PlaceView>> {
    let rows = diesel::sql_query(format!(
        "{SELECT} WHERE p.archived = FALSE AND p.code > $1 AND ($2 = 0 OR p.site_id = $2) \
         AND (LOWER(p.code) LIKE LOWER($3) ESCAPE '\\' OR LOWER(p.name) LIKE LOWER($3) ESCAPE '\\') ORDER BY p.code LIMIT $4"
    ))
    .bind::<Text, _>(after)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    views(rows)
}

pub(in crate::places) fn insert(tx: &mut Tx<'_>, view: &PlaceView) -> Result<()> {
    let content = &view.content;
    if !directory::take(tx, Noun::Place, &content.code, view.site_id, view.id)? {
        return Err(Error::new(Code::AlreadyExists, format!("there is a place '{}' already", content.code)));
    }
    diesel::insert_into(place::table)
        .values((
            (place::site_id.eq(view.site_id), place::id.eq(view.id), place::code.eq(&content.code), place::name.eq(&content.name)),
            (place::kind.eq(content.kind.word()), place::parent_id.eq(view.parent_id), place::timezone.eq(content.timezone.as_deref())),
            (
                place::capacity_ambient_litres.eq(content.capacity_ambient_litres),
                place::capacity_refrigerated_litres.eq(content.capacity_refrigerated_litres),
                place::capacity_frozen_litres.eq(content.capacity_frozen_litres),
                place::capacity_controlled_litres.eq(content.capacity_controlled_litres),
            ),
            (place::archived.eq(view.archived), place::version.eq(view.version), place::updated_at.eq(view.updated_at.0)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::places) fn update(tx: &mut Tx<'_>, view: &PlaceView, seen: i64) -> Result<bool> {
    let content = &view.content;
    let rows =
        diesel::update(place::table.filter(place::site_id.eq(view.site_id)).filter(place::id.eq(view.id)).filter(place::version.eq(seen)))
            .set((
                (
                    place::name.eq(&content.name),
                    place::parent_id.eq(view.parent_id),
                    place::timezone.eq(content.timezone.as_deref()),
                    place::capacity_ambient_litres.eq(content.capacity_ambient_litres),
                    place::capacity_refrigerated_litres.eq(content.capacity_refrigerated_litres),
                    place::capacity_frozen_litres.eq(content.capacity_frozen_litres),
                    place::capacity_controlled_litres.eq(content.capacity_controlled_litres),
                ),
                (place::archived.eq(view.archived), place::version.eq(view.version), place::updated_at.eq(view.updated_at.0)),
            ))
            .execute(tx.conn)?;
    Ok(rows == 1)
}

pub(in crate::places) fn has_children(conn: &mut Conn, site_id: i64, id: i64) -> Result<bool> {
    let child: Option<i64> = place::table
        .filter(place::site_id.eq(site_id))
        .filter(place::parent_id.eq(id))
        .filter(place::archived.eq(false))
        .select(place::id)
        .first(conn)
        .optional()?;
    Ok(child.is_some())
}

pub(in crate::places) fn has_stock(conn: &mut Conn, site_id: i64, id: i64) -> Result<bool> {
    let held: Option<i64> = level::table
        .inner_join(stock_point::table.on(stock_point::site_id.eq(level::site_id).and(stock_point::id.eq(level::stock_point_id))))
        .filter(stock_point::site_id.eq(site_id))
        .filter(stock_point::place_id.eq(id))
        .filter(level::quantity.gt(0))
        .select(level::quantity)
        .first(conn)
        .optional()?;
    Ok(held.is_some())
}
