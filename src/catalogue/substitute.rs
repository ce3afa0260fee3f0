//! Substitutes: which item can stand in for another, and how much of it.
//!
//! A substitute is known as `ITEM~SUBSTITUTE` ('~' can't be part of a code). It has no history worth
//! keeping: DELETE removes it, the audit keeps what it was.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::{self, Checks};
use super::offer::unusable;
use super::{search, store};
use crate::access::audit;
use crate::base::error::{Error, FieldError, Result};
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::web::precondition::clash;

/// Base units of the substitute per base unit of the item, least and most.
pub(super) const RATIO_SPAN: (f64, f64) = (1e-6, 1e6);

/// What people say about a substitute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Substitute")]
pub struct SubstituteContent {
    /// Code of the item that is missing.
    pub item: String,
    /// Code of the item that stands in.
    pub substitute: String,
    /// Base units of the substitute per base unit of the item.
    #[serde(default = "same")]
    pub ratio: f64,
    /// Whether somebody must approve each use.
    #[serde(default)]
    pub needs_approval: bool,
}

pub(super) fn same() -> f64 {
    1.0
}

/// A substitute as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct SubstituteView {
    /// `ITEM~SUBSTITUTE`.
    pub id: String,
    /// What people say about it.
    #[serde(flatten)]
    pub content: SubstituteContent,
    /// Grows with each change; its `ETag`.
    pub version: i64,
    /// When it was changed last.
    pub updated_at: Micros,
    /// The ids behind the codes: item, substitute.
    #[serde(skip)]
    pub(super) key: (i64, i64),
}

/// A change of a substitute; only the named fields change.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstitutePatch {
    /// Base units of the substitute per base unit of the item.
    #[serde(default, deserialize_with = "super::patch::named")]
    pub ratio: Option<f64>,
    /// Whether somebody must approve each use.
    #[serde(default, deserialize_with = "super::patch::named")]
    pub needs_approval: Option<bool>,
}

impl SubstituteContent {
    /// Says what is wrong with it.
    pub(super) fn wrongs(&self) -> Vec<FieldError> {
        let mut checks = Checks::default();
        checks.number("/ratio", self.ratio, RATIO_SPAN.0, RATIO_SPAN.1);
        if self.item == self.substitute {
            checks.refuse("/substitute", "same_item", "an item is no substitute of itself");
        }
        checks.errors()
    }

    /// How it is named in paths and lists.
    pub(super) fn id(&self) -> String {
        format!("{}~{}", self.item, self.substitute)
    }
}

/// A substitute as other rooms use it.
#[derive(Debug, Clone, PartialEq)]
pub struct Substitute {
    /// The item that is missing.
    pub item_id: i64,
    /// The item that stands in.
    pub substitute_item_id: i64,
    /// Base units of the substitute per base unit of the item.
    pub ratio: f64,
    /// Whether somebody must approve each use.
    pub needs_approval: bool,
}

/// All substitutes between items that are not archived, by item and substitute.
///
/// # Errors
/// Those of the database.
pub fn all(conn: &mut Conn) -> Result<Vec<Substitute>> {
    let views = store::substitute::list(conn, "%", "", Default::default(), i64::MAX)?;
    Ok(views
        .into_iter()
        .map(|view| Substitute {
            item_id: view.key.0,
            substitute_item_id: view.key.1,
            ratio: view.content.ratio,
            needs_approval: view.content.needs_approval,
        })
        .collect())
}

/// The codes in `ITEM~SUBSTITUTE`.
fn split(id: &str) -> Option<(&str, &str)> {
    id.split_once('~')
}

/// A substitute by `ITEM~SUBSTITUTE`.
///
/// # Errors
/// `not_found`.
pub fn view(conn: &mut Conn, id: &str) -> Result<SubstituteView> {
    let found = split(id).map(|(item, substitute)| store::substitute::view(conn, item, substitute)).transpose()?.flatten();
    found.ok_or_else(|| Error::not_found("substitute", id))
}

/// The substitutes of one item (or of all, for `""`) that hold `q` in code or name of either item, or in the
/// GTIN: by item and substitute, after `ITEM~SUBSTITUTE`.
///
/// # Errors
/// `invalid_input` for a search word that is too long.
pub fn list(conn: &mut Conn, q: Option<&str>, item: &str, after: &str, limit: i64) -> Result<Vec<SubstituteView>> {
    store::substitute::list(conn, &search::pattern(q)?, item, split(after).unwrap_or_default(), limit)
}

