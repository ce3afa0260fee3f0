//! The sign-in form.

use maud::{Markup, html};

use crate::ui::layout::{self, Frame, Here};
use crate::ui::part::badge::Tone;

/// The form, with what went wrong before.
pub(crate) fn page(wrong: Option<&str>) -> Markup {
    let frame = Frame { title: "Sign in", here: Here::Nowhere, caller: None, live: false };
    let main = html! {
        section class="sign-in" aria-labelledby="sign-in" {
            h1 id="sign-in" { "Sign in" }
            p { "What runs out, what to order, and why: for the people who keep a hospital supplied." }
            @if let Some(wrong) = wrong {
                p class="message bad" role="alert" id="wrong" { (Tone::Bad.shape()) (wrong) }
            }
            form method="post" action="/sign-in" {
                label for="token" { "Access token" }
                input id="token" name="token" type="password" required autocomplete="current-password" spellcheck="false"
                    autofocus aria-describedby={ "hint" @if wrong.is_some() { " wrong" } } aria-invalid=[wrong.map(|_| "true")];
                p class="soft small" id="hint" {
                    "Your administrator gives you one, by " code { "wardstock token" } " or in the API. You stay signed in for 12\u{a0}hours."
                }
                button type="submit" { "Sign in" }
            }
        }
    };
    layout::document(&frame, &main)
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_wrong_token_is_said_where_screen_readers_find_it() {
        let text = page(Some("This token is <unknown>.")).into_string();
        assert!(text.contains("role=\"alert\"") && text.contains("This token is &lt;unknown&gt;."));
        assert!(text.contains("aria-describedby=\"hint wrong\"") && text.contains("aria-invalid=\"true\""));
        assert!(!page(None).into_string().contains("role=\"alert\""));
    }
}
