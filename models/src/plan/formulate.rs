//! The linear relaxation (form D): fractional packs, relaxed order and line costs, compact FEFO rows.
//!
//! Columns at least 0: packs `x`, stock pieces `I`, unmet `u`, disposed `z`, share of an order
//! placed `y`. Rows: balance; stock that remains at the end of t is at most what arrived by t and
//! outlives t; what is disposed of at the end of t is at most what has its last use in t; budget;
//! storage; per-line links `x <= U y`; minimum order. Where a later delivery can expire before
//! stock that is there already, the item's stock is kept by last period of use instead. Every
//! whole-pack plan under the contract's rules keeps these rows, so the optimum without the steering
//! term is a lower bound.
//!
//! The steering term costs no row: stock is cut into pieces of falling value.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use super::links::{Component, FlowColumns, Wished};
use super::model::Model;
use super::price::Duals;
use super::program::{Column, Matrix, Program};
use super::validate::PlanError;
use crate::convert::{count_to_f64, round_to_count};

/// Above this many lines the link to order costs is one row per supplier and period.
const LINKS_MAX: usize = 6_000;

/// A limit raised for a "what would it take" solve.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Raise {
    Budget { period: usize, by: f64 },
    Storage { class: usize, period: usize, by: f64 },
}

/// How to build and solve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// With the price of low stock; without it the optimum is the published bound.
    pub(crate) steer: bool,
    pub(crate) raise: Option<Raise>,
    /// Whole packs, orders and lines.
    pub(crate) whole: bool,
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
    /// Flows between linked items.
    pub(crate) flows: Wished,
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
    let mut form = Form::new(model, wanted);
    form.add_all();
    form.minimise()
}

/// The relaxation without the steering term in numbers.
pub(crate) fn matrix(model: &Model<'_>, wanted: Wanted) -> Option<Matrix> {
    let mut form = Form::new(model, wanted);
    form.program.keep_copy();
    form.add_all();
    form.program.into_copy()
}

/// Least cost of the items of one component at given prices of budget, storage and orders, with fractional packs.
/// `None`: not found within the time.
///
/// # Errors
/// [`PlanError::Solver`] when `HiGHS` refuses the program.
pub(crate) fn priced(model: &Model<'_>, component: &Component, duals: &Duals, wanted: Wanted) -> Result<Option<Relaxed>, PlanError> {
    let mut form = Form::new(model, wanted);
    form.duals = Some(duals);
    for &i in &component.items {
        for &k in &model.items[i].offers {
            form.packs[k] = vec![None; model.periods];
            form.add_lines(k);
        }
    }
    form.add_component(component);
    form.minimise()
}

/// What a search for whole packs found.
#[derive(Debug)]
pub(crate) struct Found {
    /// `packs[offer][period]`.
    pub(crate) packs: Vec<Vec<i64>>,
    /// Flows between linked items.
    pub(crate) flows: Wished,
    /// Money: no plan costs less.
    pub(crate) bound: f64,
}

/// The best plan in whole packs within so many nodes of the search tree, `packs[offer][period]`, and a lower bound on the
/// cost of every plan. Where deliveries can expire in another order than they arrive this program is a relaxation, so
/// the packs may break a rule. `None`: nothing found.
///
/// - `start`: packs that keep every rule.
/// - the last: most nodes, and the relative gap that is good enough.
///
/// # Errors
/// [`PlanError::Solver`] when `HiGHS` refuses the program.
pub(crate) fn search(model: &Model<'_>, wanted: Wanted, start: &[Vec<i64>], (nodes, gap): (i32, f64)) -> Result<Option<Found>, PlanError> {
    let mut form = Form::new(model, Wanted { whole: true, ..wanted });
    form.add_all();
    let mut known = Vec::new();
    for (k, columns) in form.packs.iter().enumerate() {
        let packs = columns.iter().zip(&start[k]);
        known.extend(packs.filter_map(|(column, &packs)| column.map(|column| (column, count_to_f64(packs)))));
    }
    for &(k, t, column) in &form.lines {
        known.push((column, if start[k][t] > 0 { 1.0 } else { 0.0 }));
    }
    for &(s, t, column) in &form.placed {
        let placed = model.suppliers[s].offers.iter().any(|&k| start[k][t] > 0);
        known.push((column, if placed { 1.0 } else { 0.0 }));
    }
    let columns = std::mem::take(&mut form.packs);
    let Some(found) = form.program.search(&known, (wanted.time_limit_s, nodes, gap))? else {
        return Ok(None);
    };
    let packs = |column: &Option<Column>| column.map_or(0, |column| round_to_count(found.value(column)));
    Ok(Some(Found {
        packs: columns.iter().map(|columns| columns.iter().map(packs).collect()).collect(),
        flows: form.flows.wished(|column| found.value(column)),
        bound: found.bound,
    }))
}

