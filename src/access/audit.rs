//! The audit: append-only, one hash chain per site (0 for what belongs to none).

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::store::{self, AuditRow};
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::body::hex;

/// Adds an entry to the chain, in the transaction of what it tells.
///
/// `hash = SHA-256(prev_hash | seq | at | actor | action | subject | detail)`, fields joined by a unit separator.
///
/// # Errors
/// Those of the database.
pub fn record(tx: &mut Tx<'_>, site_id: i64, actor: &str, action: &str, subject: &str, detail: &Value) -> Result<()> {
    let (seq, prev_hash) = store::audit_head(tx.conn, site_id)?;
    let mut row = AuditRow {
        site_id,
        seq: seq + 1,
        at: tx.now.0,
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_string(),
        prev_hash,
        hash: String::new(),
    };
    row.hash = hash(&row);
    store::insert_audit(tx, &row)
}

fn hash(row: &AuditRow) -> String {
    let text = [&row.prev_hash, &row.seq.to_string(), &row.at.to_string(), &row.actor, &row.action, &row.subject, &row.detail]
        .map(String::as_str)
        .join("\u{1f}");
    hex(&Sha256::digest(text.as_bytes()))
}

/// A broken link of a chain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Break {
    /// Which chain.
    pub site_id: i64,
    /// Which entry.
    pub seq: i64,
    /// What does not fit.
    pub rule: &'static str,
}

/// Entries that are held in memory at once.
const PAGE: i64 = 5_000;

/// Walks every chain; answers how many entries there are and where a chain is broken.
///
/// # Errors
/// Those of the database.
pub fn verify(conn: &mut Conn) -> Result<(usize, Vec<Break>)> {
    verify_telling(conn, &mut |_| {})
}

/// As [`verify`]; `seen` hears how many entries are done.
///
/// # Errors
/// Those of the database.
pub fn verify_telling(conn: &mut Conn, seen: &mut dyn FnMut(usize)) -> Result<(usize, Vec<Break>)> {
    let mut breaks = Vec::new();
    let mut entries = 0;
    let mut head: Option<AuditRow> = None;
    loop {
        let (site_id, seq) = head.as_ref().map_or((i64::MIN, i64::MIN), |head| (head.site_id, head.seq));
        let page = store::audit_after(conn, site_id, seq, PAGE)?;
        if page.is_empty() {
            return Ok((entries, breaks));
        }
        entries += page.len();
        for row in page {
            breaks.extend(broken_link(head.as_ref(), &row));
            head = Some(row);
        }
        seen(entries);
    }
}

fn broken_link(head: Option<&AuditRow>, row: &AuditRow) -> Option<Break> {
    let before = head.filter(|before| before.site_id == row.site_id);
    let (seq, prev_hash) = before.map_or((0, ""), |before| (before.seq, before.hash.as_str()));
    let rule = if row.seq != seq + 1 {
        "an entry is missing"
    } else if row.prev_hash != prev_hash {
        "the link to the entry before is wrong"
    } else if row.hash != hash(row) {
        "the entry was changed"
    } else {
        return None;
    };
    Some(Break { site_id: row.site_id, seq: row.seq, rule })
}

/// One entry as it is shown.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct AuditView {
    /// Place in its chain.
    pub seq: i64,
    /// When.
    pub at: Micros,
    /// Who, by id.
    pub actor: String,
    /// What.
    pub action: String,
    /// On what.
    pub subject: String,
    /// Before, after, why.
    pub detail: Value,
    /// Its hash.
    pub hash: String,
}

/// The newest entries of one site or all.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, only_site: Option<i64>, limit: i64) -> Result<Vec<AuditView>> {
    let mut rows = store::list_audit(conn, only_site, limit)?;
    rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.seq)));
    Ok(rows
        .into_iter()
        .map(|row| AuditView {
            seq: row.seq,
            at: Micros(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
            hash: row.hash,
        })
        .collect())
}
