//! Calls of the room: demand by day, forecasts; a file for each other resource.

mod event;
mod holiday;
mod run;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::forecast::{self, ForecastView, Wanted};
use super::history::{self, DemandDay};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::base::time::Period;
use crate::catalogue::item;
use crate::db::Db;
use crate::places;
use crate::web::body::Params;
use crate::web::paging::{Cut, Page};

/// The calls.
pub fn routes() -> Vec<Route> {
    let own = vec![
        Route::new(&Method::GET, "/api/v1/demand/{place}/{item}", role::PEOPLE, get_demand)
            .about("demand", "Demand by day, with the share of the day that the shelf was empty")
            .query::<DemandQuery>()
            .answers::<Vec<DemandDay>>(200),
        Route::new(&Method::GET, "/api/v1/forecasts", role::PEOPLE, get_forecasts)
            .about("demand", "The newest forecast of each planning point: quantiles by period, and summed over periods")
            .query::<ForecastQuery>()
            .answers::<Page<ForecastView>>(200),
    ];
    [own, run::routes(), holiday::routes(), event::routes()].into_iter().flatten().collect()
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct DemandQuery {
    /// First day; default 90 days ago.
    from: Option<String>,
    /// Last day; default today.
    to: Option<String>,
}

async fn get_demand(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    query: Params<DemandQuery>,
) -> Result<HttpResponse> {
    let (place, item) = path.into_inner();
    let today = db.clock().now().day();
    let period = Period::parse(query.0.from.as_deref(), query.0.to.as_deref(), today, 90).map_err(Error::invalid)?;
    let days = db
        .read(move |conn| {
            let place = places::find(conn, &place)?;
            caller.require_site(place.site_id)?;
            let item = item::find(conn, &item)?;
            let stock_point_id = places::known_stock_point(conn, &place, item.id)?
                .ok_or_else(|| Error::not_found("stock point", format!("{}/{}", place.code, item.code)))?;
            // What has not happened yet is a forecast, not a day without demand.
            history::days(conn, place.site_id, stock_point_id, period.from, period.to.min(today))
        })
        .await?;
    Ok(HttpResponse::Ok().json(days))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ForecastQuery {
    /// Only this place.
    place: Option<String>,
    /// Only this item.
    item: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_forecasts(caller: Caller, db: web::Data<Db>, query: Params<ForecastQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let cut = Cut::parse(query.0.limit, query.0.cursor.as_deref())?;
    let after = cut.after.split_once('|').map(|(place, item)| (place.to_owned(), item.to_owned())).unwrap_or_default();
    let wanted = Wanted {
        site_id: caller.site,
        place: query.0.place.unwrap_or_default(),
        item: query.0.item.unwrap_or_default(),
        after,
        limit: cut.limit + 1,
    };
    let rows = db.read(move |conn| forecast::newest(conn, &wanted)).await?;
    Ok(Page::of(rows, &cut, |row| format!("{}|{}", row.place, row.item)).answer(&request))
}
