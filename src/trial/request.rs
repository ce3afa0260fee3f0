//! A wish for a backtest: what may be asked for, and asking.

use serde::{Deserialize, Serialize};
use wardstock_models::simulate::policy;

use super::compare::Course;
use super::run::QUEUE;
use super::store;
use crate::base::code::Code;
use crate::base::error::{Error, FieldError, Result};
use crate::db::Tx;
use crate::db::queue;
use crate::places;

/// Policies compared when none are named.
pub const USUAL: [&str; 4] = ["wardstock", "open-msupply:2,1", "rss:0.99,25", "clairvoyant"];

const POLICIES_MAX: usize = 8;
const POLICY_CHARS_MAX: usize = 64;
const SEEDS_MAX: i64 = 20;
const REVIEW_DAYS_MAX: i64 = 366;
const WEEKS_MAX: i64 = 104;
/// Backtests of one site that may wait at a time.
const WAITING_MAX: i64 = 5;

/// A wish for a backtest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestRequest {
    /// Code of the site.
    pub site: String,
    /// 1 to 8 policies as `wardstock simulate --help` lists them; the first is set against each other one. Left out:
    /// wardstock, open-msupply:2,1, rss:0.99,25, clairvoyant.
    pub policies: Option<Vec<String>>,
    /// 1 to 20 worlds that differ in lead times; default 3.
    pub seeds: Option<i64>,
    /// 1 to 366 days from review to review; default 7.
    pub review_days: Option<i64>,
    /// The last 1 to 104 weeks of the record are measured; default half of it, at most 104.
    pub weeks: Option<i64>,
}

impl BacktestRequest {
    /// The policies.
    pub fn policies(&self) -> Vec<String> {
        self.policies.clone().unwrap_or_else(|| USUAL.map(str::to_owned).into())
    }

    /// Worlds.
    pub fn seeds(&self) -> i64 {
        self.seeds.unwrap_or(3)
    }

    /// Days from review to review.
    pub fn review_days(&self) -> i64 {
        self.review_days.unwrap_or(7)
    }

    /// The weeks measured of a record of so many days.
    pub fn weeks_of(&self, days: usize) -> usize {
        let most = usize::try_from(WEEKS_MAX).unwrap_or(usize::MAX);
        self.weeks.map_or_else(|| (days / 14).min(most), |weeks| usize::try_from(weeks).unwrap_or(0))
    }

    /// The course that is meant, from a first seed on.
    pub fn course(&self, first_seed: u64, threads: usize) -> Course {
        let seeds = u64::try_from(self.seeds()).unwrap_or(1);
        Course {
            policies: self.policies(),
            seeds: (0..seeds).map(|more| first_seed.saturating_add(more)).collect(),
            review_days: usize::try_from(self.review_days()).unwrap_or(7),
            threads,
        }
    }

    /// What is wrong with it, field by field.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (pointer, value, most) in [
            ("/seeds", self.seeds(), SEEDS_MAX),
            ("/review_days", self.review_days(), REVIEW_DAYS_MAX),
            ("/weeks", self.weeks.unwrap_or(1), WEEKS_MAX),
        ] {
            if !(1..=most).contains(&value) {
                errors.push(FieldError::new(pointer, "out_of_range", format!("must be 1..{most}, not {value}")));
            }
        }
        let policies = self.policies();
        if !(1..=POLICIES_MAX).contains(&policies.len()) {
            errors.push(FieldError::new("/policies", "length", format!("1 to {POLICIES_MAX} policies, not {}", policies.len())));
        }
        for (at, name) in policies.iter().take(POLICIES_MAX).enumerate() {
            let pointer = format!("/policies/{at}");
            if name.chars().count() > POLICY_CHARS_MAX {
                errors.push(FieldError::new(pointer, "length", format!("a policy has at most {POLICY_CHARS_MAX} characters")));
            } else if let Err(cause) = policy::parse(name) {
                errors.push(FieldError::new(pointer, "policy", cause.to_string()));
            }
        }
        errors
    }
}

/// Asks for a backtest: it waits in the queue until a worker has walked it. Answers its id.
///
/// # Errors
/// `invalid_input` naming the field, `not_found` for an unknown site, `too_many_requests` while too many of it wait.
pub fn request(tx: &mut Tx<'_>, actor: &str, only_site: Option<i64>, wish: &BacktestRequest) -> Result<i64> {
    let errors = wish.errors();
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let site = places::find_site(tx.conn, &wish.site)?;
    if only_site.is_some_and(|own| own != site.site_id) {
        return Err(Error::new(Code::Forbidden, "your token is for another site"));
    }
    if store::waiting(tx.conn, site.site_id)? >= WAITING_MAX {
        let detail = format!("{WAITING_MAX} backtests of this site wait already: wait until one is done");
        return Err(Error::new(Code::TooManyRequests, detail).retry_after(60));
    }
    let id = tx.id();
    let text = serde_json::to_string(wish).map_err(|cause| Error::internal("a backtest request is no JSON").because(cause))?;
    store::insert(tx, site.site_id, id, actor, &text)?;
    queue::enqueue(tx, site.site_id, QUEUE, "backtest", &id.to_string(), &format!("backtest/{id}"))?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wish: &BacktestRequest, want: &[&str]) {
        let pointers: Vec<String> = wish.errors().into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, want);
    }

    #[test]
    fn each_bad_field_is_named() {
        let named = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let good = BacktestRequest { site: "H1".into(), ..BacktestRequest::default() };
        check(&good, &[]);
        check(&BacktestRequest { policies: named(&[]), ..good.clone() }, &["/policies"]);
        check(&BacktestRequest { policies: named(&["par:30"; 9]), ..good.clone() }, &["/policies"]);
        check(&BacktestRequest { policies: named(&["par:30", "hmis:3", "ü"]), ..good.clone() }, &["/policies/1", "/policies/2"]);
        check(&BacktestRequest { policies: named(&[&"9".repeat(65)]), ..good.clone() }, &["/policies/0"]);
        let bad = BacktestRequest { seeds: Some(21), review_days: Some(0), weeks: Some(i64::MAX), ..good };
        check(&bad, &["/seeds", "/review_days", "/weeks"]);
    }

    #[test]
    fn half_of_the_record_is_measured_at_most_two_years() {
        let wish = BacktestRequest::default();
        assert_eq!((wish.weeks_of(280), wish.weeks_of(3_000)), (20, 104));
        assert_eq!(BacktestRequest { weeks: Some(9), ..wish }.weeks_of(280), 9);
    }
}
