//! `src/sensing/gs1/table.rs` is made from the GS1 syntax dictionary; here it is made again and compared.
//! With a new dictionary: `WARDSTOCK_GENERATE=1 cargo test --test wardstock the_table_of_ais`.

use std::fmt::Write;
use std::path::PathBuf;

#[test]
fn the_table_of_ais_is_what_the_dictionary_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/sensing/gs1");
    let dictionary = std::fs::read_to_string(folder.join("syntax-dictionary.txt")).unwrap();
    assert!(dictionary.contains("Licensed under the Apache License, Version 2.0"), "its notice stays with it");
    let made = table(&dictionary);
    let file = folder.join("table.rs");
    if std::env::vars().any(|(name, _)| name == "WARDSTOCK_GENERATE") {
        std::fs::write(&file, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), made, "src/sensing/gs1/table.rs is not what its dictionary says");
    assert_eq!(made.matches("Entry {").count(), 224);
    assert_ne!(table(&dictionary.replace("N14,csum", "N13,csum")), made, "a changed dictionary shows");
}

fn table(dictionary: &str) -> String {
    let mut text = String::from(
        "//! Generated from `syntax-dictionary.txt` by `tests/codes/dictionary.rs`; not edited by hand.\n\n\
         use super::dictionary::Entry;\nuse super::dictionary::Kind::{N, X, Y, Z};\nuse super::dictionary::{Lint as L, Part};\n\n#[rustfmt::skip]\npub(super) static ROWS: &[Entry] = &[\n",
    );
    for line in dictionary.lines().filter(|line| line.starts_with(|sign: char| sign.is_ascii_digit())) {
        text += &row(line);
    }
    text + "];\n"
}

fn row(line: &str) -> String {
    let (rule, title) = line.split_once('#').unwrap_or((line, ""));
    let mut words = rule.split_whitespace();
    let ais = words.next().unwrap();
    let (first, last) = ais.split_once('-').unwrap_or((ais, ais));
    let (mut flags, mut parts, mut requires, mut excludes, mut key) =
        (String::new(), Vec::new(), Vec::new(), Vec::new(), "None".to_owned());
    for word in words {
        if word.chars().all(|sign| "*?".contains(sign)) {
            word.clone_into(&mut flags);
        } else if let Some(groups) = word.strip_prefix("req=") {
            requires.push(format!("{groups:?}"));
        } else if let Some(ais) = word.strip_prefix("ex=") {
            excludes.push(format!("{ais:?}"));
        } else if let Some(qualifiers) = word.strip_prefix("dlpkey") {
            key = format!("Some({:?})", qualifiers.trim_start_matches('='));
        } else {
            parts.push(part(word));
        }
    }
    let mut text = String::new();
    writeln!(
        text,
        "    Entry {{ first: {first:?}, last: {last:?}, predefined: {}, attribute: {}, parts: &[{}], requires: &[{}], excludes: &[{}], key: {key}, title: {:?} }},",
        flags.contains('*'),
        flags.contains('?'),
        parts.join(", "),
        requires.join(", "),
        excludes.join(", "),
        title.trim(),
    )
    .unwrap();
    text
}

fn part(word: &str) -> String {
    let (shape, lints) = word.split_once(',').unwrap_or((word, ""));
    let optional = shape.starts_with('[');
    let shape = shape.trim_matches(['[', ']']);
    let (kind, length) = shape.split_at(1);
    let (min, max) = length.strip_prefix("..").map_or((length, length), |max| ("1", max));
    let lints: Vec<String> = lints.split(',').filter(|name| !name.is_empty()).map(variant).collect();
    format!("Part {{ kind: {kind}, min: {min}, max: {max}, optional: {optional}, lints: &[{}] }}", lints.join(", "))
}

fn variant(name: &str) -> String {
    let (head, tail) = name.split_at(1);
    format!("L::{}{tail}", head.to_uppercase())
}
