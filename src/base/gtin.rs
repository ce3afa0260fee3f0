//! GTIN: 8, 12, 13 or 14 digits with a check digit; kept as 14. The check digit is that of every numeric GS1 key.

/// The check digit that belongs behind some digits: weights 3 and 1 by turns, from the right. `None` if one is no digit.
pub fn check_digit(digits: &str) -> Option<u32> {
    let mut sum = 0_u32;
    for (place, digit) in digits.chars().rev().enumerate() {
        let weight = if place % 2 == 0 { 3 } else { 1 };
        sum = (sum + digit.to_digit(10)? * weight) % 10;
    }
    Some((10 - sum) % 10)
}

/// Some digits with their check digit; `None` if one is no digit.
pub fn with_check_digit(digits: &str) -> Option<String> {
    check_digit(digits).map(|check| format!("{digits}{check}"))
}

/// Checks a GTIN and pads it to 14 digits.
///
/// # Errors
/// A text that says which rule it breaks.
pub fn canonical(text: &str) -> Result<String, String> {
    let not_one = || format!("'{text}' is no GTIN: it has 8, 12, 13 or 14 digits");
    if !matches!(text.len(), 8 | 12 | 13 | 14) {
        return Err(not_one());
    }
    let (body, found) = text.split_at_checked(text.len() - 1).ok_or_else(not_one)?;
    let check = check_digit(body).ok_or_else(not_one)?;
    match found.parse::<u32>() {
        Ok(digit) if digit == check => Ok(format!("{text:0>14}")),
        Ok(digit) => Err(format!("'{text}': check digit is {digit}, must be {check}")),
        Err(_not_a_digit) => Err(not_one()),
    }
}

#[cfg(test)]
mod tests {
    use super::{canonical, with_check_digit};

    #[test]
    fn check_digits() {
        assert_eq!(canonical("4006381333931").as_deref(), Ok("04006381333931"));
        assert_eq!(canonical("96385074").as_deref(), Ok("00000096385074"));
        assert!(canonical("4006381333930").is_err());
        assert!(canonical("12345").is_err());
        assert!(canonical("40063813339a1").is_err());
        assert!(canonical("400638133393é").is_err());
        assert_eq!(with_check_digit("12345678901234567").as_deref(), Some("123456789012345675"));
        assert_eq!(with_check_digit("1a"), None);
    }
}
