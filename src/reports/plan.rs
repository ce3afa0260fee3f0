//! What the newest plan of each site says: its budget, the price of its limits in words, what it held back.

use serde::{Deserialize, Serialize};

use crate::base::id;
use crate::base::money::{self, Money};
use crate::base::quantity::from_f64;
use crate::base::time::{Day, Micros};

/// The budget of a site's newest plan.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct BudgetView {
    /// Code of the site.
    pub site: String,
    /// Id of the plan.
    pub plan: String,
    /// `done` or `accepted`.
    pub state: String,
    /// When it was made.
    pub finished_at: Option<Micros>,
    /// Sum of the budgets of its periods; null: no budget was set.
    pub total: Option<Money>,
    /// What the plan buys, all periods.
    pub planned: Money,
    /// Orders made from this plan that are approved or beyond, in the plan's currency.
    pub spent: Money,
    /// The limits that bind, with what a little more of each would bring.
    pub binding: Vec<Binding>,
    /// What a larger step would bring, found by solving again.
    pub advice: Vec<String>,
}

/// A limit that binds in one period.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Binding {
    /// `budget` or `storage:CLASS`.
    pub limit: String,
    /// First day of the period.
    pub starts_on: Day,
    /// Cost avoided per unit of the limit more (money or litre): a rate, not a promise.
    pub price: f64,
    /// The same in words.
    pub text: String,
}

/// A line that a limit keeps smaller than wanted.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct HeldBack {
    /// Code of the site.
    pub site: String,
    /// Id of the plan.
    pub plan: String,
    /// Item code.
    pub item: String,
    /// Place code.
    pub place: String,
    /// `budget`, `storage:CLASS`, or the reason's own word.
    pub limit: String,
    /// First day of the period in which it would be ordered.
    pub order_on: Day,
    /// Packs that would be ordered without the limit.
    pub asked_packs: i64,
    /// Packs that the plan orders.
    pub given_packs: i64,
    /// Why, in words.
    pub text: String,
}

