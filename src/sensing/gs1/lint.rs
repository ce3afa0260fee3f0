//! The checks that the GS1 syntax dictionary names: what a part of a value may hold.
//!
//! Source: GS1 Barcode Syntax Dictionary, reference procedures `lint_*`. Not checked: whether a company prefix was
//! ever handed out (GS1's list is not free), the inside of North American coupons, and the list of freight units.

use super::codes;
use super::dictionary::Lint;
use crate::base::gtin;

/// Which rule a value broke, by GS1's name in lower case, and from which character on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Such as `non_digit_character`.
    pub rule: &'static str,
    /// Characters before the bad one.
    pub at: usize,
}

type Checked = Result<(), Broken>;

/// Values of character set 82, in the order of their weight in check pairs.
const CSET82: &str = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The letters of a check pair.
const CSET32: &str = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Digits of the shortest company prefix.
const PREFIX_MIN: usize = 4;
/// Characters for which check pairs have weights, with the pair itself.
const PAIRED_MAX: usize = 99;

/// Checks a value.
///
/// # Errors
/// The rule it breaks, and where.
pub fn check(lint: Lint, text: &str) -> Checked {
    match lint {
        Lint::Csetnumeric => digits(text),
        Lint::Cset39 => of_set(text, |sign| sign == '#' || sign == '-' || sign == '/' || is_upper(sign), "invalid_cset39_character"),
        Lint::Cset64 => base64(text),
        Lint::Cset82 => of_set(text, |sign| CSET82.contains(sign), "invalid_cset82_character"),
        Lint::Csum => check_digit(text),
        Lint::Csumalpha => check_pair(text),
        Lint::Gcppos1 => company_prefix(text, 0),
        Lint::Gcppos2 => company_prefix(text, 1),
        Lint::Hasnondigit => must(!text.chars().all(|sign| sign.is_ascii_digit()), "requires_non_digit_character", 0),
        Lint::Hh => clock(text, &["hour"]),
        Lint::Hhmi => clock(text, &["hour", "minute"]),
        Lint::Mi => clock(text, &["minute"]),
        Lint::Ss => clock(text, &["second"]),
        Lint::Hyphen => of_set(text, |sign| sign == '-', "not_hyphen"),
        Lint::Iban => iban(text),
        Lint::Importeridx => {
            of_set(text, |sign| sign == '-' || sign == '_' || sign.is_ascii_alphanumeric(), "invalid_import_idx_character")
        }
        Lint::Iso3166 => must(codes::is_country_number(text), "not_iso3166", 0),
        Lint::Iso3166999 => must(text == "999" || codes::is_country_number(text), "not_iso3166_or_999", 0),
        Lint::Iso3166alpha2 => must(codes::is_country(text), "not_iso3166_alpha2", 0),
        Lint::Iso4217 => must(codes::is_currency_number(text), "not_iso4217", 0),
        Lint::Iso5218 => must(matches!(text, "0" | "1" | "2" | "9"), "invalid_biological_sex_code", 0),
        Lint::Latitude => degrees(text, 1_800_000_000, "invalid_latitude"),
        Lint::Longitude => degrees(text, 3_600_000_000, "invalid_longitude"),
        Lint::Mediatype => must(matches!(text.parse(), Ok(1..=10 | 80..=99)), "invalid_media_type", 0),
        Lint::Nonzero => digits(text).and_then(|()| must(text.chars().any(|sign| sign != '0'), "illegal_zero_value", 0)),
        Lint::Nozeroprefix => digits(text).and_then(|()| no_zero_prefix(text, 0)),
        Lint::Pcenc => percent(text),
        Lint::Pieceoftotal => piece_of_total(text),
        Lint::Posinseqslash => position_in_sequence(text),
        Lint::Winding => must(matches!(text, "0" | "1" | "9"), "invalid_winding_direction", 0),
        Lint::Yesno => must(matches!(text, "0" | "1"), "not_zero_or_one", 0),
        Lint::Yymmdd => date(text, 2, false),
        Lint::Yymmd0 => date(text, 2, true),
        Lint::Yyyymmdd => date(text, 4, false),
        Lint::Yyyymmd0 => date(text, 4, true),
        Lint::Zero => must(!text.is_empty() && text.chars().all(|sign| sign == '0'), "not_zero", 0),
        Lint::Packagetype => of_set(text, is_upper, "invalid_package_type"),
        Lint::Couponcode | Lint::Couponposoffer => Ok(()),
    }
}

fn must(holds: bool, rule: &'static str, at: usize) -> Checked {
    if holds { Ok(()) } else { Err(Broken { rule, at }) }
}

