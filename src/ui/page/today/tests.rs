//! Today with hand-made values.

use std::collections::HashMap;

use super::read::{Board, Today, at_risk};
use super::*;
use crate::access::role::Role;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::places::{PlaceKey, PlaceKind};
use crate::reorder::http::{LineView, PlanView, Why};
use crate::stock::level::StockView;

fn caller(role: Role) -> Caller {
    Caller { role, site: None, token_id: 1, name: "Pia <b>".into(), device: None, csrf: Some("word".into()) }
}

fn point(place: &str, item: &str, status: &'static str) -> StockView {
    StockView {
        place: place.into(),
        item: item.into(),
        name: format!("<i>{item}</i> & co"),
        base_unit: "tablet".into(),
        ven: "V".into(),
        on_hand: 1_200,
        available: 1_200,
        allocated: 0,
        on_order: 0,
        in_draft: 0,
        position: 1_200,
        par_level: Some(2_000),
        max_level: None,
        days_of_cover: Some(4.5),
        next_expiry: None,
        status,
        belief: None,
    }
}

fn line() -> LineView {
    let today = Day::parse("2026-11-22").unwrap();
    LineView {
        line: 1,
        place: "PH".into(),
        item: "P1".into(),
        name: "<i>P1</i>".into(),
        base_unit: "tablet".into(),
        ven: "V".into(),
        supplier: "S".into(),
        supplier_name: "A & B".into(),
        offer: "1".into(),
        packs: 4,
        recommended_packs: 5,
        units_per_pack: 500,
        units: 2_000,
        order_on: today,
        arrives_on: today.plus(5),
        cost: Money::new(123_450, "EUR"),
        now: true,
        override_reason: Some("<promotion>".into()),
        explanation: Why {
            reason: "projected_shortage".into(),
            text: "Order 4 packs.".into(),
            drivers: serde_json::to_value(crate::ui::part::why::tests::sample()).unwrap(),
        },
        version: 3,
    }
}

fn board(points: &[StockView], planned: bool) -> Board {
    let now = Day::parse("2026-11-22").unwrap().start().plus_seconds(28_800);
    let plan = PlanView {
        id: "7".into(),
        site: "H1".into(),
        state: "done".into(),
        requested_by: "token:1".into(),
        requested_at: now,
        finished_at: Some(Micros(now.0)),
        input_sha256: None,
        failure: None,
    };
    Board {
        now,
        site: PlaceKey { site_id: 1, id: 1, code: "H1".into(), kind: PlaceKind::Site, parent_id: None },
        names: HashMap::from([("PH".into(), "Pharmacy <1>".into())]),
        items: HashMap::new(),
        plan: planned.then_some(plan),
        lines: if planned { vec![line()] } else { Vec::new() },
        answer: None,
        drafts: 0,
        at_risk: at_risk(points, None),
        expiring: Vec::new(),
        silent: Vec::new(),
        newest: Vec::new(),
    }
}

#[test]
fn names_are_escaped_and_figures_carry_units() {
    let text = fragment(&caller(Role::Pharmacist), &board(&[point("PH", "P1", "low"), point("W1", "P2", "ok")], true)).into_string();
    for wanted in [
        "&lt;i&gt;P1&lt;/i&gt; &amp; co",
        "Pharmacy &lt;1&gt;",
        "&lt;promotion&gt;",
        "1\u{202f}234.50\u{a0}EUR",
        "× 500 = 2\u{202f}000\u{a0}tablets",
        "1\u{202f}200\u{a0}tablets",
        "data-version=\"3\"",
        "below par level 2\u{202f}000",
        "stock falls short before the next order could arrive",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing in {text}");
    }
    assert!(!text.contains("<i>") && !text.contains("<promotion>") && !text.contains(" style="));
    assert!(!text.contains("P2"), "what is well is not listed");
}

#[test]
fn only_planners_get_buttons() {
    let shown = board(&[], true);
    let text = fragment(&caller(Role::Pharmacist), &shown).into_string();
    assert!(text.contains("Plan now") && text.contains("data-do=\"accept\" data-plan=\"7\""));
    assert!(!fragment(&caller(Role::Viewer), &shown).into_string().contains("<button"));
}

#[test]
fn an_empty_house_says_what_to_do_next() {
    let text = fragment(&caller(Role::Pharmacist), &board(&[], false)).into_string();
    assert!(text.contains("No plan yet: press Plan now.") && text.contains("No reading yet"));
    let bare = page(&caller(Role::Viewer), &Today { sites: Vec::new(), board: None }).into_string();
    assert!(bare.contains("No site yet") && bare.contains("Pia &lt;b&gt;") && bare.contains("name=\"csrf\" content=\"word\""));
}

#[test]
fn the_worst_stands_first() {
    let rows = at_risk(&[point("PH", "P1", "low"), point("PH", "P2", "out"), point("PH", "P3", "ok")], None);
    assert_eq!(rows.iter().map(|row| row.stock.item.as_str()).collect::<Vec<_>>(), ["P2", "P1"]);
}
