//! Has the level of an item moved? A two-sided cumulative sum of standardised errors.

use serde::Serialize;

use super::censored::Observed;

/// In which direction did the level move?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is wanted than before.
    Up,
    /// Less is wanted than before.
    Down,
}

/// Did an alarm sound within the last six known periods?
///
/// `e = (y - l) / sqrt(d l)`, clipped to 3 either way, `l` smoothed with .1; `C+ = max(0, C+ + e - 0.5)`,
/// `C-` likewise; alarm above 5, after which both start again. It only warns: no forecast changes by it.
///
/// # Source
/// Page: Continuous inspection schemes, Biometrika 41 (1954); constants of `forecasting.md` 5.7, not yet tuned.
pub(crate) fn recent_shift(observed: &Observed, dispersion: f64) -> Option<Direction> {
    let values: Vec<f64> = observed.pairs().map(|(value, _)| value).collect();
    if values.len() < 18 {
        return None;
    }
    let mut level = values.iter().take(12).sum::<f64>() / 12.0;
    let (mut up, mut down) = (0.0_f64, 0.0_f64);
    let mut found = None;
    for (at, value) in values.iter().enumerate().skip(12) {
        let error = ((value - level) / (dispersion * level).max(0.25).sqrt()).clamp(-3.0, 3.0);
        up = (up + error - 0.5).max(0.0);
        down = (down - error - 0.5).max(0.0);
        level += 0.1 * (value - level);
        if up > 5.0 || down > 5.0 {
            let direction = if up > down { Direction::Up } else { Direction::Down };
            found = (at + 6 >= values.len()).then_some(direction);
            (up, down) = (0.0, 0.0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::{PeriodDemand, PeriodLength, Series};

    #[track_caller]
    fn check(last: f64, want: Option<Direction>) {
        let mut rng = crate::rng::Rng::new(9);
        let mean = |at: usize| if at < 40 { 100.0 } else { last };
        let periods = (0..44).map(|at| PeriodDemand::known(rng.poisson(mean(at)))).collect();
        let series = Series::new("s", None, PeriodLength::Week, 0, periods).unwrap();
        assert_eq!(recent_shift(&Observed::of(&series), 1.5), want);
    }

    #[test]
    fn shifts() {
        check(100.0, None);
        check(180.0, Some(Direction::Up));
        check(50.0, Some(Direction::Down));
    }
}
