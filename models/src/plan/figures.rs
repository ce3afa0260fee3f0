//! Figures as they are read: money, units, time and chances.

use std::fmt::{Display, Formatter, Result};

use crate::convert::{count_to_f64, round_to_count};

/// An amount with its currency.
pub(crate) struct Money<'a> {
    pub(crate) amount: f64,
    pub(crate) currency: &'a str,
}

impl Display for Money<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:.2}", self.amount)?;
        if self.currency.is_empty() { Ok(()) } else { write!(f, " {}", self.currency) }
    }
}

/// Base units with their name.
pub(crate) struct Units<'a> {
    pub(crate) amount: f64,
    pub(crate) one: &'a str,
    pub(crate) many: &'a str,
}

impl Display for Units<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let units = self.amount;
        if units < 10.0 && (units - units.round()).abs() >= 0.05 {
            return write!(f, "{units:.1} {}", self.many);
        }
        let name = if round_to_count(units) == 1 { self.one } else { self.many };
        write!(f, "{} {name}", Grouped(units))
    }
}

/// "3 weeks".
pub(crate) struct Span {
    pub(crate) count: u32,
    pub(crate) unit: &'static str,
}

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.count, self.unit)
    }
}

/// "now" or "in 3 weeks".
pub(crate) struct When(pub(crate) Option<Span>);

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.0 {
            Some(span) => write!(f, "in {span}"),
            None => f.write_str("now"),
        }
    }
}

/// "in the 13 weeks planned".
pub(crate) struct InHorizon(pub(crate) Span);

impl Display for InHorizon {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "in the {} planned", self.0)
    }
}

/// "1,200 packs".
pub(crate) struct Packs(pub(crate) i64);

impl Display for Packs {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} pack{plural}", Grouped(count_to_f64(self.0)))
    }
}

/// A probability.
#[derive(Clone, Copy)]
pub(crate) struct Percent(pub(crate) f64);

impl Percent {
    /// As it is read: 0 below 1 %, 100 above 99 %.
    pub(crate) fn rounded(self) -> i64 {
        match 100.0 * self.0 {
            below if below < 1.0 => 0,
            above if above > 99.0 => 100,
            // Halves to even, as figures are printed.
            percent => round_to_count(percent.round_ties_even()),
        }
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.rounded() {
            0 => f.write_str("below 1 %"),
            100 => f.write_str("above 99 %"),
            percent => write!(f, "{percent} %"),
        }
    }
}

/// A whole number with commas between thousands.
pub(crate) struct Grouped(pub(crate) f64);

impl Display for Grouped {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let whole = round_to_count(self.0);
        if whole < 0 {
            f.write_str("-")?;
        }
        let rest = whole.unsigned_abs();
        let mut power = 1;
        while rest / power >= 1_000 {
            power *= 1_000;
        }
        write!(f, "{}", rest / power)?;
        while power > 1 {
            power /= 1_000;
            write!(f, ",{:03}", rest / power % 1_000)?;
        }
        Ok(())
    }
}

/// The verb for a number of units as [`Units`] writes it.
pub(crate) fn are(units: f64) -> &'static str {
    if (units - 1.0).abs() < 0.05 { "is" } else { "are" }
}

/// Units of measure that have no plural.
const MEASURES: [&str; 20] =
    ["ml", "cl", "dl", "l", "L", "mL", "ng", "ug", "mcg", "µg", "mg", "g", "kg", "IU", "MIU", "mmol", "mEq", "cm", "m", "%"];

/// The English plural of a unit: `box` -> `boxes`, `ampoule of 2 ml` -> `ampoules of 2 ml`.
pub(crate) fn plural(unit: &str) -> String {
    if MEASURES.contains(&unit) {
        return unit.to_owned();
    }
    if let Some((head, rest)) = unit.split_once(" of ") {
        return format!("{} of {rest}", plural(head));
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|end| unit.ends_with(end)) {
        return format!("{unit}es");
    }
    match unit.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_english_plurals() {
        let pairs = [
            ("tablet", "tablets"),
            ("suppository", "suppositories"),
            ("tray", "trays"),
            ("patch", "patches"),
            ("box", "boxes"),
            ("glass", "glasses"),
            ("flush", "flushes"),
            ("pair of gloves", "pairs of gloves"),
            ("ml", "ml"),
            ("mg", "mg"),
            ("g", "g"),
            ("IU", "IU"),
        ];
        for (one, many) in pairs {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn figures_read_well() {
        for (value, text) in [(1_234_567.0, "1,234,567"), (999.0, "999"), (1_000.0, "1,000"), (-12_034.0, "-12,034"), (0.0, "0")] {
            assert_eq!(Grouped(value).to_string(), text);
        }
        assert_eq!(Packs(1).to_string(), "1 pack");
        assert_eq!(Percent(0.004).to_string(), "below 1 %");
        assert_eq!(Percent(0.254).to_string(), "25 %");
        assert_eq!(Units { amount: 0.97, one: "box", many: "boxes" }.to_string(), "1 box");
    }
}
