//! Planning points: the places that orders are planned for, and whose stock and demand they pool.

use std::collections::{BTreeMap, HashMap};

use super::{PlaceKey, PlaceKind};
use crate::base::error::Result;
use crate::db::conn::Conn;

/// A place that orders are planned for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanningPoint {
    /// Where orders are delivered.
    pub place: PlaceKey,
    /// Ids of the places pooled into it, itself included and first.
    pub members: Vec<i64>,
}

/// The planning points of a site, by code. Each place of the site that is not archived is in exactly one.
///
/// - Each store is one. Every other place is pooled into its nearest store above; without one (a ward under
///   the site, the site itself) into the site's first store by code.
/// - Without any store each child of the site is one, with all that is part of it; the site itself is pooled
///   into the first of them by code.
/// - A site without children is one itself.
///
/// # Errors
/// Those of the database.
pub fn planning_points(conn: &mut Conn, site_id: i64) -> Result<Vec<PlanningPoint>> {
    Ok(pool(&super::of_site(conn, site_id)?))
}

/// The rule of [`planning_points`] on the places of one site.
fn pool(places: &[PlaceKey]) -> Vec<PlanningPoint> {
    let by_id: HashMap<i64, &PlaceKey> = places.iter().map(|place| (place.id, place)).collect();
    let has_store = places.iter().any(|place| place.kind == PlaceKind::Store);
    let is_point = |place: &PlaceKey| {
        if has_store {
            place.kind == PlaceKind::Store
        } else {
            place.kind != PlaceKind::Site && parent(&by_id, place).is_none_or(|above| above.kind == PlaceKind::Site)
        }
    };
    let first = places.iter().filter(|place| is_point(place)).min_by(|a, b| a.code.cmp(&b.code));
    let Some(first) = first else {
        return places.iter().map(|place| PlanningPoint { place: place.clone(), members: vec![place.id] }).collect();
    };
    let mut points: BTreeMap<&str, PlanningPoint> = places
        .iter()
        .filter(|place| is_point(place))
        .map(|place| (place.code.as_str(), PlanningPoint { place: place.clone(), members: vec![place.id] }))
        .collect();
    for place in places.iter().filter(|place| !is_point(place)) {
        let above = std::iter::successors(Some(place), |place| parent(&by_id, place)).take(places.len()).find(|place| is_point(place));
        if let Some(point) = points.get_mut(above.unwrap_or(first).code.as_str()) {
            point.members.push(place.id);
        }
    }
    points.into_values().collect()
}

fn parent<'a>(by_id: &HashMap<i64, &'a PlaceKey>, place: &PlaceKey) -> Option<&'a PlaceKey> {
    place.parent_id.and_then(|id| by_id.get(&id).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Sketch<'a> = (i64, &'a str, PlaceKind, Option<i64>);

    #[track_caller]
    fn check(sketch: &[Sketch<'_>], want: &[(&str, &[i64])]) {
        let places: Vec<PlaceKey> = sketch
            .iter()
            .map(|(id, code, kind, parent_id)| PlaceKey {
                site_id: 1,
                id: *id,
                code: (*code).to_owned(),
                kind: *kind,
                parent_id: *parent_id,
            })
            .collect();
        let points = pool(&places);
        let got: Vec<(&str, &[i64])> = points.iter().map(|point| (point.place.code.as_str(), point.members.as_slice())).collect();
        assert_eq!(got, want);
    }

    const SITE: Sketch<'_> = (1, "H", PlaceKind::Site, None);

    #[test]
    fn stores_pool_what_hangs_below() {
        check(
            &[
                SITE,
                (2, "S2", PlaceKind::Store, Some(1)),
                (3, "S1", PlaceKind::Store, Some(1)),
                (4, "S3", PlaceKind::Store, Some(2)),
                (5, "W1", PlaceKind::Ward, Some(4)),
                (6, "B1", PlaceKind::Bin, Some(5)),
                (7, "W2", PlaceKind::Ward, Some(1)),
                (8, "B2", PlaceKind::Bin, Some(7)),
                (9, "B3", PlaceKind::Bin, Some(2)),
            ],
            &[("S1", &[3, 1, 7, 8]), ("S2", &[2, 9]), ("S3", &[4, 5, 6])],
        );
    }

    #[test]
    fn a_site_without_a_store() {
        check(
            &[SITE, (2, "W2", PlaceKind::Ward, Some(1)), (3, "W1", PlaceKind::Ward, Some(1)), (4, "B1", PlaceKind::Bin, Some(2))],
            &[("W1", &[3, 1]), ("W2", &[2, 4])],
        );
        check(&[SITE], &[("H", &[1])]);
        check(&[], &[]);
    }
}
