//! Several programs on one PostgreSQL: what is sent to each of them has one effect, no job is lost, all tell the same story.

mod follower;
mod roles;
mod shared;
mod stream;
mod workers;

use serde_json::{Value, json};
use wardstock::db::conn::Target;

use crate::scene::{self, Client, Engine, SMALL_CATALOGUE, Served, program, url};

/// Channels of the gateway, each bound to a stock point of its own.
const CHANNELS: usize = 4;

/// A migrated PostgreSQL with an administrator.
struct Ward {
    target: Target,
    admin: String,
}

impl Ward {
    fn open() -> Self {
        let target = scene::target(Engine::Postgres);
        assert!(program(&url(&target), &["migrate"]).status.success());
        let made = program(&url(&target), &["token", "create", "--role", "admin", "--name", "replicas"]);
        let admin = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        Self { target, admin }
    }

    #[track_caller]
    fn serve(&self, roles: &str) -> Served {
        Served::start_with(&url(&self.target), &["--no-migrate", "--role", roles])
    }

    fn admin(&self, at: &Served) -> Client {
        at.client(&self.admin)
    }
}

/// Fills the catalogue, registers a gateway and binds its channels; answers the gateway's token.
fn furnish(admin: &Client) -> String {
    admin.upload("/api/v1/imports", &SMALL_CATALOGUE).want(200);
    let demand = (1..=28).map(|day| format!("W1,P1,2026-01-{day:02},{}", day % 5)).collect::<Vec<_>>().join("\n");
    admin.upload("/api/v1/imports", &[("demand.csv", &format!("place,item,date,quantity\n{demand}"))]).want(200);
    let device = admin.post("/api/v1/devices", &json!({"code": "gw-1", "site": "H1", "approve": true})).want(201);
    for channel in 0..CHANNELS {
        bind(admin, channel);
    }
    device["token"].as_str().unwrap().to_owned()
}

fn bind(admin: &Client, channel: usize) {
    let (place, item) = [("PH", "P1"), ("PH", "P2"), ("W1", "P1"), ("W1", "P2")][channel];
    let mode = if channel == 3 { "authoritative" } else { "advise" };
    let binding = json!({"channel": format!("c{channel}"), "kind": "level", "place": place, "item": item, "mode": mode,
        "settle_seconds": 0});
    admin.post("/api/v1/devices/gw-1/bindings", &binding).want(201);
}

/// Posts until it is taken or refused for good; answers status and body. A database that is busy says 503, and means it.
fn post_until(client: &Client, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    loop {
        let answer = client.send("POST", path, &all, body.to_string().as_bytes());
        if !matches!(answer.status, 429 | 503) {
            return (answer.status, serde_json::from_str(&answer.text).unwrap_or_default());
        }
        assert!(answer.header("retry-after").is_some(), "{} without Retry-After: {}", answer.status, answer.text);
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    }
}
