//! How scenes are set: a running service on a database of its own, and clients for its users.
//! Only this folder knows how the app is built.

mod client;
mod cluster;
mod postgres;
mod program;

use std::net::TcpListener;
use std::sync::mpsc;

use wardstock::access::role::Role;
use wardstock::access::token::{self, NewToken};
use wardstock::app::{self, State};
use wardstock::base::clock::Clock;
use wardstock::base::time::Micros;
use wardstock::db::conn::Target;
use wardstock::db::nightly::Nightly;
use wardstock::db::{Db, migrate};
use wardstock::jobs::Workers;

pub(crate) use client::{Answer, Client};
pub(crate) use cluster::Cluster;
pub(crate) use postgres::new_folder;
pub(crate) use program::{Served, program};

/// Which database a scene runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// Runs a scene on each database that is there; says loudly when PostgreSQL is not.
pub(crate) fn on_both(scene: impl Fn(Engine)) {
    scene(Engine::Sqlite);
    if postgres::is_there() {
        scene(Engine::Postgres);
    } else {
        eprintln!("SKIPPED on PostgreSQL: no server programs under /usr/lib/postgresql (install the package postgresql)");
    }
}

/// Runs a scene that needs PostgreSQL; says loudly when it is not there.
pub(crate) fn on_postgres(scene: impl Fn(Engine)) {
    if postgres::is_there() {
        scene(Engine::Postgres);
    } else {
        eprintln!("SKIPPED: no server programs under /usr/lib/postgresql (install the package postgresql)");
    }
}

/// A fresh database of an engine, without a schema.
pub(crate) fn target(engine: Engine) -> Target {
    match engine {
        Engine::Sqlite => Target::parse("sqlite::memory:").unwrap(),
        Engine::Postgres => Target::parse(&postgres::fresh_database()).unwrap(),
    }
}

/// The URL of a target, for the program.
pub(crate) fn url(target: &Target) -> String {
    match target {
        Target::Sqlite { path, .. } => format!("sqlite:{}", path.display()),
        Target::Postgres { url } => url.clone(),
    }
}

/// One site, a store and a ward, two items of two suppliers.
pub(crate) const SMALL_CATALOGUE: [(&str, &str); 4] = [
    (
        "places.csv",
        "code,name,kind,parent,timezone,capacity_refrigerated_litres\nH1,Hospital One,site,,Europe/Berlin,\nPH,Pharmacy,store,H1,,50\nW1,Ward One,ward,H1,,\n",
    ),
    (
        "suppliers.csv",
        "code,name,lead_time_days,lead_time_sd_days,order_cost_minor,min_order_minor,currency,order_weekdays\nS1,Alpha Pharma,7,1,2500,0,EUR,\nS2,Beta Medical,14,2,1000,0,EUR,\n",
    ),
    (
        "items.csv",
        "code,name,base_unit,ven,storage_class,volume_ml,shelf_life_days,group\nP1,Amoxicillin 500 mg,tablet,E,ambient,1.5,720,antibiotic\nP2,Insulin 100 IU/ml,vial,V,refrigerated,20,365,insulin\n",
    ),
    (
        "offers.csv",
        "item,supplier,units_per_pack,price_minor,currency,moq_packs\nP1,S1,100,850,EUR,1\nP1,S2,500,3900,EUR,1\nP2,S1,10,12500,EUR,1\n",
    ),
];

/// A running service.
pub(crate) struct Hospital {
    pub(crate) target: Target,
    pub(crate) state: State,
    pub(crate) clock: Clock,
    base: String,
    server: actix_web::dev::ServerHandle,
    workers: Option<Workers>,
    admin: Client,
}

impl Hospital {
    /// An empty service whose clock stands at `now` until it is moved.
    pub(crate) fn at(engine: Engine, now: &str) -> Self {
        Self::start(engine, Clock::manual(Micros::parse(now).unwrap()))
    }

