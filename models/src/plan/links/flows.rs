//! What moves and what stands in: as the flow program wishes it, and in whole units.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per way and period of the same model")]

use super::super::model::Model;
use super::Links;
use crate::convert::{ceil_to_count, count_to_f64, floor_to_count, round_to_count};

/// Units by last period of use.
pub(crate) type Lots = Vec<(usize, f64)>;

/// Flows of a program, fractional.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wished {
    /// `moves[lane][period]`.
    pub(crate) moves: Vec<Vec<Lots>>,
    /// `given[stand-in][period]`, units of the item.
    pub(crate) given: Vec<Vec<f64>>,
}

impl Wished {
    pub(crate) fn none(links: &Links, periods: usize) -> Self {
        Self { moves: vec![vec![Vec::new(); periods]; links.lanes.len()], given: vec![vec![0.0; periods]; links.stand_ins.len()] }
    }
}

/// Flows in whole units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flows {
    /// `moves[lane][period]`, units that leave at the start of the period.
    pub(crate) moves: Vec<Vec<i64>>,
    /// The lots of `moves`.
    pub(crate) lots: Vec<Vec<Lots>>,
    /// `given[stand-in][period]`, units of the item.
    pub(crate) given: Vec<Vec<i64>>,
}

impl Flows {
    pub(crate) fn none(model: &Model<'_>) -> Self {
        let (links, periods) = (&model.links, model.periods);
        Self {
            moves: vec![vec![0; periods]; links.lanes.len()],
            lots: vec![vec![Vec::new(); periods]; links.lanes.len()],
            given: vec![vec![0; periods]; links.stand_ins.len()],
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.moves.iter().flatten().all(|&units| units == 0) && self.given.iter().flatten().all(|&units| units == 0)
    }

    /// Rounds what each way carries in all up, so that what it feeds isn't short of a part of a unit; of demand that is
    /// replaced the nearest whole number.
    pub(crate) fn rounded(model: &Model<'_>, wished: &Wished) -> Self {
        let mut made = Self::none(model);
        for (l, periods) in wished.moves.iter().enumerate() {
            let (mut wanted, mut placed) = (0.0, 0);
            for (t, lots) in periods.iter().enumerate() {
                let units: f64 = lots.iter().map(|lot| lot.1).sum();
                wanted += units;
                let moved = if units > 1e-6 { (ceil_to_count(wanted - 1e-6) - placed).max(0) } else { 0 };
                if moved > 0 {
                    placed += moved;
                    made.moves[l][t] = moved;
                    made.lots[l][t] = lots.iter().map(|&(last, part)| (last, part * count_to_f64(moved) / units)).collect();
                }
            }
        }
        for (s, periods) in wished.given.iter().enumerate() {
            let demand = &model.items[model.links.stand_ins[s].item].demand;
            for (t, &units) in periods.iter().enumerate() {
                made.given[s][t] = round_to_count(units).min(floor_to_count(demand[t] + 1e-9)).max(0);
            }
        }
        made
    }

    /// Takes the flows of one component from another plan.
    pub(crate) fn take(&mut self, component: &super::Component, other: &Self) {
        for &l in &component.lanes {
            self.moves[l].clone_from(&other.moves[l]);
            self.lots[l].clone_from(&other.lots[l]);
        }
        for &s in &component.stand_ins {
            self.given[s].clone_from(&other.given[s]);
        }
    }
}
