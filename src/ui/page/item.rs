//! An item: its stock at every place with lots, and what will be used.

use std::collections::{BTreeSet, HashMap};

use maud::{Markup, html};

use crate::access::caller::Caller;
use crate::base::error::Result;
use crate::base::time::{Day, Micros};
use crate::catalogue::item::{self, ItemContent};
use crate::db::conn::Conn;
use crate::demand::forecast::{self, ForecastView};
use crate::places::{self, place, planning};
use crate::stock::level::{self, LotView, StockView, Wanted};
use crate::ui::layout::{self, Frame, Here};
use crate::ui::part::{accuracy, badge, cell, chart, text};

/// Places of an item that a page shows.
const PLACES_MAX: i64 = 500;
/// Forecasts of an item that a page shows.
const FORECASTS_MAX: i64 = 20;

/// What the page shows.
#[derive(Debug)]
pub(crate) struct ItemPage {
    pub(crate) now: Micros,
    pub(crate) item: ItemContent,
    /// Names of places, by code.
    pub(crate) names: HashMap<String, String>,
    pub(crate) points: Vec<(StockView, Vec<LotView>)>,
    /// Each with what is available at the places it is made for.
    pub(crate) forecasts: Vec<(ForecastView, i64)>,
}

/// Reads it.
///
/// # Errors
/// `not_found` for an unknown item.
pub(crate) fn read(conn: &mut Conn, only_site: Option<i64>, name: &str, now: Micros) -> Result<ItemPage> {
    let today = now.day();
    let item = item::view(conn, name)?.content;
    let key = item::find(conn, &item.code)?;
    let wanted = Wanted { site_id: only_site, item: Some(item.code.clone()), limit: PLACES_MAX, ..Wanted::default() };
    let mut points = Vec::new();
    let mut available: HashMap<i64, i64> = HashMap::new();
    let mut sites = BTreeSet::new();
    for stock in level::list(conn, &wanted, today)? {
        let place = places::find(conn, &stock.place)?;
        sites.insert(place.site_id);
        available.insert(place.id, stock.available);
        let lots = match places::known_stock_point(conn, &place, key.id)? {
            Some(stock_point_id) => level::lots(conn, place.site_id, stock_point_id, today)?,
            None => Vec::new(),
        };
        points.push((stock, lots));
    }
    let mut names = HashMap::new();
    let mut pools: HashMap<String, i64> = HashMap::new();
    for site_id in sites {
        names.extend(
            place::list(conn, Some(site_id), None, "", PLACES_MAX)?.into_iter().map(|place| (place.content.code, place.content.name)),
        );
        for point in planning::planning_points(conn, site_id)? {
            pools.insert(point.place.code, point.members.iter().filter_map(|member| available.get(member)).sum());
        }
    }
    let wanted = forecast::Wanted { site_id: only_site, item: item.code.clone(), limit: FORECASTS_MAX, ..forecast::Wanted::default() };
    let forecasts = forecast::newest(conn, &wanted)?
        .into_iter()
        .map(|forecast| {
            let pooled = pools.get(&forecast.place).copied().unwrap_or(0);
            (forecast, pooled)
        })
        .collect();
    Ok(ItemPage { now, item, names, points, forecasts })
}

impl ItemPage {
    fn place_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.names.get(code).map_or(code, String::as_str)
    }
}

/// The whole page.
pub(crate) fn page(caller: &Caller, shown: &ItemPage) -> Markup {
    let main = html! {
        p class="crumbs" { a href="/stock" { "Stock" } " / " (shown.item.code) }
        div class="title" {
            h1 { (shown.item.name) }
            p class="soft" { (about(&shown.item)) }
        }
        section class="panel" aria-labelledby="stock" {
            h2 id="stock" { "Stock" }
            (stock(shown))
        }
        section class="panel" aria-labelledby="lots" {
            h2 id="lots" { "Lots, first to expire first" }
            (lots(shown))
        }
        section class="panel" aria-labelledby="use" {
            h2 id="use" { "Expected use" }
            @if shown.forecasts.is_empty() {
                p class="empty" { "No forecast yet: forecasts are made with each plan. " a href="/#orders" { "Go to Today" } " and press Plan now." }
            }
            @for (at, (forecast, available)) in shown.forecasts.iter().enumerate() { (expected(shown, at, forecast, *available)) }
        }
    };
    layout::document(&Frame { title: &shown.item.name, here: Here::Stock, caller: Some(caller), live: false }, &main)
}

/// One line about the item.
fn about(item: &ItemContent) -> Markup {
    let facts: Vec<&str> = [item.strength.as_deref(), item.form.as_deref()].into_iter().flatten().collect();
    html! {
        @if !facts.is_empty() { (facts.join(" ")) " · " }
        "counted in " (text::plural(&item.base_unit, false)) " · kept " (item.storage_class) " · " (badge::ven(&item.ven))
        @if item.controlled { " · controlled drug" }
        @if let Some(days) = item.shelf_life_days { " · keeps " (text::units(days, "day")) }
        @if let Some(gtin) = &item.gtin { " · GTIN " (gtin) }
    }
}

fn place_head(shown: &ItemPage, code: &str) -> Markup {
    html! { th role="rowheader" scope="row" { (shown.place_name(code)) " " span class="under code" { (code) } } }
}

const COLUMNS: [(&str, bool); 8] = [
    ("Place", false),
    ("Status", false),
    ("On hand", true),
    ("Available", true),
    ("On order", true),
    ("Par level", true),
    ("Cover", true),
    ("Sensor", false),
];

