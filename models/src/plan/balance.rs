//! The rows of one item in the relaxation: balance, disposal, and the two forms of expiry.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, offer, item or supplier of the same model")]

use std::collections::BTreeMap;

use super::formulate::Form;
use super::model::ItemModel;
use super::program::Column;

impl Form<'_> {
    /// Balance and expiry of one item, in units of `item.scale`.
    pub(super) fn add_item(&mut self, i: usize) {
        let model = self.model;
        let item = &model.items[i];
        let scale = item.scale;
        let crossing = self.crossing(item);
        let mut stock: Vec<Vec<Column>> = Vec::with_capacity(self.model.periods);
        let mut lots = BTreeMap::new();
        let mut expired = false;
        for t in 0..self.model.periods {
            let pieces = self.stock_pieces(i, t);
            let unmet = self.program.column(item.shortage * scale, item.demand[t] / scale);
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
        self.stock[i] = stock;
    }

    /// What is disposed of at the end of `t`, at most what has its last use then.
    fn add_disposal(&mut self, item: &ItemModel, t: usize) -> Option<Column> {
        let (known, orders) = self.dying(item, t);
        if known <= 0.0 && orders.is_empty() {
            return None;
        }
        let most = if orders.is_empty() { known / item.scale } else { f64::INFINITY };
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
    fn add_lots(&mut self, item: &ItemModel, t: usize, before: &BTreeMap<usize, Column>, pieces: &[Column]) -> BTreeMap<usize, Column> {
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
            let cost = if last == t { item.disposal * item.scale } else { 0.0 };
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

    /// Stock at the end of `t` in pieces of falling value.
    pub(super) fn stock_pieces(&mut self, i: usize, t: usize) -> Vec<Column> {
        let model = self.model;
        let item = &model.items[i];
        let holding = self.holding(i, t) * item.scale;
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
    pub(super) fn arriving(&self, item: &ItemModel, t: usize) -> Vec<(f64, Column)> {
        let of = |&k: &usize| {
            let offer = &self.model.offers[k];
            let ordered = t.checked_sub(offer.lead)?;
            Some((offer.units / item.scale, self.packs[k][ordered]?))
        };
        item.offers.iter().filter_map(of).collect()
    }

    /// Units at hand or on order, and packs, whose last period of use is `t`.
    fn dying(&self, item: &ItemModel, t: usize) -> (f64, Vec<(f64, Column)>) {
        let known = item.receipts.upto(t).iter().filter(|r| r.last == t).map(|r| r.units).sum();
        let born = item.life.and_then(|life| (t + 1).checked_sub(life));
        (known, born.map_or_else(Vec::new, |a| self.arriving(item, a)))
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
}
