//! Calls of the room: stock, movements, counts.

mod count;
mod movement;
mod reversal;
mod stock;

use actix_web::http::Method;
use serde_json::json;

use count::{Counted, NewCount, post_count};
use movement::{Booked, MovementAnswer, MovementQuery, Movements, get_movements, post_movements};
use reversal::{Reversal, post_reversal};
use stock::{HistoryQuery, StockPointView, StockQuery, get_history, get_stock, get_stock_point};

use super::level::{DayView, StockView};
use crate::access::role;
use crate::access::route::Route;
use crate::web::paging::Page;

/// The calls.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(&Method::GET, "/api/v1/stock", role::PEOPLE, get_stock)
            .about("stock", "Stock points with on hand, on order, position, cover and belief")
            .query::<StockQuery>()
            .answers::<Page<StockView>>(200),
        Route::new(&Method::GET, "/api/v1/stock/{place}/{item}", role::PEOPLE, get_stock_point)
            .about("stock", "One stock point with its lots")
            .answers::<StockPointView>(200),
        Route::new(&Method::GET, "/api/v1/stock/{place}/{item}/history", role::PEOPLE, get_history)
            .about("stock", "Days with movements, each with its closing stock")
            .query::<HistoryQuery>()
            .answers::<Vec<DayView>>(200),
        Route::new(&Method::GET, "/api/v1/movements", role::PEOPLE, get_movements)
            .about("stock", "The ledger, oldest first")
            .query::<MovementQuery>()
            .answers::<Page<MovementAnswer>>(200),
        Route::new(&Method::POST, "/api/v1/movements", role::STOCK_KEEPERS, post_movements)
            .about("stock", "Book one movement or a list of them; all or none")
            .takes::<Movements>(json!({"kind": "issue", "place": "W1", "item": "P1", "quantity": 12}))
            .answers::<Booked>(201),
        Route::new(&Method::POST, "/api/v1/movements/{id}/reversal", role::STOCK_KEEPERS, post_reversal)
            .about("stock", "Take a movement back; needs a reason")
            .takes::<Reversal>(json!({"reason": "wrong ward"}))
            .answers::<Booked>(201),
        Route::new(&Method::POST, "/api/v1/counts", role::STOCK_KEEPERS, post_count)
            .about("stock", "Book a count; movements since it stand")
            .takes::<NewCount>(json!({"place": "W1", "item": "P1", "counted": 40}))
            .answers::<Counted>(201),
    ];
    let sheets = ["/api/v1/stock.csv", "/api/v1/stock.xlsx"];
    routes.extend(Route::sheets("stock", sheets, role::PEOPLE, get_stock).map(Route::query::<StockQuery>));
    routes
}
