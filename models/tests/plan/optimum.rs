//! Against a whole-number program of its own, and signs of the solver's duals.

use good_lp::solvers::highs::highs;
use good_lp::{SolutionWithDual, SolverModel, constraint, variable, variables};
use wardstock_models::plan::{HospitalSize, Risk, SolveLimits, made_up_hospital, solve};

use crate::builders::{Rng, tiny};
use crate::small;

#[test]
fn small_plans_are_within_half_a_percent_of_the_optimum_and_bounds_below_it() {
    let found = small::compare(500..530, 2.0);
    println!("{found:?}");
    assert!(found.solved >= 15, "{found:?}");
    assert!(found.above.is_empty() && found.false_bounds.is_empty(), "{found:?}");
}

/// Instances whose bound was above the optimum: an order before anything is needed (34), two pack sizes in one delivery
/// (269, 450, 471).
#[test]
fn bounds_that_were_false_are_below_the_optimum() {
    for seed in [34, 269, 450, 471] {
        let found = small::compare(seed..seed + 1, 20.0);
        assert!(found.solved == 1 && found.false_bounds.is_empty() && found.above.is_empty(), "{found:?}");
    }
}

/// With every demand at least as large, a plan for it serves the smaller one at no more purchase, but may keep more
/// stock: so only with free holding, disposal and storage the cheapest plan can't become cheaper. Its bounds need not
/// follow, as they are bounds of different problems; both must stay below the plan for the larger demand.
#[test]
fn more_demand_never_makes_the_bound_of_the_smaller_one_false() {
    let mut rng = Rng(41);
    for round in 0..40 {
        let mut question = tiny(&mut rng);
        question.storage.clear();
        for item in &mut question.items {
            (item.holding_cost, item.disposal_cost) = (0.0, 0.0);
        }
        let less = solve(&question, &SolveLimits::default(), &mut |_| true).unwrap();
        for entry in question.items.iter_mut().flat_map(|item| &mut item.demand) {
            entry.mean *= 1.0 + 0.5 * rng.unit();
        }
        let more = solve(&question, &SolveLimits::default(), &mut |_| true).unwrap();
        assert!(less.bound <= more.objective * (1.0 + 1e-9) + 1e-9, "round {round}: {} above {}", less.bound, more.objective);
    }
}

#[test]
fn two_threads_give_the_same_plan_where_texts_and_repair_are_shared() {
    let question = made_up_hospital(HospitalSize { items: 2_500, periods: 8, seed: 4, risk: Risk::Mean });
    let limits = SolveLimits { gap: 0.02, ..SolveLimits::default() };
    let one = solve(&question, &limits, &mut |_| true).unwrap();
    assert_eq!(one, solve(&question, &SolveLimits { threads: 2, ..limits }, &mut |_| true).unwrap());
}

/// `good_lp` #82: the sign of the dual of a `>=` row.
#[test]
fn duals_are_rates_of_the_optimum() {
    variables! { least: 0 <= x; }
    let mut problem = least.minimise(3 * x).using(highs);
    let row = problem.add_constraint(constraint!(x >= 5));
    let mut solution = problem.solve().unwrap();
    assert!((dual(&mut solution, row) - 3.0).abs() < 1e-9);
    let mut most = variables!();
    let y = most.add(variable().min(0));
    let mut problem = most.maximise(3 * y).using(highs);
    let row = problem.add_constraint(constraint!(y <= 5));
    let mut solution = problem.solve().unwrap();
    assert!((dual(&mut solution, row) - 3.0).abs() < 1e-9);
}

fn dual(solution: &mut good_lp::solvers::highs::HighsSolution, row: good_lp::constraint::ConstraintReference) -> f64 {
    use good_lp::DualValues;
    solution.compute_dual().dual(row)
}
