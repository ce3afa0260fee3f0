//! Reading stock: the list, one stock point, its history.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::base::error::{Error, Result};
use crate::base::time::{Day, Period};
use crate::catalogue::item;
use crate::db::Db;
use crate::places;
use crate::stock::level::{self, LotView, StockView, Wanted};
use crate::web::body::Params;
use crate::web::paging::{Cut, Page};
use crate::web::render::{self, Format, Table};

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct StockQuery {
    /// Only this place.
    place: Option<String>,
    /// Only this item.
    item: Option<String>,
    /// ok, low, out, over or expiring.
    status: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

pub(super) async fn get_stock(caller: Caller, db: web::Data<Db>, query: Params<StockQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    if let Some(status) = &query.status
        && !["ok", "low", "out", "over", "expiring"].contains(&status.as_str())
    {
        return Err(Error::field("status", "one_of", "must be one of ok, low, out, over, expiring"));
    }
    let format = Format::of(&request)?;
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let after = cut.after.split_once('|').map(|(place, item)| (place.to_owned(), item.to_owned())).unwrap_or_default();
    let wanted = Wanted { site_id: caller.site, place: query.place, item: query.item, status: query.status, after, limit: cut.limit + 1 };
    let today = db.clock().now().day();
    let rows = db.read(move |conn| level::list(conn, &wanted, today)).await?;
    let page = Page::of(rows, &cut, |row| format!("{}|{}", row.place, row.item));
    match format {
        Format::Json => Ok(page.answer(&request)),
        Format::Csv | Format::Xlsx => render::answer(format, &page, || stock_table(&page.items)).await,
    }
}

fn stock_table(rows: &[StockView]) -> Table {
    let text = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    Table {
        columns: vec![
            "place",
            "item",
            "name",
            "base_unit",
            "on_hand",
            "available",
            "on_order",
            "in_draft",
            "position",
            "par_level",
            "max_level",
            "days_of_cover",
            "next_expiry",
            "status",
            "belief_estimate",
        ],
        rows: rows
            .iter()
            .map(|row| {
                vec![
                    row.place.clone(),
                    row.item.clone(),
                    row.name.clone(),
                    row.base_unit.clone(),
                    row.on_hand.to_string(),
                    row.available.to_string(),
                    row.on_order.to_string(),
                    row.in_draft.to_string(),
                    row.position.to_string(),
                    text(row.par_level),
                    text(row.max_level),
                    row.days_of_cover.map(|days| days.to_string()).unwrap_or_default(),
                    row.next_expiry.map(Day::to_text).unwrap_or_default(),
                    row.status.to_owned(),
                    text(row.belief.as_ref().map(|belief| belief.estimate)),
                ]
            })
            .collect(),
    }
}

/// One stock point with its lots.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct StockPointView {
    #[serde(flatten)]
    stock: StockView,
    /// Lots on hand, first to expire first.
    lots: Vec<LotView>,
}

pub(super) async fn get_stock_point(caller: Caller, db: web::Data<Db>, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (place, item) = path.into_inner();
    let today = db.clock().now().day();
    let view = db
        .read(move |conn| {
            let place = places::find(conn, &place)?;
            caller.require_site(place.site_id)?;
            let item = item::find(conn, &item)?;
            let none = || Error::not_found("stock point", format!("{}/{}", place.code, item.code));
            let stock_point_id = places::known_stock_point(conn, &place, item.id)?.ok_or_else(none)?;
            let wanted = Wanted {
                site_id: Some(place.site_id),
                place: Some(place.code.clone()),
                item: Some(item.code.clone()),
                limit: 1,
                ..Wanted::default()
            };
            let stock = level::list(conn, &wanted, today)?.pop().ok_or_else(none)?;
            let lots = level::lots(conn, place.site_id, stock_point_id, today)?;
            Ok(StockPointView { stock, lots })
        })
        .await?;
    Ok(HttpResponse::Ok().json(view))
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct HistoryQuery {
    /// First day; default 90 days ago.
    from: Option<String>,
    /// Last day; default today.
    to: Option<String>,
}

pub(super) async fn get_history(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, String)>,
    query: Params<HistoryQuery>,
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
            level::history(conn, place.site_id, stock_point_id, period.from, period.to)
        })
        .await?;
    Ok(HttpResponse::Ok().json(days))
}
