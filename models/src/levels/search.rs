//! The best (s, S) on a grid of stock levels, by Zheng and Federgruen's method.
#![expect(clippy::indexing_slicing, reason = "all arrays have CELLS entries, made here; cells below 0 are never read")]

use super::Terms;
use super::demand::Laws;
use super::law::CELLS;
use super::lead::Lead;
use crate::convert::{floor_to_count, length_to_f64};

/// Costs of one review period by position, and how demand moves the position.
#[derive(Debug)]
pub(super) struct PeriodCosts {
    /// `G`, money per review period by cell of the position.
    period: Vec<f64>,
    /// Renewal density `m`: expected periods spent j cells below S before the position is lower.
    visits: Vec<f64>,
    /// Sums of `visits`.
    length: Vec<f64>,
}

impl PeriodCosts {
    /// From the laws of demand over the lead time and over the lead time plus the review.
    pub(super) fn new(laws: &mut Laws<'_>, lead: &Lead, review_days: usize, terms: Terms) -> Self {
        let unit = laws.grid().unit();
        let (mut near, mut far) = (vec![0.0; CELLS], vec![0.0; CELLS]);
        for &(days, chance) in lead.law() {
            near.iter_mut().zip(laws.row(days)).for_each(|(sum, below)| *sum += chance * below);
            far.iter_mut().zip(laws.row(days + review_days)).for_each(|(sum, below)| *sum += chance * below);
        }
        // E[(D - y)+] = E[D] - y + E[(y - D)+]; of two laws only the difference of their means is needed.
        let between: f64 = near.iter().zip(&far).map(|(near, far)| unit * (near - far).max(0.0)).sum();
        let held = 0.5 * terms.holding_per_day * length_to_f64(review_days);
        let (mut left_near, mut left_far) = (0.0, 0.0);
        let period = near
            .iter()
            .zip(&far)
            .map(|(below_near, below_far)| {
                let cost = held * (left_near + left_far) + terms.shortage * (between + left_far - left_near).max(0.0);
                left_near += unit * below_near;
                left_far += unit * below_far;
                cost
            })
            .collect();
        Self::of(period, &laws.usual_row(review_days))
    }

    /// From the costs of a period and the distribution function of its demand.
    fn of(period: Vec<f64>, demand: &[f64]) -> Self {
        let mut before = 0.0;
        let masses: Vec<f64> = demand.iter().map(|below| below - std::mem::replace(&mut before, *below)).collect();
        let moves = (1.0 - masses[0]).max(1e-9);
        let reach = masses.iter().rposition(|mass| *mass > 1e-12).unwrap_or(0);
        let mut visits = vec![1.0 / moves; CELLS];
        for at in 1..CELLS {
            let nearest = reach.min(at);
            let earlier = visits[at - nearest..at].iter().rev();
            visits[at] = masses[1..=nearest].iter().zip(earlier).map(|(mass, visit)| mass * visit).sum::<f64>() / moves;
        }
        let mut length = Vec::with_capacity(CELLS + 1);
        length.push(0.0);
        for visit in &visits {
            length.push(length.last().copied().unwrap_or(0.0) + visit);
        }
        Self { period, visits, length }
    }

    /// Mean cost per period of ordering up to `up_to` when fewer than `keep` cells are left: `keep = s + 1`.
    fn mean(&self, keep: usize, up_to: usize, order: f64) -> f64 {
        let cells = up_to + 1 - keep;
        let held = self.visits[..cells].iter().zip(self.period[keep..=up_to].iter().rev());
        (order + held.map(|(visits, cost)| visits * cost).sum::<f64>()) / self.length[cells]
    }
}

impl PeriodCosts {
    /// Money of starting at a position, beyond the mean cost of the periods until the position is below `keep`.
    ///
    /// `H(y) = sum over j of m(j) (G(y - j) - c)`; the order that follows costs the same from any position, so
    /// differences of H are what more or less stock brings in the long run. S minimises `H(S) + lost(S)`.
    ///
    /// - `cells`: position, fractions of a cell too; below `keep` counts as `keep`.
    pub(super) fn of_starting_at(&self, cells: f64, keep: usize, mean: f64) -> f64 {
        let at = |cell: usize| {
            let passed = (cell + 1).saturating_sub(keep);
            let held = self.visits[..passed].iter().zip(self.period[cell + 1 - passed..=cell].iter().rev());
            held.map(|(visits, cost)| visits * cost).sum::<f64>() - mean * self.length[passed]
        };
        let low = usize::try_from(floor_to_count(cells)).unwrap_or(0).min(CELLS - 2);
        let share = (cells - length_to_f64(low)).clamp(0.0, 1.0);
        at(low) * (1.0 - share) + at(low + 1) * share
    }
}

