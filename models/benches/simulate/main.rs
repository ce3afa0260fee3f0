//! scratch
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a program that prints figures")]
use std::time::Instant;
use wardstock_models::simulate::{hospital, trial};
fn main() {
    let start = Instant::now();
    let items: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let seed: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let review: usize = std::env::args().nth(3).unwrap().parse().unwrap();
    let world = hospital(seed, items, 3).unwrap();
    println!("world {:.2}", start.elapsed().as_secs_f64());
    for name in std::env::args().skip(4).filter(|name| name != "--bench") {
        let start = Instant::now();
        let trial = trial(&world, seed, &[name.clone()], review, &mut || ()).unwrap();
        let f = &trial.figures[0];
        println!(
            "{name:24} fill {:.4} {:.4} {:.4} stock {:.0} exp {:.0} lines {:.0} spend {:.0} cost {:.0} (h {:.0} l {:.0} s {:.0} x {:.0}) ratio {:.2} bound {:.0} s {:.1}",
            f.unit_fill,
            f.item_fill,
            f.fill_vital,
            f.stock_value,
            f.expired_value,
            f.order_lines,
            f.spend,
            f.cost,
            f.cost_by_kind.holding,
            f.cost_by_kind.lines,
            f.cost_by_kind.shortage,
            f.cost_by_kind.expired,
            f.ratio_to_clairvoyant.unwrap_or(0.0),
            trial.bound,
            start.elapsed().as_secs_f64()
        );
    }
}
