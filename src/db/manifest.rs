//! What a backup says of itself: schema, rows, how far ledger and audit went, and the hash of the file.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Number};
use super::schema::{audit_log, channel_last, movement};
use crate::base::error::Result;
use crate::base::time::Micros;

/// The only format there is.
pub const FORMAT: &str = "wardstock.backup.v1";

/// How far one site's ledger and audit went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteMark {
    /// Site; 0: what belongs to none.
    pub site_id: i64,
    /// Newest movement; null: none.
    pub last_movement_id: Option<i64>,
    /// Newest entry of the audit; null: none.
    pub audit_seq: Option<i64>,
    /// Its hash, which stands for the whole chain.
    pub audit_hash: Option<String>,
}

/// What a database holds at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Newest migration.
    pub schema: String,
    /// Newest thing that was stored; null: nothing yet.
    pub stored_until: Option<Micros>,
    /// Rows by table.
    pub counts: BTreeMap<String, i64>,
    /// How far each site went.
    pub sites: Vec<SiteMark>,
}

/// The document beside a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Version of the program that wrote it.
    pub program: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// When it was made.
    pub taken_at: Micros,
    /// Length of the file; null: there is only this manifest.
    pub bytes: Option<u64>,
    /// SHA-256 of the file; null: there is only this manifest.
    pub sha256: Option<String>,
    /// What it holds.
    #[serde(flatten)]
    pub facts: Facts,
}

impl Manifest {
    pub(super) fn new(engine: &str, facts: Facts, taken_at: Micros, hashed: Option<(u64, String)>) -> Self {
        let (bytes, sha256) = hashed.unzip();
        let (format, program, engine) = (FORMAT.to_owned(), env!("CARGO_PKG_VERSION").to_owned(), engine.to_owned());
        Self { format, program, engine, taken_at, bytes, sha256, facts }
    }
}

#[derive(QueryableByName)]
struct Schema {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct MarkRow {
    #[diesel(sql_type = BigInt)]
    site_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_movement_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    audit_seq: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    audit_hash: Option<String>,
}

/// Counts and marks. Of one moment only in a snapshot, or in a file that nobody writes.
///
/// # Errors
/// Those of the database.
pub fn facts(conn: &mut Conn) -> Result<Facts> {
    let mut counts = BTreeMap::new();
    for table in conn.table_names()? {
        let rows = diesel::sql_query(format!("SELECT COUNT(*) AS value FROM {table}")).get_result::<Number>(conn)?;
        counts.insert(table, rows.value);
    }
    let stored: [Option<i64>; 3] = [
        movement::table.select(diesel::dsl::max(movement::recorded_at)).first(conn)?,
        channel_last::table.select(diesel::dsl::max(channel_last::received_at)).first(conn)?,
        audit_log::table.select(diesel::dsl::max(audit_log::at)).first(conn)?,
    ];
    let marks: Vec<MarkRow> = diesel::sql_query(
        "SELECT s.site_id, (SELECT MAX(m.id) FROM movement m WHERE m.site_id = s.site_id) AS last_movement_id, s.audit_seq, \
           (SELECT a.hash FROM audit_log a WHERE a.site_id = s.site_id AND a.seq = s.audit_seq) AS audit_hash \
         FROM (SELECT p.site_id, (SELECT MAX(a.seq) FROM audit_log a WHERE a.site_id = p.site_id) AS audit_seq \
           FROM (SELECT site_id FROM place WHERE kind = 'site' UNION SELECT site_id FROM audit_log) p) s ORDER BY s.site_id",
    )
    .load(conn)?;
    let sites = marks
        .into_iter()
        .map(|row| SiteMark {
            site_id: row.site_id,
            last_movement_id: row.last_movement_id,
            audit_seq: row.audit_seq,
            audit_hash: row.audit_hash,
        })
        .collect();
    let stored_until = stored.into_iter().flatten().max().map(Micros);
    // Not through diesel_migrations, which would first make its table where there is none.
    let schema = diesel::sql_query("SELECT COALESCE(MAX(version), '') AS version FROM __diesel_schema_migrations")
        .get_result::<Schema>(conn)?
        .version;
    Ok(Facts { schema, stored_until, counts, sites })
}
