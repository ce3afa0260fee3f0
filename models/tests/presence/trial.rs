//! Everybody counts the same shelf, epoch by epoch.

use wardstock_models::presence::{Count, Hazards, Likelihoods, Reads, Tag, Word, count};
use wardstock_models::rng::Rng;

use crate::rivals::{History, RIVALS, Window};
use crate::shelf::{CONDITIONS, Conditions, EPOCHS, ROUNDS, SHELVES, reads, units};

/// Errors of one way to count, units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Errors(Vec<f64>);

impl Errors {
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    pub(crate) fn percentile_95(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() * 95 / 100]
    }
}

/// One condition over all seeds.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) conditions: Conditions,
    pub(crate) own: Errors,
    /// Share of epochs whose truth lies in the 90 % interval, and its mean width, units.
    pub(crate) held: f64,
    pub(crate) width: f64,
    pub(crate) rivals: Vec<Errors>,
}

pub(crate) fn outcome(conditions: Conditions, seeds: u64) -> Outcome {
    let mut all = Outcome { conditions, own: Errors::default(), held: 0.0, width: 0.0, rivals: vec![Errors::default(); RIVALS.len()] };
    for seed in 1..=seeds {
        walk(seed, &mut all);
    }
    let epochs = all.own.0.len() as f64;
    (all.held, all.width) = (all.held / epochs, all.width / epochs);
    all
}

fn walk(seed: u64, all: &mut Outcome) {
    let units = units(seed * 7_919, all.conditions);
    let mut rng = Rng::new(seed * 104_729 + 5);
    let hazards = Hazards::default();
    let likelihoods = Likelihoods::new(ROUNDS, &hazards);
    let mut tags = vec![Tag::new(); units.len()];
    let mut histories: Vec<History> = vec![History::new(); units.len()];
    let mut windows = vec![vec![Window::default(); units.len()]; RIVALS.len()];
    for epoch in 0..EPOCHS {
        let truth = units.iter().filter(|unit| unit.home == 0 && unit.is_there(epoch)).count();
        for ((unit, tag), history) in units.iter().zip(&mut tags).zip(&mut histories) {
            if unit.put == epoch {
                tag.hear(Word::PutOn(SHELVES[unit.home]));
            }
            if unit.taken == Some(epoch) {
                tag.hear(Word::Taken);
            }
            let rounds = reads(unit, epoch, all.conditions, &mut rng);
            history.push(rounds);
            let heard: Vec<Reads> =
                SHELVES.into_iter().zip(rounds).filter(|one| one.1 > 0).map(|(shelf, rounds)| Reads { shelf, rounds }).collect();
            tag.epoch(&heard, &[], &hazards, &likelihoods);
        }
        let Count { units: counted, low, high } = count(tags.iter().map(|tag| tag.on(SHELVES[0])), 0.9);
        all.own.0.push((f64::from(counted) - truth as f64).abs());
        all.held += f64::from(u8::from((low as usize..=high as usize).contains(&truth)));
        all.width += f64::from(high - low);
        for (((_, rule), windows), errors) in RIVALS.iter().zip(&mut windows).zip(&mut all.rivals) {
            let there =
                units.iter().zip(&histories).zip(windows).filter_map(|((unit, history), window)| rule(window, history, unit).then_some(()));
            errors.0.push((there.count() as f64 - truth as f64).abs());
        }
    }
}

/// Prints mean error / 95th percentile of everybody; answers what was found.
pub(crate) fn table(seeds: u64) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = CONDITIONS.into_iter().map(|conditions| outcome(conditions, seeds)).collect();
    let line = |name: &str, of: &dyn Fn(&Outcome) -> String| {
        let cells: Vec<String> = outcomes.iter().map(|one| format!("{:>14}", of(one))).collect();
        println!("{name:<32} {}", cells.concat());
    };
    let show = |errors: &Errors| format!("{:.2} / {:.1}", errors.mean(), errors.percentile_95());
    line(&format!("count error, {seeds} seeds"), &|one| one.conditions.name.to_owned());
    for (at, (name, _)) in RIVALS.iter().enumerate() {
        line(name, &|one| show(&one.rivals[at]));
    }
    line("wardstock", &|one| show(&one.own));
    line("90 % interval holds, % of epochs", &|one| format!("{:.1}", 100.0 * one.held));
    line("its width, units", &|one| format!("{:.2}", one.width));
    outcomes
}
