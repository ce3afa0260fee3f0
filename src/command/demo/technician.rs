//! The technician's hands: fills wards from the store, books by hand what no sensor books; all through the API.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wardstock::base::clock::Clock;

use super::client::Client;
use super::stock::Shelf;

/// How long a look into the store's book is good for.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// When we looked, and what the book said by item.
type Look = (Instant, HashMap<String, i64>);

/// One technician for all wards.
#[derive(Debug)]
pub(super) struct Technician {
    client: Client,
    clock: Clock,
    /// The newest look into each store's book.
    stores: Mutex<HashMap<&'static str, Look>>,
}

impl Technician {
    /// A technician who calls the service.
    pub(super) fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, stores: Mutex::new(HashMap::new()) }
    }

    /// Brings a ward's shelf up to its maximum from the store; answers how many units were moved and booked.
    pub(super) fn refill(&self, point: &Shelf) -> i64 {
        let units = (point.max - point.units).min(self.available(point));
        if units <= 0 {
            return 0;
        }
        let body = json!({"kind": "transfer", "place": point.store, "to_place": point.place, "item": point.item, "quantity": units,
            "at": self.clock.now().to_text()});
        if !self.book(&body) {
            return 0;
        }
        self.remember(point, units);
        units
    }

    /// Books by hand what was taken from a ward's point.
    pub(super) fn issue(&self, point: &Shelf, units: i64) -> bool {
        self.book(&json!({"kind": "issue", "place": point.place, "item": point.item, "quantity": units}))
    }

    /// Hands units out over the pharmacy's desk, as many as there are; what was asked for is booked with it.
    pub(super) fn hand_out(&self, point: &Shelf, units: i64) {
        let there = self.available(point);
        if there > 0 {
            let body = json!({"kind": "issue", "place": point.store, "item": point.item, "quantity": units.min(there), "requested": units});
            if self.book(&body) {
                self.remember(point, units.min(there));
            }
        }
    }

    /// Keeps the picture of a store's book current between two looks.
    fn remember(&self, point: &Shelf, gone: i64) {
        if let Ok(mut stores) = self.stores.lock()
            && let Some(units) = stores.get_mut(point.store).and_then(|(_, book)| book.get_mut(&point.item))
        {
            *units -= gone;
        }
    }

    /// What the store has of an item.
    fn available(&self, point: &Shelf) -> i64 {
        let there = self.client.get(&format!("/api/v1/stock/{}/{}", point.store, point.item)).ok();
        there.and_then(|answer| answer.body.get("available").and_then(Value::as_i64)).unwrap_or(0)
    }

    fn book(&self, body: &Value) -> bool {
        match self.client.post("/api/v1/movements", body.to_string().as_bytes()) {
            Ok(answer) => {
                if !answer.is_good() {
                    tracing::debug!(status = answer.status, body = %answer.body, "a movement was refused");
                }
                answer.is_good()
            }
            Err(_) => false,
        }
    }

    /// What lies on a store's shelf: in the store everything is booked by hand at once.
    pub(super) fn book_of(&self, point: &Shelf) -> Option<i64> {
        let mut stores = self.stores.lock().ok()?;
        let is_fresh = stores.get(point.store).is_some_and(|(at, _)| at.elapsed() < LOOK_AGAIN);
        if !is_fresh {
            let book = self.look(point.store);
            stores.insert(point.store, (Instant::now(), book));
        }
        stores.get(point.store)?.1.get(&point.item).copied()
    }

    fn look(&self, store: &str) -> HashMap<String, i64> {
        let mut book = HashMap::new();
        let mut path = format!("/api/v1/stock?place={store}&limit=500");
        while let Ok(answer) = self.client.get(&path) {
            let rows = answer.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            for row in rows {
                if let (Some(item), Some(units)) = (row.get("item").and_then(Value::as_str), row.get("on_hand").and_then(Value::as_i64)) {
                    book.insert(item.to_owned(), units);
                }
            }
            let Some(next) = answer.body.get("next").and_then(Value::as_str) else { break };
            path = format!("/api/v1/stock?place={store}&limit=500&cursor={next}");
        }
        book
    }
}
