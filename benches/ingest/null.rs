//! Side C: the same HTTP server, request log, gate, credential, body cap, JSON and validation, but nothing behind it.
//!
//! It leaves out what needs the tables: which channel is bound to what, whether a batch or a record is known,
//! the write itself, and what is counted after it. The receipt has the same fields and nearly the same length.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;
use wardstock::access::caller::Caller;
use wardstock::access::known::KnownDevices;
use wardstock::access::role;
use wardstock::access::route::{self, Route};
use wardstock::base::clock::Clock;
use wardstock::base::error::Result;
use wardstock::db::Db;
use wardstock::db::conn::Target;
use wardstock::sensing::Receipt;
use wardstock::sensing::native::{self, Format};
use wardstock::web::body::Posted;
use wardstock::web::idempotency::Answer;
use wardstock::web::metrics::Metrics;
use wardstock::web::request_log;

/// Serves until it is stopped; the only word is the database's URL.
pub(crate) fn run(words: &[String]) {
    wardstock::telemetry::start("info", false).unwrap();
    let db = Db::open(&Target::parse(&words[0]).unwrap(), Clock::System).unwrap();
    let metrics = Metrics::new().unwrap();
    let known: Arc<KnownDevices> = Arc::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::System::new().block_on(async move {
        let server = actix_web::HttpServer::new(move || {
            let (db, metrics, known) = (db.clone(), metrics.clone(), Arc::clone(&known));
            actix_web::App::new()
                .configure(|config| {
                    config
                        .app_data(web::Data::new(db))
                        .app_data(web::Data::new(metrics))
                        .app_data(web::Data::from(known))
                        .app_data(web::PayloadConfig::new(1 << 20));
                    route::serve(vec![Route::new(&Method::POST, "/ingest/v1/observations", role::DEVICES, post)], config);
                })
                .wrap(from_fn(request_log::layer))
        })
        .workers(2)
        .listen(listener)
        .unwrap()
        .run();
        println!("listening on http://{address}");
        server.await.unwrap();
    });
}

async fn post(caller: Caller, posted: Posted) -> Result<Answer> {
    caller.device()?;
    let batch = native::parse(&posted.bytes, Format::of(&posted.content_type)?)?;
    let stored = batch.records.iter().filter(|record| record.is_ok()).count() as u64;
    Answer::ok(&Receipt { batch: posted.sha256()[..18].to_owned(), stored, ..Receipt::default() })
}
