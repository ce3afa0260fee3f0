//! The memory of a tag: hexadecimal digits in, a key out.
//!
//! Source: TDS 2.3, sections 14.2 (headers), 14.3, 14.4 and 14.6 (coding tables).

use super::bits::{Bits, from_hex};
use super::key::{Epc, Scheme};
use super::plus;
use crate::sensing::gs1::{Element, Fault};

/// What a tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The GS1 key with its serial number, as AIs.
    pub elements: Vec<Element>,
    /// The key split at the company prefix; tags of TDS 2 hold it unsplit.
    pub epc: Option<Epc>,
    /// The URN with scheme and filter, where there is one.
    pub urn: Option<String>,
    /// What it is on: 0 all others, 1 consumer item, 2 case, … by scheme.
    pub filter: u8,
}

/// How the bits behind the reference are to be read.
#[derive(Clone, Copy)]
enum Serial {
    /// A number of so many bits.
    Number(usize),
    /// So many characters of seven bits.
    Text(usize),
    /// The reference itself is the serial number, in digits; bits that mean nothing follow.
    None,
    /// The reference is a number of any length.
    AssetNumber,
    /// The reference is text.
    AssetText,
    /// Piece and total of seven bits each before it.
    PieceNumber(usize),
    /// The same before a text.
    PieceText(usize),
}

/// Header, scheme, bits in its name, bits of company prefix and reference, serial number.
const LAYOUTS: [(u8, Scheme, u16, usize, Serial); 15] = [
    (0x30, Scheme::Sgtin, 96, 44, Serial::Number(38)),
    (0x36, Scheme::Sgtin, 198, 44, Serial::Text(20)),
    (0x31, Scheme::Sscc, 96, 58, Serial::None),
    (0x32, Scheme::Sgln, 96, 41, Serial::Number(41)),
    (0x39, Scheme::Sgln, 195, 41, Serial::Text(20)),
    (0x33, Scheme::Grai, 96, 44, Serial::Number(38)),
    (0x37, Scheme::Grai, 170, 44, Serial::Text(16)),
    (0x34, Scheme::Giai, 96, 82, Serial::AssetNumber),
    (0x38, Scheme::Giai, 202, 188, Serial::AssetText),
    (0x2D, Scheme::Gsrn, 96, 58, Serial::None),
    (0x2E, Scheme::Gsrnp, 96, 58, Serial::None),
    (0x2C, Scheme::Gdti, 96, 41, Serial::Number(41)),
    (0x3E, Scheme::Gdti, 174, 41, Serial::Text(17)),
    (0x40, Scheme::Itip, 110, 44, Serial::PieceNumber(38)),
    (0x41, Scheme::Itip, 212, 44, Serial::PieceText(20)),
];

/// Bits of the company prefix by partition; it has 12 digits in partition 0 and one fewer in each further one.
const PREFIX_BITS: [usize; 7] = [40, 37, 34, 30, 27, 24, 20];
/// Schemes of others, and of GS1 for which a hospital has no use: valid tags that are not read here.
const FOREIGN: [u8; 9] = [0x2F, 0x35, 0x3A, 0x3B, 0x3C, 0x3D, 0x3F, 0xF0, 0xF8];

/// The longest memory that is read, in hexadecimal digits.
const HEX_MAX: usize = 256;

fn bad(detail: impl Into<String>) -> Fault {
    Fault::whole("bad_epc", detail)
}

/// Reads the EPC memory of a tag from hexadecimal digits.
///
/// # Errors
/// `bad_epc`: not hexadecimal, a wrong length, a field out of range. `unknown_tag`: a good tag without a key that
/// is read here, such as an unprogrammed one.
pub fn parse(hex: &str) -> Result<Tag, Fault> {
    if hex.len() > HEX_MAX {
        return Err(bad(format!("longer than {HEX_MAX} hexadecimal digits")));
    }
    let bytes = from_hex(hex).ok_or_else(|| bad(format!("'{hex}' is no even number of hexadecimal digits")))?;
    let header = *bytes.first().ok_or_else(|| bad("no digits"))?;
    if header == 0xE2 || header == 0 {
        return Err(Fault::whole("unknown_tag", "an unprogrammed tag: what it shows is its chip's own number, no EPC"));
    }
    if let Some(found) = plus::parse(&bytes) {
        return found;
    }
    let layout = LAYOUTS.iter().find(|layout| layout.0 == header);
    let Some((_, scheme, size, key_bits, serial)) = layout else {
        let is_foreign = FOREIGN.contains(&header);
        let what = if is_foreign { "a scheme that is not read here" } else { "no scheme of GS1" };
        return Err(Fault::whole("unknown_tag", format!("the header {header:02X} is {what}")));
    };
    // Whole bytes, or the whole words of sixteen bits in which readers report.
    let bits = usize::from(*size);
    if bytes.len() != bits.div_ceil(8) && bytes.len() != bits.div_ceil(16) * 2 {
        return Err(bad(format!("{}-{size} has {size} bits, found {}", scheme.word(), bytes.len() * 8)));
    }
    let mut reader = Bits::new(&bytes);
    let (filter, epc) = read(&mut reader, *scheme, *key_bits, *serial)?;
    let elements = epc.elements()?;
    let urn = epc.tag_urn(*size, filter);
    Ok(Tag { elements, epc: Some(epc), urn: Some(urn), filter })
}

