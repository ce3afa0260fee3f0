//! Table cells that keep their meaning when a narrow screen shows a row as a card.

use maud::{Markup, Render, html};

use super::text;
use crate::base::time::Micros;
use crate::stock::level::BeliefView;

/// A cell with the name of its column.
pub(crate) fn cell(column: &str, content: impl Render) -> Markup {
    html! { td role="cell" data-label=(column) { div { (content) } } }
}

/// A cell with a number: aligned at its end.
pub(crate) fn figure(column: &str, content: impl Render) -> Markup {
    html! { td role="cell" class="number" data-label=(column) { div { (content) } } }
}

/// The head of a table.
pub(crate) fn head(columns: &[(&str, bool)]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" {
                @for (name, is_number) in columns {
                    th role="columnheader" scope="col" class=[is_number.then_some("number")] { (name) }
                }
            }
        }
    }
}

/// The address of an item's page.
pub(crate) fn item_href(code: &str) -> String {
    format!("/items/{}", text::encoded(code))
}

/// An item's name, leading to its page, with its code.
pub(crate) fn item(code: &str, name: &str) -> Markup {
    html! { a class="item" href=(item_href(code)) { (name) } " " span class="code" { (code) } }
}

/// The head of a row: an item.
pub(crate) fn item_head(code: &str, name: &str, rest: impl Render) -> Markup {
    html! {
        th role="rowheader" scope="row" {
            a class="item" href=(item_href(code)) { (name) }
            div class="under" { span class="code" { (code) } " " (rest) }
        }
    }
}

/// A moment as its age, kept fresh by the script; the moment itself on hover.
pub(crate) fn age(at: Micros, now: Micros) -> Markup {
    html! { time datetime=(at) title=(text::moment(at, now.day())) data-age { (text::ago(at, now)) } }
}

/// What sensors believe: estimate, confidence, age.
pub(crate) fn belief(belief: Option<&BeliefView>, unit: &str, now: Micros) -> Markup {
    html! {
        @match belief {
            None => { span class="soft" { "no sensor" } }
            Some(belief) => {
                strong { (text::units(belief.estimate, unit)) }
                @if belief.low != belief.high {
                    " " span class="soft" { "(" (text::number(belief.low)) "–" (text::number(belief.high)) ")" }
                }
                div class="soft small" { (confidence(&belief.confidence)) ", " (age(belief.as_of, now)) }
            }
        }
    }
}

fn confidence(word: &str) -> &str {
    match word {
        "high" => "sure",
        "medium" => "fairly sure",
        "low" => "unsure",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_codes_are_encoded() {
        let text = item("A/B <1>", "<script>alert(1)</script> & co").into_string();
        assert!(!text.contains("<script>"), "{text}");
        assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; co"), "{text}");
        assert!(text.contains("href=\"/items/A%2FB%20%3C1%3E\""), "{text}");
    }

    #[test]
    fn a_cell_knows_its_column() {
        assert!(cell("On hand", "x").into_string().contains("data-label=\"On hand\""));
    }
}
