//! The linear relaxation (form D): fractional packs, relaxed order costs, compact FEFO rows.
//!
//! Columns at least 0: packs `x`, stock pieces `I`, unmet `u`, disposed `z`, share of an order
//! placed `y`. Rows: balance; stock that remains at the end of t is at most what arrived by t and
//! outlives t; what is disposed of at the end of t is at most what has its last use in t; budget;
//! storage; per-line links `x <= U y`; minimum order. Every whole-pack plan under the contract's
//! rules keeps these rows (where a later delivery expires first the FEFO row is a relaxation), so
//! the optimum without the steering term is a lower bound.
//!
//! The steering term costs no row: stock is cut into pieces of falling value.
#![expect(
    clippy::indexing_slicing,
    reason = "all arrays have one entry per period, offer, item or supplier of the same model"
)]

use good_lp::solvers::highs::{HighsProblem, highs};
use good_lp::{
    Constraint, Expression, ProblemVariables, Solution, SolverModel, Variable, variable,
};

use super::model::{ItemModel, Model};
use super::validate::PlanError;
use crate::convert::count_to_f64;

/// Above this many lines the link to order costs is one row per supplier and period.
const LINKS_MAX: usize = 6_000;

/// A limit raised for a "what would it take" solve.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Raise {
    Budget {
        period: usize,
        by: f64,
    },
    Storage {
        class: usize,
        period: usize,
        by: f64,
    },
}

/// How to build and solve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// With the price of low stock; without it the optimum is the published bound.
    pub(crate) steer: bool,
    pub(crate) raise: Option<Raise>,
    pub(crate) time_limit_s: f64,
    pub(crate) threads: u32,
}

/// A solved relaxation.
#[derive(Debug, Clone)]
pub(crate) struct Relaxed {
    /// Money.
    pub(crate) optimum: f64,
    /// `packs[offer][period]`, fractional.
    pub(crate) packs: Vec<Vec<f64>>,
    /// `[period]`, money avoided per money, at least 0.
    pub(crate) budget_price: Vec<f64>,
    /// `[class][period]`, money avoided per litre, at least 0.
    pub(crate) storage_price: Vec<Vec<f64>>,
    /// `[supplier][period]`, money avoided per money of minimum order less, at least 0.
    pub(crate) minimum_price: Vec<Vec<f64>>,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) nonzeros: usize,
}

/// Solves the relaxation. `None`: stopped by the time limit before an optimum was proven.
///
/// # Errors
/// [`PlanError::Solver`] when `HiGHS` refuses the program.
pub(crate) fn solve(model: &Model<'_>, wanted: Wanted) -> Result<Option<Relaxed>, PlanError> {
    let mut program = Program::new(model, wanted);
    program.add_orders();
    for i in 0..model.items.len() {
        program.add_item(i);
    }
    program.add_budget();
    program.add_storage();
    program.finish()
}

struct Program<'a> {
    model: &'a Model<'a>,
    wanted: Wanted,
    columns: ProblemVariables,
    costs: Vec<(Variable, f64)>,
    constant: f64,
    rows: Vec<Constraint>,
    nonzeros: usize,
    packs: Vec<Vec<Option<Variable>>>,
    /// `stock[item][period]`: the pieces of stock, in scaled units.
    stock: Vec<Vec<Vec<Variable>>>,
    budget_rows: Vec<Option<usize>>,
    storage_rows: Vec<Vec<Option<usize>>>,
    minimum_rows: Vec<Vec<Option<usize>>>,
}

impl<'a> Program<'a> {
    fn new(model: &'a Model<'a>, wanted: Wanted) -> Self {
        let periods = model.periods;
        Self {
            model,
            wanted,
            columns: ProblemVariables::new(),
            costs: Vec::new(),
            constant: 0.0,
            rows: Vec::new(),
            nonzeros: 0,
            packs: vec![vec![None; periods]; model.offers.len()],
            stock: Vec::with_capacity(model.items.len()),
            budget_rows: vec![None; periods],
            storage_rows: vec![vec![None; periods]; model.classes.len()],
            minimum_rows: vec![vec![None; periods]; model.suppliers.len()],
        }
    }

    fn column(&mut self, cost: f64, most: f64) -> Variable {
        let definition = variable().min(0.0);
        let made = self.columns.add(if most.is_finite() {
            definition.max(most)
        } else {
            definition
        });
        if cost != 0.0 {
            self.costs.push((made, cost));
        }
        made
    }

    /// Adds `sum of terms <= right` (or `==`) and returns the number of the row.
    fn row(&mut self, terms: &[(f64, Variable)], equal: bool, right: f64) -> usize {
        let mut left = Expression::with_capacity(terms.len());
        for &(factor, column) in terms {
            left.add_mul(factor, column);
        }
        self.nonzeros += terms.len();
        self.rows.push(if equal {
            left.eq(right)
        } else {
            left.leq(right)
        });
        self.rows.len() - 1
    }

    /// Target stock in units that may make a larger order useful.
    fn extra(&self, item: &ItemModel) -> f64 {
        if !self.wanted.steer {
            return 0.0;
        }
        item.risk
            .iter()
            .map(|pieces| pieces.iter().map(|p| p.width).sum::<f64>())
            .fold(0.0, f64::max)
    }

