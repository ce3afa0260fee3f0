//! The table of forecasts.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::forecast;
use crate::demand::forecast::Stored;

pub(in crate::demand) fn insert(tx: &mut Tx<'_>, site_id: i64, run_id: i64, stock_point_id: i64, made: &Stored) -> Result<()> {
    diesel::insert_into(forecast::table)
        .values((
            forecast::site_id.eq(site_id),
            forecast::stock_point_id.eq(stock_point_id),
            forecast::id.eq(tx.id()),
            forecast::made_at.eq(tx.now.0),
            forecast::method.eq(&made.method),
            forecast::mean_daily_units.eq(made.mean_daily_units),
            forecast::input_sha256.eq(&made.input_sha256),
            forecast::body.eq(&made.body),
            forecast::run_id.eq(Some(run_id)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(in crate::demand) fn forget(tx: &mut Tx<'_>, site_id: i64, before: i64) -> Result<()> {
    // The newest of each stock point stays, however old it is.
    diesel::sql_query(
        "DELETE FROM forecast WHERE site_id = $1 AND made_at < $2 AND EXISTS (SELECT 1 FROM forecast n \
         WHERE n.site_id = forecast.site_id AND n.stock_point_id = forecast.stock_point_id AND n.id > forecast.id)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(before)
    .execute(tx.conn)?;
    Ok(())
}

#[derive(QueryableByName)]
pub(in crate::demand) struct ForecastRow {
    #[diesel(sql_type = Text)]
    pub(in crate::demand) place: String,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) item: String,
    #[diesel(sql_type = BigInt)]
    pub(in crate::demand) made_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(in crate::demand) run_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) method: String,
    #[diesel(sql_type = Double)]
    pub(in crate::demand) mean_daily_units: f64,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) input_sha256: String,
    #[diesel(sql_type = Text)]
    pub(in crate::demand) body: String,
}

const SELECT: &str = "SELECT p.code AS place, i.code AS item, f.made_at, f.run_id, f.method, f.mean_daily_units, f.input_sha256, f.body \
     FROM forecast f JOIN stock_point sp ON sp.site_id = f.site_id AND sp.id = f.stock_point_id \
     JOIN place p ON p.site_id = sp.site_id AND p.id = sp.place_id JOIN item i ON i.id = sp.item_id";

pub(in crate::demand) fn newest(
    conn: &mut Conn,
    site_id: Option<i64>,
    place: &str,
    item: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<ForecastRow>> {
    Ok(diesel::sql_query(format!(
        "{SELECT} WHERE f.id = (SELECT MAX(n.id) FROM forecast n WHERE n.site_id = f.site_id AND n.stock_point_id = f.stock_point_id) \
         AND (p.code, i.code) > ($1, $2) AND ($3 = 0 OR f.site_id = $3) AND ($4 = '' OR p.code = $4) AND ($5 = '' OR i.code = $5) \
         ORDER BY p.code, i.code LIMIT $6"
    ))
    .bind::<Text, _>(after.0)
    .bind::<Text, _>(after.1)
    .bind::<BigInt, _>(site_id.unwrap_or(0))
    .bind::<Text, _>(place)
    .bind::<Text, _>(item)
    .bind::<BigInt, _>(limit)
    .load(conn)?)
}

/// The forecasts of a run that are still kept, by item and place.
pub(in crate::demand) fn of_run(conn: &mut Conn, site_id: i64, run_id: i64) -> Result<Vec<ForecastRow>> {
    Ok(diesel::sql_query(format!("{SELECT} WHERE f.site_id = $1 AND f.run_id = $2 ORDER BY i.code, p.code"))
        .bind::<BigInt, _>(site_id)
        .bind::<BigInt, _>(run_id)
        .load(conn)?)
}
