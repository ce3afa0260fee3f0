//! What holds for every instance: the judge accepts, limits are kept, bad input is named.

use wardstock_models::plan::{Instance, PlanError, Planned, Risk, SolveLimits, Status, check, solve};

use crate::builders::{Rng, hospital, instance, item, lot, near, offer, plan, tiny};

#[test]
fn generated_hospitals_pass_the_judge_in_every_risk_form() {
    for (seed, risk) in [(1, Risk::Mean), (2, Risk::Quantile), (3, Risk::Expected)] {
        let question = hospital(30, 8, seed, risk);
        let planned = plan(&question);
        assert!(planned.bound > 0.0 && planned.bound <= planned.objective);
        assert!(planned.risk.bound <= planned.risk.objective);
        assert!(planned.risk.gap < 0.2, "{risk:?}: {}", planned.risk.gap);
        for row in &planned.explanations {
            assert!(row.text.contains("Item I") && row.text.contains("EUR"), "{}", row.text);
            let d = &row.drivers;
            assert!((0.0..=1.0).contains(&d.stockout_probability_with));
            assert!(d.stockout_probability_with <= d.stockout_probability_without + 1e-12);
        }
    }
}

#[test]
fn the_same_instance_gives_the_same_plan() {
    let question = hospital(25, 6, 9, Risk::Expected);
    assert_eq!(plan(&question), plan(&question));
}

#[test]
fn tampered_plans_are_refused() {
    let question = hospital(12, 6, 5, Risk::Mean);
    let planned = plan(&question);
    for n in 0..planned.orders.len() {
        for step in [-1, 1] {
            let mut tampered = planned.clone();
            tampered.orders[n].packs += step;
            assert!(!check(&question, &tampered).is_accepted(), "order {n} {step:+}");
        }
    }
    let rows: [(&str, fn(&mut Planned)); 6] = [
        ("order", |p| p.orders[0].offer = "nobody".to_owned()),
        ("objective", |p| p.objective *= 0.99),
        ("bound", |p| p.bound = p.objective * 1.01),
        ("cost", |p| p.cost.holding += 1.0),
        ("projection", |p| p.projection[0].stock += 1.0),
        ("explanation", |p| p.explanations.clear()),
    ];
    for (row, tamper) in rows {
        let mut tampered = planned.clone();
        tamper(&mut tampered);
        let report = check(&question, &tampered);
        assert!(report.problems.iter().any(|p| p.row == row), "{row}");
    }
}

#[test]
fn more_budget_never_raises_the_bound() {
    let mut before = f64::INFINITY;
    for share in [0.0, 0.3, 0.6, 0.9, 1.2, 2.0] {
        let mut question = hospital(20, 6, 4, Risk::Mean);
        for money in question.budget.iter_mut().flatten().flatten() {
            *money *= share;
        }
        let planned = plan(&question);
        assert!(planned.bound <= before * (1.0 + 1e-6) + 1e-6);
        before = planned.bound;
    }
}

#[test]
fn odd_instances_have_a_plan() {
    let empty = plan(&instance(3, Vec::new(), Vec::new()));
    assert!(empty.orders.is_empty() && empty.objective.abs() < 1e-12);

    let mut none = instance(2, vec![item("A", &[5.0, 5.0])], Vec::new());
    none.suppliers.clear();
    near(plan(&none).objective, 300.0);

    let mut far = offer("O", "A", 5, 5.0);
    far.lead_periods = 9;
    let late = plan(&instance(2, vec![item("A", &[5.0, 5.0])], vec![far]));
    assert!(late.orders.is_empty());

    let mut least = offer("O", "A", 5, 5.0);
    least.moq_packs = 10;
    let mut dear = instance(2, vec![item("A", &[5.0, 5.0])], vec![least]);
    dear.budget = Some(vec![Some(49.0); 2]);
    assert!(plan(&dear).orders.is_empty());

    let idle = plan(&instance(2, vec![item("A", &[0.0, 0.0])], vec![offer("O", "A", 5, 5.0)]));
    assert!(idle.orders.is_empty());

    let mut dying = item("A", &[0.0]);
    dying.on_hand = vec![lot(7, Some(0))];
    near(plan(&instance(1, vec![dying], Vec::new())).cost.disposal, 3.5);

    for risk in [Risk::Mean, Risk::Expected, Risk::Quantile] {
        let huge = item("A", &[1e9, 1e9, 1e9]);
        let mut question = instance(3, vec![huge], vec![offer("O", "A", 7, 0.5)]);
        question.options.risk = risk;
        question.budget = Some(vec![Some(6e7); 3]);
        assert!(!plan(&question).orders.is_empty());
    }
}

