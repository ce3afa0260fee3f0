//! What runs out before the next delivery, and what expires.

use maud::{Markup, html};

use super::read::{Board, CHANCE_MIN, RiskRow};
use crate::stock::level::StockView;
use crate::ui::page::item::{cover, expiry, on_order};
use crate::ui::part::{badge, cell, text};

/// Rows that always show.
const ROWS_FIRST: usize = 10;
/// Rows that show when asked for.
const ROWS_MAX: usize = 100;
/// Rows that are only below par, shown when asked for.
const LOW_MAX: usize = 50;
const EXPIRING_MAX: usize = 12;

const COLUMNS: [(&str, bool); 7] =
    [("Item", false), ("Place", false), ("On hand", true), ("On order", true), ("Cover", true), ("Sensor", false), ("Risk", false)];

/// The section.
pub(super) fn section(board: &Board) -> Markup {
    let (likely, low): (Vec<&RiskRow>, Vec<&RiskRow>) = board.at_risk.iter().partition(|row| row.is_likely());
    html! {
        section id="risk" class="panel" data-live aria-labelledby="risk-h" {
            h2 id="risk-h" { "Runs out before the next delivery" }
            @if board.at_risk.is_empty() {
                p class="empty" {
                    (badge::Tone::Good.shape())
                    @if board.plan.is_some() { "Nothing: all items last until an order could arrive, and no shelf is empty or below its par level." }
                    @else { "No shelf is empty or below its par level. Press Plan now to learn what may run out." }
                }
            } @else {
                (table(board, "Items that are out or may run out before an order could arrive; the worst first", likely.iter().take(ROWS_FIRST)))
                @if likely.len() > ROWS_FIRST {
                    details class="why" data-key="risk-more" {
                        summary { span class="ask" { (text::number(text::count_of(&likely.iter().skip(ROWS_FIRST).collect::<Vec<_>>()))) " more" } " " span class="soft" { "may run out" } }
                        (table(board, "More items that are out or may run out", likely.iter().skip(ROWS_FIRST).take(ROWS_MAX)))
                        (rest(likely.len(), ROWS_FIRST + ROWS_MAX, "/stock?status=low", "the stock list"))
                    }
                }
                @if !low.is_empty() {
                    details class="why" data-key="risk-low" {
                        summary { span class="ask" { (text::units(text::count_of(&low), "more place")) } " " span class="soft" { "below par level, not expected to run out before a delivery" } }
                        (table(board, "Items below their par level", low.iter().take(LOW_MAX)))
                        (rest(low.len(), LOW_MAX, "/stock?status=low", "the stock list"))
                    }
                }
            }
        }
    }
}

fn table<'a>(board: &Board, caption: &str, rows: impl Iterator<Item = &'a &'a RiskRow>) -> Markup {
    html! {
        div class="scroll" {
            table role="table" class="rows" {
                caption class="hidden" { (caption) }
                (cell::head(&COLUMNS))
                tbody role="rowgroup" { @for row in rows { (line(board, row)) } }
            }
        }
    }
}

fn line(board: &Board, row: &RiskRow) -> Markup {
    let stock = &row.stock;
    html! {
        tr role="row" data-key={ "risk-" (stock.place) "-" (stock.item) } {
            (cell::item_head(&stock.item, &stock.name, badge::ven(&stock.ven)))
            (cell::cell("Place", board.place_name(&stock.place)))
            (cell::figure("On hand", on_hand(row)))
            (cell::figure("On order", on_order(stock)))
            (cell::figure("Cover", cover(stock)))
            (cell::cell("Sensor", cell::belief(stock.belief.as_ref(), &stock.base_unit, board.now)))
            (cell::cell("Risk", risk(row)))
        }
    }
}

/// On hand here and, where the plan pools wards into a store, with them.
fn on_hand(row: &RiskRow) -> Markup {
    let stock = &row.stock;
    html! {
        (text::units(stock.on_hand, &stock.base_unit))
        @if let Some(why) = &row.why {
            @if why.drivers.on_hand > stock.on_hand { div class="soft small" { (text::number(why.drivers.on_hand)) " with the wards" } }
        }
    }
}

fn risk(row: &RiskRow) -> Markup {
    let likely = row.chance() >= CHANCE_MIN;
    html! {
        @if row.is_out() || (row.stock.status == "low" && !likely) { (badge::status(row.stock.status)) } @else if likely { (badge::risk(row.chance())) }
        @match &row.why {
            Some(why) if likely && why.drivers.packs > 0 => {
                ul class="soft small" {
                    li { (text::percent(why.drivers.stockout_probability_without)) " without an order, " (text::percent(why.drivers.stockout_probability_with)) " with today's" }
                    @if why.drivers.stockout_probability_before_arrival >= CHANCE_MIN { li { (text::percent(why.drivers.stockout_probability_before_arrival)) " before it arrives" } }
                }
            }
            Some(why) if why.drivers.packs == 0 => { div class="soft small" { "not ordered: held back" } }
            _ => { @if row.stock.status == "low" { div class="soft small" { "below par level " (row.stock.par_level.map_or_else(String::new, text::number)) } } }
        }
    }
}

/// How many rows are not shown, and where they are.
fn rest(all: usize, shown: usize, href: &str, words: &str) -> Markup {
    let hidden = i64::try_from(all.saturating_sub(shown)).unwrap_or(i64::MAX);
    html! { @if hidden > 0 { p class="soft" { "and " (text::number(hidden)) " more: see " a href=(href) { (words) } "." } } }
}

/// What expires soon.
pub(super) fn expiring(board: &Board) -> Markup {
    html! {
        section id="expiring" class="panel" data-live aria-labelledby="expiring-h" {
            h2 id="expiring-h" { "Expires within 30\u{a0}days" }
            @if board.expiring.is_empty() {
                p class="empty" { (badge::Tone::Good.shape()) "Nothing on the shelves expires within 30\u{a0}days." }
            } @else {
                div class="scroll" {
                    table role="table" class="rows" {
                        caption class="hidden" { "Stock with a lot that expires within 30 days; the first to expire first" }
                        (cell::head(&[("Item", false), ("Place", false), ("First expiry", false), ("On hand", true)]))
                        tbody role="rowgroup" { @for stock in board.expiring.iter().take(EXPIRING_MAX) { (expiring_line(board, stock)) } }
                    }
                }
                (rest(board.expiring.len(), EXPIRING_MAX, "/stock?status=expiring", "the stock list"))
            }
        }
    }
}

fn expiring_line(board: &Board, stock: &StockView) -> Markup {
    html! {
        tr role="row" data-key={ "expiring-" (stock.place) "-" (stock.item) } {
            (cell::item_head(&stock.item, &stock.name, ""))
            (cell::cell("Place", board.place_name(&stock.place)))
            (cell::cell("First expiry", expiry(stock.next_expiry, board.now.day())))
            (cell::figure("On hand", text::units(stock.on_hand, &stock.base_unit)))
        }
    }
}
