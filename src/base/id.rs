//! Ids: 64 bits, time-ordered (41 bits of milliseconds, 10 of node, 12 of counter), made by the service.

use std::sync::atomic::{AtomicI64, Ordering};

use super::time::Micros;

/// Node numbers there are.
pub const NODES: u16 = 1_024;

/// Makes ids that grow with time and never repeat on one node.
#[derive(Debug)]
pub struct IdMaker {
    node: AtomicI64,
    last: AtomicI64,
}

impl IdMaker {
    /// A maker for the node number `node` (0..1023).
    pub fn new(node: u16) -> Self {
        Self { node: AtomicI64::new(i64::from(node & 0x3ff)), last: AtomicI64::new(0) }
    }

    /// The node number that ids carry.
    pub fn node(&self) -> u16 {
        u16::try_from(self.node.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The node number that ids carry from now on.
    pub fn set_node(&self, node: u16) {
        self.node.store(i64::from(node & 0x3ff), Ordering::Relaxed);
    }

    /// The next id: larger than every id made before on this node.
    ///
    /// When more than 4,096 are asked for in one millisecond, or the clock goes back, it borrows from
    /// the milliseconds ahead: order and uniqueness matter more than the exact time inside an id.
    pub fn next(&self, now: Micros) -> i64 {
        let floor = (now.0.max(0) / 1_000) << 12;
        let mut seen = self.last.load(Ordering::Relaxed);
        loop {
            let next = floor.max(seen + 1);
            match self.last.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return ((next >> 12) << 22) | (self.node.load(Ordering::Relaxed) << 12) | (next & 0xfff),
                Err(other) => seen = other,
            }
        }
    }
}

/// The smallest id that a write of this moment can have made.
pub fn floor(now: Micros) -> i64 {
    (now.0.max(0) / 1_000) << 22
}

/// An id on the wire: an opaque string.
pub fn to_wire(id: i64) -> String {
    id.to_string()
}

/// Serialises an `i64` id as the opaque string of the wire; use with `#[serde(serialize_with)]`.
///
/// # Errors
/// Only those of the serializer.
pub fn as_string<S: serde::Serializer>(id: &i64, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_does_not() {
        let maker = IdMaker::new(5);
        let now = Micros(1_795_000_000_000_000);
        let made: Vec<i64> = (0..10_000).map(|_| maker.next(now)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(maker.next(Micros(0)) > made[9_999]);
        assert!(made.iter().all(|id| (id >> 12) & 0x3ff == 5 && *id > floor(now)));
    }
}
