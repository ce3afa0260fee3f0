//! GTIN: 8, 12, 13 or 14 digits with a check digit; kept as 14.

/// Checks a GTIN and pads it to 14 digits.
///
/// # Errors
/// A text that says which rule it breaks.
pub fn canonical(text: &str) -> Result<String, String> {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("'{text}' is no GTIN: it has 8, 12, 13 or 14 digits"));
    }
    let padded = format!("{text:0>14}");
    let sum: u32 =
        padded.bytes().take(13).enumerate().map(|(place, digit)| u32::from(digit - b'0') * if place % 2 == 0 { 3 } else { 1 }).sum();
    let check = (10 - sum % 10) % 10;
    let found = padded.bytes().last().map_or(0, |digit| u32::from(digit - b'0'));
    if check == found { Ok(padded) } else { Err(format!("'{text}': check digit is {found}, must be {check}")) }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn check_digits() {
        assert_eq!(canonical("4006381333931").as_deref(), Ok("04006381333931"));
        assert_eq!(canonical("96385074").as_deref(), Ok("00000096385074"));
        assert!(canonical("4006381333930").is_err());
        assert!(canonical("12345").is_err());
        assert!(canonical("40063813339a1").is_err());
    }
}