/// Makes a substitute.
///
/// # Errors
/// `invalid_input` naming each bad field, `already_exists`.
pub fn create(tx: &mut Tx<'_>, actor: &str, mut wish: SubstituteContent) -> Result<SubstituteView> {
    let mut errors = Vec::new();
    let mut ids = Vec::new();
    for (noun, code) in [("item", &mut wish.item), ("substitute", &mut wish.substitute)] {
        match store::item::view(tx.conn, code)? {
            Some(item) if !item.archived => {
                *code = item.content.code;
                ids.push(item.id);
            }
            found => {
                let (rule, detail) = unusable("item", code, found.is_some());
                errors.push(FieldError::new(format!("/{noun}"), rule, detail));
            }
        }
    }
    errors.extend(wish.wrongs());
    check::none(errors)?;
    let &[item_id, substitute_id] = ids.as_slice() else { return Err(Error::internal("two codes gave no two ids")) };
    if store::substitute::view(tx.conn, &wish.item, &wish.substitute)?.is_some() {
        return Err(store::taken("substitute", &wish.id(), false));
    }
    let view = insert(tx, wish, (item_id, substitute_id))?;
    audit::record(tx, 0, actor, "substitute.create", &view.id, &json!({"after": view}))?;
    Ok(view)
}

pub(super) fn insert(tx: &mut Tx<'_>, content: SubstituteContent, key: (i64, i64)) -> Result<SubstituteView> {
    let view = SubstituteView { id: content.id(), content, version: 1, updated_at: tx.now, key };
    store::substitute::insert(tx, &view)?;
    Ok(view)
}

/// Changes the named fields of a substitute.
///
/// # Errors
/// `not_found`, `precondition_failed`, `invalid_input`.
pub fn change(tx: &mut Tx<'_>, actor: &str, id: &str, seen: i64, wish: &SubstitutePatch) -> Result<SubstituteView> {
    let before = view(tx.conn, id)?;
    require_version(&before, seen)?;
    let mut after = before.clone();
    after.content.ratio = wish.ratio.unwrap_or(after.content.ratio);
    after.content.needs_approval = wish.needs_approval.unwrap_or(after.content.needs_approval);
    check::none(after.content.wrongs())?;
    if after == before {
        return Ok(before);
    }
    let after = save(tx, after)?;
    audit::record(tx, 0, actor, "substitute.change", id, &json!({"before": before, "after": after}))?;
    Ok(after)
}

fn require_version(now: &SubstituteView, seen: i64) -> Result<()> {
    if now.version == seen { Ok(()) } else { Err(clash("substitute", seen, now.version)) }
}

/// Writes the next version of a substitute.
pub(super) fn save(tx: &mut Tx<'_>, mut view: SubstituteView) -> Result<SubstituteView> {
    let seen = view.version;
    view.version += 1;
    view.updated_at = tx.now;
    if store::substitute::update(tx, &view, seen)? { Ok(view) } else { Err(clash("substitute", seen, seen + 1)) }
}

/// Removes a substitute.
///
/// # Errors
/// `not_found`, `precondition_failed`.
pub fn remove(tx: &mut Tx<'_>, actor: &str, id: &str, seen: i64) -> Result<()> {
    let before = view(tx.conn, id)?;
    require_version(&before, seen)?;
    if !store::substitute::delete(tx, before.key, seen)? {
        return Err(clash("substitute", seen, seen + 1));
    }
    audit::record(tx, 0, actor, "substitute.remove", id, &json!({"before": before}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_item_stands_in_for_itself() {
        let wish = |item: &str, substitute: &str, ratio: f64| SubstituteContent {
            item: item.into(),
            substitute: substitute.into(),
            ratio,
            needs_approval: false,
        };
        assert!(wish("P1", "P2", 0.5).wrongs().is_empty());
        let rules: Vec<_> = wish("P1", "P1", 0.0).wrongs().into_iter().map(|error| error.code).collect();
        assert_eq!(rules, ["out_of_range", "same_item"]);
        assert_eq!(split(&wish("P1", "P-2", 1.0).id()), Some(("P1", "P-2")));
    }
}
