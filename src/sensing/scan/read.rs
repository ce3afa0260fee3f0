//! Reading one code of any kind. Pure: today is an argument.

use serde::Serialize;

use crate::base::gtin;
use crate::base::time::Day;
use crate::sensing::epc::{Epc, tag, urn};
use crate::sensing::gs1::national::{self, National};
use crate::sensing::gs1::symbology::{self, Carried, GS};
use crate::sensing::gs1::{Element, Fault, Strictness, Unknown, date, digital_link, element_string, lost, rules, value};

/// How a code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Found out from the code.
    Auto,
    /// As a scanner sends it, with its AIM identifier.
    Scan,
    /// `^01…`: FNC1 as `^` or GS.
    ElementString,
    /// `(01)…(10)…`.
    Bracketed,
    /// A web address.
    DigitalLink,
    /// The memory of a tag.
    EpcHex,
    /// `urn:epc:…`.
    EpcUri,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Auto, Self::Scan, Self::ElementString, Self::Bracketed, Self::DigitalLink, Self::EpcHex, Self::EpcUri];

    /// Its word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Scan => "scan",
            Self::ElementString => "element-string",
            Self::Bracketed => "bracketed",
            Self::DigitalLink => "digital-link",
            Self::EpcHex => "epc-hex",
            Self::EpcUri => "epc-uri",
        }
    }
}

/// What a code says. All that could be read is there even when `error` says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Scan {
    /// As it came.
    pub input: String,
    /// How it is written: `scan`, `element-string`, `bracketed`, `digital-link`, `epc-hex` or `epc-uri`.
    pub kind: &'static str,
    /// What the symbol carries, without its AIM identifier.
    pub text: Option<String>,
    /// With `^` for FNC1.
    pub element_string: Option<String>,
    /// Pairs of AI and value.
    pub ai: Vec<(String, String)>,
    /// 14 digits.
    pub gtin: Option<String>,
    /// AI 10.
    pub lot: Option<String>,
    /// AI 17, or the day of AI 7003.
    pub expiry: Option<Day>,
    /// AI 21.
    pub serial: Option<String>,
    /// AI 00.
    pub sscc: Option<String>,
    /// Numbers of national registers, such as PZN or NDC.
    pub national: Vec<National>,
    /// The pure identity, where the company prefix is known.
    pub epc_uri: Option<String>,
    /// The same with the scheme and filter of its tag.
    pub tag_uri: Option<String>,
    /// The canonical form.
    pub digital_link: Option<String>,
    /// Why it can't be used.
    pub error: Option<Fault>,
}

/// What was read, before it is told field by field.
#[derive(Default)]
struct Found {
    text: Option<String>,
    elements: Vec<Element>,
    epc: Option<Epc>,
    tag_urn: Option<String>,
    fault: Option<Fault>,
}

impl Found {
    fn of(elements: Vec<Element>) -> Self {
        Self { elements, ..Self::default() }
    }

    /// The rules between AIs may be broken, and yet what was read is worth telling.
    fn judged(mut self, judge: impl Fn(&[Element]) -> Result<(), Fault>) -> Self {
        self.fault = self.fault.take().or_else(|| judge(&self.elements).err());
        self
    }
}

/// Reads a code.
pub fn read(input: &str, kind: Kind, strictness: Strictness, today: Day) -> Scan {
    let kind = if kind == Kind::Auto { kind_of(input) } else { kind };
    let found = match kind {
        Kind::Auto | Kind::Scan => scanned(input, strictness),
        Kind::ElementString => element_string::parse(&marked(input)).map(|elements| Found::of(elements).judged(rules::check_one_carrier)),
        Kind::Bracketed => {
            element_string::parse_bracketed(input, strictness.unknown).map(|elements| Found::of(elements).judged(rules::check))
        }
        Kind::DigitalLink => digital_link::parse(input, strictness).map(|elements| Found::of(elements).judged(rules::check)),
        Kind::EpcHex => tag::parse(input).map(|tag| Found { elements: tag.elements, epc: tag.epc, tag_urn: tag.urn, ..Found::default() }),
        Kind::EpcUri => urn::parse(input).and_then(|epc| {
            let tag_urn = Some(input.to_owned()).filter(|_| input.starts_with("urn:epc:tag:"));
            Ok(Found { elements: epc.elements()?, epc: Some(epc), tag_urn, ..Found::default() })
        }),
    };
    let found = found.unwrap_or_else(|fault| Found { fault: Some(fault), ..Found::default() });
    tell(input, kind, found, today)
}

