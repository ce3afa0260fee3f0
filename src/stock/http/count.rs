//! Counts over the API.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::access::caller::Caller;
use crate::base::error::{Error, Result};
use crate::base::quantity::UNITS_MAX;
use crate::base::time::Micros;
use crate::catalogue::item;
use crate::db::Db;
use crate::places::{self, PlaceKind};
use crate::stock::count::{self, Count};
use crate::stock::movement::{LotChoice, Source};
use crate::web::body::Posted;
use crate::web::idempotency::{Answer, once};

/// A count to be booked.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCount {
    place: String,
    item: String,
    /// Base units that were there.
    counted: i64,
    /// When; default now.
    at: Option<Micros>,
}

/// What the count changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Counted {
    /// Counted minus book at the time of the count.
    difference: i64,
}

pub(super) async fn post_count(caller: Caller, db: web::Data<Db>, posted: Posted) -> Result<Answer> {
    let wish: NewCount = posted.json()?;
    let now = db.clock().now();
    if !(0..=UNITS_MAX).contains(&wish.counted) {
        return Err(Error::field("/counted", "out_of_range", format!("must be 0..{UNITS_MAX}")));
    }
    if wish.at.is_some_and(|at| at > now) {
        return Err(Error::field("/at", "future", "a count can't lie in the future"));
    }
    once(&db, caller.actor(), &posted, move |tx| {
        let place = places::find(tx.conn, &wish.place)?;
        caller.require_site(place.site_id)?;
        if place.kind == PlaceKind::Site {
            return Err(Error::field("/place", "kind", "stock is kept at a store, ward or bin, not at the site itself"));
        }
        let item = item::find(tx.conn, &wish.item)?;
        let count = Count {
            stock_point_id: places::stock_point(tx, &place, item.id)?,
            item_id: item.id,
            lot: LotChoice::Fefo,
            counted_units: wish.counted,
            counted_at: wish.at.unwrap_or(tx.now),
            source: Source::Person,
            source_key: format!("count/{}", tx.id()),
            actor: caller.actor(),
        };
        let difference = count::apply(tx, place.site_id, &count)?;
        Answer::created(format!("/api/v1/stock/{}/{}", place.code, item.code), &Counted { difference })
    })
    .await
}
