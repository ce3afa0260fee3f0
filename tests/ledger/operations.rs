//! The same random operations over HTTP on SQLite and PostgreSQL, held against the model after each case.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use wardstock::base::time::{Day, Micros};
use wardstock::db::conn::Access;

use super::model::{Lot, Model, Outcome, Wish};
use crate::crash::{Chance, setting};
use crate::scene::{Answer, Client, Engine, Hospital, on_both};

const CASES: u64 = 60;
const STEPS: u64 = 14;
const PLACES: [&str; 2] = ["PH", "W1"];
/// The lots of a case: after how many days they expire, and their codes. The same code twice is two lots.
const LOTS: [(Option<i64>, &str); 5] = [(None, ""), (Some(0), "A"), (Some(2), "A"), (Some(1), "B"), (None, "C")];

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    lot_code: String,
    #[diesel(sql_type = BigInt)]
    expiry_day: i64,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

#[test]
fn random_operations_answer_alike_on_both_databases_and_as_the_model_does() {
    let cases = setting("WARDSTOCK_MODEL_CASES").unwrap_or(CASES);
    let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000;
    let seed = setting("WARDSTOCK_MODEL_SEED").unwrap_or(fresh);
    println!("replay: WARDSTOCK_MODEL_SEED={seed} WARDSTOCK_MODEL_CASES={cases} cargo test --test wardstock ledger -- --nocapture");
    let records = RefCell::new(Vec::new());
    on_both(|engine| records.borrow_mut().push(Run::new(engine, cases).play(seed)));
    let records = records.into_inner();
    for other in &records[1..] {
        for (one, other) in records[0].iter().zip(other) {
            assert_eq!(one, other, "SQLite and PostgreSQL answer differently; seed {seed}");
        }
    }
}

struct Run {
    hospital: Hospital,
    cases: u64,
    today: Day,
    /// Ids by the order in which they were seen: the same on both databases.
    numbers: HashMap<String, usize>,
}

impl Run {
    fn new(engine: Engine, cases: u64) -> Self {
        let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
        let mut items = "code,name,base_unit,ven,storage_class,volume_ml,shelf_life_days,group\n".to_owned();
        for case in 0..cases {
            writeln!(items, "M{case},Item {case},tablet,E,ambient,1,720,g").unwrap();
        }
        hospital.import(&[("items.csv", &items)]);
        Self { hospital, cases, today: Day::parse("2026-11-23").unwrap(), numbers: HashMap::new() }
    }

    /// One line for each answer.
    fn play(mut self, seed: u64) -> Vec<String> {
        let mut chance = Chance(seed);
        let mut record = Vec::new();
        let mut want: BTreeMap<(String, String, String, i64), i64> = BTreeMap::new();
        for case in 0..self.cases {
            let item = format!("M{case}");
            let (mut model, first) = (Model::new(self.today.0), self.today.0);
            let mut ids = Vec::new();
            for _ in 0..STEPS {
                if chance.below(6) == 0 {
                    self.next_day();
                    model.today = self.today.0;
                }
                let wish = pick(&mut chance, first, model.movements());
                let outcome = model.apply(&wish);
                let answer = ask(self.hospital.admin(), &item, &wish, &ids);
                let about = format!("case {case}, seed {seed}: {wish:?}");
                check(&answer, &outcome, &about);
                let body: Value = serde_json::from_str(&answer.text).unwrap();
                ids.extend(body["ids"].as_array().into_iter().flatten().map(|id| id.as_str().unwrap().to_owned()));
                assert_eq!(ids.len(), model.movements(), "{about}");
                record.push(format!("{about} -> {} {}", answer.status, self.without_ids(body)));
            }
            for ((place, (expiry, code)), held) in &model.levels {
                want.insert((PLACES[*place].to_owned(), item.clone(), (*code).to_owned(), expiry.unwrap_or(0)), *held);
            }
        }
        assert_eq!(self.held(), want, "the levels differ from the model's; seed {seed}");
        assert!(self.hospital.state.db.read_now(wardstock::stock::level::differences).unwrap().is_empty());
        record
    }

    fn next_day(&mut self) {
        self.today = self.today.plus(1);
        self.hospital.set_clock(&Micros(self.today.start().0 + 8 * 3_600_000_000).to_text());
    }

