//! Rule 13: nothing is left to panic or to do.

use super::Rule;
use super::source::{Breach, Source};
use super::surroundings::ships;

#[test]
fn rule_13_nothing_is_left_to_panic_or_to_do() {
    Rule { number: 13, reason: "never panic for bad input, nothing half done, no silent lint", check: unfinished }.holds(
        &[
            ("src/stock/mod.rs", "x.unwrap()"),
            ("models/src/lib.rs", "x.expect(\"y\")"),
            ("src/stock/mod.rs", "todo!()"),
            ("src/stock/mod.rs", "unimplemented!()"),
            ("src/stock/mod.rs", "panic!(\"x\")"),
            ("tests/pharmacist.rs", "dbg!(x)"),
            ("tests/pharmacist.rs", "#[ignore]"),
            ("tests/pharmacist.rs", "#[ignore = \"slow\"]"),
            ("src/stock/mod.rs", "#[allow(dead_code)]"),
            ("src/stock/mod.rs", "#![allow(dead_code)]"),
        ],
        &[
            ("src/stock/mod.rs", "#[expect(clippy::x, reason = \"y\")]\n#[cfg(test)]\nmod tests { fn f() { x.unwrap(); } }"),
            ("tests/pharmacist.rs", "x.unwrap()"),
            ("src/stock/mod.rs", "x.unwrap_or(1)"),
        ],
    );
}

fn unfinished(source: &Source) -> Vec<Breach> {
    let mut breaches =
        source.refuse(&[&["dbg", "!"], &["#", "[", "ignore"], &["#", "[", "allow", "("], &["#", "!", "[", "allow", "("]], true);
    if ships(source) {
        breaches.extend(source.refuse(
            &[
                &[".", "unwrap", "(", ")"],
                &[".", "expect", "("],
                &[".", "unwrap_err", "("],
                &["todo", "!"],
                &["unimplemented", "!"],
                &["panic", "!"],
                &["unreachable", "!"],
            ],
            false,
        ));
    }
    breaches
}
