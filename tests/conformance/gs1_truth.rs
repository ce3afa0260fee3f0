//! Every vector of GS1's syntax dictionary and syntax engine that lies in the shared data.

use serde_json::Value;
use wardstock::sensing::gs1::dictionary::Lint;
use wardstock::sensing::gs1::symbology::{self, Carried};
use wardstock::sensing::gs1::{Element, Fault, Strictness, Unknown, digital_link, element_string, lint, rules};

use super::tally::{Tally, cases};

const NO_PREFIX_LIST: &str = "needs GS1's list of company prefixes, which is not free";
const NO_COUPONS: &str = "the inside of coupons of North American shops: a hospital gets none";

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name}: {case}"))
}

fn valid(case: &Value) -> bool {
    case["valid"].as_bool().unwrap()
}

fn strictness(case: &Value) -> Strictness {
    let option = |name: &str| case["options"][name].as_bool();
    let in_links = option("Validation:UNKNOWN_AI_NOT_DL_ATTR") == Some(false);
    let unknown = match option("PermitUnknownAIs") {
        Some(true) if in_links => Unknown::AllowedInLinks,
        Some(true) => Unknown::Allowed,
        _ => Unknown::Refused,
    };
    Strictness {
        unknown,
        short_gtins: option("PermitZeroSuppressedGTINinDLuris") == Some(true),
        key_words: option("permitConvenienceAlphas") == Some(true),
    }
}

/// The element string that came out, or the fault as text.
fn written(found: Result<Vec<Element>, Fault>) -> Result<String, String> {
    found.map(|elements| element_string::write(&elements)).map_err(|fault| format!("{fault:?}"))
}

/// Either the expected text, or a refusal where one is wanted.
fn agrees(case: &Value, found: &Result<String, String>) -> bool {
    match found {
        Ok(text) => valid(case) && *text == case["expected"],
        Err(_) => !valid(case),
    }
}

fn lint_of(name: &str) -> Lint {
    match name {
        "cset39" => Lint::Cset39,
        "cset82" => Lint::Cset82,
        "csetnumeric" => Lint::Csetnumeric,
        "csum" => Lint::Csum,
        "csumalpha" => Lint::Csumalpha,
        "gcppos1" => Lint::Gcppos1,
        "gcppos2" => Lint::Gcppos2,
        "hasnondigit" => Lint::Hasnondigit,
        "hh" => Lint::Hh,
        "hhmi" => Lint::Hhmi,
        "iso3166" => Lint::Iso3166,
        "nonzero" => Lint::Nonzero,
        "pieceoftotal" => Lint::Pieceoftotal,
        "yymmd0" => Lint::Yymmd0,
        "yymmdd" => Lint::Yymmdd,
        "yyyymmd0" => Lint::Yyyymmd0,
        "yyyymmdd" => Lint::Yyyymmdd,
        "zero" => Lint::Zero,
        other => panic!("no check is called {other}"),
    }
}

#[test]
fn component_linters() {
    let file = "sensing/gs1-barcode/gs1-component-linters.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let (name, input, outcome) = (text(case, "linter"), text(case, "input"), text(case, "outcome"));
        if name.starts_with("gcppos") {
            tally.leave(NO_PREFIX_LIST);
            continue;
        }
        let found = lint::check(lint_of(name), input);
        let rule = found.map_or_else(|broken| broken.rule.to_uppercase(), |()| "OK".to_owned());
        // The bad part stands between stars.
        let at = case["error_marked"].as_str().and_then(|marked| marked.find('*'));
        let is_there = found.err().is_none_or(|broken| at == Some(broken.at));
        tally.must(outcome == format!("GS1_LINTER_{rule}") && is_there, || format!("{case}: {found:?}"));
    }
    tally.end(687, 3);
}

#[test]
fn linters_of_ais() {
    let file = "sensing/gs1-barcode/gs1-ai-linter-outcomes.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let outcome = text(case, "outcome");
        if outcome.contains("_COUPON_") {
            tally.leave(NO_COUPONS);
            continue;
        }
        let found = element_string::parse_bracketed(text(case, "input"), Unknown::Refused);
        let rule = match &found {
            Ok(_) => "ok".to_owned(),
            Err(fault) => fault.detail.rsplit(' ').next().unwrap().to_owned(),
        };
        tally.must(outcome == format!("GS1_LINTER_{}", rule.to_uppercase()), || format!("{case}: {found:?}"));
    }
    tally.end(30, 36);
}

#[test]
fn bracketed_text() {
    let file = "sensing/gs1-barcode/gs1-bracketed-ai-to-element-string.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let found = written(element_string::parse_bracketed(text(case, "input"), Unknown::Refused));
        tally.must(agrees(case, &found), || format!("{case}: {found:?}"));
    }
    tally.end(18, 0);
}

#[test]
fn element_strings() {
    let file = "sensing/gs1-barcode/gs1-element-string-validity.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let found = element_string::parse(text(case, "input"));
        tally.must(found.is_ok() == valid(case), || format!("{case}: {found:?}"));
    }
    tally.end(53, 0);
}

#[test]
fn rules_between_ais() {
    let file = "sensing/gs1-barcode/gs1-ai-associations.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        // Each case tries one rule; a lawful case of one may break another.
        let elements = element_string::parse_bracketed(text(case, "input"), strictness(case).unknown).unwrap();
        let found = match text(case, "rule_id") {
            "validateAIrepeats" | "validateAImutex" => rules::check_one_carrier(&elements),
            _ => rules::check(&elements),
        };
        tally.must(found.is_ok() == valid(case), || format!("{case}: {found:?}"));
    }
    tally.end(52, 0);
}

#[test]
fn digital_links() {
    let file = "sensing/gs1-barcode/gs1-digital-link.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let found = written(digital_link::parse(text(case, "input"), strictness(case)));
        tally.must(agrees(case, &found), || format!("{case}: {found:?}"));
    }
    tally.end(79, 0);
}

#[test]
fn scans() {
    let file = "sensing/gs1-barcode/gs1-scan-data.json";
    let Some(cases) = cases(file) else { return };
    let mut tally = Tally::of(file);
    for case in &cases {
        let found = symbology::read(text(case, "input")).map_err(|fault| format!("{fault:?}"));
        let found = found.map(|carried| match carried {
            // The engine's notation: a text that looks like FNC1 gets one more backslash.
            Carried::Text(text) if text.trim_start_matches('\\').starts_with('^') => format!("\\{text}"),
            Carried::Text(text) | Carried::Elements { text, .. } => text,
        });
        tally.must(agrees(case, &found), || format!("{case}: {found:?}"));
    }
    tally.end(36, 0);
}
