//! How demand behaves and how much it matters: Syntetos-Boylan, ABC and XYZ classes. VEN is given, never computed.

use serde::Serialize;

use crate::series::count;

/// Largest mean gap between demands (periods) of a regular series.
pub const ADI_MAX: f64 = 1.32;

/// Largest squared coefficient of variation of the sizes of a steady series.
pub const CV2_MAX: f64 = 0.49;

/// Which kind of demand is it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandClass {
    /// Demand nearly every period, of similar size.
    Smooth,
    /// Demand nearly every period, of very different size.
    Erratic,
    /// Many periods without demand, sizes alike.
    Intermittent,
    /// Many periods without demand, sizes very different.
    Lumpy,
    /// Fewer than two periods with demand: nothing can be said.
    TooFew,
}

/// Which kind of demand is this?
///
/// `ADI = known periods / periods with demand`, `CV2 = (sd / mean)^2` of the sizes above 0 (sd with n - 1);
/// smooth: ADI < 1.32 and CV2 < 0.49; erratic: CV2 at or above; intermittent: ADI at or above; lumpy: both.
///
/// - `quantities`: base units per period, `None` = not known (skipped).
///
/// Returns the class; [`DemandClass::TooFew`] with fewer than two periods with demand.
///
/// # Source
/// Syntetos, Boylan, Croston: On the categorization of demand patterns, JORS 56 (2005), cut-offs 1.32 and 0.49.
pub fn demand_class(quantities: impl IntoIterator<Item = Option<f64>>) -> DemandClass {
    let known: Vec<f64> = quantities.into_iter().flatten().collect();
    let sizes: Vec<f64> = known.iter().copied().filter(|size| *size > 0.0).collect();
    if sizes.len() < 2 {
        return DemandClass::TooFew;
    }
    let adi = count(known.len()) / count(sizes.len());
    let cv = coefficient_of_variation(&sizes).unwrap_or(0.0);
    match (adi >= ADI_MAX, cv * cv >= CV2_MAX) {
        (false, false) => DemandClass::Smooth,
        (false, true) => DemandClass::Erratic,
        (true, false) => DemandClass::Intermittent,
        (true, true) => DemandClass::Lumpy,
    }
}

/// Class by share of spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum AbcClass {
    /// The few items that make most of the spend.
    A,
    /// The items between.
    B,
    /// The many items that make the rest.
    C,
}

/// Which items make the spend?
///
/// Items in order of falling spend (ties by position); A while the spend *before* the item is below 0.80
/// of the total, B below 0.95, C after; so the item that crosses a limit belongs to the better class.
///
/// - `spend`: money per item over one period; values that are not positive numbers count as 0 and are C.
///
/// Returns one class per item, in the order given.
///
/// # Source
/// Pareto rule with the customary limits 80 % and 95 %; limits of `forecasting.md`.
pub fn abc_classes(spend: &[f64]) -> Vec<AbcClass> {
    let clean: Vec<f64> = spend.iter().map(|value| if value.is_finite() { value.max(0.0) } else { 0.0 }).collect();
    let total: f64 = clean.iter().sum();
    let mut order: Vec<(usize, f64)> = clean.into_iter().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut before = 0.0;
    let mut classes: Vec<(usize, AbcClass)> = Vec::with_capacity(order.len());
    for (item, value) in order {
        let class = match before / total {
            _ if value <= 0.0 => AbcClass::C,
            share if share < 0.80 => AbcClass::A,
            share if share < 0.95 => AbcClass::B,
            _ => AbcClass::C,
        };
        classes.push((item, class));
        before += value;
    }
    classes.sort_by_key(|(item, _)| *item);
    classes.into_iter().map(|(_, class)| class).collect()
}

/// Class by variability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum XyzClass {
    /// Steady: coefficient of variation at most 0.5.
    X,
    /// Changing: at most 1.
    Y,
    /// Hard to foresee: above 1, or without demand.
    Z,
}

/// How steady is the demand of an item?
///
/// `CV = sd / mean` over all known periods (sd with n - 1); X up to 0.5, Y up to 1.0, Z above.
///
/// - `quantities`: base units per period, `None` = not known (skipped).
///
/// Returns the class; Z without demand or with fewer than two known periods.
pub fn xyz_class(quantities: impl IntoIterator<Item = Option<f64>>) -> XyzClass {
    let known: Vec<f64> = quantities.into_iter().flatten().collect();
    match coefficient_of_variation(&known) {
        Some(cv) if cv <= 0.5 => XyzClass::X,
        Some(cv) if cv <= 1.0 => XyzClass::Y,
        _ => XyzClass::Z,
    }
}

fn coefficient_of_variation(values: &[f64]) -> Option<f64> {
    let mean = values.iter().sum::<f64>() / count(values.len());
    if values.len() < 2 || mean <= 0.0 {
        return None;
    }
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (count(values.len()) - 1.0)).sqrt() / mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], want: DemandClass) {
        assert_eq!(demand_class(values.iter().copied().map(Some)), want);
    }

    #[test]
    fn demand_classes() {
        check(&[5.0, 6.0, 5.0, 4.0], DemandClass::Smooth);
        check(&[1.0, 60.0, 2.0, 4.0], DemandClass::Erratic);
        check(&[1.0, 0.0, 0.0, 1.0, 0.0, 2.0], DemandClass::Intermittent);
        check(&[1.0, 0.0, 0.0, 90.0, 0.0, 2.0], DemandClass::Lumpy);
        check(&[0.0, 0.0, 7.0], DemandClass::TooFew);
        check(&[], DemandClass::TooFew);
        assert_eq!(demand_class([Some(3.0), None, None, Some(3.0)]), DemandClass::Smooth);
    }

    #[test]
    fn spend_classes() {
        use AbcClass::{A, B, C};
        assert_eq!(abc_classes(&[5.0, 70.0, 15.0, 6.0, 4.0]), [B, A, A, B, C]);
        assert_eq!(abc_classes(&[0.0, f64::NAN]), [C, C]);
        assert!(abc_classes(&[]).is_empty());
    }

    #[test]
    fn variability_classes() {
        let of = |values: &[f64]| xyz_class(values.iter().copied().map(Some));
        assert_eq!(of(&[10.0, 11.0, 9.0]), XyzClass::X);
        assert_eq!(of(&[1.0, 2.0, 6.0]), XyzClass::Y);
        assert_eq!(of(&[0.0, 0.0, 0.0, 8.0]), XyzClass::Z);
        assert_eq!(of(&[0.0, 0.0]), XyzClass::Z);
    }
}
