//! A GS1 key split at the company prefix, and the key as AIs.

use crate::base::gtin;
use crate::sensing::gs1::dictionary::entry;
use crate::sensing::gs1::element_string::check_value;
use crate::sensing::gs1::{Element, Fault, value};

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Serialised trade item.
    Sgtin,
    /// Logistic unit.
    Sscc,
    /// Location with or without extension.
    Sgln,
    /// Returnable asset.
    Grai,
    /// Individual asset.
    Giai,
    /// Service relation, recipient.
    Gsrn,
    /// Service relation, provider.
    Gsrnp,
    /// Document.
    Gdti,
    /// Component or part.
    Cpi,
    /// Piece of a trade item.
    Itip,
    /// Party.
    Pgln,
    /// Trade item with a lot: a class, not a thing.
    Lgtin,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Sgtin,
        Self::Sscc,
        Self::Sgln,
        Self::Grai,
        Self::Giai,
        Self::Gsrn,
        Self::Gsrnp,
        Self::Gdti,
        Self::Cpi,
        Self::Itip,
        Self::Pgln,
        Self::Lgtin,
    ];

    /// Its word in a URN.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sgtin => "sgtin",
            Self::Sscc => "sscc",
            Self::Sgln => "sgln",
            Self::Grai => "grai",
            Self::Giai => "giai",
            Self::Gsrn => "gsrn",
            Self::Gsrnp => "gsrnp",
            Self::Gdti => "gdti",
            Self::Cpi => "cpi",
            Self::Itip => "itip",
            Self::Pgln => "pgln",
            Self::Lgtin => "lgtin",
        }
    }

    /// The AI of its key.
    pub const fn ai(self) -> &'static str {
        match self {
            Self::Sgtin | Self::Lgtin => "01",
            Self::Sscc => "00",
            Self::Sgln => "414",
            Self::Grai => "8003",
            Self::Giai => "8004",
            Self::Gsrn => "8018",
            Self::Gsrnp => "8017",
            Self::Gdti => "253",
            Self::Cpi => "8010",
            Self::Itip => "8006",
            Self::Pgln => "417",
        }
    }

    /// The AI of a serial number that stands beside the key.
    const fn serial_ai(self) -> Option<&'static str> {
        match self {
            Self::Sgtin | Self::Itip => Some("21"),
            Self::Lgtin => Some("10"),
            Self::Sgln => Some("254"),
            Self::Cpi => Some("8011"),
            _ => None,
        }
    }

    /// Digits of company prefix and reference; `None`: it varies.
    pub(super) const fn digits(self) -> Option<usize> {
        match self {
            Self::Sgtin | Self::Lgtin | Self::Itip => Some(13),
            Self::Sscc | Self::Gsrn | Self::Gsrnp => Some(17),
            Self::Sgln | Self::Grai | Self::Gdti | Self::Pgln => Some(12),
            Self::Giai | Self::Cpi => None,
        }
    }

    /// Whether the first digit of the reference comes before the company prefix in the key.
    const fn leads(self) -> bool {
        matches!(self, Self::Sgtin | Self::Lgtin | Self::Itip | Self::Sscc)
    }

    /// Whether a thing of this kind has a serial number of its own behind or beside the key.
    pub(super) const fn has_serial(self) -> bool {
        !matches!(self, Self::Sscc | Self::Giai | Self::Gsrn | Self::Gsrnp | Self::Pgln)
    }
}

/// A GS1 key, split at the company prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epc {
    /// What kind.
    pub scheme: Scheme,
    /// 6 to 12 digits.
    pub company_prefix: String,
    /// What the company gave: with the indicator or extension digit in front, without check digit.
    pub reference: String,
    /// Piece and total of an ITIP, four digits.
    pub piece: Option<String>,
    /// Serial number, extension or lot; `None` with [`Scheme::has_serial`]: the whole class.
    pub serial: Option<String>,
}

fn bad(detail: impl Into<String>) -> Fault {
    Fault::whole("bad_epc", detail)
}

