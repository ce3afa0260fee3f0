//! Bodies of vendors' gateways, as they came.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::access::caller::DeviceIdentity;
use crate::base::error::Result;
use crate::db::Tx;

/// Keeps a body; false: the same bytes are kept already.
pub(in crate::sensing) fn insert_post(
    tx: &mut Tx<'_>,
    device: &DeviceIdentity,
    id: i64,
    door: &str,
    body: &str,
    sha256: &str,
) -> Result<bool> {
    let added = diesel::sql_query(
        "INSERT INTO vendor_post (site_id, id, device_id, door, body, body_sha256, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (site_id, device_id, body_sha256) DO NOTHING",
    )
    .bind::<BigInt, _>(device.site_id)
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(device.id)
    .bind::<Text, _>(door)
    .bind::<Text, _>(body)
    .bind::<Text, _>(sha256)
    .bind::<BigInt, _>(tx.now.0)
    .execute(tx.conn)?;
    Ok(added > 0)
}

/// Forgets bodies from before a moment, a few at a time; answers how many went.
pub(in crate::sensing) fn delete_posts(tx: &mut Tx<'_>, site_id: i64, before: i64, most: i64) -> Result<usize> {
    Ok(diesel::sql_query(
        "DELETE FROM vendor_post WHERE site_id = $1 AND id IN \
         (SELECT id FROM vendor_post WHERE site_id = $1 AND received_at < $2 ORDER BY received_at LIMIT $3)",
    )
    .bind::<BigInt, _>(site_id)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(most)
    .execute(tx.conn)?)
}
