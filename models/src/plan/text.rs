//! An explanation in words for a pharmacist: every figure with its unit, no terms of the solver.

use std::fmt::{Arguments, Write};

use super::figures::{Grouped, InHorizon, Money, Packs, Percent, Span, Units, When, are, plural};
use super::input::{Due, Instance, Item, Supplier};
use super::output::{Drivers, Reason, WhatIf};
use crate::convert::{count_to_f64, index_to_period};

/// Expected missing units from which a faster delivery is worth a sentence.
const RUSH_UNITS_MIN: f64 = 0.5;

/// The text so far. Parts are written into one string: there are as many texts as lines.
struct Text<'a> {
    out: String,
    words: &'a Words<'a>,
}

/// The names a text uses.
pub(crate) struct Words<'a> {
    instance: &'a Instance,
    pub(crate) name: &'a str,
    unit: &'a str,
    plural: String,
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
    let words = Words { supplier: supplier.name.as_ref().unwrap_or(&supplier.id), ..Words::new(instance, item) };
    let mut text = Text { out: String::with_capacity(1_024), words: &words };
    text.opening(index_to_period(period), drivers);
    if let Some(due) = item.due.as_ref().filter(|_| period == 0 && drivers.packs > 0) {
        text.due(due, (item, supplier));
    }
    text.situation(drivers);
    text.chance(drivers);
    text.cause(reason, drivers);
    text.alternatives(drivers);
    text.expiry(drivers);
    // A copy of just its size: texts cut short in their place leave holes, a hundred megabytes of them in a large plan.
    text.out.as_str().to_owned()
}

