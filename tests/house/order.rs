//! Rules 1 to 3: who may name whom.

use super::Rule;
use super::source::{Breach, Source, exists, folders, read};

/// The rooms, lowest first.
pub(super) const ROOMS: [&str; 14] =
    ["base", "db", "web", "access", "catalogue", "places", "alerts", "stock", "sensing", "demand", "orders", "reorder", "reports", "ui"];
/// What stands above the rooms, lowest first.
const ABOVE: [&str; 3] = ["app", "jobs", "command"];
/// What hands values down and is named by the program only.
const BESIDE: [&str; 2] = ["config", "telemetry"];

#[test]
fn rule_1_a_room_names_only_rooms_before_it() {
    Rule {
        number: 1,
        reason: "base → db → … → ui → app → jobs → main; what is below stays ignorant of what is above",
        check: named_upwards,
    }
    .holds(
        &[
            ("src/base/id.rs", "use crate::stock::movement::Movement;"),
            ("src/stock/mod.rs", "use crate::{base::id, sensing};"),
            ("src/db/mod.rs", "fn f() { crate::web::body::hex(&[]) }"),
            ("src/places/mod.rs", "use super::stock;"),
            ("src/places/store/par.rs", "use super::super::super::stock;"),
            ("src/stock/mod.rs", "use crate::config::Config;"),
            ("src/telemetry.rs", "use crate::db::Db;"),
            ("src/jobs/mod.rs", "use wardstock::command;"),
            ("src/cellar/mod.rs", ""),
        ],
        &[
            ("src/ui/mod.rs", "use crate::stock::{self, level};\nuse crate::{base::error::Result, db::Db};"),
            ("src/stock/store/lot.rs", "use super::super::lot;"),
            ("src/command/serve.rs", "use wardstock::config::Config;"),
            ("src/stock/mod.rs", "//! crate::sensing is not ours.\nconst TEXT: &str = \"crate::sensing\";"),
        ],
    );
}

#[test]
fn rule_1_no_room_lends_its_name_to_the_things_of_another() {
    Rule { number: 1, reason: "two names for one thing", check: lent_names }.holds(
        &[
            ("src/stock/mod.rs", "pub use crate::places::Place;"),
            ("src/lib.rs", "pub use crate::stock::record;"),
            ("src/stock/mod.rs", "pub(crate) use crate::{base::id, places};"),
            ("src/reorder/mod.rs", "pub use wardstock_models::plan::Plan;"),
        ],
        &[("src/stock/mod.rs", "pub use crate::stock::record::record;"), ("src/db/mod.rs", "pub(crate) use error::is_unique_violation;")],
    );
}

#[test]
fn rule_1_the_list_of_rooms_is_whole() {
    let listed = read("src/lib.rs");
    for folder in folders("src").iter().filter_map(|folder| folder.strip_prefix("src/")).filter(|folder| !folder.contains('/')) {
        assert!(
            ROOMS.contains(&folder) || ABOVE.contains(&folder),
            "src/{folder}: rule 1: the room has no place in the order of tests/house/order.rs"
        );
        assert!(
            folder == "command" || listed.contains(&format!("pub mod {folder};")),
            "src/lib.rs: rule 1: the room {folder} is not in the list"
        );
    }
    let order: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let wanted: Vec<&str> = ROOMS.iter().chain(&ABOVE).copied().filter(|room| order.contains(room)).collect();
    let found: Vec<&str> = order.into_iter().filter(|room| !BESIDE.contains(room)).collect();
    assert_eq!(found, wanted, "src/lib.rs: rule 1: it lists the rooms lowest first");
    for room in ROOMS {
        assert!(exists(&format!("src/{room}")), "src/{room}: rule 1: the room is in the order, but not in the tree");
    }
}

