//! One article's lots and open orders, walked day by day in whole units.

use super::SimulateError;

/// Units that came together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lot {
    /// Base units, above 0.
    pub units: i64,
    /// First day it can't be used any more. `None`: does not expire.
    pub expires_day: Option<usize>,
}

/// An order on its way, as the book shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOrder {
    /// Day of the order; it is placed when the day is over.
    pub ordered_day: usize,
    /// Day it should arrive by the supplier's word.
    pub promised_day: usize,
    /// Base units.
    pub units: i64,
}

/// Lots, open orders, and when these will really arrive (which no policy sees).
#[derive(Debug, Clone, Default)]
pub(crate) struct Shelf {
    /// First to expire first.
    pub(crate) lots: Vec<Lot>,
    pub(crate) open: Vec<OpenOrder>,
    /// Day of arrival, one per open order.
    arrivals: Vec<usize>,
}

impl Shelf {
    /// Puts units on the shelf behind those that expire earlier or on the same day.
    pub(crate) fn put(&mut self, units: i64, expires_day: Option<usize>) {
        if units > 0 {
            let late = |day: Option<usize>| day.unwrap_or(usize::MAX);
            let at = self.lots.partition_point(|lot| late(lot.expires_day) <= late(expires_day));
            self.lots.insert(at, Lot { units, expires_day });
        }
    }

    /// Takes an order on that will arrive on `arrives`.
    pub(crate) fn order(&mut self, order: OpenOrder, arrives: usize) {
        self.open.push(order);
        self.arrivals.push(arrives);
    }

    /// Books what arrives on `day`; returns those orders.
    pub(crate) fn receive(&mut self, day: usize, shelf_life_days: Option<usize>) -> Vec<OpenOrder> {
        if !self.arrivals.contains(&day) {
            return Vec::new();
        }
        let all: Vec<(OpenOrder, usize)> = self.open.drain(..).zip(self.arrivals.drain(..)).collect();
        let (here, coming): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, arrives)| *arrives == day);
        (self.open, self.arrivals) = coming.into_iter().unzip();
        for (order, _) in &here {
            self.put(order.units, shelf_life_days.map(|life| day + life));
        }
        here.into_iter().map(|(order, _)| order).collect()
    }

    /// Takes away what can't be used on `day`; returns its units.
    pub(crate) fn expire(&mut self, day: usize) -> i64 {
        let gone = self.lots.partition_point(|lot| lot.expires_day.is_some_and(|last| last <= day));
        self.lots.drain(..gone).map(|lot| lot.units).sum()
    }

    /// Hands out up to `wanted` units, first expired first out; returns those handed out.
    pub(crate) fn issue(&mut self, wanted: i64) -> i64 {
        let mut left = wanted;
        for lot in &mut self.lots {
            let taken = lot.units.min(left);
            lot.units -= taken;
            left -= taken;
        }
        self.lots.retain(|lot| lot.units > 0);
        wanted - left
    }

    /// Units on the shelf.
    ///
    /// # Errors
    /// [`SimulateError::TooLarge`] beyond 64 bits.
    pub(crate) fn on_hand(&self) -> Result<i64, SimulateError> {
        self.lots.iter().try_fold(0_i64, |sum, lot| sum.checked_add(lot.units)).ok_or(SimulateError::TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_expired_goes_first_and_late_orders_stay_open() {
        let mut shelf = Shelf::default();
        shelf.put(5, Some(30));
        shelf.put(4, None);
        let order = |units| OpenOrder { ordered_day: 1, promised_day: 3, units };
        shelf.order(order(6), 9);
        shelf.order(order(2), 4);
        assert_eq!(shelf.receive(4, Some(10)), [order(2)]);
        assert_eq!(shelf.open, [order(6)]);
        assert_eq!(shelf.lots.iter().map(|lot| lot.units).collect::<Vec<_>>(), [2, 5, 4]);
        assert_eq!(shelf.issue(3), 3);
        assert_eq!((shelf.expire(30), shelf.on_hand()), (4, Ok(4)));
        assert_eq!(shelf.issue(9), 4);
    }
}
