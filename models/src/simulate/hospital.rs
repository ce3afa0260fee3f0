//! The generated hospital of `product.md` 5.7: fast, medium, slow and seasonal articles.

use std::collections::BTreeMap;

use super::SimulateError;
use super::chance::{Purpose, stream};
use super::truth::{TrueDemand, Truth};
use super::world::{Article, Timeline, World};
use crate::convert::{ceil_to_count, count_to_f64, floor_to_count, round_to_count};
use crate::plan::Ven;
use crate::rng::Rng;
use crate::series::count;

/// Days of the opening stock: this many days of what the history asked for.
const OPENING_DAYS: f64 = 45.0;
/// Pack sizes on offer; the largest that lasts at most two weeks is taken among those drawn.
const PACKS: [i64; 6] = [1, 5, 10, 20, 50, 100];
/// Nominal lead times and their shares.
const LEADS: [(usize, f64); 4] = [(2, 0.35), (4, 0.3), (7, 0.2), (10, 0.15)];

/// Share of late orders, and by how many days: 3 to 14, each as likely.
const LATE_SHARE: f64 = 0.04;
const LATE_FROM: usize = 3;
const LATE_DAYS: usize = 12;

/// How demand of one article comes about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Gamma-Poisson with this shape.
    Fast { shape: f64 },
    /// Poisson.
    Medium,
    /// Asked for with this chance a day, geometric sizes.
    Slow { chance: f64 },
    /// Poisson around a yearly wave with this phase (days).
    Seasonal { phase: f64 },
}

/// One article and its demand.
#[derive(Debug)]
struct Made {
    article: Article,
    kind: Kind,
    /// Base units per day; per request for slow ones.
    mean: f64,
    /// Factor from a day on.
    shift: Option<(usize, f64)>,
}

impl Made {
    fn factor(&self, day: usize) -> f64 {
        self.shift.map_or(1.0, |(from, factor)| if day >= from { factor } else { 1.0 })
    }

    /// Base units expected on a day; not for slow articles.
    fn mean_on(&self, day: usize) -> f64 {
        let weekday = if day % 7 < 5 { 1.15 } else { 0.62 };
        let wave = match self.kind {
            Kind::Seasonal { phase } => 1.0 + 0.7 * ((count(day) + phase) / 365.0 * std::f64::consts::TAU).sin(),
            _ => 1.0,
        };
        self.mean * self.factor(day) * wave * weekday
    }
}

/// A hospital made from a seed: the same seed gives the same hospital.
///
/// Per article: 30 % fast (gamma-Poisson, mean 3 to 60 a day log-uniform, shape 3 to 10), 30 % medium (Poisson .4 to 3),
/// 30 % slow (asked for with chance .02 to .15 a day, geometric sizes of mean 2 to 10), 10 % seasonal (Poisson 1 to 20,
/// amplitude .7); weekdays count 1.15 and weekend days .62, but not for slow ones; 10 % shift to 1.8 or .5 of their
/// demand between the first and the last sixth. Prices lognormal(1, 1.3) within .05 to 400, slow ones times 6; packs of
/// at most 14 days' use; lead times nominal 2/4/7/10 days plus Poisson(1) - 1, 4 % of orders 3 to 14 days more; shelf
/// life 20 to 103 weeks; VEN 20/50/30 %. The first 100 days fill the history, the first year is not measured.
///
/// - `items`: number of articles, at least 1; article n is the same in a hospital of any size.
/// - `weeks`: weeks measured, 1 to 5,200.
///
/// # Errors
/// [`SimulateError::World`] for no items, or weeks outside their range.
///
/// # Source
/// `product.md` 5.7, `optimiser.md` 3; VEN shares and the opening stock of 45 days are our own.
pub fn hospital(seed: u64, items: usize, weeks: usize) -> Result<World, SimulateError> {
    if !(1..=5_200).contains(&weeks) {
        return Err(SimulateError::World { what: format!("{weeks} weeks: must be 1 to 5200") });
    }
    let timeline = Timeline { history: 100, measured: 365, days: 365 + 7 * weeks };
    let made: Vec<Made> = (0..items).map(|item| article(&mut stream(seed, item, 0, Purpose::Article), item, timeline.days)).collect();
    let requests: Vec<Vec<i64>> = made
        .iter()
        .enumerate()
        .map(|(item, one)| (0..timeline.days).map(|day| asked(one, day, &mut stream(seed, item, day, Purpose::Demand))).collect())
        .collect();
    let lead_days = made
        .iter()
        .enumerate()
        .map(|(item, one)| {
            let nominal = one.article.lead_time_days;
            (0..timeline.days).map(|day| took(nominal, &mut stream(seed, item, day, Purpose::Lead))).collect()
        })
        .collect();
    let opening = made.iter().zip(&requests).map(|(one, asked)| opening(&one.article, asked, timeline.history)).collect();
    let truths = made.iter().map(|one| truth(one, timeline.days)).collect();
    Ok(World::new(made.into_iter().map(|one| one.article).collect(), timeline, requests, lead_days, opening)?.with_truths(truths))
}

/// The stock that all policies start from: 45 days of what the history asked for, in whole packs, at least one.
pub(crate) fn opening(article: &Article, requests: &[i64], history: usize) -> i64 {
    let asked: i64 = requests.iter().take(history).sum();
    let units = count_to_f64(asked) / count(history.max(1)) * OPENING_DAYS;
    ceil_to_count(units / count_to_f64(article.units_per_pack)).max(1) * article.units_per_pack
}