    /// Packs, order costs, links and minimum orders.
    fn add_orders(&mut self) {
        let model = self.model;
        for (k, offer) in model.offers.iter().enumerate() {
            for t in (0..model.periods).filter(|&t| offer.open[t]) {
                let most = if offer.most < i64::MAX / 4 {
                    count_to_f64(offer.most)
                } else {
                    f64::INFINITY
                };
                let made = self.column(offer.price, most);
                self.packs[k][t] = Some(made);
            }
        }
        let lines = self.packs.iter().flatten().flatten().count();
        for (s, supplier) in model.suppliers.iter().enumerate() {
            if supplier.fee <= 0.0 && supplier.minimum <= 0.0 {
                continue;
            }
            for t in 0..model.periods {
                let open: Vec<(usize, Variable)> = supplier
                    .offers
                    .iter()
                    .filter_map(|&k| self.packs[k][t].map(|x| (k, x)))
                    .collect();
                if !open.is_empty() {
                    self.add_supplier_period(s, t, &open, lines <= LINKS_MAX);
                }
            }
        }
    }

    fn add_supplier_period(&mut self, s: usize, t: usize, open: &[(usize, Variable)], each: bool) {
        let model = self.model;
        let supplier = &model.suppliers[s];
        let placed = self.column(supplier.fee, 1.0);
        let mut value = Vec::with_capacity(open.len() + 1);
        let mut most_value = 0.0;
        for &(k, x) in open {
            let offer = &model.offers[k];
            let most = model.most_useful(k, t, self.extra(&model.items[offer.item]));
            if each {
                self.row(&[(1.0 / most.max(1.0), x), (-1.0, placed)], false, 0.0);
            }
            most_value += most * offer.price;
            value.push((offer.price, x));
        }
        let most_value = most_value.min(model.budget[t]);
        if !each && most_value > 0.0 {
            let mut link = value.clone();
            link.push((-most_value, placed));
            self.row(&link, false, 0.0);
        }
        if supplier.minimum > 0.0 {
            let mut least: Vec<(f64, Variable)> = value.iter().map(|&(p, x)| (-p, x)).collect();
            least.push((supplier.minimum, placed));
            self.minimum_rows[s][t] = Some(self.row(&least, false, 0.0));
        }
    }

    /// Balance and expiry of one item, in units of `item.scale`.
    fn add_item(&mut self, i: usize) {
        let model = self.model;
        let item = &model.items[i];
        let scale = item.scale;
        let mut stock: Vec<Vec<Variable>> = Vec::with_capacity(model.periods);
        let mut expired = false;
        for t in 0..model.periods {
            let arriving = self.arriving(item, t);
            let pieces = self.stock_pieces(item, t);
            let unmet = self.column(item.shortage * scale, item.demand[t] / scale);
            let dying = self.dying(item, t);
            let mut balance = Vec::with_capacity(12);
            if t > 0 {
                balance.extend(stock[t - 1].iter().map(|&piece| (1.0, piece)));
            }
            balance.extend_from_slice(&arriving);
            balance.push((1.0, unmet));
            balance.extend(pieces.iter().map(|&piece| (-1.0, piece)));
            let received: f64 = item.receipts[t].iter().map(|r| r.units).sum();
            if dying.0 > 0.0 || !dying.1.is_empty() {
                expired = true;
                let (known, orders) = dying;
                let most = if orders.is_empty() {
                    known / scale
                } else {
                    f64::INFINITY
                };
                let gone = self.column(item.disposal * scale, most);
                balance.push((-1.0, gone));
                if !orders.is_empty() {
                    let mut cap = vec![(1.0, gone)];
                    cap.extend(orders.iter().map(|&(f, x)| (-f, x)));
                    self.row(&cap, false, known / scale);
                }
            }
            self.row(&balance, true, (item.demand[t] - received) / scale);
            if expired {
                self.add_fefo(item, t, &pieces);
            }
            stock.push(pieces);
        }
        self.stock.push(stock);
    }

    fn stock_pieces(&mut self, item: &ItemModel, t: usize) -> Vec<Variable> {
        let holding = item.holding * item.scale;
        let mut pieces = Vec::with_capacity(item.risk[t].len() + 1);
        if self.wanted.steer {
            for piece in &item.risk[t] {
                self.constant += piece.credit * piece.width;
                let cost = holding - piece.credit * item.scale;
                pieces.push(self.column(cost, piece.width / item.scale));
            }
        }
        pieces.push(self.column(holding, f64::INFINITY));
        pieces
    }

    /// Packs that arrive in `t`, with scaled units per pack.
    fn arriving(&self, item: &ItemModel, t: usize) -> Vec<(f64, Variable)> {
        let of = |&k: &usize| {
            let offer = &self.model.offers[k];
            let ordered = t.checked_sub(offer.lead)?;
            Some((offer.units / item.scale, self.packs[k][ordered]?))
        };
        item.offers.iter().filter_map(of).collect()
    }

