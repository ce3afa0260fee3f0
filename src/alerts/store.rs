//! The table of alerts.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{AlertView, Severity, Wanted};
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::alert;

/// The unique index on open alerts decides, so two writers can't raise the same one.
pub(super) fn insert_unless_open(
    tx: &mut Tx<'_>,
    site_id: i64,
    id: i64,
    kind: &str,
    subject: &str,
    severity: Severity,
    message: &str,
) -> Result<bool> {
    let added = diesel::sql_query(
        "INSERT INTO alert (site_id, id, kind, subject, severity, message, raised_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(kind)
    .bind::<Text, _>(subject)
    .bind::<Text, _>(severity.word())
    .bind::<Text, _>(message)
    .bind::<BigInt, _>(tx.now.0)
    .execute(tx.conn)?;
    Ok(added > 0)
}

pub(super) fn open_subjects(conn: &mut Conn, site_id: i64, kind: &str) -> Result<BTreeSet<String>> {
    let open = alert::table.filter(alert::site_id.eq(site_id)).filter(alert::kind.eq(kind)).filter(alert::closed_at.is_null());
    let subjects: Vec<String> = open.select(alert::subject).load(conn)?;
    Ok(subjects.into_iter().collect())
}

pub(super) fn close(tx: &mut Tx<'_>, site_id: i64, kind: &str, subject: &str) -> Result<usize> {
    let open = alert::table
        .filter(alert::site_id.eq(site_id))
        .filter(alert::kind.eq(kind))
        .filter(alert::subject.eq(subject))
        .filter(alert::closed_at.is_null());
    Ok(diesel::update(open).set(alert::closed_at.eq(Some(tx.now.0))).execute(tx.conn)?)
}

pub(super) fn acknowledge(tx: &mut Tx<'_>, site_id: i64, id: i64, actor: &str) -> Result<usize> {
    let waiting = alert::table
        .filter(alert::site_id.eq(site_id))
        .filter(alert::id.eq(id))
        .filter(alert::acknowledged_at.is_null())
        .filter(alert::closed_at.is_null());
    Ok(diesel::update(waiting).set((alert::acknowledged_at.eq(Some(tx.now.0)), alert::acknowledged_by.eq(Some(actor)))).execute(tx.conn)?)
}

#[derive(QueryableByName)]
struct AlertRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Text)]
    severity: String,
    #[diesel(sql_type = Text)]
    message: String,
    #[diesel(sql_type = BigInt)]
    raised_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    acknowledged_at: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    acknowledged_by: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    closed_at: Option<i64>,
}

impl From<AlertRow> for AlertView {
    fn from(row: AlertRow) -> Self {
        let state = match (row.closed_at, row.acknowledged_at) {
            (Some(_), _) => "closed",
            (None, Some(_)) => "acknowledged",
            (None, None) => "open",
        };
        Self {
            id: row.id,
            site_id: row.site_id,
            site: row.site,
            kind: row.kind,
            subject: row.subject,
            severity: row.severity,
            message: row.message,
            state,
            raised_at: Micros(row.raised_at),
            acknowledged_at: row.acknowledged_at.map(Micros),
            acknowledged_by: row.acknowledged_by,
            closed_at: row.closed_at.map(Micros),
        }
    }
}

const ALERT: &str = "\
SELECT a.id, a.site_id, COALESCE(p.code, '') AS site, a.kind, a.subject, a.severity, a.message, a.raised_at, a.acknowledged_at, \
a.acknowledged_by, a.closed_at FROM alert a LEFT JOIN place p ON p.site_id = a.site_id AND p.id = a.site_id";

pub(super) fn by_id(conn: &mut Conn, id: i64) -> Result<Option<AlertView>> {
    let row: Option<AlertRow> = diesel::sql_query(format!("{ALERT} WHERE a.id = $1")).bind::<BigInt, _>(id).get_result(conn).optional()?;
    Ok(row.map(AlertView::from))
}

pub(super) fn list(conn: &mut Conn, wanted: &Wanted) -> Result<Vec<AlertView>> {
    const CLOSED: &str = "CASE WHEN a.closed_at IS NULL THEN 0 ELSE 1 END";
    let (after_closed, after_id) = wanted.after.unwrap_or((0, i64::MAX));
    let closed_most = i64::from(wanted.closed_too);
    let rows: Vec<AlertRow> = diesel::sql_query(format!(
        "{ALERT} WHERE ($1 = 0 OR a.site_id = $1) AND {CLOSED} <= $2 AND ({CLOSED} > $3 OR ({CLOSED} = $3 AND a.id < $4)) \
         ORDER BY {CLOSED}, a.id DESC LIMIT $5"
    ))
    .bind::<BigInt, _>(wanted.site_id.unwrap_or(0))
    .bind::<BigInt, _>(closed_most)
    .bind::<BigInt, _>(after_closed)
    .bind::<BigInt, _>(after_id)
    .bind::<BigInt, _>(wanted.limit)
    .load(conn)?;
    Ok(rows.into_iter().map(AlertView::from).collect())
}
