//! Moves and substitutions on the wire, each with its reason in words; order lines say what moves beside them.
#![expect(clippy::indexing_slicing, reason = "all arrays have one entry per period, item or way of the same model")]

use std::collections::HashMap;
use std::fmt::{Arguments, Write};

use super::super::input::Item;
use super::super::model::Model;
use super::super::output::{Planned, Reason, Substitution, TransferOrder};
use super::super::text::Words;
use super::flows::Flows;
use super::polish::Plan;
use super::walk::{Figures, walk};
use super::{Lane, StandIn};
use crate::convert::{count_to_f64, index_to_period, period_to_index};

/// Units from which a difference is worth a sentence.
const WORTH_TELLING: f64 = 0.5;

/// Fills `transfers` and `substitutions`, and adds to the texts of lines.
pub(super) fn describe_flows(plan: &Plan<'_>, planned: &mut Planned) {
    let (model, instance) = (plan.model, plan.model.instance);
    for t in 0..model.periods {
        for (l, lane) in model.links.lanes.iter().enumerate().filter(|(l, _)| plan.flows.moves[*l][t] > 0) {
            let units = plan.flows.moves[l][t];
            let without = Without::new(plan, lane.from, |flows| flows.moves[l][t] = 0);
            planned.transfers.push(TransferOrder {
                from: instance.items[lane.from].id.clone(),
                to: instance.items[lane.to].id.clone(),
                period: index_to_period(t),
                units,
                reason: Reason::TransferInstead,
                text: why_move(model, lane, (t, units), &without),
            });
        }
        for (s, pair) in model.links.stand_ins.iter().enumerate().filter(|(s, _)| plan.flows.given[*s][t] > 0) {
            let units = plan.flows.given[s][t];
            let without = Without::new(plan, pair.item, |flows| flows.given[s][t] = 0);
            planned.substitutions.push(Substitution {
                item: instance.items[pair.item].id.clone(),
                substitute: instance.items[pair.substitute].id.clone(),
                period: index_to_period(t),
                units,
                reason: Reason::SubstituteAvailable,
                text: why_given(model, pair, (t, units), &without),
            });
        }
    }
    add_to_lines(plan, planned);
}

/// The plan with one flow left out, packs as they are.
struct Without<'a> {
    plan: &'a Plan<'a>,
    component: usize,
    figures: Vec<Figures>,
    /// Money the plan costs more.
    dearer: f64,
}

impl<'a> Without<'a> {
    fn new(plan: &'a Plan<'a>, item: usize, change: impl Fn(&mut Flows)) -> Self {
        let components = &plan.model.links.components;
        let component = components.iter().position(|c| c.items.contains(&item)).unwrap_or(0);
        let mut flows = plan.flows.clone();
        change(&mut flows);
        let walked = walk(plan.model, &components[component], &plan.packs, &mut flows);
        Self { plan, component, dearer: walked.steering() - plan.walked[component].steering(), figures: walked.figures }
    }

    /// Units more of a figure of an item, and the first period in which it is more.
    fn more(&self, item: usize, figure: impl Fn(&Figures) -> &[f64]) -> (f64, Option<usize>) {
        let items = &self.plan.model.links.components[self.component].items;
        let place = items.iter().position(|&i| i == item).unwrap_or(0);
        let (with, without) = (figure(&self.plan.walked[self.component].figures[place]), figure(&self.figures[place]));
        let more: Vec<f64> = without.iter().zip(with).map(|(without, with)| without - with).collect();
        (more.iter().sum(), more.iter().position(|&units| units > 1e-6))
    }
}

/// The next sentence.
fn say(text: &mut String, words: Arguments<'_>) {
    // Writing into a string can't fail.
    text.write_fmt(words).unwrap_or_default();
}

fn place(item: &Item) -> &str {
    item.place.as_deref().unwrap_or(&item.id)
}

