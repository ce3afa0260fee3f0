//! Today's recommended orders, each with its reason; what a limit holds back; the buttons of planners.

use maud::{Markup, html};
use wardstock_models::plan::{Advice, Explanation};

use super::read::{Answer, Board};
use crate::access::caller::Caller;
use crate::access::role;
use crate::reorder::http::{LineView, PlanView};
use crate::ui::part::why::{self, Names};
use crate::ui::part::{badge, cell, text};

const COLUMNS: [(&str, bool); 5] = [("Item", false), ("Order", true), ("Supplier", false), ("When", false), ("Cost", true)];

/// Held-back lines that always show.
const HELD_FIRST: usize = 6;

/// The section.
pub(super) fn section(caller: &Caller, board: &Board) -> Markup {
    let now = board.orders_now();
    html! {
        section id="orders" class="panel" data-live aria-labelledby="orders-h" {
            div class="panel-head" {
                h2 id="orders-h" { "Today's recommended orders" }
                @if caller.is_any(role::PLANNERS) { (buttons(board, !now.is_empty())) }
            }
            @match &board.plan {
                None => { p class="empty" { "No plan yet: press Plan now. It reads stock, sensors, forecasts and offers, and takes some seconds." } }
                Some(plan) => {
                    (headline(board, plan))
                    (moves(board))
                    @if now.is_empty() {
                        p class="empty" { (badge::Tone::Good.shape()) "Nothing to order today: what is at hand and on order is enough." }
                    } @else { (table(board, &now)) }
                    (later(board))
                }
            }
        }
    }
}

/// When the plan was made, its state, and what is proven of it.
fn headline(board: &Board, plan: &PlanView) -> Markup {
    let today = board.now.day();
    html! {
        p class="soft" {
            "Plan of " (text::moment(plan.finished_at.unwrap_or(plan.requested_at), today)) " "
            (state(&plan.state))
            @if let Some(answer) = &board.answer { " " (proven(answer)) }
            @if board.drafts > 0 { " Waiting for approval: " strong { (text::units(board.drafts, "draft order")) } "." }
        }
        @if let Some(answer) = &board.answer { @for note in &answer.notes { p class="message note" { (badge::Tone::Note.shape()) (note) } } }
    }
}

fn state(word: &str) -> Markup {
    match word {
        "done" => badge::badge(badge::Tone::Note, "Ready to accept"),
        "accepted" => badge::badge(badge::Tone::Good, "Accepted"),
        other => badge::badge(badge::Tone::Note, other),
    }
}

/// The proven gaps in words. They are wide where lots outlast the planned weeks: a plan by itself would end them empty.
fn proven(answer: &Answer) -> String {
    let mean = if answer.gap < 0.0005 {
        "Proven: with expected demand, and nothing needed after the planned weeks, no plan is cheaper".to_owned()
    } else {
        format!(
            "Proven: with expected demand, and nothing needed after the planned weeks, no plan is more than {} cheaper",
            text::fine_percent(answer.gap.max(0.0))
        )
    };
    let risk = answer.risk.gap.max(0.0);
    if risk < 0.0005 {
        format!("{mean}.")
    } else {
        format!("{mean}; counting the risk of shortages, {} at most. The rest is stock for later and for safety.", text::fine_percent(risk))
    }
}

fn buttons(board: &Board, something: bool) -> Markup {
    html! {
        div class="actions" {
            form class="inline" data-do="plan" data-site=(board.site.code) {
                label for="budget" { "Budget per week" }
                input id="budget" name="budget" type="text" inputmode="decimal" size="8" placeholder="no limit" autocomplete="off" aria-describedby="currency";
                span id="currency" class="soft" data-currency=(board.currency()) { (board.currency()) }
                button type="submit" id="plan-now" { "Plan now" }
            }
            @if let Some(plan) = board.plan.as_ref().filter(|plan| plan.state == "done" && something) {
                button type="button" id="accept" class="strong" data-do="accept" data-plan=(plan.id) { "Accept: make draft orders" }
            }
        }
    }
}

