//! The stock of the hospital that is asked.

use diesel::RunQueryDsl;
use wardstock::db::Tx;
use wardstock::db::conn::Number;
use wardstock::places::par;
use wardstock::stock::level;

use crate::world::{numbers, run};

pub(crate) const ITEMS: usize = 5_000;
const PLACES: usize = 50;

/// Items, places, stock points, a lot of each item and a movement at each stock point; what follows from them is the program's work.
pub(crate) fn fill(tx: &mut Tx<'_>) -> i64 {
    let site = tx.id();
    let (items, places, points, lots, movements) = (site + 1_000, site + 100_000, site + 1_000_000, site + 2_000_000, site + 3_000_000);
    run(
        tx,
        &format!("INSERT INTO place (site_id, id, code, name, kind, version, updated_at) VALUES ({site}, {site}, 'H', 'H', 'site', 1, 0)"),
    );
    run(
        tx,
        &format!(
            "{} INSERT INTO place (site_id, id, code, name, kind, parent_id, version, updated_at) \
             SELECT {site}, {places} + i, 'W' || i, 'Ward', 'ward', {site}, 1, 0 FROM n",
            numbers(PLACES)
        ),
    );
    run(tx, "INSERT INTO code_directory (noun, code, site_id, id) SELECT 'place', code, site_id, id FROM place");
    run(
        tx,
        &format!(
            "{} INSERT INTO item (id, code, name, base_unit, ven, storage_class, controlled, volume_ml, version, updated_at) \
             SELECT {items} + i, 'P' || i, 'Item number ' || i, 'tablet', 'E', 'ambient', FALSE, 1, 1, 0 FROM n",
            numbers(ITEMS)
        ),
    );
    run(
        tx,
        &format!(
            "{} INSERT INTO lot (site_id, id, item_id, lot_code, expiry_day, no_expiry, state) \
             SELECT {site}, {lots} + i, {items} + i, 'L' || i, 25000, FALSE, 'open' FROM n",
            numbers(ITEMS)
        ),
    );
    run(
        tx,
        &format!(
            "{} INSERT INTO stock_point (site_id, id, item_id, place_id, par_level, version, updated_at) \
             SELECT {site}, {points} + i, {items} + i % {ITEMS}, {places} + i / {ITEMS}, 20 + i * 7919 % 40, 1, 0 FROM n",
            numbers(ITEMS * PLACES)
        ),
    );
    // One item in ten is short.
    run(
        tx,
        &format!(
            "{} INSERT INTO movement (site_id, id, stock_point_id, lot_id, kind, quantity_delta, source, source_key, event_at, recorded_at, actor) \
             SELECT {site}, {movements} + i, {points} + i, {lots} + i % {ITEMS}, 'receipt', \
               CASE WHEN i % 10 = 0 THEN 1 + i * 104729 % 60 ELSE 30 + i * 104729 % 60 END, 'import', 'bench/' || i, 0, 0, 'bench' FROM n",
            numbers(ITEMS * PLACES)
        ),
    );
    let made = diesel::sql_query("SELECT COUNT(*) AS value FROM movement").get_result::<Number>(tx.conn).unwrap();
    assert_eq!(made.value, (ITEMS * PLACES) as i64);
    level::rebuild(tx).unwrap();
    par::rebuild_item_sums(tx).unwrap();
    site
}
