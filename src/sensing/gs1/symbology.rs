//! What a scanner sends: the AIM identifier that names the symbology, and the data behind it.
//!
//! Source: ISO/IEC 15424 (data carrier identifiers), GS1 General Specifications figure 5.1.2.

use super::element_string::parse_body;
use super::{Element, Fault};
use crate::base::gtin;

/// The separator as scanners transmit it (ASCII 29).
pub const GS: char = '\u{1d}';

/// What a symbol carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// AIs; `text` is GS1's notation: FNC1 as `^`, the parts of a composite joined by `|`.
    Elements {
        /// The AIs.
        elements: Vec<Element>,
        /// As GS1 writes them.
        text: String,
    },
    /// Text or a URI that is no element string.
    Text(String),
}

#[derive(Clone, Copy)]
enum Form {
    Elements,
    Text,
    /// A GTIN of so many digits.
    Gtin(usize),
}

const FORMS: [(&str, Form); 26] = [
    ("]C1", Form::Elements),
    ("]d2", Form::Elements),
    ("]Q3", Form::Elements),
    ("]J1", Form::Elements),
    ("]e0", Form::Elements),
    ("]e1", Form::Elements),
    ("]e2", Form::Elements),
    ("]E0", Form::Gtin(13)),
    ("]E3", Form::Gtin(13)),
    ("]E4", Form::Gtin(8)),
    ("]I1", Form::Gtin(14)),
    ("]A0", Form::Text),
    ("]A1", Form::Text),
    ("]C0", Form::Text),
    ("]C2", Form::Text),
    ("]C4", Form::Text),
    ("]I0", Form::Text),
    ("]L0", Form::Text),
    ("]Q0", Form::Text),
    ("]Q1", Form::Text),
    ("]Q2", Form::Text),
    ("]d0", Form::Text),
    ("]d1", Form::Text),
    ("]J0", Form::Text),
    ("]z0", Form::Text),
    ("]F0", Form::Text),
];

/// Reads what a scanner sent with its AIM identifier.
///
/// # Errors
/// `bad_symbology` without a known identifier, else the first fault of the data.
pub fn read(raw: &str) -> Result<Carried, Fault> {
    let identifier = raw.get(..3).unwrap_or(raw);
    let body = raw.get(3..).unwrap_or_default();
    let Some((_, form)) = FORMS.iter().find(|(known, _)| *known == identifier) else {
        return Err(Fault::at(0, "bad_symbology", format!("'{identifier}' is no AIM identifier that is known here")));
    };
    match form {
        Form::Text => Ok(Carried::Text(body.to_owned())),
        Form::Elements => {
            let elements = parse_body(body, GS, 3)?;
            Ok(Carried::Elements { elements, text: notation(body) })
        }
        Form::Gtin(digits) => trade_item(body, *digits),
    }
}

fn notation(body: &str) -> String {
    format!("^{}", body.trim_end_matches(GS).replace(GS, "^"))
}

/// A GTIN, and the composite component behind it if there is one.
fn trade_item(body: &str, digits: usize) -> Result<Carried, Fault> {
    let (linear, composite) = body.split_once('|').map_or((body, None), |(linear, composite)| (linear, Some(composite)));
    if linear.len() != digits || !linear.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::at(3, "bad_length", format!("'{linear}': this symbol holds {digits} digits")));
    }
    let value = gtin::canonical(linear).map_err(|detail| Fault::at(2 + digits, "check_digit", detail))?;
    let (mut elements, mut text) = (vec![Element { ai: "01".to_owned(), value }], linear.to_owned());
    if let Some(composite) = composite {
        let Some(body) = composite.strip_prefix("]e0") else {
            return Err(Fault::at(4 + digits, "bad_symbology", "a composite component begins with ]e0"));
        };
        elements.extend(parse_body(body, GS, digits + 7)?);
        text = format!("{text}|{}", notation(body));
    }
    Ok(Carried::Elements { elements, text })
}

#[cfg(test)]
mod tests {
    use super::{Carried, read};
    use crate::sensing::gs1::element_string;

    #[track_caller]
    fn check(raw: &str, want: &str) {
        match read(raw).unwrap() {
            Carried::Elements { elements, .. } => assert_eq!(element_string::write(&elements), want),
            Carried::Text(text) => assert_eq!(text, want),
        }
    }

    #[test]
    fn symbols_of_medicines() {
        check("]d20104006381333931\u{1d}17271231\u{1d}10LOT7\u{1d}21SN1", "^01040063813339311727123110LOT7^21SN1");
        check("]E04006381333931", "^0104006381333931");
        check("]E496385074", "^0100000096385074");
        check("]I114006381333938", "^0114006381333938");
        check("]A0-12345678", "-12345678");
        assert_eq!(read("]X1ABC").unwrap_err().code, "bad_symbology");
        assert_eq!(read("]E04006381333930").unwrap_err().code, "check_digit");
        assert_eq!(read("é").unwrap_err().code, "bad_symbology");
    }
}
