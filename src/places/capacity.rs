//! How many litres a site can keep, by storage class.

use std::collections::HashMap;

use super::place::PlaceContent;
use super::{PlaceKind, store};
use crate::base::error::Result;
use crate::catalogue::item::STORAGE_CLASSES;
use crate::db::conn::Conn;

/// Litres of a site by storage class; none: unlimited. Every class is in the answer.
///
/// The sum over the site's stores, unlimited as soon as one of them states no capacity for the class. When no
/// store states one for the class, the site's own capacity counts. Wards and bins never count: orders are
/// delivered to stores.
///
/// # Errors
/// Those of the database.
pub fn litres(conn: &mut Conn, site_id: i64) -> Result<HashMap<String, Option<f64>>> {
    let places: Vec<PlaceContent> = store::whole::of_site(conn, site_id)?.into_iter().map(|place| place.content).collect();
    Ok(STORAGE_CLASSES.iter().map(|class| ((*class).to_owned(), of_class(&places, class))).collect())
}

fn of_class(places: &[PlaceContent], class: &str) -> Option<f64> {
    let of_kind = |kind| places.iter().filter(move |place| place.kind == kind).map(|place| of_place(place, class));
    if of_kind(PlaceKind::Store).any(|litres| litres.is_some()) {
        of_kind(PlaceKind::Store).sum()
    } else {
        of_kind(PlaceKind::Site).next().flatten()
    }
}

fn of_place(place: &PlaceContent, class: &str) -> Option<f64> {
    match class {
        "refrigerated" => place.capacity_refrigerated_litres,
        "frozen" => place.capacity_frozen_litres,
        "controlled" => place.capacity_controlled_litres,
        _ => place.capacity_ambient_litres,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(site: Option<f64>, stores: &[Option<f64>], want: Option<f64>) {
        let place = |kind: PlaceKind, litres: Option<f64>| -> PlaceContent {
            serde_json::from_value(serde_json::json!({"code": "X", "kind": kind, "capacity_frozen_litres": litres})).unwrap()
        };
        let mut places = vec![place(PlaceKind::Site, site), place(PlaceKind::Ward, Some(999.0))];
        places.extend(stores.iter().map(|litres| place(PlaceKind::Store, *litres)));
        assert_eq!(of_class(&places, "frozen"), want);
    }

    #[test]
    fn stores_first_then_the_site() {
        check(Some(5.0), &[Some(10.0), Some(20.0)], Some(30.0));
        check(Some(5.0), &[Some(10.0), None], None);
        check(Some(5.0), &[None, None], Some(5.0));
        check(Some(5.0), &[], Some(5.0));
        check(None, &[None], None);
    }
}
