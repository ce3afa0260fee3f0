//! Calls of the room: the native door, bindings, quarantine, discrepancies; series beside.

mod series;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::binding::{self, BindingView, NewBinding};
use super::discrepancy::{self, Decision, DiscrepancyView, Why};
use super::ingest::{Outcome, Post, Receipt};
use super::intake::{Intake, Room};
use super::native::{self, Format};
use super::quarantine::{self, QuarantineView};
use super::series::Series;
use super::{project, store};
use crate::access::caller::{Caller, DeviceIdentity};
use crate::access::device;
use crate::access::role::{self, Role};
use crate::access::route::Route;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::db::Db;
use crate::web::body::{Params, Posted};
use crate::web::idempotency::{Answer, once};
use crate::web::metrics::Metrics;
use crate::web::paging::{Cut, Page};

/// Devices and people.
const ANYONE: &[Role] = &Role::ALL;
/// A body larger than this is parsed away from the event loop.
const PARSE_HERE_BYTES_MAX: usize = 64 * 1024;

/// The calls.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&Method::POST, "/ingest/v1/observations", role::DEVICES, post_observations)
            .about("sensing", "Take in a batch of readings, JSON or NDJSON; the same bytes again answer as the first time")
            .takes::<Observations>(json!({
                "schema": native::SCHEMA, "device": "gw-1", "boot_id": "b1", "seq": 17, "sent_at": "2026-11-23T08:00:00Z",
                "records": [{"kind": "level", "channel": "c1", "at": "2026-11-23T08:00:00Z", "count": 40}]
            }))
            .answers::<Receipt>(200),
        Route::new(&Method::GET, "/ingest/v1/batches/{id}", ANYONE, get_batch)
            .about("sensing", "The first answer to a batch, again")
            .answers::<Receipt>(200),
        Route::new(&Method::GET, "/ingest/v1/time", ANYONE, crate::web::health::get_time)
            .about("sensing", "The service's clock")
            .answers::<crate::web::health::Now>(200),
        Route::new(&Method::GET, "/api/v1/devices/{id}/bindings", role::PEOPLE, get_bindings)
            .about("sensing", "The bindings of a device, past ones too")
            .answers::<Vec<BindingView>>(200),
        Route::new(&Method::POST, "/api/v1/devices/{id}/bindings", role::INSTALLERS, post_binding)
            .about("sensing", "Say which stock point a channel looks at, and what its readings may do")
            .takes::<NewBinding>(json!({"channel": "c1", "kind": "level", "place": "W1", "item": "P1", "mode": "advise"}))
            .answers::<Bound>(201),
        Route::new(&Method::GET, "/api/v1/devices/{id}/observations", role::PEOPLE, series::get_observations)
            .about("sensing", "What a channel has said: its readings, or of many days their sums by hour or day; `step` says which")
            .query::<series::SeriesQuery>()
            .answers::<Series>(200),
        Route::new(&Method::GET, "/api/v1/devices/{id}/observations.csv", role::PEOPLE, series::get_observations)
            .about("sensing", "The same as CSV")
            .query::<series::SeriesQuery>(),
        Route::new(&Method::GET, "/api/v1/devices/{id}/observations.xlsx", role::PEOPLE, series::get_observations)
            .about("sensing", "The same as an Excel workbook")
            .query::<series::SeriesQuery>(),
        Route::new(&Method::GET, "/api/v1/quarantine", role::PEOPLE, get_quarantine)
            .about("sensing", "Records that could not be used, kept as they came")
            .query::<QuarantineQuery>()
            .answers::<Page<QuarantineView>>(200),
        Route::new(&Method::POST, "/api/v1/quarantine/{id}/replay", role::INSTALLERS, post_replay)
            .about("sensing", "Run a record again after its channel is bound or its device approved")
            .answers::<Outcome>(200),
        Route::new(&Method::GET, "/api/v1/discrepancies", role::PEOPLE, get_discrepancies)
            .about("sensing", "Where sensors and book differ")
            .query::<DiscrepancyQuery>()
            .answers::<Page<DiscrepancyView>>(200),
        Route::new(&Method::POST, "/api/v1/discrepancies/{id}/accept", role::STOCK_KEEPERS, post_accept)
            .about("sensing", "The sensor is right: book the difference")
            .takes::<Why>(json!({"reason": "counted by hand"})),
        Route::new(&Method::POST, "/api/v1/discrepancies/{id}/reject", role::STOCK_KEEPERS, post_reject)
            .about("sensing", "The book is right")
            .takes::<Why>(json!({"reason": "a box was in the way"})),
    ]
}

