//! Random input for every parser of codes: none panics, and each ends.
//!
//! `WARDSTOCK_CODE_CASES` inputs per parser (10,000), `WARDSTOCK_CODE_SEED` repeats them.

use wardstock::base::time::Day;
use wardstock::sensing::gs1::Strictness;
use wardstock::sensing::scan::{Kind, read};
use wardstock_models::rng::Rng;

use crate::crash::setting;

const CASES: u64 = 10_000;

/// Good codes of all kinds: what is bad is made from them.
const SAMPLES: [&str; 17] = [
    "]d201040063813339311727123110LOT7\u{1d}21SN1",
    "]E402345673|]e099COMPOSITE\u{1d}98XYZ",
    "]Q1https://id.gs1.org/01/04006381333931/10/LOT7?17=271231",
    "^01040063813339311727123110LOT7^21SN1",
    "(01)04006381333931(17)271231(10)LOT\\(7",
    "https://id.gs1.org/01/04006381333931/22/A/10/LOT%2F7/21/1?17=271231&99=A#x",
    "3034257BF400B7800004CB2F",
    "3666C4409047E159B2C2BF100000000000000000000000000000",
    "3876451FD59B2C2BF10000000000000000000000000000000000",
    "FB342CDE795211411234538566CB0AFC40",
    "FA3952114132E83C2BF1",
    "urn:epc:id:sgtin:9521141.712345.32a%2Fb",
    "urn:epc:tag:grai-96:3.9521141.12345.5678",
    "urn:epc:idpat:itip:9521141.712345.01.02.*",
    "0104006381333931211234567890171727123110A1021B",
    "0777-3105-02",
    "^8110012345612345611110123",
];
const ALPHABET: &str = "0123456789ABCDEFabcxyz()[]^|{}%\\/?&#=;:.-_~+'\"! \u{1d}\u{0}é€🦀";

#[test]
fn no_parser_of_codes_panics_on_random_input() {
    let cases = setting("WARDSTOCK_CODE_CASES").unwrap_or(CASES);
    let seed = setting("WARDSTOCK_CODE_SEED").unwrap_or(20_261_123);
    println!("replay: WARDSTOCK_CODE_SEED={seed} WARDSTOCK_CODE_CASES={cases} cargo test --test wardstock random_input -- --nocapture");
    let today = Day::parse("2026-11-23").unwrap();
    let mut rng = Rng::new(seed);
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    let (mut good, mut all) = (0, 0);
    for _ in 0..cases {
        let input = mutated(&mut rng, &alphabet);
        for kind in Kind::ALL {
            let scan = read(&input, kind, Strictness::STANDARD, today);
            all += 1;
            assert!(scan.error.is_some() || !scan.ai.is_empty() || scan.text.is_some(), "neither read nor refused: {input:?} as {kind:?}");
            if scan.error.is_none() && !scan.ai.is_empty() {
                good += 1;
                // What was read, written down and read again says the same.
                let again = read(&scan.element_string.clone().unwrap(), Kind::ElementString, Strictness::STANDARD, today);
                assert_eq!(again.ai, scan.ai, "{input:?} as {kind:?}");
            }
        }
    }
    println!("{all} readings of {cases} inputs, {good} of them good");
    assert!(good > all / 100 && good < all / 2, "{good} of {all}: the inputs are neither all good nor all bad");
}

fn mutated(rng: &mut Rng, alphabet: &[char]) -> String {
    let below = |rng: &mut Rng, count: usize| usize::try_from(rng.below(u32::try_from(count.max(1)).unwrap())).unwrap();
    let mut signs: Vec<char> = SAMPLES[below(rng, SAMPLES.len())].chars().collect();
    for _ in 0..below(rng, 4) {
        let at = below(rng, signs.len());
        match below(rng, 6) {
            0 if !signs.is_empty() => signs[at] = alphabet[below(rng, alphabet.len())],
            1 => signs.insert(at, alphabet[below(rng, alphabet.len())]),
            2 if !signs.is_empty() => drop(signs.remove(at)),
            3 => signs.truncate(at),
            4 => {
                let other: Vec<char> = SAMPLES[below(rng, SAMPLES.len())].chars().collect();
                signs.extend(other.into_iter().skip(at));
            }
            _ => {
                let part: Vec<char> = signs.iter().skip(at).take(40).copied().collect();
                for _ in 0..below(rng, 30) {
                    signs.extend(&part);
                }
            }
        }
    }
    signs.into_iter().collect()
}