    fn held(&self) -> BTreeMap<(String, String, String, i64), i64> {
        let mut conn = self.hospital.target.connect(Access::Survey).unwrap();
        let rows: Vec<Held> = diesel::sql_query(
            "SELECT p.code AS place, i.code AS item, t.lot_code, t.expiry_day, l.quantity FROM level l \
             JOIN stock_point s ON s.site_id = l.site_id AND s.id = l.stock_point_id JOIN place p ON p.site_id = s.site_id AND p.id = s.place_id \
             JOIN item i ON i.id = s.item_id JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id",
        )
        .load(&mut conn)
        .unwrap();
        rows.into_iter().map(|row| ((row.place, row.item, row.lot_code, row.expiry_day), row.quantity)).collect()
    }

    /// The answer with ids in the order in which they were first seen, and without the id of its request.
    fn without_ids(&mut self, mut body: Value) -> String {
        if let Some(fields) = body.as_object_mut() {
            fields.remove("instance");
            fields.remove("request_id");
        }
        let text = body.to_string();
        let mut to = String::new();
        for part in text.split_inclusive(|sign: char| !sign.is_ascii_digit()) {
            let digits = part.trim_end_matches(|sign: char| !sign.is_ascii_digit());
            if digits.len() > 12 {
                let next = self.numbers.len();
                write!(to, "#{}", self.numbers.entry(digits.to_owned()).or_insert(next)).unwrap();
                to.push_str(&part[digits.len()..]);
            } else {
                to.push_str(part);
            }
        }
        to
    }
}

fn pick(chance: &mut Chance, first: i64, movements: usize) -> Wish {
    let place = chance.below(2) as usize;
    let quantity = 1 + chance.below(12) as i64;
    let lot = LOTS[chance.below(LOTS.len() as u64) as usize];
    match chance.below(12) {
        0..=3 => Wish::Receive { place, lot: (lot.0.map(|days| first + days), lot.1), quantity: quantity * 2 },
        4 | 5 => Wish::Issue { place, lot: None, quantity },
        6 => Wish::Issue { place, lot: Some(lot.1), quantity },
        7 => Wish::Waste { place, lot: lot.1, quantity },
        8 => Wish::Transfer { from: place, quantity },
        9 => Wish::Count { place, counted: chance.below(25) as i64 },
        _ if movements > 0 => Wish::Reverse { number: chance.below(movements as u64) as usize },
        _ => Wish::Count { place, counted: quantity },
    }
}

fn ask(who: &Client, item: &str, wish: &Wish, ids: &[String]) -> Answer {
    let book = |kind: &str, place: usize, quantity: i64| json!({"kind": kind, "place": PLACES[place], "item": item, "quantity": quantity});
    let body = match *wish {
        Wish::Receive { place, lot, quantity } => {
            let mut body = book("receipt", place, quantity);
            (body["lot"], body["expiry"]) = lot_fields(lot);
            body
        }
        Wish::Issue { place, lot, quantity } => {
            let mut body = book("issue", place, quantity);
            body["lot"] = json!(lot);
            body
        }
        Wish::Waste { place, lot, quantity } => {
            let mut body = book("waste", place, quantity);
            (body["lot"], body["reason"]) = (json!(lot), json!("old"));
            body
        }
        Wish::Transfer { from, quantity } => {
            let mut body = book("transfer", from, quantity);
            body["to_place"] = json!(PLACES[1 - from]);
            body
        }
        Wish::Count { place, counted } => {
            return who.post("/api/v1/counts", &json!({"place": PLACES[place], "item": item, "counted": counted}));
        }
        Wish::Reverse { number } => {
            return who.post(&format!("/api/v1/movements/{}/reversal", ids[number]), &json!({"reason": "a slip"}));
        }
    };
    who.post("/api/v1/movements", &body)
}

fn lot_fields((expiry, code): Lot) -> (Value, Value) {
    (json!(code), json!(expiry.map(|day| Day(day).to_string())))
}

#[track_caller]
fn check(answer: &Answer, outcome: &Outcome, about: &str) {
    let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let found = match (answer.status, &body["ids"], &body["difference"]) {
        (201, Value::Array(ids), _) => format!("{:?}", Outcome::Booked(ids.len())),
        (201, _, Value::Number(by)) => format!("{:?}", Outcome::Differs(by.as_i64().unwrap())),
        _ => format!("Refused({})", body["code"]),
    };
    assert_eq!(found, format!("{outcome:?}"), "{about}: {}", answer.text);
}
