//! A hospital's own record: who offers what at which price, what was asked for on which day, how long suppliers took.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::SimulateError;
use super::replay::replay;
use super::world::{Article, Timeline, World};
use crate::convert::count_to_f64;
use crate::lead_time::{Delivery, LeadTime};
use crate::series::count;

/// Shortest record: enough to learn from, to settle, and to measure.
const DAYS_MIN: usize = 56;
/// Days between the first review and the first measured day, at most.
const SETTLE_DAYS: usize = 91;

/// An article as one supplier offers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// The article with this offer.
    pub article: Article,
    /// Standard deviation of the days that the supplier states.
    pub lead_time_sd_days: f64,
}

/// What worlds of one hospital are made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    articles: Vec<Article>,
    requests: Vec<Vec<i64>>,
    laws: Vec<LeadTime>,
}

impl Record {
    /// A record, and the ids of what was asked for and is offered by nobody: that is left out.
    ///
    /// Each article is bought at its lowest price per unit, the first such offer. Lead times come from what its supplier
    /// took, else from what it states.
    ///
    /// - `offers`: any number for each article.
    /// - `requests[id][day]`: base units asked for, all of one length.
    /// - `deliveries`: of all suppliers; the day of the question is the last day they name.
    ///
    /// # Errors
    /// [`SimulateError::World`] for stated lead times outside 0..3650 days.
    pub fn new(
        offers: Vec<Offered>,
        requests: BTreeMap<String, Vec<i64>>,
        deliveries: &[Delivery],
    ) -> Result<(Self, Vec<String>), SimulateError> {
        let mut best: BTreeMap<String, Offered> = BTreeMap::new();
        for offered in offers {
            match best.entry(offered.article.id.clone()) {
                Entry::Vacant(free) => drop(free.insert(offered)),
                Entry::Occupied(mut known) if offered.article.unit_price() < known.get().article.unit_price() => {
                    known.insert(offered);
                }
                Entry::Occupied(_) => {}
            }
        }
        let mut record = Self { articles: Vec::new(), requests: Vec::new(), laws: Vec::new() };
        let (mut learned, mut nobody) = (BTreeMap::new(), Vec::new());
        for (id, asked) in requests {
            let Some(Offered { article, lead_time_sd_days }) = best.remove(&id) else {
                nobody.push(id);
                continue;
            };
            record.laws.push(law(&article, lead_time_sd_days, deliveries, &mut learned)?);
            record.articles.push(article);
            record.requests.push(asked);
        }
        Ok((record, nobody))
    }

    /// The articles, in the order of every other list.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// `requests()[item][day]`, base units.
    pub fn requests(&self) -> &[Vec<i64>] {
        &self.requests
    }

    /// Days from the first to the last.
    pub fn days(&self) -> usize {
        self.requests.first().map_or(0, Vec::len)
    }

    /// Keeps the `most` articles whose demand is worth most; answers how many were left out.
    pub fn keep_dearest(&mut self, most: usize) -> usize {
        let left_out = self.articles.len().saturating_sub(most);
        if left_out == 0 {
            return 0;
        }
        let parts = std::mem::take(&mut self.articles).into_iter().zip(std::mem::take(&mut self.requests));
        let mut rows: Vec<_> = parts.zip(std::mem::take(&mut self.laws)).collect();
        let worth = |article: &Article, asked: &[i64]| article.unit_price() * asked.iter().map(|units| count_to_f64(*units)).sum::<f64>();
        rows.sort_by(|((one, asked), _), ((other, also), _)| worth(other, also).total_cmp(&worth(one, asked)));
        rows.truncate(most);
        rows.sort_by(|((one, _), _), ((other, _), _)| one.id.cmp(&other.id));
        for ((article, asked), law) in rows {
            self.articles.push(article);
            self.requests.push(asked);
            self.laws.push(law);
        }
        left_out
    }

