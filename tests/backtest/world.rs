//! The world of a backtest is what the ledger says.

use serde_json::json;
use wardstock::access::role::Role;
use wardstock::places;
use wardstock::trial::{self, BacktestRequest, Gathered};

use super::{DAYS, UNMET_DAYS, hospital};
use crate::scene::{Hospital, on_both};

fn gathered(hospital: &Hospital, items_max: usize) -> Gathered {
    let today = hospital.clock.now().day();
    let site = |conn: &mut wardstock::db::conn::Conn| places::find_site(conn, "H1");
    hospital.state.db.read_now(|conn| site(conn).and_then(|site| trial::gather(conn, &site, today, items_max))).unwrap()
}

fn asked(gathered: &Gathered, item: &str) -> i64 {
    let record = gathered.record();
    let at = record.articles().iter().position(|article| article.id == item).unwrap();
    record.requests()[at].iter().sum()
}

#[test]
fn what_was_asked_for_is_what_the_ledger_issued_and_what_it_owed() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let book = |body| hospital.with_role(Role::Technician).post("/api/v1/movements", &body).want(201);
        // Neither a transfer nor a mistake that was taken back is demand.
        book(json!({"kind": "transfer", "place": "PH", "to_place": "W1", "item": "P1", "quantity": 50, "at": "2026-09-09T08:00:00Z"}));
        let slip = json!({"kind": "issue", "place": "PH", "item": "P1", "quantity": 400, "requested": 900, "at": "2026-09-10T08:00:00Z"});
        for id in book(slip)["ids"].as_array().unwrap() {
            let path = format!("/api/v1/movements/{}/reversal", id.as_str().unwrap());
            hospital.with_role(Role::Pharmacist).post(&path, &json!({"reason": "typed twice"})).want(201);
        }
        let issued = |item: &str| -> i64 {
            let rows = hospital.admin().list(&format!("/api/v1/movements?item={item}"));
            let kinds = rows.iter().filter(|row| row["kind"] == "issue" || row["kind"] == "return");
            kinds.map(|row| -row["quantity_delta"].as_i64().unwrap()).sum()
        };
        let gathered = gathered(&hospital, 1_000);
        assert_eq!(asked(&gathered, "P1"), issued("P1") + 3 * UNMET_DAYS, "{engine:?}");
        assert_eq!(asked(&gathered, "P2"), issued("P2"), "{engine:?}");
        assert_eq!(asked(&gathered, "P2"), 2 * (DAYS - 2), "{engine:?}");
        let (from, to) = gathered.span();
        assert_eq!((from.to_text().as_str(), to.0 - from.0 + 1), ("2026-06-01", DAYS), "{engine:?}");
    });
}

#[test]
fn articles_are_the_best_offers_with_lots_and_par_levels_of_the_site() {
    on_both(|engine| {
        let hospital = hospital(engine);
        hospital.import(&[("suppliers.csv", "code,name,lead_time_days,currency\nS3,Gamma Corp,3,USD\n")]);
        hospital.import(&[(
            "offers.csv",
            "item,supplier,units_per_pack,price_minor,currency,moq_packs,valid_from,valid_to\nP1,S2,50,100,EUR,1,2026-01-01,2026-03-31\n\
             P2,S1,10,15000,EUR,1,2026-10-01,\nP2,S3,5,10,USD,1,,\n",
        )]);
        let levels = |place: &str, item: &str, level: i64| {
            let path = format!("/api/v1/par-levels/{place}/{item}");
            let etag = hospital.admin().get(&path).header("etag").unwrap();
            hospital.admin().patch(&path, &etag, &json!({"par_level": level})).want(200);
        };
        levels("PH", "P1", 300);
        levels("W1", "P1", 100);
        levels("W1", "P2", 7);
        let all = gathered(&hospital, 1_000);
        let [first, second] = all.record().articles() else { panic!("two items") };
        assert_eq!(
            (first.supplier.as_str(), first.units_per_pack, first.lead_time_days),
            ("S2", 500, 14),
            "{engine:?}: over offers don't count"
        );
        assert_eq!((second.supplier.as_str(), second.price_minor), ("S1", 15_000), "{engine:?}: the newest price, in euros");
        // Lots came in 300 and 370 days, 90 and 209 days before they expire; the catalogue says 720 and 365.
        assert_eq!((first.shelf_life_days, second.shelf_life_days), (Some(300), Some(90)), "{engine:?}");
        assert_eq!((first.par_level, second.par_level), (Some(400), None), "{engine:?}: a ward alone says nothing of its store");
        let dearest = gathered(&hospital, 1);
        assert_eq!(dearest.record().articles()[0].id, "P2", "{engine:?}");
    });
}

#[test]
fn notes_say_what_the_record_hides() {
    on_both(|engine| {
        let hospital = hospital(engine);
        let wish =
            BacktestRequest { site: "H1".into(), policies: Some(vec!["par:30".into()]), weeks: Some(8), ..BacktestRequest::default() };
        let walk = |gathered: &Gathered, wish: &BacktestRequest| gathered.walk(wish, &wish.course(1, 1), &|_, _| true);
        let notes = walk(&gathered(&hospital, 1), &wish).unwrap().unwrap().notes.join("\n");
        // P2 alone: gone for half of a day, two days, and 6 hours.
        assert!(notes.contains("on 4 of 140 item-days a shelf was empty") && notes.contains("(2.8 days in all)"), "{engine:?}: {notes}");
        assert!(notes.contains("left out: 1 items") && notes.contains("56 days measured"), "{engine:?}: {notes}");
        let notes = walk(&gathered(&hospital, 2), &wish).unwrap().unwrap().notes.join("\n");
        assert!(notes.contains(&format!("{} units were asked for and not handed out", 3 * UNMET_DAYS)), "{engine:?}: {notes}");
        assert!(notes.contains("12 recorded deliveries") && notes.contains("par fills 0 of 2 items"), "{engine:?}: {notes}");
        let long = BacktestRequest { weeks: Some(17), ..wish };
        let refused = walk(&gathered(&hospital, 2), &long).unwrap_err();
        assert!(refused.detail.contains("the record has 140 days: at least 56 are needed"), "{engine:?}: {}", refused.detail);
    });
}