/// Separators as keyboard wedges write them, as `^`.
fn marked(input: &str) -> String {
    input.replace("{GS}", "^").replace([GS, '|'], "^")
}

/// How a code without a word about it is written.
fn kind_of(input: &str) -> Kind {
    let is_hex = input.len() >= 24 && input.len().is_multiple_of(2) && input.bytes().all(|byte| byte.is_ascii_hexdigit());
    if input.starts_with('(') {
        Kind::Bracketed
    } else if input.starts_with("urn:") {
        Kind::EpcUri
    } else if digital_link::is_link(input) {
        Kind::DigitalLink
    } else if input.starts_with('^') {
        Kind::ElementString
    } else if is_hex && !input.starts_with("01") {
        Kind::EpcHex
    } else {
        Kind::Scan
    }
}

fn scanned(input: &str, strictness: Strictness) -> Result<Found, Fault> {
    if !input.starts_with(']') {
        return typed(input);
    }
    match symbology::read(input)? {
        Carried::Elements { elements, text } => Ok(Found { text: Some(text), ..Found::of(elements) }.judged(rules::check)),
        Carried::Text(text) => {
            // A link of somebody else is text, not a bad link.
            let link = digital_link::parse(&text, strictness).map(|elements| Found::of(elements).judged(rules::check));
            let found = link.or_else(|_other| typed_number(&text).ok_or(())).unwrap_or_default();
            Ok(Found { text: Some(text), ..found })
        }
    }
}

/// A code that came without an AIM identifier: typed in, or sent by a scanner that acts as a keyboard.
fn typed(input: &str) -> Result<Found, Fault> {
    if let Some(found) = typed_number(input) {
        return Ok(found);
    }
    let text = marked(input);
    let begins_with_ai = text.starts_with(|sign: char| sign.is_ascii_digit() || sign == '^');
    if !begins_with_ai {
        return Err(Fault::whole("not_gs1", "it is neither a code of GS1 nor a number of a register that is known here"));
    }
    if text.contains('^') {
        let body = if text.starts_with('^') { text } else { format!("^{text}") };
        return element_string::parse(&body).map(|elements| Found::of(elements).judged(rules::check));
    }
    let elements = match lost::mend(&text) {
        Err(fault) if fault.code == "not_gs1" => element_string::parse(&format!("^{text}"))?,
        other => other?,
    };
    Ok(Found::of(elements).judged(rules::check))
}

/// A number that is a product by itself: a GTIN, a PZN as Code 39 says it, an NDC with hyphens.
fn typed_number(text: &str) -> Option<Found> {
    let of = |ai: &str, value: String| Some(Found::of(vec![Element { ai: ai.to_owned(), value }]));
    if let Ok(gtin) = gtin::canonical(text) {
        return of("01", gtin);
    }
    if let Some(number) = national::pzn_barcode(text) {
        return of("710", number.to_owned());
    }
    national::gtin_of_ndc(text).ok().and_then(|gtin| of("01", gtin))
}

fn tell(input: &str, kind: Kind, found: Found, today: Day) -> Scan {
    let Found { text, elements, epc, tag_urn, mut fault } = found;
    let of = |ai: &str| value(&elements, ai).map(str::to_owned);
    let expiry_text = of("17").or_else(|| of("7003").and_then(|value| value.get(..6).map(str::to_owned)));
    let expiry = expiry_text.as_deref().and_then(|text| date::expand(text, today));
    if let Some(text) = expiry_text.filter(|_| expiry.is_none()) {
        fault = fault.or_else(|| Some(Fault::whole("bad_date", format!("'{text}' is no day"))));
    }
    Scan {
        input: input.to_owned(),
        kind: kind.word(),
        text,
        element_string: (!elements.is_empty()).then(|| element_string::write(&elements)),
        gtin: of("01").or_else(|| of("8006").and_then(|piece| piece.get(..14).map(str::to_owned))),
        lot: of("10"),
        expiry,
        serial: of("21"),
        sscc: of("00"),
        national: national::numbers(&elements),
        epc_uri: epc.map(|epc| epc.urn()),
        tag_uri: tag_urn,
        digital_link: digital_link::write(&elements),
        ai: elements.into_iter().map(|element| (element.ai, element.value)).collect(),
        error: fault,
    }
}

