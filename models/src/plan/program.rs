//! A linear program in the making and the one call of the solver.

use good_lp::solvers::highs::{HighsProblem, highs};
use good_lp::solvers::{ResolutionError, SolutionStatus};
use good_lp::{Constraint, Expression, ProblemVariables, Solution, SolverModel, Variable, variable};

use super::validate::PlanError;

/// Columns at least 0, costs to minimise, rows `<=` or `=`.
pub(crate) struct Program {
    columns: ProblemVariables,
    costs: Vec<(Variable, f64)>,
    constant: f64,
    rows: Vec<Constraint>,
    nonzeros: usize,
    /// Every number of it, where that is wanted.
    copy: Option<Matrix>,
}

/// A linear program in numbers: least `constant + costs x` with `0 <= x <= most` and, by row, `least <= terms <= right`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// Money whatever the columns are.
    pub constant: f64,
    /// Money per unit, by column.
    pub costs: Vec<f64>,
    /// Upper bound by column; infinite where there is none.
    pub most: Vec<f64>,
    /// Bounds by row; minus infinity where there is none.
    pub least: Vec<f64>,
    /// Upper bound by row.
    pub right: Vec<f64>,
    /// Terms of row `n` are `starts[n]..starts[n + 1]`.
    pub starts: Vec<usize>,
    /// Column by term.
    pub columns: Vec<usize>,
    /// Factor by term.
    pub factors: Vec<f64>,
}

/// An optimum, proven by the solver.
pub(crate) struct Optimum {
    /// Money.
    pub(crate) cost: f64,
    values: Vec<f64>,
    duals: Vec<f64>,
    columns: Vec<Variable>,
    pub(crate) rows: usize,
    pub(crate) nonzeros: usize,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { columns: ProblemVariables::new(), costs: Vec::new(), constant: 0.0, rows: Vec::new(), nonzeros: 0, copy: None }
    }

    /// From here on, keeps a copy of every number.
    pub(crate) fn keep_copy(&mut self) {
        self.copy = Some(Matrix { starts: vec![0], ..Matrix::default() });
    }

    /// The copy, if one was kept.
    pub(crate) fn into_copy(self) -> Option<Matrix> {
        self.copy.map(|copy| Matrix { constant: self.constant, ..copy })
    }

    fn copy_row(&mut self, terms: &[(f64, Column)], least: f64, right: f64) {
        if let Some(copy) = &mut self.copy {
            copy.least.push(least);
            copy.right.push(right);
            copy.columns.extend(terms.iter().map(|term| term.1.number));
            copy.factors.extend(terms.iter().map(|term| term.0));
            copy.starts.push(copy.columns.len());
        }
    }

    /// A new column from 0 to `most` (infinite: no limit).
    pub(crate) fn column(&mut self, cost: f64, most: f64) -> Column {
        let definition = variable().min(0.0);
        let variable = self.columns.add(if most.is_finite() { definition.max(most) } else { definition });
        let number = self.columns.len() - 1;
        self.costs.push((variable, cost));
        if let Some(copy) = &mut self.copy {
            copy.costs.push(cost);
            copy.most.push(most);
        }
        Column { variable, number }
    }

    /// A new column of whole numbers from 0 to `most` (infinite: no limit).
    pub(crate) fn whole_column(&mut self, cost: f64, most: f64) -> Column {
        let definition = variable().integer().min(0.0);
        let variable = self.columns.add(if most.is_finite() { definition.max(most) } else { definition });
        self.costs.push((variable, cost));
        Column { variable, number: self.columns.len() - 1 }
    }

    /// Money added to the optimum whatever the columns are.
    pub(crate) fn add_constant(&mut self, money: f64) {
        self.constant += money;
    }

    /// Adds `sum of terms <= right` and returns the number of the row.
    pub(crate) fn at_most(&mut self, terms: &[(f64, Column)], right: f64) -> usize {
        let left = self.sum(terms);
        self.rows.push(left.leq(right));
        self.copy_row(terms, f64::NEG_INFINITY, right);
        self.rows.len() - 1
    }

    /// Adds `sum of terms = right`.
    pub(crate) fn equal(&mut self, terms: &[(f64, Column)], right: f64) {
        let left = self.sum(terms);
        self.rows.push(left.eq(right));
        self.copy_row(terms, right, right);
    }

    fn sum(&mut self, terms: &[(f64, Column)]) -> Expression {
        let mut left = Expression::with_capacity(terms.len());
        for &(factor, column) in terms {
            left.add_mul(factor, column.variable);
        }
        self.nonzeros += terms.len();
        left
    }

    /// Minimises. `None`: no proven optimum within the time.
    ///
    /// - `time_limit_s`: seconds.
    /// - `threads`: of the solver, 0 leaves it to `HiGHS`.
    ///
    /// # Errors
    /// [`PlanError::Solver`] when `HiGHS` refuses the program.
    pub(crate) fn minimise(self, time_limit_s: f64, threads: u32) -> Result<Option<Optimum>, PlanError> {
        let mut objective = Expression::with_capacity(self.costs.len());
        for &(column, cost) in self.costs.iter().filter(|c| c.1 != 0.0) {
            objective.add_mul(cost, column);
        }
        let rows = self.rows.len();
        let mut problem: HighsProblem = self
            .columns
            .minimise(objective)
            .using(highs)
            .set_option("output_flag", false)
            .set_option("random_seed", 1)
            .set_time_limit(time_limit_s);
        if threads > 0 {
            problem = problem.set_threads(threads);
        }
        for row in self.rows {
            problem.add_constraint(row);
        }
        let solution = match problem.solve() {
            Ok(solution) => solution,
            // Stopped before the first point that keeps every row.
            Err(ResolutionError::Other("NoSolutionFound")) => return Ok(None),
            Err(other) => {
                return Err(PlanError::Solver { detail: other.to_string() });
            }
        };
        if matches!(solution.status(), SolutionStatus::TimeLimit) {
            return Ok(None);
        }
        let values: Vec<f64> = self.costs.iter().map(|c| solution.value(c.0)).collect();
        let variable_cost: f64 = self.costs.iter().zip(&values).map(|(c, v)| c.1 * v).sum();
        Ok(Some(Optimum {
            cost: self.constant + variable_cost,
            values,
            duals: solution.into_inner().dual_rows().to_vec(),
            columns: self.costs.iter().map(|c| c.0).collect(),
            rows,
            nonzeros: self.nonzeros,
        }))
    }
}

