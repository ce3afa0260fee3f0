//! Levels as people read them: on hand, available, on order, position, cover, next expiry, and what sensors believe.

use serde::Serialize;

use super::store;
use crate::base::error::Result;
use crate::base::quantity::to_f64;
use crate::base::time::{Day, Micros};
use crate::db::Tx;
use crate::db::conn::Conn;

/// A lot expiring within this many days makes its stock point `expiring`.
const EXPIRING_DAYS: i64 = 30;

/// What sensors believe of a stock point.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct BeliefView {
    /// Most likely base units.
    pub estimate: i64,
    /// Low end of the 90 % interval.
    pub low: i64,
    /// High end of the 90 % interval.
    pub high: i64,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// Newest observation in it.
    pub as_of: Micros,
    /// `shadow`, `advise` or `authoritative`.
    pub mode: String,
    /// Why.
    pub reasons: Vec<String>,
}

/// One stock point.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct StockView {
    /// Place code.
    pub place: String,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// What a base unit is.
    pub base_unit: String,
    /// V, E or N.
    pub ven: String,
    /// Physically there by the book.
    pub on_hand: i64,
    /// On hand less what is expired or on hold.
    pub available: i64,
    /// Promised, not yet issued: there are no reservations yet, so always 0.
    pub allocated: i64,
    /// Ordered (approved or sent), not received.
    pub on_order: i64,
    /// In draft orders that nobody has approved yet.
    pub in_draft: i64,
    /// Available + on order + in draft.
    pub position: i64,
    /// Order-up-to level set by people.
    pub par_level: Option<i64>,
    /// Upper level set by people.
    pub max_level: Option<i64>,
    /// Available ÷ forecast daily demand; null without a forecast.
    pub days_of_cover: Option<f64>,
    /// Earliest expiry among lots on hand.
    pub next_expiry: Option<Day>,
    /// `out`, `low`, `expiring`, `over` or `ok`, the first that holds.
    pub status: &'static str,
    /// What sensors believe; null where none look.
    pub belief: Option<BeliefView>,
}

/// Raw figures of a stock point, as the store reads them.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    pub(super) view: StockView,
    pub(super) mean_daily_units: Option<f64>,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this site.
    pub site_id: Option<i64>,
    /// Only this place.
    pub place: Option<String>,
    /// Only this item.
    pub item: Option<String>,
    /// Only this status.
    pub status: Option<String>,
    /// After this `place|item`.
    pub after: (String, String),
    /// At most so many rows.
    pub limit: i64,
}

/// Lists stock points by place and item.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, wanted: &Wanted, today: Day) -> Result<Vec<StockView>> {
    let mut found: Vec<StockView> = Vec::new();
    let mut after = wanted.after.clone();
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    // The status is a rule, not a column: pages are read until enough rows have it.
    loop {
        let page = store::figures(conn, &Wanted { after: after.clone(), ..wanted.clone() }, today)?;
        let whole = page.len() < limit;
        if let Some(last) = page.last() {
            after = (last.view.place.clone(), last.view.item.clone());
        }
        found.extend(
            page.into_iter()
                .map(|figures| judged(figures, today))
                .filter(|view| wanted.status.as_deref().is_none_or(|status| status == view.status)),
        );
        if whole || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

fn judged(figures: Figures, today: Day) -> StockView {
    let Figures { mut view, mean_daily_units } = figures;
    view.days_of_cover = mean_daily_units.filter(|mean| *mean > 0.0).map(|mean| (to_f64(view.available) / mean * 10.0).round() / 10.0);
    view.status = if view.available <= 0 && (view.par_level.unwrap_or(0) > 0 || mean_daily_units.unwrap_or(0.0) > 0.0) {
        "out"
    } else if view.par_level.is_some_and(|par| view.position < par) {
        "low"
    } else if view.next_expiry.is_some_and(|day| day <= today.plus(EXPIRING_DAYS)) {
        "expiring"
    } else if view.max_level.is_some_and(|most| view.on_hand > most) {
        "over"
    } else {
        "ok"
    };
    view
}

/// One lot on hand.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct LotView {
    /// Its code; empty: stock without a lot.
    pub lot: String,
    /// Null: does not expire.
    pub expiry: Option<Day>,
    /// Base units.
    pub quantity: i64,
    /// `open`, `held` or `expired`.
    pub state: &'static str,
}

