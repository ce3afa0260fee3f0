//! First expired, first out: which lots a quantity is taken from. Pure.

use crate::base::time::Day;

/// A lot with what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLot {
    /// Its id.
    pub id: i64,
    /// Its code, to break ties.
    pub code: String,
    /// None: does not expire.
    pub expiry: Option<Day>,
    /// On hold: not to be used.
    pub held: bool,
    /// Base units left.
    pub quantity: i64,
}

/// Which lots may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Only lots that may be used: neither expired nor held. What people hand out.
    Usable,
    /// Usable lots first, then the others: what a sensor has seen going is gone whatever the label says,
    /// and expired stock can always be written off.
    Anything,
}

/// Why not enough was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Base units that could be taken.
    pub usable: i64,
    /// Base units in expired lots.
    pub expired: i64,
    /// Base units in held lots.
    pub held: i64,
}

/// Takes `quantity` from `lots`: earliest expiry first, lots that don't expire last, ties by code.
/// A lot is usable through its expiry day.
///
/// # Errors
/// [`Short`] says how much there is and why the rest may not be used.
pub fn allocate(lots: &[OpenLot], quantity: i64, today: Day, choice: Choice) -> Result<Vec<(i64, i64)>, Short> {
    let is_expired = |lot: &OpenLot| lot.expiry.is_some_and(|expiry| expiry < today);
    let mut order: Vec<&OpenLot> = lots.iter().filter(|lot| lot.quantity > 0).collect();
    order.sort_by_key(|lot| (lot.held || is_expired(lot), lot.expiry.map_or(i64::MAX, |day| day.0), lot.code.as_str(), lot.id));
    let mut open = quantity;
    let mut taken = Vec::new();
    for lot in &order {
        if open == 0 || (choice == Choice::Usable && (lot.held || is_expired(lot))) {
            break;
        }
        let part = lot.quantity.min(open);
        taken.push((lot.id, part));
        open -= part;
    }
    if open == 0 {
        return Ok(taken);
    }
    let sum = |keep: &dyn Fn(&OpenLot) -> bool| order.iter().filter(|lot| keep(lot)).map(|lot| lot.quantity).sum();
    Err(Short {
        usable: sum(&|lot| !lot.held && !is_expired(lot)),
        expired: sum(&|lot| is_expired(lot)),
        held: sum(&|lot| lot.held && !is_expired(lot)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lots() -> Vec<OpenLot> {
        let lot = |id, expiry: Option<i64>, held, quantity| OpenLot { id, code: format!("L{id}"), expiry: expiry.map(Day), held, quantity };
        vec![
            lot(1, None, false, 50),
            lot(2, Some(120), false, 10),
            lot(3, Some(110), false, 5),
            lot(4, Some(90), false, 7),
            lot(5, Some(130), true, 9),
        ]
    }

    #[track_caller]
    fn check(quantity: i64, choice: Choice, want: &Result<Vec<(i64, i64)>, Short>) {
        assert_eq!(&allocate(&lots(), quantity, Day(100), choice), want);
    }

    #[test]
    fn earliest_usable_lot_first() {
        check(5, Choice::Usable, &Ok(vec![(3, 5)]));
        check(17, Choice::Usable, &Ok(vec![(3, 5), (2, 10), (1, 2)]));
        check(66, Choice::Usable, &Err(Short { usable: 65, expired: 7, held: 9 }));
        check(70, Choice::Anything, &Ok(vec![(3, 5), (2, 10), (1, 50), (4, 5)]));
        check(82, Choice::Anything, &Err(Short { usable: 65, expired: 7, held: 9 }));
        check(0, Choice::Usable, &Ok(vec![]));
    }

    #[test]
    fn a_lot_is_usable_through_its_last_day() {
        let lots = [OpenLot { id: 1, code: "A".into(), expiry: Some(Day(100)), held: false, quantity: 3 }];
        assert!(allocate(&lots, 3, Day(100), Choice::Usable).is_ok());
        assert!(allocate(&lots, 3, Day(101), Choice::Usable).is_err());
    }
}
