//! The highest point of a concave function known by values and slopes: a proximal bundle method.
//!
//! Maximises over `z >= 0` the model `min_k (value_k + slope_k (z - z_k)) - weight / 2 |z - centre|^2`; the dual of
//! that program has one weight per cut on a simplex, and for given weights `z = max(0, centre + mix / weight)`.
//! Pairs of weights are moved until the cuts in use agree. Steps that keep a share of the promised gain move the
//! centre.
//!
//! # Source
//! Kiwiel: Methods of Descent for Nondifferentiable Optimization, 1985; the pairwise solver is our own.
#![expect(clippy::indexing_slicing, reason = "all vectors have one entry per row of the same program")]

/// Cuts kept.
const CUTS_MAX: usize = 50;
/// Pairs of weights moved per step.
const MOVES_MAX: usize = 400;
/// Share of the promised gain that moves the centre.
const SERIOUS: f64 = 0.1;

#[derive(Debug, Clone)]
struct Cut {
    /// Which answer it came from.
    number: usize,
    /// Value at the origin.
    level: f64,
    slope: Vec<f64>,
    weight: f64,
}

/// State of the search.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    centre: Vec<f64>,
    best: f64,
    cuts: Vec<Cut>,
    weight: f64,
    /// Gain the model promised for the last proposal.
    promised: f64,
    nulls: u32,
    learned: usize,
}

impl Bundle {
    /// Starts at `centre` with its value and slope. `reach`: how far a first step may go.
    pub(crate) fn new(centre: Vec<f64>, value: f64, slope: &[f64], reach: f64) -> Self {
        let norm = slope.iter().map(|g| g * g).sum::<f64>().sqrt();
        let mut made = Self {
            centre,
            best: value,
            cuts: Vec::new(),
            weight: (norm / reach).max(1e-12),
            promised: f64::INFINITY,
            nulls: 0,
            learned: 0,
        };
        let at = made.centre.clone();
        made.add(&at, value, slope);
        made
    }

    fn add(&mut self, at: &[f64], value: f64, slope: &[f64]) {
        let level = value - slope.iter().zip(at).map(|(g, z)| g * z).sum::<f64>();
        if self.cuts.len() == CUTS_MAX
            && let Some((n, _)) = self.cuts.iter().enumerate().min_by(|a, b| a.1.weight.total_cmp(&b.1.weight))
        {
            self.cuts.remove(n);
        }
        let weight = if self.cuts.is_empty() { 1.0 } else { 0.0 };
        self.cuts.push(Cut { number: self.learned, level, slope: slope.to_vec(), weight });
        self.learned += 1;
        let sum: f64 = self.cuts.iter().map(|c| c.weight).sum();
        for cut in &mut self.cuts {
            cut.weight /= sum;
        }
    }

    /// Answers and their weights in the last proposal: the mix of answers that keeps the rows best. The first
    /// answer, that of the start, is number 0.
    pub(crate) fn mix(&self) -> Vec<(usize, f64)> {
        self.cuts.iter().filter(|c| c.weight > 1e-9).map(|c| (c.number, c.weight)).collect()
    }

    /// Gain the model promised for the last proposal.
    pub(crate) fn promised(&self) -> f64 {
        self.promised
    }

    fn point(&self, mix: &[f64]) -> Vec<f64> {
        self.centre.iter().zip(mix).map(|(z, g)| (z + g / self.weight).max(0.0)).collect()
    }

    /// The next point to look at.
    pub(crate) fn propose(&mut self) -> Vec<f64> {
        let mut mix = vec![0.0; self.centre.len()];
        for cut in &self.cuts {
            for (sum, g) in mix.iter_mut().zip(&cut.slope) {
                *sum += cut.weight * g;
            }
        }
        let mut values = vec![0.0; self.cuts.len()];
        for _ in 0..MOVES_MAX {
            let point = self.point(&mix);
            for (value, cut) in values.iter_mut().zip(&self.cuts) {
                *value = at(cut, &point);
            }
            let lowest = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
            let used = (0..values.len()).filter(|&k| self.cuts[k].weight > 0.0);
            let highest = used.max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
            if values[highest] - values[lowest] <= 1e-9 * values[lowest].abs().max(1e-9) {
                break;
            }
            self.shift(&mut mix, highest, lowest);
        }
        let point = self.point(&mix);
        let model = self.cuts.iter().map(|cut| at(cut, &point)).fold(f64::INFINITY, f64::min);
        self.promised = (model - self.best).max(0.0);
        point
    }

    /// Moves weight from one cut to another until they agree, by bisection.
    fn shift(&mut self, mix: &mut [f64], from: usize, to: usize) {
        let most = self.cuts[from].weight;
        let moved: Vec<f64> = self.cuts[to].slope.iter().zip(&self.cuts[from].slope).map(|(a, b)| a - b).collect();
        let level = self.cuts[to].level - self.cuts[from].level;
        let difference = |step: f64| {
            let point = self.centre.iter().zip(mix.iter()).zip(&moved).map(|((z, g), d)| (z + (g + step * d) / self.weight).max(0.0));
            level + point.zip(&moved).map(|(z, d)| z * d).sum::<f64>()
        };
        let (mut low, mut high) = (0.0, most);
        if difference(most) < 0.0 {
            low = most;
        } else {
            for _ in 0..24 {
                let middle = 0.5 * (low + high);
                if difference(middle) < 0.0 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
        }
        for (sum, d) in mix.iter_mut().zip(&moved) {
            *sum += low * d;
        }
        self.cuts[from].weight = if low >= most { 0.0 } else { most - low };
        self.cuts[to].weight += low;
    }

    /// Takes in what was found at a proposed point.
    pub(crate) fn learn(&mut self, point: &[f64], value: f64, slope: &[f64]) {
        let gain = value - self.best;
        if gain >= SERIOUS * self.promised && gain > 0.0 {
            if gain >= 0.5 * self.promised {
                self.weight *= 0.5;
            }
            self.nulls = 0;
            self.best = value;
            self.centre = point.to_vec();
        } else {
            self.nulls += 1;
            if self.nulls.is_multiple_of(4) {
                self.weight *= 1.6;
            }
        }
        self.add(point, value, slope);
    }
}

fn at(cut: &Cut, point: &[f64]) -> f64 {
    cut.level + cut.slope.iter().zip(point).map(|(g, z)| g * z).sum::<f64>()
}
