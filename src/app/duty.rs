//! What a running program does: all of it, or a part beside other programs on the same PostgreSQL.

use crate::base::error::{Error, Result};
use crate::db::conn::Target;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// Serves people and programs: everything but the door for devices.
    Api,
    /// Serves devices, and works out what their records mean.
    Ingest,
    /// Solves plans and walks backtests.
    Solver,
    /// Upkeep; one program at a time, another takes over when it is gone.
    Scheduler,
}

impl Duty {
    const ALL: [Self; 4] = [Self::Api, Self::Ingest, Self::Solver, Self::Scheduler];

    /// Its word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Ingest => "ingest",
            Self::Solver => "solver",
            Self::Scheduler => "scheduler",
        }
    }
}

/// What every program serves, whatever it does.
const EVERYWHERE: [&str; 4] = ["/livez", "/readyz", "/metrics", "/docs/problems/{code}"];
/// The door for devices.
const INGEST: &str = "/ingest/";

/// The parts of the work that a program does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duties(Vec<Duty>);

impl Default for Duties {
    fn default() -> Self {
        Self(Duty::ALL.to_vec())
    }
}

impl Duties {
    /// Reads `all`, or parts with commas between them.
    ///
    /// # Errors
    /// `invalid_input` naming the words there are.
    pub fn parse(text: &str) -> Result<Self> {
        let mut duties = Vec::new();
        for word in text.split(',').map(str::trim) {
            match Duty::ALL.into_iter().find(|duty| duty.word() == word) {
                Some(duty) => duties.push(duty),
                None if word == "all" => duties.extend(Duty::ALL),
                None => return Err(Error::field("role", "unknown", format!("'{word}' is none of all, api, ingest, solver, scheduler"))),
            }
        }
        Ok(Self(Duty::ALL.into_iter().filter(|duty| duties.contains(duty)).collect()))
    }

    /// Whether a part is among them.
    pub fn has(&self, duty: Duty) -> bool {
        self.0.contains(&duty)
    }

    /// Refuses a part of the work on a database that only one program may hold.
    ///
    /// # Errors
    /// `invalid_input` saying what to do.
    pub fn require_for(&self, target: &Target) -> Result<()> {
        if target.takes_many_writers() || Duty::ALL.into_iter().all(|duty| self.has(duty)) {
            return Ok(());
        }
        let detail = "SQLite is held by one program, which does everything: leave --role away, or use PostgreSQL \
                      (`wardstock copy --from sqlite:PATH --to postgres://…` moves the database)";
        Err(Error::field("role", "one_program", detail))
    }

    /// Whether a path is served.
    pub(super) fn serve(&self, path: &str) -> bool {
        EVERYWHERE.contains(&path) || self.has(if path.starts_with(INGEST) { Duty::Ingest } else { Duty::Api })
    }
}

#[cfg(test)]
mod tests {
    use super::{Duties, Duty};
    use crate::db::conn::Target;

    #[track_caller]
    fn check(text: &str, want: &[Duty]) {
        assert_eq!(Duties::parse(text).unwrap(), Duties(want.to_vec()), "{text}");
    }

    #[test]
    fn duties_are_read_and_held_against_the_database() {
        check("api", &[Duty::Api]);
        check("solver, ingest,ingest", &[Duty::Ingest, Duty::Solver]);
        check("all", &Duty::ALL.map(|duty| duty));
        assert!(Duties::parse("api,cook").unwrap_err().detail.contains("cook"));
        let sqlite = Target::parse("sqlite:a.db").unwrap();
        assert!(Duties::default().require_for(&sqlite).is_ok());
        assert!(Duties::parse("api,ingest").unwrap().require_for(&sqlite).unwrap_err().detail.contains("PostgreSQL"));
        assert!(Duties::parse("api").unwrap().require_for(&Target::parse("postgres://localhost/a").unwrap()).is_ok());
    }

    #[test]
    fn a_program_serves_its_part_and_says_how_it_is() {
        let ingest = Duties::parse("ingest").unwrap();
        assert!(ingest.serve("/ingest/v1/observations") && ingest.serve("/readyz") && !ingest.serve("/api/v1/stock"));
        let api = Duties::parse("api").unwrap();
        assert!(api.serve("/api/v1/stock") && api.serve("/") && !api.serve("/ingest/v1/observations"));
        let solver = Duties::parse("solver").unwrap();
        assert!(solver.serve("/metrics") && !solver.serve("/") && !solver.serve("/ingest/v1/time"));
    }
}
