//! States as shape, word and colour together: none of them alone carries the meaning.

use maud::{Markup, html};

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Act now.
    Bad,
    /// Look at it.
    Warn,
    /// Worth knowing.
    Note,
    /// Nothing to do.
    Good,
}

impl Tone {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Good => "good",
        }
    }

    /// Its shape: octagon, triangle, circle, tick.
    const fn path(self) -> &'static str {
        match self {
            Self::Bad => "M5 1h6l4 4v6l-4 4H5l-4-4V5zM7 4v5h2V4zm0 6.5v2h2v-2z",
            Self::Warn => "M8 1.5 15.5 14.5H.5zM7.2 6v4.5h1.6V6zm0 5.5v1.6h1.6v-1.6z",
            Self::Note => "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zM7.2 4v4.6l3.2 2 .8-1.3-2.4-1.5V4z",
            Self::Good => "M6.2 12.8 1.6 8.2l1.6-1.6 3 3 6.6-6.6 1.6 1.6z",
        }
    }

    /// The shape alone; the word must stand beside it.
    pub(crate) fn shape(self) -> Markup {
        html! { svg class="shape" viewBox="0 0 16 16" aria-hidden="true" focusable="false" { path fill-rule="evenodd" d=(self.path()) {} } }
    }
}

/// A word with its shape and colour.
pub(crate) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (tone.shape()) (word) } }
}

/// The status of a stock point.
pub(crate) fn status(word: &str) -> Markup {
    match word {
        "out" => badge(Tone::Bad, "Out of stock"),
        "low" => badge(Tone::Warn, "Low"),
        "expiring" => badge(Tone::Note, "Expiring"),
        "over" => badge(Tone::Note, "Above maximum"),
        "ok" => badge(Tone::Good, "OK"),
        other => badge(Tone::Note, other),
    }
}

/// A probability as a word.
pub(crate) fn risk_word(probability: f64) -> (Tone, &'static str) {
    if probability >= 0.5 {
        (Tone::Bad, "Very likely")
    } else if probability >= 0.2 {
        (Tone::Bad, "Likely")
    } else if probability >= 0.05 {
        (Tone::Warn, "Possible")
    } else {
        (Tone::Good, "Unlikely")
    }
}

/// A probability as badge and percent.
pub(crate) fn risk(probability: f64) -> Markup {
    let (tone, word) = risk_word(probability);
    html! { (badge(tone, word)) " " span class="figure" { (super::text::percent(probability)) } }
}

/// Vital, essential, not essential.
pub(crate) fn ven(letter: &str) -> Markup {
    let word = match letter {
        "V" => "vital",
        "E" => "essential",
        _ => "not essential",
    };
    html! { span class={ "ven ven-" (letter.to_ascii_lowercase()) } { (word) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_shape_word_and_class() {
        let text = status("out").into_string();
        assert!(text.contains("<svg") && text.contains("Out of stock") && text.contains("badge bad"), "{text}");
        assert!(status("<b>").into_string().contains("&lt;b&gt;"));
    }

    #[test]
    fn probabilities_have_words() {
        assert_eq!(risk_word(0.7).1, "Very likely");
        assert_eq!(risk_word(0.05).1, "Possible");
        assert!(risk(0.004).into_string().contains("under 1\u{a0}%"));
    }
}