pub(super) struct Form<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) wanted: Wanted,
    pub(super) program: Program,
    pub(super) packs: Vec<Vec<Option<Column>>>,
    /// `stock[item][period]`: the pieces of stock, in scaled units.
    pub(super) stock: Vec<Vec<Vec<Column>>>,
    /// Flows between linked items.
    pub(super) flows: FlowColumns,
    /// Prices that stand for the rows of budget, storage and orders.
    duals: Option<&'a Duals>,
    /// Whether a line is ordered, `(offer, period, column)`, and an order placed, `(supplier, period, column)`, where
    /// these are whole numbers.
    lines: Vec<(usize, usize, Column)>,
    placed: Vec<(usize, usize, Column)>,
    budget_rows: Vec<Option<usize>>,
    storage_rows: Vec<Vec<Option<usize>>>,
    minimum_rows: Vec<Vec<Option<usize>>>,
}

impl<'a> Form<'a> {
    fn new(model: &'a Model<'a>, wanted: Wanted) -> Self {
        let periods = model.periods;
        Self {
            model,
            wanted,
            program: Program::new(),
            packs: vec![Vec::new(); model.offers.len()],
            stock: vec![Vec::new(); model.items.len()],
            flows: FlowColumns::new(&model.links, periods),
            duals: None,
            lines: Vec::new(),
            placed: Vec::new(),
            budget_rows: vec![None; periods],
            storage_rows: vec![vec![None; periods]; model.classes.len()],
            minimum_rows: vec![vec![None; periods]; model.suppliers.len()],
        }
    }

    /// Every column and row.
    fn add_all(&mut self) {
        let model = self.model;
        self.add_orders();
        for i in (0..model.items.len()).filter(|&i| !model.links.touches(i)) {
            self.add_item(i);
        }
        for component in &model.links.components {
            self.add_component(component);
        }
        self.add_budget();
        self.add_storage();
    }

    /// Target stock in units that may make a larger order useful: of the item, or of all it is linked with.
    pub(super) fn extra(&self, i: usize) -> f64 {
        if !self.wanted.steer {
            return 0.0;
        }
        let of = |i: usize| {
            let risk = &self.model.items[i].risk;
            risk.iter().map(|pieces| pieces.iter().map(|p| p.width).sum::<f64>()).fold(0.0, f64::max)
        };
        self.model.links.component_of(i).map_or_else(|| of(i), |component| component.items.iter().map(|&i| of(i)).sum())
    }

    /// Money per unit at the end of `t`: holding, and the price of storage where it has one.
    pub(super) fn holding(&self, i: usize, t: usize) -> f64 {
        let item = &self.model.items[i];
        let litre = self.duals.zip(item.class).map_or(0.0, |(duals, c)| duals.rows[self.model.periods * (c + 1) + t]);
        item.holding + item.volume * litre
    }

    /// Line cost per pack: a line of `x` packs is at least the share `x / U` of a line, where no
    /// sensible line holds more than `U` packs; the least that keeps this needs no column.
    fn line_share(&self, k: usize, t: usize) -> f64 {
        let offer = &self.model.offers[k];
        let line = offer.line_cost + self.duals.map_or(0.0, |duals| duals.shares[k * self.model.periods + t]);
        if line <= 0.0 {
            return 0.0;
        }
        line / self.model.most_useful(k, t, self.extra(offer.item)).max(1.0)
    }

    /// Packs, order costs, links and minimum orders.
    fn add_orders(&mut self) {
        let model = self.model;
        for k in 0..model.offers.len() {
            self.packs[k] = vec![None; model.periods];
            self.add_lines(k);
        }
        let lines = self.packs.iter().flatten().flatten().count();
        for (s, supplier) in model.suppliers.iter().enumerate() {
            if supplier.fee <= 0.0 && supplier.minimum <= 0.0 {
                continue;
            }
            for t in 0..model.periods {
                let open: Vec<(usize, Column)> = supplier.offers.iter().filter_map(|&k| self.packs[k][t].map(|x| (k, x))).collect();
                if !open.is_empty() {
                    self.add_supplier_period(s, t, &open, lines <= LINKS_MAX);
                }
            }
        }
    }

