//! Sensors: which are silent, and what the others said last.

use maud::{Markup, html};

use super::read::Board;
use crate::sensing::health::SilentDevice;
use crate::stock::level::StockView;
use crate::ui::part::{badge, cell, text};

/// The sensors that have fallen silent.
pub(super) fn silent(board: &Board) -> Markup {
    html! {
        section id="silent" class="panel" data-live aria-labelledby="silent-h" {
            h2 id="silent-h" { "Silent sensors" }
            @if board.silent.is_empty() {
                p class="empty" { (badge::Tone::Good.shape()) "Every sensor in use has been heard lately." }
            } @else {
                ul class="list" { @for device in &board.silent { (silent_line(board, device)) } }
            }
        }
    }
}

fn silent_line(board: &Board, device: &SilentDevice) -> Markup {
    html! {
        li data-key={ "silent-" (device.code) } {
            div { strong { (device.name) } " " span class="code" { (device.code) } }
            div class="soft small" {
                @if device.channels > 0 { (text::units(device.channels, "channel")) " bound to shelves, unseen now; " }
                "power, network or battery?"
            }
            div {
                (badge::badge(badge::Tone::Bad, "Silent")) " "
                span class="figure" { (text::minutes(device.minutes_silent)) }
                @match device.last_seen_at {
                    Some(at) => { span class="soft small" { ", last heard " (cell::age(at, board.now)) } }
                    None => { span class="soft small" { ", never heard" } }
                }
            }
        }
    }
}

/// What the other sensors said last.
pub(super) fn latest(board: &Board) -> Markup {
    html! {
        section id="latest" class="panel" data-live aria-labelledby="latest-h" {
            h2 id="latest-h" { "Latest sensor readings" }
            @if board.newest.is_empty() {
                p class="empty" { "No reading yet: register a device, bind its channels to shelves, and let it post to " code { "/ingest/v1/observations" } "; see the " a href="/docs/api/" { "API" } "." }
            } @else {
                ul class="list" { @for stock in &board.newest { (sample(board, stock)) } }
            }
        }
    }
}

fn sample(board: &Board, stock: &StockView) -> Markup {
    html! {
        li data-key={ "latest-" (stock.place) "-" (stock.item) } {
            div { (cell::item(&stock.item, &stock.name)) div class="soft small" { (board.place_name(&stock.place)) } }
            div class="number" { (cell::belief(stock.belief.as_ref(), &stock.base_unit, board.now)) }
        }
    }
}
