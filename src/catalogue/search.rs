//! The search word of lists as a LIKE pattern.

use crate::base::error::{Error, Result};

/// The pattern that finds `q` anywhere; without `q` it finds everything. Use with `ESCAPE '\'`.
///
/// # Errors
/// `invalid_input` when it is longer than 200 characters.
pub(crate) fn pattern(q: Option<&str>) -> Result<String> {
    let word = q.unwrap_or_default().trim();
    if word.chars().count() > 200 {
        return Err(Error::field("q", "length", "at most 200 characters"));
    }
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for letter in word.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    if !word.is_empty() {
        pattern.push('%');
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn wildcards_are_letters() {
        assert_eq!(pattern(Some("50%_a\\")).unwrap(), "%50\\%\\_a\\\\%");
        assert_eq!(pattern(None).unwrap(), "%");
        assert_eq!(pattern(Some(" para ")).unwrap(), "%para%");
        assert!(pattern(Some(&"x".repeat(201))).is_err());
    }
}