    /// Packs of one offer.
    fn add_lines(&mut self, k: usize) {
        let offer = &self.model.offers[k];
        for t in (0..self.model.periods).filter(|&t| offer.open[t]) {
            let most = if offer.most < i64::MAX / 4 { count_to_f64(offer.most) } else { f64::INFINITY };
            let made = if self.wanted.whole {
                self.add_line(k, t, most)
            } else {
                let price = offer.price * (1.0 + self.duals.map_or(0.0, |duals| duals.rows[t]));
                self.program.column(price + self.line_share(k, t), most)
            };
            self.packs[k][t] = Some(made);
        }
    }

    /// Whole packs of one line with its cost and its minimum.
    fn add_line(&mut self, k: usize, t: usize, most: f64) -> Column {
        let offer = &self.model.offers[k];
        let packs = self.program.whole_column(offer.price, most);
        if offer.line_cost > 0.0 || offer.moq > 1 {
            let line = self.program.whole_column(offer.line_cost, 1.0);
            let most = self.model.most_useful(k, t, self.extra(offer.item)).max(count_to_f64(offer.moq));
            self.program.at_most(&[(1.0, packs), (-most, line)], 0.0);
            self.program.at_most(&[(count_to_f64(offer.moq), line), (-1.0, packs)], 0.0);
            self.lines.push((k, t, line));
        }
        packs
    }

    fn add_supplier_period(&mut self, s: usize, t: usize, open: &[(usize, Column)], each: bool) {
        let model = self.model;
        let supplier = &model.suppliers[s];
        let placed = if self.wanted.whole {
            let placed = self.program.whole_column(supplier.fee, 1.0);
            self.placed.push((s, t, placed));
            placed
        } else {
            self.program.column(supplier.fee, 1.0)
        };
        let mut value = Vec::with_capacity(open.len() + 1);
        let mut most_value = 0.0;
        for &(k, x) in open {
            let offer = &model.offers[k];
            let most = model.most_useful(k, t, self.extra(offer.item));
            if each {
                self.program.at_most(&[(1.0 / most.max(1.0), x), (-1.0, placed)], 0.0);
            }
            most_value += most * offer.price;
            value.push((offer.price, x));
        }
        let most_value = most_value.min(model.budget[t]);
        if !each && most_value > 0.0 {
            let mut link = value.clone();
            link.push((-most_value, placed));
            self.program.at_most(&link, 0.0);
        }
        if supplier.minimum > 0.0 {
            let mut least: Vec<(f64, Column)> = value.iter().map(|&(p, x)| (-p, x)).collect();
            least.push((supplier.minimum, placed));
            self.minimum_rows[s][t] = Some(self.program.at_most(&least, 0.0));
        }
    }

    fn raised(&self, class: Option<usize>, t: usize) -> f64 {
        match (self.wanted.raise, class) {
            (Some(Raise::Budget { period, by }), None) if period == t => by,
            (Some(Raise::Storage { class, period, by }), Some(c)) if period == t && c == class => by,
            _ => 0.0,
        }
    }

    fn add_budget(&mut self) {
        let model = self.model;
        for t in 0..model.periods {
            let limit = model.budget[t] + self.raised(None, t);
            let terms: Vec<(f64, Column)> =
                model.offers.iter().zip(&self.packs).filter_map(|(offer, x)| x[t].map(|x| (offer.price, x))).collect();
            if limit.is_finite() && !terms.is_empty() {
                self.budget_rows[t] = Some(self.program.at_most(&terms, limit));
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
                    self.storage_rows[c][t] = Some(self.program.at_most(&terms, limit));
                }
            }
        }
    }

    fn minimise(self) -> Result<Option<Relaxed>, PlanError> {
        let (seconds, threads) = (self.wanted.time_limit_s, self.wanted.threads);
        let Some(optimum) = self.program.minimise(seconds, threads)? else {
            return Ok(None);
        };
        let value = |x: &Option<Column>| x.map_or(0.0, |x| optimum.value(x));
        let price = |row: &Option<usize>| row.map_or(0.0, |row| optimum.price(row));
        let table = |rows: &[Vec<Option<usize>>]| -> Vec<Vec<f64>> { rows.iter().map(|r| r.iter().map(price).collect()).collect() };
        let packs = self.packs.iter();
        Ok(Some(Relaxed {
            optimum: optimum.cost,
            packs: packs.map(|x| x.iter().map(value).collect()).collect(),
            flows: self.flows.wished(|column| optimum.value(column)),
            budget_price: self.budget_rows.iter().map(price).collect(),
            storage_price: table(&self.storage_rows),
            minimum_price: table(&self.minimum_rows),
            columns: optimum.columns(),
            rows: optimum.rows,
            nonzeros: optimum.nonzeros,
        }))
    }
}