/// A plan as the store reads it.
#[derive(Debug, Clone)]
pub(super) struct PlanRow {
    pub(super) id: i64,
    pub(super) site: String,
    pub(super) state: String,
    pub(super) finished_at: Option<i64>,
    pub(super) instance: String,
    pub(super) answer: String,
    pub(super) spent: Vec<Money>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Instance {
    currency: String,
    start: Option<Day>,
    period_days: i64,
    budget: Option<Vec<Option<f64>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    prices: Prices,
    cost: Cost,
    explanations: Vec<Explanation>,
    advice: Vec<Advice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Prices {
    budget: Vec<f64>,
    storage: Vec<ClassPrice>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClassPrice {
    class: String,
    litres: Vec<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    purchase: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Explanation {
    period: i64,
    reason: String,
    text: String,
    drivers: Drivers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Drivers {
    item: String,
    packs: i64,
    asked_packs: Option<i64>,
    binding_limit: Option<Limit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limit {
    limit: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advice {
    limit: String,
    period: i64,
    raise_by: f64,
    would_avoid: f64,
}

/// Prices below this are rounding of the solver.
const PRICE_LEAST: f64 = 1e-6;

/// Reads a plan; parts that it does not have stay empty.
pub(super) fn read(row: &PlanRow) -> (BudgetView, Vec<HeldBack>) {
    let instance: Instance = serde_json::from_str(&row.instance).unwrap_or_default();
    let answer: Answer = serde_json::from_str(&row.answer).unwrap_or_default();
    let calendar = Calendar {
        start: instance.start.or_else(|| row.finished_at.map(|at| Micros(at).day())).unwrap_or_default(),
        days: instance.period_days.max(1),
        currency: instance.currency.clone(),
    };
    let set: Vec<f64> = instance.budget.unwrap_or_default().into_iter().flatten().collect();
    let spent = row.spent.iter().find(|money| money.currency == calendar.currency).map_or(0, |money| money.minor);
    let budget = BudgetView {
        site: row.site.clone(),
        plan: id::to_wire(row.id),
        state: row.state.clone(),
        finished_at: row.finished_at.map(Micros),
        total: (!set.is_empty()).then(|| calendar.money(set.iter().sum())),
        planned: calendar.money(answer.cost.purchase),
        spent: Money::new(spent, calendar.currency.clone()),
        binding: bindings(&answer.prices, &calendar),
        advice: answer.advice.iter().map(|advice| calendar.advice(advice)).collect(),
    };
    let held_back = answer.explanations.iter().filter_map(|why| held_back(row, &calendar, why)).collect();
    (budget, held_back)
}

struct Calendar {
    start: Day,
    days: i64,
    currency: String,
}

impl Calendar {
    fn money(&self, major: f64) -> Money {
        Money::new(from_f64(major * money::MINOR_PER_MAJOR), self.currency.clone())
    }

    fn starts_on(&self, period: i64) -> Day {
        self.start.plus(period.saturating_mul(self.days))
    }

    fn binding(&self, limit: &str, period: i64, price: f64) -> Binding {
        let (starts_on, currency) = (self.starts_on(period), &self.currency);
        let text = match limit.strip_prefix("storage:") {
            Some(class) => {
                format!(
                    "Each litre more of {class} storage from {starts_on} on would avoid about {price:.2} {currency} of cost and shortage."
                )
            }
            None => format!(
                "Each 100.00 {currency} more in the budget from {starts_on} on would avoid about {:.2} {currency} of cost and shortage.",
                100.0 * price
            ),
        };
        Binding { limit: limit.to_owned(), starts_on, price, text }
    }

    fn advice(&self, advice: &Advice) -> String {
        let (starts_on, currency) = (self.starts_on(advice.period), &self.currency);
        let (what, unit) = match advice.limit.strip_prefix("storage:") {
            Some(class) => (format!("{class} storage"), "litres".to_owned()),
            None => (advice.limit.clone(), currency.clone()),
        };
        format!(
            "Raising the {what} from {starts_on} on by {:.2} {unit} would avoid about {:.2} {currency} of cost and shortage.",
            advice.raise_by, advice.would_avoid
        )
    }
}

fn bindings(prices: &Prices, calendar: &Calendar) -> Vec<Binding> {
    let budget = (0..).zip(&prices.budget).map(|(period, price)| ("budget".to_owned(), period, *price));
    let storage = prices
        .storage
        .iter()
        .flat_map(|class| (0..).zip(&class.litres).map(|(period, price)| (format!("storage:{}", class.class), period, *price)));
    budget
        .chain(storage)
        .filter(|(_, _, price)| price.is_finite() && *price > PRICE_LEAST)
        .map(|(limit, period, price)| calendar.binding(&limit, period, price))
        .collect()
}

fn held_back(row: &PlanRow, calendar: &Calendar, why: &Explanation) -> Option<HeldBack> {
    if !(why.reason.ends_with("_limited") || why.reason.starts_with("held_back") || why.drivers.binding_limit.is_some()) {
        return None;
    }
    // The planner names an item at a place `ITEM@PLACE`.
    let (item, place) = why.drivers.item.split_once('@').unwrap_or((why.drivers.item.as_str(), ""));
    Some(HeldBack {
        site: row.site.clone(),
        plan: id::to_wire(row.id),
        item: item.to_owned(),
        place: place.to_owned(),
        limit: why.drivers.binding_limit.as_ref().map_or_else(|| why.reason.clone(), |limit| limit.limit.clone()),
        order_on: calendar.starts_on(why.period),
        asked_packs: why.drivers.asked_packs.unwrap_or(why.drivers.packs),
        given_packs: why.drivers.packs,
        text: why.text.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(instance: &str, answer: &str) -> PlanRow {
        PlanRow {
            id: 7,
            site: "H".into(),
            state: "done".into(),
            finished_at: Some(0),
            instance: instance.into(),
            answer: answer.into(),
            spent: vec![Money::new(5, "CHF"), Money::new(2_500, "EUR")],
        }
    }

    #[test]
    fn budgets_and_prices_are_put_in_words() {
        let instance = r#"{"currency": "EUR", "start": "2026-11-23", "period_days": 7, "budget": [500.0, null, 250.5]}"#;
        let answer = r#"{"prices": {"budget": [1.85, 0, 1e-9], "storage": [{"class": "refrigerated", "litres": [0.0, 0.4]}]},
            "cost": {"purchase": 612.34}, "advice": [{"limit": "budget", "period": 0, "raise_by": 50, "would_avoid": 80.5}],
            "explanations": [
              {"offer": "3@STORE", "period": 1, "reason": "budget_limited", "text": "why",
               "drivers": {"item": "P1@STORE", "packs": 2, "asked_packs": 9, "binding_limit": {"limit": "budget", "period": 1, "price": 1.8}}},
              {"offer": "4@STORE", "period": 0, "reason": "projected_shortage", "text": "", "drivers": {"item": "P2@STORE", "packs": 3}}]}"#;
        let (budget, held_back) = read(&row(instance, answer));
        assert_eq!(budget.total, Some(Money::new(75_050, "EUR")));
        assert_eq!((budget.planned.minor, budget.spent.minor), (61_234, 2_500));
        let limits: Vec<_> = budget.binding.iter().map(|binding| (binding.limit.as_str(), binding.starts_on.to_text())).collect();
        assert_eq!(limits, [("budget", "2026-11-23".into()), ("storage:refrigerated", "2026-11-30".into())]);
        assert_eq!(
            budget.binding[0].text,
            "Each 100.00 EUR more in the budget from 2026-11-23 on would avoid about 185.00 EUR of cost and shortage."
        );
        assert!(budget.advice[0].contains("by 50.00 EUR would avoid about 80.50 EUR"));
        assert_eq!(held_back.len(), 1);
        assert_eq!((held_back[0].item.as_str(), held_back[0].place.as_str()), ("P1", "STORE"));
        assert_eq!((held_back[0].asked_packs, held_back[0].given_packs, held_back[0].order_on.to_text()), (9, 2, "2026-11-30".into()));
    }

    #[test]
    fn a_plan_without_limits_is_no_failure() {
        let (budget, held_back) = read(&row(r#"{"currency": "EUR", "budget": null}"#, "not json"));
        assert_eq!((budget.total, budget.binding.len(), held_back.len()), (None, 0, 0));
    }
}
