//! What sensors make us believe: an estimate with an interval, a confidence, and reasons in words. Pure.

pub mod level;
pub mod weight;

/// How far an estimate can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Ask for a count.
    Low,
    /// Good enough to look at.
    Medium,
    /// Good enough to count on.
    High,
}

impl Confidence {
    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What is believed of a stock point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Most likely base units.
    pub units: i64,
    /// Low end of the 90 % interval.
    pub low: i64,
    /// High end of the 90 % interval.
    pub high: i64,
    /// How far it can be trusted.
    pub confidence: Confidence,
    /// Why, in words.
    pub reasons: Vec<String>,
}

impl Estimate {
    /// Lowers the confidence where a reading is old or its time is not known.
    ///
    /// - `age_s`: seconds between the reading and now; negative counts as 0.
    /// - `quality`: the record's result code; empty when it was good.
    #[must_use]
    pub fn aged(mut self, age_s: i64, quality: &str) -> Self {
        const OLD_S: i64 = 15 * 60;
        const VERY_OLD_S: i64 = 24 * 3_600;
        if age_s > OLD_S {
            self.limit(if age_s > VERY_OLD_S { Confidence::Low } else { Confidence::Medium });
            let age = if age_s > 2 * 3_600 { format!("{} hours", age_s / 3_600) } else { format!("{} minutes", age_s / 60) };
            self.reasons.push(format!("the reading was {age} old when it arrived"));
        }
        if !quality.is_empty() {
            self.limit(Confidence::Medium);
            self.reasons.push("the device gave no usable time, so the time of receipt stands in".into());
        }
        self
    }

    fn limit(&mut self, most: Confidence) {
        self.confidence = self.confidence.min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(age_s: i64, quality: &str, want: Confidence) {
        let fresh = Estimate { units: 1, low: 1, high: 1, confidence: Confidence::High, reasons: Vec::new() };
        assert_eq!(fresh.aged(age_s, quality).confidence, want);
    }

    #[test]
    fn age_and_doubt_lower_confidence() {
        check(-5, "", Confidence::High);
        check(900, "", Confidence::High);
        check(901, "", Confidence::Medium);
        check(90_000, "", Confidence::Low);
        check(0, "future_timestamp", Confidence::Medium);
    }
}
