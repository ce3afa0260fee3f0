#![expect(clippy::float_cmp, reason = "these values are exact")]

use super::*;

fn order(supplier: &str, ordered_day: i64, received_day: Option<i64>) -> Delivery {
    let promised_day = Some(ordered_day + 10);
    Delivery { supplier: supplier.to_owned(), ordered_day, promised_day, received_day }
}

/// Shares worked out by hand without regard to recency, which moves them by under 1 %.
#[track_caller]
fn check_near(law: &LeadTime, want: &[(f64, f64)]) {
    check_within(law, want, 0.01);
}

/// Shares worked out exactly.
#[track_caller]
fn check(law: &LeadTime, want: &[(f64, f64)]) {
    check_within(law, want, 1e-12);
}

#[track_caller]
fn check_within(law: &LeadTime, want: &[(f64, f64)], tolerance: f64) {
    let got: Vec<_> = law.atoms().collect();
    assert_eq!(got.len(), want.len(), "{got:?}");
    for (got, want) in got.iter().zip(want) {
        assert!((got.0 - want.0).abs() < 1e-9 && (got.1 - want.1).abs() <= tolerance, "{got:?} {want:?}");
    }
}

#[test]
fn kaplan_meier_by_hand() {
    // Six orders, one supplier: events after 3, 5, 5, 9 days; open since 4 and 9 days.
    // At most 20 days old: recency moves the weights by under 1 %.
    // S(3) = 5/6, S(5) = 5/6 x 2/4 = 5/12, S(9) = 5/12 x 1/2; the rest of 5/24 goes on day 9 too.
    let orders = [
        order("a", 0, Some(3)),
        order("a", 0, Some(5)),
        order("a", 1, Some(6)),
        order("a", 11, Some(20)),
        order("a", 16, None),
        order("a", 11, None),
    ];
    let law = LeadTime::from_deliveries(&orders, "a", 20).unwrap();
    check_near(&law, &[(3.0, 1.0 / 6.0), (5.0, 5.0 / 12.0), (9.0, 5.0 / 12.0)]);
    assert_eq!(law.quantile(0.5), 5.0);
    assert_eq!(law.quantile(0.9), 9.0);
    assert_eq!(law.delay_periods(7).len(), 2);
    let extra = law.extra_periods(7, 1);
    assert!((extra[1].1 - 5.0 / 12.0).abs() < 0.01 && extra[1].0 == 1);
}

#[test]
fn the_future_does_not_leak() {
    let orders = [order("a", 0, Some(5)), order("a", 10, Some(90)), order("a", 50, Some(60))];
    let law = LeadTime::from_deliveries(&orders, "a", 40).unwrap();
    check_near(&law, &[(5.0, 0.5), (30.0, 0.5)]);
    let error = LeadTime::from_deliveries(&orders, "a", 3).unwrap_err();
    assert_eq!(error, LeadTimeError::NoDeliveries { as_of_day: 3 });
}

#[test]
fn a_new_supplier_gets_the_law_of_all() {
    let orders = [order("a", 0, Some(5)), order("b", 0, Some(15)), order("b", 30, Some(20))];
    let law = LeadTime::from_deliveries(&orders, "c", 40).unwrap();
    // Means 5 and 15 lie at (5 + 80) / 9 and (15 + 80) / 9, all at 10: residuals of 4.4 either way.
    check(&law, &[(6.0, 0.5), (14.0, 0.5)]);
    assert_eq!(law.ignored(), 1);
    // Two orders: each weighs 50 (pool) and a's own one more: 51 / 101; b's 15 days are 15 - 95/9 + 85/9 at a.
    let law = LeadTime::from_deliveries(&orders, "a", 40).unwrap();
    check_near(&law, &[(5.0, 51.0 / 101.0), (14.0, 50.0 / 101.0)]);
}

#[test]
fn promise_and_lateness() {
    let orders = [order("a", 0, Some(10)), order("a", 0, Some(13)), order("b", 0, Some(8))];
    let law = LeadTime::from_lateness(&orders, "a", 40, 20.0).unwrap();
    let third = 8.0 / 3.0;
    check(&law, &[(18.0, third / 10.0), (20.0, (third + 1.0) / 10.0), (23.0, (third + 1.0) / 10.0)]);
    assert!(LeadTime::from_lateness(&orders, "a", 40, f64::NAN).is_err());
}

#[test]
fn bare_promises() {
    let law = LeadTime::from_promise(2.0, 0.0).unwrap();
    check(&law, &[(2.0, 1.0)]);
    let law = LeadTime::from_promise(1.0, 5.0).unwrap();
    assert!(law.atoms().all(|(day, _)| day >= 0.0));
    assert!((law.atoms().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(LeadTime::from_promise(-1.0, 0.0).is_err());
}
