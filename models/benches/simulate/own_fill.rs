//! At a rival's own fill: how little stock, expiry and how few lines the planner needs for it.
//!
//! The knobs are searched on seeds that are not reported: per line cost and floor of the price the least factor on
//! shortage that keeps unit, item and vital fill; of those the least stock.

use wardstock_models::simulate::{Comparison, Estimate, Figures, hospital, trial};

use crate::tune::SEEDS;
use crate::{Figure, WEEKS, say, trials};

/// Money per line and least price tried.
const LINE_COSTS: [f64; 2] = [8.0, 6.0];
const PRICE_FLOORS: [f64; 3] = [30.0, 120.0, 400.0];
/// Steps of the factor on shortage: 2^-13, 2^-12.5, ... 1.
const STEPS: i32 = 26;
/// On the tuning seeds what is missing may be this share of what the rival misses.
const MARGIN: f64 = 0.93;

/// Prints the ratios at the fill of `rival` (weekly), with at most so many times its lines on the tuning seeds.
pub(crate) fn report(items: usize, seeds: u64, (rival, lines): (&str, f64), review_days: usize) {
    let bar = Bar::of(items, rival, lines);
    let Some(name) = tuned(items, review_days, &bar) else {
        println!("own fill of {rival}, review {review_days}: not reached by any setting");
        return;
    };
    let one = |seed, review, name: &str| {
        let world = hospital(seed, items, WEEKS).unwrap();
        trial(&world, seed, &[name.to_owned()], review, &mut || true).unwrap()
    };
    let ours = Comparison::of(vec![name.clone()], trials(1..seeds + 1, |seed| one(seed, review_days, &name)));
    let theirs = Comparison::of(vec![rival.to_owned()], trials(1..seeds + 1, |seed| one(seed, 7, rival)));
    let title = format!("own fill of {rival} weekly, {name} every {review_days} days:");
    for (what, figure) in FILLS {
        say(&format!("{title} {what} of the rival"), theirs.mean(0, figure));
        say(&format!("{title} {what}"), ours.mean(0, figure));
        let paired: Vec<f64> =
            ours.trials.iter().zip(&theirs.trials).map(|(one, two)| figure(&one.figures[0]) - figure(&two.figures[0])).collect();
        say(&format!("{title} {what} difference"), Estimate::of(&paired));
    }
    let ratios: [(&str, Figure); 4] = [
        ("stock", |one| one.stock_value),
        ("expired", |one| one.expired_value),
        ("lines", |one| one.order_lines),
        ("cost", |one| one.cost),
    ];
    for (what, figure) in ratios {
        println!("{title} {what} ratio of means: {:.3}", ours.mean(0, figure).mean / theirs.mean(0, figure).mean);
    }
}

/// A fill.
type Fill = fn(&Figures) -> f64;

const FILLS: [(&str, Fill); 3] =
    [("unit fill", |one| one.unit_fill), ("item fill", |one| one.item_fill), ("vital fill", |one| one.fill_vital)];

/// What must be kept.
struct Bar {
    fills: [f64; 3],
    lines: f64,
}

impl Bar {
    fn of(items: usize, rival: &str, times: f64) -> Self {
        let (fills, figures) = evaluated(items, 7, rival);
        println!("tuning seeds, {rival}: fills {fills:.4?}, stock {:.0}, lines {:.0}, expired {:.0}", figures.0, figures.1, figures.2);
        Self { fills, lines: times * figures.1 }
    }

    fn kept(&self, fills: [f64; 3]) -> bool {
        fills.iter().zip(self.fills).all(|(ours, theirs)| 1.0 - ours <= MARGIN * (1.0 - theirs))
    }
}

/// The fills, and stock and lines, on the tuning seeds.
fn evaluated(items: usize, review_days: usize, name: &str) -> ([f64; 3], (f64, f64, f64)) {
    let names = vec![name.to_owned()];
    let one = |seed| trial(&hospital(seed, items, WEEKS).unwrap(), seed, &names, review_days, &mut || true).unwrap();
    let all = Comparison::of(names.clone(), trials(SEEDS, one));
    let mean = |figure: Fill| all.mean(0, figure).mean;
    (FILLS.map(|(_, figure)| mean(figure)), (mean(|one| one.stock_value), mean(|one| one.order_lines), mean(|one| one.expired_value)))
}

/// The setting with the least stock that keeps the fills and the lines.
fn tuned(items: usize, review_days: usize, bar: &Bar) -> Option<String> {
    let mut best: Option<(f64, String)> = None;
    for floor in PRICE_FLOORS {
        for line in LINE_COSTS {
            let name = |step: i32| format!("wardstock:{line},{floor},{:.6}", 2.0_f64.powf(0.5 * f64::from(step) - 13.0));
            let (mut fails, mut keeps) = (-1, STEPS);
            while keeps - fails > 1 {
                let middle = i32::midpoint(fails, keeps);
                if bar.kept(evaluated(items, review_days, &name(middle)).0) { keeps = middle } else { fails = middle }
            }
            if keeps == STEPS {
                continue;
            }
            let (fills, (stock, lines, expired)) = evaluated(items, review_days, &name(keeps));
            println!("tuning seeds, {}: fills {fills:.4?}, stock {stock:.0}, lines {lines:.0}, expired {expired:.0}", name(keeps));
            if lines <= bar.lines && best.as_ref().is_none_or(|(least, _)| stock < *least) {
                best = Some((stock, name(keeps)));
            }
        }
    }
    best.map(|(_, name)| name)
}