fn of_set(text: &str, is_in: impl Fn(char) -> bool, rule: &'static str) -> Checked {
    text.chars().position(|sign| !is_in(sign)).map_or(Ok(()), |at| Err(Broken { rule, at }))
}

fn is_upper(sign: char) -> bool {
    sign.is_ascii_digit() || sign.is_ascii_uppercase()
}

fn digits(text: &str) -> Checked {
    of_set(text, |sign| sign.is_ascii_digit(), "non_digit_character")
}

/// URL-safe base 64; `=` may pad its end.
fn base64(text: &str) -> Checked {
    let body = text.trim_end_matches('=');
    must(text.len() - body.len() <= 2, "invalid_cset64_padding", body.len())?;
    of_set(body, |sign| sign == '-' || sign == '_' || sign.is_ascii_alphanumeric(), "invalid_cset64_character")
}

fn check_digit(text: &str) -> Checked {
    must(!text.is_empty(), "too_short_for_check_digit", 0)?;
    digits(text)?;
    let (body, last) = text.split_at_checked(text.len() - 1).unwrap_or((text, ""));
    must(gtin::check_digit(body).map(|check| check.to_string()).as_deref() == Some(last), "incorrect_check_digit", body.len())
}

/// Source: GS1 General Specifications, section 7.9.5 (check character pair): primes as weights, modulo 1021.
fn check_pair(text: &str) -> Checked {
    let length = text.chars().count();
    must(length >= 2, "too_short_for_check_pair", 0)?;
    must(length <= PAIRED_MAX, "too_long_for_check_pair_implementation", 0)?;
    let body: String = text.chars().take(length - 2).collect();
    check(Lint::Cset82, &body)?;
    let weights =
        (2_usize..).filter(|number| (2..*number).take_while(|factor| factor * factor <= *number).all(|factor| number % factor != 0));
    let sum: usize = body.chars().rev().zip(weights).filter_map(|(sign, weight)| CSET82.find(sign).map(|value| value * weight)).sum();
    let value = sum % 1021;
    let pair: String = [value / 32, value % 32].into_iter().filter_map(|place| CSET32.chars().nth(place)).collect();
    must(text.strip_prefix(body.as_str()) == Some(pair.as_str()), "incorrect_check_pair", body.len())
}

fn company_prefix(text: &str, skipped: usize) -> Checked {
    let prefix: String = text.chars().skip(skipped).take(PREFIX_MIN).collect();
    must(prefix.len() >= PREFIX_MIN, "too_short_for_gcp", skipped)?;
    must(digits(&prefix).is_ok(), "invalid_gcp_prefix", skipped)
}

const SHORT: [(&str, &str, &str, &str); 3] = [
    ("hour", "hour_too_short", "hour_too_long", "illegal_hour"),
    ("minute", "minute_too_short", "minute_too_long", "illegal_minute"),
    ("second", "second_too_short", "second_too_long", "illegal_second"),
];

/// Two digits for each field, in order.
fn clock(text: &str, fields: &[&str]) -> Checked {
    let (short, long) = match fields {
        [one] => SHORT.iter().find(|(name, ..)| name == one).map_or(("", ""), |(_, short, long, _)| (*short, *long)),
        _ => ("hour_with_minute_too_short", "hour_with_minute_too_long"),
    };
    let length = text.chars().count();
    must(length >= fields.len() * 2, short, 0)?;
    must(length <= fields.len() * 2, long, 0)?;
    digits(text)?;
    for (number, field) in fields.iter().enumerate() {
        let value = two(text, number * 2);
        let illegal = SHORT.iter().find(|(name, ..)| name == field).map_or("", |(.., illegal)| *illegal);
        must(value < if *field == "hour" { 24 } else { 60 }, illegal, number * 2)?;
    }
    Ok(())
}

/// The number in two digits from a place on.
fn two(text: &str, at: usize) -> u32 {
    text.get(at..at + 2).and_then(|pair| pair.parse().ok()).unwrap_or(u32::MAX)
}

fn date(text: &str, year_digits: usize, day_may_be_zero: bool) -> Checked {
    let length = text.chars().count();
    must(length >= year_digits + 4, "date_too_short", 0)?;
    must(length <= year_digits + 4, "date_too_long", 0)?;
    digits(text)?;
    let year: u32 = text.get(..year_digits).and_then(|year| year.parse().ok()).unwrap_or(0);
    let (month, day) = (two(text, year_digits), two(text, year_digits + 2));
    must((1..=12).contains(&month), "illegal_month", year_digits)?;
    // Of two digits any century does: 2000 is a leap year, as each year that four divides between 1901 and 2099.
    let year = if year_digits == 2 { 2000 + year } else { year };
    let is_known = (day == 0 && day_may_be_zero) || (day > 0 && day <= super::date::days_in(year, month));
    must(is_known, "illegal_day", year_digits + 2)
}

