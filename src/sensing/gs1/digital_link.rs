//! GS1 Digital Link: AIs in the path and query of a web address.
//!
//! Source: GS1 Digital Link Standard: URI Syntax 1.4. More lenient in one point: a qualifier that stands in the
//! query instead of the path is taken.

use std::fmt::Write;

use super::dictionary::{Entry, entry};
use super::element_string::{LENGTH_MAX, check_unknown, check_value, looks_like_ai};
use super::{Element, Fault, Strictness, Unknown};

/// Words that stood for AIs in older links.
const KEY_WORDS: [(&str, &str); 21] = [
    ("gtin", "01"),
    ("itip", "8006"),
    ("gmn", "8013"),
    ("cpid", "8010"),
    ("gln", "414"),
    ("party", "417"),
    ("payto", "415"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("gcn", "255"),
    ("sscc", "00"),
    ("gdti", "253"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("cpv", "22"),
    ("lot", "10"),
    ("ser", "21"),
    ("glnx", "254"),
    ("srin", "8019"),
];

/// Whether a text claims to be a web address.
pub fn is_link(text: &str) -> bool {
    scheme_of(text).is_some()
}

fn scheme_of(text: &str) -> Option<usize> {
    ["https://", "http://", "HTTPS://", "HTTP://"].iter().find(|scheme| text.starts_with(**scheme)).map(|scheme| scheme.len())
}

fn bad_link(position: usize, detail: impl Into<String>) -> Fault {
    Fault::at(position, "bad_link", detail)
}

/// Reads a Digital Link: the key, its qualifiers, then the AIs of the query, in the order of the link.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(link: &str, strictness: Strictness) -> Result<Vec<Element>, Fault> {
    if link.len() > LENGTH_MAX {
        return Err(bad_link(LENGTH_MAX, format!("longer than {LENGTH_MAX} characters")));
    }
    let is_allowed = |sign: char| sign.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(sign);
    if let Some(position) = link.chars().position(|sign| !is_allowed(sign)) {
        return Err(bad_link(position, "a character that no web address holds"));
    }
    let host_at = scheme_of(link).ok_or_else(|| bad_link(0, "a link begins with https:// or http://"))?;
    let rest = link.get(host_at..).unwrap_or_default();
    let (host, path_and_query) = rest.split_once('/').ok_or_else(|| bad_link(host_at, "there is no path behind the host"))?;
    let is_host = !host.is_empty() && host.chars().all(|sign| sign.is_ascii_alphanumeric() || "-._:[]%".contains(sign));
    if !is_host {
        return Err(bad_link(host_at, format!("'{host}' is no host")));
    }
    let path_at = host_at + host.len() + 1;
    let path_and_query = path_and_query.split('#').next().unwrap_or_default();
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let mut elements = read_path(path, path_at, strictness)?;
    read_query(query, path_at + path.len() + 1, strictness, &mut elements)?;
    Ok(elements)
}

fn ai_of(word: &str, strictness: Strictness) -> &str {
    let known = KEY_WORDS.iter().find(|(name, _)| strictness.key_words && *name == word);
    known.map_or(word, |(_, ai)| *ai)
}

/// The key is the last segment that can be one, with pairs of qualifier and value behind it.
fn read_path(path: &str, path_at: usize, strictness: Strictness) -> Result<Vec<Element>, Fault> {
    let segments: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let pairs: Vec<&[&str]> = segments.rchunks_exact(2).collect();
    let key_of = |pair: &&[&str]| pair.first().and_then(|word| entry(ai_of(word, strictness))).and_then(|row| row.key);
    let from_end = pairs.iter().position(|pair| key_of(pair).is_some());
    let Some((from_end, qualifiers)) = from_end.and_then(|at| pairs.get(at).and_then(key_of).map(|key| (at, key))) else {
        return Err(bad_link(path_at, "no key of GS1, such as 01, with a value stands in the path"));
    };
    let mut elements = Vec::new();
    let mut position = path_at + path.strip_suffix('/').unwrap_or(path).len();
    position -= pairs.iter().take(from_end + 1).flat_map(|pair| pair.iter()).map(|part| part.len() + 1).sum::<usize>() - 1;
    for pair in pairs.iter().take(from_end + 1).rev() {
        let [word, value] = pair else { continue };
        let ai = ai_of(word, strictness);
        let row = entry(ai).ok_or_else(|| Fault::at(position, "unknown_ai", format!("'{word}' is no AI")))?;
        elements.push(element(ai, row, value, position + word.len() + 1, false, strictness)?);
        position += word.len() + value.len() + 2;
    }
    let found: Vec<&str> = elements.iter().skip(1).map(|element| element.ai.as_str()).collect();
    if !qualifiers.split('|').any(|order| is_in_order(&found, order)) {
        let key = elements.first().map_or("", |element| element.ai.as_str());
        return Err(bad_link(path_at, format!("behind ({key}) the path takes {qualifiers} in this order, and nothing else")));
    }
    Ok(elements)
}

fn is_in_order(found: &[&str], order: &str) -> bool {
    let mut allowed = order.split(',');
    found.iter().all(|ai| allowed.any(|next| next == *ai))
}

fn read_query(query: &str, query_at: usize, strictness: Strictness, elements: &mut Vec<Element>) -> Result<(), Fault> {
    let mut position = query_at;
    for parameter in query.split(['&', ';']) {
        let at = position;
        position += parameter.len() + 1;
        let Some((word, value)) = parameter.split_once('=') else { continue };
        let ai = ai_of(word, strictness);
        // What is not all digits is none of GS1's.
        if ai.is_empty() || !ai.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if elements.iter().any(|known| known.ai == ai) {
            return Err(Fault::at(at, "ai_conflict", format!("({ai}) stands twice in the link")));
        }
        let value_at = at + word.len() + 1;
        match entry(ai) {
            Some(row) if row.attribute => elements.push(element(ai, row, value, value_at, true, strictness)?),
            Some(_) => return Err(bad_link(at, format!("({ai}) may not stand in the query of a link"))),
            None if strictness.unknown == Unknown::AllowedInLinks && looks_like_ai(ai) => {
                let value = decode(value, true).ok_or_else(|| bad_link(value_at, "a bad % sequence"))?;
                check_unknown(&value).map_err(|broken| Fault::broken(value_at, ai, &value, broken))?;
                elements.push(Element { ai: ai.to_owned(), value });
            }
            None => return Err(Fault::at(at, "unknown_ai", format!("there is no AI ({ai})"))),
        }
    }
    Ok(())
}

fn element(ai: &str, row: &Entry, value: &str, value_at: usize, in_query: bool, strictness: Strictness) -> Result<Element, Fault> {
    let mut value = decode(value, in_query).ok_or_else(|| bad_link(value_at, "a bad % sequence"))?;
    if ai == "01" && strictness.short_gtins && matches!(value.len(), 8 | 12 | 13) {
        value = format!("{value:0>14}");
    }
    check_value(row, &value).map_err(|broken| Fault::broken(value_at, ai, &value, broken))?;
    Ok(Element { ai: ai.to_owned(), value })
}

/// Undoes percent encoding; a `+` is a blank in a query. `None` if a sequence is none, or no text comes out.
pub(in crate::sensing) fn decode(text: &str, in_query: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                let pair = std::str::from_utf8(&pair).ok().filter(|pair| pair.bytes().all(|sign| sign.is_ascii_hexdigit()))?;
                u8::from_str_radix(pair, 16).ok()?
            }
            b'+' if in_query => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Percent encoding of a value: only letters, digits and `-._~` stay.
pub(in crate::sensing) fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Writes elements as a link of id.gs1.org; `None` without a key among them.
pub fn write(elements: &[Element]) -> Option<String> {
    let (key, qualifiers) = elements.iter().find_map(|element| entry(&element.ai)?.key.map(|qualifiers| (element, qualifiers)))?;
    let among = |ai: &str| elements.iter().find(|element| element.ai == ai);
    // The alternative that holds most of what is there.
    let order = qualifiers.split('|').max_by_key(|order| order.split(',').filter(|ai| among(ai).is_some()).count()).unwrap_or_default();
    let path: Vec<&Element> = std::iter::once(key).chain(order.split(',').filter_map(among)).collect();
    let mut link = String::from("https://id.gs1.org");
    for element in &path {
        let _ = write!(link, "/{}/{}", element.ai, encode(&element.value));
    }
    let mut mark = '?';
    for element in elements.iter().filter(|element| !path.iter().any(|in_path| in_path.ai == element.ai)) {
        if entry(&element.ai).is_some_and(|row| row.attribute) {
            let _ = write!(link, "{mark}{}={}", element.ai, encode(&element.value));
            mark = '&';
        }
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use super::{parse, write};
    use crate::sensing::gs1::{Strictness, element_string};

    #[track_caller]
    fn check(link: &str, want: &str) {
        let elements = parse(link, Strictness::STANDARD).unwrap();
        assert_eq!(element_string::write(&elements), want);
    }

    #[track_caller]
    fn refuses(link: &str, code: &str, position: usize) {
        let fault = parse(link, Strictness::STANDARD).unwrap_err();
        assert_eq!((fault.code, fault.position), (code, Some(position)), "{}", fault.detail);
    }

    #[test]
    fn links_become_elements() {
        check("https://id.gs1.org/01/09506000134352/10/A%2FB/21/7?17=271231", "^010950600013435210A/B^217^17271231");
        check("https://x.example/a/b/01/09506000134352/", "^0109506000134352");
        // A qualifier in the query is lenient, not standard.
        check("https://x.example/01/09506000134352?10=A", "^010950600013435210A");
    }

    #[test]
    fn faults_have_a_place() {
        refuses("https://x.example/01/09506000134353", "check_digit", 34);
        refuses("https://x.example/01/09506000134352/21/A/10/B", "bad_link", 18);
        refuses("https://x.example/01/09506000134352?17=271331", "bad_date", 41);
        refuses("https://x.example/01/09506000134352?17=271231&17=271231", "ai_conflict", 46);
        refuses("https://x.example/01/09506000134352?21=%4", "bad_link", 36);
        refuses("https://x.example/ab", "bad_link", 18);
        refuses("ftp://x", "bad_link", 0);
    }

    #[test]
    fn elements_become_a_link() {
        let elements = element_string::parse("^0109506000134352172712311032a/b^217").unwrap();
        assert_eq!(write(&elements).as_deref(), Some("https://id.gs1.org/01/09506000134352/10/32a%2Fb/21/7?17=271231"));
        assert_eq!(write(&element_string::parse("^99A").unwrap()), None);
    }
}
