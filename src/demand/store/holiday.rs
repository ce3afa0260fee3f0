//! The table of holidays.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::base::error::Result;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::holiday;
use crate::demand::holiday::HolidayView;

#[derive(QueryableByName)]
struct HolidayRow {
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

impl From<HolidayRow> for HolidayView {
    fn from(row: HolidayRow) -> Self {
        Self { site: row.site, day: Day(row.day), name: row.name, version: row.version, updated_at: Micros(row.updated_at) }
    }
}

const SELECT: &str = "SELECT p.code AS site, h.day, h.name, h.version, h.updated_at FROM holiday h \
     JOIN place p ON p.site_id = h.site_id AND p.id = h.site_id";

pub(in crate::demand) fn by_day(conn: &mut Conn, site_id: i64, day: Day) -> Result<Option<HolidayView>> {
    let row: Option<HolidayRow> = diesel::sql_query(format!("{SELECT} WHERE h.site_id = $1 AND h.day = $2"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(day.0)
        .get_result(conn)
        .optional()?;
    Ok(row.map(HolidayView::from))
}

pub(in crate::demand) fn list(
    conn: &mut Conn,
    only_site: Option<i64>,
    site: &str,
    after: (&str, i64),
    limit: i64,
) -> Result<Vec<HolidayView>> {
    let rows: Vec<HolidayRow> = diesel::sql_query(format!(
        "{SELECT} WHERE (p.code > $1 OR (p.code = $1 AND h.day > $2)) AND ($3 = 0 OR h.site_id = $3) AND ($4 = '' OR p.code = $4) \
         ORDER BY p.code, h.day LIMIT $5"
    ))
    .bind::<Text, _>(after.0)
    .bind::<BigInt, _>(after.1)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<Text, _>(site)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(HolidayView::from).collect())
}

/// The holidays of a site in `[from, until)`.
pub(in crate::demand) fn days(conn: &mut Conn, site_id: i64, from: Day, until: Day) -> Result<Vec<i64>> {
    let span = holiday::table.filter(holiday::site_id.eq(site_id)).filter(holiday::day.ge(from.0)).filter(holiday::day.lt(until.0));
    Ok(span.select(holiday::day).load(conn)?)
}

pub(in crate::demand) fn insert(tx: &mut Tx<'_>, site_id: i64, view: &HolidayView) -> Result<()> {
    diesel::insert_into(holiday::table)
        .values((
            holiday::site_id.eq(site_id),
            holiday::day.eq(view.day.0),
            holiday::name.eq(&view.name),
            holiday::version.eq(view.version),
            holiday::updated_at.eq(view.updated_at.0),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::demand) fn update(tx: &mut Tx<'_>, site_id: i64, view: &HolidayView, seen: i64) -> Result<bool> {
    let rows = diesel::update(
        holiday::table.filter(holiday::site_id.eq(site_id)).filter(holiday::day.eq(view.day.0)).filter(holiday::version.eq(seen)),
    )
    .set((holiday::name.eq(&view.name), holiday::version.eq(view.version), holiday::updated_at.eq(view.updated_at.0)))
    .execute(tx.conn)?;
    Ok(rows == 1)
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::demand) fn delete(tx: &mut Tx<'_>, site_id: i64, day: Day, seen: i64) -> Result<bool> {
    let rows = diesel::delete(
        holiday::table.filter(holiday::site_id.eq(site_id)).filter(holiday::day.eq(day.0)).filter(holiday::version.eq(seen)),
    )
    .execute(tx.conn)?;
    Ok(rows == 1)
}
