//! The price decomposition: what must hold at sizes where no linear program is solved.

use wardstock_models::plan::{HospitalSize, Risk, SolveLimits, check, made_up_hospital, solve};

use crate::builders::plan;

#[test]
fn a_thousand_items_are_planned_within_two_percent_for_any_number_of_threads() {
    let question = made_up_hospital(HospitalSize { items: 1_000, periods: 13, seed: 3, risk: Risk::Mean });
    let one = plan(&question);
    assert!(one.gap < 0.02, "{}", one.gap);
    assert!(one.statistics.stages.iter().any(|stage| stage.name == "prices"));
    let limits = SolveLimits { threads: 2, ..SolveLimits::default() };
    assert_eq!(one, solve(&question, &limits, &mut |_| true).unwrap());
}

#[test]
fn every_risk_form_has_an_honest_bound_of_what_steers() {
    for risk in [Risk::Expected, Risk::Quantile] {
        let question = made_up_hospital(HospitalSize { items: 300, periods: 13, seed: 5, risk });
        let planned = plan(&question);
        assert!(check(&question, &planned).is_accepted());
        assert!(planned.risk.bound <= planned.risk.objective && planned.bound <= planned.objective);
        println!("{risk:?}: risk gap {:.4}", planned.risk.gap);
        assert!(planned.risk.gap < 0.05, "{risk:?} {}", planned.risk.gap);
    }
}

#[test]
fn more_budget_never_costs_much_more() {
    let mut before = f64::INFINITY;
    for share in [0.5, 0.8, 1.1] {
        let mut question = made_up_hospital(HospitalSize { items: 200, periods: 13, seed: 8, risk: Risk::Mean });
        for money in question.budget.iter_mut().flatten().flatten() {
            *money *= share;
        }
        let planned = plan(&question);
        // Both are within their proven gaps of an optimum that falls.
        assert!(planned.bound <= before * (1.0 + 1e-6));
        before = planned.objective;
    }
}