    /// Units at hand or on order, and packs, whose last period of use is `t`.
    fn dying(&self, item: &ItemModel, t: usize) -> (f64, Vec<(f64, Variable)>) {
        let known = item.receipts[..=t]
            .iter()
            .flatten()
            .filter(|r| r.last == t)
            .map(|r| r.units)
            .sum();
        let born = item.life.and_then(|life| (t + 1).checked_sub(life));
        (
            known,
            born.map_or_else(Vec::new, |a| self.arriving(item, a)),
        )
    }

    /// Stock at the end of `t` is at most what arrived by `t` and outlives it.
    fn add_fefo(&mut self, item: &ItemModel, t: usize, pieces: &[Variable]) {
        let mut terms: Vec<(f64, Variable)> = pieces.iter().map(|&piece| (1.0, piece)).collect();
        let mut known = 0.0;
        for a in 0..=t {
            let lasting = item.receipts[a].iter().filter(|r| r.last > t);
            known += lasting.map(|r| r.units).sum::<f64>();
            if item.last_use(a) > t {
                let more = self.arriving(item, a);
                terms.extend(more.iter().map(|&(f, x)| (-f, x)));
            }
        }
        self.row(&terms, false, known / item.scale);
    }

    fn raised(&self, class: Option<usize>, t: usize) -> f64 {
        match (self.wanted.raise, class) {
            (Some(Raise::Budget { period, by }), None) if period == t => by,
            (Some(Raise::Storage { class, period, by }), Some(c)) if period == t && c == class => {
                by
            }
            _ => 0.0,
        }
    }

    fn add_budget(&mut self) {
        let model = self.model;
        for t in 0..model.periods {
            let limit = model.budget[t] + self.raised(None, t);
            let terms: Vec<(f64, Variable)> = model
                .offers
                .iter()
                .zip(&self.packs)
                .filter_map(|(offer, x)| x[t].map(|x| (offer.price, x)))
                .collect();
            if limit.is_finite() && !terms.is_empty() {
                self.budget_rows[t] = Some(self.row(&terms, false, limit));
            }
        }
    }

    fn add_storage(&mut self) {
        let model = self.model;
        for (c, class) in model.classes.iter().enumerate() {
            for t in 0..model.periods {
                let limit = class.limit[t] + self.raised(Some(c), t);
                if !limit.is_finite() {
                    continue;
                }
                let mut terms = Vec::new();
                for &i in class.items.iter().filter(|&&i| model.items[i].volume > 0.0) {
                    let litres = model.items[i].volume * model.items[i].scale;
                    terms.extend(self.stock[i][t].iter().map(|&piece| (litres, piece)));
                }
                if !terms.is_empty() {
                    self.storage_rows[c][t] = Some(self.row(&terms, false, limit));
                }
            }
        }
    }

    fn finish(self) -> Result<Option<Relaxed>, PlanError> {
        let (columns, rows) = (self.columns.len(), self.rows.len());
        let mut objective = Expression::with_capacity(self.costs.len());
        for &(column, cost) in &self.costs {
            objective.add_mul(cost, column);
        }
        let mut problem: HighsProblem = self
            .columns
            .minimise(objective)
            .using(highs)
            .set_option("output_flag", false)
            .set_option("random_seed", 1)
            .set_time_limit(self.wanted.time_limit_s.max(0.01));
        if self.wanted.threads > 0 {
            problem = problem.set_threads(self.wanted.threads);
        }
        for row in self.rows {
            problem.add_constraint(row);
        }
        let solution = match problem.solve() {
            Ok(solution) => solution,
            Err(good_lp::ResolutionError::Other("NoSolutionFound")) => return Ok(None),
            Err(other) => {
                return Err(PlanError::Solver {
                    detail: other.to_string(),
                });
            }
        };
        if matches!(
            solution.status(),
            good_lp::solvers::SolutionStatus::TimeLimit
        ) {
            return Ok(None);
        }
        let value = |x: &Option<Variable>| x.map_or(0.0, |x| solution.value(x).max(0.0));
        let packs = self.packs.iter().map(|x| x.iter().map(value).collect());
        let packs = packs.collect();
        let optimum = self.constant
            + self
                .costs
                .iter()
                .map(|&(column, cost)| cost * solution.value(column))
                .sum::<f64>();
        let inner = solution.into_inner();
        // A `<=` row of a minimum problem has a dual of at most 0: the rate of the optimum.
        let price = |row: &Option<usize>| {
            let dual = row.and_then(|r| inner.dual_rows().get(r)).copied();
            let price = -dual.unwrap_or(0.0);
            if price > 1e-9 { price } else { 0.0 }
        };
        let table = |rows: &[Vec<Option<usize>>]| -> Vec<Vec<f64>> {
            rows.iter().map(|r| r.iter().map(price).collect()).collect()
        };
        Ok(Some(Relaxed {
            optimum,
            packs,
            budget_price: self.budget_rows.iter().map(price).collect(),
            storage_price: table(&self.storage_rows),
            minimum_price: table(&self.minimum_rows),
            columns,
            rows,
            nonzeros: self.nonzeros,
        }))
    }
}
