//! Tags on a made-up shelf: how many are believed to be there against how many are.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "a broken shelf fails the test; figures are printed"
)]

mod rivals;
mod shelf;
mod trial;

/// `cargo test -p wardstock-models --test presence -- --nocapture` prints the table.
#[test]
fn tags_are_counted_as_well_as_promised_and_the_interval_is_honest() {
    for (outcome, most) in trial::table(20).iter().zip([0.5, 0.6, 1.0]) {
        let name = outcome.conditions.name;
        assert!(outcome.own.mean() <= most, "{name}: {}", outcome.own.mean());
        assert!((0.88..=0.97).contains(&outcome.held), "{name}: {}", outcome.held);
        for (rival, errors) in rivals::RIVALS.iter().zip(&outcome.rivals) {
            assert!(outcome.own.mean() < errors.mean(), "{name}: {} errs less: {}", rival.0, errors.mean());
        }
    }
}