/// The best levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// Cell of s; `None`: order never.
    pub(super) reorder: Option<usize>,
    /// Cell of S.
    pub(super) up_to: usize,
    /// Money per review period.
    pub(super) cost: f64,
}

/// The levels of least mean cost. `lost(S)`: money expected to expire of an order up to S.
///
/// For each S the best s is where one more period of waiting costs as much as the mean: `G(s) >= c(s, S) > G(s + 1)`;
/// S rises from the cheapest level while `G(S)` is below the best mean.
pub(super) fn levels(costs: &PeriodCosts, line: f64, lost: &dyn Fn(usize) -> f64) -> Found {
    let period = &costs.period;
    let first = (0..CELLS).min_by(|a, b| period[*a].total_cmp(&period[*b])).unwrap_or(0);
    let order = |up_to: usize| line + lost(up_to);
    // `keep` is the lowest position that is not ordered at: s + 1.
    let mut keep = first;
    while keep > 0 && costs.mean(keep, first, order(first)) > period[keep - 1] {
        keep -= 1;
    }
    let (mut best, mut up_to) = (costs.mean(keep, first, order(first)), first);
    for candidate in first + 1..CELLS {
        if period[candidate] > best {
            break;
        }
        if costs.mean(keep, candidate, order(candidate)) < best {
            up_to = candidate;
            while keep < up_to && costs.mean(keep, up_to, order(up_to)) <= period[keep] {
                keep += 1;
            }
            best = costs.mean(keep, up_to, order(up_to));
        }
    }
    Found { reorder: keep.checked_sub(1), up_to, cost: best }
}

#[cfg(test)]
mod tests {
    use super::super::law::{Grid, count_row};
    use super::*;

    /// Poisson demand without lead time; shortage backordered; `(s, S, cost)`.
    fn backordered(mean: f64, line: f64, holding: f64, shortage: f64) -> (Option<i64>, usize, f64) {
        // Positions from -40 on, so that s may be negative.
        let shift = 40;
        let row = count_row(mean, mean, Grid::new(1));
        let masses: Vec<f64> = (0..CELLS).map(|x| row[x] - if x > 0 { row[x - 1] } else { 0.0 }).collect();
        let cost = |left: f64| if left > 0.0 { holding * left } else { -shortage * left };
        let of = |position: f64| masses.iter().enumerate().map(|(x, mass)| mass * cost(position - length_to_f64(x))).sum();
        let period = (0..CELLS).map(|cell| of(length_to_f64(cell) - f64::from(shift))).collect();
        let found = levels(&PeriodCosts::of(period, &row), line, &|_| 0.0);
        (found.reorder.map(|s| i64::try_from(s).unwrap() - i64::from(shift)), found.up_to - 40, found.cost)
    }

    #[test]
    fn the_published_levels_are_met() {
        // Zheng and Federgruen (1991), Poisson demand; stockpyl 1.0.2: example 4.7 and problem 4.31.
        for (mean, line, holding, shortage, reorder, up_to, cost, digits) in [
            (10.0, 64.0, 1.0, 9.0, 6, 40, 35.022, 6e-4),
            (21.0, 64.0, 1.0, 9.0, 15, 65, 50.406, 6e-4),
            (6.0, 5.0, 1.0, 4.0, 4, 10, 8.034_111_561_471_644, 1e-6),
            (4.0, 150.0, 40.0, 125.0, 2, 7, 223.574_829_566_968_8, 1e-6),
        ] {
            let found = backordered(mean, line, holding, shortage);
            assert_eq!((found.0, found.1), (Some(reorder), up_to), "{mean}");
            assert!((found.2 - cost).abs() < digits, "{}", found.2);
        }
    }

    #[test]
    fn without_a_line_cost_the_level_is_the_newsvendors() {
        // stockpyl example 4.7 as a newsvendor: 8 units at 3.570106945770946.
        let found = backordered(6.0, 0.0, 1.0, 4.0);
        assert_eq!(found.1, 8);
        assert!((found.2 - 3.570_106_945_770_946).abs() < 1e-6, "{}", found.2);
    }

    #[test]
    fn no_other_levels_are_cheaper() {
        let row = count_row(3.0, 7.0, Grid::new(1));
        let period: Vec<f64> = (0..CELLS).map(|cell| (length_to_f64(cell) - 24.0).powi(2) / 10.0).collect();
        let costs = PeriodCosts::of(period, &row);
        let found = levels(&costs, 30.0, &|_| 0.0);
        let best = (0..80).flat_map(|keep| (keep..120).map(move |up_to| (keep, up_to)));
        let best = best.map(|(keep, up_to)| costs.mean(keep, up_to, 30.0)).fold(f64::INFINITY, f64::min);
        assert!((found.cost - best).abs() < 1e-9, "{} {best}", found.cost);
    }
}
