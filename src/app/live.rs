//! The event stream, behind the gate.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::access::caller::Caller;
use crate::base::error::Result;
use crate::db::Db;
use crate::web::events;

pub(super) async fn get_events(caller: Caller, db: web::Data<Db>, request: HttpRequest) -> Result<HttpResponse> {
    events::stream_events(&request, &db, caller.site).await
}
