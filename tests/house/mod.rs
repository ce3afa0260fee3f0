//! The house rules of `docs/architecture.md`, each an ordinary test that also refuses a bad sample:
//! a rule that can't fail is no rule.

#![expect(clippy::indexing_slicing, reason = "places come from searches in the same list")]

mod backend;
mod documents;
mod doors;
mod gates;
mod hot;
mod lending;
mod naming;
mod order;
mod purity;
mod size;
mod source;
mod surroundings;
mod unfinished;
mod writes;

use source::{Breach, Source, sources};

/// Every text of the program that reads like a statement of SQL, with its place.
pub(crate) fn statements() -> Vec<(String, String)> {
    let is_sql = |text: &str| ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH ", "MERGE "].iter().any(|verb| text.starts_with(verb));
    let of = |source: &'static Source| {
        let shipped = source.literals.iter().filter(|literal| !literal.test);
        shipped
            .filter(move |literal| is_sql(&literal.text))
            .map(|literal| (format!("{}:{}", source.path, literal.line), literal.text.clone()))
    };
    sources().iter().filter(|source| source.path.starts_with("src/")).flat_map(of).collect()
}

/// A rule: its number in `docs/architecture.md`, why it is there, and what breaks it.
struct Rule {
    number: u32,
    reason: &'static str,
    check: fn(&Source) -> Vec<Breach>,
}

impl Rule {
    /// Wants the rule to refuse each bad sample (path, text), to take each good one, and to be kept by the whole tree.
    #[track_caller]
    fn holds(&self, bad: &[(&str, &str)], good: &[(&str, &str)]) {
        for (path, text) in bad {
            assert!(!(self.check)(&Source::new(path, text)).is_empty(), "rule {} takes the bad sample in {path}: {text}", self.number);
        }
        for (path, text) in good {
            let breaches = (self.check)(&Source::new(path, text));
            assert!(breaches.is_empty(), "rule {} refuses the good sample in {path}: {text}: {}", self.number, breaches[0].what);
        }
        let mut found = Vec::new();
        for source in sources() {
            for breach in (self.check)(source) {
                found.push(format!("{}:{}: rule {}: {} ({})", source.path, breach.line, self.number, breach.what, self.reason));
            }
        }
        assert!(found.is_empty(), "{} breaches\n{}", found.len(), found.join("\n"));
    }
}
