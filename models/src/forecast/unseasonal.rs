//! Series without a season: a level of their own, or, while young or mostly hidden, the group's rates.

use super::blend::Blend;
use super::curve::Curve;
use super::intermittent::{self, RATE_MIN};
use super::new_item::Prior;
use super::shift::{WIDER, recent_shift};
use super::{Flag, Forecast, Item, KNOWN_MIN, Method, Parts, answer, flags};
use crate::distribution::Distribution;

/// What the items of one group without a season share.
pub(crate) struct Group {
    pub(crate) curve: Curve,
    pub(crate) blend: Blend,
    pub(crate) prior: Prior,
}

/// The forecast of one such item; `followed` = rate of its predecessor, base units per period.
pub(crate) fn forecast_one(item: &Item<'_>, group: &Group, followed: Option<f64>) -> Forecast {
    let young = item.observed.known < KNOWN_MIN;
    if young || item.observed.share_censored > 0.5 {
        let prior = followed.map_or(group.prior, |rate| group.prior.following(rate));
        return by_prior(item, &group.curve, &prior, young);
    }
    by_level(item, group)
}

fn by_level(item: &Item<'_>, group: &Group) -> Forecast {
    let unit = item.observed.unit;
    let usual = intermittent::dispersion(&item.level, &group.curve);
    let values: Vec<f64> = item.observed.pairs().map(|(value, _)| value).collect();
    let shift = recent_shift(&values, usual);
    let blended = group.blend.rate(&item.level.states);
    let rate = shift.map_or(blended, |shift| shift.between(blended).max(RATE_MIN));
    let dispersion = usual * shift.map_or(1.0, |_| WIDER);
    let group_weight = 6.0 / (6.0 + 0.5 * item.level.known);
    let parts = Parts { level: rate * unit, dispersion: dispersion * unit, group_weight, seasonal_own_weight: 0.0, seasonal: Vec::new() };
    let law = |length: f64| intermittent::sum_over(rate, dispersion, length, unit);
    assemble(item, Method::DecayingLevel, flags(item, shift), parts, law)
}

fn by_prior(item: &Item<'_>, curve: &Curve, prior: &Prior, young: bool) -> Forecast {
    let unit = item.observed.unit;
    let own = intermittent::dispersion(&item.level, curve);
    let mut flags = flags(item, None);
    if !prior.informed {
        flags.push(Flag::NoGroup);
    }
    let exposure: f64 = item.observed.weights.iter().sum();
    // A hidden but old item brings its level, a young one its plain total.
    let total = if young { item.observed.pairs().map(|(value, weight)| value * weight).sum::<f64>() } else { item.level.rate * exposure };
    let after = prior.after(total * unit, exposure, own * unit);
    let dispersion = own.max(curve.at((after.rate / unit).max(1e-3)));
    let parts = Parts {
        level: after.rate,
        dispersion: dispersion * unit,
        group_weight: after.group_weight,
        seasonal_own_weight: 0.0,
        seasonal: Vec::new(),
    };
    assemble(item, Method::GroupPrior, flags, parts, |length| after.sum_over(dispersion, length, unit))
}

/// Steps and sums without season: `law(length)` is that of the demand of `length` usual periods, `length` being the sum of
/// the factors of the periods. Where nothing is planned all steps are one law.
fn assemble(item: &Item<'_>, method: Method, flags: Vec<Flag>, mut parts: Parts, law: impl Fn(f64) -> Distribution) -> Forecast {
    let one = law(1.0);
    let usual = |factor: &f64| (factor - 1.0).abs() < 1e-12;
    let steps = item.coming.iter().map(|factor| if usual(factor) { one.clone() } else { law(*factor) }).collect();
    let mut length = 0.0;
    let sums = item.coming.iter().map(|factor| {
        length += factor;
        law(length)
    });
    let sums = sums.collect();
    if !item.coming.iter().all(usual) {
        parts.seasonal.clone_from(&item.coming);
    }
    answer(item, method, flags, parts, steps, sums)
}
