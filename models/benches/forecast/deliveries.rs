//! Lead times of orders without a promise, judged on the day of the order.

use wardstock_models::forecast::score::pinball;
use wardstock_models::lead_time::{Delivery, LeadTime};

use crate::say;
use crate::tables::{float, mean, text};

/// Orders up to this share of the order dates only teach; the later ones (1,037) are scored.
const TEACH: f64 = 0.4;

pub(crate) fn run() {
    let Some(text) = text("scms_deliveries.csv") else {
        return;
    };
    let mut orders: Vec<Delivery> = text.lines().skip(1).filter_map(order).collect();
    orders.sort_by_key(|one| (one.ordered_day, one.received_day));
    let mut at = 0;
    while float(at) < TEACH * float(orders.len()) {
        at += 1;
    }
    let from = orders[at].ordered_day;
    score("", &orders, from..i64::MAX);
    score(", tuning orders", &orders, from - 800..from);
}

fn score(name: &str, orders: &[Delivery], days: std::ops::Range<i64>) {
    let (mut covered, mut loss, mut middle) = (vec![], vec![], vec![]);
    for one in orders.iter().filter(|one| days.contains(&one.ordered_day)) {
        let Ok(law) = LeadTime::from_deliveries(orders, &one.supplier, one.ordered_day) else {
            continue;
        };
        let took = f64::from(i32::try_from(one.received_day.unwrap() - one.ordered_day).unwrap());
        covered.push(f64::from(u8::from(took <= law.quantile(0.9))));
        loss.push(pinball(0.9, took, law.quantile(0.9)));
        middle.push((took - law.quantile(0.5)).abs());
    }
    say(&format!("lead time orders{name}"), float(covered.len()));
    say(&format!("lead time coverage of the 90 % quantile{name}"), mean(&covered));
    say(&format!("lead time quantile loss at 90 %{name}"), mean(&loss));
    say(&format!("lead time error of the median, days{name}"), mean(&middle));
}

/// A row with an order and a delivery date; supplier = vendor and mode.
fn order(line: &str) -> Option<Delivery> {
    let cells = cells(line);
    let (ordered_day, received_day) = (day(&cells[7])?, day(&cells[9])?);
    let supplier = format!("{}|{}", cells[12], cells[3]);
    Some(Delivery { supplier, ordered_day, promised_day: day(&cells[8]), received_day: Some(received_day) })
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

/// Days since 1970-01-01 of an ISO date (days of the civil calendar after H. Hinnant).
fn day(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else {
        return None;
    };
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468)
}
