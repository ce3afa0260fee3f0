//! Bindings: which channel looks at which stock point, and what its readings may do.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store;
use crate::access::audit;
use crate::access::caller::Caller;
use crate::access::device::DeviceKey;
use crate::access::role::Role;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::base::id;
use crate::base::quantity::{UNITS_MAX, from_f64};
use crate::base::time::Micros;
use crate::catalogue::item::{self, Item};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::places::{self, PlaceKind};

/// The end of a binding that is in force: the end of time.
pub const IN_FORCE: i64 = i64::MAX;
const SETTLE_SECONDS_DEFAULT: i64 = 120;
const MAX_UNITS_DEFAULT: i64 = 1_000_000;

/// What a channel measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// A count of base units.
    Level,
    /// A load.
    Weight,
}

/// What readings may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Shown apart.
    Shadow,
    /// Open discrepancies, which a person decides.
    Advise,
    /// Count steps book movements.
    Authoritative,
}

impl Mode {
    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Advise => "advise",
            Self::Authoritative => "authoritative",
        }
    }
}

/// A channel with one of its bindings, as readings are judged by it; `binding_id` 0: not bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) channel_id: i64,
    pub(super) channel: String,
    pub(super) binding_id: i64,
    pub(super) is_weight: bool,
    pub(super) stock_point_id: i64,
    pub(super) mode: String,
    pub(super) unit_weight_mg: i64,
    pub(super) tare_mg: i64,
    pub(super) max_units: i64,
    pub(super) settle_seconds: i64,
    pub(super) valid_from: i64,
    pub(super) valid_to: i64,
    pub(super) is_outranked: bool,
}

impl Line {
    /// Whether a reading of this moment is its own.
    pub(super) fn covers(&self, event_at: i64) -> bool {
        self.binding_id != 0 && self.valid_from <= event_at && event_at < self.valid_to
    }
}

/// A wish for a binding.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBinding {
    /// The channel as the device names it.
    pub channel: String,
    /// What it measures.
    pub kind: Measure,
    /// Place code.
    pub place: String,
    /// Item code.
    pub item: String,
    /// What its readings may do.
    pub mode: Mode,
    /// Grams of one base unit: needed for weight.
    pub unit_weight_g: Option<f64>,
    /// Grams of the empty shelf or bin.
    pub tare_g: Option<f64>,
    /// More than this can't lie there: such readings are refused. Default 1,000,000.
    pub max_units: Option<i64>,
    /// How long a step waits before it is booked. Default 120.
    pub settle_seconds: Option<i64>,
    /// End the binding that the channel has.
    #[serde(default)]
    pub replace: bool,
}

/// A binding as it is listed.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct BindingView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// The channel as the device names it.
    pub channel: String,
    /// `level` or `weight`.
    pub kind: String,
    /// Place code.
    pub place: String,
    /// Item code.
    pub item: String,
    /// `shadow`, `advise` or `authoritative`.
    pub mode: String,
    /// Grams of one base unit; null for a level.
    pub unit_weight_g: Option<f64>,
    /// Grams of the empty shelf or bin.
    pub tare_g: f64,
    /// More than this can't lie there.
    pub max_units: i64,
    /// How long a step waits before it is booked.
    pub settle_seconds: i64,
    /// Readings from here on are its own; null: all before its end.
    pub valid_from: Option<Micros>,
    /// Readings before it are its own; null: in force.
    pub valid_to: Option<Micros>,
}

impl NewBinding {
    fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut say = |field: &str, rule: &str, detail: String| errors.push(FieldError::new(format!("/{field}"), rule, detail));
        if !(1..=64).contains(&self.channel.len()) {
            say("channel", "out_of_range", "1 to 64 bytes, as the device names it".into());
        }
        match (self.kind, self.unit_weight_g) {
            (Measure::Weight, None) => say("unit_weight_g", "needed", "a scale needs the grams of one base unit".into()),
            (Measure::Level, Some(_)) => say("unit_weight_g", "unwanted", "only for weight".into()),
            (Measure::Weight, Some(grams)) if !(0.001..=1_000_000.0).contains(&grams) => {
                say("unit_weight_g", "out_of_range", format!("{grams} is not within 0.001..1000000"));
            }
            _ => {}
        }
        if self.tare_g.is_some_and(|grams| !(0.0..=1_000_000.0).contains(&grams)) {
            say("tare_g", "out_of_range", "must be 0..1000000".into());
        }
        if self.max_units.is_some_and(|units| !(1..=UNITS_MAX).contains(&units)) {
            say("max_units", "out_of_range", format!("must be 1..{UNITS_MAX}"));
        }
        if self.settle_seconds.is_some_and(|seconds| !(0..=86_400).contains(&seconds)) {
            say("settle_seconds", "out_of_range", "must be 0..86400".into());
        }
        errors
    }
}

