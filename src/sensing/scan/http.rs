//! The call for one scan.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::{Kind, Named, find, read};
use crate::access::caller::Caller;
use crate::access::role;
use crate::access::route::Route;
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::sensing::gs1::Strictness;
use crate::sensing::gs1::element_string::LENGTH_MAX;
use crate::web::body::Posted;

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::POST, "/api/v1/scans", role::PEOPLE, post_scan)
            .about("sensing", "What a barcode, tag or label says: product, lot, expiry, serial, or the exact reason why not")
            .takes::<NewScan>(json!({"raw": "]d201040063813339311727123110LOT7"}))
            .answers::<Named>(200),
    ]
}

/// A code as it was scanned.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewScan {
    /// As the scanner sent it, best with its AIM identifier and with GS (U+001D) where separators are.
    raw: String,
}

/// Nothing is written, so the same request again is answered from what is known then, with or without an
/// `Idempotency-Key`. The code is in no log: it may name a person.
async fn post_scan(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<HttpResponse> {
    let NewScan { raw } = posted.json()?;
    if raw.len() > LENGTH_MAX {
        return Err(Error::field("/raw", "length", format!("at most {LENGTH_MAX} bytes")));
    }
    let today = db.clock().now().day();
    let named = db
        .read(move |conn| {
            let scan = read(&raw, Kind::Auto, Strictness::STANDARD, today);
            find(conn, scan, caller.site, today)
        })
        .await?;
    Ok(HttpResponse::Ok().json(named))
}
