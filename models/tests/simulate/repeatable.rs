//! The same seed gives the same bytes, whoever runs beside it; policies share their luck.

use std::thread;

use wardstock_models::simulate::policy::parse;
use wardstock_models::simulate::{Comparison, hospital, run, trial};

fn names() -> Vec<String> {
    ["rss:0.98,8", "open-msupply:2,1", "par:30", "clairvoyant"].map(str::to_owned).to_vec()
}

#[test]
fn threads_and_order_do_not_matter() {
    let one = |seed: u64| trial(&hospital(seed, 15, 30).unwrap(), seed, &names(), 7, &mut || true).unwrap();
    let alone = Comparison::of(names(), vec![one(3), one(4)]);
    let together = thread::scope(|scope| {
        let both = [scope.spawn(|| one(4)), scope.spawn(|| one(3))];
        Comparison::of(names(), both.map(|thread| thread.join().unwrap()).to_vec())
    });
    assert_eq!(alone, together);
    assert_eq!(alone.differences.len(), 3);
    assert!(alone.differences[0].cost.standard_error.is_some());
}

#[test]
fn articles_keep_their_luck_in_a_hospital_of_any_size() {
    let (small, large) = (hospital(9, 4, 52).unwrap(), hospital(9, 9, 52).unwrap());
    assert_eq!(small.requests(), &large.requests()[..4]);
    assert_eq!(small.lead_days(), &large.lead_days()[..4]);
    assert_ne!(small.requests(), hospital(10, 4, 52).unwrap().requests());
    let of = |world| run(world, parse("rs:0.98").unwrap().policy().unwrap().as_mut(), 7).unwrap();
    assert_eq!(of(&small).tallies, of(&large).tallies[..4], "one article's rule doesn't see the others");
}

#[test]
fn the_hospital_is_as_described() {
    let world = hospital(7, 400, 104).unwrap();
    let yearly: f64 = world
        .articles()
        .iter()
        .zip(world.requests())
        .map(|(article, asked)| {
            article.unit_price() * asked.iter().map(|units| f64::from(i32::try_from(*units).unwrap())).sum::<f64>() / 3.0
        })
        .sum();
    assert!((3.5e6..9e6).contains(&yearly), "{yearly}");
    let late = |days: usize| world.articles().iter().filter(|article| article.lead_time_days == days).count();
    assert!((110..170).contains(&late(2)) && (40..80).contains(&late(10)));
    assert!(world.articles().iter().all(|article| (140..=721).contains(&article.shelf_life_days.unwrap())));
}

#[test]
fn without_issues_in_its_window_a_monthly_average_starves() {
    // The trap of product.md 5.7 (f): an average of nothing orders nothing, for ever.
    let made = hospital(7, 30, 52).unwrap();
    let nothing = vec![0; made.articles().len()];
    let timeline = made.timeline();
    let quiet =
        made.requests().iter().map(|asked| asked.iter().enumerate().map(|(day, units)| if day < timeline.history { 0 } else { *units }));
    let requests = quiet.map(Iterator::collect).collect();
    let world =
        wardstock_models::simulate::World::new(made.articles().to_vec(), timeline, requests, made.lead_days().to_vec(), nothing).unwrap();
    let mut policy = parse("open-msupply:3,1.5").unwrap().policy().unwrap();
    let outcome = run(&world, policy.as_mut(), 30).unwrap();
    assert_eq!(outcome.tallies.iter().map(|tally| tally.issued).sum::<i64>(), 0);
}