impl Epc {
    /// The key as AIs, checked against the dictionary.
    ///
    /// # Errors
    /// `bad_epc` when a part has a wrong length, or a character that its AI doesn't take.
    pub fn elements(&self) -> Result<Vec<Element>, Fault> {
        let Self { scheme, company_prefix, reference, piece, serial } = self;
        if !(6..=12).contains(&company_prefix.len()) || !company_prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad(format!("'{company_prefix}': a company prefix has 6 to 12 digits")));
        }
        if scheme.digits().is_some_and(|digits| company_prefix.len() + reference.len() != digits) {
            return Err(bad(format!(
                "company prefix '{company_prefix}' and reference '{reference}' don't have the digits of a {}",
                scheme.word()
            )));
        }
        let joined = match reference.split_at_checked(1) {
            Some((first, rest)) if scheme.leads() => format!("{first}{company_prefix}{rest}"),
            _ => format!("{company_prefix}{reference}"),
        };
        let serial = serial.as_deref();
        let checked = || gtin::with_check_digit(&joined).ok_or_else(|| bad(format!("'{reference}' holds more than digits")));
        let key = match scheme {
            Scheme::Giai | Scheme::Cpi => joined,
            Scheme::Grai => format!("0{}{}", checked()?, serial.unwrap_or_default()),
            Scheme::Gdti => format!("{}{}", checked()?, serial.unwrap_or_default()),
            Scheme::Itip => format!("{}{}", checked()?, piece.as_deref().unwrap_or_default()),
            _ => checked()?,
        };
        let mut elements = vec![Element { ai: scheme.ai().to_owned(), value: key }];
        // A location without an extension is written with the extension 0.
        let beside = serial.filter(|serial| *scheme != Scheme::Sgln || *serial != "0");
        if let (Some(ai), Some(value)) = (scheme.serial_ai(), beside) {
            elements.push(Element { ai: ai.to_owned(), value: value.to_owned() });
        }
        check(&elements)?;
        Ok(elements)
    }
}

/// Checks each value against its AI.
pub(super) fn check(elements: &[Element]) -> Result<(), Fault> {
    for Element { ai, value } in elements {
        let row = entry(ai).ok_or_else(|| bad(format!("there is no AI ({ai})")))?;
        check_value(row, value).map_err(|broken| bad(format!("({ai}) '{value}' breaks the rule {}", broken.rule)))?;
    }
    Ok(())
}

/// Splits a key again; `prefix_digits` is the length of the company prefix, which only GS1 and the company know.
///
/// # Errors
/// `bad_epc` when no key is among the elements, or the length is impossible for it.
pub fn of_elements(elements: &[Element], prefix_digits: usize) -> Result<Epc, Fault> {
    let scheme = scheme_of(elements).ok_or_else(|| bad("there is no key with an EPC among the AIs"))?;
    check(elements)?;
    let key = value(elements, scheme.ai()).unwrap_or_default();
    let beside = scheme.serial_ai().and_then(|ai| value(elements, ai)).map(str::to_owned);
    let (body, tail) = match scheme {
        Scheme::Giai | Scheme::Cpi => (key, ""),
        Scheme::Grai => (key.get(1..13).unwrap_or_default(), key.get(14..).unwrap_or_default()),
        Scheme::Gdti => (key.get(..12).unwrap_or_default(), key.get(13..).unwrap_or_default()),
        Scheme::Itip => (key.get(..13).unwrap_or_default(), key.get(14..).unwrap_or_default()),
        _ => (key.get(..key.len().saturating_sub(1)).unwrap_or_default(), ""),
    };
    let (first, body) = if scheme.leads() { body.split_at_checked(1).unwrap_or_default() } else { ("", body) };
    let split = body.split_at_checked(prefix_digits).filter(|_| (6..=12).contains(&prefix_digits));
    let (company_prefix, rest) = split.ok_or_else(|| bad(format!("no company prefix of {prefix_digits} digits fits into '{key}'")))?;
    let within = Some(tail.to_owned()).filter(|tail| !tail.is_empty());
    let epc = Epc {
        scheme,
        company_prefix: company_prefix.to_owned(),
        reference: format!("{first}{rest}"),
        piece: within.clone().filter(|_| scheme == Scheme::Itip),
        serial: match scheme {
            Scheme::Grai | Scheme::Gdti => within,
            Scheme::Sgln => Some(beside.unwrap_or_else(|| "0".to_owned())),
            _ => beside,
        },
    };
    // A company prefix has digits only, also where the key may hold more.
    epc.elements().map(|_| epc)
}

fn scheme_of(elements: &[Element]) -> Option<Scheme> {
    let has = |ai: &str| value(elements, ai).is_some();
    let is_lot = has("01") && has("10") && !has("21");
    Scheme::ALL.into_iter().find(|scheme| match scheme {
        Scheme::Sgtin => has("01") && !is_lot,
        Scheme::Lgtin => is_lot,
        other => has(other.ai()),
    })
}
