//! Reports read from a database that follows the primary, each saying as of when it holds.

use diesel::Connection;
use diesel::prelude::*;

use super::conn::{Access, Conn, Number, Target};
use super::{Db, no_connection, pool};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;

/// A follower that is further behind is not ready.
const BEHIND_SECONDS_MAX: i64 = 60;

/// Everything that was committed up to this moment is seen. A follower that has replayed all that it received, and still
/// receives, is up to date; else the last commit that it replayed tells.
const SEEN_UP_TO: &str = "SELECT CAST(EXTRACT(EPOCH FROM CASE \
    WHEN NOT pg_is_in_recovery() THEN statement_timestamp() \
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) \
    THEN statement_timestamp() ELSE COALESCE(pg_last_xact_replay_timestamp(), to_timestamp(0)) END) * 1000000 AS BIGINT) AS value";

fn seen_up_to(conn: &mut Conn) -> Result<Micros> {
    Ok(Micros(diesel::sql_query(SEEN_UP_TO).get_result::<Number>(conn)?.value))
}

impl Db {
    /// The same database, whose reports are read from one that follows it. It need not be there yet.
    ///
    /// # Errors
    /// `invalid_input` when it is no PostgreSQL.
    pub fn with_follower(mut self, target: &Target) -> Result<Self> {
        if !target.takes_many_writers() || !self.target.takes_many_writers() {
            return Err(Error::field("read-database", "postgres_only", "only a PostgreSQL has one that follows it"));
        }
        self.follower = Some(pool(target, Access::Read, 8, 0)?);
        Ok(self)
    }

    /// Runs the queries of a report off the event loop, all of one moment; `query` hears as of when they hold.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_report<T, F>(&self, query: F) -> Result<T>
    where
        F: FnOnce(&mut Conn, Micros) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(pool) = self.follower.clone() else {
            let now = self.clock.now();
            return self.read(move |conn| query(conn, now)).await;
        };
        tokio::task::spawn_blocking(move || {
            let mut conn = pool.get().map_err(no_connection)?;
            conn.transaction(|conn| {
                diesel::sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(conn)?;
                let as_of = seen_up_to(conn)?;
                query(conn, as_of)
            })
        })
        .await
        .map_err(|cause| Error::internal("a report was cut off").because(cause))?
    }

    /// Whether reports can be read, and are not too old.
    ///
    /// # Errors
    /// `not_ready` saying by how much the follower is behind; `database_unavailable` when it does not answer.
    pub async fn require_fresh_reports(&self) -> Result<()> {
        if self.follower.is_none() {
            return Ok(());
        }
        let now = self.clock.now();
        let as_of = self.read_report(|_, as_of| Ok(as_of)).await?;
        let behind = (now.0 - as_of.0) / 1_000_000;
        if behind > BEHIND_SECONDS_MAX {
            let detail = format!("the database that reports are read from is {behind} s behind; {BEHIND_SECONDS_MAX} s are allowed");
            return Err(Error::new(Code::NotReady, detail).retry_after(10));
        }
        Ok(())
    }
}
