//! The question a plan answers: wire form `wardstock.plan.v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Clinical importance of an item, given by people: vital, essential, non-essential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ven {
    /// Vital.
    #[serde(rename = "V")]
    Vital,
    /// Essential.
    #[serde(rename = "E")]
    Essential,
    /// Non-essential.
    #[serde(rename = "N")]
    NonEssential,
}

/// How an item is stored; a storage limit counts the items of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// Room temperature.
    #[default]
    Ambient,
    /// 2 to 8 degrees Celsius.
    Refrigerated,
    /// Below freezing.
    Frozen,
    /// Locked storage.
    Controlled,
}

impl StorageClass {
    /// The name on the wire: `ambient`, `refrigerated`, `frozen` or `controlled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambient => "ambient",
            Self::Refrigerated => "refrigerated",
            Self::Frozen => "frozen",
            Self::Controlled => "controlled",
        }
    }
}

/// What steers the choice of packs beside the cost with mean demand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// The expected shortage around mean demand (the default).
    #[default]
    Expected,
    /// Nothing: demand is its mean.
    Mean,
    /// A target stock at the item's service quantile.
    Quantile,
}

/// Stock at hand of one expiry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Base units, at least 0.
    pub units: i64,
    /// Last period in which it can be used; disposed of at its end. `None`: does not expire.
    #[serde(default)]
    pub expires_period: Option<u32>,
}

/// Stock ordered earlier that has not arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Base units, at least 0.
    pub units: i64,
    /// Period at whose start it arrives; it is usable in that period.
    pub arrives_period: u32,
    /// Last period in which it can be used, not before `arrives_period`. `None`: does not expire.
    #[serde(default)]
    pub expires_period: Option<u32>,
}

/// Forecast of demand in one period, or summed over periods 0..=t.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PeriodDemand {
    /// Base units expected, at least 0.
    pub mean: f64,
    /// `[probability, units]`, both rising: the demand not exceeded with that probability.
    #[serde(default)]
    pub quantiles: Vec<(f64, f64)>,
}

/// One item at one place: stock, forecast and what its shortage or waste costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Opaque and unique; the service uses `ITEM@PLACE`.
    pub id: String,
    /// Name for people, used in texts; the id when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Name of one base unit for texts, such as `tablet`; `unit` when absent.
    #[serde(default)]
    pub base_unit: Option<String>,
    /// Where it is kept.
    #[serde(default)]
    pub place: Option<String>,
    /// Clinical importance.
    #[serde(default = "essential")]
    pub ven: Ven,
    /// Which storage limit counts it.
    #[serde(default)]
    pub storage_class: StorageClass,
    /// Millilitres of storage per base unit, at least 0.
    #[serde(default)]
    pub volume_ml: f64,
    /// Periods of use from arrival on, at least 1. `None`: does not expire.
    #[serde(default)]
    pub shelf_life_periods: Option<u32>,
    /// Stock at hand at the start of period 0.
    #[serde(default)]
    pub on_hand: Vec<Lot>,
    /// Orders on their way.
    #[serde(default)]
    pub on_order: Vec<OpenOrder>,
    /// `demand[period]`, period 0 is the next one.
    pub demand: Vec<PeriodDemand>,
    /// `cumulative_demand[period]`: demand summed over periods 0..=period; optional.
    #[serde(default)]
    pub cumulative_demand: Option<Vec<PeriodDemand>>,
    /// Money per base unit and period on stock at the end of a period, at least 0.
    #[serde(default)]
    pub holding_cost: f64,
    /// Money per base unit of demand not met, at least 0.
    #[serde(default)]
    pub shortage_cost: f64,
    /// Money per base unit disposed of, at least 0.
    #[serde(default)]
    pub disposal_cost: f64,
    /// `safety_stock[period]`: base units wanted at the end of the period (soft); optional.
    #[serde(default)]
    pub safety_stock: Option<Vec<f64>>,
    /// Whether the item is due today, by its own levels; optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// Is an item due today? Its own reorder and order-up-to level by the day, as [`crate::levels::advise`] finds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Due {
    /// Offer the levels are for.
    pub offer: String,
    /// Base units on hand and on order, late orders that are better replaced left out.
    pub position: i64,
    /// Order when the position is at or below it, base units. `None`: keep none in stock.
    pub reorder_level: Option<f64>,
    /// Order up to about here, base units.
    pub up_to_level: f64,
    /// Packs to order now; 0 above the reorder level.
    pub packs: i64,
    /// Packs that the plan before advised for now and that were not ordered; kept where changing them gains little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_packs: Option<i64>,
    /// Days until the position is expected to reach the reorder level. `None`: not in sight.
    #[serde(default)]
    pub days_to_reorder: Option<f64>,
    /// Units expected to be missing before the next delivery; only a faster one can change that.
    #[serde(default)]
    pub short_before_delivery: f64,
    /// Money that one pack more than `packs` would cost in the long run, and one pack less; optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_pack_more: Option<f64>,
    /// See `one_pack_more`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_pack_less: Option<f64>,
    /// Days to the next review, at least 1.
    #[serde(default = "one_day")]
    pub review_days: u32,
}

fn one_day() -> u32 {
    1
}

fn essential() -> Ven {
    Ven::Essential
}

