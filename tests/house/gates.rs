//! Rules 2 and 3: a store is private, and only the gate serves routes.

use super::Rule;
use super::source::{Breach, Source};

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