/// What to move or to give instead before anything is ordered; accepting the plan does neither.
fn moves(board: &Board) -> Markup {
    let answer = board.answer.as_ref();
    let moved: Vec<_> = answer.iter().flat_map(|answer| &answer.transfers).filter(|row| row.period == 0).collect();
    let given: Vec<_> = answer.iter().flat_map(|answer| &answer.substitutions).filter(|row| row.period == 0).collect();
    html! {
        @if !moved.is_empty() || !given.is_empty() {
            h3 { "Move first" }
            p class="soft small" { "Accepting the plan orders; it moves nothing. Book each move when it is made." }
            ul class="held" {
                @for row in moved { (advised(board, "Move", (&row.from, row.units), "to", (&row.to, &row.text))) }
                @for row in given { (advised(board, "Replace", (&row.item, row.units), "by", (&row.substitute, &row.text))) }
            }
        }
    }
}

fn advised(board: &Board, what: &str, (from, units): (&str, i64), link: &str, (to, why): (&str, &str)) -> Markup {
    let (code, place) = from.rsplit_once('@').unwrap_or((from, ""));
    let (other, there) = to.rsplit_once('@').unwrap_or((to, ""));
    let (name, unit) = board.item(code);
    let key = format!("move-{from}-{to}");
    let names = Names { unit, currency: board.currency() };
    let end =
        if code == other { board.place_name(there).to_owned() } else { format!("{} at {}", board.item(other).0, board.place_name(there)) };
    html! {
        li data-key=(key) {
            div class="held-head" {
                span { (what) " " strong { (text::units(units, unit)) } " of " (cell::item(code, name)) " " span class="soft" { "at " (board.place_name(place)) " " (link) " " (end) } }
            }
            (why::details(&key, "cheaper than to buy, to throw away or to run short", why, None, names))
        }
    }
}

fn table(board: &Board, lines: &[&LineView]) -> Markup {
    html! {
        div class="scroll" {
            table role="table" class="rows orders" {
                caption class="hidden" { "Recommended order lines of today, each followed by its reason" }
                (cell::head(&COLUMNS))
                @for line in lines { (row(board, line)) }
                tfoot role="rowgroup" {
                    tr role="row" {
                        th role="rowheader" scope="row" colspan="4" { "All of today" }
                        (cell::figure("Cost", html! { @for sum in board.cost_now() { div { strong { (text::money(&sum)) } } } }))
                    }
                }
            }
        }
    }
}

fn row(board: &Board, line: &LineView) -> Markup {
    let today = board.now.day();
    let drivers = why::drivers_of(&line.explanation.drivers);
    let key = format!("why-{}-{}-{}", line.place, line.item, line.supplier);
    let names = Names { unit: &line.base_unit, currency: &line.cost.currency };
    html! {
        tbody role="rowgroup" class="line" data-line=(line.line) data-version=(line.version) data-key={ "line-" (line.place) "-" (line.item) "-" (line.supplier) } {
            tr role="row" {
                (cell::item_head(&line.item, &line.name, html! { span class="soft" { "for " (board.place_name(&line.place)) } }))
                (cell::figure("Order", amount(line)))
                (cell::cell("Supplier", &line.supplier_name))
                (cell::cell("When", html! {
                    "order " time datetime=(line.order_on) { (text::day(line.order_on, today)) }
                    div class="soft small" { "arrives " time datetime=(line.arrives_on) { (text::day(line.arrives_on, today)) } }
                }))
                (cell::figure("Cost", text::money(&line.cost)))
            }
            tr role="row" class="because" {
                td role="cell" colspan="5" {
                    (why::details(&key, why::reason(&line.explanation.reason), &line.explanation.text, drivers.as_ref(), names))
                }
            }
        }
    }
}