/// What a supplier offers of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Opaque and unique.
    pub id: String,
    /// Id of the item.
    pub item: String,
    /// Id of the supplier.
    pub supplier: String,
    /// Base units in a pack, at least 1.
    pub units_per_pack: i64,
    /// Money per pack, at least 0.
    pub price: f64,
    /// Packs an order of this offer holds at least, at least 1.
    #[serde(default = "one_pack")]
    pub moq_packs: i64,
    /// Periods from order to usable stock, 0 or more.
    #[serde(default)]
    pub lead_periods: u32,
    /// Packs an order of this offer holds at most. `None`: no limit.
    #[serde(default)]
    pub max_packs: Option<i64>,
    /// `[extra periods, probability]` of late delivery; used by the risk form `expected`.
    #[serde(default)]
    pub lead_delay: Vec<(u32, f64)>,
}

fn one_pack() -> i64 {
    1
}

/// One supplier: what an order and a line of it cost and when it can be placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Supplier {
    /// Opaque and unique.
    pub id: String,
    /// Name for people, used in texts; the id when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// Money per period with at least one order line, at least 0.
    #[serde(default)]
    pub order_cost: f64,
    /// Money per order line (an offer in a period with at least one pack), at least 0: to pick,
    /// receive and book it.
    #[serde(default)]
    pub line_cost: f64,
    /// Money an order (all lines of one period) is worth at least, before `order_cost`.
    #[serde(default)]
    pub min_order: f64,
    /// Money for a rush delivery, beyond the order; it is proposed where the loss expected before the next delivery
    /// is larger. `None`: none is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rush_cost: Option<f64>,
    /// Periods in which orders can be placed. `None`: every period.
    #[serde(default)]
    pub order_periods: Option<Vec<u32>>,
}

/// Storage of one class: the stock at the end of a period takes at most this much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StorageLimit {
    /// The class counted.
    pub class: StorageClass,
    /// `litres[period]`; null: no limit in that period.
    pub litres: Vec<Option<f64>>,
}

/// A way to move stock between two places.
///
/// Moved units leave `from` at the start of a period, after receipts and before demand, those that expire first and
/// are still usable on arrival; they reach `to` at the start of period + `lead_periods` and keep their expiry. What
/// arrives in a period without time on the way can be used in it, but not moved on in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// Item id it leaves.
    pub from: String,
    /// Item id it reaches; of the same storage class.
    pub to: String,
    /// Money per base unit moved, at least 0.
    #[serde(default)]
    pub cost: f64,
    /// Periods on the way, below the number of periods.
    #[serde(default)]
    pub lead_periods: u32,
}

/// An item that can stand in for another: in a period, whole units of demand of `item` are met with `ratio` units
/// each of `substitute`, after the substitute's own demand of that period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Substitute {
    /// Item id wanted.
    pub item: String,
    /// Item id given instead.
    pub substitute: String,
    /// Base units of the substitute for one of the item, above 0; not rounded.
    pub ratio: f64,
    /// Money per base unit replaced, at least 0.
    #[serde(default)]
    pub cost: f64,
}

/// How to plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Whole packs (true, the default). With false the plan is rounded all the same: orders are
    /// whole packs on the wire; the linear relaxation is published as `bound`.
    #[serde(default = "whole")]
    pub integer: bool,
    /// The risk form.
    #[serde(default)]
    pub risk: Risk,
    /// Probability of no shortage over lead time and review, by VEN class; 0.99, 0.95 and 0.9
    /// where absent.
    #[serde(default)]
    pub service_quantile: BTreeMap<Ven, f64>,
}

fn whole() -> bool {
    true
}

impl Default for Options {
    fn default() -> Self {
        Self { integer: true, risk: Risk::default(), service_quantile: BTreeMap::new() }
    }
}

/// The whole question. Money is in major units of `currency`, stock in base units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// `wardstock.plan.v1`.
    #[serde(default = "schema")]
    pub schema: String,
    /// Number of periods planned, 1 to 520.
    pub periods: u32,
    /// Days in a period, at least 1.
    #[serde(default = "week")]
    pub period_days: u32,
    /// First day of period 0, `YYYY-MM-DD`; used in texts only.
    #[serde(default)]
    pub start: String,
    /// ISO 4217 code; used in texts only.
    #[serde(default)]
    pub currency: String,
    /// Items at places.
    #[serde(default)]
    pub items: Vec<Item>,
    /// Offers of suppliers for these items.
    #[serde(default)]
    pub offers: Vec<Offer>,
    /// Suppliers named by offers.
    #[serde(default)]
    pub suppliers: Vec<Supplier>,
    /// `budget[period]`: money for packs ordered in the period; null or absent: no limit.
    #[serde(default)]
    pub budget: Option<Vec<Option<f64>>>,
    /// Storage limits, at most one per class.
    #[serde(default)]
    pub storage: Vec<StorageLimit>,
    /// Ways to move stock.
    #[serde(default)]
    pub transfers: Vec<Transfer>,
    /// Items that can stand in for each other.
    #[serde(default)]
    pub substitutes: Vec<Substitute>,
    /// How to plan.
    #[serde(default)]
    pub options: Options,
}

fn schema() -> String {
    "wardstock.plan.v1".to_owned()
}

fn week() -> u32 {
    7
}
