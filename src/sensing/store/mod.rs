//! The tables of channels, bindings, observations, batches, quarantine, steps, beliefs and discrepancies.

pub(super) mod binding;
pub(super) mod desk;
pub(super) mod history;
pub(super) mod ingest;
pub(super) mod project;
pub(super) mod series;
pub(super) mod vendor;

use diesel::Connection;
use diesel::connection::TransactionManager;

use crate::base::error::Result;
use crate::db::Tx;
use crate::db::conn::Conn;

type Transactions = <Conn as Connection>::TransactionManager;

/// Runs a part of a write in a savepoint: when it fails, only the part is undone.
pub(super) fn in_savepoint<T>(tx: &mut Tx<'_>, part: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
    Transactions::begin_transaction(tx.conn)?;
    match part(tx) {
        Ok(value) => {
            Transactions::commit_transaction(tx.conn)?;
            Ok(value)
        }
        Err(cause) => {
            Transactions::rollback_transaction(tx.conn)?;
            Err(cause)
        }
    }
}