/// A batch as it is documented; [`native::parse`] reads it record by record, so that one bad record fails alone.
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Observations {
    /// `wardstock.obs.v1`.
    schema: String,
    /// Code of the device that sends.
    device: String,
    /// Changes whenever the device's counters restart.
    boot_id: String,
    /// Counts the batches of one boot.
    seq: i64,
    /// The device's clock when it sends.
    sent_at: Option<String>,
    /// What the device knows that it lost.
    gap: Option<Gap>,
    /// Up to 5,000 records.
    records: Vec<RecordShape>,
}

/// Records that were lost.
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Gap {
    from: Option<String>,
    to: Option<String>,
    lost: i64,
}

/// One record.
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct RecordShape {
    /// The sender's own name for it: the same id on the same channel at the same time is the same record.
    id: Option<String>,
    /// `level`, `weight` or `status`.
    kind: String,
    /// Which line of the device; not for status.
    channel: Option<String>,
    /// RFC 3339 with offset; without it the time of receipt stands in.
    at: Option<String>,
    /// Level: base units.
    count: Option<i64>,
    /// Weight: grams with everything.
    gross_g: Option<f64>,
    /// Weight: grams to be taken off.
    tare_g: Option<f64>,
    /// Weight: whether the scale had come to rest; default true.
    stable: Option<bool>,
    /// Status: 0..100.
    battery_pct: Option<f64>,
    /// Status: version of the device's program.
    firmware: Option<String>,
}

/// The id of a new binding.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
struct Bound {
    id: String,
}

async fn post_observations(
    caller: Caller,
    // Before the body: what can't be kept is not read.
    room: Room,
    (db, intake, metrics): (web::Data<Db>, web::Data<Intake>, web::Data<Metrics>),
    request: HttpRequest,
    posted: Posted,
) -> Result<Answer> {
    let device = caller.device()?.clone();
    let format = Format::of(&posted.content_type)?;
    let full =
        request.headers().get("prefer").and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("return=representation"));
    let post = read(posted, format, device, full).await?;
    let (answer, receipt) = intake.store(&db, post, room).await?;
    if let Some(receipt) = receipt {
        for (result, count) in [
            ("stored", receipt.stored),
            ("duplicate", receipt.duplicate),
            ("quarantined", receipt.quarantined),
            ("rejected", receipt.rejected),
        ] {
            metrics.ingest_records.with_label_values(&[result]).inc_by(count);
        }
        if receipt.stored > 0 {
            project_soon(&db, &intake);
        }
    }
    Ok(answer)
}

async fn read(posted: Posted, format: Format, device: DeviceIdentity, full: bool) -> Result<Post> {
    if posted.bytes.len() <= PARSE_HERE_BYTES_MAX {
        return read_now(&posted, format, device, full);
    }
    tokio::task::spawn_blocking(move || read_now(&posted, format, device, full))
        .await
        .map_err(|cause| Error::internal("the reading of a body was cut off").because(cause))?
}

fn read_now(posted: &Posted, format: Format, device: DeviceIdentity, full: bool) -> Result<Post> {
    let batch = native::parse(&posted.bytes, format)?;
    if batch.head.device != device.code {
        tracing::warn!(device.id = device.id, "a batch names another device than its credential");
        return Err(Error::new(
            Code::Forbidden,
            format!("this credential is that of '{}', but the batch names another device", device.code),
        ));
    }
    Ok(Post::new(device, batch, posted.sha256(), full))
}

/// The projection runs after the answer; the scheduler would do it too, a moment later, and does while many come.
fn project_soon(db: &web::Data<Db>, intake: &web::Data<Intake>) {
    if !intake.start_projecting() {
        return;
    }
    let (db, intake) = (db.clone(), intake.clone());
    actix_web::rt::spawn(async move {
        // What is stored from here on starts its own.
        let own = intake.clone();
        let done = db
            .write(move |tx| {
                own.stop_projecting();
                let begun = std::time::Instant::now();
                let done = project::project_due(tx, tx.now);
                own.rest(begun.elapsed());
                done
            })
            .await;
        intake.stop_projecting();
        if let Err(cause) = done {
            tracing::warn!(%cause, source = ?cause.cause, "what readings mean could not be worked out; it is tried again");
        }
    });
}

