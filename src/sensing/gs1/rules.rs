//! Rules between AIs: what may not be repeated, what excludes what, what needs what beside it.

use super::dictionary::{entry, fits};
use super::{Element, Fault};

/// Judges all AIs of one physical item together.
///
/// # Errors
/// `ai_conflict` with the first rule that is broken.
pub fn check(elements: &[Element]) -> Result<(), Fault> {
    repeats(elements)?;
    exclusions(elements)?;
    requirements(elements)?;
    signature(elements)
}

/// As [`check`], without what an AI needs beside it: that may stand on another carrier of the same item.
///
/// # Errors
/// `ai_conflict` with the first rule that is broken.
pub fn check_one_carrier(elements: &[Element]) -> Result<(), Fault> {
    repeats(elements)?;
    exclusions(elements)
}

fn conflict(detail: String) -> Fault {
    Fault::whole("ai_conflict", detail)
}

fn repeats(elements: &[Element]) -> Result<(), Fault> {
    for (number, element) in elements.iter().enumerate() {
        let other = elements.iter().take(number).find(|before| before.ai == element.ai && before.value != element.value);
        if let Some(other) = other {
            return Err(conflict(format!("({}) stands twice, as '{}' and as '{}'", element.ai, other.value, element.value)));
        }
    }
    Ok(())
}

fn exclusions(elements: &[Element]) -> Result<(), Fault> {
    for element in elements {
        let patterns = entry(&element.ai).into_iter().flat_map(|row| row.excludes).flat_map(|group| group.split(','));
        for pattern in patterns {
            // An AI does not exclude itself, though it may fit its own pattern.
            if let Some(other) = elements.iter().find(|other| other.ai != element.ai && fits(pattern, &other.ai)) {
                return Err(conflict(format!("({}) may not stand beside ({})", element.ai, other.ai)));
            }
        }
    }
    Ok(())
}

fn requirements(elements: &[Element]) -> Result<(), Fault> {
    let is_there = |pattern: &str| elements.iter().any(|element| fits(pattern, &element.ai));
    for element in elements {
        for rule in entry(&element.ai).map_or(&[][..], |row| row.requires) {
            if !rule.split(',').any(|group| group.split('+').all(is_there)) {
                let wanted = rule.replace(',', " or ").replace('+', " with ");
                return Err(conflict(format!("({}) needs {wanted} beside it", element.ai)));
            }
        }
    }
    Ok(())
}

/// Lengths of keys whose serial may be left out: a signature needs it.
const SERIAL_FROM: [(&str, usize); 3] = [("253", 13), ("255", 13), ("8003", 14)];

fn signature(elements: &[Element]) -> Result<(), Fault> {
    if !elements.iter().any(|element| element.ai == "8030") {
        return Ok(());
    }
    for (ai, length) in SERIAL_FROM {
        if elements.iter().any(|element| element.ai == ai && element.value.len() <= length) {
            return Err(conflict(format!("a signature (8030) needs a serial number in ({ai})")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, check_one_carrier};
    use crate::sensing::gs1::Unknown;
    use crate::sensing::gs1::element_string::parse_bracketed;

    #[track_caller]
    fn refuses(text: &str, detail: &str) {
        let fault = check(&parse_bracketed(text, Unknown::Refused).unwrap()).unwrap_err();
        assert_eq!((fault.code, fault.detail.as_str()), ("ai_conflict", detail));
    }

    #[test]
    fn a_broken_rule_is_said() {
        refuses("(10)A", "(10) needs 01 or 02 or 03 or 8006 or 8026 beside it");
        refuses("(01)12345678901231(37)1", "(01) may not stand beside (37)");
        refuses("(01)12345678901231(10)A(10)B", "(10) stands twice, as 'A' and as 'B'");
        refuses("(01)12345678901231(250)A", "(250) needs 01 with 21 or 03 with 21 or 8006 with 21 beside it");
        assert!(check_one_carrier(&parse_bracketed("(10)A", Unknown::Refused).unwrap()).is_ok());
    }
}
