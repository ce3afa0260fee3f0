//! The frame of every page: head, skip link, navigation, who is signed in; and the headers that keep it safe.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::assets;
use crate::access::caller::Caller;

/// What a page may load: only what this service serves.
pub(crate) const CONTENT_POLICY: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Which entry of the navigation the page stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    /// Today.
    Today,
    /// The stock list and items.
    Stock,
    /// Policies tried on the own record.
    Trial,
    /// None of them.
    Nowhere,
}

/// The frame around a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Title of the window.
    pub(crate) title: &'a str,
    /// Entry of the navigation.
    pub(crate) here: Here,
    /// Who looks; none before sign-in.
    pub(crate) caller: Option<&'a Caller>,
    /// Whether the page follows events.
    pub(crate) live: bool,
}

/// A whole page.
pub(crate) fn document(frame: &Frame<'_>, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(csrf) = frame.caller.and_then(|caller| caller.csrf.as_deref()) { meta name="csrf" content=(csrf); }
                title { (frame.title) " · wardstock" }
                link rel="icon" type="image/svg+xml" href=(assets::ICON.href());
                link rel="stylesheet" href=(assets::STYLE.href());
                script src=(assets::SCRIPT.href()) defer {}
            }
            body {
                a class="skip" href="#main" { "Skip to content" }
                (header(frame))
                main id="main" tabindex="-1" { (main) }
                div id="said" role="status" aria-live="polite" {}
                footer class="foot" { "wardstock " (env!("CARGO_PKG_VERSION")) " · times are UTC · quantities are base units unless packs are named" }
            }
        }
    }
}

fn header(frame: &Frame<'_>) -> Markup {
    let entry = |href: &str, word: &str, here: bool| html! { li { a href=(href) aria-current=[here.then_some("page")] { (word) } } };
    html! {
        header class="top" {
            a class="brand" href="/" { img src=(assets::ICON.href()) alt="" width="28" height="28"; "wardstock" }
            @if let Some(caller) = frame.caller {
                nav aria-label="Pages" {
                    ul {
                        (entry("/", "Today", frame.here == Here::Today))
                        (entry("/stock", "Stock", frame.here == Here::Stock))
                        (entry("/trial", "Try a policy", frame.here == Here::Trial))
                        (entry("/docs/api/", "API", false))
                    }
                }
                div class="who" {
                    @if frame.live { span id="live" class="live" role="status" data-state="still" { "Not live: reload for new figures" } }
                    span class="name" { (caller.name) " " span class="soft" { "· " (caller.role.word()) } }
                    @if caller.csrf.is_some() { button type="button" class="quiet" data-do="sign-out" { "Sign out" } }
                }
            }
        }
    }
}

/// The answer with a page or a fragment of one.
pub(crate) fn answer(status: StatusCode, page: Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", CONTENT_POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "same-origin"))
        .insert_header(("cache-control", "no-store"))
        .body(page.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_what_it_may_load() {
        let answer = answer(StatusCode::OK, html! { "x" });
        assert_eq!(answer.headers().get("content-security-policy").unwrap(), CONTENT_POLICY);
        assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    }

    #[test]
    fn a_page_has_its_landmarks_and_nothing_inline() {
        let frame = Frame { title: "A <b> title", here: Here::Nowhere, caller: None, live: false };
        let text = document(&frame, &html! { h1 { "x" } }).into_string();
        assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\">"));
        for wanted in ["<main id=\"main\"", "class=\"skip\" href=\"#main\"", "<header", "<footer", "A &lt;b&gt; title"] {
            assert!(text.contains(wanted), "{wanted} is missing in {text}");
        }
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="));
        assert!(!text.contains("Sign out"), "nobody is signed in");
    }
}
