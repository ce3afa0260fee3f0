//! One policy through one world, day by day.
#![expect(clippy::indexing_slicing, reason = "one entry per article and day, shapes checked by World::new")]

use std::collections::BTreeSet;

use super::SimulateError;
use super::book::{Book, Page, Receipt};
use super::policy::Policy;
use super::purse::{Line, Purse};
use super::shelf::{OpenOrder, Shelf};
use super::tally::{Tally, add};
use super::world::{UNITS_MAX, World};

/// What the days of one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// One per article, measured days only.
    pub tallies: Vec<Tally>,
    /// Orders, that is pairs of supplier and day with a line, measured days only.
    pub orders: i64,
    /// Money of what was ordered at each review from the first on, minor units.
    pub spent: Vec<i64>,
}

/// Which record a policy leaves in a world.
struct Walk<'a> {
    world: &'a World,
    shelves: Vec<Shelf>,
    issued: Vec<Vec<i64>>,
    empty: Vec<Vec<bool>>,
    receipts: Vec<Receipt>,
    tallies: Vec<Tally>,
    orders: i64,
    spent: Vec<i64>,
    purse: Option<Purse>,
}

/// What does a policy come to in this world?
///
/// Each day: orders arrive, lots expire, requests are met first expired first out and what is not met is lost, stock is
/// counted; on a review day (the last of the history, then every `review_days`) the policy reads the book and orders
/// are placed when the day is over, rounded up to packs and to the minimum order.
///
/// - `review_days`: days from review to review, at least 1 (0 counts as 1).
///
/// Returns the figures of the measured days; the same world and policy give the same.
///
/// # Errors
/// [`SimulateError::TooLarge`] for an order above [`UNITS_MAX`] or sums beyond 64 bits, and the policy's own errors.
pub fn run(world: &World, policy: &mut dyn Policy, review_days: usize) -> Result<Outcome, SimulateError> {
    walked(Walk::new(world, None), policy, review_days)
}

/// What does it come to with so much money and no more?
///
/// As [`run`]; each review brings `per_review`, what is left over carries over, and a list of orders that costs more
/// than there is is cut line by line in the policy's own order ([`Policy::rank`]): as many packs as can be paid.
///
/// - `per_review`: minor units, at least 0 (less counts as 0).
///
/// # Errors
/// As [`run`]; [`SimulateError::OverBudget`] never, or this simulator is wrong.
pub fn run_within(world: &World, policy: &mut dyn Policy, review_days: usize, per_review: i64) -> Result<Outcome, SimulateError> {
    walked(Walk::new(world, Some(Purse::new(per_review))), policy, review_days)
}

fn walked(mut walk: Walk<'_>, policy: &mut dyn Policy, review_days: usize) -> Result<Outcome, SimulateError> {
    let review_days = review_days.max(1);
    let timeline = walk.world.timeline();
    for day in timeline.history..timeline.days {
        // The evening before the first day is a review too.
        if (day - timeline.history).is_multiple_of(review_days) {
            walk.review(day - 1, policy, review_days)?;
        }
        for item in 0..walk.shelves.len() {
            walk.live(item, day)?;
        }
    }
    Ok(Outcome { tallies: walk.tallies, orders: walk.orders, spent: walk.spent })
}

impl<'a> Walk<'a> {
    fn new(world: &'a World, purse: Option<Purse>) -> Self {
        let (items, timeline) = (world.articles().len(), world.timeline());
        let mut shelves = vec![Shelf::default(); items];
        for ((shelf, article), units) in shelves.iter_mut().zip(world.articles()).zip(world.opening()) {
            shelf.put(*units, article.shelf_life_days.map(|life| timeline.history + life));
        }
        Self {
            world,
            shelves,
            issued: world.requests().iter().map(|asked| asked[..timeline.history].to_vec()).collect(),
            empty: vec![vec![false; timeline.history]; items],
            receipts: Vec::new(),
            tallies: vec![Tally::default(); items],
            orders: 0,
            spent: Vec::new(),
            purse,
        }
    }

