//! Calls of the room: each report as JSON, and as CSV with `.csv` at the end or by `Accept`.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::below_par::{self, BelowPar};
use super::expiry::{self, Expiry};
use super::procurement::{self, Procurement};
use super::stock_value::{self, StockValue};
use super::{Scope, table};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::base::time::{Micros, Period};
use crate::db::Db;
use crate::db::conn::Conn;
use crate::places;
use crate::web::body::Params;
use crate::web::render::{self, Format, Table};

/// Days of a report that names no period.
const DAYS_DEFAULT: i64 = 90;
/// The longest time ahead that the expiry report looks.
const AHEAD_DAYS_MAX: i64 = 3_660;

/// The calls.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(&Method::GET, "/api/v1/reports/procurement", role::REPORT_READERS, get_procurement)
            .about(
                "reports",
                "Recommended, ordered, spent, held back, run out, expired; as a sheet its column section tells the parts apart",
            )
            .query::<PeriodQuery>()
            .answers::<Procurement>(200),
        Route::new(&Method::GET, "/api/v1/reports/expiry", role::REPORT_READERS, get_expiry)
            .about("reports", "Lots on hand that are expired or will expire, with their value")
            .query::<ExpiryQuery>()
            .answers::<Expiry>(200),
        Route::new(&Method::GET, "/api/v1/reports/stock-value", role::REPORT_READERS, get_stock_value)
            .about("reports", "What the stock is worth, by place and currency")
            .query::<SiteQuery>()
            .answers::<StockValue>(200),
        Route::new(&Method::GET, "/api/v1/reports/below-par", role::REPORT_READERS, get_below_par)
            .about("reports", "Items of which a site holds less than the par levels of its places add up to")
            .query::<SiteQuery>()
            .answers::<BelowPar>(200),
    ];
    let procurement = ["/api/v1/reports/procurement.csv", "/api/v1/reports/procurement.xlsx"];
    let expiry = ["/api/v1/reports/expiry.csv", "/api/v1/reports/expiry.xlsx"];
    let stock_value = ["/api/v1/reports/stock-value.csv", "/api/v1/reports/stock-value.xlsx"];
    let below_par = ["/api/v1/reports/below-par.csv", "/api/v1/reports/below-par.xlsx"];
    routes.extend(Route::sheets("reports", procurement, role::REPORT_READERS, get_procurement).map(Route::query::<PeriodQuery>));
    routes.extend(Route::sheets("reports", expiry, role::REPORT_READERS, get_expiry).map(Route::query::<ExpiryQuery>));
    routes.extend(Route::sheets("reports", stock_value, role::REPORT_READERS, get_stock_value).map(Route::query::<SiteQuery>));
    routes.extend(Route::sheets("reports", below_par, role::REPORT_READERS, get_below_par).map(Route::query::<SiteQuery>));
    routes
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct PeriodQuery {
    /// First day; default 90 days with the last one.
    from: Option<String>,
    /// Last day; default today.
    to: Option<String>,
    /// Code of the site; default all that the caller may see.
    site: Option<String>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ExpiryQuery {
    /// Days ahead, default 90.
    days: Option<i64>,
    /// Code of the site; default all that the caller may see.
    site: Option<String>,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct SiteQuery {
    /// Code of the site; default all that the caller may see.
    site: Option<String>,
}

/// The site that is asked for, or the only one that the caller may see.
fn site_of(conn: &mut Conn, caller: &Caller, site: Option<&str>) -> Result<(Option<i64>, Option<String>)> {
    match (site, caller.site) {
        (Some(site), _) => {
            let place = places::find_site(conn, site)?;
            caller.require_site(place.id)?;
            Ok((Some(place.id), Some(place.code)))
        }
        (None, Some(own)) => {
            let code = places::sites(conn)?.into_iter().find(|place| place.id == own).map(|place| place.code);
            Ok((Some(own), code))
        }
        (None, None) => Ok((None, None)),
    }
}

/// As of when a report holds, for the form that has no place for it.
const AS_OF: &str = "x-as-of";

async fn answer(format: Format, as_of: Micros, report: &impl Serialize, table: impl FnOnce() -> Table) -> Result<HttpResponse> {
    let mut answer = render::answer(format, report, table).await?;
    let moment = HeaderValue::from_str(&as_of.to_text()).map_err(|cause| Error::internal("a moment is no header").because(cause))?;
    answer.headers_mut().insert(HeaderName::from_static(AS_OF), moment);
    Ok(answer)
}

async fn get_procurement(caller: Caller, db: web::Data<Db>, query: Params<PeriodQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    let format = Format::of(&request)?;
    let report = db
        .read_report(move |conn, as_of| {
            let period = Period::parse(query.from.as_deref(), query.to.as_deref(), as_of.day(), DAYS_DEFAULT).map_err(Error::invalid)?;
            let (site_id, site) = site_of(conn, &caller, query.site.as_deref())?;
            procurement::build(conn, &Scope { site_id, site, period, as_of })
        })
        .await?;
    answer(format, report.as_of, &report, || table::table(&report)).await
}

async fn get_expiry(caller: Caller, db: web::Data<Db>, query: Params<ExpiryQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    let format = Format::of(&request)?;
    let days = query.days.unwrap_or(DAYS_DEFAULT);
    if !(0..=AHEAD_DAYS_MAX).contains(&days) {
        return Err(Error::field("days", "out_of_range", format!("must be 0..{AHEAD_DAYS_MAX}, not {days}")));
    }
    let report = db
        .read_report(move |conn, as_of| {
            let (site_id, site) = site_of(conn, &caller, query.site.as_deref())?;
            expiry::build(conn, site_id, site, as_of, days)
        })
        .await?;
    answer(format, report.as_of, &report, || expiry::table(&report)).await
}

async fn get_stock_value(caller: Caller, db: web::Data<Db>, query: Params<SiteQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::of(&request)?;
    let report = db
        .read_report(move |conn, as_of| {
            let (site_id, site) = site_of(conn, &caller, query.0.site.as_deref())?;
            stock_value::build(conn, site_id, site, as_of)
        })
        .await?;
    answer(format, report.as_of, &report, || stock_value::table(&report)).await
}

async fn get_below_par(caller: Caller, db: web::Data<Db>, query: Params<SiteQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::of(&request)?;
    let report = db
        .read_report(move |conn, as_of| {
            let (site_id, site) = site_of(conn, &caller, query.0.site.as_deref())?;
            below_par::build(conn, site_id, site, as_of)
        })
        .await?;
    answer(format, report.as_of, &report, || below_par::table(&report)).await
}
