//! Rule 1: the order of the rooms.

use super::Rule;
use super::source::{Breach, Source};

/// The rooms, lowest first.
pub(super) const ROOMS: [&str; 15] = [
    "base",
    "db",
    "web",
    "access",
    "catalogue",
    "places",
    "alerts",
    "stock",
    "sensing",
    "demand",
    "orders",
    "reorder",
    "trial",
    "reports",
    "ui",
];
/// What stands above the rooms, lowest first.
pub(super) const ABOVE: [&str; 3] = ["app", "jobs", "command"];
/// What hands values down and is named by the program only.
pub(super) const BESIDE: [&str; 2] = ["config", "telemetry"];

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
pub(super) fn targets(source: &Source) -> Vec<(usize, String)> {
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
