//! The doors of vendors' gateways.

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{VendorPost, take};
use crate::access::caller::{Caller, DeviceIdentity};
use crate::access::role;
use crate::access::route::Route;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::places::place;
use crate::sensing::adapter::Vendor;
use crate::sensing::adapter::logger::{self, Logged};
use crate::sensing::codec::Codec;
use crate::sensing::http::project_soon;
use crate::sensing::ingest::Receipt;
use crate::sensing::intake::{Intake, Room};
use crate::sensing::native::RECORDS_MAX;
use crate::web::body::{Params, Posted};
use crate::web::metrics::Metrics;

/// The calls.
pub fn routes() -> Vec<Route> {
    let uplink = json!({"deviceInfo": {"devEui": "1000000000000001"}, "devAddr": "20000001", "fCnt": 4, "fPort": 85,
        "time": "2026-11-23T08:00:00Z", "data": "AXVcA2c0AQRoZQ=="});
    vec![
        Route::new(&Method::POST, "/ingest/v1/loggers/{device}", role::DEVICES, post_logger)
            .about("sensing", "Take in the file of a temperature logger: a report of Berlinger, or CSV with at and celsius")
            .answers::<Uploaded>(201),
        Route::new(&Method::POST, "/ingest/v1/impinj/{device}", role::DEVICES, post_impinj)
            .about("sensing", "Take in the events of an Impinj R700 as it sends them")
            .takes::<AsItComes>(json!({"timestamp": "2026-11-23T08:00:00Z", "eventType": "tagInventory",
                "tagInventoryEvent": {"epc": "MDQle_QAt4AABMsv", "antennaPort": 1, "peakRssiCdbm": -7000}})),
        Route::new(&Method::POST, "/ingest/v1/zebra/{device}", role::DEVICES, post_zebra)
            .about("sensing", "Take in the events of a Zebra IoT Connector as it sends them")
            .takes::<AsItComes>(json!({"type": "SIMPLE", "timestamp": "2026-11-23T08:00:00.000+0000",
                "data": {"idHex": "3034257BF400B7800004CB2F", "antenna": 1, "eventNum": 1, "peakRssi": -70}})),
        Route::new(&Method::POST, "/ingest/v1/chirpstack/{network}", role::DEVICES, post_chirpstack)
            .about("sensing", "Take in an uplink from ChirpStack")
            .query::<Uplinks>()
            .takes::<AsItComes>(uplink),
        Route::new(&Method::POST, "/ingest/v1/ttn/{network}", role::DEVICES, post_ttn)
            .about("sensing", "Take in a message of The Things Stack")
            .query::<Uplinks>()
            .takes::<AsItComes>(json!({"end_device_ids": {"dev_eui": "1000000000000001"},
                "uplink_message": {"f_cnt": 4, "frm_payload": "AXVcA2c0AQRoZQ==", "received_at": "2026-11-23T08:00:00Z"}})),
        Route::new(&Method::POST, "/ingest/v1/generic/{device}", role::DEVICES, post_generic)
            .about("sensing", "Take in LLRP reports or Intel RSP messages as JSON, or LORIOT uplinks")
            .query::<Uplinks>()
            .takes::<AsItComes>(json!({"TagReportData": [{"EPC96": {"EPC": "MDQle/QAt4AABMsv"}, "AntennaID": 1, "PeakRSSI": -48}]}))
            .answers::<Receipt>(200),
    ]
}

/// A body as the vendor documents it; nothing of it is required here.
struct AsItComes;

impl JsonSchema for AsItComes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AsItComes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"description": "one event, or a list of them, as the vendor documents it"})
    }
}

/// What the address of a network's door says.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
struct Uplinks {
    /// Kind of event; only `up` brings readings.
    event: Option<String>,
    /// Which codec the devices speak, where the network server does not decode.
    codec: Option<String>,
}

/// Values of one logger's file: half a year at an interval of 5 minutes.
const LOGGED_MAX: usize = 60_000;

type Tools = (web::Data<Db>, web::Data<Intake>, web::Data<Metrics>);

async fn post_impinj(caller: Caller, room: Room, tools: Tools, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    enter(caller, room, tools, &path, posted, Vendor::Impinj, Uplinks::default()).await.map(|_| HttpResponse::Ok().finish())
}

async fn post_zebra(caller: Caller, room: Room, tools: Tools, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    enter(caller, room, tools, &path, posted, Vendor::Zebra, Uplinks::default()).await.map(|_| HttpResponse::Ok().finish())
}

async fn post_chirpstack(
    caller: Caller,
    room: Room,
    tools: Tools,
    path: web::Path<String>,
    query: Params<Uplinks>,
    posted: Posted,
) -> Result<HttpResponse> {
    if posted.content_type.contains("protobuf") || posted.content_type == "application/octet-stream" {
        return Err(Error::new(Code::UnsupportedMediaType, "set the integration to JSON; Protobuf is not taken"));
    }
    enter(caller, room, tools, &path, posted, Vendor::Chirpstack, query.0).await.map(|_| HttpResponse::NoContent().finish())
}

