//! An explanation in words for a pharmacist: every figure with its unit, no terms of the solver.

use super::input::{Instance, Item, Supplier};
use super::output::{Drivers, Reason, WhatIf};
use crate::convert::{count_to_f64, index_to_period, length_to_f64, round_to_count};

struct Words<'a> {
    instance: &'a Instance,
    name: &'a str,
    unit: &'a str,
    supplier: &'a str,
}

/// One short paragraph about a line, or about an item held back.
pub(crate) fn paragraph(
    instance: &Instance,
    (item, supplier): (&Item, &Supplier),
    period: usize,
    reason: Reason,
    drivers: &Drivers,
) -> String {
    let words = Words {
        instance,
        name: item.name.as_ref().unwrap_or(&item.id),
        unit: item.base_unit.as_deref().unwrap_or("unit"),
        supplier: supplier.name.as_ref().unwrap_or(&supplier.id),
    };
    let period = index_to_period(period);
    let parts = [
        words.opening(period, drivers),
        words.situation(drivers),
        Words::chance(drivers),
        words.cause(reason, drivers),
        words.alternatives(drivers),
        words.expiry(drivers),
    ];
    let filled: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    filled.join(" ")
}

impl Words<'_> {
    fn money(&self, amount: f64) -> String {
        format!("{amount:.2} {}", self.instance.currency).trim_end().to_owned()
    }

    fn units(&self, units: f64) -> String {
        let whole = units >= 10.0 || (units - units.round()).abs() < 0.05;
        let figure = if whole { group(units) } else { format!("{units:.1}") };
        let name = if figure == "1" { self.unit.to_owned() } else { plural(self.unit) };
        format!("{figure} {name}")
    }

    fn count(&self, units: i64) -> String {
        self.units(count_to_f64(units))
    }

    fn span(&self, periods: u32) -> String {
        let (count, unit) = match self.instance.period_days {
            7 => (periods, "week"),
            days => (periods.saturating_mul(days), "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {unit}{plural}")
    }

    /// "now" or "in 3 weeks".
    fn when(&self, period: u32) -> String {
        if period == 0 { "now".to_owned() } else { format!("in {}", self.span(period)) }
    }

    fn opening(&self, period: u32, d: &Drivers) -> String {
        let when = self.when(period);
        if d.packs == 0 {
            return format!("{} is not ordered {when} from {}, although it would be worth it.", self.name, self.supplier);
        }
        let start = if period == 0 && !self.instance.start.is_empty() { format!(" ({})", self.instance.start) } else { String::new() };
        format!(
            "Order {} of {} ({}) of {} from {} {when}{start}, for {}.",
            packs(d.packs),
            self.count(d.units_per_pack),
            self.count(d.units),
            self.name,
            self.supplier,
            self.money(d.purchase)
        )
    }

    fn situation(&self, d: &Drivers) -> String {
        let mut have = format!("There {} {} at hand", are(count_to_f64(d.on_hand)), self.count(d.on_hand));
        if let Some(period) = d.expires_period {
            let within = self.span(period.saturating_add(1));
            have = format!("{have} (about {} will expire unused within {within})", self.count(d.expires_before_next));
        }
        if d.on_order > 0 {
            have = format!("{have}, {} on order", self.count(d.on_order));
        }
        if d.planned_before > 0 {
            let planned = self.count(d.planned_before);
            have = format!("{have}, {planned} planned in other orders");
        }
        let used = d.forecast_until_next_arrival;
        format!("{have}; {} {} expected to be used {}.", self.units(used), are(used), self.until(d))
    }

    /// The time until the next order after this one could arrive.
    fn until(&self, d: &Drivers) -> String {
        if d.next_arrival_period >= self.instance.periods {
            return self.in_horizon();
        }
        let span = self.span(d.next_arrival_period);
        format!("before the next order after this one could arrive (in {span})")
    }

    fn chance(d: &Drivers) -> String {
        let without = percent(d.stockout_probability_without);
        let early = d.stockout_probability_before_arrival;
        let before = if early >= 0.05 {
            let early = percent(early);
            format!("The chance of running out before it can arrive is {early}. ")
        } else {
            String::new()
        };
        let since = if before.is_empty() { "before the next one could arrive" } else { "after that, before the next one could arrive," };
        if d.packs == 0 {
            return format!("{before}The chance of running out {since} is {without}.");
        }
        let with = percent(d.stockout_probability_with);
        let chance = if with == without {
            format!("The chance of running out {since} is {with} with or without this order.")
        } else if d.stockout_probability_with >= 0.5 {
            format!("Even with this order the chance of running out {since} stays at {with}; without it, it is {without}.")
        } else {
            format!("Without this order the chance of running out {since} is {without}; with it {with}.")
        };
        let cover = group(d.cover_days_after.floor());
        format!("{before}{chance} Once it has arrived, the stock lasts about {cover} days.")
    }

    fn cause(&self, reason: Reason, d: &Drivers) -> String {
        match reason {
            Reason::BudgetLimited | Reason::StorageLimited => self.limited(d),
            Reason::ProjectedShortage if d.expiry_makes_it_short() => {
                "Why now: without the part that expires, the stock does not last until the next delivery.".to_owned()
            }
            Reason::ProjectedShortage => match d.shortage_period_without {
                Some(0) => "Why now: the stock does not cover this period's demand.".to_owned(),
                Some(period) => format!("Why now: without it, expected use empties the stock {}.", self.when(period)),
                None => "Why now: the stock would be too low for an unusually busy time before \
                         the next delivery."
                    .to_owned(),
            },
            Reason::JoinsPaidOrder => self.joins(d),
            Reason::ExpiryCaps => "Why not more: a larger order would partly expire.".to_owned(),
            Reason::CheaperSupplier => {
                format!("Why here: it is {} cheaper per {} than the next offer.", self.money(d.cheaper_by.unwrap_or(0.0)), self.unit)
            }
            Reason::MoqOrMinValue => "Why this many: the minimum order of the supplier asks for it.".to_owned(),
        }
    }

    fn joins(&self, d: &Drivers) -> String {
        let start = format!("Why now: an order to {} is placed anyway", self.supplier);
        let risk = percent(d.stockout_probability_until_planned);
        match d.next_planned_arrival_period {
            _ if d.stockout_probability_until_planned < 0.01 => format!("{start}, so this line costs no extra order."),
            Some(period) => format!(
                "{start}; without this line, the chance of running out before its next one arrives ({}) is {risk}.",
                self.when(period)
            ),
            None => format!(
                "{start} and no later one is planned; without this line, the chance of running out {} is {risk}.",
                self.in_horizon()
            ),
        }
    }

    /// "in the 13 weeks planned".
    fn in_horizon(&self) -> String {
        format!("in the {} planned", self.span(self.instance.periods))
    }

    fn limited(&self, d: &Drivers) -> String {
        let Some(limit) = &d.binding_limit else {
            return String::new();
        };
        let asked = packs(d.asked_packs.unwrap_or(d.packs));
        let what = match limit.limit.strip_prefix("storage:") {
            Some(class) => format!("the {class} storage ({})", self.at(limit.period)),
            None => format!("the budget ({})", self.at(limit.period)),
        };
        let value = if limit.price <= 1e-6 {
            String::new()
        } else if limit.limit == "budget" {
            let avoided = self.money(100.0 * limit.price);
            format!(" Each {} more in that budget would avoid about {avoided} of cost and shortage.", self.money(100.0))
        } else {
            let avoided = self.money(limit.price);
            format!(" Each litre more there would avoid about {avoided} of cost and shortage.")
        };
        format!("{asked} would be ordered if {what} allowed it.{value}")
    }

    fn at(&self, period: u32) -> String {
        let unit = if self.instance.period_days == 7 { "week" } else { "period" };
        format!("{unit} {}", period.saturating_add(1))
    }

    fn alternatives(&self, d: &Drivers) -> String {
        let mut parts = Vec::new();
        if let Some(more) = &d.one_pack_more {
            parts.push(format!("One pack more {}", self.what_if(more)));
        }
        if let Some(less) = &d.one_pack_less {
            let start = if parts.is_empty() { "One" } else { "one" };
            parts.push(format!("{start} pack less {}", self.what_if(less)));
        }
        if d.packs == 0 || parts.is_empty() {
            return String::new();
        }
        format!("{}.", parts.join("; "))
    }

    fn what_if(&self, what: &WhatIf) -> String {
        let change = if what.cost_change >= 0.0 {
            format!("would cost {} more overall", self.money(what.cost_change))
        } else {
            format!("would save {} overall", self.money(-what.cost_change))
        };
        let stockout = percent(what.stockout_probability);
        format!("{change} (chance of running out {stockout})")
    }

    fn expiry(&self, d: &Drivers) -> String {
        if d.expiry_risk_units < 0.5 {
            return String::new();
        }
        let risk = self.units(d.expiry_risk_units.round());
        format!("About {risk} of it may expire before use.")
    }
}