impl Text<'_> {
    fn add(&mut self, words: Arguments<'_>) {
        // Writing into a string can't fail.
        self.out.write_fmt(words).unwrap_or_default();
    }

    /// The start of a new sentence.
    fn sentence(&mut self, words: Arguments<'_>) {
        if !self.out.is_empty() {
            self.out.push(' ');
        }
        self.add(words);
    }

    fn opening(&mut self, period: u32, d: &Drivers) {
        let words = self.words;
        let when = words.when(period);
        if d.packs == 0 {
            let (name, supplier) = (words.name, words.supplier);
            self.sentence(format_args!("{name} is not ordered {when} from {supplier}, although it would be worth it."));
            return;
        }
        self.sentence(format_args!(
            "Order {} of {} ({}) of {} from {} {when}",
            Packs(d.packs),
            words.count(d.units_per_pack),
            words.count(d.units),
            words.name,
            words.supplier
        ));
        if period == 0 && !words.instance.start.is_empty() {
            self.add(format_args!(" ({})", words.instance.start));
        }
        self.add(format_args!(", for {}.", words.money(d.purchase)));
    }

    /// Why today, or why not yet: the position against the item's own levels.
    fn due(&mut self, due: &Due, (item, supplier): (&Item, &Supplier)) {
        let words = self.words;
        let (position, up_to) = (words.count(due.position), words.units(due.up_to_level));
        let level = due.reorder_level.map_or_else(|| words.units(0.0), |level| words.units(level));
        match due.days_to_reorder {
            _ if due.packs > 0 => self.sentence(format_args!(
                "It is due today: {position} on hand and on order are at or below the reorder level of {level}, and it is ordered \
                 up to about {up_to}."
            )),
            Some(days) => self.sentence(format_args!(
                "It is not due today: {position} on hand and on order reach the reorder level of {level} in about {} days.",
                Grouped(days.ceil())
            )),
            None => self.sentence(format_args!("It is not due today: {position} are on hand and on order.")),
        }
        self.rush(due, item, supplier);
    }

    /// What may be missing before anything can arrive, and whether a rush delivery pays.
    fn rush(&mut self, due: &Due, item: &Item, supplier: &Supplier) {
        let words = self.words;
        let loss = due.short_before_delivery * item.shortage_cost;
        if due.short_before_delivery < RUSH_UNITS_MIN {
            return;
        }
        let (missing, worth) = (words.units(due.short_before_delivery), words.money(loss));
        match supplier.rush_cost {
            Some(cost) if loss > cost => self.sentence(format_args!(
                "Ask for a rush delivery: about {missing} may be missing before the next one, which counts as {worth}; the rush costs {}.",
                words.money(cost)
            )),
            Some(_) => {}
            None => self.sentence(format_args!(
                "About {missing} may be missing before the next delivery; a faster one pays if it costs less than {worth}."
            )),
        }
    }

    fn situation(&mut self, d: &Drivers) {
        let words = self.words;
        self.sentence(format_args!("There {} {} at hand", are(count_to_f64(d.on_hand)), words.count(d.on_hand)));
        if let Some(period) = d.expires_period {
            let within = words.span(period.saturating_add(1));
            self.add(format_args!(" (about {} will expire unused within {within})", words.count(d.expires_before_next)));
        }
        if d.on_order > 0 {
            self.add(format_args!(", {} on order", words.count(d.on_order)));
        }
        if d.planned_before > 0 {
            self.add(format_args!(", {} planned in other orders", words.count(d.planned_before)));
        }
        let used = d.forecast_until_next_arrival;
        self.add(format_args!("; {} {} expected to be used ", words.units(used), are(used)));
        // The time until the next order after this one could arrive.
        if d.next_arrival_period >= words.instance.periods {
            self.add(format_args!("{}.", words.in_horizon()));
        } else {
            let span = words.span(d.next_arrival_period);
            self.add(format_args!("before the next order after this one could arrive (in {span})."));
        }
    }

    fn chance(&mut self, d: &Drivers) {
        let without = Percent(d.stockout_probability_without);
        let early = d.stockout_probability_before_arrival;
        let since = if early >= 0.05 {
            self.sentence(format_args!("The chance of running out before it can arrive is {}.", Percent(early)));
            "after that, before the next one could arrive,"
        } else {
            "before the next one could arrive"
        };
        if d.packs == 0 {
            self.sentence(format_args!("The chance of running out {since} is {without}."));
            return;
        }
        let with = Percent(d.stockout_probability_with);
        if with.rounded() == without.rounded() {
            self.sentence(format_args!("The chance of running out {since} is {with} with or without this order."));
        } else if d.stockout_probability_with >= 0.5 {
            self.sentence(format_args!(
                "Even with this order the chance of running out {since} stays at {with}; without it, it is {without}."
            ));
        } else {
            self.sentence(format_args!("Without this order the chance of running out {since} is {without}; with it {with}."));
        }
        let cover = Grouped(d.cover_days_after.floor());
        self.sentence(format_args!("Once it has arrived, the stock lasts about {cover} days."));
    }

    fn cause(&mut self, reason: Reason, d: &Drivers) {
        let words = self.words;
        match reason {
            Reason::BudgetLimited | Reason::StorageLimited => self.limited(d),
            Reason::ProjectedShortage if d.expiry_makes_it_short() => {
                self.sentence(format_args!("Why now: without the part that expires, the stock does not last until the next delivery."));
            }
            Reason::ProjectedShortage => match d.shortage_period_without {
                Some(0) => self.sentence(format_args!("Why now: the stock does not cover this period's demand.")),
                Some(period) => self.sentence(format_args!("Why now: without it, expected use empties the stock {}.", words.when(period))),
                None => self.sentence(format_args!(
                    "Why now: the stock would be too low for an unusually busy time before \
                     the next delivery."
                )),
            },
            Reason::JoinsPaidOrder => self.joins(d),
            Reason::ExpiryCaps => self.sentence(format_args!("Why not more: a larger order would partly expire.")),
            Reason::CheaperSupplier => {
                let cheaper = words.money(d.cheaper_by.unwrap_or(0.0));
                self.sentence(format_args!("Why here: it is {cheaper} cheaper per {} than the next offer.", words.unit));
            }
            // These stand at moves and substitutions, not at order lines.
            Reason::TransferInstead | Reason::SubstituteAvailable => {}
            Reason::MoqOrMinValue => self.sentence(format_args!("Why this many: the minimum order of the supplier asks for it.")),
        }
    }

    fn joins(&mut self, d: &Drivers) {
        let words = self.words;
        let risk = Percent(d.stockout_probability_until_planned);
        self.sentence(format_args!("Why now: an order to {} is placed anyway", words.supplier));
        match d.next_planned_arrival_period {
            _ if d.stockout_probability_until_planned < 0.01 => self.add(format_args!(", so this line costs no extra order.")),
            Some(period) => {
                let when = words.when(period);
                self.add(format_args!("; without this line, the chance of running out before its next one arrives ({when}) is {risk}."));
            }
            None => {
                let in_horizon = words.in_horizon();
                self.add(format_args!(
                    " and no later one is planned; without this line, the chance of running out {in_horizon} is {risk}."
                ));
            }
        }
    }

    fn limited(&mut self, d: &Drivers) {
        let words = self.words;
        let Some(limit) = &d.binding_limit else {
            return;
        };
        let asked = Packs(d.asked_packs.unwrap_or(d.packs));
        let unit = if words.instance.period_days == 7 { "week" } else { "period" };
        let at = limit.period.saturating_add(1);
        match limit.limit.strip_prefix("storage:") {
            Some(class) => self.sentence(format_args!("{asked} would be ordered if the {class} storage ({unit} {at}) allowed it.")),
            None => self.sentence(format_args!("{asked} would be ordered if the budget ({unit} {at}) allowed it.")),
        }
        if limit.price <= 1e-6 {
            return;
        }
        if limit.limit == "budget" {
            let (more, avoided) = (words.money(100.0), words.money(100.0 * limit.price));
            self.sentence(format_args!("Each {more} more in that budget would avoid about {avoided} of cost and shortage."));
        } else {
            let avoided = words.money(limit.price);
            self.sentence(format_args!("Each litre more there would avoid about {avoided} of cost and shortage."));
        }
    }

    fn alternatives(&mut self, d: &Drivers) {
        if d.packs == 0 {
            return;
        }
        if let Some(more) = &d.one_pack_more {
            self.sentence(format_args!("One pack more "));
            self.what_if(more);
        }
        if let Some(less) = &d.one_pack_less {
            if d.one_pack_more.is_some() {
                self.add(format_args!("; one pack less "));
            } else {
                self.sentence(format_args!("One pack less "));
            }
            self.what_if(less);
        }
        if d.one_pack_more.is_some() || d.one_pack_less.is_some() {
            self.out.push('.');
        }
    }

    fn what_if(&mut self, what: &WhatIf) {
        let money = self.words.money(what.cost_change.abs());
        let stockout = Percent(what.stockout_probability);
        if what.cost_change >= 0.0 {
            self.add(format_args!("would cost {money} more overall (chance of running out {stockout})"));
        } else {
            self.add(format_args!("would save {money} overall (chance of running out {stockout})"));
        }
    }

    fn expiry(&mut self, d: &Drivers) {
        if d.expiry_risk_units >= 0.5 {
            let risk = self.words.units(d.expiry_risk_units.round());
            self.sentence(format_args!("About {risk} of it may expire before use."));
        }
    }
}

impl<'a> Words<'a> {
    /// Of an item, without a supplier.
    pub(crate) fn new(instance: &'a Instance, item: &'a Item) -> Self {
        let unit = item.base_unit.as_deref().unwrap_or("unit");
        Self { instance, name: item.name.as_ref().unwrap_or(&item.id), unit, plural: plural(unit), supplier: "" }
    }
}

impl Words<'_> {
    pub(crate) fn money(&self, amount: f64) -> Money<'_> {
        Money { amount, currency: &self.instance.currency }
    }

    pub(crate) fn units(&self, units: f64) -> Units<'_> {
        Units { count: units, one: self.unit, many: &self.plural }
    }

    pub(crate) fn count(&self, units: i64) -> Units<'_> {
        self.units(count_to_f64(units))
    }

    fn span(&self, periods: u32) -> Span {
        match self.instance.period_days {
            7 => Span { count: periods, unit: "week" },
            days => Span { count: periods.saturating_mul(days), unit: "day" },
        }
    }

    pub(crate) fn when(&self, period: u32) -> When {
        When((period > 0).then(|| self.span(period)))
    }

    fn in_horizon(&self) -> InHorizon {
        InHorizon(self.span(self.instance.periods))
    }
}
