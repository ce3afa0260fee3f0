//! How fast tags are followed; `make bench-presence`. How well: `models/tests/presence`.

#![expect(clippy::print_stdout, clippy::as_conversions, clippy::cast_precision_loss, reason = "a program that prints figures")]

use std::time::Instant;

use wardstock_models::presence::{Hazards, Likelihoods, Reads, Tag, Word, count};
use wardstock_models::rng::Rng;

const TAGS: usize = 10_000;
/// A day of epochs of 10 s.
const EPOCHS: usize = 8_640;
const ROUNDS: usize = 10;
/// Tags in a batch of the live path.
const BATCH: usize = 100;

fn main() {
    let hazards = Hazards::default();
    let likelihoods = Likelihoods::new(ROUNDS, &hazards);
    let mut tags = vec![Tag::new(); TAGS];
    for tag in &mut tags {
        tag.hear(Word::PutOn(1));
    }
    let mut rng = Rng::new(7);
    // The draws are made before, so that only the filter is timed: three in four tags are read here, one in fifty next door.
    let drawn: Vec<Vec<Reads>> = (0..4_099)
        .map(|_| {
            let mut reads = Vec::new();
            if rng.below(4) > 0 {
                reads.push(Reads { shelf: 1, rounds: 1 + rng.below(5) as usize });
            }
            if rng.below(50) == 0 {
                reads.push(Reads { shelf: 2, rounds: 1 });
            }
            reads
        })
        .collect();
    let start = Instant::now();
    let mut next = 0;
    for _ in 0..EPOCHS {
        for tag in &mut tags {
            next = (next + 1) % drawn.len();
            tag.epoch(drawn.get(next).map_or(&[], Vec::as_slice), &[], &hazards, &likelihoods);
        }
    }
    println!("presence, {TAGS} tags x {EPOCHS} epochs, one core, s: {:.1}", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let mut live = 0;
    for batch in tags.chunks_mut(BATCH) {
        for tag in batch.iter_mut() {
            next = (next + 1) % drawn.len();
            tag.epoch(drawn.get(next).map_or(&[], Vec::as_slice), &[], &hazards, &likelihoods);
        }
        live += count(batch.iter().map(|tag| tag.on(1)), 0.9).units;
    }
    let batches = tags.len() / BATCH;
    println!("presence, batch of {BATCH} with its count, ms: {:.3} ({live} there)", start.elapsed().as_secs_f64() * 1e3 / batches as f64);
}
