//! Rule 12: documents that lie are bugs.

use std::collections::BTreeSet;
use std::path::Path;

use wardstock::base::code::Code;

use super::order::ROOMS;
use super::source::{exists, folders, read, sources};

#[test]
fn rule_12_each_problem_code_is_documented() {
    let page = read("docs/api.md");
    assert!(undocumented("| `bad_json` | 400 |").len() > 10, "a page without codes is refused");
    assert!(
        undocumented(&page.replace("| `conflict` | 409 |", "| `conflict` | 400 |")) == ["| `conflict` | 409 |"],
        "a wrong status is refused"
    );
    let missing = undocumented(&page);
    assert!(missing.is_empty(), "docs/api.md: rule 12: rows are missing (see src/base/code.rs): {missing:?}");
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let slug = cells[1].trim_matches('`');
        let is_problem = cells.get(2).is_some_and(|status| status.len() == 3 && status.parse::<u16>().is_ok());
        assert!(!is_problem || known.contains(&slug), "docs/api.md: rule 12: there is no problem code {slug}");
    }
}

#[test]
fn rule_12_each_dependency_has_its_reason() {
    let page = read("docs/dependencies.md");
    for manifest in ["Cargo.toml", "models/Cargo.toml"] {
        let text = read(manifest);
        assert!(unreasoned(&text, "").len() > 3, "a page without reasons is refused");
        let missing = unreasoned(&text, &page);
        assert!(missing.is_empty(), "docs/dependencies.md: rule 12: no reason for {missing:?} of {manifest}");
    }
    let named: Vec<String> = ["Cargo.toml", "models/Cargo.toml"].iter().flat_map(|manifest| dependencies(&read(manifest))).collect();
    for line in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let name = line.split('`').next().unwrap();
        assert!(named.iter().any(|known| known == name), "docs/dependencies.md: rule 12: {name} is no dependency any more");
    }
}

#[test]
fn rule_12_each_room_and_folder_is_on_the_map() {
    let page = read("docs/architecture.md");
    let mut tree = folders("src");
    tree.extend(folders("models/src"));
    assert_eq!(unmapped(&tree, "").len(), tree.len(), "an empty map is refused");
    let missing = unmapped(&tree, &page);
    assert!(missing.is_empty(), "docs/architecture.md: rule 12: no line for {missing:?}");
    for room in ROOMS {
        assert!(page.contains(&format!("`{room}/`")), "docs/architecture.md: rule 12: no line for the room {room}");
    }
    // A map that names what is gone lies as well.
    for named in page.split('`').skip(1).step_by(2).filter(|word| is_path(word)) {
        let there = ["", "src/", "models/src/", "tests/", "docs/"].iter().any(|root| exists(&format!("{root}{named}")))
            || sources().iter().any(|source| source.path.ends_with(&format!("/{named}")));
        assert!(there, "docs/architecture.md: rule 12: there is no `{named}`");
    }
}

#[test]
fn rule_12_the_glossary_speaks_the_language_of_the_code() {
    let known: BTreeSet<&str> = sources()
        .iter()
        .filter(|source| !source.path.contains("tests/"))
        .flat_map(|source| &source.tokens)
        .map(|token| token.word.as_str())
        .collect();
    let strangers = |page: &str| -> Vec<String> {
        let cells = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split('|').nth(2).map(str::to_owned));
        cells
            .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
            .filter(|word| !known.contains(word.as_str()))
            .collect()
    };
    assert_eq!(
        strangers("| stock | `stock_keeping_gadget`, `on_hand` | x |"),
        ["stock_keeping_gadget"],
        "a word that is not in the code is refused"
    );
    let found = strangers(&read("docs/glossary.md"));
    assert!(found.is_empty(), "docs/glossary.md: rule 12: the code has no {found:?}");
}

fn is_path(word: &str) -> bool {
    word.ends_with('/') || Path::new(word).extension().is_some_and(|end| end == "rs" || end == "md")
}

fn undocumented(page: &str) -> Vec<String> {
    let row = |code: &Code| format!("| `{}` | {} |", code.slug(), code.status());
    Code::ALL.iter().map(row).filter(|row| !page.lines().any(|line| line.starts_with(row.as_str()))).collect()
}

fn unreasoned(manifest: &str, page: &str) -> Vec<String> {
    let has_reason = |name: &str| {
        let start = format!("| `{name}` |");
        page.lines().any(|line| line.strip_prefix(start.as_str()).is_some_and(|reason| reason.trim_matches([' ', '|']).len() > 10))
    };
    dependencies(manifest).into_iter().filter(|name| !has_reason(name)).collect()
}

/// The direct dependencies of a manifest, our own crates apart.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies");
        } else if let Some((name, _)) = line.split_once('=').filter(|_| inside && line.starts_with(|sign: char| sign.is_alphabetic())) {
            names.push(name.trim().to_owned());
        }
    }
    names.retain(|name| !name.starts_with("wardstock"));
    names
}

fn unmapped(tree: &[String], page: &str) -> Vec<String> {
    let shown = |path: &str| {
        let inside = path.strip_prefix("src/").unwrap_or(path);
        page.contains(&format!("`{inside}/`"))
    };
    tree.iter().filter(|path| !shown(path)).cloned().collect()
}
