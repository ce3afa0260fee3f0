//! Element strings: AIs and values one behind the other, with FNC1 where a length is not known beforehand; and the
//! bracketed text that stands under a barcode.

use super::dictionary::{self, Entry, Kind, Lint};
use super::lint::{self, Broken};
use super::{Element, Fault, Unknown};

/// Longest code that is read; the longest symbol holds about 7,000 digits, the longest sensible one far fewer.
pub const LENGTH_MAX: usize = 4_096;

/// Reads an element string that begins with `^` for FNC1.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(text: &str) -> Result<Vec<Element>, Fault> {
    let Some(body) = text.strip_prefix('^') else {
        return Err(Fault::at(0, "not_gs1", "an element string begins with FNC1, written '^'"));
    };
    parse_body(body, '^', 1)
}

/// Reads the AIs behind the first FNC1; `offset` characters of the input stand before them.
pub(super) fn parse_body(body: &str, separator: char, offset: usize) -> Result<Vec<Element>, Fault> {
    if body.is_empty() {
        return Err(Fault::at(offset, "bad_length", "there is no AI behind FNC1"));
    }
    if body.len() > LENGTH_MAX {
        return Err(Fault::at(LENGTH_MAX, "bad_length", format!("longer than {LENGTH_MAX} characters")));
    }
    let (mut elements, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let position = offset + body.len() - rest.len();
        let (ai, row) = dictionary::leading(rest).ok_or_else(|| unknown_ai(position, rest))?;
        let after = rest.get(ai.len()..).unwrap_or_default();
        let until_separator = after.split(separator).next().unwrap_or_default();
        let value = if row.predefined { until_separator.get(..row.length_max()).unwrap_or(until_separator) } else { until_separator };
        check_value(row, value).map_err(|broken| Fault::broken(position + ai.len(), ai, value, broken))?;
        elements.push(Element { ai: ai.to_owned(), value: value.to_owned() });
        rest = after.get(value.len()..).unwrap_or_default();
        // Behind a known length a separator is superfluous and harmless.
        rest = rest.strip_prefix(separator).unwrap_or(rest);
    }
    Ok(elements)
}

fn unknown_ai(position: usize, rest: &str) -> Fault {
    let head: String = rest.chars().take(4).collect();
    Fault::at(position, "unknown_ai", format!("no AI begins '{head}'"))
}

/// Reads `(01)…(10)…`; `\(` is a bracket within a value.
///
/// # Errors
/// The first fault, with its place.
pub fn parse_bracketed(text: &str, unknown: Unknown) -> Result<Vec<Element>, Fault> {
    if text.len() > LENGTH_MAX {
        return Err(Fault::at(LENGTH_MAX, "bad_length", format!("longer than {LENGTH_MAX} characters")));
    }
    let (mut elements, mut rest) = (Vec::new(), text);
    while !rest.is_empty() || elements.is_empty() {
        let position = text.len() - rest.len();
        let after = rest.strip_prefix('(').ok_or_else(|| Fault::at(position, "not_gs1", "an AI in brackets is expected here"))?;
        let (ai, after) = after.split_once(')').ok_or_else(|| Fault::at(position, "unknown_ai", "the bracket is not closed"))?;
        let (value, length) = bracketed_value(after);
        let value_at = position + ai.len() + 2;
        match dictionary::entry(ai) {
            Some(row) => check_value(row, &value).map_err(|broken| Fault::broken(value_at, ai, &value, broken))?,
            None if unknown != Unknown::Refused && looks_like_ai(ai) => {
                check_unknown(&value).map_err(|broken| Fault::broken(value_at, ai, &value, broken))?;
            }
            None => return Err(Fault::at(position + 1, "unknown_ai", format!("there is no AI ({ai})"))),
        }
        elements.push(Element { ai: ai.to_owned(), value });
        rest = after.get(length..).unwrap_or_default();
    }
    Ok(elements)
}

