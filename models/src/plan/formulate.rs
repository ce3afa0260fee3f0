//! The linear relaxation (form D): fractional packs, relaxed order costs, compact FEFO rows.
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
#![expect(
    clippy::indexing_slicing,
    reason = "all arrays have one entry per period, offer, item or supplier of the same model"
)]

use std::collections::BTreeMap;

use super::model::{ItemModel, Model};
use super::program::{Column, Program};
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
    let mut form = Form::new(model, wanted);
    form.add_orders();
    for item in &model.items {
        form.add_item(item);
    }
    form.add_budget();
    form.add_storage();
    form.minimise()
}

struct Form<'a> {
    model: &'a Model<'a>,
    wanted: Wanted,
    program: Program,
    packs: Vec<Vec<Option<Column>>>,
    /// `stock[item][period]`: the pieces of stock, in scaled units.
    stock: Vec<Vec<Vec<Column>>>,
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
            packs: vec![vec![None; periods]; model.offers.len()],
            stock: Vec::with_capacity(model.items.len()),
            budget_rows: vec![None; periods],
            storage_rows: vec![vec![None; periods]; model.classes.len()],
            minimum_rows: vec![vec![None; periods]; model.suppliers.len()],
        }
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
                let made = self.program.column(offer.price, most);
                self.packs[k][t] = Some(made);
            }
        }
        let lines = self.packs.iter().flatten().flatten().count();
        for (s, supplier) in model.suppliers.iter().enumerate() {
            if supplier.fee <= 0.0 && supplier.minimum <= 0.0 {
                continue;
            }
            for t in 0..model.periods {
                let open: Vec<(usize, Column)> = supplier
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

    fn add_supplier_period(&mut self, s: usize, t: usize, open: &[(usize, Column)], each: bool) {
        let model = self.model;
        let supplier = &model.suppliers[s];
        let placed = self.program.column(supplier.fee, 1.0);
        let mut value = Vec::with_capacity(open.len() + 1);
        let mut most_value = 0.0;
        for &(k, x) in open {
            let offer = &model.offers[k];
            let most = model.most_useful(k, t, self.extra(&model.items[offer.item]));
            if each {
                self.program
                    .at_most(&[(1.0 / most.max(1.0), x), (-1.0, placed)], 0.0);
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

    /// Balance and expiry of one item, in units of `item.scale`.
    fn add_item(&mut self, item: &ItemModel) {
        let scale = item.scale;
        let crossing = self.crossing(item);
        let mut stock: Vec<Vec<Column>> = Vec::with_capacity(self.model.periods);
        let mut lots = BTreeMap::new();
        let mut expired = false;
        for t in 0..self.model.periods {
            let pieces = self.stock_pieces(item, t);
            let unmet = self
                .program
                .column(item.shortage * scale, item.demand[t] / scale);
            let mut balance = Vec::with_capacity(12);
            if t > 0 {
                balance.extend(stock[t - 1].iter().map(|&piece| (1.0, piece)));
            }
            balance.extend_from_slice(&self.arriving(item, t));
            balance.push((1.0, unmet));
            balance.extend(pieces.iter().map(|&piece| (-1.0, piece)));
            let received: f64 = item.receipts[t].iter().map(|r| r.units).sum();
            if crossing {
                lots = self.add_lots(item, t, &lots, &pieces);
                balance.extend(lots.remove(&t).map(|gone| (-1.0, gone)));
            } else if let Some(gone) = self.add_disposal(item, t) {
                expired = true;
                balance.push((-1.0, gone));
            }
            let wanted = (item.demand[t] - received) / scale;
            self.program.equal(&balance, wanted);
            if expired {
                self.add_fefo(item, t, &pieces);
            }
            stock.push(pieces);
        }
        self.stock.push(stock);
    }

    /// What is disposed of at the end of `t`, at most what has its last use then.
    fn add_disposal(&mut self, item: &ItemModel, t: usize) -> Option<Column> {
        let (known, orders) = self.dying(item, t);
        if known <= 0.0 && orders.is_empty() {
            return None;
        }
        let most = if orders.is_empty() {
            known / item.scale
        } else {
            f64::INFINITY
        };
        let gone = self.program.column(item.disposal * item.scale, most);
        if !orders.is_empty() {
            let mut cap = vec![(1.0, gone)];
            cap.extend(orders.iter().map(|&(f, x)| (-f, x)));
            self.program.at_most(&cap, known / item.scale);
        }
        Some(gone)
    }

    /// Whether something that arrives later can expire in the horizon before something that
    /// arrived earlier; then the compact row would let expired stock live on in the other lot.
    fn crossing(&self, item: &ItemModel) -> bool {
        let mut latest_before = 0;
        for t in 0..self.model.periods {
            let mut lasts: Vec<usize> = item.receipts[t].iter().map(|r| r.last).collect();
            if !self.arriving(item, t).is_empty() {
                lasts.push(item.last_use(t));
            }
            let earliest = lasts.iter().min().copied().unwrap_or(usize::MAX);
            if t > 0 && earliest < self.model.periods && earliest < latest_before {
                return true;
            }
            latest_before = lasts.into_iter().fold(latest_before, usize::max);
        }
        false
    }

    /// Stock at the end of `t` by last period of use: one column each, at most what was there
    /// before plus what arrives. The column of `t` itself is what is disposed of.
    fn add_lots(
        &mut self,
        item: &ItemModel,
        t: usize,
        before: &BTreeMap<usize, Column>,
        pieces: &[Column],
    ) -> BTreeMap<usize, Column> {
        let arriving = self.arriving(item, t);
        let fresh = item.last_use(t);
        let mut lasts: Vec<usize> = before.keys().copied().collect();
        lasts.extend(item.receipts[t].iter().map(|r| r.last));
        if !arriving.is_empty() {
            lasts.push(fresh);
        }
        lasts.sort_unstable();
        lasts.dedup();
        let mut after = BTreeMap::new();
        let mut total: Vec<(f64, Column)> = pieces.iter().map(|&piece| (1.0, piece)).collect();
        for last in lasts.into_iter().filter(|&last| last >= t) {
            let cost = if last == t {
                item.disposal * item.scale
            } else {
                0.0
            };
            let column = self.program.column(cost, f64::INFINITY);
            let mut terms = vec![(1.0, column)];
            terms.extend(before.get(&last).map(|&b| (-1.0, b)));
            if last == fresh {
                terms.extend(arriving.iter().map(|&(f, x)| (-f, x)));
            }
            let known = item.receipts[t].iter().filter(|r| r.last == last);
            let known: f64 = known.map(|r| r.units).sum();
            self.program.at_most(&terms, known / item.scale);
            if last > t {
                total.push((-1.0, column));
            }
            after.insert(last, column);
        }
        self.program.equal(&total, 0.0);
        after
    }

    fn stock_pieces(&mut self, item: &ItemModel, t: usize) -> Vec<Column> {
        let holding = item.holding * item.scale;
        let mut pieces = Vec::with_capacity(item.risk[t].len() + 1);
        if self.wanted.steer {
            for piece in &item.risk[t] {
                self.program.add_constant(piece.credit * piece.width);
                let cost = holding - piece.credit * item.scale;
                pieces.push(self.program.column(cost, piece.width / item.scale));
            }
        }
        pieces.push(self.program.column(holding, f64::INFINITY));
        pieces
    }

    /// Packs that arrive in `t`, with scaled units per pack.
    fn arriving(&self, item: &ItemModel, t: usize) -> Vec<(f64, Column)> {
        let of = |&k: &usize| {
            let offer = &self.model.offers[k];
            let ordered = t.checked_sub(offer.lead)?;
            Some((offer.units / item.scale, self.packs[k][ordered]?))
        };
        item.offers.iter().filter_map(of).collect()
    }

    /// Units at hand or on order, and packs, whose last period of use is `t`.
    fn dying(&self, item: &ItemModel, t: usize) -> (f64, Vec<(f64, Column)>) {
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
    fn add_fefo(&mut self, item: &ItemModel, t: usize, pieces: &[Column]) {
        let mut terms: Vec<(f64, Column)> = pieces.iter().map(|&piece| (1.0, piece)).collect();
        let mut known = 0.0;
        for a in 0..=t {
            let lasting = item.receipts[a].iter().filter(|r| r.last > t);
            known += lasting.map(|r| r.units).sum::<f64>();
            if item.last_use(a) > t {
                let more = self.arriving(item, a);
                terms.extend(more.iter().map(|&(f, x)| (-f, x)));
            }
        }
        self.program.at_most(&terms, known / item.scale);
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
            let terms: Vec<(f64, Column)> = model
                .offers
                .iter()
                .zip(&self.packs)
                .filter_map(|(offer, x)| x[t].map(|x| (offer.price, x)))
                .collect();
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
        let table = |rows: &[Vec<Option<usize>>]| -> Vec<Vec<f64>> {
            rows.iter().map(|r| r.iter().map(price).collect()).collect()
        };
        let packs = self.packs.iter();
        Ok(Some(Relaxed {
            optimum: optimum.cost,
            packs: packs.map(|x| x.iter().map(value).collect()).collect(),
            budget_price: self.budget_rows.iter().map(price).collect(),
            storage_price: table(&self.storage_rows),
            minimum_price: table(&self.minimum_rows),
            columns: optimum.columns(),
            rows: optimum.rows,
            nonzeros: optimum.nonzeros,
        }))
    }
}
