//! EPCs as URNs: pure identities, patterns of whole classes, lots, and the URN of a tag.

use std::fmt::Write;

use super::key::{Epc, Scheme};
use crate::sensing::gs1::Fault;

/// Longest URN that is read.
const LENGTH_MAX: usize = 400;

fn bad(position: usize, detail: impl Into<String>) -> Fault {
    Fault::at(position, "bad_epc", detail)
}

/// Reads `urn:epc:id:…`, `urn:epc:idpat:…`, `urn:epc:class:lgtin:…` or `urn:epc:tag:…`.
///
/// # Errors
/// `bad_epc` with the place of the first fault.
pub fn parse(text: &str) -> Result<Epc, Fault> {
    if text.len() > LENGTH_MAX {
        return Err(bad(LENGTH_MAX, format!("longer than {LENGTH_MAX} characters")));
    }
    let mut parts = text.splitn(5, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (urn, epc, form, word, body) = (next(), next(), next(), next(), next());
    if !urn.eq_ignore_ascii_case("urn") || !epc.eq_ignore_ascii_case("epc") {
        return Err(bad(0, "a URN of an EPC begins with urn:epc:"));
    }
    let scheme_at = urn.len() + epc.len() + form.len() + 3;
    let is_tag = form == "tag";
    let scheme_word = if is_tag { word.split('-').next().unwrap_or_default() } else { word };
    let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.word() == scheme_word);
    let scheme = scheme.filter(|scheme| match form {
        "id" | "tag" => *scheme != Scheme::Lgtin,
        "class" => *scheme == Scheme::Lgtin,
        "idpat" => scheme.has_serial() && *scheme != Scheme::Lgtin,
        _ => false,
    });
    let scheme = scheme.ok_or_else(|| bad(scheme_at, format!("'urn:epc:{form}:{word}' is no form that is known here")))?;
    let body_at = scheme_at + word.len() + 1;
    let body = if is_tag { body.split_once('.').map_or("", |(_filter, rest)| rest) } else { body };
    let epc = split(scheme, body, form == "idpat").ok_or_else(|| bad(body_at, format!("'{body}' has not the parts of a {scheme_word}")))?;
    epc.elements().map_err(|fault| bad(body_at, fault.detail))?;
    Ok(epc)
}

fn split(scheme: Scheme, body: &str, is_pattern: bool) -> Option<Epc> {
    let fields = match scheme {
        Scheme::Itip => 5,
        other if other.has_serial() => 3,
        _ => 2,
    };
    // Only the last part may hold a dot.
    let parts: Vec<&str> = body.splitn(fields, '.').collect();
    if parts.len() != fields {
        return None;
    }
    let (company_prefix, rest) = parts.split_first()?;
    let (reference, rest) = rest.split_first()?;
    let piece = match rest {
        [piece, total, _serial] if piece.len() == 2 && total.len() == 2 => Some(format!("{piece}{total}")),
        [_, _, _] => return None,
        _ => None,
    };
    let serial = rest.last().copied();
    if is_pattern && serial != Some("*") {
        return None;
    }
    Some(Epc {
        scheme,
        company_prefix: (*company_prefix).to_owned(),
        reference: unescape(reference),
        piece,
        serial: serial.filter(|_| !is_pattern).map(unescape),
    })
}

/// Undoes escapes; a `%` that begins none stands for itself, as senders write it.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        plain += before;
        let code = after.get(..2).filter(|pair| pair.bytes().all(|sign| sign.is_ascii_hexdigit()));
        let sign = code.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(u8::is_ascii);
        plain.push(sign.map_or('%', char::from));
        rest = if sign.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    plain + rest
}

/// Escapes what a URN may not hold: `" # % & / < > ?`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if "\"#%&/<>?".contains(sign) {
            // Writing to a text can't fail.
            let _ = write!(escaped, "%{:02X}", u32::from(sign));
        } else {
            escaped.push(sign);
        }
    }
    escaped
}

impl Epc {
    /// Its URN; that of the whole class without a serial number.
    pub fn urn(&self) -> String {
        let form = match (self.scheme, &self.serial) {
            (Scheme::Lgtin, _) => "class",
            (scheme, None) if scheme.has_serial() => "idpat",
            _ => "id",
        };
        format!("urn:epc:{form}:{}:{}", self.scheme.word(), self.body())
    }

    /// The URN of a tag with a filter value; `size` is the number of bits as the scheme's name says it.
    pub fn tag_urn(&self, size: u16, filter: u8) -> String {
        format!("urn:epc:tag:{}-{size}:{filter}.{}", self.scheme.word(), self.body())
    }

    fn body(&self) -> String {
        let mut body = format!("{}.{}", self.company_prefix, escape(&self.reference));
        if let Some((piece, total)) = self.piece.as_deref().and_then(|piece| piece.split_at_checked(2)) {
            let _ = write!(body, ".{piece}.{total}");
        }
        if self.scheme.has_serial() {
            let _ = write!(body, ".{}", self.serial.as_deref().map_or_else(|| "*".to_owned(), escape));
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::sensing::epc::key::of_elements;
    use crate::sensing::gs1::digital_link;

    #[track_caller]
    fn check(urn: &str, link: &str) {
        let epc = parse(urn).unwrap();
        let elements = epc.elements().unwrap();
        assert_eq!(digital_link::write(&elements).as_deref(), Some(link));
        assert_eq!(of_elements(&elements, epc.company_prefix.len()).unwrap(), epc);
        assert_eq!(epc.urn(), urn);
    }

    #[test]
    fn urn_to_link_and_back() {
        check("urn:epc:id:sgtin:9521141.712345.32a%2Fb", "https://id.gs1.org/01/79521141123453/21/32a%2Fb");
        check("urn:epc:idpat:sgtin:9521141.712345.*", "https://id.gs1.org/01/79521141123453");
        check("urn:epc:class:lgtin:9521141.712345.LOT.7", "https://id.gs1.org/01/79521141123453/10/LOT.7");
        check("urn:epc:id:sscc:952012.03456789123", "https://id.gs1.org/00/095201234567891235");
        check("urn:epc:id:sgln:9521141.12345.0", "https://id.gs1.org/414/9521141123454");
        check("urn:epc:id:grai:9521141.12345.32a%2Fb", "https://id.gs1.org/8003/0952114112345432a%2Fb");
        check("urn:epc:id:giai:9521141.32a%2Fb", "https://id.gs1.org/8004/952114132a%2Fb");
        check("urn:epc:id:gsrnp:9521141.1234567890", "https://id.gs1.org/8017/952114112345678906");
        check("urn:epc:id:cpi:9521141.A%23%2F.77", "https://id.gs1.org/8010/9521141A%23%2F/8011/77");
    }

    #[test]
    fn what_is_no_urn_is_refused() {
        for urn in
            ["", "urn:epc", "urn:epc:id:sgtin:9521141.712345", "urn:epc:id:sgtin:95211.71234500.1", "urn:epc:id:lgtin:9521141.712345.A"]
        {
            assert_eq!(parse(urn).unwrap_err().code, "bad_epc", "{urn}");
        }
        assert!(parse("urn:epc:id:sgtin:9521141.712345.é").is_err());
        assert!(parse("urn:epc:idpat:sgtin:9521141.712345.7").is_err());
    }
}