/// The value before the next bracket, and its length as written.
fn bracketed_value(text: &str) -> (String, usize) {
    let (mut value, mut length, mut is_escaped) = (String::new(), 0, false);
    for sign in text.chars() {
        match sign {
            '(' if is_escaped => {
                value.pop();
                value.push('(');
            }
            '(' => break,
            other => value.push(other),
        }
        is_escaped = sign == '\\';
        length += sign.len_utf8();
    }
    (value, length)
}

pub(super) fn looks_like_ai(text: &str) -> bool {
    (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is known of the value of an AI that is not known.
pub(super) fn check_unknown(value: &str) -> Result<(), Broken> {
    if value.is_empty() || value.len() > 90 {
        return Err(Broken { rule: "length_1_to_90", at: 0 });
    }
    lint::check(Lint::Cset82, value)
}

/// Checks a value against its AI: lengths, characters, check digits, dates.
///
/// # Errors
/// The rule it breaks, and where in the value.
pub fn check_value(row: &Entry, value: &str) -> Result<(), Broken> {
    let mut rest = value;
    for part in row.parts {
        let at = value.len() - rest.len();
        if rest.is_empty() && part.optional {
            break;
        }
        let end = rest.char_indices().nth(part.max).map_or(rest.len(), |(end, _)| end);
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let charset = match part.kind {
            Kind::N => Lint::Csetnumeric,
            Kind::X => Lint::Cset82,
            Kind::Y => Lint::Cset39,
            Kind::Z => Lint::Cset64,
        };
        let shift = |broken: Broken| Broken { at: at + broken.at, ..broken };
        lint::check(charset, piece).map_err(shift)?;
        if piece.len() < part.min {
            return Err(Broken { rule: "too_short", at });
        }
        for lint in part.lints {
            lint::check(*lint, piece).map_err(shift)?;
        }
        rest = after;
    }
    if rest.is_empty() { Ok(()) } else { Err(Broken { rule: "too_long", at: value.len() - rest.len() }) }
}

/// Writes elements as an element string with `^` for FNC1.
pub fn write(elements: &[Element]) -> String {
    let mut text = String::new();
    let mut needs_separator = true;
    for element in elements {
        if needs_separator {
            text.push('^');
        }
        text += &element.ai;
        text += &element.value;
        needs_separator = !dictionary::entry(&element.ai).is_some_and(|row| row.predefined);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_bracketed, write};
    use crate::sensing::gs1::Unknown;

    #[track_caller]
    fn refuses(text: &str, code: &str, position: usize) {
        let fault = parse(text).unwrap_err();
        assert_eq!((fault.code, fault.position), (code, Some(position)), "{}", fault.detail);
    }

    #[test]
    fn faults_have_a_place() {
        refuses("0112345678901231", "not_gs1", 0);
        refuses("^0112345678901234", "check_digit", 16);
        refuses("^011234567890123", "bad_value", 3);
        refuses("^01123456789012311713", "bad_value", 19);
        refuses("^0112345678901231171332", "bad_value", 19);
        refuses("^011234567890123117271332", "bad_date", 21);
        refuses("^0112345678901231891", "unknown_ai", 17);
        refuses("^10ABC\u{e9}", "bad_character", 6);
        refuses("^", "bad_length", 1);
    }

    #[test]
    fn what_is_read_is_written_again() {
        let text = "^01040063813339311727123110LOT-7^21SN1";
        assert_eq!(write(&parse(text).unwrap()), text);
        let superfluous = "^0104006381333931^17271231^10LOT-7^21SN1^";
        assert_eq!(write(&parse(superfluous).unwrap()), text);
    }

    #[test]
    fn brackets_may_stand_in_a_value() {
        let found = parse_bracketed("(10)12\\(3)(21)A", Unknown::Refused).unwrap();
        assert_eq!(write(&found), "^1012(3)^21A");
        assert!(parse_bracketed("(89)1", Unknown::Refused).is_err());
        assert!(parse_bracketed("(89)1", Unknown::Allowed).is_ok());
        assert!(parse_bracketed("", Unknown::Allowed).is_err());
    }
}
