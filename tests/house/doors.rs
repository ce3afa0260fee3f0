//! Rule 2: doors know no tables, stores no wire.

use super::Rule;
use super::source::{Breach, Source};

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
