//! Eigenvalues of a small symmetric matrix.

#![expect(clippy::indexing_slicing, reason = "all indices are below `bins`, at most BINS_MAX")]

use super::pattern::{BINS_MAX, Bins};

/// More turns than any matrix of this size needs: convergence is quadratic.
const SWEEPS_MAX: usize = 30;

/// Directions (rows, unit length) and eigenvalues of the symmetric `matrix[..bins][..bins]`, in no order.
///
/// # Source
/// Cyclic Jacobi rotations; Golub, Van Loan: Matrix Computations, 8.5.
pub(crate) fn eigen(mut matrix: [Bins; BINS_MAX], bins: usize) -> ([Bins; BINS_MAX], Bins) {
    let mut directions = [[0.0; BINS_MAX]; BINS_MAX];
    for (at, direction) in directions.iter_mut().enumerate() {
        direction[at] = 1.0;
    }
    for _ in 0..SWEEPS_MAX {
        let (mut off, mut on) = (0.0, 0.0);
        for a in 0..bins {
            on += matrix[a][a] * matrix[a][a];
            off += matrix[a][..a].iter().map(|value| value * value).sum::<f64>();
        }
        if off <= 1e-24 * on {
            break;
        }
        for a in 0..bins {
            for b in 0..a {
                turn(&mut matrix, &mut directions, a, b);
            }
        }
    }
    let mut values = [0.0; BINS_MAX];
    for (at, value) in values.iter_mut().enumerate() {
        *value = matrix[at][at];
    }
    (directions, values)
}

/// The rotation in the plane of `a` and `b` that makes `matrix[a][b]` 0.
fn turn(matrix: &mut [Bins; BINS_MAX], directions: &mut [Bins; BINS_MAX], a: usize, b: usize) {
    if matrix[a][b].abs() < 1e-300 {
        return;
    }
    let half = (matrix[b][b] - matrix[a][a]) / (2.0 * matrix[a][b]);
    let tangent = half.signum() / (half.abs() + half.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for row in matrix.iter_mut() {
        (row[a], row[b]) = (cosine * row[a] - sine * row[b], sine * row[a] + cosine * row[b]);
    }
    for at in 0..BINS_MAX {
        (matrix[a][at], matrix[b][at]) = (cosine * matrix[a][at] - sine * matrix[b][at], sine * matrix[a][at] + cosine * matrix[b][at]);
        let (of_a, of_b) = (directions[a][at], directions[b][at]);
        (directions[a][at], directions[b][at]) = (cosine * of_a - sine * of_b, sine * of_a + cosine * of_b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_matrix() {
        // [[2, -1, 0], [-1, 2, -1], [0, -1, 2]]: 2 - sqrt(2), 2, 2 + sqrt(2) (textbook second difference matrix).
        let mut matrix = [[0.0; BINS_MAX]; BINS_MAX];
        matrix[0][..3].copy_from_slice(&[2.0, -1.0, 0.0]);
        matrix[1][..3].copy_from_slice(&[-1.0, 2.0, -1.0]);
        matrix[2][..3].copy_from_slice(&[0.0, -1.0, 2.0]);
        let (directions, values) = eigen(matrix, 3);
        let mut sorted = values[..3].to_vec();
        sorted.sort_by(f64::total_cmp);
        for (got, want) in sorted.iter().zip([2.0 - 2.0_f64.sqrt(), 2.0, 2.0 + 2.0_f64.sqrt()]) {
            assert!((got - want).abs() < 1e-12, "{sorted:?}");
        }
        for (direction, value) in directions.iter().zip(values).take(3) {
            for row in 0..3 {
                let image: f64 = (0..3).map(|at| matrix[row][at] * direction[at]).sum();
                assert!((image - value * direction[row]).abs() < 1e-12, "{direction:?} {value}");
            }
        }
    }
}