#[test]
fn rule_2_doors_do_not_know_the_tables() {
    Rule { number: 2, reason: "either can change alone", check: tables_in_doors }.holds(
        &[
            ("src/stock/http.rs", "use diesel::prelude::*;"),
            ("src/catalogue/http/item.rs", "use crate::db::schema::item;"),
            ("src/ui/page/stock.rs", "use diesel::sql_query;"),
            ("src/ui/layout.rs", "let x = schema::item::table;"),
        ],
        &[("src/stock/http.rs", "use schemars::JsonSchema;\nlet schema = 1;"), ("src/stock/store.rs", "use diesel::prelude::*;")],
    );
}

#[test]
fn rule_2_stores_do_not_know_the_wire() {
    Rule { number: 2, reason: "either can change alone", check: wire_in_stores }.holds(
        &[
            ("src/stock/store.rs", "use actix_web::web;"),
            ("src/catalogue/store/item.rs", "use maud::html;"),
            ("src/stock/store.rs", "use super::http::Body;"),
            ("src/stock/store.rs", "fn f() -> HttpResponse {}"),
        ],
        &[("src/stock/http.rs", "use actix_web::web;"), ("src/web/store.rs", "use super::idempotency::Answer;")],
    );
}

#[test]
fn rule_3_a_store_is_private() {
    Rule { number: 3, reason: "other rooms call functions of the room; the compiler keeps it", check: open_stores }.holds(
        &[
            ("src/stock/mod.rs", "pub mod store;"),
            ("src/stock/mod.rs", "pub(crate) mod store;"),
            ("src/stock/mod.rs", "pub use store::append;"),
            ("src/stock/mod.rs", "pub(crate) use self::store::append;"),
        ],
        &[("src/stock/mod.rs", "mod store;"), ("src/catalogue/store/mod.rs", "pub(super) mod item;")],
    );
}

#[test]
fn rule_2_only_the_gate_serves_routes() {
    Rule {
        number: 2,
        reason: "a call that does not go through access::route is served without rights and without a line in the document",
        check: ungated,
    }
    .holds(
        &[
            ("src/stock/http.rs", "config.service(web::resource(\"/x\"))"),
            ("src/ui/mod.rs", "web::scope(\"/x\").route(\"/y\", web::get().to(f))"),
            ("src/stock/http.rs", "#[get(\"/x\")]\nasync fn f() {}"),
        ],
        &[
            ("src/access/route.rs", "config.service(resource.wrap(gate));"),
            ("src/stock/http.rs", "Route::new(&Method::GET, \"/x\", role::PEOPLE, f)"),
        ],
    );
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().chain(&ABOVE).position(|known| *known == room)
}

fn named_upwards(source: &Source) -> Vec<Breach> {
    let Some(room) = source.room().filter(|room| *room != "lib") else { return Vec::new() };
    if rank(room).is_none() && !BESIDE.contains(&room) {
        return vec![Breach { line: 1, what: format!("the room `{room}` has no place in the order") }];
    }
    let mut breaches = Vec::new();
    for (at, target) in targets(source) {
        let allowed = target == room
            || match (rank(room), rank(&target)) {
                (Some(own), Some(other)) => other < own,
                (Some(_), None) => room == "command" || !BESIDE.contains(&target.as_str()),
                (None, _) => target == "base",
            };
        if !allowed {
            breaches.push(source.breach(at, format!("`{room}` names `{target}`")));
        }
    }
    breaches.extend(leaving_upwards(source));
    breaches
}

/// The heads of all paths that begin at the crate: `crate::x`, `crate::{x, y}`, `wardstock::x`.
fn targets(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        if !(source.reads(at, &["crate", "::"]) || source.reads(at, &["wardstock", "::"])) {
            continue;
        }
        if source.word(at + 2) != "{" {
            found.push((at, source.word(at + 2).to_owned()));
            continue;
        }
        let (mut depth, mut place) = (1, at + 3);
        while depth > 0 && place < source.tokens.len() {
            match source.word(place) {
                "{" => depth += 1,
                "}" => depth -= 1,
                word if depth == 1 && matches!(source.word(place - 1), "{" | ",") => found.push((place, word.to_owned())),
                _ => {}
            }
            place += 1;
        }
    }
    found
}