fn why_move(model: &Model<'_>, lane: &Lane, (t, units): (usize, i64), without: &Without<'_>) -> String {
    let instance = model.instance;
    let (from, to) = (&instance.items[lane.from], &instance.items[lane.to]);
    let words = Words::new(instance, from);
    let (here, there) = (place(from), place(to));
    let mut text = format!("Move {} of {} from {here} to {there} {}.", words.count(units), words.name, words.when(index_to_period(t)));
    let (expired, when) = without.more(lane.from, |figures| &figures.disposed);
    if let Some(period) = when.filter(|_| expired >= WORTH_TELLING) {
        let when = words.when(index_to_period(period + 1));
        say(&mut text, format_args!(" Left in {here}, about {} would expire unused {when}.", words.units(expired)));
    }
    let (missing, when) = without.more(lane.to, |figures| &figures.unmet);
    if let Some(period) = when.filter(|_| missing >= WORTH_TELLING) {
        let when = words.when(index_to_period(period));
        say(&mut text, format_args!(" Without the move, {there} would run short {when}: about {} would be missing.", words.units(missing)));
    }
    let prices = model.items[lane.to].offers.iter().map(|&k| model.offers[k].price / model.offers[k].units);
    let price = prices.fold(f64::INFINITY, f64::min);
    if price.is_finite() {
        let bought = words.money(price * count_to_f64(units));
        say(
            &mut text,
            format_args!(
                " Buying as many for {there} would cost {bought}; moving them costs {}.",
                words.money(lane.cost * count_to_f64(units))
            ),
        );
    } else {
        say(&mut text, format_args!(" No supplier delivers to {there}."));
    }
    if without.dearer > 0.005 && expired < WORTH_TELLING && missing < WORTH_TELLING {
        say(
            &mut text,
            format_args!(" Without the move, the plan would cost {} more, shortage risk included.", words.money(without.dearer)),
        );
    }
    text
}

fn why_given(model: &Model<'_>, pair: &StandIn, (t, units): (usize, i64), without: &Without<'_>) -> String {
    let instance = model.instance;
    let (item, other) = (Words::new(instance, &instance.items[pair.item]), Words::new(instance, &instance.items[pair.substitute]));
    let given = other.units(pair.ratio * count_to_f64(units));
    let when = item.when(index_to_period(t));
    let mut text = format!("Give {given} of {} for {} of {} {when}.", other.name, item.count(units), item.name);
    let (missing, _) = without.more(pair.item, |figures| &figures.unmet);
    if missing >= WORTH_TELLING {
        say(&mut text, format_args!(" Without it, about {} of {} would be missing.", item.units(missing), item.name));
    }
    let (expired, _) = without.more(pair.substitute, |figures| &figures.disposed);
    if expired >= WORTH_TELLING {
        say(&mut text, format_args!(" About {} of {} would expire unused.", other.units(expired), other.name));
    }
    if without.dearer > 0.005 {
        say(&mut text, format_args!(" Without it, the plan would cost {} more, shortage included.", item.money(without.dearer)));
    }
    text
}

/// Lines of items that something is moved to or from, or that stand in, say so.
fn add_to_lines(plan: &Plan<'_>, planned: &mut Planned) {
    let (model, instance) = (plan.model, plan.model.instance);
    let mut sentences: Vec<(usize, usize, String)> = Vec::new();
    for (lane, moves) in model.links.lanes.iter().zip(&plan.flows.moves) {
        let (from, to) = (&instance.items[lane.from], &instance.items[lane.to]);
        let words = Words::new(instance, from);
        for (t, &units) in moves.iter().enumerate().filter(|flow| *flow.1 > 0) {
            let (count, when) = (words.count(units), words.when(index_to_period(t)));
            sentences.push((lane.from, t, format!(" {count} are moved to {} {when}, and counted as used.", place(to))));
            let arrives = words.when(index_to_period(t + lane.lead));
            let text = format!(" {count} come from {} {arrives}, counted as on order: so many fewer are bought.", place(from));
            sentences.push((lane.to, t + lane.lead, text));
        }
    }
    for (pair, given) in model.links.stand_ins.iter().zip(&plan.flows.given) {
        let (item, other) = (Words::new(instance, &instance.items[pair.item]), Words::new(instance, &instance.items[pair.substitute]));
        for (t, &units) in given.iter().enumerate().filter(|flow| *flow.1 > 0) {
            let when = item.when(index_to_period(t));
            let (wanted, gives) = (item.count(units), other.units(pair.ratio * count_to_f64(units)));
            sentences.push((pair.item, t, format!(" {} stands in for {wanted} {when}: so many fewer are needed.", other.name)));
            sentences.push((pair.substitute, t, format!(" {gives} are given for {} {when}, and counted as used.", item.name)));
        }
    }
    if sentences.is_empty() {
        return;
    }
    let number: HashMap<&str, usize> = instance.items.iter().enumerate().map(|(i, item)| (item.id.as_str(), i)).collect();
    for row in &mut planned.explanations {
        let i = number.get(row.drivers.item.as_str()).copied();
        let span = period_to_index(row.period)..period_to_index(row.drivers.next_arrival_period).max(period_to_index(row.period) + 1);
        for (_, _, text) in sentences.iter().filter(|(item, t, _)| Some(*item) == i && span.contains(t)) {
            row.text += text;
        }
    }
}