fn read(bits: &mut Bits<'_>, scheme: Scheme, key_bits: usize, serial: Serial) -> Result<(u8, Epc), Fault> {
    let ends = || bad("the bits end too early");
    bits.take(8).ok_or_else(ends)?;
    let filter = bits.take(3).and_then(|filter| u8::try_from(filter).ok()).ok_or_else(ends)?;
    let partition = bits.small(3).ok_or_else(ends)?;
    let prefix_bits = *PREFIX_BITS.get(partition).ok_or_else(|| bad("partition 7 does not exist"))?;
    let prefix_digits = 12 - partition;
    let too_large = |what: &str| bad(format!("the {what} is larger than its digits allow"));
    let company_prefix = bits.number(prefix_bits, prefix_digits).ok_or_else(|| too_large("company prefix"))?;
    let reference_bits = key_bits - prefix_bits;
    let text = |found: Option<String>| {
        found.filter(|text| !text.is_empty()).ok_or_else(|| bad("the serial number is empty, or goes on behind its end"))
    };
    let reference = match serial {
        Serial::AssetNumber => bits.take(reference_bits).ok_or_else(ends)?.to_string(),
        Serial::AssetText => text(bits.text(reference_bits / 7))?,
        _ => {
            let digits = scheme.digits().and_then(|digits| digits.checked_sub(prefix_digits)).ok_or_else(ends)?;
            bits.number(reference_bits, digits).ok_or_else(|| too_large("reference"))?
        }
    };
    let mut piece = None;
    if matches!(serial, Serial::PieceNumber(_) | Serial::PieceText(_)) {
        let mut half = || bits.number(7, 2).ok_or_else(|| too_large("piece number"));
        piece = Some(half()? + &half()?);
    }
    let serial = match serial {
        Serial::Number(count) | Serial::PieceNumber(count) => Some(bits.take(count).ok_or_else(ends)?.to_string()),
        Serial::Text(count) | Serial::PieceText(count) => Some(text(bits.text(count))?),
        Serial::None | Serial::AssetNumber | Serial::AssetText => None,
    };
    Ok((filter, Epc { scheme, company_prefix, reference, piece, serial }))
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// Examples of TDS 2.3, annex E.3.
    #[test]
    fn the_examples_of_the_standard() {
        for (hex, urn, elements) in [
            ("3066C4409047E140075BCD15", "urn:epc:tag:sgtin-96:3.95060001343.05.123456789", "^010950600013435221123456789"),
            (
                "3666C4409047E159B2C2BF100000000000000000000000000000",
                "urn:epc:tag:sgtin-198:3.95060001343.05.32a%2Fb",
                "^01095060001343522132a/b",
            ),
            ("311BA1B300CE0A6A83000000", "urn:epc:tag:sscc-96:0.952012.03456789123", "^00095201234567891235"),
            ("3276451FD46072000000162E", "urn:epc:tag:sgln-96:3.9521141.12345.5678", "^41495211411234542545678"),
            (
                "3976451FD46072CD9615F8800000000000000000000000000000",
                "urn:epc:tag:sgln-195:3.9521141.12345.32a%2Fb",
                "^414952114112345425432a/b",
            ),
            ("3376451FD40C0E400000162E", "urn:epc:tag:grai-96:3.9521141.12345.5678", "^8003095211411234545678"),
            ("3776451FD40C0E59B2C2BF1000000000000000000000", "urn:epc:tag:grai-170:3.9521141.12345.32a%2Fb", "^80030952114112345432a/b"),
            ("3476451FD40000000000162E", "urn:epc:tag:giai-96:3.9521141.5678", "^800495211415678"),
            ("3876451FD59B2C2BF10000000000000000000000000000000000", "urn:epc:tag:giai-202:3.9521141.32a%2Fb", "^8004952114132a/b"),
            ("2D76451FD4499602D2000000", "urn:epc:tag:gsrn-96:3.9521141.1234567890", "^8018952114112345678906"),
            ("2E76451FD4499602D2000000", "urn:epc:tag:gsrnp-96:3.9521141.1234567890", "^8017952114112345678906"),
            ("2C76451FD46072000000162E", "urn:epc:tag:gdti-96:3.9521141.12345.5678", "^25395211411234545678"),
        ] {
            let tag = parse(hex).unwrap_or_else(|fault| panic!("{hex}: {fault:?}"));
            assert_eq!(tag.urn.as_deref(), Some(urn));
            assert_eq!(crate::sensing::gs1::element_string::write(&tag.elements), elements);
        }
    }

    #[test]
    fn bad_tags_and_foreign_ones_are_told_apart() {
        for (hex, code) in [
            ("E2801160600002054CC2096F", "unknown_tag"),
            ("000000000000000000000000", "unknown_tag"),
            ("3500000000000000000000FF", "unknown_tag"),
            ("303C83F1B7DD441678901234", "bad_epc"),
            ("30180000400000400000000011", "bad_epc"),
            ("3018", "bad_epc"),
            ("EPC000001", "bad_epc"),
            ("", "bad_epc"),
            ("é", "bad_epc"),
        ] {
            assert_eq!(parse(hex).unwrap_err().code, code, "{hex}");
        }
    }
}