/// Paths of `super::` that leave the room: `super` in `src/stock/mod.rs` is the whole crate.
fn leaving_upwards(source: &Source) -> Vec<Breach> {
    let inside = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = inside.split('/').count();
    let mut breaches = Vec::new();
    let mut at = 0;
    while at < source.tokens.len() {
        let start = at;
        while source.reads(at, &["super", "::"]) {
            at += 2;
        }
        // The module of the tests is one deeper.
        let own_depth = depth + usize::from(source.tokens[start].test);
        if at > start && (at - start) / 2 >= own_depth {
            breaches.push(source.breach(start, "leaves its room by `super`".to_owned()));
        }
        at += 1;
    }
    breaches
}

fn lent_names(source: &Source) -> Vec<Breach> {
    let Some(room) = source.room() else { return Vec::new() };
    let mut breaches = Vec::new();
    for at in 1..source.tokens.len() {
        let open =
            source.word(at) == "use" && (source.word(at - 1) == "pub" || (source.word(at - 1) == ")" && source.word(at - 4) == "pub"));
        if !open {
            continue;
        }
        let end = (at..source.tokens.len()).find(|end| source.word(*end) == ";").unwrap_or(at);
        let foreign = targets(source).into_iter().find(|(place, target)| (at..end).contains(place) && target != room);
        if let Some((_, target)) = foreign {
            breaches.push(source.breach(at, format!("lends its name to things of `{target}`")));
        }
        if source.word(at + 1) == "wardstock_models" {
            breaches.push(source.breach(at, "lends its name to things of the models".to_owned()));
        }
    }
    breaches
}

fn is_door(source: &Source) -> bool {
    source.path.starts_with("src/") && (source.path.ends_with("/http.rs") || source.path.contains("/http/") || source.room() == Some("ui"))
}

fn is_store(source: &Source) -> bool {
    source.path.starts_with("src/") && (source.path.ends_with("/store.rs") || source.path.contains("/store/"))
}

fn tables_in_doors(source: &Source) -> Vec<Breach> {
    if is_door(source) { source.refuse(&[&["diesel"], &["::", "schema"], &["schema", "::"]], true) } else { Vec::new() }
}

fn wire_in_stores(source: &Source) -> Vec<Breach> {
    if !is_store(source) {
        return Vec::new();
    }
    source.refuse(&[&["actix_web"], &["actix_multipart"], &["maud"], &["HttpRequest"], &["HttpResponse"], &["http", "::"]], true)
}

fn open_stores(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for at in source.find(&["mod", "store"], true) {
        if at > 0 && matches!(source.word(at - 1), "pub" | ")") {
            breaches.push(source.breach(at, "its `store` is open to others".to_owned()));
        }
    }
    for path in [&["use", "store", "::"][..], &["use", "self", "::", "store"], &["use", "super", "::", "store", "::"]] {
        for at in source.find(path, true) {
            if at > 0 && matches!(source.word(at - 1), "pub" | ")") {
                breaches.push(source.breach(at, "hands out what its store holds".to_owned()));
            }
        }
    }
    breaches
}

fn ungated(source: &Source) -> Vec<Breach> {
    // The app adds what has no rights of its own: the document's page and two redirects to it.
    if !source.path.starts_with("src/") || source.is_in(&["src/access/route.rs", "src/app/mod.rs"]) {
        return Vec::new();
    }
    let mut breaches = source.refuse(
        &[
            &[".", "service", "("],
            &["web", "::", "resource"],
            &["web", "::", "scope"],
            &["web", "::", "redirect"],
            &[".", "route", "("],
            &["default_service"],
        ],
        false,
    );
    for method in ["get", "post", "put", "patch", "delete", "route"] {
        breaches.extend(source.refuse(&[&["#", "[", method, "("], &["#", "[", "actix_web", "::", method]], false));
    }
    breaches
}