/// Packs, what is in them, and what a person changed.
fn amount(line: &LineView) -> Markup {
    html! {
        strong { (text::packs(line.packs)) }
        div class="soft small" { "× " (text::number(line.units_per_pack)) " = " (text::units(line.units, &line.base_unit)) }
        @if line.packs != line.recommended_packs {
            div class="small" { "recommended: " (text::number(line.recommended_packs)) @if let Some(reason) = &line.override_reason { "; changed: " (reason) } }
        }
    }
}

fn later(board: &Board) -> Markup {
    let count = text::count_of(&board.lines.iter().filter(|line| !line.now).collect::<Vec<_>>());
    html! { @if count > 0 { p class="soft small" { (text::units(count, "later line")) " of the plan are an outlook: the next plan decides them anew." } } }
}

/// What the budget or the space keeps back today.
pub(super) fn held_back(board: &Board) -> Markup {
    let held = board.held_back();
    let (none, less): (Vec<&Explanation>, Vec<&Explanation>) = held.iter().copied().partition(|why| why.drivers.packs == 0);
    let advice = board.answer.as_ref().map_or(&[][..], |answer| &answer.advice);
    html! {
        section id="held" class="panel" data-live aria-labelledby="held-h" hidden[held.is_empty()] {
            h2 id="held-h" { "Held back by budget or space" }
            @if let Some(hint) = advice.iter().min_by_key(|hint| hint.period) { (raise(hint, board.currency())) }
            @if !none.is_empty() { ul class="held" { @for why in none.iter().take(HELD_FIRST) { (held_line(board, why)) } } }
            @if none.len() > HELD_FIRST {
                details class="why" data-key="held-more" {
                    summary { span class="ask" { (text::number(text::count_of(&none.iter().skip(HELD_FIRST).collect::<Vec<_>>()))) " more" } " " span class="soft" { "not ordered" } }
                    ul class="held" { @for why in none.iter().skip(HELD_FIRST) { (held_line(board, why)) } }
                }
            }
            @if !less.is_empty() {
                details class="why" data-key="held-less" {
                    summary { span class="ask" { (text::units(text::count_of(&less), "line")) } " " span class="soft" { "ordered, but with less than wanted" } }
                    ul class="held" { @for why in less { (held_line(board, why)) } }
                }
            }
        }
    }
}

fn raise(advice: &Advice, currency: &str) -> Markup {
    let avoided = text::money_of_major(advice.would_avoid, currency);
    html! {
        p class="message note" {
            (badge::Tone::Note.shape())
            @match advice.limit.strip_prefix("storage:") {
                Some(class) => { (text::about_units(advice.raise_by, "litre")) " more " (class) " space " }
                None => { (text::money_of_major(advice.raise_by, currency)) " more budget " }
            }
            @match advice.period { 0 => { "now" } period => { "in period " (period + 1) } }
            " would avoid shortages and other costs worth " strong { (avoided) } "."
        }
    }
}

fn held_line(board: &Board, why: &Explanation) -> Markup {
    let (code, place) = why.drivers.item.rsplit_once('@').unwrap_or((why.drivers.item.as_str(), ""));
    let (name, unit) = board.item(code);
    let reason = serde_json::to_value(why.reason).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    let left = if why.drivers.packs > 0 { why.drivers.stockout_probability_with } else { why.drivers.stockout_probability_without };
    let got = match (why.drivers.packs, why.drivers.asked_packs) {
        (0, Some(asked)) => format!("wanted {}, ordered none", text::packs(asked)),
        (0, None) => "not ordered".to_owned(),
        (packs, Some(asked)) => format!("wanted {}, ordered {}", text::packs(asked), text::number(packs)),
        (packs, None) => format!("ordered {}", text::packs(packs)),
    };
    let names = Names { unit, currency: board.currency() };
    html! {
        li data-key={ "held-" (why.offer) } {
            div class="held-head" {
                span { (cell::item(code, name)) " " span class="soft" { "for " (board.place_name(place)) } }
                span { (got) }
                span { (badge::risk(left)) }
            }
            (why::details(&format!("held-why-{}", why.offer), why::reason(&reason), &why.text, Some(&why.drivers), names))
        }
    }
}
