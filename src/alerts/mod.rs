//! Alerts: at most one open per kind and subject, acknowledged by a person, closed when it is no longer true.

pub mod http;
mod store;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::outbox::{self, Topic};

/// How soon somebody must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Today.
    Warning,
    /// Now.
    Critical,
}

impl Severity {
    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// An alert as it is listed.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct AlertView {
    /// Its id.
    #[serde(serialize_with = "id::as_string")]
    #[schemars(with = "String")]
    pub id: i64,
    /// Its site, for the room's own checks.
    #[serde(skip)]
    pub site_id: i64,
    /// Code of its site.
    pub site: String,
    /// A short stable word, such as `below_par`.
    pub kind: String,
    /// What it is about, such as `W1/P1`.
    pub subject: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// What happened and what to do.
    pub message: String,
    /// `open`, `acknowledged` (open, and somebody looks after it) or `closed`.
    pub state: &'static str,
    /// When it became true.
    pub raised_at: Micros,
    /// When somebody took it on.
    pub acknowledged_at: Option<Micros>,
    /// Who took it on.
    pub acknowledged_by: Option<String>,
    /// When it was no longer true.
    pub closed_at: Option<Micros>,
}

/// Raises an alert; answers whether it is new. While one of this kind and subject is open, nothing changes.
///
/// # Errors
/// Those of the database.
pub fn raise(tx: &mut Tx<'_>, site_id: i64, kind: &str, subject: &str, severity: Severity, message: &str) -> Result<bool> {
    let alert_id = tx.id();
    let new = store::insert_unless_open(tx, site_id, alert_id, kind, subject, severity, message)?;
    if new {
        let event = serde_json::json!({
            "alert": id::to_wire(alert_id), "kind": kind, "subject": subject, "severity": severity.word(), "state": "open"
        });
        outbox::push(tx, site_id, Topic::Alert, &event)?;
    }
    Ok(new)
}

/// Closes the open alert of a kind and subject, as it is no longer true; answers whether there was one.
///
/// # Errors
/// Those of the database.
pub fn close(tx: &mut Tx<'_>, site_id: i64, kind: &str, subject: &str) -> Result<bool> {
    let closed = store::close(tx, site_id, kind, subject)? > 0;
    if closed {
        outbox::push(tx, site_id, Topic::Alert, &serde_json::json!({"kind": kind, "subject": subject, "state": "closed"}))?;
    }
    Ok(closed)
}

/// The subjects with an open alert of a kind at a site.
///
/// # Errors
/// Those of the database.
pub fn open_subjects(conn: &mut Conn, site_id: i64, kind: &str) -> Result<BTreeSet<String>> {
    store::open_subjects(conn, site_id, kind)
}

/// Finds an alert by id.
///
/// # Errors
/// `not_found`.
pub fn find(conn: &mut Conn, alert_id: &str) -> Result<AlertView> {
    let id: i64 = alert_id.parse().unwrap_or(0);
    store::by_id(conn, id)?.ok_or_else(|| Error::not_found("alert", alert_id))
}

/// Notes that somebody looks after an alert. Again by whomever: the first one stands.
///
/// # Errors
/// `not_found`; `wrong_state` when the alert is closed already.
pub fn acknowledge(tx: &mut Tx<'_>, actor: &str, alert: &AlertView) -> Result<AlertView> {
    if alert.closed_at.is_some() {
        return Err(Error::new(Code::WrongState, "this alert is closed: it is no longer true; only an open one is acknowledged"));
    }
    if store::acknowledge(tx, alert.site_id, alert.id, actor)? > 0 {
        let subject = format!("{}:{}", alert.kind, alert.subject);
        audit::record(tx, alert.site_id, actor, "alert.acknowledge", &subject, &serde_json::json!({"alert": id::to_wire(alert.id)}))?;
        let event = serde_json::json!({
            "alert": id::to_wire(alert.id), "kind": alert.kind, "subject": alert.subject, "state": "acknowledged"
        });
        outbox::push(tx, alert.site_id, Topic::Alert, &event)?;
    }
    store::by_id(tx.conn, alert.id)?.ok_or_else(|| Error::not_found("alert", alert.id))
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this site.
    pub site_id: Option<i64>,
    /// Closed ones too.
    pub closed_too: bool,
    /// After the alert of this sort key ([`AlertView::sort_key`]); none: from the start.
    pub after: Option<(i64, i64)>,
    /// At most so many rows.
    pub limit: i64,
}

impl AlertView {
    /// Open ones first, then the newest.
    pub fn sort_key(&self) -> (i64, i64) {
        (i64::from(self.closed_at.is_some()), self.id)
    }
}

/// Lists alerts: open ones first, each group newest first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<AlertView>> {
    store::list(conn, wanted)
}

#[cfg(test)]
mod tests;
