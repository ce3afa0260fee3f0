//! The table of substitutes.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Text};

use super::or_taken;
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::catalogue::substitute::{SubstituteContent, SubstituteView};
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::schema::substitute;

#[derive(QueryableByName)]
struct SubstituteRow {
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = BigInt)]
    substitute_item_id: i64,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    substitute: String,
    #[diesel(sql_type = Double)]
    ratio: f64,
    #[diesel(sql_type = Bool)]
    needs_approval: bool,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = BigInt)]
    updated_at: i64,
}

const SELECT: &str = "SELECT u.item_id, u.substitute_item_id, i.code AS item, s.code AS substitute, u.ratio, u.needs_approval, \
     u.version, u.updated_at FROM substitute u JOIN item i ON i.id = u.item_id JOIN item s ON s.id = u.substitute_item_id";

impl From<SubstituteRow> for SubstituteView {
    fn from(row: SubstituteRow) -> Self {
        let content =
            SubstituteContent { item: row.item, substitute: row.substitute, ratio: row.ratio, needs_approval: row.needs_approval };
        let key = (row.item_id, row.substitute_item_id);
        Self { id: content.id(), content, version: row.version, updated_at: Micros(row.updated_at), key }
    }
}

pub(in crate::catalogue) fn view(conn: &mut Conn, item: &str, substitute: &str) -> Result<Option<SubstituteView>> {
    let row = diesel::sql_query(format!("{SELECT} WHERE i.code = $1 AND s.code = $2"))
        .bind::<Text, _>(item)
        .bind::<Text, _>(substitute)
        .get_result::<SubstituteRow>(conn)
        .optional()?;
    Ok(row.map(SubstituteView::from))
}

/// Every substitute: what an import compares with.
pub(in crate::catalogue) fn known(conn: &mut Conn) -> Result<Vec<SubstituteView>> {
    let rows: Vec<SubstituteRow> = diesel::sql_query(SELECT).load(conn)?;
    Ok(rows.into_iter().map(SubstituteView::from).collect())
}

pub(in crate::catalogue) fn list(
    conn: &mut Conn,
    pattern: &str,
    item: &str,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<SubstituteView>> {
    let rows: Vec<SubstituteRow> = diesel::sql_query(format!(
        "{SELECT} WHERE i.archived = FALSE AND s.archived = FALSE AND (i.code > $1 OR (i.code = $1 AND s.code > $2)) \
         AND ($3 = '' OR i.code = $3) AND (LOWER(i.code) LIKE LOWER($4) ESCAPE '\\' OR LOWER(i.name) LIKE LOWER($4) ESCAPE '\\' \
         OR COALESCE(i.gtin, '') LIKE $4 ESCAPE '\\' OR LOWER(s.code) LIKE LOWER($4) ESCAPE '\\' \
         OR LOWER(s.name) LIKE LOWER($4) ESCAPE '\\' OR COALESCE(s.gtin, '') LIKE $4 ESCAPE '\\') ORDER BY i.code, s.code LIMIT $5"
    ))
    .bind::<Text, _>(after.0)
    .bind::<Text, _>(after.1)
    .bind::<Text, _>(item)
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(SubstituteView::from).collect())
}

pub(in crate::catalogue) fn insert(tx: &mut Tx<'_>, view: &SubstituteView) -> Result<()> {
    diesel::insert_into(substitute::table)
        .values((
            substitute::item_id.eq(view.key.0),
            substitute::substitute_item_id.eq(view.key.1),
            substitute::ratio.eq(view.content.ratio),
            substitute::needs_approval.eq(view.content.needs_approval),
            substitute::version.eq(view.version),
            substitute::updated_at.eq(view.updated_at.0),
        ))
        .execute(tx.conn)
        .map_err(|cause| or_taken(cause, "substitute", &view.id))?;
    Ok(())
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn update(tx: &mut Tx<'_>, view: &SubstituteView, seen: i64) -> Result<bool> {
    let rows = diesel::update(
        substitute::table
            .filter(substitute::item_id.eq(view.key.0))
            .filter(substitute::substitute_item_id.eq(view.key.1))
            .filter(substitute::version.eq(seen)),
    )
    .set((
        substitute::ratio.eq(view.content.ratio),
        substitute::needs_approval.eq(view.content.needs_approval),
        substitute::version.eq(view.version),
        substitute::updated_at.eq(view.updated_at.0),
    ))
    .execute(tx.conn)?;
    Ok(rows == 1)
}

/// Answers `false` when somebody else changed it since `seen`.
pub(in crate::catalogue) fn delete(tx: &mut Tx<'_>, key: (i64, i64), seen: i64) -> Result<bool> {
    let rows = diesel::delete(
        substitute::table
            .filter(substitute::item_id.eq(key.0))
            .filter(substitute::substitute_item_id.eq(key.1))
            .filter(substitute::version.eq(seen)),
    )
    .execute(tx.conn)?;
    Ok(rows == 1)
}
