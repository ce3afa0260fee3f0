//! Calls of the room, one file per resource.

mod item;
mod offer;
mod substitute;
mod supplier;

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};

use crate::access::route::Route;
use crate::web::precondition::etag;

/// The calls.
pub fn routes() -> Vec<Route> {
    [item::routes(), supplier::routes(), offer::routes(), substitute::routes()].into_iter().flatten().collect()
}

/// What a list by code takes.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct SearchQuery {
    /// A word in code, name or GTIN.
    q: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

/// One thing with its `ETag`.
pub(crate) fn shown(version: i64, value: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(etag(version)).json(value)
}

#[cfg(test)]
mod tests {
    use super::routes;
    use crate::web::openapi;

    #[test]
    fn an_entry_shows_its_content_beside_its_id() {
        let operations: Vec<_> = routes().iter().map(|route| route.operation().clone()).collect();
        let document = openapi::document(&operations);
        let shape = &document["components"]["schemas"]["KeptItem"]["properties"];
        assert!(shape["code"].is_object() && shape["id"].is_object() && shape["version"].is_object(), "{document:#}");
        assert!(document["paths"]["/api/v1/offers/{id}"]["patch"]["requestBody"].is_object());
    }
}
