//! A year of demand, day by day: weekdays, seasons, lasting changes, and days on which the shelf was empty.

use wardstock::base::time::Day;
use wardstock_models::rng::Rng;

use super::hospital::{Hospital, Use, line};

/// Days of history.
pub(super) const DAYS: i64 = 365;
/// Share of items of a site that ran out once.
const RAN_OUT_SHARE: f64 = 0.12;

/// `demand.csv`, pooled at each site's store. Days without demand are left out after the first.
pub(super) fn demand_csv(hospital: &Hospital, rng: &mut Rng) -> String {
    let mut text = String::with_capacity(8 << 20);
    text += "place,item,date,quantity,stocked_out\n";
    for of in &hospital.uses {
        one(hospital, of, rng, &mut text);
    }
    text
}

fn one(hospital: &Hospital, of: &Use, rng: &mut Rng, text: &mut String) {
    let Some(item) = hospital.item(of) else { return };
    let empty = if rng.uniform() < RAN_OUT_SHARE { Some(Gap::draw(rng)) } else { None };
    for day in 0..DAYS {
        let date = hospital.today.plus(day - DAYS);
        let wanted = of.draw_day(item, day, date, rng);
        let share = empty.as_ref().map_or(0.0, |gap| gap.share(day));
        let issued = match share {
            share if share >= 1.0 => 0,
            share if share > 0.0 => wanted / 2,
            _ => wanted,
        };
        if issued > 0 || share > 0.0 || day == 0 {
            put(text, of.site.store, &item.code, date, issued, share);
        }
    }
}

fn put(text: &mut String, store: &str, item: &str, date: Day, issued: i64, share: f64) {
    let date = date.to_text();
    if share > 0.0 {
        line(text, format_args!("{store},{item},{date},{issued},{share}"));
    } else {
        line(text, format_args!("{store},{item},{date},{issued},"));
    }
}

/// Some days without stock; it ran out in the middle of the first.
struct Gap {
    from: i64,
    days: i64,
}

impl Gap {
    fn draw(rng: &mut Rng) -> Self {
        Self { from: 20 + i64::from(rng.below(320)), days: 2 + i64::from(rng.below(7)) }
    }

    fn share(&self, day: i64) -> f64 {
        match day - self.from {
            0 => 0.5,
            at if (1..self.days).contains(&at) => 1.0,
            _ => 0.0,
        }
    }
}
