//! Today: what runs out, what to order, what expires, which sensors are silent; kept fresh by events.

mod orders;
pub(crate) mod read;
mod risk;
mod sensors;
#[cfg(test)]
mod tests;

use maud::{Markup, html};

use self::read::{Board, Today};
use crate::access::caller::Caller;
use crate::ui::layout::{self, Frame, Here};
use crate::ui::part::badge::Tone;
use crate::ui::part::text;

/// Sites up to which the chooser is a row of links.
const LINKS_MAX: usize = 6;

/// The whole page.
pub(crate) fn page(caller: &Caller, today: &Today) -> Markup {
    let main = html! {
        div class="title" {
            h1 { "Today" }
            @if let Some(board) = &today.board { p class="soft" { (board.place_name(&board.site.code)) } }
            (sites(today))
        }
        @match &today.board {
            None => { p class="panel empty" { "No site yet: import your places with " code { "wardstock import DIR" } ", or make one in the " a href="/docs/api/" { "API" } "." } }
            Some(board) => {
                noscript { p class="message note" { "Without scripts this page does not follow the sensors, and its buttons do nothing; the " a href="/docs/api/" { "API" } " has the same calls." } }
                div id="board" data-fragment={ "/fragments/today?site=" (text::encoded(&board.site.code)) } { (fragment(caller, board)) }
            }
        }
    };
    layout::document(&Frame { title: "Today", here: Here::Today, caller: Some(caller), live: today.board.is_some() }, &main)
}

/// The part that follows events; each section is swapped when it changes.
pub(crate) fn fragment(caller: &Caller, board: &Board) -> Markup {
    html! {
        (cards(board))
        (risk::section(board))
        (orders::section(caller, board))
        (orders::held_back(board))
        div class="pair" {
            (sensors::silent(board))
            (sensors::latest(board))
        }
        (risk::expiring(board))
    }
}

fn sites(today: &Today) -> Markup {
    let here = today.board.as_ref().map(|board| board.site.code.as_str());
    html! {
        @if today.sites.len() > LINKS_MAX {
            form method="get" action="/" class="inline" {
                label for="site" { "Site" }
                select id="site" name="site" {
                    @for site in &today.sites { option value=(site.code) selected[Some(site.code.as_str()) == here] { (site.code) } }
                }
                button type="submit" class="quiet" { "Show" }
            }
        } @else if today.sites.len() > 1 {
            nav aria-label="Site" {
                ul class="pills" {
                    @for site in &today.sites {
                        li { a href={ "/?site=" (text::encoded(&site.code)) } aria-current=[(Some(site.code.as_str()) == here).then_some("true")] { (site.code) } }
                    }
                }
            }
        }
    }
}

fn cards(board: &Board) -> Markup {
    let (out, at_risk) = (board.out_count(), board.likely_count());
    let (costs, orders) = (board.cost_now(), text::count_of(&board.orders_now()));
    let (expiring, silent) = (text::count_of(&board.expiring), text::count_of(&board.silent));
    let risk_tone = if out > 0 { Tone::Bad } else { good_if_none(at_risk, Tone::Warn) };
    let to_pay = match (&board.plan, costs.is_empty()) {
        (None, _) => "no plan yet".to_owned(),
        (_, true) => "nothing to pay".to_owned(),
        _ => costs.iter().map(text::money).collect::<Vec<_>>().join(" + "),
    };
    let longest = board
        .silent
        .first()
        .map_or_else(|| "all are heard".to_owned(), |worst| format!("longest: {}", text::minutes(worst.minutes_silent)));
    let shelves = if expiring > 0 { "first to expire are listed below" } else { "nothing on the shelves" };
    html! {
        section id="cards" class="cards" data-live aria-label="At a glance" {
            (card("#risk", risk_tone, at_risk, "may run out before the next delivery", &out_words(out)))
            (card("#orders", Tone::Note, orders, if orders == 1 { "order line recommended today" } else { "order lines recommended today" }, &to_pay))
            (card("#expiring", good_if_none(expiring, Tone::Warn), expiring, "expire within 30\u{a0}days", shelves))
            (card("#silent", good_if_none(silent, Tone::Bad), silent, if silent == 1 { "silent sensor" } else { "silent sensors" }, &longest))
        }
    }
}

fn good_if_none(count: i64, otherwise: Tone) -> Tone {
    if count == 0 { Tone::Good } else { otherwise }
}

fn out_words(out: i64) -> String {
    if out == 0 { "none is out of stock now".to_owned() } else { format!("{} out of stock now", text::number(out)) }
}

fn card(href: &str, tone: Tone, figure: i64, words: &str, more: &str) -> Markup {
    html! {
        a class={ "card " (tone.class()) } href=(href) {
            span class="card-top" { (tone.shape()) span class="big" { (text::number(figure)) } }
            span class="card-words" { (words) }
            span class="soft small" { (more) }
        }
    }
}
