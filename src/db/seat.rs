//! The scheduler's seat: one program at a time has it, and another takes it when that one is gone.

use super::Db;
use super::conn::{Access, Conn, Purpose};
use crate::base::error::Result;

/// A claim to the seat.
#[derive(Debug)]
pub struct Seat {
    db: Db,
    /// Holds the lock: the seat is lost with it.
    conn: Option<Conn>,
}

impl Seat {
    /// Somebody who would take the seat.
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), conn: None }
    }

    /// Takes the seat if it is free, or looks whether it is still ours.
    ///
    /// # Errors
    /// `database_unavailable` when the database does not answer.
    pub fn is_ours(&mut self) -> Result<bool> {
        if !self.db.target.takes_many_writers() {
            return Ok(true);
        }
        let held = self.conn.take();
        let was_ours = held.is_some();
        let mut conn = match held {
            Some(conn) => conn,
            None => self.db.target.connect(Access::Read)?,
        };
        // Asked again by the connection that has it, the server counts once more and says yes; a dead one says nothing.
        if !conn.try_lock_for_good(Purpose::Scheduler)? {
            return Ok(false);
        }
        if !was_ours {
            tracing::info!("this program is the scheduler");
        }
        self.conn = Some(conn);
        Ok(true)
    }
}
