//! The judge: walked by hand, bounded below, blind to the future, the same on every thread.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests of fixed worlds")]

mod bound;
mod by_hand;
mod money;
mod planner;
mod repeatable;
mod truth;

use wardstock_models::plan::Ven;
use wardstock_models::simulate::{Article, Timeline, World};

/// A one-article world: price 2.00 a unit, packs of 5, lead time 2 days.
pub(crate) fn world(requests: &[i64], opening: i64, timeline: Timeline, shelf_life_days: Option<usize>) -> World {
    let article = Article {
        id: "A".into(),
        ven: Ven::Essential,
        supplier: "S".into(),
        units_per_pack: 5,
        price_minor: 1000,
        moq_packs: 1,
        lead_time_days: 2,
        shelf_life_days,
        par_level: None,
    };
    World::new(vec![article], timeline, vec![requests.to_vec()], vec![vec![2; requests.len()]], vec![opening]).unwrap()
}
