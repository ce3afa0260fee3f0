//! The contract as one whole-number program: an own formulation that shares nothing with the planner.
//!
//! Units are tracked by the last period in which they can be used. The program may issue in any order; first expired
//! first out is then among the cheapest as long as disposal costs at least as much as holding to the end and no storage
//! limit makes it worth while to let stock expire (`little` makes only such instances), so its optimum is that of the contract.

use std::collections::BTreeMap;

use good_lp::solvers::SolutionStatus;
use good_lp::solvers::highs::highs;
use good_lp::{Constraint, Expression, ProblemVariables, Solution, SolverModel, Variable, constraint, variable};
use wardstock_models::plan::{Instance, Item, StorageClass, Supplier};

/// Cost of the best plan there is, money; `None` when it isn't found and proven within the time.
pub(crate) fn optimum(question: &Instance, seconds: f64) -> Option<f64> {
    let mut program = Program {
        question,
        periods: question.periods as usize,
        columns: ProblemVariables::new(),
        cost: Expression::from(0.0),
        rows: Vec::new(),
    };
    let packs = program.orders();
    let flows = program.flows(&packs);
    let mut litres: BTreeMap<StorageClass, Vec<Expression>> = BTreeMap::new();
    for item in &question.items {
        let stock = program.item(item, &packs, &flows);
        let sums = litres.entry(item.storage_class).or_insert_with(|| vec![Expression::from(0.0); question.periods as usize]);
        for (sum, stock) in sums.iter_mut().zip(stock) {
            *sum += stock * (item.volume_ml / 1000.0);
        }
    }
    for limit in &question.storage {
        let before = without_orders(question, limit.class);
        for (t, given) in limit.litres.iter().enumerate() {
            if let (Some(given), Some(used)) = (given, litres.get(&limit.class)) {
                program.rows.push(constraint!(used[t].clone() <= given.max(before[t])));
            }
        }
    }
    let cost = program.cost.clone();
    let problem = program.columns.minimise(program.cost).using(highs).set_option("output_flag", false);
    let problem = problem.set_time_limit(seconds).set_threads(1).set_mip_rel_gap(0.0).unwrap();
    let mut problem = problem.set_mip_abs_gap(1e-7).unwrap();
    for row in program.rows {
        problem.add_constraint(row);
    }
    let solved = problem.solve().ok()?;
    // Within the gap of 1e-7 asked for counts as the optimum.
    (!matches!(solved.status(), SolutionStatus::TimeLimit)).then(|| solved.eval(&cost))
}

struct Program<'a> {
    question: &'a Instance,
    periods: usize,
    columns: ProblemVariables,
    cost: Expression,
    rows: Vec<Constraint>,
}

/// Units of a way by `(way, period, last period of use)`; by `(pair, period)` units replaced, and whether there are any.
#[derive(Default)]
struct Flows {
    moves: BTreeMap<(usize, usize, usize), Variable>,
    given: BTreeMap<(usize, usize), (Variable, Variable)>,
}

/// Packs by `(offer, period of order)`.
type Packs = BTreeMap<(usize, usize), Variable>;

