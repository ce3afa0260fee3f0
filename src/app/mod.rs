//! The app: every room's routes behind one gate, the same in the service and in tests.

pub mod duty;
pub mod import;
mod live;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

use self::duty::{Duties, Duty};
use crate::access::known::KnownDevices;
use crate::access::route::{self, Route};
use crate::access::{self, role};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::db::Db;
use crate::db::nightly::Nightly;
use crate::sensing::intake::Intake;
use crate::sensing::retention::Keep;
use crate::web::metrics::Metrics;
use crate::web::openapi::{self, Operation};
use crate::web::{health, problem, request_log};
use crate::{alerts, catalogue, demand, orders, places, reorder, reports, sensing, stock, trial, ui};

/// Largest body of a call; imports have their own.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What all requests share.
#[derive(Debug, Clone)]
pub struct State {
    /// The database.
    pub db: Db,
    /// Counters.
    pub metrics: Metrics,
    /// Batches on their way to the writer.
    pub intake: Intake,
    /// Devices that were let in a moment ago.
    pub known_devices: Arc<KnownDevices>,
    /// What this program does.
    pub duties: Duties,
    /// How long readings are kept.
    pub keep: Keep,
    /// Where a backup goes every night.
    pub nightly: Option<Nightly>,
}

impl State {
    /// State over an open database, of a program that does everything.
    ///
    /// # Errors
    /// `internal` when metrics can't be registered.
    pub fn new(db: Db) -> Result<Self> {
        Ok(Self {
            db,
            metrics: Metrics::new()?,
            intake: Intake::default(),
            known_devices: Arc::default(),
            duties: Duties::default(),
            keep: Keep::default(),
            nightly: None,
        })
    }
}

/// All routes of all rooms.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::public(&Method::GET, "/livez", health::get_livez).about("service", "The process runs"),
        Route::public(&Method::GET, "/readyz", health::get_readyz).about("service", "The database answers"),
        Route::new(&Method::GET, "/metrics", role::WATCHERS, health::get_metrics).about("service", "Counters for Prometheus"),
        Route::public(&Method::GET, "/openapi.json", get_openapi).about("service", "This document"),
        Route::public(&Method::GET, "/docs/problems/{code}", problem::get_problem_page).about("service", "What a problem code means"),
        Route::new(&Method::GET, "/api/v1/events", role::PEOPLE, live::get_events)
            .about("service", "Server-sent events: stock, alert, plan, order, device; Last-Event-ID resumes"),
    ];
    let rooms: [fn() -> Vec<Route>; 15] = [
        access::http::routes,
        import::routes,
        catalogue::http::routes,
        places::http::routes,
        alerts::http::routes,
        stock::http::routes,
        sensing::http::routes,
        sensing::scan::http::routes,
        sensing::vendor::http::routes,
        demand::http::routes,
        orders::http::routes,
        reorder::http::routes,
        trial::http::routes,
        reports::http::routes,
        ui::http::routes,
    ];
    for room in rooms {
        routes.extend(room());
    }
    routes
}

/// The document's operations, in the order of the rooms.
pub fn operations() -> Vec<Operation> {
    routes().iter().map(|route| route.operation().clone()).collect()
}

async fn get_openapi() -> HttpResponse {
    HttpResponse::Ok().json(openapi::document(&operations()))
}

/// Puts everything into an actix app.
pub fn configure(config: &mut web::ServiceConfig, state: &State) {
    config
        .app_data(web::Data::new(state.db.clone()))
        .app_data(web::Data::new(state.metrics.clone()))
        .app_data(web::Data::new(state.intake.clone()))
        .app_data(web::Data::from(Arc::clone(&state.known_devices)))
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .app_data(
            web::PathConfig::default()
                .error_handler(|cause, request| Error::new(Code::NotFound, format!("{} names nothing: {cause}", request.path())).into()),
        );
    route::serve(routes().into_iter().filter(|route| state.duties.serve(route.operation().path)).collect(), config);
    if state.duties.has(Duty::Api) {
        configure_documents(config);
    }
    config.default_service(web::to(problem::no_such_path));
}

fn configure_documents(config: &mut web::ServiceConfig) {
    let document = openapi::document(&operations());
    config.service(utoipa_swagger_ui::SwaggerUi::new("/docs/api/{_:.*}").external_url_unchecked("/docs/openapi.json", document));
    config.service(web::redirect("/docs", "/docs/api/"));
    config.service(web::redirect("/docs/", "/docs/api/"));
}

/// A connection without a request stays open for so long: longer than clients and balancers keep theirs (15 to 60 s as a
/// rule), so that it is they who close it. Whoever sends on a connection that we are closing hears a reset and can't know
/// whether the request was done; a service that stood still for as long as this closes what has a request waiting in it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Serves the app until it is told to stop.
///
/// # Errors
/// `internal` when the address can't be bound.
pub fn serve(state: State, listener: std::net::TcpListener, workers: usize) -> std::io::Result<actix_web::dev::Server> {
    Ok(actix_web::HttpServer::new(move || {
        let state = state.clone();
        actix_web::App::new().configure(|config| configure(config, &state)).wrap(from_fn(request_log::layer))
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(10)
    .listen(listener)?
    .run())
}
