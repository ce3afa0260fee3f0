//! The binary schemes of TDS 2 (`SGTIN+` and the like): the key unsplit, four bits a digit, and a serial number
//! that says how it is written. Those of TDS 2.3 (`SGTIN++`) add a host name behind it, which names the same thing.
//!
//! Source: TDS 2.3, sections 14.5.3 to 14.5.6, tables E and F. AIDC data behind the EPC are not read.

use super::bits::Bits;
use super::key::check;
use super::tag::Tag;
use crate::sensing::gs1::{Element, Fault};

/// What the bits behind the filter hold.
#[derive(Clone, Copy)]
enum Layout {
    /// So many digits of one AI.
    Fixed(&'static str, usize),
    /// The same, with a serial number in another AI.
    Serial(&'static str, usize, &'static str),
    /// The same, with the serial number in the same AI.
    Joined(&'static str, usize),
    /// Digits until a delimiter, then perhaps more characters.
    Delimited(&'static str),
    /// A date, then a GTIN with a serial number.
    Dated,
}

/// Headers of both generations.
const LAYOUTS: [(u8, u8, Layout); 10] = [
    (0xF7, 0xFD, Layout::Serial("01", 14, "21")),
    (0xFB, 0xFC, Layout::Dated),
    (0xF9, 0xEF, Layout::Fixed("00", 18)),
    (0xF2, 0xE9, Layout::Serial("414", 13, "254")),
    (0xF1, 0xEB, Layout::Joined("8003", 14)),
    (0xFA, 0xEE, Layout::Delimited("8004")),
    (0xF4, 0xE7, Layout::Fixed("8018", 18)),
    (0xF5, 0xE8, Layout::Fixed("8017", 18)),
    (0xF6, 0xEA, Layout::Joined("253", 13)),
    (0xF3, 0xED, Layout::Serial("8006", 18, "21")),
];

/// AIs of a prioritised date, by indicator.
const DATES: [&str; 7] = ["11", "13", "15", "16", "17", "7006", "7007"];
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Behind index 0, which pads.
const CODE40: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789";
/// Digits or characters of the longest value.
const LENGTH_MAX: usize = 30;

/// Reads a tag of these schemes; `None` when its header is another.
pub(super) fn parse(bytes: &[u8]) -> Option<Result<Tag, Fault>> {
    let header = *bytes.first()?;
    let (plus, _, layout) = LAYOUTS.iter().find(|(plus, plus_plus, _)| header == *plus || header == *plus_plus)?;
    Some(read(bytes, *layout, header == *plus).ok_or_else(bad).and_then(|tag| check(&tag.elements).map(|()| tag)))
}

fn bad() -> Fault {
    Fault::whole("bad_epc", "the bits don't hold what the header promises")
}

fn read(bytes: &[u8], layout: Layout, ends_here: bool) -> Option<Tag> {
    let mut bits = Bits::new(bytes);
    bits.take(8)?;
    let has_more = bits.take(1)? == 1;
    let filter = u8::try_from(bits.take(3)?).ok()?;
    let of = |ai: &str, value: String| Element { ai: ai.to_owned(), value };
    let elements = match layout {
        Layout::Fixed(ai, count) => vec![of(ai, digits(&mut bits, count)?)],
        Layout::Serial(ai, count, serial_ai) => {
            let key = of(ai, digits(&mut bits, count)?);
            let serial = alphanumeric(&mut bits)?;
            // As in all EPCs of locations, 0 says that there is no extension.
            if ai == "414" && serial == "0" { vec![key] } else { vec![key, of(serial_ai, serial)] }
        }
        Layout::Joined(ai, count) => vec![of(ai, digits(&mut bits, count)? + &alphanumeric(&mut bits)?)],
        Layout::Delimited(ai) => vec![of(ai, delimited(&mut bits)?)],
        Layout::Dated => {
            let ai = DATES.get(bits.small(4)?)?;
            let date = format!("{:02}{:02}{:02}", bits.take(7)?, bits.take(4)?, bits.take(5)?);
            vec![of("01", digits(&mut bits, 14)?), of("21", alphanumeric(&mut bits)?), of(ai, date)]
        }
    };
    // Whole words of sixteen bits are reported; anything longer is something else.
    let spare = (bytes.len() * 8).checked_sub(bits.read())?;
    (!ends_here || has_more || spare < 16).then_some(Tag { elements, epc: None, urn: None, filter })
}

/// Four bits a digit.
fn digits(bits: &mut Bits<'_>, count: usize) -> Option<String> {
    (0..count).map(|_| char::from_digit(u32::try_from(bits.take(4)?).ok()?, 10)).collect()
}

fn delimited(bits: &mut Bits<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match u32::try_from(bits.take(4)?).ok()? {
            15 => return Some(text),
            14 => return Some(text + &alphanumeric(bits)?),
            digit => text.push(char::from_digit(digit, 10)?),
        }
        if text.len() > LENGTH_MAX {
            return None;
        }
    }
}

/// A text that says how it is written and how long it is.
fn alphanumeric(bits: &mut Bits<'_>) -> Option<String> {
    let method = bits.take(3)?;
    let length = bits.small(5)?;
    let sign_of = |set: &'static str, count: usize| move |bits: &mut Bits<'_>| set.chars().nth(bits.small(count)?);
    let mut signs = |next: &dyn Fn(&mut Bits<'_>) -> Option<char>| (0..length).map(|_| next(bits)).collect();
    match method {
        0 => {
            // As many bits as the largest number of so many digits takes.
            let largest = 10_u128.checked_pow(u32::try_from(length).ok()?)?.checked_sub(1)?;
            bits.number(128 - usize::try_from(largest.leading_zeros()).ok()?, length)
        }
        1 => signs(&sign_of("0123456789ABCDEF", 4)),
        2 => signs(&sign_of("0123456789abcdef", 4)),
        3 => signs(&sign_of(BASE64, 6)),
        4 => signs(&|bits| u8::try_from(bits.take(7)?).ok().filter(u8::is_ascii_graphic).map(char::from)),
        5 => code40(bits, length),
        _ => None,
    }
}

/// Three characters in sixteen bits.
fn code40(bits: &mut Bits<'_>, length: usize) -> Option<String> {
    let mut text = String::new();
    for _ in 0..length.div_ceil(3) {
        let value = bits.small(16)?.checked_sub(1)?;
        for index in [value / 1600, value / 40 % 40, value % 40] {
            if text.len() < length {
                text.push(CODE40.chars().nth(index.checked_sub(1)?)?);
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::sensing::epc::tag::parse;
    use crate::sensing::gs1::element_string::write;

    /// Examples of TDS 2.3, annex E.3, and the same serial numbers written by each method.
    #[test]
    fn the_examples_of_the_standard() {
        for (hex, elements) in [
            ("F73795211411234538566CB0AFC4", "^01795211411234532132a/b"),
            ("FB342CDE795211411234538566CB0AFC40", "^01795211411234532132a/b^17220630"),
            ("FD3795211411234538566CB0AFC525065F1876F0D996D800", "^01795211411234532132a/b"),
            ("F90095201234567891235000", "^00095201234567891235"),
            ("F239521141123454 8566CB0AFC40", "^414952114112345425432a/b"),
            ("F13095211411234548566CB0AFC4", "^80030952114112345432a/b"),
            ("FA3952114132E83C2BF10", "^8004952114132a/b"),
            ("F43952114112345678906000", "^8018952114112345678906"),
            ("F53952114112345678906000", "^8017952114112345678906"),
        ] {
            let mut hex = hex.replace(' ', "");
            if hex.len() % 2 == 1 {
                hex.push('0');
            }
            let tag = parse(&hex).unwrap_or_else(|fault| panic!("{hex}: {fault:?}"));
            assert_eq!(write(&tag.elements), elements, "{hex}");
        }
    }

    /// The serial number in each way of writing: method, length, bits.
    #[test]
    fn each_way_of_writing_a_serial_number() {
        for (serial_bits, want) in [
            ("000 00100 00000011111011", "0251"),
            ("001 00011 101010111100", "ABC"),
            ("010 00011 101010111100", "abc"),
            ("011 00010 000000 111110", "A-"),
            ("100 00010 0100001 1111010", "!z"),
            // A, B and 0: 1600 + 80 + 30 + 1.
            ("101 00011 0000011010101111", "AB0"),
            ("101 00001 0000011001000001", "A"),
        ] {
            // Header, filter 3 and the GTIN, then the serial number in whole words.
            let mut signs: Vec<char> = "F7379521141123453".chars().collect();
            let mut bits: Vec<char> = serial_bits.replace(' ', "").chars().collect();
            bits.resize((bits.len() + 4).next_multiple_of(16) - 4, '0');
            signs.extend(bits.chunks(4).map(|four| {
                let nibble = u32::from_str_radix(&four.iter().collect::<String>(), 2).unwrap();
                char::from_digit(nibble, 16).unwrap()
            }));
            let hex: String = signs.into_iter().collect();
            let tag = parse(&hex).unwrap_or_else(|fault| panic!("{want}: {fault:?}"));
            assert_eq!(write(&tag.elements), format!("^017952114112345321{want}"));
        }
    }
}