impl Program<'_> {
    /// Packs with their minima, order and line costs, minimum orders and budget.
    fn orders(&mut self) -> Packs {
        let mut packs = Packs::new();
        let mut spent = vec![Expression::from(0.0); self.periods];
        for supplier in &self.question.suppliers {
            for (t, spent) in spent.iter_mut().enumerate() {
                let listed = supplier.order_periods.as_ref();
                if listed.is_none_or(|listed| listed.iter().any(|&p| p as usize == t)) {
                    *spent += self.order(supplier, t, &mut packs);
                }
            }
        }
        for (t, money) in spent.into_iter().enumerate() {
            if let Some(limit) = self.question.budget.as_ref().and_then(|budget| budget[t]) {
                self.rows.push(constraint!(money <= limit));
            }
        }
        packs
    }

    /// Later demand, with links that of all items, in the dearest ratio.
    fn useful(&self, item: &Item, arrives: usize) -> f64 {
        let of = |item: &Item| item.demand[arrives..].iter().map(|demand| demand.mean).sum::<f64>();
        if self.question.transfers.is_empty() && self.question.substitutes.is_empty() {
            return of(item);
        }
        let ratio = self.question.substitutes.iter().map(|pair| pair.ratio).fold(1.0, f64::max);
        ratio * self.question.items.iter().map(of).sum::<f64>()
    }

    /// Packs of a line: no more than all later demand, its minimum, or what fills the minimum order.
    fn most_packs(&self, k: usize, arrives: usize) -> f64 {
        let offer = &self.question.offers[k];
        let item = self.question.items.iter().find(|item| item.id == offer.item).unwrap();
        let minimum = self.question.suppliers.iter().find(|supplier| supplier.id == offer.supplier).unwrap().min_order;
        let most = (self.useful(item, arrives) / offer.units_per_pack as f64).ceil().max(offer.moq_packs as f64);
        most.max((minimum / offer.price).ceil()).min(offer.max_packs.map_or(f64::INFINITY, |most| most as f64))
    }

    /// The order of one supplier in one period; returns its value.
    fn order(&mut self, supplier: &Supplier, t: usize, packs: &mut Packs) -> Expression {
        let placed = self.columns.add(variable().binary());
        let mut value = Expression::from(0.0);
        for (k, offer) in self.question.offers.iter().enumerate().filter(|(_, offer)| offer.supplier == supplier.id) {
            let arrives = t + offer.lead_periods as usize;
            if arrives >= self.periods {
                continue;
            }
            let most = self.most_packs(k, arrives);
            let line = self.columns.add(variable().binary());
            let ordered = self.columns.add(variable().integer().min(0.0).max(most));
            self.rows.push(constraint!(ordered <= most * line));
            self.rows.push(constraint!(ordered >= offer.moq_packs as f64 * line));
            self.rows.push(constraint!(line <= placed));
            self.cost += offer.price * ordered + supplier.line_cost * line;
            value += offer.price * ordered;
            packs.insert((k, t), ordered);
        }
        self.cost += supplier.order_cost * placed;
        self.rows.push(constraint!(value.clone() >= supplier.min_order * placed));
        value
    }

    /// More units than any plan that is worth it has at once: all known stock, and all that is wanted anywhere in the
    /// dearest ratio.
    fn most_there(&self) -> f64 {
        let known = |item: &Item| {
            let units = item.on_hand.iter().map(|lot| lot.units).chain(item.on_order.iter().map(|order| order.units));
            units.sum::<i64>() as f64
        };
        let wanted = self.question.items.iter().map(|item| self.useful(item, 0)).fold(0.0, f64::max);
        (wanted + self.question.items.iter().map(known).sum::<f64>()).ceil()
    }

    /// Moves of every way by lot in whole units, and whole units replaced; a substitute that lacks for its own demand
    /// gives nothing.
    fn flows(&mut self, packs: &Packs) -> Flows {
        let question = self.question;
        let mut flows = Flows::default();
        if question.transfers.is_empty() && question.substitutes.is_empty() {
            return flows;
        }
        let mut lasts: Vec<usize> = question.items.iter().flat_map(|item| self.receipts(item, packs).into_keys()).collect();
        lasts.sort_unstable();
        lasts.dedup();
        // `HiGHS` has called a wrong answer optimal where these whole numbers had no limit.
        let most = self.most_there();
        for (l, way) in question.transfers.iter().enumerate() {
            let lead = way.lead_periods as usize;
            for t in 0..self.periods.saturating_sub(lead) {
                // More than all that is there and all that is wanted anywhere is moved by no plan that is worth it.
                let whole = self.columns.add(variable().integer().min(0.0).max(most));
                let mut sum = Expression::from(0.0);
                for &last in lasts.iter().filter(|&&last| last >= t + lead) {
                    let lot = self.columns.add(variable().min(0.0));
                    sum += lot;
                    flows.moves.insert((l, t, last), lot);
                }
                self.rows.push(constraint!(sum == whole));
                self.cost += way.cost * whole;
            }
        }
        for (s, pair) in question.substitutes.iter().enumerate() {
            let item = question.items.iter().find(|item| item.id == pair.item).unwrap();
            for t in 0..self.periods {
                let most = (item.demand[t].mean + 1e-9).floor();
                let given = self.columns.add(variable().integer().min(0.0).max(most));
                let stands_in = self.columns.add(variable().binary());
                self.rows.push(constraint!(given <= most * stands_in));
                self.cost += pair.cost * given;
                flows.given.insert((s, t), (given, stands_in));
            }
        }
        flows
    }

    /// Units of one lot that reach and leave an item in `t`; of the first, those that left in the same period.
    fn moved(&self, item: &Item, (t, last): (usize, usize), flows: &Flows) -> [Expression; 3] {
        let mut sums = [0.0, 0.0, 0.0].map(Expression::from);
        for (l, way) in self.question.transfers.iter().enumerate() {
            let lead = way.lead_periods as usize;
            let left = t.checked_sub(lead).and_then(|left| flows.moves.get(&(l, left, last)));
            if let (Some(&lot), true) = (left, way.to == item.id) {
                sums[0] += lot;
                if lead == 0 {
                    sums[1] += lot;
                }
            }
            if let (Some(&lot), true) = (flows.moves.get(&(l, t, last)), way.from == item.id) {
                sums[2] += lot;
            }
        }
        sums
    }

    /// Stock, issue, expiry and shortage of one item; returns its stock at the end of each period.
    fn item(&mut self, item: &Item, packs: &Packs, flows: &Flows) -> Vec<Expression> {
        let mut stock = vec![Expression::from(0.0); self.periods];
        let mut issued = vec![Expression::from(0.0); self.periods];
        let mut lots = self.receipts(item, packs);
        for &(_, _, last) in flows.moves.keys() {
            lots.entry(last).or_insert_with(|| vec![Expression::from(0.0); self.periods]);
        }
        for (last, received) in lots {
            let end = last.min(self.periods - 1);
            let mut before = Expression::from(0.0);
            for t in 0..=end {
                let used = self.columns.add(variable().min(0.0));
                let after = self.columns.add(variable().min(0.0));
                let [comes, at_once, leaves] = self.moved(item, (t, last), flows);
                let there = before + received[t].clone() + comes - leaves;
                self.rows.push(constraint!(there.clone() - at_once >= 0.0));
                self.rows.push(constraint!(there - used == after));
                issued[t] += used;
                if t == last {
                    self.cost += item.disposal_cost * after;
                } else {
                    self.cost += item.holding_cost * after;
                    stock[t] += after;
                }
                before = Expression::from(after);
            }
        }
        let lends = self.question.transfers.iter().any(|way| way.from == item.id)
            || self.question.substitutes.iter().any(|pair| pair.substitute == item.id);
        for (t, issued) in issued.into_iter().enumerate() {
            let unmet = self.columns.add(variable().min(0.0));
            let mut wanted = Expression::from(item.demand[t].mean);
            for (s, pair) in self.question.substitutes.iter().enumerate() {
                let Some(&(given, stands_in)) = flows.given.get(&(s, t)) else { continue };
                if pair.item == item.id {
                    wanted -= given;
                }
                if pair.substitute == item.id {
                    wanted += pair.ratio * given;
                    self.rows.push(constraint!(unmet <= item.demand[t].mean * (1.0 - stands_in)));
                }
            }
            self.rows.push(constraint!(issued + unmet == wanted));
            self.cost += item.shortage_cost * unmet;
            if lends {
                // Stock serves the demand of its period; nothing is kept back for another item.
                let packs = |k: usize| packs.range((k, 0)..(k + 1, 0)).count() as f64 * self.most_packs(k, 0);
                let ordered = (0..self.question.offers.len()).map(|k| self.question.offers[k].units_per_pack as f64 * packs(k));
                let most = self.most_there() + ordered.sum::<f64>();
                let short = self.columns.add(variable().binary());
                self.rows.push(constraint!(unmet <= item.demand[t].mean * short));
                self.rows.push(constraint!(stock[t].clone() <= most * (1.0 - short)));
            }
        }
        stock
    }

    /// What arrives in each period, by last period of use.
    fn receipts(&self, item: &Item, packs: &Packs) -> BTreeMap<usize, Vec<Expression>> {
        let mut all: BTreeMap<usize, Vec<Expression>> = BTreeMap::new();
        let mut add = |last: Option<usize>, t: usize, units: Expression| {
            let never = usize::MAX;
            let row = all.entry(last.unwrap_or(never)).or_insert_with(|| vec![Expression::from(0.0); self.periods]);
            row[t] += units;
        };
        for lot in &item.on_hand {
            add(lot.expires_period.map(|p| p as usize), 0, Expression::from(lot.units as f64));
        }
        for order in item.on_order.iter().filter(|order| order.arrives_period < self.question.periods) {
            let (last, t) = (order.expires_period.map(|p| p as usize), order.arrives_period as usize);
            add(last, t, Expression::from(order.units as f64));
        }
        for (&(k, ordered), &packs) in packs {
            let offer = &self.question.offers[k];
            if offer.item == item.id {
                let arrives = ordered + offer.lead_periods as usize;
                let last = item.shelf_life_periods.map(|life| arrives + life as usize - 1);
                add(last, arrives, offer.units_per_pack as f64 * packs);
            }
        }
        all
    }
}

/// Litres of a class at the end of each period when nothing is ordered: first expired first out.
fn without_orders(question: &Instance, class: StorageClass) -> Vec<f64> {
    let mut litres = vec![0.0; question.periods as usize];
    for item in question.items.iter().filter(|item| item.storage_class == class) {
        let mut shelf: Vec<(u32, f64)> = Vec::new();
        for (t, demand) in (0..).zip(&item.demand) {
            let lots = item.on_hand.iter().filter(|_| t == 0).map(|lot| (lot.expires_period, lot.units));
            let orders = item.on_order.iter().filter(|o| o.arrives_period == t).map(|o| (o.expires_period, o.units));
            shelf.extend(lots.chain(orders).map(|(last, units)| (last.unwrap_or(u32::MAX), units as f64)));
            shelf.sort_by_key(|lot| lot.0);
            let mut wanted = demand.mean;
            for lot in &mut shelf {
                let taken = lot.1.min(wanted);
                lot.1 -= taken;
                wanted -= taken;
            }
            shelf.retain(|lot| lot.0 > t);
            litres[t as usize] += item.volume_ml / 1000.0 * shelf.iter().map(|lot| lot.1).sum::<f64>();
        }
    }
    litres
}
