//! The table of demand events.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use crate::base::error::Result;
use crate::base::id;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::demand_event;
use crate::demand::circumstances::Known;
use crate::demand::event::{EventContent, EventView};

#[derive(QueryableByName)]
struct EventRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Nullable<Text>)]
    place: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    item: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    forecast_group: Option<String>,
    #[diesel(sql_type = BigInt)]
    first_day: i64,
    #[diesel(sql_type = BigInt)]
    last_day: i64,
    #[diesel(sql_type = Double)]
    factor: f64,
    #[diesel(sql_type = Text)]
    note: String,
    #[diesel(sql_type = Text)]
    created_by: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let content = EventContent {
            site: row.site,
            place: row.place,
            item: row.item,
            group: row.forecast_group,
            first_day: Day(row.first_day),
            last_day: Day(row.last_day),
            factor: row.factor,
            note: row.note,
        };
        Self {
            id: id::to_wire(row.id),
            site_id: row.site_id,
            content,
            created_by: row.created_by,
            version: row.version,
            updated_at: Micros(row.updated_at),
        }
    }
}

const SELECT: &str = "SELECT e.id, e.site_id, s.code AS site, p.code AS place, i.code AS item, e.forecast_group, e.first_day, e.last_day, \
     e.factor, e.note, e.created_by, e.version, e.updated_at FROM demand_event e \
     JOIN place s ON s.site_id = e.site_id AND s.id = e.site_id \
     LEFT JOIN place p ON p.site_id = e.site_id AND p.id = e.place_id LEFT JOIN item i ON i.id = e.item_id";

pub(in crate::demand) fn by_id(conn: &mut Conn, id: i64) -> Result<Option<EventView>> {
    let row: Option<EventRow> = diesel::sql_query(format!("{SELECT} WHERE e.id = $1")).bind::<BigInt, _>(id).get_result(conn).optional()?;
    Ok(row.map(EventView::from))
}

pub(in crate::demand) fn list(conn: &mut Conn, only_site: Option<i64>, site: &str, before: i64, limit: i64) -> Result<Vec<EventView>> {
    let rows: Vec<EventRow> = diesel::sql_query(format!(
        "{SELECT} WHERE e.id < $1 AND ($2 = 0 OR e.site_id = $2) AND ($3 = '' OR s.code = $3) ORDER BY e.id DESC LIMIT $4"
    ))
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<Text, _>(site)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(EventView::from).collect())
}

type KnownRow = (Option<i64>, Option<i64>, Option<String>, i64, i64, f64);

/// The events of a site with a day in `[from, until)`, oldest first.
pub(in crate::demand) fn between(conn: &mut Conn, site_id: i64, from: Day, until: Day) -> Result<Vec<Known>> {
    let rows: Vec<KnownRow> = demand_event::table
        .filter(demand_event::site_id.eq(site_id))
        .filter(demand_event::last_day.ge(from.0))
        .filter(demand_event::first_day.lt(until.0))
        .order(demand_event::id)
        .select((
            demand_event::place_id,
            demand_event::item_id,
            demand_event::forecast_group,
            demand_event::first_day,
            demand_event::last_day,
            demand_event::factor,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(place_id, item_id, group, first_day, last_day, factor)| Known { place_id, item_id, group, first_day, last_day, factor })
        .collect())
}

pub(in crate::demand) fn count(conn: &mut Conn, site_id: i64) -> Result<i64> {
    Ok(demand_event::table.filter(demand_event::site_id.eq(site_id)).count().get_result(conn)?)
}

/// `ids`: those of its place and item.
pub(in crate::demand) fn insert(tx: &mut Tx<'_>, id: i64, view: &EventView, ids: (Option<i64>, Option<i64>)) -> Result<()> {
    let content = &view.content;
    diesel::insert_into(demand_event::table)
        .values((
            (
                demand_event::site_id.eq(view.site_id),
                demand_event::id.eq(id),
                demand_event::place_id.eq(ids.0),
                demand_event::item_id.eq(ids.1),
                demand_event::forecast_group.eq(&content.group),
                demand_event::first_day.eq(content.first_day.0),
            ),
            (
                demand_event::last_day.eq(content.last_day.0),
                demand_event::factor.eq(content.factor),
                demand_event::note.eq(&content.note),
                demand_event::created_by.eq(&view.created_by),
                demand_event::version.eq(view.version),
                demand_event::updated_at.eq(view.updated_at.0),
            ),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Answers `false` when somebody else was faster.
pub(in crate::demand) fn delete(tx: &mut Tx<'_>, site_id: i64, id: i64, seen: i64) -> Result<bool> {
    let rows = diesel::delete(
        demand_event::table
            .filter(demand_event::site_id.eq(site_id))
            .filter(demand_event::id.eq(id))
            .filter(demand_event::version.eq(seen)),
    )
    .execute(tx.conn)?;
    Ok(rows == 1)
}