fn article(rng: &mut Rng, item: usize, days: usize) -> Made {
    let between = |low: f64, high: f64, rng: &mut Rng| low + (high - low) * rng.uniform();
    let log_between = |low: f64, high: f64, rng: &mut Rng| low * (high / low).powf(rng.uniform());
    let share = rng.uniform();
    let (kind, mean, daily) = if share < 0.3 {
        let mean = log_between(3.0, 60.0, rng);
        (Kind::Fast { shape: between(3.0, 10.0, rng) }, mean, mean)
    } else if share < 0.6 {
        let mean = log_between(0.4, 3.0, rng);
        (Kind::Medium, mean, mean)
    } else if share < 0.9 {
        let (chance, mean) = (between(0.02, 0.15, rng), between(2.0, 10.0, rng));
        (Kind::Slow { chance }, mean, chance * mean)
    } else {
        let mean = log_between(1.0, 20.0, rng);
        (Kind::Seasonal { phase: between(0.0, 365.0, rng) }, mean, mean)
    };
    let article = offered(rng, item, daily, if matches!(kind, Kind::Slow { .. }) { 6.0 } else { 1.0 });
    let moved = rng.uniform();
    let day = days / 6 + usize::try_from(floor_to_count(rng.uniform() * count(days * 2 / 3))).unwrap_or(0);
    let shift = (moved < 0.1).then_some((day, if moved < 0.05 { 1.8 } else { 0.5 }));
    Made { article, kind, mean, shift }
}

/// An article of this demand with its single offer: price times `dearer`, pack, lead time, shelf life, VEN.
pub(super) fn offered(rng: &mut Rng, item: usize, daily: f64, dearer: f64) -> Article {
    let price = (1.0 + 1.3 * rng.normal()).exp().clamp(0.05, 400.0) * dearer;
    let fitting: Vec<i64> = PACKS.into_iter().filter(|pack| count_to_f64(*pack) <= (14.0 * daily).max(1.0)).collect();
    let drawn = usize::try_from(rng.below(u32::try_from(fitting.len()).unwrap_or(1))).unwrap_or(0);
    let units_per_pack = fitting.get(drawn).copied().unwrap_or(1);
    let lead_time_days = nominal(rng.uniform());
    let weeks = 20 + usize::try_from(rng.below(84)).unwrap_or(0);
    let ven = match rng.uniform() {
        share if share < 0.2 => Ven::Vital,
        share if share < 0.7 => Ven::Essential,
        _ => Ven::NonEssential,
    };
    Article {
        id: format!("I{item:05}"),
        ven,
        supplier: format!("S{lead_time_days:02}"),
        units_per_pack,
        price_minor: round_to_count(price * count_to_f64(units_per_pack) * 100.0).max(1),
        moq_packs: 1,
        lead_time_days,
        shelf_life_days: Some(weeks * 7),
        par_level: None,
    }
}

fn nominal(uniform: f64) -> usize {
    let mut sum = 0.0;
    let found = LEADS.iter().find(|(_, share)| {
        sum += share;
        uniform < sum
    });
    found.map_or(10, |(days, _)| *days)
}

/// Base units asked for on one day.
fn asked(made: &Made, day: usize, rng: &mut Rng) -> i64 {
    match made.kind {
        Kind::Fast { shape } => {
            let rate = rng.gamma(shape, made.mean_on(day) / shape);
            round_to_count(rng.poisson(rate))
        }
        Kind::Medium | Kind::Seasonal { .. } => round_to_count(rng.poisson(made.mean_on(day))),
        Kind::Slow { chance } => {
            if rng.uniform() >= chance * made.factor(day) {
                return 0;
            }
            // Sizes 1, 2, ... with mean m: 1 + floor(ln u / ln(1 - 1/m)).
            1 + floor_to_count(rng.uniform().ln() / (1.0 - 1.0 / made.mean).ln())
        }
    }
}

/// The laws that requests and lead times are drawn from.
fn truth(made: &Made, days: usize) -> Truth {
    let demand = match made.kind {
        Kind::Slow { chance } => {
            TrueDemand::Requests { chances: (0..days).map(|day| chance * made.factor(day)).collect(), mean_size: made.mean }
        }
        kind => {
            let of = |day: usize| {
                let mean = made.mean_on(day);
                (mean, mean + if let Kind::Fast { shape } = kind { mean * mean / shape } else { 0.0 })
            };
            TrueDemand::Daily((0..days).map(of).collect())
        }
    };
    Truth { demand, lead_days: lead_law(made.article.lead_time_days) }
}

/// The law of `took`: days and their probabilities.
fn lead_law(nominal: usize) -> Vec<(usize, f64)> {
    let mut law = BTreeMap::new();
    let mut poisson = (-1.0_f64).exp();
    // Above 12 the Poisson law has less than 1e-10 left.
    for drawn in 0..=12 {
        let days = (nominal + drawn).saturating_sub(1).max(1);
        *law.entry(days).or_insert(0.0) += (1.0 - LATE_SHARE) * poisson;
        for more in LATE_FROM..LATE_FROM + LATE_DAYS {
            *law.entry(days + more).or_insert(0.0) += LATE_SHARE * poisson / count(LATE_DAYS);
        }
        poisson /= count(drawn + 1);
    }
    law.into_iter().collect()
}

/// Days one order takes.
pub(super) fn took(nominal: usize, rng: &mut Rng) -> usize {
    let late = if rng.uniform() < LATE_SHARE { LATE_FROM + usize::try_from(rng.below(12)).unwrap_or(0) } else { 0 };
    let drawn = usize::try_from(round_to_count(rng.poisson(1.0))).unwrap_or(0);
    (nominal + drawn).saturating_sub(1).max(1) + late
}
