//! The cost that judges all policies alike: holding, lines, shortage, expiry.

use serde::Serialize;

use super::tally::Tally;
use super::world::Article;
use crate::convert::count_to_f64;
use crate::plan::standard::{HOLDING_PER_YEAR, LINE_COST, SHORTAGE_PRICE_MIN, shortage_cost};

/// Money a missing unit of an article costs here.
pub(super) fn shortage(article: &Article) -> f64 {
    shortage_cost(article.ven, article.unit_price(), SHORTAGE_PRICE_MIN)
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
            shortage: shortage(article) * count_to_f64(tally.unmet()) / years,
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
