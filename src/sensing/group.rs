//! The records of several batches of a site, sorted and stored together: one statement per hundred rows,
//! one newest row per channel, one mark per binding.

use std::collections::{BTreeSet, HashSet};

use super::ingest::{Arrival, Outcome, Seen, Verdict, judge, outcome, refused};
use super::native::{Rejected, Sample};
use super::registry::{Device, Registry};
use super::store;
use crate::access::caller::DeviceIdentity;
use crate::base::error::{Error, Result};
use crate::base::time::{DAY_MICROS, Micros};
use crate::db::Tx;
use crate::db::hot::{DirtyRow, ObservationRow};

/// How long the resend of a record that got our stamp is recognised.
const RESTAMPED_MICROS: i64 = DAY_MICROS;

/// Whether what this process remembers may save a look into the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It may; the counts that the database answers show where it was wrong, and then the group fails.
    Memory,
    /// Every record is looked up.
    Nothing,
}

/// The records of one batch.
pub(super) struct Load<'a> {
    pub(super) device: &'a DeviceIdentity,
    pub(super) arrivals: &'a [Arrival],
    /// An outcome for each record, not only for those that were not plainly stored.
    pub(super) full: bool,
    /// It may have come before, and its answer is not kept any more.
    pub(super) may_be_known: bool,
}

/// What became of the records of one batch.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// Records that were plainly stored and have no outcome of their own.
    pub(super) plain: u64,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) seen: Seen,
}

/// A record that will be stored.
struct Kept {
    load: usize,
    /// Its place among the arrivals of its batch.
    at: usize,
    row: ObservationRow,
    /// Explains a flag.
    message: &'static str,
    /// The binding that must be projected for it; 0: none.
    binding_id: i64,
    is_new: bool,
    /// It may be stored under another stamp.
    is_doubtful: bool,
}

/// Sorts and stores the records of some batches of a site; the outcomes in the order of the batches.
pub(super) fn store(
    tx: &mut Tx<'_>,
    registry: &mut Registry,
    site_id: i64,
    received_at: i64,
    loads: &[Load<'_>],
    trust: Trust,
) -> Result<Vec<Sorted>> {
    let mut sorted = Vec::with_capacity(loads.len());
    let mut kept = Vec::with_capacity(loads.iter().map(|load| load.arrivals.len()).sum());
    for (number, load) in loads.iter().enumerate() {
        let now = tx.now;
        let kept_from = registry.kept_from(site_id);
        let device = registry.device_with(tx, load.device, &unbound(load))?;
        let (one, quarantined) = sort(load, number, device, (received_at, kept_from), now, &mut kept);
        store::ingest::insert_quarantined(tx, load.device, received_at, &quarantined)?;
        sorted.push(one);
    }
    let known = known_restamped(tx, site_id, received_at, loads, &kept)?;
    append(tx, registry, site_id, received_at, &mut kept, &known, trust)?;
    mark(tx, site_id, &kept)?;
    let new = kept.iter().filter(|one| one.is_new).map(|one| (one.row.channel_id, one.row.observed_at));
    registry.hours.mark(tx, site_id, new)?;
    for one in &kept {
        let (Some(load), Some(to)) = (loads.get(one.load), sorted.get_mut(one.load)) else { continue };
        let Some(Arrival { record, .. }) = load.arrivals.get(one.at) else { continue };
        if !one.is_new {
            to.outcomes.push(outcome(record, "duplicate", "", "this record is stored already"));
        } else if one.message.is_empty() && !load.full {
            to.plain += 1;
        } else {
            let flag = match (one.message, record.at) {
                ("", _) => "",
                (_, None) => "bad_timestamp",
                (_, Some(_)) => "future_timestamp",
            };
            to.outcomes.push(outcome(record, "stored", flag, one.message));
        }
    }
    Ok(sorted)
}

/// The channels that need no binding, so that they are made when they are first used.
fn unbound<'a>(load: &Load<'a>) -> BTreeSet<&'a str> {
    let is_unbound = |sample: &Sample| matches!(sample, Sample::Status { .. } | Sample::Measured { .. });
    let arrivals = load.arrivals.iter().filter(|arrival| is_unbound(&arrival.record.sample));
    // What an unapproved device names is not taken over.
    let arrivals = arrivals.filter(|arrival| load.device.active || arrival.record.channel.is_empty());
    arrivals.map(|arrival| arrival.record.channel.as_str()).collect()
}

/// Decides about each record of a batch, received at a moment, of which nothing before another one is kept; answers those for the quarantine.
fn sort<'a>(
    load: &Load<'a>,
    number: usize,
    device: &Device,
    (received_at, kept_from): (i64, i64),
    now: Micros,
    kept: &mut Vec<Kept>,
) -> (Sorted, Vec<(&'a Arrival, &'static str)>) {
    let mut sorted = Sorted::default();
    let mut quarantined = Vec::new();
    let seen = &mut sorted.seen;
    for (at, arrival) in load.arrivals.iter().enumerate() {
        let candidates = device.lines_of(&arrival.record.channel);
        match judge(load.device, (received_at, kept_from), now, arrival, candidates, &device.lines) {
            // It would get a stamp of ours again, by which nothing can be recognised.
            Verdict::Keep(_, _, message) if load.may_be_known && !message.is_empty() => {
                let message = "it has no time of its own, and its batch is older than answers are kept".to_owned();
                let (record, field) = (&arrival.record, format!("/records/{}/at", arrival.record.index));
                sorted.outcomes.push(refused(Rejected { index: record.index, id: record.id.clone(), code: "too_old", field, message }));
            }
            Verdict::Keep(row, line, message) => {
                if let Sample::Status { battery_pct, firmware } = &arrival.record.sample
                    && row.event_at >= seen.status_at
                {
                    seen.status_at = row.event_at;
                    seen.battery_pct = battery_pct.or(seen.battery_pct);
                    seen.firmware = firmware.clone().or(seen.firmware.take());
                }
                seen.newest_at = seen.newest_at.max(row.event_at);
                let is_usable = matches!(row.kind, "level" | "weight") && row.quality != "unstable";
                let binding_id = device.lines.get(line).filter(|_| is_usable).map_or(0, |line| line.binding_id);
                let is_doubtful = load.may_be_known || !message.is_empty();
                kept.push(Kept { load: number, at, row, message, binding_id, is_new: false, is_doubtful });
            }
            Verdict::Quarantine(code, message) => {
                sorted.outcomes.push(outcome(&arrival.record, "quarantined", code, message));
                quarantined.push((arrival, code));
            }
            Verdict::Reject(rejected) => sorted.outcomes.push(refused(rejected)),
        }
    }
    (sorted, quarantined)
}

