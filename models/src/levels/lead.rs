//! The law of the lead time, and what to do about an order that is late.

use std::collections::BTreeMap;

use super::demand::Laws;
use super::law::expected_short;
use crate::convert::{count_to_f64, length_to_f64};

/// An order is late when this share of orders would have arrived.
const LATE_AFTER: f64 = 0.9;
/// An order is counted on while it arrives before a fresh one with at least this chance.
const SOONER: f64 = 0.5;

/// An order on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOrder {
    /// Days of demand since it was placed.
    pub age_days: usize,
    /// Base units.
    pub units: i64,
}

/// What a replacement is weighed by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Replacement {
    /// Units per day.
    pub(super) rate: f64,
    /// s; what is surely there must be at or below it, or nothing would be ordered.
    pub(super) reorder: f64,
    /// S.
    pub(super) up_to: f64,
    pub(super) holding_per_day: f64,
    pub(super) shortage: f64,
}

fn mean(law: &[(usize, f64)]) -> f64 {
    law.iter().map(|(days, chance)| length_to_f64(*days) * chance).sum()
}

/// Days of demand before an order arrives.
#[derive(Debug)]
pub(super) struct Lead {
    /// As recorded.
    days: Vec<(usize, f64)>,
    /// When late orders are replaced.
    mended: Vec<(usize, f64)>,
}

impl Lead {
    /// A fresh order placed once an order is late arrives after `t + lead`, t the first review after the day by which
    /// nine in ten have arrived; the earlier of both counts: `min(lead, t + lead')`.
    pub(super) fn new(days: &[(usize, f64)], review_days: usize) -> Self {
        let mut days = days.to_vec();
        days.sort_unstable_by_key(|one| one.0);
        let mut sum = 0.0;
        let usual = days.iter().find(|(_, chance)| {
            sum += chance;
            sum >= LATE_AFTER
        });
        let replaced_after = usual.map_or(usize::MAX / 2, |one| (one.0 + 1).div_ceil(review_days) * review_days);
        let mut mended: BTreeMap<usize, f64> = BTreeMap::new();
        for &(took, chance) in &days {
            if took <= replaced_after {
                *mended.entry(took).or_default() += chance;
                continue;
            }
            for &(fresh, share) in &days {
                *mended.entry(took.min(replaced_after + fresh)).or_default() += chance * share;
            }
        }
        Self { days, mended: mended.into_iter().collect() }
    }

    /// `(days, probability)` with late orders replaced.
    pub(super) fn law(&self) -> &[(usize, f64)] {
        &self.mended
    }

    /// Most days of the recorded law.
    pub(super) fn longest(&self) -> usize {
        self.days.last().map_or(0, |one| one.0)
    }

    /// `(more days, probability)` of an order that has not arrived after `age_days`; empty beyond the record.
    fn remaining(&self, age_days: usize) -> Vec<(usize, f64)> {
        let left: Vec<(usize, f64)> = self.days.iter().filter_map(|&(took, p)| Some((took.checked_sub(age_days)?, p))).collect();
        let sum: f64 = left.iter().map(|one| one.1).sum();
        if sum <= 1e-12 {
            return Vec::new();
        }
        left.into_iter().map(|(days, chance)| (days, chance / sum)).collect()
    }

    /// `sum over this law and that of a fresh order`.
    fn against_fresh(&self, left: &[(usize, f64)], mut value: impl FnMut(usize, usize) -> f64) -> f64 {
        left.iter().map(|&(days, p)| self.days.iter().map(|&(fresh, q)| p * q * value(days, fresh)).sum::<f64>()).sum()
    }

    /// Units expected to be missing before the next delivery, be it the youngest order that is on its way or one placed
    /// now, with `on_hand` units until then.
    pub(super) fn short_before_delivery(&self, laws: &mut Laws<'_>, on_hand: i64, open: &[OpenOrder]) -> f64 {
        let grid = laws.grid();
        let mut short = |days: usize| expected_short(laws.row(days), grid, count_to_f64(on_hand));
        let left = open.iter().map(|order| self.remaining(order.age_days)).filter(|left| !left.is_empty());
        match left.min_by(|a, b| mean(a).total_cmp(&mean(b))) {
            Some(left) => self.against_fresh(&left, |days, fresh| short(days.min(fresh))),
            None => self.days.iter().map(|&(days, chance)| chance * short(days)).sum(),
        }
    }

    /// Units on order that are late and cheaper to order again than to wait for: the shortage avoided is worth more
    /// than keeping the units twice until the surplus is used, and what of them would expire.
    pub(super) fn better_replaced(
        &self,
        laws: &mut Laws<'_>,
        on_hand: i64,
        open: &[OpenOrder],
        terms: Replacement,
        waste: &dyn Fn(f64) -> f64,
    ) -> i64 {
        let sooner = |order: &OpenOrder| {
            let left = self.remaining(order.age_days);
            self.against_fresh(&left, |days, fresh| f64::from(u8::from(days <= fresh)))
        };
        let (counted, late): (Vec<&OpenOrder>, Vec<&OpenOrder>) = open.iter().partition(|order| sooner(order) >= SOONER);
        let Some(youngest) = late.iter().map(|order| order.age_days).min() else { return 0 };
        let units: i64 = late.iter().map(|order| order.units).sum();
        let grid = laws.grid();
        let sure = count_to_f64(on_hand + counted.iter().map(|order| order.units).sum::<i64>());
        if sure > terms.reorder {
            return 0;
        }
        let mut left = self.remaining(youngest);
        if left.is_empty() {
            left.push((self.longest(), 1.0));
        }
        let mut short = |days: usize| expected_short(laws.row(days), grid, sure);
        let waiting: f64 = left.iter().map(|&(days, chance)| chance * short(days)).sum();
        let replaced = self.against_fresh(&left, |days, fresh| short(days.min(fresh)));
        let order = (terms.up_to - sure).max(0.0);
        let twice = terms.holding_per_day * count_to_f64(units) * order / terms.rate.max(1e-9);
        let pays = terms.shortage * (waiting - replaced) > twice + waste(count_to_f64(units));
        if pays { units } else { 0 }
    }
}