impl Strictness {
    /// What the standards say, or with AIs that are not known.
    pub fn with_unknown_ais(are_allowed: bool) -> Self {
        Self { unknown: if are_allowed { Unknown::Allowed } else { Unknown::Refused }, ..Self::STANDARD }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Scan, read};
    use crate::base::time::Day;
    use crate::sensing::gs1::Strictness;

    fn scan(input: &str) -> Scan {
        read(input, Kind::Auto, Strictness::STANDARD, Day::parse("2026-11-23").unwrap())
    }

    #[track_caller]
    fn check(input: &str, kind: &str, element_string: &str) -> Scan {
        let scan = scan(input);
        assert_eq!((scan.kind, scan.element_string.as_deref(), scan.error.as_ref()), (kind, Some(element_string), None), "{scan:?}");
        scan
    }

    #[test]
    fn the_same_pack_in_all_its_forms() {
        let want = "^01040063813339311727123110LOT7^21SN1";
        let pack = check("]d201040063813339311727123110LOT7\u{1d}21SN1", "scan", want);
        assert_eq!(pack.gtin.as_deref(), Some("04006381333931"));
        assert_eq!((pack.lot.as_deref(), pack.serial.as_deref()), (Some("LOT7"), Some("SN1")));
        assert_eq!(pack.expiry.map(Day::to_text).as_deref(), Some("2027-12-31"));
        for wedge in ["^", "|", "{GS}", "\u{1d}"] {
            check(&format!("01040063813339311727123110LOT7{wedge}21SN1"), "scan", want);
        }
        check("(01)04006381333931(17)271231(10)LOT7(21)SN1", "bracketed", want);
        let link = pack.digital_link.unwrap();
        assert_eq!(link, "https://id.gs1.org/01/04006381333931/10/LOT7/21/SN1?17=271231");
        assert_eq!(scan(&link).expiry, pack.expiry);
    }

    #[test]
    fn numbers_by_themselves() {
        check("4006381333931", "scan", "^0104006381333931");
        check("0777-3105-02", "scan", "^0100307773105025");
        assert_eq!(check("-12345678", "scan", "^71012345678").national[0].number, "12345678");
        assert_eq!(check("]A0-12345678", "scan", "^71012345678").text.as_deref(), Some("-12345678"));
        check("010400638133393117271231", "scan", "^010400638133393117271231");
        check("00095201234567891235", "scan", "^00095201234567891235");
    }

    #[test]
    fn tags_and_urns() {
        let tag = check("3034257BF400B7800004CB2F", "epc-hex", "^010061414100734921314159");
        assert_eq!(tag.epc_uri.as_deref(), Some("urn:epc:id:sgtin:0614141.000734.314159"));
        assert_eq!(tag.tag_uri.as_deref(), Some("urn:epc:tag:sgtin-96:1.0614141.000734.314159"));
        check("urn:epc:id:sgtin:0614141.000734.314159", "epc-uri", "^010061414100734921314159");
    }

    #[test]
    fn what_is_wrong_is_said_and_what_is_read_is_kept() {
        let conflict = scan("(10)LOT7");
        assert_eq!((conflict.error.unwrap().code, conflict.lot.as_deref()), ("ai_conflict", Some("LOT7")));
        assert_eq!(scan("hello").error.unwrap().code, "not_gs1");
        assert_eq!(scan("").error.unwrap().code, "not_gs1");
        assert_eq!(scan("E2801160600002054CC2096F").error.unwrap().code, "unknown_tag");
        let text = scan("]Q1https://example.com/menu");
        assert_eq!((text.error, text.text.as_deref(), text.ai.len()), (None, Some("https://example.com/menu"), 0));
    }
}