async fn get_batch(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<Answer> {
    let name = path.into_inner();
    db.read(move |conn| {
        let none = || Error::not_found("batch", &name);
        let id = number("batch", &name)?;
        let (site_id, device_id, answer) = store::ingest::batch_by_id(conn, id)?.ok_or_else(none)?;
        caller.require_site(site_id)?;
        match &caller.device {
            Some(device) if device.id != device_id => Err(none()),
            _ => Ok(answer),
        }
    })
    .await
}

async fn get_bindings(caller: Caller, db: web::Data<Db>, path: web::Path<String>) -> Result<HttpResponse> {
    let rows = db
        .read(move |conn| {
            let key = device::find(conn, &path)?;
            caller.require_site(key.site_id)?;
            binding::list(conn, &key)
        })
        .await?;
    Ok(HttpResponse::Ok().json(rows))
}

async fn post_binding(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    let wish: NewBinding = posted.json()?;
    let name = path.into_inner();
    once(&db, caller.actor(), &posted, move |tx| {
        let key = device::find(tx.conn, &name)?;
        caller.require_site(key.site_id)?;
        let binding_id = binding::bind(tx, &caller, &key, &wish)?;
        Answer::created(format!("/api/v1/devices/{}/bindings", key.code), &Bound { id: id::to_wire(binding_id) })
    })
    .await
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct QuarantineQuery {
    /// Those too that have left the quarantine.
    resolved: Option<bool>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_quarantine(caller: Caller, db: web::Data<Db>, query: Params<QuarantineQuery>, request: HttpRequest) -> Result<HttpResponse> {
    let query = query.0;
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let (after, limit) = (cut.after_id()?, cut.limit + 1);
    let rows = db.read(move |conn| quarantine::list(conn, caller.site, query.resolved.unwrap_or(false), after, limit)).await?;
    Ok(Page::of(rows, &cut, |row| row.id.to_string()).answer(&request))
}

async fn post_replay(
    caller: Caller,
    db: web::Data<Db>,
    intake: web::Data<Intake>,
    path: web::Path<String>,
    posted: Posted,
) -> Result<Answer> {
    let id = number("quarantined record", &path)?;
    let answer = once(&db, caller.actor(), &posted, move |tx| Answer::ok(&quarantine::replay(tx, &caller, id)?)).await?;
    project_soon(&db, &intake);
    Ok(answer)
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct DiscrepancyQuery {
    /// open (default), accepted, rejected, closed or all.
    state: Option<String>,
    /// 1..500, default 50.
    limit: Option<i64>,
    /// From `next` of the page before.
    cursor: Option<String>,
}

async fn get_discrepancies(
    caller: Caller,
    db: web::Data<Db>,
    query: Params<DiscrepancyQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let query = query.0;
    let state = query.state.unwrap_or_else(|| "open".to_owned());
    if !["open", "accepted", "rejected", "closed", "all"].contains(&state.as_str()) {
        return Err(Error::field("state", "one_of", "must be one of open, accepted, rejected, closed, all"));
    }
    let cut = Cut::parse(query.limit, query.cursor.as_deref())?;
    let (after, limit) = (cut.after_id()?, cut.limit + 1);
    let state = if state == "all" { String::new() } else { state };
    let rows = db.read(move |conn| discrepancy::list(conn, caller.site, &state, after, limit)).await?;
    Ok(Page::of(rows, &cut, |row| row.id.to_string()).answer(&request))
}

async fn post_accept(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    decide(caller, db, path, posted, Decision::Accept).await
}

async fn post_reject(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted) -> Result<Answer> {
    decide(caller, db, path, posted, Decision::Reject).await
}

async fn decide(caller: Caller, db: web::Data<Db>, path: web::Path<String>, posted: Posted, decision: Decision) -> Result<Answer> {
    let why: Why = if posted.bytes.is_empty() { Why::default() } else { posted.json()? };
    let id = number("discrepancy", &path)?;
    once(&db, caller.actor(), &posted, move |tx| {
        discrepancy::decide(tx, &caller, id, decision, &why)?;
        Answer::ok(&json!({"id": id::to_wire(id)}))
    })
    .await
}

fn number(noun: &str, name: &str) -> Result<i64> {
    name.parse().map_err(|_not_a_number| Error::not_found(noun, name))
}
