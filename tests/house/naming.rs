//! Rule 11, second half: names that say nothing, or that say what the glossary says otherwise.

use super::Rule;
use super::source::{Breach, Source, folders, read};

/// Words that no name of ours has.
const FORBIDDEN: [&str; 15] = [
    "util", "utils", "common", "helper", "helpers", "manager", "service", "services", "data", "info", "dto", "qty", "amt", "reading",
    "readings",
];

/// Names that keep such a word: file, name, reason.
const ALLOWED: [(&str, &str, &str); 2] = [
    ("src/alerts/mod.rs", "Info", "the lowest severity, a word of the wire and of the table"),
    ("models/src/plan/input.rs", "service_quantile", "a word of the wire: interface.md 4.2"),
];

#[test]
fn rule_11_names_say_what_they_mean() {
    Rule { number: 11, reason: "section 6: the glossary is law, and a name that fits everything says nothing", check: empty_names }.holds(
        &[
            ("src/stock/util.rs", ""),
            ("src/stock/data/mod.rs", ""),
            ("src/stock/mod.rs", "fn load_data() {}"),
            ("src/stock/mod.rs", "struct ItemDto { a: i64 }"),
            ("src/stock/mod.rs", "struct Item { pub qty_delta: i64 }"),
            ("src/stock/mod.rs", "struct Item<T> where T: Copy { a: T, on_hand_amt: T }"),
            ("src/stock/mod.rs", "enum Kind { Issue, #[serde(rename = \"x\")] SensorReading(u8) }"),
            ("src/stock/mod.rs", "mod helpers {}"),
            ("src/stock/mod.rs", "const QTY_MAX: i64 = 1;"),
            ("src/stock/mod.rs", "let mut qty = 1;"),
            ("src/stock/mod.rs", "fn f(a: i64, qty: i64) {}"),
            ("src/db/schema.rs", "item (id) { id -> BigInt, qty_delta -> BigInt, }"),
        ],
        &[
            (
                "src/stock/mod.rs",
                "use actix_web::{dev::ServiceRequest, web::Data};\nfn f(db: Data<Db>) { config.app_data(1).service(x); info!(\"a\") }",
            ),
            ("src/stock/mod.rs", "/// Reads the data.\nstruct Metadata { a: i64 }\nconst TEXT: &str = \"qty\";"),
        ],
    );
}

#[test]
fn rule_11_tables_and_columns_say_what_they_mean() {
    for engine in ["sqlite", "postgres"] {
        for folder in folders(&format!("migrations/{engine}")) {
            let text = read(&format!("{folder}/up.sql"));
            for (number, line) in text.lines().enumerate() {
                // Words of the wire stand between quotes.
                let code: String = line.split("--").next().unwrap_or_default().split('\'').step_by(2).collect();
                let bad = code.split(|sign: char| !sign.is_alphanumeric() && sign != '_').find_map(forbidden_word);
                assert!(bad.is_none(), "{folder}/up.sql:{}: rule 11: a name holds '{}'", number + 1, bad.unwrap_or_default());
            }
        }
    }
}

#[test]
fn words_of_names_are_told_apart() {
    assert_eq!(words("on_handQtyMAX"), ["on", "hand", "qty", "max"]);
    assert_eq!(words("HTTPService2"), ["http", "service2"]);
    assert_eq!(forbidden_word("ItemDTO"), Some("dto"));
    assert_eq!(forbidden_word("metadata"), None);
}

fn empty_names(source: &Source) -> Vec<Breach> {
    let mut breaches: Vec<Breach> = source
        .path
        .split(['/', '.'])
        .filter_map(forbidden_word)
        .map(|word| Breach { line: 1, what: format!("the file's name holds '{word}'") })
        .collect();
    for at in defined_names(source) {
        let name = source.word(at);
        if ALLOWED.iter().any(|(path, allowed, _)| *path == source.path && *allowed == name) {
            continue;
        }
        if let Some(word) = forbidden_word(name) {
            breaches.push(source.breach(at, format!("the name `{name}` holds '{word}'")));
        }
    }
    breaches
}

fn forbidden_word(name: &str) -> Option<&'static str> {
    let words = words(name);
    FORBIDDEN.into_iter().find(|word| words.iter().any(|own| own == word))
}

/// The words of a name, lower case: parts between underscores, and from capital to capital.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let signs: Vec<char> = name.chars().collect();
    for (at, sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| signs[before]);
        let after = signs.get(at + 1);
        let begins = sign.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if *sign == '_' || begins {
            words.push(String::new());
        }
        if *sign != '_' {
            words.last_mut().unwrap().extend(sign.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Where names are made: items, variables, fields, parameters, variants, columns.
fn defined_names(source: &Source) -> Vec<usize> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        match source.word(at) {
            "fn" | "struct" | "enum" | "mod" | "trait" | "type" | "const" | "static" | "macro_rules" | "let" => {
                let name = at + 1 + usize::from(matches!(source.word(at + 1), "mut" | "!"));
                // The name of a test is a sentence that nobody calls.
                if at < 4 || !source.reads(at - 4, &["#", "[", "test", "]"]) {
                    found.push(name);
                }
                if source.word(at) == "enum" {
                    found.extend(variants(source, at));
                }
            }
            _ => {}
        }
        let follows = at > 0 && matches!(source.word(at - 1), "{" | "," | "(" | "|" | "pub" | ")" | "]" | "mut");
        if follows && source.word(at + 1) == ":" {
            found.push(at);
        }
        if source.path.starts_with("src/db/schema") && source.reads(at + 1, &["-", ">"]) {
            found.push(at);
        }
    }
    found
}

fn variants(source: &Source, at: usize) -> Vec<usize> {
    let Some(open) = (at..source.tokens.len()).find(|place| source.word(*place) == "{") else { return Vec::new() };
    let mut found = Vec::new();
    let mut depth = 0;
    for place in open..source.tokens.len() {
        let first = place > open && matches!(source.word(place - 1), "{" | "," | "]");
        match source.word(place) {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            "#" => {}
            _ if depth == 1 && first => found.push(place),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}