/// The stamp of a restamped record is ours, so the primary key can't tell a resend: its own key does. So it does for a batch
/// that may have come before, whose stamps may have been ahead then, however long ago.
fn known_restamped(tx: &mut Tx<'_>, site_id: i64, received_at: i64, loads: &[Load<'_>], kept: &[Kept]) -> Result<HashSet<(i64, i64)>> {
    let may_be_known = |one: &Kept| loads.get(one.load).is_some_and(|load| load.may_be_known);
    let is_recognisable = |one: &&Kept| {
        let record = loads.get(one.load).and_then(|load| load.arrivals.get(one.at)).map(|arrival| &arrival.record);
        record.is_some_and(|record| record.at.is_some() || record.id.is_some())
    };
    let keys = |one: &Kept| (one.row.channel_id, one.row.dedupe_key);
    let restamped: Vec<(i64, i64)> = kept.iter().filter(|one| !one.message.is_empty()).filter(is_recognisable).map(keys).collect();
    let mut known = store::ingest::known_restamped(tx.conn, site_id, received_at - RESTAMPED_MICROS, &restamped)?;
    let old: Vec<(i64, i64)> = kept.iter().filter(|one| may_be_known(one)).map(keys).collect();
    known.extend(store::ingest::known_restamped(tx.conn, site_id, i64::MIN, &old)?);
    Ok(known)
}

fn key(row: &ObservationRow) -> (i64, i64, i64) {
    (row.channel_id, row.observed_at, row.dedupe_key)
}

/// Stores the rows that are new, in the order of their key, and the newest of each channel; marks which were new.
fn append(
    tx: &mut Tx<'_>,
    registry: &mut Registry,
    site_id: i64,
    received_at: i64,
    kept: &mut [Kept],
    known: &HashSet<(i64, i64)>,
    trust: Trust,
) -> Result<()> {
    let mut order: Vec<usize> = (0..kept.len()).collect();
    order.retain(|at| kept.get(*at).is_some_and(|one| !one.is_doubtful || !known.contains(&(one.row.channel_id, one.row.dedupe_key))));
    order.sort_by_key(|at| kept.get(*at).map(|one| key(&one.row)));
    // Of equal records the first to come is the record, since the sort is stable.
    order.dedup_by_key(|at| kept.get(*at).map(|one| key(&one.row)));
    let (mut sure, mut doubtful): (Vec<ObservationRow>, Vec<ObservationRow>) = (Vec::with_capacity(order.len()), Vec::new());
    for one in order.iter().filter_map(|at| kept.get(*at)) {
        let is_newer =
            trust == Trust::Memory && registry.newest(site_id, one.row.channel_id).is_some_and(|(at, _)| one.row.observed_at > at);
        if is_newer { sure.push(one.row.clone()) } else { doubtful.push(one.row.clone()) }
    }
    // A record newer than all of its channel can't be known, so nothing is asked back about it.
    if store::ingest::append_new(tx, site_id, received_at, &sure)? != sure.len() {
        return Err(Error::internal("a record was known after all"));
    }
    let new: HashSet<(i64, i64, i64)> = store::ingest::append(tx, site_id, received_at, &doubtful)?.into_iter().collect();
    let mut newest: Vec<ObservationRow> = Vec::new();
    for at in order {
        let Some(one) = kept.get_mut(at) else { continue };
        let (channel_id, observed_at, dedupe_key) = key(&one.row);
        let last = registry.newest(site_id, channel_id);
        let is_newer = trust == Trust::Memory && last.is_some_and(|(at, _)| observed_at > at);
        one.is_new = is_newer || new.contains(&key(&one.row));
        if one.is_new && (trust == Trust::Nothing || last.is_none_or(|last| (observed_at, dedupe_key) > last)) {
            match newest.last_mut().filter(|row| row.channel_id == channel_id) {
                Some(row) => *row = one.row.clone(),
                None => newest.push(one.row.clone()),
            }
        }
    }
    store::ingest::keep_newest(tx, site_id, received_at, &newest)?;
    for row in &newest {
        registry.set_newest(site_id, row.channel_id, (row.observed_at, row.dedupe_key));
    }
    Ok(())
}

/// Marks the bindings whose meaning must be worked out, from their earliest new record on.
fn mark(tx: &mut Tx<'_>, site_id: i64, kept: &[Kept]) -> Result<()> {
    let new = kept.iter().filter(|one| one.is_new && one.binding_id != 0);
    let mut rows: Vec<DirtyRow> = new.map(|one| DirtyRow { binding_id: one.binding_id, dirty_from: one.row.event_at }).collect();
    rows.sort_unstable_by_key(|row| (row.binding_id, row.dirty_from));
    rows.dedup_by_key(|row| row.binding_id);
    store::project::mark_all_dirty(tx, site_id, &rows)
}
