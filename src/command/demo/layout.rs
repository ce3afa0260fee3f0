//! Which gateway listens to which shelf, by what kind of sensor, and how far it is trusted.

use serde_json::json;
use wardstock::access::caller::Caller;
use wardstock::access::device::{self, NewDevice};
use wardstock::base::error::{Error, Result};
use wardstock::db::Db;
use wardstock::sensing::binding::{self, NewBinding};
use wardstock_models::rng::Rng;

use super::formulary::Usage;
use super::hospital::SITES;
use super::stock::Shelf;

/// Sensors in all, half of them at each site.
const SENSORS: usize = 1_200;
/// Channels of one gateway at most.
const CHANNELS_MAX: usize = 36;
/// A shelf whose units weigh less than this is counted, not weighed.
const GRAMS_MIN: f64 = 7.0;
/// How long a step waits before it is booked.
const SETTLE_SECONDS: i64 = 20;

/// A sensor on a shelf.
#[derive(Debug, Clone)]
pub(super) struct Channel {
    pub(super) code: String,
    pub(super) shelf: Shelf,
    /// Grams of the empty shelf; none: a level sensor.
    pub(super) tare_g: Option<f64>,
    pub(super) mode: &'static str,
}

/// A gateway with its channels and its own token.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) code: String,
    pub(super) site: &'static str,
    pub(super) place: &'static str,
    pub(super) channels: Vec<Channel>,
    pub(super) token: String,
    /// A new one that nobody has approved yet.
    pub(super) is_new: bool,
}

/// Sets sensors on shelves: every ward's shelf, and the busiest of each store, 600 a site.
pub(super) fn lay_out(shelves: &[Shelf], rng: &mut Rng) -> Vec<Installed> {
    let mut installed = Vec::new();
    for site in &SITES {
        let mut own: Vec<&Shelf> = shelves.iter().filter(|shelf| shelf.site == site.code).collect();
        own.sort_by(|a, b| (!a.is_ward()).cmp(&!b.is_ward()).then(b.rate.total_cmp(&a.rate)));
        own.truncate(SENSORS / SITES.len());
        let places: Vec<&'static str> = site.wards.iter().map(|(code, _, _)| *code).chain([site.store]).collect();
        for place in places {
            let here: Vec<&Shelf> = own.iter().copied().filter(|shelf| shelf.place == place).collect();
            for (at, group) in here.chunks(CHANNELS_MAX).enumerate() {
                let channels = group.iter().enumerate().map(|(at, shelf)| channel(at, shelf, rng)).collect();
                let code = format!("gw-{}-{}", place.to_lowercase(), at + 1);
                installed.push(Installed { code, site: site.code, place, channels, token: String::new(), is_new: false });
            }
        }
    }
    if let Some(first) = installed.first() {
        let channels = first.channels.iter().take(4).cloned().collect();
        let (site, place) = (first.site, first.place);
        installed.push(Installed { code: "gw-new".into(), site, place, channels, token: String::new(), is_new: true });
    }
    installed
}

fn channel(at: usize, shelf: &Shelf, rng: &mut Rng) -> Channel {
    let weighs = shelf.unit_grams >= GRAMS_MIN && rng.uniform() < 0.55;
    let mode = match (shelf.is_ward(), shelf.usage) {
        (true, Usage::Fast | Usage::Seasonal) if !shelf.controlled => "authoritative",
        (true, Usage::Slow) => "shadow",
        _ => "advise",
    };
    Channel {
        code: format!("{}{}", if weighs { "w" } else { "l" }, at + 1),
        shelf: shelf.clone(),
        tare_g: weighs.then(|| 150.0 + (250.0 * rng.uniform()).round()),
        mode,
    }
}

/// Registers every gateway and binds its channels, as an administrator would.
///
/// # Errors
/// Those of devices and bindings.
pub(super) fn install(db: &Db, admin: &Caller, installed: &mut [Installed]) -> Result<()> {
    for gateway in installed {
        let plan = gateway.clone();
        let admin = admin.clone();
        gateway.token = db.write_now(move |tx| {
            let wish = NewDevice {
                code: plan.code.clone(),
                name: format!("Shelf gateway at {}", plan.place),
                site: Some(plan.site.to_owned()),
                approve: !plan.is_new,
            };
            let issued = device::register(tx, &admin.actor(), None, &wish)?;
            let key = device::find(tx.conn, &plan.code)?;
            if !plan.is_new {
                for channel in &plan.channels {
                    binding::bind(tx, &admin, &key, &wish_of(channel)?)?;
                }
            }
            Ok(issued.token)
        })?;
    }
    Ok(())
}

/// The body that `POST /api/v1/devices/{id}/bindings` would take.
fn wish_of(channel: &Channel) -> Result<NewBinding> {
    let mut wish = json!({
        "channel": channel.code, "kind": if channel.tare_g.is_some() { "weight" } else { "level" },
        "place": channel.shelf.place, "item": channel.shelf.item, "mode": channel.mode, "settle_seconds": SETTLE_SECONDS,
    });
    if let (Some(tare_g), Some(fields)) = (channel.tare_g, wish.as_object_mut()) {
        fields.insert("unit_weight_g".into(), json!(channel.shelf.unit_grams));
        fields.insert("tare_g".into(), json!(tare_g));
    }
    serde_json::from_value(wish).map_err(|cause| Error::internal("a binding is no JSON").because(cause))
}
