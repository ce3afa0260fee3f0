//! All stock points, by place and item, filtered by status.

use maud::{Markup, html};

use crate::access::caller::Caller;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::stock::level::{self, StockView, Wanted};
use crate::ui::layout::{self, Frame, Here};
use crate::ui::page::item::{cover, expiry, on_order};
use crate::ui::part::{badge, cell, text};

/// Rows of one page.
const ROWS: i64 = 100;
/// The statuses, each with its word.
pub(crate) const STATUSES: [(&str, &str); 6] =
    [("", "All"), ("out", "Out of stock"), ("low", "Low"), ("expiring", "Expiring"), ("over", "Above maximum"), ("ok", "OK")];

/// What the page shows.
#[derive(Debug)]
pub(crate) struct StockPage {
    pub(crate) now: Micros,
    pub(crate) status: String,
    pub(crate) rows: Vec<StockView>,
    pub(crate) more: bool,
}

/// Reads it: one row more than shown tells whether there are more.
///
/// # Errors
/// Those of the database.
pub(crate) fn read(conn: &mut Conn, only_site: Option<i64>, status: &str, after: (String, String), now: Micros) -> Result<StockPage> {
    let wanted =
        Wanted { site_id: only_site, status: (!status.is_empty()).then(|| status.to_owned()), after, limit: ROWS + 1, ..Wanted::default() };
    let mut rows = level::list(conn, &wanted, now.day())?;
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    Ok(StockPage { now, status: status.to_owned(), rows, more })
}

/// The whole page.
pub(crate) fn page(caller: &Caller, shown: &StockPage) -> Markup {
    let main = html! {
        div class="title" { h1 { "Stock" } p class="soft" { "Every item at every place, by the book and by the sensors." } }
        nav aria-label="Status" {
            ul class="pills" {
                @for (status, word) in STATUSES {
                    li { a href=(if status.is_empty() { "/stock".to_owned() } else { format!("/stock?status={status}") })
                        aria-current=[(status == shown.status).then_some("true")] { (word) } }
                }
            }
        }
        section class="panel" aria-label="Stock points" {
            @if shown.rows.is_empty() {
                p class="empty" {
                    @if shown.status.is_empty() { "No stock points yet: import places, items and stock with " code { "wardstock import" } "." }
                    @else { "Nothing here has this status." }
                }
            } @else { (table(shown)) }
            @if let Some(last) = shown.rows.last().filter(|_| shown.more) {
                form method="get" action="/stock" class="more" {
                    @if !shown.status.is_empty() { input type="hidden" name="status" value=(shown.status); }
                    input type="hidden" name="place" value=(last.place);
                    input type="hidden" name="item" value=(last.item);
                    button type="submit" class="quiet" { "Next " (text::number(ROWS)) " rows" }
                }
            }
        }
    };
    layout::document(&Frame { title: "Stock", here: Here::Stock, caller: Some(caller), live: false }, &main)
}

const COLUMNS: [(&str, bool); 8] = [
    ("Item", false),
    ("Place", false),
    ("Status", false),
    ("On hand", true),
    ("On order", true),
    ("Cover", true),
    ("First expiry", false),
    ("Sensor", false),
];

fn table(shown: &StockPage) -> Markup {
    html! {
        div class="scroll" {
            table role="table" class="rows" {
                caption class="hidden" { "Stock points by place and item" }
                (cell::head(&COLUMNS))
                tbody role="rowgroup" {
                    @for row in &shown.rows {
                        tr role="row" {
                            (cell::item_head(&row.item, &row.name, ""))
                            (cell::cell("Place", &row.place))
                            (cell::cell("Status", badge::status(row.status)))
                            (cell::figure("On hand", text::units(row.on_hand, &row.base_unit)))
                            (cell::figure("On order", on_order(row)))
                            (cell::figure("Cover", cover(row)))
                            (cell::cell("First expiry", expiry(row.next_expiry, shown.now.day())))
                            (cell::cell("Sensor", cell::belief(row.belief.as_ref(), &row.base_unit, shown.now)))
                        }
                    }
                }
            }
        }
    }
}