    fn live(&mut self, item: usize, day: usize) -> Result<(), SimulateError> {
        let article = &self.world.articles()[item];
        let own = &mut self.shelves[item];
        let opened = own.on_hand()?;
        let received = own.receive(day, article.shelf_life_days);
        let expired = own.expire(day);
        let asked = self.world.requests()[item][day];
        let issued = own.issue(asked);
        let left = own.on_hand()?;
        self.issued[item].push(issued);
        self.empty[item].push(opened == 0 && received.is_empty());
        self.receipts.extend(received.iter().map(|order| Receipt { item, ordered_day: order.ordered_day, received_day: day }));
        if day >= self.world.timeline().measured {
            self.tallies[item].count_day(asked, issued, left, expired)?;
        }
        Ok(())
    }

    fn review(&mut self, day: usize, policy: &mut dyn Policy, review_days: usize) -> Result<(), SimulateError> {
        if let Some(purse) = &mut self.purse {
            purse.refill()?;
        }
        let lines = self.lines(day, policy, review_days)?;
        let mut suppliers = BTreeSet::new();
        let counts = day >= self.world.timeline().measured;
        let mut cost = 0;
        for Line { item, packs } in lines {
            let article = &self.world.articles()[item];
            add(&mut cost, packs.checked_mul(article.price_minor).ok_or(SimulateError::TooLarge)?)?;
            let units = packs.checked_mul(article.units_per_pack).ok_or(SimulateError::TooLarge)?;
            let order = OpenOrder { ordered_day: day, promised_day: day + article.lead_time_days, units };
            self.shelves[item].order(order, day + self.world.lead_days()[item][day]);
            if counts {
                self.tallies[item].count_line(packs)?;
                suppliers.insert(article.supplier.as_str());
            }
        }
        if let Some(purse) = &mut self.purse {
            purse.pay(cost)?;
        }
        self.spent.push(cost);
        add(&mut self.orders, i64::try_from(suppliers.len()).unwrap_or(i64::MAX))
    }

    /// What the policy wants in whole packs, and of that what can be paid.
    fn lines(&self, day: usize, policy: &mut dyn Policy, review_days: usize) -> Result<Vec<Line>, SimulateError> {
        let book = self.book(day, review_days);
        let wanted = policy.units(&book)?;
        let mut lines = Vec::new();
        for ((item, article), units) in self.world.articles().iter().enumerate().zip(wanted).filter(|(_, units)| *units > 0) {
            if units > UNITS_MAX {
                return Err(SimulateError::TooLarge);
            }
            let packs = units.div_euclid(article.units_per_pack) + i64::from(units % article.units_per_pack > 0);
            lines.push(Line { item, packs: packs.max(article.moq_packs) });
        }
        let Some(purse) = &self.purse else { return Ok(lines) };
        let cost = lines.iter().map(|line| i128::from(line.packs) * i128::from(self.world.articles()[line.item].price_minor)).sum::<i128>();
        if cost <= i128::from(purse.left) {
            return Ok(lines);
        }
        let mut ranked: Vec<(f64, Line)> = lines.into_iter().map(|line| (policy.rank(&book.pages[line.item]), line)).collect();
        ranked.sort_by(|one, two| one.0.total_cmp(&two.0));
        Ok(purse.affordable(ranked.into_iter().map(|one| one.1).collect(), self.world.articles()))
    }

    fn book(&self, day: usize, review_days: usize) -> Book<'_> {
        let pages = self
            .world
            .articles()
            .iter()
            .enumerate()
            .map(|(item, article)| Page {
                article,
                day,
                review_days,
                lots: &self.shelves[item].lots,
                open: &self.shelves[item].open,
                issued: &self.issued[item],
                requested: &self.world.requests()[item][..=day],
                empty: &self.empty[item],
            })
            .collect();
        Book { day, review_days, pages, receipts: &self.receipts, purse: self.purse }
    }
}
