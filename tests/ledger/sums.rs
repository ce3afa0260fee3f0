//! Random entries, many at once and some refused: the movements sum up to the levels exactly.

use diesel::RunQueryDsl;
use wardstock::base::code::Code;
use wardstock::base::error::Result;
use wardstock::base::time::Micros;
use wardstock::db::Tx;
use wardstock::db::conn::Number;
use wardstock::stock;
use wardstock::stock::movement::{Entry, Kind, LotChoice, Source};

use crate::crash::{Chance, setting};
use crate::scene::{Engine, Hospital, on_both};

const OPERATIONS: u64 = 2_000;
const PER_WRITE: u64 = 50;

#[test]
fn movements_sum_up_to_levels_exactly() {
    let operations = setting("WARDSTOCK_OPERATIONS").unwrap_or(OPERATIONS);
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
        for (place, item) in [("PH", "P1"), ("PH", "P2"), ("W1", "P1"), ("W1", "P2")] {
            let body = serde_json::json!({"kind": "receipt", "place": place, "item": item, "quantity": 50});
            hospital.admin().post("/api/v1/movements", &body).want(201);
        }
        let (mut sum, mut refused, mut done) = (200, 0, 0);
        while done < operations {
            let before = done;
            let (added, away) = hospital.state.db.write_now(move |tx| some(tx, &mut Chance(before))).unwrap();
            (sum, refused, done) = (sum + added, refused + away, done + PER_WRITE);
        }
        assert!(refused > 0, "some must be refused");
        look(&hospital, engine, sum);
        println!("{engine:?}: {done} operations, {refused} of them refused: movements and levels sum up to {sum}");
    });
}

/// Books some entries, each alone or two at a time; answers what they add up to, and how many were refused.
fn some(tx: &mut Tx<'_>, chance: &mut Chance) -> Result<(i64, u64)> {
    #[derive(diesel::QueryableByName)]
    struct Point {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        site_id: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        item_id: i64,
    }
    let points: Vec<Point> = diesel::sql_query("SELECT site_id, id, item_id FROM stock_point ORDER BY id").load(tx.conn)?;
    let (mut sum, mut refused) = (0, 0);
    for _ in 0..PER_WRITE {
        let entries: Vec<Entry> = (0..=chance.below(2))
            .map(|_| {
                let point = &points[chance.below(points.len() as u64) as usize];
                let kind = Kind::ALL[chance.below(6) as usize];
                let quantity = 1 + chance.below(20) as i64;
                let sign = if matches!(kind, Kind::Receipt | Kind::Return) || chance.below(4) == 0 { 1 } else { -1 };
                let named = LotChoice::Named { code: ["", "A", "B"][chance.below(3) as usize].to_owned(), expiry: None };
                Entry {
                    stock_point_id: point.id,
                    item_id: point.item_id,
                    lot: if chance.below(2) == 0 { LotChoice::Fefo } else { named },
                    kind,
                    quantity_delta: sign * quantity,
                    requested_units: None,
                    source: Source::Person,
                    source_key: tx.id().to_string(),
                    // Booked late: never before what is there, or a count would be another.
                    event_at: Micros(tx.now.0 - chance.below(3_600) as i64 * 1_000_000),
                    reason: None,
                    actor: "test".to_owned(),
                    reversal_of: None,
                }
            })
            .collect();
        match stock::record(tx, points[0].site_id, &entries) {
            Ok(_) => sum += entries.iter().map(|entry| entry.quantity_delta).sum::<i64>(),
            // Decided before anything is written.
            Err(error) if error.code == Code::InsufficientStock => refused += 1,
            Err(error) => return Err(error),
        }
    }
    Ok((sum, refused))
}

fn look(hospital: &Hospital, engine: Engine, want: i64) {
    let number =
        |text: &'static str| hospital.state.db.read_now(move |conn| Ok(diesel::sql_query(text).get_result::<Number>(conn)?.value)).unwrap();
    assert_eq!(number("SELECT CAST(SUM(quantity_delta) AS BIGINT) AS value FROM movement"), want, "{engine:?}");
    assert_eq!(number("SELECT CAST(SUM(quantity) AS BIGINT) AS value FROM level"), want, "{engine:?}");
    assert_eq!(number("SELECT COUNT(*) AS value FROM level WHERE quantity < 0"), 0, "{engine:?}");
    let differences = hospital.state.db.read_now(stock::level::differences).unwrap();
    assert!(differences.is_empty(), "{engine:?}: {differences:?}");
}