async fn post_ttn(
    caller: Caller,
    room: Room,
    tools: Tools,
    path: web::Path<String>,
    query: Params<Uplinks>,
    posted: Posted,
) -> Result<HttpResponse> {
    enter(caller, room, tools, &path, posted, Vendor::Ttn, query.0).await.map(|_| HttpResponse::NoContent().finish())
}

async fn post_generic(
    caller: Caller,
    room: Room,
    tools: Tools,
    path: web::Path<String>,
    query: Params<Uplinks>,
    posted: Posted,
) -> Result<HttpResponse> {
    let receipt = enter(caller, room, tools, &path, posted, Vendor::Generic, query.0).await?;
    let is_mixed = receipt.duplicate + receipt.quarantined > 0;
    Ok(if is_mixed { HttpResponse::MultiStatus() } else { HttpResponse::Ok() }.json(receipt))
}

/// What became of a logger's file.
#[derive(Debug, serde::Serialize, JsonSchema)]
struct Uploaded {
    /// What the file says.
    #[serde(flatten)]
    logged: Logged,
    /// Values that were new.
    new: u64,
    /// Values that were known.
    known: u64,
    /// Values in quarantine: too old, or no values.
    quarantined: u64,
}

async fn post_logger(caller: Caller, room: Room, tools: Tools, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let device = caller.device()?.clone();
    require_own_door(&device, &path)?;
    let (site_id, db) = (device.site_id.to_string(), tools.0.clone());
    let zone = db.read(move |conn| place::view(conn, &site_id)).await?.content.timezone;
    let zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(chrono_tz::UTC);
    let read = move || {
        let body = String::from_utf8_lossy(&posted.bytes).into_owned();
        let (logged, parsed) = logger::parse(&body, &device.code, zone).map_err(|detail| Error::new(Code::WrongSchema, detail))?;
        let post = VendorPost { device, door: "loggers", codec: None, body, sha256: posted.sha256(), parsed };
        check_count(&post, LOGGED_MAX).map(|()| (logged, post))
    };
    let (logged, post) = apart(read).await?;
    let receipt = keep(post, room, tools).await?;
    let Receipt { stored, duplicate, quarantined, .. } = receipt;
    Ok(HttpResponse::Created().json(Uploaded { logged, new: stored, known: duplicate, quarantined }))
}

/// A body of a megabyte takes its time, so it is read away from the event loop.
async fn enter(
    caller: Caller,
    room: Room,
    (db, intake, metrics): Tools,
    path: &str,
    posted: Posted,
    vendor: Vendor,
    query: Uplinks,
) -> Result<Receipt> {
    let device = caller.device()?.clone();
    require_own_door(&device, path)?;
    let codec = query.codec.as_deref().map(read_codec).transpose()?;
    if query.event.is_some_and(|event| event != "up") {
        return Ok(Receipt::default());
    }
    let read = move || {
        let parsed = vendor.parse(&posted.bytes, codec).map_err(|detail| Error::new(Code::BadJson, detail))?;
        let body = String::from_utf8_lossy(&posted.bytes).into_owned();
        let post = VendorPost { device, door: vendor.word(), codec, body, sha256: posted.sha256(), parsed };
        check_count(&post, RECORDS_MAX).map(|()| post)
    };
    let post = apart(read).await?;
    keep(post, room, (db, intake, metrics)).await
}

/// Away from the event loop.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(read).await.map_err(|cause| Error::internal("the reading of a body was cut off").because(cause))?
}

fn check_count(post: &VendorPost, most: usize) -> Result<()> {
    if post.parsed.pieces.len() > most {
        return Err(Error::new(Code::PayloadTooLarge, format!("more than {most} records; send fewer at a time")));
    }
    Ok(())
}

/// Stores what was read; answers after COMMIT.
async fn keep(post: VendorPost, room: Room, (db, intake, metrics): Tools) -> Result<Receipt> {
    let memory = intake.clone();
    let receipt = db
        .write(move |tx| {
            // What is stored here is not in the memory of the native door.
            memory.forget();
            take(tx, post)
        })
        .await?;
    drop(room);
    let counts = [("stored", receipt.stored), ("duplicate", receipt.duplicate), ("quarantined", receipt.quarantined)];
    for (result, count) in counts {
        metrics.ingest_records.with_label_values(&[result]).inc_by(count);
    }
    if receipt.stored > 0 {
        project_soon(&db, &intake);
    }
    Ok(receipt)
}

/// A door is its device's own: who holds another credential is somebody else.
fn require_own_door(device: &DeviceIdentity, path: &str) -> Result<()> {
    if device.code == path {
        return Ok(());
    }
    tracing::warn!(device.id = device.id, "a device came to the door of another one");
    Err(Error::new(Code::Forbidden, format!("this credential is that of '{}', and the door that of another device", device.code)))
}

/// The codec of a word.
///
/// # Errors
/// `invalid_input` with the words that are known.
pub(in crate::sensing) fn read_codec(word: &str) -> Result<Codec> {
    Codec::of(word).ok_or_else(|| {
        let known: Vec<&str> = Codec::ALL.iter().map(|codec| codec.word()).collect();
        Error::field("codec", "one_of", format!("must be one of {}", known.join(", ")))
    })
}
