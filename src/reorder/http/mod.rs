//! Calls of the room: ask for a plan, read it and its lines, change a line, accept it.

mod line;
mod plan;

use actix_web::http::Method;
use serde_json::json;

use line::{Lines, Override, get_lines, patch_line};
use plan::{Accepted, PlanAnswer, PlanQuery, get_instance, get_plan, get_plans, post_accept, post_plan};

pub use line::{LineView, Why, newest_lines};
pub use plan::PlanView;

use super::PlanRequest;
use crate::access::role;
use crate::access::route::Route;
use crate::web::paging::Page;

/// The calls.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(&Method::GET, "/api/v1/plans", role::PEOPLE, get_plans)
            .about("reorder", "Plans, newest first")
            .query::<PlanQuery>()
            .answers::<Page<PlanView>>(200),
        Route::new(&Method::POST, "/api/v1/plans", role::PLANNERS, post_plan)
            .about("reorder", "Ask for a plan; it is solved in the background")
            .takes::<PlanRequest>(json!({"site": "H1", "horizon_days": 91, "budget": {"minor": 2_500_000, "currency": "EUR"}}))
            .answers::<PlanView>(202),
        Route::new(&Method::GET, "/api/v1/plans/{id}", role::PEOPLE, get_plan)
            .about("reorder", "A plan with the planner's whole answer once it is done")
            .answers::<PlanAnswer>(200),
        Route::new(&Method::GET, "/api/v1/plans/{id}/instance", role::REPORT_READERS, get_instance)
            .about("reorder", "What the planner was asked (wardstock.plan.v1): `wardstock plan --check` replays it"),
        Route::new(&Method::GET, "/api/v1/plans/{id}/lines", role::PEOPLE, get_lines)
            .about("reorder", "Recommended order lines, each with its reason")
            .answers::<Lines>(200),
        Route::new(&Method::PATCH, "/api/v1/plans/{id}/lines/{line}", role::PLANNERS, patch_line)
            .about("reorder", "Set other packs than recommended; needs a reason. packs null: as recommended again")
            .takes::<Override>(json!({"packs": 4, "reason": "promotion ends this week"}))
            .answers::<LineView>(200),
        Route::new(&Method::POST, "/api/v1/plans/{id}/accept", role::PLANNERS, post_accept)
            .about(
                "reorder",
                "Turn the lines of the first period into draft orders, one per supplier and order day; name the moves to post",
            )
            .answers::<Accepted>(201),
    ];
    let lines = ["/api/v1/plans/{id}/lines.csv", "/api/v1/plans/{id}/lines.xlsx"];
    routes.extend(Route::sheets("reorder", lines, role::PEOPLE, get_lines));
    routes
}
