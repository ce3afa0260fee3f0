use super::*;

fn read(shelf: u32, rounds: usize) -> Reads {
    Reads { shelf, rounds }
}

/// A tag after some words and epochs of 10 rounds.
fn after(words: &[Word], epochs: &[&[Reads]], blind: &[u32]) -> Tag {
    let hazards = Hazards::default();
    let likelihoods = Likelihoods::new(10, &hazards);
    let mut tag = Tag::new();
    for word in words {
        tag.hear(*word);
    }
    for reads in epochs {
        tag.epoch(reads, blind, &hazards, &likelihoods);
    }
    tag
}

#[track_caller]
fn sums_to_one(tag: &Tag) {
    let sum = tag.away + tag.places.iter().map(Place::chance).sum::<f64>();
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
}

#[test]
fn likelihoods_are_binomial() {
    let made = Likelihoods::new(2, &Hazards::default());
    let of = |reads: usize| made.readable[reads][4];
    assert!((of(0) - 0.64).abs() < 1e-12 && (of(1) - 0.32).abs() < 1e-12 && (of(2) - 0.04).abs() < 1e-12);
    for rate in 0..RATES.len() {
        let all: f64 = (0..=64).map(|reads| Likelihoods::new(64, &Hazards::default()).readable[reads][rate]).sum();
        assert!((all - 1.0).abs() < 1e-9, "{all}");
    }
}

#[test]
fn a_tag_that_was_read_well_and_is_silent_is_gone_and_one_that_never_was_may_be_dead() {
    let good = [read(1, 4)];
    let heard: Vec<&[Reads]> = vec![&good; 20];
    let silent: Vec<&[Reads]> = vec![&[]; 20];
    let tag = after(&[Word::PutOn(1)], &[heard.clone(), silent.clone()].concat(), &[]);
    assert!(tag.on(1) < 0.1, "{}", tag.on(1));
    sums_to_one(&tag);
    let never = after(&[Word::PutOn(1)], &silent, &[]);
    assert!(never.on(1) > 0.8 && never.unreadable_on(1) > 0.6, "{} {}", never.on(1), never.unreadable_on(1));
}

#[test]
fn an_antenna_that_is_down_says_nothing() {
    let good = [read(1, 4)];
    let mut tag = after(&[Word::PutOn(1)], &[&good[..]; 20], &[]);
    let (hazards, before) = (Hazards::default(), tag.on(1));
    let likelihoods = Likelihoods::new(10, &hazards);
    for _ in 0..360 {
        tag.epoch(&[], &[1], &hazards, &likelihoods);
    }
    // Only what may happen unseen is taken into account: an hour of 10 s epochs widens it by 7 %.
    assert!(before > 0.99 && tag.on(1) > 0.9, "{before} {}", tag.on(1));
    sums_to_one(&tag);
}

#[test]
fn stray_reads_do_not_move_a_tag_but_many_reads_there_and_none_here_do() {
    let (both, there) = ([read(1, 1), read(2, 1)], [read(2, 4)]);
    let strayed = after(&[Word::PutOn(1)], &[&both[..]; 50], &[]);
    assert!(strayed.on(1) > 0.99, "{}", strayed.on(1));
    let moved = after(&[Word::PutOn(1)], &[&there[..]; 10], &[]);
    assert!(moved.on(2) > 0.99, "{}", moved.on(2));
}

#[test]
fn the_ledger_is_believed_until_reads_say_otherwise() {
    let good = [read(1, 4)];
    let taken = after(&[Word::PutOn(1), Word::Taken], &[], &[]);
    assert!(taken.on(1) < 0.03, "{}", taken.on(1));
    let still_there = after(&[Word::PutOn(1), Word::Taken], &[&good[..]; 3], &[]);
    assert!(still_there.on(1) > 0.99, "{}", still_there.on(1));
    let seen = after(&[Word::SeenOn(1)], &[], &[]);
    assert!((seen.on(1) - 1.0).abs() < 1e-12);
    let overlooked = after(&[Word::PutOn(1), Word::NotSeenOn(1)], &[], &[]);
    assert!(overlooked.on(1) < 0.05);
}

#[test]
fn the_order_of_shelves_in_an_epoch_makes_no_difference_and_too_many_shelves_no_harm() {
    let (one, other) = ([read(1, 2), read(2, 1)], [read(2, 1), read(1, 2)]);
    let (a, b) =
        (after(&[Word::PutOn(1), Word::PutOn(2)], &[&one[..]; 5], &[]), after(&[Word::PutOn(1), Word::PutOn(2)], &[&other[..]; 5], &[]));
    assert_eq!(a, b);
    let many: Vec<Reads> = (0..20).map(|shelf| read(shelf, 10)).collect();
    let tag = after(&[], &[&many[..]; 5], &[]);
    assert!(tag.places.len() <= SHELVES_MAX);
    sums_to_one(&tag);
    // More reads than rounds are all rounds.
    sums_to_one(&after(&[], &[&[read(1, 1_000)][..]; 3], &[]));
}