/// The verb for a number of units as [`Words::units`] writes it.
fn are(units: f64) -> &'static str {
    if (units - 1.0).abs() < 0.05 { "is" } else { "are" }
}

/// Units of measure that have no plural.
const MEASURES: [&str; 20] =
    ["ml", "cl", "dl", "l", "L", "mL", "ng", "ug", "mcg", "µg", "mg", "g", "kg", "IU", "MIU", "mmol", "mEq", "cm", "m", "%"];

/// The English plural of a unit: `box` -> `boxes`, `ampoule of 2 ml` -> `ampoules of 2 ml`.
fn plural(unit: &str) -> String {
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

fn packs(count: i64) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} pack{plural}", group(count_to_f64(count)))
}

fn percent(probability: f64) -> String {
    let percent = 100.0 * probability;
    if percent < 1.0 {
        "below 1 %".to_owned()
    } else if percent > 99.0 {
        "above 99 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
}

/// A whole number with commas between thousands.
fn group(value: f64) -> String {
    let digits = round_to_count(value).to_string();
    let mut out = String::with_capacity(digits.len() + 4);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    debug_assert!(length_to_f64(out.len()) > 0.0);
    out
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
        assert_eq!(group(1_234_567.0), "1,234,567");
        assert_eq!(group(999.0), "999");
        assert_eq!(packs(1), "1 pack");
        assert_eq!(percent(0.004), "below 1 %");
        assert_eq!(percent(0.254), "25 %");
    }
}
