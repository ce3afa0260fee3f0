//! The flow program of linked items: stock of every item by last period of use, moves by lot, substitutions.
//!
//! A plan may choose its lots here, while the contract moves and uses what expires first, and unless packs are whole a
//! substitute's own demand need not come first: so every plan under the contract keeps these rows.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or way of the same model")]

use std::collections::BTreeMap;

use super::super::formulate::Form;
use super::super::model::ItemModel;
use super::super::program::{Column, Program};
use super::flows::Wished;
use super::{Component, Links};
use crate::convert::{count_to_f64, floor_to_count};

/// Columns of the flows.
#[derive(Default)]
pub(crate) struct FlowColumns {
    /// `moves[lane][period]`: last period of use and units.
    moves: Vec<Vec<Vec<(usize, Column)>>>,
    /// `given[stand-in][period]`, units of the item.
    given: Vec<Vec<Option<Column>>>,
}

impl FlowColumns {
    pub(crate) fn new(links: &Links, periods: usize) -> Self {
        Self { moves: vec![vec![Vec::new(); periods]; links.lanes.len()], given: vec![vec![None; periods]; links.stand_ins.len()] }
    }

    /// The flows of a solved program.
    pub(crate) fn wished(&self, value: impl Fn(Column) -> f64) -> Wished {
        let lots = |columns: &Vec<(usize, Column)>| columns.iter().map(|&(last, c)| (last, value(c))).filter(|lot| lot.1 > 1e-9).collect();
        Wished {
            moves: self.moves.iter().map(|periods| periods.iter().map(lots).collect()).collect(),
            given: self.given.iter().map(|periods| periods.iter().map(|c| c.map_or(0.0, &value)).collect()).collect(),
        }
    }
}

/// Terms of a sum.
type Terms = Vec<(f64, Column)>;
/// By last period of use: known units and terms, in units of the item's scale.
type Supply = BTreeMap<usize, (f64, Terms)>;

/// What one item has and gives away in a period.
#[derive(Default)]
struct Here {
    /// There before anything is moved in the period.
    supply: Supply,
    /// Moved here and away within the period, by last period of use.
    arrives: Supply,
    leaves: Supply,
    /// Demand met by others, and units given for others.
    demand: Terms,
    /// Whole units of others that it stands in for, and the most of each.
    stands_in: Vec<(Column, f64)>,
}

