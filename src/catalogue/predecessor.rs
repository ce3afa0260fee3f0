//! Which item takes the place of which: an item is there, is not itself, and never comes round to itself.

use std::collections::HashMap;

use super::check;
use super::item::ItemContent;
use super::store;
use crate::base::error::{FieldError, Result};
use crate::db::conn::Conn;

/// The predecessor of each item that has one, and of each that has none `None`: by code.
pub(super) type Links = HashMap<String, Option<String>>;

/// Refuses a predecessor that is not there, or that comes round to the item itself.
///
/// # Errors
/// `invalid_input` naming the field.
pub(super) fn require_sound(conn: &mut Conn, content: &ItemContent) -> Result<()> {
    if content.predecessor.is_none() {
        return Ok(());
    }
    check::none(wrong(&store::item::links(conn)?, content).into_iter().collect())
}

/// What is wrong with the predecessor of an item, where `links` are those of all items.
pub(super) fn wrong(links: &Links, content: &ItemContent) -> Option<FieldError> {
    let first = content.predecessor.as_deref()?;
    let refuse = |rule: &str, detail: String| Some(FieldError::new("/predecessor", rule, detail));
    if first == content.code {
        return refuse("same_item", format!("'{first}' can't take its own place"));
    }
    if !links.contains_key(first) {
        return refuse("unknown", format!("there is no item '{first}'; in a file it stands above the items that take its place"));
    }
    let chain = std::iter::successors(Some(first), |code| links.get(*code).and_then(Option::as_deref));
    // Links that are kept have no circle, so that a walk along them ends.
    if chain.take(links.len() + 1).any(|code| code == content.code) {
        return refuse("cycle", format!("'{first}' itself takes the place of '{}', directly or through others", content.code));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::item::tests::sample;

    #[track_caller]
    fn check(code: &str, predecessor: &str, want: Option<&str>) {
        let link = |code: &str, before: Option<&str>| (code.to_owned(), before.map(str::to_owned));
        let links = Links::from([link("A", None), link("B", Some("A")), link("C", Some("B"))]);
        let content = ItemContent { code: code.into(), predecessor: Some(predecessor.into()), ..sample() };
        assert_eq!(wrong(&links, &content).map(|error| error.code).as_deref(), want);
    }

    #[test]
    fn nothing_comes_round_to_itself() {
        check("D", "C", None);
        check("C", "A", None);
        check("A", "A", Some("same_item"));
        check("A", "X", Some("unknown"));
        check("A", "C", Some("cycle"));
    }
}
