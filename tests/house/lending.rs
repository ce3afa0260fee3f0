//! Rule 1: no room lends its name, and the list of rooms is whole.

use super::Rule;
use super::order::{ABOVE, BESIDE, ROOMS, targets};
use super::source::{Breach, Source, exists, folders, read};

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