impl Form<'_> {
    /// Balance, expiry and flows of all items of a component.
    pub(crate) fn add_component(&mut self, component: &Component) {
        let most = if self.wanted.whole { self.most_moved(component) } else { f64::INFINITY };
        let place: BTreeMap<usize, usize> = component.items.iter().enumerate().map(|(n, &i)| (i, n)).collect();
        // By item: stock by last period of use.
        let mut stocks: Vec<BTreeMap<usize, Column>> = vec![BTreeMap::new(); component.items.len()];
        for t in 0..self.model.periods {
            let mut here: Vec<Here> =
                component.items.iter().zip(&stocks).map(|(&i, stock)| self.supply(component, (i, t), stock)).collect();
            self.add_moves((component, most), t, &place, &mut here);
            self.add_given(component, t, &place, &mut here);
            for (n, &i) in component.items.iter().enumerate() {
                let unmet;
                (stocks[n], unmet) = self.add_linked_period((i, t), &here[n]);
                if most.is_finite() && self.gives(component, i) {
                    self.add_nothing_kept_back((i, t), unmet, &stocks[n], most);
                }
            }
        }
    }

    /// More units than any move holds: all that is there and all that is sensibly ordered. `HiGHS` has called wrong answers
    /// optimal where whole numbers had no limit.
    fn most_moved(&self, component: &Component) -> f64 {
        let model = self.model;
        let known = component.items.iter().flat_map(|&i| model.items[i].receipts.iter().flatten()).map(|receipt| receipt.units);
        let lines = component.items.iter().flat_map(|&i| &model.items[i].offers).flat_map(|&k| (0..model.periods).map(move |t| (k, t)));
        let open = lines.filter(|&(k, t)| model.offers[k].open[t]);
        let ordered = open.map(|(k, t)| model.offers[k].units * self.model.most_useful(k, t, self.extra(model.offers[k].item)));
        (known.sum::<f64>() + ordered.sum::<f64>()).ceil()
    }

    fn supply(&self, component: &Component, (i, t): (usize, usize), before: &BTreeMap<usize, Column>) -> Here {
        let item = &self.model.items[i];
        let mut here = Here::default();
        for (&last, &column) in before {
            here.supply.entry(last).or_default().1.push((1.0, column));
        }
        for receipt in item.receipts[t].iter().filter(|receipt| receipt.units > 0.0) {
            here.supply.entry(receipt.last).or_default().0 += receipt.units / item.scale;
        }
        let fresh = self.arriving(item, t);
        if !fresh.is_empty() {
            here.supply.entry(item.last_use(t)).or_default().1.extend(fresh);
        }
        for &l in &component.lanes {
            let lane = &self.model.links.lanes[l];
            if lane.to == i
                && lane.lead > 0
                && let Some(left) = t.checked_sub(lane.lead)
            {
                for &(last, column) in &self.flows.moves[l][left] {
                    here.supply.entry(last).or_default().1.push((1.0 / item.scale, column));
                }
            }
        }
        here
    }

    fn add_moves(&mut self, (component, most): (&Component, f64), t: usize, place: &BTreeMap<usize, usize>, here: &mut [Here]) {
        let model = self.model;
        for &l in &component.lanes {
            let lane = model.links.lanes[l];
            let arrives = t + lane.lead;
            if arrives >= model.periods {
                continue;
            }
            let (from, to) = (place[&lane.from], place[&lane.to]);
            let lasts: Vec<usize> = here[from].supply.keys().copied().filter(|&last| last >= arrives).collect();
            let mut lots = Vec::with_capacity(lasts.len());
            for last in lasts {
                let column = self.program.column(lane.cost, f64::INFINITY);
                here[from].leaves.entry(last).or_default().1.push((1.0 / model.items[lane.from].scale, column));
                if lane.lead == 0 {
                    here[to].arrives.entry(last).or_default().1.push((1.0 / model.items[lane.to].scale, column));
                }
                lots.push((last, column));
            }
            if self.wanted.whole && !lots.is_empty() {
                let mut whole: Terms = lots.iter().map(|&(_, column)| (1.0, column)).collect();
                whole.push((-1.0, self.program.whole_column(0.0, most)));
                self.program.equal(&whole, 0.0);
            }
            self.flows.moves[l][t] = lots;
        }
    }

    fn add_given(&mut self, component: &Component, t: usize, place: &BTreeMap<usize, usize>, here: &mut [Here]) {
        let model = self.model;
        for &s in &component.stand_ins {
            let pair = model.links.stand_ins[s];
            let demand = model.items[pair.item].demand[t];
            let column = if self.wanted.whole {
                let most = count_to_f64(floor_to_count(demand + 1e-9));
                let column = self.program.whole_column(pair.cost, most);
                here[place[&pair.substitute]].stands_in.push((column, most));
                column
            } else {
                self.program.column(pair.cost, demand)
            };
            here[place[&pair.item]].demand.push((1.0 / model.items[pair.item].scale, column));
            here[place[&pair.substitute]].demand.push((-pair.ratio / model.items[pair.substitute].scale, column));
            self.flows.given[s][t] = Some(column);
        }
    }

    /// A substitute that lacks for its own demand stands in for nothing.
    fn add_own_demand_first(&mut self, (i, t): (usize, usize), unmet: Column, stands_in: &[(Column, f64)]) {
        let most: f64 = stands_in.iter().map(|given| given.1).sum();
        if most <= 0.0 {
            return;
        }
        let item = &self.model.items[i];
        let own = item.demand[t] / item.scale;
        let stands = self.program.whole_column(0.0, 1.0);
        let mut given: Terms = stands_in.iter().map(|given| (1.0, given.0)).collect();
        given.push((-most, stands));
        self.program.at_most(&given, 0.0);
        self.program.at_most(&[(1.0, unmet), (own, stands)], own);
    }

    /// Whether what one item keeps may later serve another.
    fn gives(&self, component: &Component, i: usize) -> bool {
        let links = &self.model.links;
        component.lanes.iter().any(|&l| links.lanes[l].from == i) || component.stand_ins.iter().any(|&s| links.stand_ins[s].substitute == i)
    }

    /// Stock that is there serves the demand of its period: where demand is unmet, nothing is left.
    fn add_nothing_kept_back(&mut self, (i, t): (usize, usize), unmet: Column, stock: &BTreeMap<usize, Column>, most: f64) {
        let item = &self.model.items[i];
        let (own, most) = (item.demand[t] / item.scale, most / item.scale);
        let short = self.program.whole_column(0.0, 1.0);
        self.program.at_most(&[(1.0, unmet), (-own, short)], 0.0);
        let mut stock: Terms = stock.values().map(|&lot| (1.0, lot)).collect();
        stock.push((most, short));
        self.program.at_most(&stock, most);
    }

    /// Rows of one item in one period; returns its stock by last period of use, and what is unmet.
    fn add_linked_period(&mut self, (i, t): (usize, usize), here: &Here) -> (BTreeMap<usize, Column>, Column) {
        let model = self.model;
        let item = &model.items[i];
        let pieces = self.stock_pieces(i, t);
        let unmet = self.program.column(item.shortage * item.scale, item.demand[t] / item.scale);
        self.add_own_demand_first((i, t), unmet, &here.stands_in);
        let replaced: Terms = here.demand.iter().copied().filter(|term| term.0 > 0.0).collect();
        if !replaced.is_empty() {
            let mut most = replaced;
            most.push((1.0, unmet));
            self.program.at_most(&most, item.demand[t] / item.scale);
        }
        let mut balance: Terms = vec![(1.0, unmet)];
        balance.extend_from_slice(&here.demand);
        balance.extend(pieces.iter().map(|&piece| (-1.0, piece)));
        let mut total: Terms = pieces.iter().map(|&piece| (1.0, piece)).collect();
        let mut known = 0.0;
        let mut lasts: Vec<usize> = here.supply.keys().chain(here.arrives.keys()).copied().filter(|&last| last >= t).collect();
        lasts.sort_unstable();
        lasts.dedup();
        let mut after = BTreeMap::new();
        for last in lasts {
            let column = add_lot(&mut self.program, item, here, (last, t), &mut balance);
            known += here.supply.get(&last).map_or(0.0, |s| s.0);
            if last > t {
                total.push((-1.0, column));
                after.insert(last, column);
            } else {
                balance.push((-1.0, column));
            }
        }
        self.program.equal(&total, 0.0);
        self.program.equal(&balance, item.demand[t] / item.scale - known);
        self.stock[i].push(pieces);
        (after, unmet)
    }
}

