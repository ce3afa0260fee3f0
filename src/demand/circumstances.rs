//! What people know, as the models take it: holidays, events by series, and which series takes the place of which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wardstock_models::forecast::{Circumstances, Event};

use super::store;
use crate::base::error::Result;
use crate::base::time::Day;
use crate::db::conn::Conn;
use crate::places::planning;

/// How the series of an item at a planning point is named.
pub fn series_id(item: &str, place: &str) -> String {
    format!("{item}@{place}")
}

/// A series and what it is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its name.
    pub id: String,
    /// Its item.
    pub item_id: i64,
    /// The item whose place its item takes.
    pub predecessor_id: Option<i64>,
    /// Its planning place.
    pub place_id: i64,
    /// With which items it is forecast.
    pub group: Option<String>,
}

/// An event as the store reads it.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) place_id: Option<i64>,
    pub(super) item_id: Option<i64>,
    pub(super) group: Option<String>,
    pub(super) first_day: i64,
    pub(super) last_day: i64,
    pub(super) factor: f64,
}

/// What is known of a site's series over `[from, until)`.
///
/// # Errors
/// Those of the database.
pub fn of_site(conn: &mut Conn, site_id: i64, subjects: &[Subject], from: Day, until: Day) -> Result<Circumstances> {
    let points = planning::planning_points(conn, site_id)?;
    let holder: HashMap<i64, i64> = points.iter().flat_map(|point| point.members.iter().map(|member| (*member, point.place.id))).collect();
    let holidays = store::holiday::days(conn, site_id, from, until)?.into_iter().collect::<BTreeSet<i64>>();
    let events = store::event::between(conn, site_id, from, until)?;
    let events = events.iter().flat_map(|event| by_series(event, &holder, subjects)).collect();
    Ok(Circumstances { holidays, events, predecessors: predecessors(subjects) })
}

/// An event as events of the models. One for a place concerns the planning point that holds it.
fn by_series(event: &Known, holder: &HashMap<i64, i64>, subjects: &[Subject]) -> Vec<Event> {
    let of = |series: Option<String>| Event {
        series,
        group: event.group.clone(),
        first_day: event.first_day,
        last_day: event.last_day,
        factor: event.factor,
    };
    let point = match event.place_id.map(|place_id| holder.get(&place_id)) {
        None => None,
        Some(Some(point)) => Some(*point),
        // An archived place uses nothing.
        Some(None) => return Vec::new(),
    };
    let here = |subject: &&Subject| point.is_none_or(|point| point == subject.place_id);
    // One event for all is quicker to look through than one for each.
    if event.item_id.is_none() && subjects.iter().all(|subject| here(&subject)) {
        return vec![of(None)];
    }
    let meant = |subject: &&Subject| {
        event.item_id.is_none_or(|item_id| item_id == subject.item_id)
            && event.group.as_ref().is_none_or(|group| Some(group) == subject.group.as_ref())
    };
    subjects.iter().filter(here).filter(meant).map(|subject| of(Some(subject.id.clone()))).collect()
}

fn predecessors(subjects: &[Subject]) -> BTreeMap<String, String> {
    let by_key: HashMap<(i64, i64), &str> =
        subjects.iter().map(|subject| ((subject.place_id, subject.item_id), subject.id.as_str())).collect();
    subjects
        .iter()
        .filter_map(|subject| {
            let before = by_key.get(&(subject.place_id, subject.predecessor_id?))?;
            Some((subject.id.clone(), (*before).to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(item_id: i64, place_id: i64, group: &str, predecessor_id: Option<i64>) -> Subject {
        Subject {
            id: series_id(&format!("P{item_id}"), &format!("S{place_id}")),
            item_id,
            predecessor_id,
            place_id,
            group: Some(group.into()),
        }
    }

    #[track_caller]
    fn check(event: &Known, want: &[Option<&str>]) {
        let subjects = [subject(1, 10, "a", None), subject(2, 10, "b", None), subject(1, 20, "a", None)];
        let holder = HashMap::from([(10, 10), (11, 10), (20, 20)]);
        let got = by_series(event, &holder, &subjects);
        let names: Vec<Option<&str>> = got.iter().map(|event| event.series.as_deref()).collect();
        assert_eq!(names, want);
    }

    #[test]
    fn events_concern_the_point_that_holds_their_place() {
        check(&Known::default(), &[None]);
        check(&Known { group: Some("a".into()), ..Known::default() }, &[None]);
        check(&Known { item_id: Some(1), ..Known::default() }, &[Some("P1@S10"), Some("P1@S20")]);
        check(&Known { place_id: Some(11), ..Known::default() }, &[Some("P1@S10"), Some("P2@S10")]);
        check(&Known { place_id: Some(11), group: Some("b".into()), ..Known::default() }, &[Some("P2@S10")]);
        check(&Known { place_id: Some(99), ..Known::default() }, &[]);
    }

    #[test]
    fn a_predecessor_counts_where_both_are_kept() {
        let subjects = [subject(1, 10, "a", None), subject(2, 10, "a", Some(1)), subject(2, 20, "a", Some(1))];
        assert_eq!(predecessors(&subjects), BTreeMap::from([("P2@S10".to_owned(), "P1@S10".to_owned())]));
    }
}
