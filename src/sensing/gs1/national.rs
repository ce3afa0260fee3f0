//! National numbers of medicines: beside a GTIN (AI 710 to 717), within one, or alone under an old barcode.

use super::{Element, value};
use crate::base::gtin;

/// A number that a country's register of medicines gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct National {
    /// Name of the register, such as PZN or NDC.
    pub register: &'static str,
    /// The number as the register writes it; an NDC read out of a GTIN has no hyphens, since the GTIN has none.
    pub number: String,
}

/// National healthcare reimbursement numbers, by AI.
const REGISTERS: [(&str, &str); 8] =
    [("710", "PZN"), ("711", "CIP"), ("712", "CN"), ("713", "DRN"), ("714", "AIM"), ("715", "NDC"), ("716", "AIC"), ("717", "SRN")];

/// The national numbers that stand beside or within a GTIN.
pub fn numbers(elements: &[Element]) -> Vec<National> {
    let beside =
        REGISTERS.iter().filter_map(|(ai, register)| value(elements, ai).map(|number| National { register, number: number.to_owned() }));
    let within = value(elements, "01").and_then(within_gtin);
    let mut numbers: Vec<National> = beside.collect();
    numbers.extend(within.filter(|within| !numbers.iter().any(|known| known.register == within.register)));
    numbers
}

/// The national number of which a GTIN is made: the numbers of the United States, France and Germany.
fn within_gtin(gtin14: &str) -> Option<National> {
    let of = |register, number: &str| Some(National { register, number: number.to_owned() });
    match (gtin14.get(1..3)?, gtin14.get(1..5)?) {
        ("03", start) if start != "0340" => of("NDC", gtin14.get(3..13)?),
        _ if gtin14.starts_with("03400") => of("CIP", gtin14.get(1..)?),
        (_, "4150") => gtin14.get(5..13).filter(|number| is_pzn(number)).and_then(|number| of("PZN", number)),
        _ => None,
    }
}

/// Whether eight digits are a German PZN: the weights 1 to 7, modulo 11.
///
/// Source: IFA, Technical Information PZN8 Coding.
pub fn is_pzn(number: &str) -> bool {
    let digits: Option<Vec<u32>> = number.chars().map(|sign| sign.to_digit(10)).collect();
    let Some((check, body)) = digits.as_deref().and_then(<[u32]>::split_last) else { return false };
    body.len() == 7 && body.iter().zip(1..).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == *check
}

/// The PZN of a Code 39 barcode: a hyphen and eight digits.
pub fn pzn_barcode(text: &str) -> Option<&str> {
    text.strip_prefix('-').filter(|number| is_pzn(number))
}

/// The GTIN-14 of an NDC with hyphens (labeler 4-5, product 3-4, package 1-2 digits, ten in all).
///
/// Eleven digits, the form of bills, are ten with a zero put in; without hyphens nobody can tell where.
///
/// # Errors
/// A text that says why it can't be read.
pub fn gtin_of_ndc(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let [labeler, product, package] = parts.as_slice() else {
        return Err(format!("'{text}': an NDC is read with its hyphens, for without them its eleven-digit form is ambiguous"));
    };
    if !parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!("'{text}': an NDC holds digits and hyphens"));
    }
    let digits = match (labeler.len(), product.len(), package.len()) {
        (4, 4, 2) | (5, 3, 2) | (5, 4, 1) => format!("{labeler}{product}{package}"),
        // 5-4-2 has one zero too many at the head of the part that was shorter: the hyphens don't say which part.
        (5, 4, 2) => return Err(format!("'{text}': eleven digits; which of the parts was given a leading zero is not known")),
        _ => return Err(format!("'{text}': an NDC has 4-4-2, 5-3-2 or 5-4-1 digits")),
    };
    gtin::with_check_digit(&format!("003{digits}")).ok_or_else(|| format!("'{text}': no digits"))
}

#[cfg(test)]
mod tests {
    use super::{gtin_of_ndc, is_pzn, numbers};
    use crate::sensing::gs1::element_string::parse;

    #[track_caller]
    fn check(text: &str, want: &[(&str, &str)]) {
        let found = numbers(&parse(text).unwrap());
        let found: Vec<(&str, &str)> = found.iter().map(|number| (number.register, number.number.as_str())).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn numbers_beside_and_within_a_gtin() {
        check("^0104006381333931712658920", &[("CN", "658920")]);
        check("^0100363391001231", &[("NDC", "6339100123")]);
        check("^0103400930000120", &[("CIP", "3400930000120")]);
        check("^0104150123456782", &[("PZN", "12345678")]);
        check("^0104006381333931", &[]);
    }

    #[test]
    fn pzn_and_ndc() {
        assert!(is_pzn("12345678") && !is_pzn("12345679") && !is_pzn("1234567") && !is_pzn("é"));
        assert_eq!(gtin_of_ndc("0777-3105-02").unwrap(), "00307773105025");
        assert!(gtin_of_ndc("00777310502").unwrap_err().contains("ambiguous"));
        assert!(gtin_of_ndc("00777-3105-02").is_err());
        assert!(gtin_of_ndc("é-1-2").is_err());
    }
}