#[test]
fn wild_magnitudes_never_break_a_rule() {
    let mut rng = Rng(77);
    for round in 0..150 {
        let mut question = tiny(&mut rng);
        question.options.risk = [Risk::Mean, Risk::Quantile, Risk::Expected][round % 3];
        let mut wild = |most: f64| (rng.unit() * most.ln()).exp() * f64::from(1 + rng.below(9));
        for item in &mut question.items {
            for entry in &mut item.demand {
                entry.mean = wild(1e9);
            }
            item.on_hand[0].units = wild(1e9) as i64;
            item.holding_cost = wild(1e3);
            item.shortage_cost = wild(1e6);
            item.volume_ml = wild(1e5);
        }
        for offer in &mut question.offers {
            offer.price = wild(1e6);
            offer.units_per_pack = wild(1e4) as i64;
            offer.moq_packs = wild(1e3) as i64;
        }
        for money in question.budget.iter_mut().flatten().flatten() {
            *money = wild(1e11);
        }
        plan(&question);
    }
}

#[test]
fn bad_instances_are_named() {
    let good = instance(2, vec![item("A", &[5.0, 5.0])], vec![offer("O", "A", 5, 5.0)]);
    let cases: [(&str, fn(&mut Instance)); 11] = [
        ("periods", |q| q.periods = 0),
        ("items[0].holding_cost", |q| q.items[0].holding_cost = -1.0),
        ("items[0].demand[1].mean", |q| {
            q.items[0].demand[1].mean = f64::NAN;
        }),
        ("items[0].demand", |q| {
            q.items[0].demand.pop();
        }),
        ("suppliers[0].line_cost", |q| q.suppliers[0].line_cost = -1.0),
        ("suppliers[0].line_cost", |q| q.suppliers[0].line_cost = f64::INFINITY),
        ("offers[0].item", |q| q.offers[0].item = "X".to_owned()),
        ("offers[0].units_per_pack", |q| {
            q.offers[0].units_per_pack = 0;
        }),
        ("items[1].id", |q| q.items.push(q.items[0].clone())),
        ("budget", |q| q.budget = Some(vec![None])),
        ("items[0].demand[0].quantiles[1]", |q| {
            q.items[0].demand[0].quantiles = vec![(0.5, 7.0), (0.8, 6.0)];
        }),
    ];
    for (field, spoil) in cases {
        let mut bad = good.clone();
        spoil(&mut bad);
        match solve(&bad, &SolveLimits::default(), &mut |_| true) {
            Err(PlanError::Invalid { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn a_short_time_limit_or_a_stop_still_gives_a_plan() {
    let question = hospital(60, 13, 6, Risk::Expected);
    let limits = SolveLimits { time_limit_s: 0.01, ..SolveLimits::default() };
    let planned = solve(&question, &limits, &mut |_| true).unwrap();
    assert!(check(&question, &planned).is_accepted());
    let planned = solve(&question, &SolveLimits::default(), &mut |_| false).unwrap();
    assert!(check(&question, &planned).is_accepted());
    assert_eq!(planned.status, Status::TimeLimit);
}

fn timed(items: u32, risk: Risk) {
    let question = hospital(items, 13, 7, risk);
    let begin = std::time::Instant::now();
    let mut on_stage = |stage: &wardstock_models::plan::Stage| {
        let seconds = begin.elapsed().as_secs_f64();
        println!("  {seconds:.2} s {} {:?} {:?}", stage.name, stage.objective, stage.bound);
        true
    };
    let planned = solve(&question, &SolveLimits::default(), &mut on_stage).unwrap();
    println!(
        "{items} x 13 {risk:?}: {:.2} s, {} orders, gap {:.4}, risk gap {:.4}, {} columns",
        begin.elapsed().as_secs_f64(),
        planned.orders.len(),
        planned.gap,
        planned.risk.gap,
        planned.statistics.columns
    );
    println!("  {:?}", planned.cost);
    let report = check(&question, &planned);
    assert!(report.is_accepted(), "{:#?}", report.problems);
}

#[test]
fn three_hundred_items_for_a_quarter() {
    for risk in [Risk::Mean, Risk::Quantile, Risk::Expected] {
        timed(300, risk);
    }
}
