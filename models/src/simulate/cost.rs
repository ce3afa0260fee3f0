//! The cost that judges all policies alike: holding, lines, shortage, expiry.

use serde::Serialize;

use super::tally::Tally;
use super::world::Article;
use crate::convert::count_to_f64;
use crate::plan::Ven;

/// Holding per year, as a share of the value on the shelf.
pub(super) const HOLDING_PER_YEAR: f64 = 0.20;
/// Money per order line.
pub(super) const LINE_COST: f64 = 8.0;
/// A missing unit costs at least as if it were worth this.
pub(super) const SHORTAGE_PRICE_MIN: f64 = 2.0;

/// Money a missing unit costs: 20, 6 or 2.5 times its price (V, E, N), the price being at least `price_floor`.
///
/// # Source
/// `optimiser.md`, sections 5 and 14.
pub(super) fn shortage_cost(article: &Article, price_floor: f64) -> f64 {
    let times = match article.ven {
        Ven::Vital => 20.0,
        Ven::Essential => 6.0,
        Ven::NonEssential => 2.5,
    };
    times * article.unit_price().max(price_floor)
}

/// Money per year by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct YearlyCost {
    /// 20 % of the mean stock value.
    pub holding: f64,
    /// 8 per order line.
    pub lines: f64,
    /// What was asked for and not there.
    pub shortage: f64,
    /// Value of what expired.
    pub expired: f64,
}

impl YearlyCost {
    /// What one article's counts cost per year.
    ///
    /// `.2 / 365 x unit-days x price + 8 x lines + b x unmet + price x expired`, each / years.
    ///
    /// # Source
    /// `optimiser.md`, section 14.
    pub fn of(article: &Article, tally: &Tally, years: f64) -> Self {
        let price = article.unit_price();
        Self {
            holding: HOLDING_PER_YEAR / 365.0 * count_to_f64(tally.unit_days) * price / years,
            lines: LINE_COST * count_to_f64(tally.lines) / years,
            shortage: shortage_cost(article, SHORTAGE_PRICE_MIN) * count_to_f64(tally.unmet()) / years,
            expired: price * count_to_f64(tally.expired) / years,
        }
    }

    /// All kinds together.
    pub fn total(&self) -> f64 {
        self.holding + self.lines + self.shortage + self.expired
    }

    /// Both together, kind by kind.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            holding: self.holding + other.holding,
            lines: self.lines + other.lines,
            shortage: self.shortage + other.shortage,
            expired: self.expired + other.expired,
        }
    }
}
