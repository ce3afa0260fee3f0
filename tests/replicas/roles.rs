//! Each program serves its part, and sees at once what another one changed.

use std::time::{Duration, Instant};

use serde_json::json;
use wardstock::base::time::Micros;

use super::{Ward, furnish};
use crate::scene::{Answer, Client, on_postgres, program};

/// What a change by another program may take until it is seen: a credential is believed for a second.
const SEEN_MAX: Duration = Duration::from_millis(2_500);

fn now() -> Micros {
    Micros(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64)
}

fn batch(seq: u64, channel: &str) -> serde_json::Value {
    json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": seq, "sent_at": now(),
        "records": [{"kind": "level", "channel": channel, "at": now(), "count": 7}]})
}

/// Asks again and again until the answer is as wanted; answers how long that took.
#[track_caller]
fn until(what: &str, status: u16, ask: impl Fn() -> Answer) -> Duration {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return began.elapsed();
        }
        assert!(began.elapsed() < SEEN_MAX, "{what}: still {} after {SEEN_MAX:?}: {}", answer.status, answer.text);
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn each_role_serves_its_part_and_says_how_it_is() {
    on_postgres(|_| {
        let ward = Ward::open();
        let (api, ingest, solver) = (ward.serve("api,scheduler"), ward.serve("ingest"), ward.serve("solver"));
        for served in [&api, &ingest, &solver] {
            let admin = ward.admin(served);
            for path in ["/livez", "/readyz", "/metrics"] {
                assert_eq!(admin.get(path).status, 200, "{path}");
            }
        }
        let gateway = furnish(&ward.admin(&api));
        assert_eq!(ward.admin(&ingest).get("/api/v1/items").status, 404);
        assert_eq!(ward.admin(&solver).get("/api/v1/items").status, 404);
        assert_eq!(api.client(&gateway).post("/ingest/v1/observations", &batch(1, "c0")).status, 404);
        assert_eq!(solver.client(&gateway).post("/ingest/v1/observations", &batch(1, "c0")).status, 404);
        ingest.client(&gateway).post("/ingest/v1/observations", &batch(1, "c0")).want(200);
        // The solver solves what was asked for at the other end.
        let asked = ward.admin(&api).post("/api/v1/plans", &json!({"site": "H1"})).want(202);
        let path = format!("/api/v1/plans/{}", asked["id"].as_str().unwrap());
        let began = Instant::now();
        while ward.admin(&api).get(&path).want(200)["state"] != "done" {
            assert!(began.elapsed() < Duration::from_mins(1), "the plan was not solved");
            std::thread::park_timeout(Duration::from_millis(50));
        }
    });
}

#[test]
fn sqlite_is_held_by_one_program_that_does_everything() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let refused = program(&url, &["serve", "--role", "api,ingest", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("one program") && said.contains("wardstock copy"), "{said}");
    let refused = program(&url, &["serve", "--role", "cook", "--listen", "127.0.0.1:0"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("'cook' is none of"), "{refused:?}");
}

#[test]
fn a_change_made_through_one_program_holds_in_the_other() {
    on_postgres(|_| {
        let ward = Ward::open();
        let (one, other) = (ward.serve("all"), ward.serve("all"));
        let admin = ward.admin(&one);
        let gateway = furnish(&admin);
        let door: Client = other.client(&gateway);
        assert_eq!(door.post("/ingest/v1/observations", &batch(1, "c0")).want(200)["stored"], 1);
        // A binding that ended, and one that is new, hold for the next batch.
        let first = batch(2, "c9");
        assert_eq!(door.post("/ingest/v1/observations", &first).want(207)["quarantined"], 1, "nobody bound it yet");
        let new = json!({"channel": "c9", "kind": "level", "place": "PH", "item": "P1", "mode": "shadow"});
        admin.post("/api/v1/devices/gw-1/bindings", &new).want(201);
        assert_eq!(door.post("/ingest/v1/observations", &batch(3, "c9")).want(200)["stored"], 1);
        // A device that is suspended is out, a token that is revoked too, and both within seconds.
        let suspended = admin.post("/api/v1/devices/gw-1/suspend", &json!({}));
        assert!(suspended.status < 300, "{} {}", suspended.status, suspended.text);
        let seen = until("the suspended device", 401, || door.post("/ingest/v1/observations", &batch(4, "c0")));
        let made = admin.post("/api/v1/tokens", &json!({"name": "short", "role": "viewer"})).want(201);
        let viewer = other.client(made["token"].as_str().unwrap());
        assert_eq!(viewer.get("/api/v1/items").status, 200);
        let revoked = admin.post(&format!("/api/v1/tokens/{}/revoke", made["id"].as_str().unwrap()), &json!({}));
        assert!(revoked.status < 300, "{} {}", revoked.status, revoked.text);
        let gone = until("the revoked token", 401, || viewer.get("/api/v1/items"));
        println!("through another program: a suspended device is out after {seen:?}, a revoked token after {gone:?}");
    });
}