    /// Which days only fill the book, settle, are measured: the last `weeks` weeks, half of the record when not said.
    ///
    /// # Errors
    /// [`SimulateError::World`] says how long a record has to be.
    pub fn timeline(&self, weeks: Option<usize>) -> Result<Timeline, SimulateError> {
        let days = self.days();
        let weeks = weeks.unwrap_or(days / 14);
        let before = DAYS_MIN / 2;
        let measured = days.saturating_sub(weeks.saturating_mul(7));
        if days < DAYS_MIN || measured < before || weeks == 0 {
            let what = format!(
                "the record has {days} days: at least {DAYS_MIN} are needed, {before} of them before the weeks measured ({weeks} weeks)"
            );
            return Err(SimulateError::World { what });
        }
        Ok(Timeline { history: measured - SETTLE_DAYS.min(measured / 3), measured, days })
    }

    /// The world of one seed: seeds differ in their lead times only.
    ///
    /// # Errors
    /// As [`Record::timeline`]; [`SimulateError::World`] for values outside their range.
    pub fn world(&self, seed: u64, weeks: Option<usize>) -> Result<World, SimulateError> {
        replay(seed, self.articles.clone(), self.requests.clone(), &self.laws, self.timeline(weeks)?)
    }
}

/// Supplier -> its law from deliveries, if there is one; each is made once.
type Learned = BTreeMap<String, Option<LeadTime>>;

fn law(article: &Article, sd_days: f64, deliveries: &[Delivery], learned: &mut Learned) -> Result<LeadTime, SimulateError> {
    let known = learned.entry(article.supplier.clone()).or_insert_with(|| {
        let last_day = deliveries.iter().flat_map(|one| [Some(one.ordered_day), one.received_day]).flatten().max().unwrap_or(0);
        LeadTime::from_deliveries(deliveries, &article.supplier, last_day).ok()
    });
    known.clone().map_or_else(
        || {
            LeadTime::from_promise(count(article.lead_time_days), sd_days)
                .map_err(|cause| SimulateError::World { what: format!("supplier {}: {cause}", article.supplier) })
        },
        Ok,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Ven;

    fn offered(id: &str, supplier: &str, price_minor: i64) -> Offered {
        let article = Article {
            id: id.into(),
            ven: Ven::Essential,
            supplier: supplier.into(),
            units_per_pack: 10,
            price_minor,
            moq_packs: 1,
            lead_time_days: 4,
            shelf_life_days: None,
            par_level: None,
        };
        Offered { article, lead_time_sd_days: 0.0 }
    }

    fn record(days: usize) -> (Record, Vec<String>) {
        let offers = vec![offered("A", "S1", 500), offered("A", "S2", 400), offered("A", "S3", 400), offered("B", "S1", 9_000)];
        let requests = ["A", "B", "C"].into_iter().map(|id| (id.to_owned(), vec![1; days])).collect();
        let deliveries = [Delivery { supplier: "S1".into(), ordered_day: 100, promised_day: None, received_day: Some(109) }];
        Record::new(offers, requests, &deliveries).unwrap()
    }

    #[test]
    fn the_cheapest_offer_is_bought_and_what_nobody_offers_is_named() {
        let (mut record, nobody) = record(70);
        let bought: Vec<&str> = record.articles().iter().map(|article| article.supplier.as_str()).collect();
        assert_eq!((bought, nobody), (vec!["S2", "S1"], vec!["C".to_owned()]));
        assert_eq!((record.keep_dearest(2), record.keep_dearest(1)), (0, 1));
        assert_eq!((record.articles()[0].id.as_str(), record.requests().len()), ("B", 1));
        let world = record.world(1, None).unwrap();
        assert!(world.lead_days()[0].iter().all(|days| *days == 9), "as the one delivery took");
    }

    #[test]
    fn a_record_is_long_enough_or_says_how_long_it_must_be() {
        let want = Timeline { history: 28 - 9, measured: 28, days: 56 };
        assert_eq!(record(56).0.timeline(None), Ok(want));
        assert_eq!(record(700).0.timeline(Some(50)), Ok(Timeline { history: 350 - 91, measured: 350, days: 700 }));
        for (days, weeks) in [(55, None), (0, None), (56, Some(5)), (56, Some(usize::MAX)), (56, Some(0))] {
            let refused = record(days).0.timeline(weeks).unwrap_err().to_string();
            assert!(refused.contains("at least 56 are needed, 28 of them"), "{refused}");
        }
    }
}
