//! The tables of tokens, sessions, devices and audit.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::caller::{Caller, DeviceIdentity};
use super::device::{DeviceKey, DeviceView};
use super::role::Role;
use super::token::TokenView;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::directory::{self, Noun};
use crate::db::schema::{access_token, audit_log, device, place, session};

pub(super) fn site_by_code(conn: &mut Conn, code: &str) -> Result<Option<i64>> {
    Ok(place::table.filter(place::kind.eq("site")).filter(place::code.eq(code)).select(place::site_id).first(conn).optional()?)
}

pub(super) fn site_ids(conn: &mut Conn) -> Result<Vec<i64>> {
    Ok(place::table.filter(place::kind.eq("site")).select(place::site_id).order(place::site_id).load(conn)?)
}

pub(super) fn insert_token(
    tx: &mut Tx<'_>,
    id: i64,
    name: &str,
    role: Role,
    site_id: Option<i64>,
    sha256: &str,
    expires_at: Option<i64>,
) -> Result<()> {
    diesel::insert_into(access_token::table)
        .values((
            access_token::id.eq(id),
            access_token::name.eq(name),
            access_token::role.eq(role.word()),
            access_token::site_id.eq(site_id),
            access_token::secret_sha256.eq(sha256),
            access_token::created_at.eq(tx.now.0),
            access_token::expires_at.eq(expires_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn revoke_token(tx: &mut Tx<'_>, id: i64) -> Result<usize> {
    let rows = diesel::update(access_token::table.filter(access_token::id.eq(id)))
        .filter(access_token::revoked_at.is_null())
        .set(access_token::revoked_at.eq(tx.now.0))
        .execute(tx.conn)?;
    Ok(rows)
}

#[derive(QueryableByName)]
struct TokenRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Text>)]
    site: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    expires_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    revoked_at: Option<i64>,
}

pub(super) fn list_tokens(conn: &mut Conn) -> Result<Vec<TokenView>> {
    let rows: Vec<TokenRow> = diesel::sql_query(
        "SELECT t.id, t.name, t.role, p.code AS site, t.expires_at, t.revoked_at FROM access_token t \
         LEFT JOIN place p ON p.site_id = t.site_id AND p.id = t.site_id ORDER BY t.id",
    )
    .load(conn)?;
    rows.into_iter()
        .map(|row| {
            Ok(TokenView {
                id: row.id,
                name: row.name,
                role: role_of(&row.role)?,
                site: row.site,
                expires_at: row.expires_at.map(Micros),
                revoked_at: row.revoked_at.map(Micros),
            })
        })
        .collect()
}

fn role_of(word: &str) -> Result<Role> {
    Role::of(word).ok_or_else(|| Error::internal(format!("the database holds the role '{word}'")))
}

#[derive(QueryableByName)]
struct CallerRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    site_id: Option<i64>,
    #[diesel(sql_type = Text)]
    csrf: String,
}

impl CallerRow {
    fn caller(self) -> Result<Caller> {
        let csrf = (!self.csrf.is_empty()).then_some(self.csrf);
        Ok(Caller { role: role_of(&self.role)?, site: self.site_id, token_id: self.id, name: self.name, device: None, csrf })
    }
}

