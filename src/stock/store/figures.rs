//! The figures of stock points, joined from levels, orders, forecasts and beliefs.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use crate::base::error::Result;
use crate::base::time::{Day, Micros};
use crate::db::conn::Conn;
use crate::stock::level::{BeliefView, Figures, StockView, Wanted};

#[derive(QueryableByName)]
struct FiguresRow {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    base_unit: String,
    #[diesel(sql_type = Text)]
    ven: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    par_level: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    max_level: Option<i64>,
    #[diesel(sql_type = BigInt)]
    on_hand: i64,
    #[diesel(sql_type = BigInt)]
    available: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    next_expiry_day: Option<i64>,
    #[diesel(sql_type = BigInt)]
    on_order: i64,
    #[diesel(sql_type = BigInt)]
    in_draft: i64,
    #[diesel(sql_type = Nullable<Double>)]
    mean_daily_units: Option<f64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    estimate: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    low: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    high: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    confidence: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    belief_as_of: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    mode: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    reasons: Option<String>,
}

const FIGURES: &str = "\
SELECT sp.place, sp.item, sp.name, sp.base_unit, sp.ven, sp.par_level, sp.max_level,
  COALESCE((SELECT CAST(SUM(l.quantity) AS BIGINT) FROM level l WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id), 0) AS on_hand,
  COALESCE((SELECT CAST(SUM(l.quantity) AS BIGINT) FROM level l JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id
    WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id AND t.state = 'open' AND (t.no_expiry = TRUE OR t.expiry_day >= $1)), 0) AS available,
  (SELECT MIN(t.expiry_day) FROM level l JOIN lot t ON t.site_id = l.site_id AND t.id = l.lot_id
    WHERE l.site_id = sp.site_id AND l.stock_point_id = sp.id AND l.quantity > 0 AND t.no_expiry = FALSE) AS next_expiry_day,
  COALESCE((SELECT CAST(SUM(ol.packs * ol.units_per_pack - ol.received_units) AS BIGINT) FROM order_line ol
    JOIN purchase_order o ON o.site_id = ol.site_id AND o.id = ol.order_id WHERE ol.site_id = sp.site_id AND ol.stock_point_id = sp.id
    AND o.state IN ('approved', 'sent', 'acknowledged') AND ol.packs * ol.units_per_pack > ol.received_units), 0) AS on_order,
  COALESCE((SELECT CAST(SUM(ol.packs * ol.units_per_pack) AS BIGINT) FROM order_line ol
    JOIN purchase_order o ON o.site_id = ol.site_id AND o.id = ol.order_id WHERE ol.site_id = sp.site_id AND ol.stock_point_id = sp.id
    AND o.state = 'draft'), 0) AS in_draft,
  (SELECT f.mean_daily_units FROM forecast f WHERE f.site_id = sp.site_id AND f.stock_point_id = sp.id ORDER BY f.id DESC LIMIT 1) AS mean_daily_units,
  b.estimate, b.low, b.high, b.confidence, b.as_of AS belief_as_of, b.mode, b.reasons
FROM (";
const BELIEVED: &str = ") sp LEFT JOIN belief b ON b.site_id = sp.site_id AND b.stock_point_id = sp.id ORDER BY sp.place, sp.item";

/// The stock points of a page. The places come in the order of their codes from the directory, so that only what stands
/// at one place must be sorted, and nothing is joined to what is on no page. A wish that is not there is no condition:
/// SQLite plans before it knows the values.
fn page(wanted: &Wanted) -> String {
    let only =
        |is_wanted: bool, column: &str, at: &str, none: &str| if is_wanted { format!("{column} = {at}") } else { format!("{at} = {none}") };
    let site = only(wanted.site_id.is_some(), "d.site_id", "$4", "0");
    let place = only(wanted.place.is_some(), "d.code", "$5", "''");
    let item = only(wanted.item.is_some(), "i.code", "$6", "''");
    format!(
        "SELECT s.site_id, s.id, d.code AS place, i.code AS item, i.name, i.base_unit, i.ven, s.par_level, s.max_level \
         FROM code_directory d JOIN stock_point s ON s.site_id = d.site_id AND s.place_id = d.id JOIN item i ON i.id = s.item_id \
         WHERE d.noun = 'place' AND d.code >= $2 AND (d.code > $2 OR i.code > $3) AND {site} AND {place} AND {item} \
         ORDER BY d.code, i.code LIMIT $7"
    )
}

pub(in crate::stock) fn figures(conn: &mut Conn, wanted: &Wanted, today: Day) -> Result<Vec<Figures>> {
    let rows: Vec<FiguresRow> = diesel::sql_query(format!("{FIGURES}{}{BELIEVED}", page(wanted)))
        .bind::<BigInt, _>(today.0)
        .bind::<Text, _>(&wanted.after.0)
        .bind::<Text, _>(&wanted.after.1)
        .bind::<BigInt, _>(wanted.site_id.unwrap_or(0))
        .bind::<Text, _>(wanted.place.as_deref().unwrap_or(""))
        .bind::<Text, _>(wanted.item.as_deref().unwrap_or(""))
        .bind::<BigInt, _>(wanted.limit)
        .load(conn)?;
    Ok(rows.into_iter().map(FiguresRow::figures).collect())
}

impl FiguresRow {
    fn figures(self) -> Figures {
        let belief = self.estimate.map(|estimate| BeliefView {
            estimate,
            low: self.low.unwrap_or(estimate),
            high: self.high.unwrap_or(estimate),
            confidence: self.confidence.unwrap_or_default(),
            as_of: Micros(self.belief_as_of.unwrap_or(0)),
            mode: self.mode.unwrap_or_default(),
            reasons: self.reasons.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        });
        Figures {
            mean_daily_units: self.mean_daily_units,
            view: StockView {
                place: self.place,
                item: self.item,
                name: self.name,
                base_unit: self.base_unit,
                ven: self.ven,
                on_hand: self.on_hand,
                available: self.available,
                allocated: 0,
                on_order: self.on_order,
                in_draft: self.in_draft,
                position: self.available + self.on_order + self.in_draft,
                par_level: self.par_level,
                max_level: self.max_level,
                days_of_cover: None,
                next_expiry: self.next_expiry_day.map(Day),
                status: "ok",
                belief,
            },
        }
    }
}
