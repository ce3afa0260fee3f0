//! Scans whose separators were lost on the way: a keyboard wedge that swallows GS.
//!
//! Where a lot or serial number ends can't be seen then. All ways to read the text as GTIN, lot, serial number and
//! dates are tried; one that is the only one counts, and several mean that a person must look.

use super::dictionary::entry;
use super::element_string::check_value;
use super::{Element, Fault, rules};

/// The AIs that are looked for, each at most once: those on packs of medicines and devices.
const SOUGHT: [&str; 6] = ["01", "10", "11", "15", "17", "21"];
/// Steps after which the search is given up.
const STEPS_MAX: usize = 20_000;
/// No pack says more than this with these AIs.
const LENGTH_MAX: usize = 80;

/// Reads a text of AIs without separators.
///
/// # Errors
/// `not_gs1` when no reading fits, `ambiguous` when several do.
pub fn mend(text: &str) -> Result<Vec<Element>, Fault> {
    if text.len() > LENGTH_MAX || !text.starts_with("01") || !text.is_ascii() {
        return Err(none());
    }
    let mut search = Search { found: Vec::new(), steps: 0 };
    search.go_on(text, &mut Vec::new());
    match search.found.len() {
        _ if search.steps >= STEPS_MAX => Err(Fault::whole("ambiguous", "too many ways to read it; scan with separators (GS)")),
        0 => Err(none()),
        1 => Ok(search.found.remove(0)),
        _ => Err(Fault::whole(
            "ambiguous",
            "it can be read in several ways, since separators (GS) were lost; scan it with them or type it in",
        )),
    }
}

fn none() -> Fault {
    Fault::whole("not_gs1", "it can't be read as GTIN, lot, serial number and dates")
}

struct Search {
    /// Two are enough to know that it is not clear.
    found: Vec<Vec<Element>>,
    steps: usize,
}

impl Search {
    fn go_on(&mut self, rest: &str, before: &mut Vec<Element>) {
        if rest.is_empty() {
            if rules::check(before).is_ok() {
                self.found.push(before.clone());
            }
            return;
        }
        for ai in SOUGHT {
            let Some(after) = rest.strip_prefix(ai).filter(|_| !before.iter().any(|element| element.ai == ai)) else { continue };
            let Some(row) = entry(ai) else { continue };
            let longest = row.length_max().min(after.len());
            let shortest = if row.predefined { row.length_max() } else { 1 };
            for length in shortest..=longest {
                self.steps += 1;
                if self.found.len() > 1 || self.steps >= STEPS_MAX {
                    return;
                }
                let Some((value, tail)) = after.split_at_checked(length) else { continue };
                if check_value(row, value).is_ok() {
                    before.push(Element { ai: ai.to_owned(), value: value.to_owned() });
                    self.go_on(tail, before);
                    before.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mend;
    use crate::sensing::gs1::element_string::write;

    #[test]
    fn one_reading_counts_and_two_do_not() {
        assert_eq!(write(&mend("010400638133393117271231").unwrap()), "^010400638133393117271231");
        // 21 takes up to twenty characters, so the lot behind it is found by trying.
        let mended = mend("010400638133393121ABCDEFGHIJKLMNOPQRS1727123110X7").unwrap();
        assert_eq!(write(&mended), "^010400638133393121ABCDEFGHIJKLMNOPQRS^1727123110X7");
        // 10 = A21B, or 10 = A with 21 = B.
        assert_eq!(mend("010400638133393110A21B").unwrap_err().code, "ambiguous");
        assert_eq!(mend("0104006381333930").unwrap_err().code, "not_gs1");
        assert_eq!(mend("hello").unwrap_err().code, "not_gs1");
    }

    #[test]
    fn the_search_is_bounded() {
        for filler in ["10", "21", "1021", "1110", "17"] {
            let text: String = "0104006381333931".chars().chain(filler.chars().cycle()).take(80).collect();
            let mut search = super::Search { found: Vec::new(), steps: 0 };
            search.go_on(&text, &mut Vec::new());
            assert!(search.steps <= super::STEPS_MAX && search.found.len() <= 2);
        }
    }
}