pub(super) fn caller_by_token(conn: &mut Conn, sha256: &str, now: Micros) -> Result<Option<Caller>> {
    diesel::sql_query(
        "SELECT id, name, role, site_id, '' AS csrf FROM access_token \
         WHERE secret_sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind::<Text, _>(sha256)
    .bind::<BigInt, _>(now.0)
    .get_result::<CallerRow>(conn)
    .optional()?
    .map(CallerRow::caller)
    .transpose()
}

pub(super) fn caller_by_session(conn: &mut Conn, sha256: &str, now: Micros) -> Result<Option<Caller>> {
    diesel::sql_query(
        "SELECT t.id, t.name, t.role, t.site_id, s.csrf FROM session s JOIN access_token t ON t.id = s.token_id \
         WHERE s.secret_sha256 = $1 AND s.expires_at > $2 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)",
    )
    .bind::<Text, _>(sha256)
    .bind::<BigInt, _>(now.0)
    .get_result::<CallerRow>(conn)
    .optional()?
    .map(CallerRow::caller)
    .transpose()
}

pub(super) fn caller_by_device(conn: &mut Conn, sha256: &str) -> Result<Option<Caller>> {
    let row: Option<(i64, i64, String, String, i64)> = device::table
        .filter(device::secret_sha256.eq(sha256))
        .filter(device::state.eq_any(["active", "quarantined"]))
        .select((device::site_id, device::id, device::code, device::state, device::commissioned_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(site_id, id, code, state, commissioned_at)| Caller {
        role: Role::Gateway,
        site: Some(site_id),
        token_id: 0,
        name: code.clone(),
        device: Some(DeviceIdentity { site_id, id, code, active: state == "active", commissioned_at }),
        csrf: None,
    }))
}

pub(super) fn insert_session(tx: &mut Tx<'_>, sha256: &str, token_id: i64, csrf: &str, expires_at: i64) -> Result<()> {
    diesel::insert_into(session::table)
        .values((
            session::secret_sha256.eq(sha256),
            session::token_id.eq(token_id),
            session::csrf.eq(csrf),
            session::created_at.eq(tx.now.0),
            session::expires_at.eq(expires_at),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn delete_session(tx: &mut Tx<'_>, sha256: &str) -> Result<()> {
    diesel::delete(session::table.filter(session::secret_sha256.eq(sha256))).execute(tx.conn)?;
    Ok(())
}

pub(super) fn delete_sessions_before(tx: &mut Tx<'_>, before: i64) -> Result<usize> {
    Ok(diesel::delete(session::table.filter(session::expires_at.lt(before))).execute(tx.conn)?)
}

/// Answers `false` when the code is taken.
pub(super) fn insert_device(tx: &mut Tx<'_>, site_id: i64, id: i64, code: &str, name: &str, state: &str, sha256: &str) -> Result<bool> {
    if !directory::take(tx, Noun::Device, code, site_id, id)? {
        return Ok(false);
    }
    diesel::insert_into(device::table)
        .values((
            (device::site_id.eq(site_id), device::id.eq(id), device::code.eq(code), device::name.eq(name), device::state.eq(state)),
            (
                device::secret_sha256.eq(sha256),
                device::commissioned_at.eq(tx.now.0),
                device::version.eq(1_i64),
                device::updated_at.eq(tx.now.0),
            ),
        ))
        .execute(tx.conn)?;
    Ok(true)
}

pub(super) fn set_device_state(tx: &mut Tx<'_>, key: &DeviceKey, state: &str) -> Result<()> {
    tx.callers_change();
    diesel::update(device::table.filter(device::site_id.eq(key.site_id)).filter(device::id.eq(key.id)))
        .set((device::state.eq(state), device::version.eq(device::version + 1), device::updated_at.eq(tx.now.0)))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn set_device_secret(tx: &mut Tx<'_>, key: &DeviceKey, sha256: &str) -> Result<()> {
    tx.callers_change();
    diesel::update(device::table.filter(device::site_id.eq(key.site_id)).filter(device::id.eq(key.id)))
        .set((device::secret_sha256.eq(sha256), device::version.eq(device::version + 1), device::updated_at.eq(tx.now.0)))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn device_by_name(conn: &mut Conn, code_or_id: &str) -> Result<Option<DeviceKey>> {
    let Some((site_id, id)) = directory::find(conn, Noun::Device, code_or_id)? else { return Ok(None) };
    let code: Option<String> =
        device::table.filter(device::site_id.eq(site_id)).filter(device::id.eq(id)).select(device::code).first(conn).optional()?;
    Ok(code.map(|code| DeviceKey { site_id, id, code }))
}

#[derive(QueryableByName)]
struct DeviceRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    site: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    last_seen_at: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    battery_pct: Option<i64>,
    #[diesel(sql_type = BigInt)]
    records_stored: i64,
    #[diesel(sql_type = BigInt)]
    records_quarantined: i64,
    #[diesel(sql_type = BigInt)]
    records_rejected: i64,
    #[diesel(sql_type = BigInt)]
    records_lost: i64,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

pub(super) fn list_devices(conn: &mut Conn, only_site: Option<i64>, after: &str, limit: i64) -> Result<Vec<DeviceView>> {
    let rows: Vec<DeviceRow> = diesel::sql_query(
        "SELECT d.id, d.code, d.name, p.code AS site, d.state, h.last_seen_at, h.battery_pct, \
         COALESCE(h.records_stored, 0) AS records_stored, COALESCE(h.records_quarantined, 0) AS records_quarantined, \
         COALESCE(h.records_rejected, 0) AS records_rejected, COALESCE(h.records_lost, 0) AS records_lost, d.version \
         FROM device d JOIN place p ON p.site_id = d.site_id AND p.id = d.site_id \
         LEFT JOIN device_health h ON h.site_id = d.site_id AND h.device_id = d.id \
         WHERE d.code > $1 AND ($2 = 0 OR d.site_id = $2) ORDER BY d.code LIMIT $3",
    )
    .bind::<Text, _>(after)
    .bind::<BigInt, _>(only_site.unwrap_or(0))
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|row| DeviceView {
            id: row.id,
            code: row.code,
            name: row.name,
            site: row.site,
            state: row.state,
            last_seen_at: row.last_seen_at.map(Micros),
            battery_pct: row.battery_pct,
            records_stored: row.records_stored,
            records_quarantined: row.records_quarantined,
            records_rejected: row.records_rejected,
            records_lost: row.records_lost,
            version: row.version,
        })
        .collect())
}

#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = audit_log)]
pub(super) struct AuditRow {
    pub(super) site_id: i64,
    pub(super) seq: i64,
    pub(super) at: i64,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) detail: String,
    pub(super) prev_hash: String,
    pub(super) hash: String,
}

pub(super) fn audit_head(conn: &mut Conn, site_id: i64) -> Result<(i64, String)> {
    let head: Option<(i64, String)> = audit_log::table
        .filter(audit_log::site_id.eq(site_id))
        .order(audit_log::seq.desc())
        .select((audit_log::seq, audit_log::hash))
        .first(conn)
        .optional()?;
    Ok(head.unwrap_or_default())
}

pub(super) fn insert_audit(tx: &mut Tx<'_>, row: &AuditRow) -> Result<()> {
    diesel::insert_into(audit_log::table).values(row).execute(tx.conn)?;
    Ok(())
}

/// Entries of all chains after an entry, each chain in its order.
pub(super) fn audit_after(conn: &mut Conn, site_id: i64, seq: i64, limit: i64) -> Result<Vec<AuditRow>> {
    let rows = audit_log::table
        .filter(audit_log::site_id.gt(site_id).or(audit_log::site_id.eq(site_id).and(audit_log::seq.gt(seq))))
        .order((audit_log::site_id, audit_log::seq))
        .limit(limit)
        .select(AuditRow::as_select())
        .load(conn)?;
    Ok(rows)
}

pub(super) fn list_audit(conn: &mut Conn, only_site: Option<i64>, limit: i64) -> Result<Vec<AuditRow>> {
    let mut query = audit_log::table.select(AuditRow::as_select()).into_boxed();
    if let Some(site_id) = only_site {
        query = query.filter(audit_log::site_id.eq(site_id));
    }
    Ok(query.order((audit_log::at.desc(), audit_log::seq.desc())).limit(limit).load(conn)?)
}
