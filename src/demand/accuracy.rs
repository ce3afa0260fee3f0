//! How past forecasts compare with what came, and what a forecast is made of, as they are kept and shown.

use serde::{Deserialize, Serialize};
use wardstock_models::forecast::Parts;
use wardstock_models::forecast::monitor::Accuracy;

use crate::base::quantity::to_f64;

/// How past forecasts compare with what came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AccuracyView {
    /// Past forecasts that could be scored: all periods known, stock throughout.
    pub scored: i64,
    /// Mean error one period ahead over the item's mean; above 0: too little was forecast.
    pub bias: f64,
    /// -1..1: how far the newest errors lean to one side; above 0: too little was forecast.
    pub tracking_signal: f64,
    /// Share of sums at or below their 80 % quantile.
    pub coverage_80: f64,
    /// Share of sums at or below their 95 % quantile.
    pub coverage_95: f64,
    /// Quantile loss of the sums over scale.
    pub loss: f64,
    /// The same, had last season's values been taken.
    pub loss_naive: f64,
    /// `loss / loss_naive`, below 1: better than last season's values; null when these lost nothing.
    pub relative_loss: Option<f64>,
}

impl AccuracyView {
    /// None while nothing could be scored.
    pub fn of(record: &Accuracy) -> Option<Self> {
        let scored = i64::try_from(record.scored).ok().filter(|scored| *scored > 0)?;
        let relative_loss = Some(record.loss / record.loss_naive).filter(|ratio| ratio.is_finite() && record.loss_naive > 0.0);
        Some(Self {
            scored,
            bias: record.bias,
            tracking_signal: record.tracking_signal,
            coverage_80: record.coverage_80,
            coverage_95: record.coverage_95,
            loss: record.loss,
            loss_naive: record.loss_naive,
            relative_loss,
        })
    }

    /// How many of the scored sums lay at or below their 95 % quantile.
    pub fn within_95(&self) -> i64 {
        crate::base::quantity::from_f64(self.coverage_95 * to_f64(self.scored))
    }
}

/// What went into a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PartsView {
    /// Base units per period without season.
    pub level: f64,
    /// Variance of one period over its mean, base units.
    pub dispersion: f64,
    /// Share 0..1 that the group has in it.
    pub group_weight: f64,
    /// Share 0..1 of its own pattern in the seasonal factors.
    pub seasonal_own_weight: f64,
    /// Factor of each coming period; empty without season.
    pub seasonal: Vec<f64>,
}

impl From<&Parts> for PartsView {
    fn from(parts: &Parts) -> Self {
        Self {
            level: parts.level,
            dispersion: parts.dispersion,
            group_weight: parts.group_weight,
            seasonal_own_weight: parts.seasonal_own_weight,
            seasonal: parts.seasonal.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_scored_is_no_accuracy() {
        assert_eq!(AccuracyView::of(&Accuracy::default()), None);
        let record = Accuracy { scored: 12, coverage_95: 11.0 / 12.0, loss: 0.5, ..Accuracy::default() };
        let view = AccuracyView::of(&record).unwrap();
        assert_eq!((view.relative_loss, view.within_95()), (None, 11));
        let view = AccuracyView::of(&Accuracy { loss_naive: 2.0, ..record }).unwrap();
        assert_eq!(view.relative_loss, Some(0.25));
    }
}