    /// An empty service on the machine's clock.
    pub(crate) fn today(engine: Engine) -> Self {
        Self::start(engine, Clock::System)
    }

    fn start(engine: Engine, clock: Clock) -> Self {
        let target = target(engine);
        migrate::up(&target, false).unwrap();
        let db = Db::open(&target, clock.clone()).unwrap();
        let state = State::new(db).unwrap();
        let workers = Workers::start(&state).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (ready, started) = mpsc::channel();
        let served = state.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = app::serve(served, listener, 1).unwrap();
                ready.send(running.handle()).unwrap();
                running.await.unwrap();
            });
        });
        let handle = started.recv().unwrap();
        let wish = NewToken { name: "administrator".into(), role: Role::Admin, site: None, expires: None };
        let token = state.db.write_now(move |tx| token::issue(tx, "scene", &wish)).unwrap().token;
        let admin = Client::new(&base, Some(token));
        Self { target, state, clock, base, server: handle, workers: Some(workers), admin }
    }

    /// Starts the workers anew, with nightly backups.
    pub(crate) fn work_with(&mut self, nightly: Nightly) {
        drop(self.workers.take());
        self.state.nightly = Some(nightly);
        self.workers = Some(Workers::start(&self.state).unwrap());
    }

    /// Moves the clock.
    pub(crate) fn set_clock(&self, now: &str) {
        self.clock.set(Micros::parse(now).unwrap());
    }

    /// The administrator.
    pub(crate) fn admin(&self) -> &Client {
        &self.admin
    }

    /// Somebody with a role, for every site.
    pub(crate) fn with_role(&self, role: Role) -> Client {
        self.with_site(role, None)
    }

    /// Somebody with a role, bound to a site.
    pub(crate) fn with_site(&self, role: Role, site: Option<&str>) -> Client {
        let wish = NewToken { name: format!("a {}", role.word()), role, site: site.map(str::to_owned), expires: None };
        let issued = self.state.db.write_now(move |tx| token::issue(tx, "scene", &wish)).unwrap();
        Client::new(&self.base, Some(issued.token))
    }

    /// A stranger.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// Whoever a token belongs to.
    pub(crate) fn bearer(&self, token: &str) -> Client {
        Client::new(&self.base, Some(token.to_owned()))
    }

    /// Where the service listens.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// A registered gateway with its own credential.
    pub(crate) fn gateway(&self, code: &str, site: &str, approve: bool) -> Client {
        let answer = self.admin.post("/api/v1/devices", &serde_json::json!({"code": code, "site": site, "approve": approve}));
        Client::new(&self.base, Some(answer.want(201)["token"].as_str().unwrap().to_owned()))
    }

    /// Imports files as the administrator; wants them all to be good.
    pub(crate) fn import(&self, files: &[(&str, &str)]) -> serde_json::Value {
        self.admin.upload("/api/v1/imports", files).want(200)
    }

    /// Asks for a plan and waits until it is solved; answers its id.
    #[expect(clippy::unused_self, reason = "it reads as what a hospital does")]
    pub(crate) fn plan(&self, who: &Client, wish: &serde_json::Value) -> String {
        let asked = who.post("/api/v1/plans", wish).want(202);
        let id = asked["id"].as_str().unwrap().to_owned();
        for _ in 0..1_200 {
            let plan = who.get(&format!("/api/v1/plans/{id}")).want(200);
            match plan["state"].as_str().unwrap() {
                "done" => return id,
                "failed" => panic!("the plan failed: {}", plan["failure"]),
                _ => std::thread::park_timeout(std::time::Duration::from_millis(50)),
            }
        }
        panic!("the plan {id} was not solved within a minute");
    }

    /// A small hospital: one site, a store and a ward, two items of two suppliers.
    pub(crate) fn with_small_catalogue(self) -> Self {
        self.import(&SMALL_CATALOGUE);
        self
    }
}

impl Drop for Hospital {
    fn drop(&mut self) {
        drop(self.workers.take());
        drop(self.server.stop(false));
    }
}
