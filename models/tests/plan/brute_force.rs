//! Against Wagner and Whitin and against every plan there is.

use wardstock_models::plan::{Instance, SolveLimits, solve};

use crate::builders::{Rng, instance, item, offer, plan, tiny};

/// Wagner and Whitin by dynamic programming over the period of the next order, one unit a pack.
fn wagner_whitin(demand: &[f64], fee: f64, holding: f64, price: f64) -> f64 {
    let n = demand.len();
    let mut best = vec![0.0; n + 1];
    for from in (0..n).rev() {
        best[from] = f64::INFINITY;
        let mut cost = fee;
        for to in from..n {
            cost += demand[to] * (price + holding * f64::from(u32::try_from(to - from).unwrap()));
            best[from] = f64::min(best[from], cost + best[to + 1]);
        }
    }
    best[0]
}

#[test]
fn lot_sizes_are_near_wagner_and_whitin_and_the_bound_is_below() {
    let mut rng = Rng(3);
    let mut worst: f64 = 0.0;
    for _ in 0..40 {
        let demand: Vec<f64> = (0..12).map(|_| f64::from(rng.below(90) + 10)).collect();
        let fee = f64::from(rng.below(120) + 20);
        let mut only = item("A", &demand);
        only.holding_cost = 0.5;
        only.shortage_cost = 100.0;
        let mut question = instance(12, vec![only], vec![offer("O", "A", 1, 2.0)]);
        // With one item, a cost per line is a cost per order.
        let share = f64::from(rng.below(3)) / 2.0;
        question.suppliers[0].order_cost = fee * (1.0 - share);
        question.suppliers[0].line_cost = fee * share;
        let planned = plan(&question);
        let best = wagner_whitin(&demand, fee, 0.5, 2.0);
        assert!(planned.bound <= best + 1e-6 && planned.objective >= best - 1e-6);
        worst = worst.max(planned.objective / best - 1.0);
    }
    assert!(worst < 0.05, "worst {worst}");
}

/// Every plan of up to `most` packs per offer and period, judged by the checker alone.
fn brute_force(question: &Instance, most: i64) -> f64 {
    let slots: Vec<(usize, u32)> = (0..question.offers.len()).flat_map(|k| (0..question.periods).map(move |t| (k, t))).collect();
    let none = litres_without_orders(question);
    let mut best = f64::INFINITY;
    let mut packs = vec![0_i64; slots.len()];
    loop {
        if let Some(cost) = cost_of(question, &slots, &packs, &none) {
            best = best.min(cost);
        }
        let mut n = 0;
        while n < packs.len() && packs[n] == most {
            packs[n] = 0;
            n += 1;
        }
        if n == packs.len() {
            return best;
        }
        packs[n] += 1;
    }
}

/// Cost of a plan by a walk written for this test; `None` when it breaks a rule.
fn cost_of(question: &Instance, slots: &[(usize, u32)], packs: &[i64], none: &[f64]) -> Option<f64> {
    let mut cost = 0.0;
    let mut spent = vec![0.0; usize::try_from(question.periods).unwrap()];
    let mut arrivals: Vec<(String, u32, i64)> = Vec::new();
    for (&(k, t), &n) in slots.iter().zip(packs) {
        let offer = &question.offers[k];
        if n > 0 && n < offer.moq_packs {
            return None;
        }
        let money = f64::from(i32::try_from(n).unwrap()) * offer.price;
        spent[usize::try_from(t).unwrap()] += money;
        cost += money;
        if n > 0 {
            cost += question.suppliers[0].line_cost;
        }
        let arrives = t + offer.lead_periods;
        arrivals.push((offer.item.clone(), arrives, n * offer.units_per_pack));
    }
    for (t, &money) in spent.iter().enumerate() {
        let limit = question.budget.as_ref().and_then(|b| b[t]);
        if limit.is_some_and(|limit| money > limit + 1e-9) {
            return None;
        }
        if money > 0.0 {
            cost += question.suppliers[0].order_cost;
            if money < question.suppliers[0].min_order - 1e-9 {
                return None;
            }
        }
    }
    let mut litres = vec![0.0; spent.len()];
    for item in &question.items {
        let mut shelf: Vec<(u32, f64)> = Vec::new();
        for (t, demand) in (0..).zip(&item.demand) {
            for lot in item.on_hand.iter().filter(|_| t == 0) {
                let units = f64::from(i32::try_from(lot.units).unwrap());
                shelf.push((lot.expires_period.unwrap_or(u32::MAX), units));
            }
            for (_, _, units) in arrivals.iter().filter(|a| a.0 == item.id && a.1 == t) {
                let last = item.shelf_life_periods.map_or(u32::MAX, |life| t + life - 1);
                shelf.push((last, f64::from(i32::try_from(*units).unwrap())));
            }
            shelf.sort_by_key(|lot| lot.0);
            let mut wanted = demand.mean;
            for lot in &mut shelf {
                let taken = lot.1.min(wanted);
                lot.1 -= taken;
                wanted -= taken;
            }
            cost += item.shortage_cost * wanted;
            let dead: f64 = shelf.iter().filter(|l| l.0 == t).map(|l| l.1).sum();
            cost += item.disposal_cost * dead;
            shelf.retain(|l| l.0 != t);
            let left = shelf.iter().map(|l| l.1).sum::<f64>();
            cost += item.holding_cost * left;
            litres[t as usize] += item.volume_ml / 1000.0 * left;
        }
    }
    if let (Some(limit), true) = (question.storage.first(), packs.iter().any(|&n| n > 0)) {
        for (t, given) in limit.litres.iter().enumerate() {
            if litres[t] > given.unwrap().max(none[t]) + 1e-9 {
                return None;
            }
        }
    }
    Some(cost)
}

/// Litres of stock at the end of each period when nothing is ordered.
fn litres_without_orders(question: &Instance) -> Vec<f64> {
    let mut idle = question.clone();
    idle.offers.clear();
    let planned = solve(&idle, &SolveLimits::default(), &mut |_| true).unwrap();
    let mut litres = vec![0.0; question.periods as usize];
    for row in &planned.projection {
        let item = question.items.iter().find(|i| i.id == row.item).unwrap();
        litres[row.period as usize] += item.volume_ml / 1000.0 * row.stock;
    }
    litres
}

#[test]
fn tiny_plans_are_near_brute_force_and_bounds_below_it() {
    let mut rng = Rng(11);
    let (mut sum, mut best_sum) = (0.0, 0.0);
    for round in 0..60 {
        let question = tiny(&mut rng);
        let planned = plan(&question);
        let best = brute_force(&question, 5);
        assert!(planned.bound <= best + 1e-6, "round {round}");
        assert!(planned.bound <= planned.objective);
        sum += planned.objective;
        best_sum += best;
    }
    println!("tiny: plans {sum:.2}, brute force {best_sum:.2}");
    assert!(sum <= best_sum * 1.02, "{sum} against {best_sum}");
}