/// Binds a channel of a device; answers the binding's id. Channel and stock point are made where they are new.
///
/// The first binding of a channel owns all its earlier readings too; one that replaces another begins now.
///
/// # Errors
/// `invalid_input`, `conflict` when the channel is bound already (and `replace` is not said) or another
/// authoritative sensor looks there, `forbidden` for authoritative mode without the right to it.
pub fn bind(tx: &mut Tx<'_>, caller: &Caller, device: &DeviceKey, wish: &NewBinding) -> Result<i64> {
    let errors = wish.errors();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let (stock_point_id, item) = target(tx, device, wish)?;
    if wish.mode == Mode::Authoritative {
        may_book(caller, &item)?;
    }
    let lines = store::binding::lines_of_device(tx.conn, device.site_id, device.id)?;
    let known: Vec<&Line> = lines.iter().filter(|line| line.channel == wish.channel).collect();
    let channel_id = match known.first() {
        Some(line) => line.channel_id,
        None => store::binding::insert_channel(tx, device.site_id, device.id, &wish.channel)?,
    };
    if wish.mode == Mode::Authoritative && store::binding::has_other_authority(tx.conn, device.site_id, stock_point_id, channel_id)? {
        return Err(Error::new(Code::Conflict, "another authoritative sensor books at this stock point; one shelf, one such sensor"));
    }
    let mut valid_from = if known.iter().any(|line| line.binding_id != 0) { tx.now.0 } else { 0 };
    if let Some(old) = known.iter().find(|line| line.binding_id != 0 && line.valid_to == IN_FORCE) {
        if !wish.replace {
            return Err(Error::new(
                Code::Conflict,
                format!("channel '{}' is bound already; say \"replace\": true to end that binding", wish.channel),
            ));
        }
        valid_from = valid_from.max(old.valid_from + 1);
        store::binding::end_binding(tx, device.site_id, old.binding_id, valid_from)?;
    }
    let line = Line {
        channel_id,
        channel: wish.channel.clone(),
        binding_id: tx.id(),
        is_weight: wish.kind == Measure::Weight,
        stock_point_id,
        mode: wish.mode.word().to_owned(),
        unit_weight_mg: wish.unit_weight_g.map_or(0, milligrams),
        tare_mg: wish.tare_g.map_or(0, milligrams),
        max_units: wish.max_units.unwrap_or(MAX_UNITS_DEFAULT),
        settle_seconds: wish.settle_seconds.unwrap_or(SETTLE_SECONDS_DEFAULT),
        valid_from,
        valid_to: IN_FORCE,
        is_outranked: false,
    };
    store::binding::insert_binding(tx, device.site_id, &line)?;
    let subject = format!("{}/{}", device.code, wish.channel);
    let detail = json!({"binding": line.binding_id.to_string(), "kind": wish.kind, "place": wish.place, "item": wish.item,
        "mode": wish.mode, "unit_weight_g": wish.unit_weight_g, "tare_g": wish.tare_g, "replace": wish.replace});
    audit::record(tx, device.site_id, &caller.actor(), "binding.create", &subject, &detail)?;
    Ok(line.binding_id)
}

fn milligrams(grams: f64) -> i64 {
    from_f64(grams * 1_000.0)
}

fn target(tx: &mut Tx<'_>, device: &DeviceKey, wish: &NewBinding) -> Result<(i64, Item)> {
    let unknown = |field: &str, error: Error| match error.code {
        Code::NotFound => Error::field(field, "unknown", error.detail),
        _ => error,
    };
    let place = places::find(tx.conn, &wish.place).map_err(|error| unknown("/place", error))?;
    if place.site_id != device.site_id {
        return Err(Error::field("/place", "site", format!("'{}' is not at the site of the device", wish.place)));
    }
    if place.kind == PlaceKind::Site {
        return Err(Error::field("/place", "kind", "stock is kept at a store, ward or bin, not at the site itself"));
    }
    let item = item::find(tx.conn, &wish.item).map_err(|error| unknown("/item", error))?;
    Ok((places::stock_point(tx, &place, item.id)?, item))
}

fn may_book(caller: &Caller, item: &Item) -> Result<()> {
    if !caller.is_any(&[Role::Admin]) {
        return Err(Error::new(Code::Forbidden, "only an administrator lets a sensor book stock; bind it as shadow or advise"));
    }
    if item.controlled {
        return Err(Error::field("/mode", "controlled", format!("{} is controlled: its movements need people", item.code)));
    }
    Ok(())
}

/// The bindings of a device, past ones too, by channel and time.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, device: &DeviceKey) -> Result<Vec<BindingView>> {
    store::binding::list_bindings(conn, device.site_id, device.id)
}
