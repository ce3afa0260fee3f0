//! An order as people and programs see it, and as the room itself handles it.

use serde::{Deserialize, Serialize};

use super::store;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::money::Money;
use crate::base::time::{Day, Micros};
use crate::db::conn::Conn;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Made, not yet approved.
    Draft,
    /// Approved by somebody other than its maker.
    Approved,
    /// At the supplier.
    Sent,
    /// Confirmed by the supplier.
    Acknowledged,
    /// Everything is in.
    Received,
    /// Nothing more is expected.
    Closed,
    /// Called off before anything came in.
    Cancelled,
}

impl State {
    /// All states, in the order in which an order passes them.
    pub const ALL: [Self; 7] = [Self::Draft, Self::Approved, Self::Sent, Self::Acknowledged, Self::Received, Self::Closed, Self::Cancelled];

    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Received => "received",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// An order as the rules of this room need it.
#[derive(Debug, Clone)]
pub struct OrderKey {
    /// Its site.
    pub site_id: i64,
    /// Its id.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Where it stands.
    pub state: State,
    /// From whom.
    pub supplier_id: i64,
    /// Who made it.
    pub made_by: String,
    /// Day on which it was to be ordered.
    pub order_day: Day,
    /// Day on which it is expected.
    pub expected_day: Day,
    /// When it was sent.
    pub sent_at: Option<Micros>,
    /// Version, for If-Match.
    pub version: i64,
}

/// An order without its lines.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct OrderHead {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Its code, such as `PO-2026-000123`.
    pub code: String,
    /// Code of its site.
    pub site: String,
    /// Code of the supplier.
    pub supplier: String,
    /// Name of the supplier.
    pub supplier_name: String,
    /// Id of the plan that it comes from; null: not from a plan.
    pub plan: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Day on which it is ordered.
    pub order_on: Day,
    /// Day on which it is expected.
    pub expected_on: Day,
    /// Packs times price, all lines.
    pub total: Money,
    /// How many lines it has.
    pub line_count: i64,
    /// How many of them are not wholly in.
    pub open_line_count: i64,
    /// Who made it.
    pub made_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Micros>,
    /// Version, as in the `ETag`.
    pub version: i64,
    /// Last change.
    pub updated_at: Micros,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct LineView {
    /// Its number, from 1.
    pub line: i64,
    /// Code of the place that gets it.
    pub place: String,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// What a base unit is.
    pub base_unit: String,
    /// Packs ordered.
    pub packs: i64,
    /// Base units in a pack.
    pub units_per_pack: i64,
    /// Base units ordered.
    pub units: i64,
    /// Base units that came in.
    pub received: i64,
    /// Base units that are missing.
    pub open: i64,
    /// Per pack.
    pub price: Money,
    /// Packs times price.
    pub total: Money,
    /// Where it is booked; for the room's own use.
    #[serde(skip)]
    pub stock_point_id: i64,
    /// What; for the room's own use.
    #[serde(skip)]
    pub item_id: i64,
    /// None: does not expire; for the room's own use.
    #[serde(skip)]
    pub shelf_life_days: Option<i64>,
}

/// An order with its lines.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct OrderView {
    /// The order itself.
    #[serde(flatten)]
    pub head: OrderHead,
    /// Its lines.
    pub lines: Vec<LineView>,
}

/// Finds an order by code or id.
///
/// # Errors
/// `not_found`; `invalid_input` when several sites have this code.
pub fn find(conn: &mut Conn, code_or_id: &str) -> Result<OrderKey> {
    let mut found = store::keys_by_name(conn, code_or_id)?;
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Error::field("id", "ambiguous", format!("several sites have an order '{code_or_id}': use its id"))),
        (None, _) => Err(Error::not_found("order", code_or_id)),
    }
}

/// An order with its lines.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, site_id: i64, order_id: i64) -> Result<OrderView> {
    let head = store::head(conn, site_id, order_id)?.ok_or_else(|| Error::not_found("order", order_id))?;
    let lines = store::lines(conn, site_id, order_id, &head.total.currency)?;
    Ok(OrderView { head, lines })
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this site.
    pub site_id: Option<i64>,
    /// Only this state.
    pub state: Option<State>,
    /// Only this supplier, by code.
    pub supplier: Option<String>,
    /// Only orders of this plan.
    pub plan_id: Option<i64>,
    /// Older than this id; 0: from the newest.
    pub before_id: i64,
    /// At most so many rows.
    pub limit: i64,
}

/// Lists orders, newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<OrderHead>> {
    store::list(conn, wanted)
}