/// The lots on hand of a stock point, in FEFO order.
///
/// # Errors
/// Those of the database.
pub fn lots(conn: &mut Conn, site_id: i64, stock_point_id: i64, today: Day) -> Result<Vec<LotView>> {
    store::lots_on_hand(conn, site_id, stock_point_id, today)
}

/// A lot on hand at a place.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct PlacedLot {
    /// Code of the place.
    pub place: String,
    /// What lies there.
    #[serde(flatten)]
    pub lot: LotView,
}

/// Most rows of [`whereabouts`].
const WHEREABOUTS_MAX: i64 = 100;

/// Where an item lies, first to expire first: in all sites or one, all lots or one; at most 100 rows.
///
/// # Errors
/// Those of the database.
pub fn whereabouts(conn: &mut Conn, only_site: Option<i64>, item_id: i64, only_lot: Option<&str>, today: Day) -> Result<Vec<PlacedLot>> {
    store::whereabouts(conn, only_site, item_id, only_lot, (today, WHEREABOUTS_MAX))
}

/// A day of a stock point's history.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DayView {
    /// The day.
    pub day: Day,
    /// Base units that came in.
    pub received: i64,
    /// Base units that were issued.
    pub issued: i64,
    /// All other changes, signed.
    pub other: i64,
    /// On hand at the end of the day.
    pub closing: i64,
}

/// The days with movements between two days, oldest first, each with its closing stock.
///
/// # Errors
/// Those of the database.
pub fn history(conn: &mut Conn, site_id: i64, stock_point_id: i64, from: Day, to: Day) -> Result<Vec<DayView>> {
    store::history(conn, site_id, stock_point_id, from, to)
}

/// On hand of a stock point by the book, now.
///
/// # Errors
/// Those of the database.
pub fn on_hand(conn: &mut Conn, site_id: i64, stock_point_id: i64) -> Result<i64> {
    store::on_hand(conn, site_id, stock_point_id)
}

/// A level that is not what its movements add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Site.
    pub site_id: i64,
    /// Stock point.
    pub stock_point_id: i64,
    /// Lot.
    pub lot_id: i64,
    /// What the projection says; null: it has no such row.
    pub level: Option<i64>,
    /// What the ledger says; null: it has no movement of it.
    pub ledger: Option<i64>,
    /// Whether only the moment of the newest event is wrong.
    pub only_moment: bool,
}

/// Compares every level with its movements; empty when the book is right.
///
/// # Errors
/// Those of the database.
pub fn differences(conn: &mut Conn) -> Result<Vec<Difference>> {
    store::differences(conn)
}

/// Throws the levels and their sums by item away and makes them again from the ledger; answers which levels were wrong.
///
/// # Errors
/// Those of the database; nothing has changed then.
pub fn rebuild(tx: &mut Tx<'_>) -> Result<Vec<Difference>> {
    store::rebuild_levels(tx)
}

/// A lot on hand anywhere in a site, for the planner.
#[derive(Debug, Clone)]
pub struct SiteLot {
    /// Where and what.
    pub stock_point_id: i64,
    /// None: does not expire.
    pub expiry: Option<Day>,
    /// Base units that may be used.
    pub quantity: i64,
}

/// All usable lots of a site: on hand, not held, not expired.
///
/// # Errors
/// Those of the database.
pub fn usable_lots(conn: &mut Conn, site_id: i64, today: Day) -> Result<Vec<SiteLot>> {
    store::usable_lots(conn, site_id, today)
}
