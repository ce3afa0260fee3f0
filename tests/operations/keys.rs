//! Many who say the same at once, and a database from the future.

use std::collections::BTreeSet;
use std::sync::Barrier;

use serde_json::{Value, json};
use wardstock::access::role::Role;

use diesel::prelude::*;
use wardstock::db::conn::Access;

use crate::scene::{self, Hospital, on_both, program, url};

const CLIENTS: usize = 64;

#[test]
fn sixty_four_clients_with_one_key_have_one_effect() {
    on_both(|engine| {
        let hospital = Hospital::today(engine).with_small_catalogue();
        hospital.admin().post("/api/v1/movements", &json!({"kind": "receipt", "place": "PH", "item": "P1", "quantity": 100})).want(201);
        let barrier = Barrier::new(CLIENTS);
        let technician = hospital.with_role(Role::Technician);
        let issue = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 3});
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        technician.post_once("/api/v1/movements", "one-key", &issue).want(201)
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let different: BTreeSet<String> = answers.iter().map(Value::to_string).collect();
        assert_eq!(different.len(), 1, "{engine:?}: all hear the same: {different:?}");
        assert_eq!(hospital.admin().get("/api/v1/stock/PH/P1").want(200)["on_hand"], 97, "{engine:?}");
        assert_eq!(hospital.admin().list("/api/v1/movements?place=PH").len(), 2, "{engine:?}: one receipt, one issue");
    });
}

#[test]
fn the_program_refuses_a_newer_database_and_says_what_to_do() {
    on_both(|engine| {
        let target = scene::target(engine);
        assert!(program(&url(&target), &["migrate"]).status.success());
        let mut conn = target.connect(Access::Write).unwrap();
        diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')").execute(&mut conn).unwrap();
        drop(conn);
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["serve", "--no-migrate"], &["migrate"], &["doctor", "--check"]] {
            let refused = program(&url(&target), arguments);
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(1), "{engine:?} {arguments:?}: {said}");
            assert!(said.contains("20991231000000") && said.contains("use the newer program"), "{engine:?} {arguments:?}: {said}");
        }
    });
}