fn iban(text: &str) -> Checked {
    must(text.len() >= 10, "iban_too_short", 0)?;
    of_set(text, is_upper, "invalid_iban_character")?;
    let (country, check_and_account) = text.split_at_checked(2).unwrap_or((text, ""));
    must(country == "XK" || codes::is_country(country), "illegal_iban_country_code", 0)?;
    let (check, account) = check_and_account.split_at_checked(2).unwrap_or(("", ""));
    // ISO 7064 MOD 97-10: letters count as 10 to 35.
    let signs = account.chars().chain(country.chars()).chain(check.chars());
    let rest = signs.filter_map(|sign| sign.to_digit(36)).fold(0, |rest, value| (rest * if value < 10 { 10 } else { 100 } + value) % 97);
    must(rest == 1, "incorrect_iban_checksum", 2)
}

fn degrees(text: &str, max: u64, rule: &'static str) -> Checked {
    digits(text)?;
    must(text.len() == 10 && text.parse::<u64>().is_ok_and(|value| value <= max), rule, 0)
}

fn no_zero_prefix(text: &str, at: usize) -> Checked {
    must(text == "0" || !text.starts_with('0'), "illegal_zero_prefix", at)
}

fn percent(text: &str) -> Checked {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        let is_escape = after.get(..2).is_some_and(|pair| pair.chars().all(|sign| sign.is_ascii_hexdigit()));
        must(is_escape, "invalid_percent_sequence", text.len() - after.len() - 1)?;
        rest = after;
    }
    Ok(())
}

fn piece_of_total(text: &str) -> Checked {
    let length = text.chars().count();
    must(length > 0 && length.is_multiple_of(2), "invalid_length_for_piece_of_total", 0)?;
    digits(text)?;
    // As many digits on both sides, so that their order is that of the numbers.
    let (piece, total) = text.split_at_checked(length / 2).unwrap_or((text, ""));
    must(piece.chars().any(|sign| sign != '0'), "zero_piece_number", 0)?;
    must(total.chars().any(|sign| sign != '0'), "zero_total_pieces", length / 2)?;
    must(piece <= total, "piece_number_exceeds_total", 0)
}

fn position_in_sequence(text: &str) -> Checked {
    let malformed = || Broken { rule: "position_in_sequence_malformed", at: 0 };
    let (position, total) = text.split_once('/').ok_or_else(malformed)?;
    let is_number = |part: &str| !part.is_empty() && digits(part).is_ok();
    must(is_number(position) && is_number(total), malformed().rule, 0)?;
    must(!position.starts_with('0'), "illegal_zero_prefix", 0)?;
    must(!total.starts_with('0'), "illegal_zero_prefix", position.len() + 1)?;
    must((position.len(), position) <= (total.len(), total), "position_exceeds_end", 0)
}

#[cfg(test)]
mod tests {
    use super::{Lint, check};

    #[track_caller]
    fn refuses(lint: Lint, text: &str, rule: &str, at: usize) {
        let broken = check(lint, text).unwrap_err();
        assert_eq!((broken.rule, broken.at), (rule, at));
    }

    #[test]
    fn a_broken_rule_is_named_with_its_place() {
        refuses(Lint::Csum, "1234567890129", "incorrect_check_digit", 12);
        refuses(Lint::Yymmd0, "201310", "illegal_month", 2);
        refuses(Lint::Hhmi, "0060", "illegal_minute", 2);
        refuses(Lint::Pcenc, "ABC%0g", "invalid_percent_sequence", 3);
        refuses(Lint::Cset39, "AB_C", "invalid_cset39_character", 2);
        refuses(Lint::Posinseqslash, "3/2", "position_exceeds_end", 0);
        refuses(Lint::Iban, "GB82WEST12345698765431", "incorrect_iban_checksum", 2);
        assert!(check(Lint::Iban, "GB82WEST12345698765432").is_ok());
        assert!(check(Lint::Csumalpha, "1987654Ad4X4bL5ttr2310c2K").is_ok());
    }

    #[test]
    fn no_text_panics() {
        let all = super::super::table::ROWS.iter().flat_map(|row| row.parts).flat_map(|part| part.lints);
        for lint in all {
            for text in ["", "é", "1é", "éé", "%", "%é", "/", "=", "\0", "🦀🦀🦀", "99999999999999999999999999999999999999"] {
                let _ = check(*lint, text);
            }
        }
    }
}