/// What is left of one lot at the end of `t`, at most what was there and came less what left.
fn add_lot(program: &mut Program, item: &ItemModel, here: &Here, (last, t): (usize, usize), balance: &mut Terms) -> Column {
    let of = |supply: &Supply| supply.get(&last).map_or(&[][..], |s| s.1.as_slice()).to_vec();
    let (there, arrives, leaves) = (of(&here.supply), of(&here.arrives), of(&here.leaves));
    let known = here.supply.get(&last).map_or(0.0, |s| s.0);
    let negative = |terms: &Terms| terms.iter().map(|&(factor, column)| (-factor, column)).collect::<Terms>();
    let cost = if last == t { item.disposal * item.scale } else { 0.0 };
    let column = program.column(cost, f64::INFINITY);
    let mut row: Terms = vec![(1.0, column)];
    row.extend(negative(&there));
    row.extend(negative(&arrives));
    row.extend_from_slice(&leaves);
    program.at_most(&row, known);
    if !arrives.is_empty() && !leaves.is_empty() {
        // What arrives in the period can't be moved on in it.
        let mut row = leaves.clone();
        row.extend(negative(&there));
        program.at_most(&row, known);
    }
    balance.extend(there);
    balance.extend(arrives);
    balance.extend(negative(&leaves));
    column
}
