//! What the GS1 syntax dictionary says about each application identifier (AI). The rows stand in `table.rs`, which
//! is generated from `syntax-dictionary.txt` (the copy of GS1's own file, with its notice); a test makes it again
//! and compares, so that a new dictionary brings its new AIs along.

use super::table::ROWS;

/// Which characters a part takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Digits.
    N,
    /// Character set 82.
    X,
    /// Character set 39.
    Y,
    /// URL-safe base 64.
    Z,
}

/// A check of a part's value, by the name that the dictionary gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the dictionary's own names; each is explained where it is checked")]
pub enum Lint {
    Cset39,
    Cset64,
    Cset82,
    Csetnumeric,
    Csum,
    Csumalpha,
    Gcppos1,
    Gcppos2,
    Hasnondigit,
    Hh,
    Hhmi,
    Hyphen,
    Iban,
    Importeridx,
    Iso3166,
    Iso3166999,
    Iso3166alpha2,
    Iso4217,
    Iso5218,
    Latitude,
    Longitude,
    Mediatype,
    Mi,
    Nonzero,
    Nozeroprefix,
    Packagetype,
    Pcenc,
    Pieceoftotal,
    Posinseqslash,
    Ss,
    Winding,
    Yesno,
    Yymmd0,
    Yymmdd,
    Yyyymmd0,
    Yyyymmdd,
    Zero,
    /// Coupons of North American shops: only their characters are checked.
    Couponcode,
    /// As the other coupons.
    Couponposoffer,
}

/// One part of a value; only the last may vary in length.
#[derive(Debug)]
pub struct Part {
    /// Its characters.
    pub kind: Kind,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// It may be missing when nothing is left.
    pub optional: bool,
    /// Checks of its value.
    pub lints: &'static [Lint],
}

/// One row: an AI or a range of them.
#[derive(Debug)]
pub struct Entry {
    /// The AI, or the first of the range.
    pub first: &'static str,
    /// The last of the range.
    pub last: &'static str,
    /// Its length is known from its first two digits, so it needs no separator.
    pub predefined: bool,
    /// It may stand in the query of a Digital Link.
    pub attribute: bool,
    /// The parts of its value.
    pub parts: &'static [Part],
    /// It needs one of these groups of AIs beside it: `,` is or, `+` is and, `n` any digit. All rules must hold.
    pub requires: &'static [&'static str],
    /// It may not stand beside any of these.
    pub excludes: &'static [&'static str],
    /// It is the key of a Digital Link, with these qualifiers in order; `|` parts alternatives.
    pub key: Option<&'static str>,
    /// What GS1 prints beside it.
    pub title: &'static str,
}

impl Entry {
    /// Most characters of its value.
    pub fn length_max(&self) -> usize {
        self.parts.iter().map(|part| part.max).sum()
    }
}

/// The row of an AI.
pub fn entry(ai: &str) -> Option<&'static Entry> {
    let after = ROWS.partition_point(|row| row.first <= ai);
    let row = ROWS.get(after.checked_sub(1)?)?;
    (row.first.len() == ai.len() && ai <= row.last && ai.bytes().all(|byte| byte.is_ascii_digit())).then_some(row)
}

/// The AI at the head of a text, and its row. No AI begins with another one, so there is at most one.
pub fn leading(text: &str) -> Option<(&str, &'static Entry)> {
    (2..=4).find_map(|length| {
        let ai = text.get(..length)?;
        entry(ai).map(|row| (ai, row))
    })
}

/// Whether an AI fits a pattern such as `31nn`.
pub(super) fn fits(pattern: &str, ai: &str) -> bool {
    pattern.len() == ai.len() && pattern.bytes().zip(ai.bytes()).all(|(want, found)| want == found || want == b'n')
}

#[cfg(test)]
mod tests {
    use super::{entry, fits, leading};

    #[test]
    fn ranges_and_prefixes() {
        assert_eq!(entry("3103").unwrap().first, "3100");
        assert!(entry("3106").is_none());
        assert!(entry("31").is_none());
        assert_eq!(entry("98").unwrap().first, "91");
        assert_eq!(leading("0112345").unwrap().0, "01");
        assert_eq!(leading("2351").unwrap().0, "235");
        assert!(leading("8912").is_none());
        assert!(leading("1").is_none());
        assert!(leading("ÄÖÜ").is_none());
        assert!(fits("31nn", "3102") && !fits("31nn", "310"));
    }

    #[test]
    fn no_ai_begins_with_another() {
        let rows: Vec<_> = super::ROWS.iter().collect();
        for pair in rows.windows(2) {
            assert!(pair[0].last < pair[1].first, "{} {}", pair[0].last, pair[1].first);
            assert!(!pair[1].first.starts_with(pair[0].last));
        }
    }
}