fn stock(shown: &ItemPage) -> Markup {
    let unit = shown.item.base_unit.as_str();
    html! {
        @if shown.points.is_empty() {
            p class="empty" { "Not kept anywhere yet: book a receipt, or import stock.csv." }
        } @else {
            div class="scroll" {
                table role="table" class="rows" {
                    caption class="hidden" { "Stock of " (shown.item.name) " at every place" }
                    (cell::head(&COLUMNS))
                    tbody role="rowgroup" {
                        @for (point, _) in &shown.points {
                            tr role="row" {
                                (place_head(shown, &point.place))
                                (cell::cell("Status", badge::status(point.status)))
                                (cell::figure("On hand", text::units(point.on_hand, unit)))
                                (cell::figure("Available", text::units(point.available, unit)))
                                (cell::figure("On order", on_order(point)))
                                (cell::figure("Par level", point.par_level.map_or_else(|| "–".to_owned(), |par| text::units(par, unit))))
                                (cell::figure("Cover", cover(point)))
                                (cell::cell("Sensor", cell::belief(point.belief.as_ref(), unit, shown.now)))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// On order, and what waits in drafts.
pub(crate) fn on_order(point: &StockView) -> Markup {
    html! {
        (text::units(point.on_order, &point.base_unit))
        @if point.in_draft > 0 { div class="soft small" { "+ " (text::number(point.in_draft)) " in drafts" } }
    }
}

/// Days of cover; a dash without a forecast.
pub(crate) fn cover(point: &StockView) -> String {
    point.days_of_cover.map_or_else(|| "–".to_owned(), text::days)
}

fn lots(shown: &ItemPage) -> Markup {
    let today = shown.now.day();
    let rows: Vec<(&StockView, &LotView)> =
        shown.points.iter().flat_map(|(point, lots)| lots.iter().map(move |lot| (point, lot))).collect();
    html! {
        @if rows.is_empty() {
            p class="empty" { "No lots on hand." }
        } @else {
            div class="scroll" {
                table role="table" class="rows" {
                    caption class="hidden" { "Lots of " (shown.item.name) " on hand" }
                    (cell::head(&[("Place", false), ("Lot", false), ("Expires", false), ("Quantity", true), ("State", false)]))
                    tbody role="rowgroup" {
                        @for (point, lot) in rows {
                            tr role="row" {
                                (place_head(shown, &point.place))
                                (cell::cell("Lot", if lot.lot.is_empty() { "without a lot" } else { lot.lot.as_str() }))
                                (cell::cell("Expires", expiry(lot.expiry, today)))
                                (cell::figure("Quantity", text::units(lot.quantity, &point.base_unit)))
                                (cell::cell("State", lot_state(lot.state)))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A day of expiry and how far it is.
pub(crate) fn expiry(day: Option<Day>, today: Day) -> Markup {
    html! {
        @match day {
            None => { span class="soft" { "does not expire" } }
            Some(day) => {
                time datetime=(day) { (text::calendar_day(day, today)) }
                @match day.0 - today.0 {
                    ..=-1 => { span class="soft" { ", over" } }
                    left @ 0..=90 => { span class="soft" { ", in " (text::units(left, "day")) } }
                    _ => {}
                }
            }
        }
    }
}

fn lot_state(state: &str) -> Markup {
    match state {
        "expired" => badge::badge(badge::Tone::Bad, "Expired"),
        "held" => badge::badge(badge::Tone::Warn, "On hold"),
        _ => badge::badge(badge::Tone::Good, "Usable"),
    }
}

fn expected(shown: &ItemPage, at: usize, forecast: &ForecastView, available: i64) -> Markup {
    let unit = shown.item.base_unit.as_str();
    let id = format!("fan-{at}");
    html! {
        h3 { (shown.place_name(&forecast.place)) ", with all that it supplies" }
        p class="soft small" {
            "Made " (cell::age(forecast.made_at, shown.now)) " by the method “" (forecast.method.replace('_', " ")) "”; demand is " (forecast.body.class.replace('_', " "))
            @if forecast.body.share_censored > 0.005 {
                "; an empty shelf hid demand in " (text::percent(forecast.body.share_censored)) " of the periods looked at, which is corrected"
            }
            "."
        }
        (accuracy::judged(&forecast.body))
        (chart::fan(&id, &forecast.body, available, unit))
        details class="why" data-key=(id) {
            summary { span class="ask" { "Figures" } " " span class="soft" { "summed from " (forecast.body.start) " on" } }
            div class="scroll" {
                table role="table" class="plain" {
                    caption class="hidden" { "Expected use summed from " (forecast.body.start) " on, in " (unit) }
                    thead { tr {
                        th scope="col" { "Until" }
                        th scope="col" class="number" { "Expected" }
                        @for share in QUANTILES_SHOWN { th scope="col" class="number" { (text::percent(share)) " below" } }
                    } }
                    tbody {
                        @for total in &forecast.body.sums {
                            tr {
                                th scope="row" { (total.until) }
                                td class="number" { (text::about_units(total.mean, unit)) }
                                @for share in QUANTILES_SHOWN {
                                    td class="number" { (chart::quantile(total, share).map_or_else(|| "–".to_owned(), |units| text::about_units(units, unit))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

const QUANTILES_SHOWN: [f64; 5] = [0.1, 0.5, 0.9, 0.95, 0.99];
