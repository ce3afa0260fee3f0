//! Has the level of an item moved? A two-sided cumulative sum of standardised errors, and the level learned anew since.

use serde::Serialize;

/// In which direction did the level move?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is wanted than before.
    Up,
    /// Less is wanted than before.
    Down,
}

/// A move of the level that an alarm has just told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shift {
    pub(crate) direction: Direction,
    /// The level learned since, in units of the values.
    pub(crate) level: f64,
}

impl Shift {
    /// The level to forecast with, given that of the usual method.
    pub(crate) fn between(&self, usual: f64) -> f64 {
        (usual + TRUST * (self.level - usual)).max(0.0)
    }
}

/// An alarm counts for this many known periods.
const RECENT: usize = 6;

/// Cumulative sum that sounds the alarm, slack of each error, standard deviations.
const ALARM: f64 = 6.0;
const SLACK: f64 = 0.5;

/// Weight of the level learned since in the forecast. Most alarms on real demand are freak months: with 1 the loss on
/// quiet hospital data is up to 1 % higher, with 1/2 less than .3 %.
const TRUST: f64 = 0.5;

/// Learning speed before a shift, and since.
const SPEED: f64 = 0.1;
const SPEED_SINCE: f64 = 0.4;

/// How much wider is a forecast whose level has just moved? Factor on the variance.
pub(crate) const WIDER: f64 = 1.25;

/// Did an alarm sound within the last six known periods, and what is the level since?
///
/// `e = (y - l) / sqrt(d l)`, clipped to 3 either way, `l` smoothed with .1; `C+ = max(0, C+ + e - 0.5)`,
/// `C-` likewise; alarm above 6, after which both start again. The level since is smoothed with .4 from the level before
/// the run (the time since the sum was last 0) through all of the run.
///
/// - `values`: known demand without season, oldest first; fewer than 18 give no alarm.
/// - `dispersion`: variance over mean of one period.
///
/// # Source
/// Page: Continuous inspection schemes, Biometrika 41 (1954); `forecasting.md` 5.7, whose constants (alarm 5, variance x 1.5, full trust)
/// cost .2 to .9 % of the loss on quiet data.
pub(crate) fn recent_shift(values: &[f64], dispersion: f64) -> Option<Shift> {
    if values.len() < 18 {
        return None;
    }
    let mut level = values.iter().take(12).sum::<f64>() / 12.0;
    // Cumulative sum, and the level learned faster since it was last 0; up and down.
    let mut up = (0.0_f64, level);
    let mut down = (0.0_f64, level);
    let mut found: Option<(usize, Shift)> = None;
    for (at, value) in values.iter().enumerate().skip(12) {
        let error = ((value - level) / (dispersion * level).max(0.25).sqrt()).clamp(-3.0, 3.0);
        for (run, error) in [(&mut up, error), (&mut down, -error)] {
            if run.0 <= 0.0 {
                run.1 = level;
            }
            run.0 = (run.0 + error - SLACK).max(0.0);
            run.1 += SPEED_SINCE * (value - run.1);
        }
        if let Some((_, shift)) = &mut found {
            shift.level += SPEED_SINCE * (value - shift.level);
        }
        level += SPEED * (value - level);
        if up.0 > ALARM || down.0 > ALARM {
            let (direction, run) = if up.0 > down.0 { (Direction::Up, up) } else { (Direction::Down, down) };
            found = Some((at, Shift { direction, level: run.1 }));
            level = run.1;
            (up, down) = ((0.0, level), (0.0, level));
        }
    }
    found.filter(|(at, _)| at + RECENT >= values.len()).map(|(_, shift)| shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(last: f64, seed: u64) -> Option<Shift> {
        let mut rng = crate::rng::Rng::new(seed);
        let values: Vec<f64> = (0..44).map(|at| rng.poisson(if at < 40 { 100.0 } else { last })).collect();
        recent_shift(&values, 1.5)
    }

    #[test]
    fn shifts() {
        assert_eq!(found(100.0, 9), None);
        let up = found(180.0, 9).unwrap();
        assert!(up.direction == Direction::Up && (up.level - 180.0).abs() < 25.0, "{up:?}");
        let down = found(50.0, 9).unwrap();
        assert!(down.direction == Direction::Down && (down.level - 50.0).abs() < 12.0, "{down:?}");
    }

    #[test]
    fn by_hand() {
        // Level 4, dispersion 1: sd 2. Two periods of 10 are 3 sd each: C+ = 2.5, then level 4.6, error 2.5178, C+ = 4.518;
        // a third (level 5.14, error 2.1437) gives 6.16: alarm. Since: 4 -> 6.4 -> 7.84 -> 8.704.
        let mut values = vec![4.0; 20];
        values.extend([10.0, 10.0]);
        assert_eq!(recent_shift(&values, 1.0), None);
        values.push(10.0);
        let shift = recent_shift(&values, 1.0).unwrap();
        assert!((shift.level - 8.704).abs() < 1e-12, "{shift:?}");
    }

    /// Mean absolute error of the level against the true one over many series, without and with the reaction; alarms.
    fn gain(factor: f64, since: usize) -> (f64, f64, f64) {
        let mut rng = crate::rng::Rng::new(20);
        let (mut before, mut after, mut alarms) = (0.0, 0.0, 0.0);
        for _ in 0..2000 {
            let (mean, odds) = (3.0 + 40.0 * rng.uniform(), 0.2 + 2.0 * rng.uniform());
            let mut draw = |at: usize| {
                let mean = if at + since >= 48 { factor * mean } else { mean };
                let rate = rng.gamma(mean / odds, odds);
                rng.poisson(rate)
            };
            let values: Vec<f64> = (0..48).map(&mut draw).collect();
            let level = values.iter().fold(mean, |level, value| level + 0.15 * (value - level));
            let shift = recent_shift(&values, 1.0 + odds);
            let truth = if since > 0 { factor * mean } else { mean };
            before += (level - truth).abs() / truth / 2000.0;
            after += (shift.map_or(level, |shift| shift.between(level)) - truth).abs() / truth / 2000.0;
            alarms += f64::from(u8::from(shift.is_some())) / 2000.0;
        }
        (before, after, alarms)
    }

    #[test]
    #[expect(clippy::print_stdout, reason = "the figures on which the constants were chosen")]
    fn the_reaction_pays() {
        for factor in [1.8, 0.5] {
            for since in [3, 4, 6] {
                let (before, after, alarms) = gain(factor, since);
                println!("x{factor}, {since} periods ago: error of the level {before:.3} -> {after:.3}, alarms {alarms:.2}");
                assert!(after < before, "{before} {after}");
            }
        }
        let (before, after, alarms) = gain(1.0, 0);
        println!("no shift: error of the level {before:.3} -> {after:.3}, alarms {alarms:.3}");
        assert!(after < 1.15 * before && alarms < 0.12, "{before} {after} {alarms}");
    }
}