/// What a search for whole numbers found.
pub(crate) struct Whole {
    /// Money: no answer in whole numbers costs less.
    pub(crate) bound: f64,
    values: Vec<f64>,
}

impl Whole {
    /// Value of a column in the best answer, at least 0.
    pub(crate) fn value(&self, column: Column) -> f64 {
        self.values.get(column.number).copied().unwrap_or(0.0).max(0.0)
    }
}

impl Program {
    /// Minimises over whole numbers within so many nodes, from an answer given by some columns (the others are
    /// completed). `None`: nothing found. The nodes and not the time end it, so that runs repeat.
    ///
    /// # Errors
    /// [`PlanError::Solver`] when `HiGHS` refuses the program.
    pub(crate) fn search(self, start: &[(Column, f64)], (seconds, nodes, gap): (f64, i32, f64)) -> Result<Option<Whole>, PlanError> {
        let failed = |detail: String| PlanError::Solver { detail };
        let mut objective = Expression::with_capacity(self.costs.len());
        for &(column, cost) in self.costs.iter().filter(|c| c.1 != 0.0) {
            objective.add_mul(cost, column);
        }
        let mut problem: HighsProblem = self.columns.minimise(objective).using(highs);
        for row in self.rows {
            problem.add_constraint(row);
        }
        let mut model = problem.try_into_inner().map_err(|error| failed(error.to_string()))?;
        model.make_quiet();
        model.set_option("random_seed", 1);
        model.set_option("threads", 1);
        model.set_option("time_limit", seconds);
        model.set_option("mip_max_nodes", nodes);
        model.set_option("mip_rel_gap", gap);
        let mut values = vec![0.0; self.costs.len()];
        for (column, value) in start {
            if let Some(slot) = values.get_mut(column.number) {
                *slot = *value;
            }
        }
        model.set_solution(Some(&values), None, None, None);
        let solved = model.try_solve().map_err(|status| failed(format!("{status:?}")))?;
        if solved.primal_solution_status() != highs::HighsSolutionStatus::Feasible {
            return Ok(None);
        }
        let bound = solved.double_info_value(c"mip_dual_bound").ok().filter(|bound| bound.is_finite());
        let values = solved.get_solution().columns().to_vec();
        Ok(Some(Whole { bound: self.constant + bound.unwrap_or(f64::NEG_INFINITY), values }))
    }
}

/// A column of a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    variable: Variable,
    number: usize,
}

impl Optimum {
    /// Value of a column, at least 0.
    pub(crate) fn value(&self, column: Column) -> f64 {
        debug_assert!(self.columns.get(column.number) == Some(&column.variable));
        let value = self.values.get(column.number);
        value.copied().unwrap_or(0.0).max(0.0)
    }

    /// Money avoided per unit more on the right of an `at_most` row, at least 0.
    ///
    /// `HiGHS` gives a `<=` row of a minimum problem a dual of at most 0: the rate of the optimum.
    pub(crate) fn price(&self, row: usize) -> f64 {
        let price = -self.duals.get(row).copied().unwrap_or(0.0);
        if price > 1e-9 { price } else { 0.0 }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns.len()
    }
}
