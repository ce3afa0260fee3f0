//! Taking a batch in: sort its records, store the good ones once, keep the doubtful ones apart, say what happened.
//!
//! **What makes a record the same record** is what it *is*, not how it travelled: its device, channel and
//! the sender's own id for it, or else its stamp, kind and value. Batch number and boot are left out, so a
//! gateway that restarts and sends its buffer in other portions adds nothing twice. Only a record with
//! neither id nor stamp is named by its place in its batch: nothing else tells it from the next one.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::belief::{Estimate, level, weight};
use super::binding::{IN_FORCE, Line};
use super::native::{Batch, Head, Record, Rejected, Sample};
use super::store;
use super::store::ingest::Known;
use crate::access::caller::DeviceIdentity;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::{DAY_MICROS, Micros};
use crate::db::Tx;
use crate::db::hot::ObservationRow;
use crate::db::outbox::{self, Topic};
use crate::web::idempotency::Answer;

/// A stamp further ahead than this is not believed.
const AHEAD_SECONDS_MAX: i64 = 300;
/// A record older than this is refused: raw readings are kept no longer.
const AGE_DAYS_MAX: i64 = 90;
/// How long the resend of a record that got our stamp is recognised.
const RESTAMPED_MICROS: i64 = DAY_MICROS;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The sender's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `stored`, `duplicate`, `quarantined` or `rejected`.
    pub status: &'static str,
    /// From the closed list of record codes; empty when plainly stored.
    pub code: &'static str,
    /// JSON pointer into the batch.
    pub field: String,
    /// What was found and what to do.
    pub message: String,
}

/// The answer to a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Receipt {
    /// The batch's id; `GET /ingest/v1/batches/{id}` answers this again.
    pub batch: String,
    /// Records that were new.
    pub stored: u64,
    /// Records that were known.
    pub duplicate: u64,
    /// Records kept apart until a person mends a mapping or approves the device.
    pub quarantined: u64,
    /// Records that the sender must mend.
    pub rejected: u64,
    /// What was not plainly stored; everything with `Prefer: return=representation`.
    pub results: Vec<Outcome>,
}

impl Receipt {
    fn add(&mut self, outcome: Outcome, full: bool) {
        match outcome.status {
            "stored" => self.stored += 1,
            "duplicate" => self.duplicate += 1,
            "quarantined" => self.quarantined += 1,
            _ => self.rejected += 1,
        }
        if full || outcome.status != "stored" || !outcome.code.is_empty() {
            self.results.push(outcome);
        }
    }

    fn is_all_stored(&self) -> bool {
        self.duplicate + self.quarantined + self.rejected == 0
    }
}

/// Takes a batch in; the same bytes again answer as the first time (and give no receipt: nothing was counted).
///
/// # Errors
/// `batch_conflict` when this device, boot and seq came with other bytes; those of the database.
pub fn ingest(tx: &mut Tx<'_>, device: &DeviceIdentity, batch: Batch, sha256: &str, full: bool) -> Result<(Answer, Option<Receipt>)> {
    let Batch { head, records } = batch;
    if let Some(known) = store::ingest::batch_by_key(tx.conn, device, &head)? {
        return if known.sha256 == sha256 {
            Ok((known.answer, None))
        } else {
            let what = format!("boot '{}' seq {} came with other bytes before; give new readings a new seq", head.boot_id, head.seq);
            Err(Error::new(Code::BatchConflict, what))
        };
    }
    let batch_id = tx.id();
    let (good, bad): (Vec<_>, Vec<_>) = records.into_iter().partition(Result::is_ok);
    let mut outcomes: Vec<Outcome> = bad.into_iter().filter_map(Result::err).map(refused).collect();
    let arrivals = good.into_iter().flatten().map(|record| Arrival::of(device, &head, record)).collect();
    let received_at = tx.now.0;
    let seen = take(tx, device, received_at, arrivals, &mut outcomes)?;
    outcomes.sort_by_key(|outcome| outcome.index);
    let mut receipt = Receipt { batch: id::to_wire(batch_id), ..Receipt::default() };
    for outcome in outcomes {
        receipt.add(outcome, full);
    }
    store::ingest::put_health(tx, device, &head, &receipt, &seen)?;
    let answer = Answer::with_status(if receipt.is_all_stored() { 200 } else { 207 }, &receipt)?;
    store::ingest::insert_batch(tx, device, &head, batch_id, sha256, &answer)?;
    Ok((answer, Some(receipt)))
}

/// A record on its way in, with the key that makes it recognisable.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) record: Record,
    pub(super) dedupe_key: i64,
}

impl Arrival {
    fn of(device: &DeviceIdentity, head: &Head, record: Record) -> Self {
        let dedupe_key = dedupe_key(device.id, head, &record);
        Self { record, dedupe_key }
    }
}

fn dedupe_key(device_id: i64, head: &Head, record: &Record) -> i64 {
    let words: Vec<String> = match (&record.id, record.at) {
        (Some(own), _) => vec!["id".into(), record.sample.kind().into(), record.channel.clone(), own.clone()],
        (None, Some(at)) => vec!["at".into(), record.channel.clone(), at.0.to_string(), format!("{:?}", record.sample)],
        (None, None) => vec!["place".into(), head.boot_id.clone(), head.seq.to_string(), record.index.to_string()],
    };
    let mut hash = Sha256::new();
    hash.update(device_id.to_be_bytes());
    for word in words {
        hash.update(word.as_bytes());
        hash.update([0x1f]);
    }
    let first = hash.finalize().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    i64::try_from(first >> 1).unwrap_or_default()
}

/// What the device said about itself, and the newest moment in the batch.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) newest_at: i64,
    status_at: i64,
    pub(super) battery_pct: Option<i64>,
    pub(super) firmware: Option<String>,
}

/// A record that will be stored.
struct Kept {
    arrival: Arrival,
    row: ObservationRow,
    line: usize,
    message: &'static str,
}

/// Sorts and stores records; adds one outcome for each.
pub(super) fn take(
    tx: &mut Tx<'_>,
    device: &DeviceIdentity,
    received_at: i64,
    arrivals: Vec<Arrival>,
    outcomes: &mut Vec<Outcome>,
) -> Result<Seen> {
    let lines = lines(tx, device, &arrivals)?;
    let mut by_channel: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        by_channel.entry(&line.channel).or_default().push(at);
    }
    let mut kept = Vec::new();
    let mut quarantined = Vec::new();
    let mut seen = Seen::default();
    for arrival in arrivals {
        let candidates = by_channel.get(arrival.record.channel.as_str()).map(Vec::as_slice).unwrap_or_default();
        match judge(device, received_at, tx.now, &arrival, candidates, &lines) {
            Verdict::Keep(row, line, message) => {
                if let Sample::Status { battery_pct, firmware } = &arrival.record.sample
                    && row.event_at >= seen.status_at
                {
                    seen.status_at = row.event_at;
                    seen.battery_pct = battery_pct.or(seen.battery_pct);
                    seen.firmware = firmware.clone().or(seen.firmware);
                }
                seen.newest_at = seen.newest_at.max(row.event_at);
                kept.push(Kept { arrival, row, line, message });
            }
            Verdict::Quarantine(code, message) => {
                outcomes.push(outcome(&arrival.record, "quarantined", code, message));
                quarantined.push((arrival, code));
            }
            Verdict::Reject(rejected) => outcomes.push(refused(rejected)),
        }
    }
    store::ingest::insert_quarantined(tx, device, received_at, &quarantined)?;
    let fresh = append(tx, device.site_id, received_at, kept, outcomes)?;
    believe(tx, device, &lines, &fresh)?;
    Ok(seen)
}

/// The device's lines; the channel without a name, which carries what it says about itself, is made when first used.
fn lines(tx: &mut Tx<'_>, device: &DeviceIdentity, arrivals: &[Arrival]) -> Result<Vec<Line>> {
    let lines = store::binding::lines_of_device(tx.conn, device.site_id, device.id)?;
    let is_needed = arrivals.iter().any(|arrival| arrival.record.channel.is_empty());
    if !is_needed || lines.iter().any(|line| line.channel.is_empty()) {
        return Ok(lines);
    }
    store::binding::insert_channel(tx, device.site_id, device.id, "")?;
    store::binding::lines_of_device(tx.conn, device.site_id, device.id)
}

enum Verdict {
    /// Store this row for this line; the text explains a flag.
    Keep(ObservationRow, usize, &'static str),
    Quarantine(&'static str, &'static str),
    Reject(Rejected),
}

fn judge(device: &DeviceIdentity, received_at: i64, now: Micros, arrival: &Arrival, candidates: &[usize], lines: &[Line]) -> Verdict {
    let record = &arrival.record;
    let reject = |code: &'static str, field: &str, message: String| {
        let field = format!("/records/{}/{field}", record.index);
        Verdict::Reject(Rejected { index: record.index, id: record.id.clone(), code, field, message })
    };
    let (observed_at, flag, message) = match record.at {
        None => (received_at, "bad_timestamp", "it has no time, so the time of receipt stands in"),
        Some(at) if at.0 > Micros(received_at).plus_seconds(AHEAD_SECONDS_MAX).0 => {
            (received_at, "future_timestamp", "its time is more than 5 minutes ahead, so the time of receipt stands in; set the clock")
        }
        Some(at) => (at.0, "", ""),
    };
    if observed_at < now.0 - AGE_DAYS_MAX * DAY_MICROS {
        return reject("too_old", "at", format!("older than {AGE_DAYS_MAX} days"));
    }
    if !device.active {
        return Verdict::Quarantine("device_quarantined", "the device is not approved yet");
    }
    let is_status = matches!(record.sample, Sample::Status { .. });
    let found =
        candidates.iter().find_map(|at| lines.get(*at).filter(|line| is_status || line.covers(observed_at)).map(|line| (*at, line)));
    let Some((line_at, line)) = found else {
        return Verdict::Quarantine("unknown_channel", "the channel is not bound; bind it and replay the record");
    };
    let (value, quality) = match &record.sample {
        Sample::Status { battery_pct, .. } => (battery_pct.unwrap_or(-1), flag),
        Sample::Level { .. } if line.is_weight => return reject("unsupported_kind", "kind", "this channel is bound as a scale".into()),
        Sample::Weight { .. } if !line.is_weight => {
            return reject("unsupported_kind", "kind", "this channel is bound as a level sensor".into());
        }
        Sample::Level { count } if *count > line.max_units => {
            return reject("out_of_range", "count", format!("{count} is more than the {} that can lie there", line.max_units));
        }
        Sample::Level { count } => (*count, flag),
        Sample::Weight { net_mg, stable } => {
            let units = weight::to_units(weight::milliunits(net_mg - line.tare_mg, line.unit_weight_mg));
            if !(-1..=line.max_units).contains(&units) {
                return reject("out_of_range", "gross_g", format!("that is {units} units; 0..{} can lie there", line.max_units));
            }
            (*net_mg, if *stable { flag } else { "unstable" })
        }
    };
    let row = ObservationRow {
        channel_id: line.channel_id,
        observed_at,
        dedupe_key: arrival.dedupe_key,
        event_at: observed_at,
        kind: record.sample.kind(),
        value,
        quality,
    };
    Verdict::Keep(row, line_at, message)
}

fn refused(rejected: Rejected) -> Outcome {
    let Rejected { index, id, code, field, message } = rejected;
    Outcome { index, id, status: "rejected", code, field, message }
}

fn outcome(record: &Record, status: &'static str, code: &'static str, message: &str) -> Outcome {
    let field = match code {
        "unknown_channel" => format!("/records/{}/channel", record.index),
        "bad_timestamp" | "future_timestamp" => format!("/records/{}/at", record.index),
        _ => String::new(),
    };
    Outcome { index: record.index, id: record.id.clone(), status, code, field, message: message.to_owned() }
}

/// Stores the rows that are new, newest per channel apart; answers them with their lines.
fn append(
    tx: &mut Tx<'_>,
    site_id: i64,
    received_at: i64,
    kept: Vec<Kept>,
    outcomes: &mut Vec<Outcome>,
) -> Result<Vec<(usize, ObservationRow)>> {
    // The stamp of a restamped record is ours, so the primary key can't tell a resend: its own key does.
    let restamped: Vec<(i64, i64)> = kept
        .iter()
        .filter(|one| !one.message.is_empty() && (one.arrival.record.at.is_some() || one.arrival.record.id.is_some()))
        .map(|one| (one.row.channel_id, one.row.dedupe_key))
        .collect();
    let known = store::ingest::known_restamped(tx.conn, site_id, received_at - RESTAMPED_MICROS, &restamped)?;
    let rows: Vec<ObservationRow> = kept
        .iter()
        .filter(|one| one.message.is_empty() || !known.contains(&(one.row.channel_id, one.row.dedupe_key)))
        .map(|one| one.row.clone())
        .collect();
    let mut new: HashSet<(i64, i64, i64)> = HashSet::new();
    if !rows.is_empty() {
        new.extend(store::ingest::append(tx, site_id, received_at, &rows)?);
    }
    let mut fresh = Vec::new();
    let mut newest: BTreeMap<i64, ObservationRow> = BTreeMap::new();
    for Kept { arrival, row, line, message } in kept {
        if !new.remove(&(row.channel_id, row.observed_at, row.dedupe_key)) {
            outcomes.push(outcome(&arrival.record, "duplicate", "", "this record is stored already"));
            continue;
        }
        let flag = match (message, arrival.record.at) {
            ("", _) => "",
            (_, None) => "bad_timestamp",
            (_, Some(_)) => "future_timestamp",
        };
        outcomes.push(outcome(&arrival.record, "stored", flag, message));
        let last = newest.entry(row.channel_id).or_insert_with(|| row.clone());
        if (row.observed_at, row.dedupe_key) > (last.observed_at, last.dedupe_key) {
            *last = row.clone();
        }
        fresh.push((line, row));
    }
    let newest: Vec<ObservationRow> = newest.into_values().collect();
    if !newest.is_empty() {
        store::ingest::keep_newest(tx, site_id, received_at, &newest)?;
    }
    Ok(fresh)
}

/// The estimate of one reading.
pub(super) fn estimate(line: &Line, value: i64, quality: &str, age_s: i64) -> Estimate {
    let fresh = if line.is_weight { weight::judge(value - line.tare_mg, line.unit_weight_mg) } else { level::judge(value) };
    fresh.aged(age_s, quality)
}

/// Updates what is believed from the newest reading of each binding, and marks what must be projected.
fn believe(tx: &mut Tx<'_>, device: &DeviceIdentity, lines: &[Line], fresh: &[(usize, ObservationRow)]) -> Result<()> {
    let mut touched: BTreeMap<usize, (i64, &ObservationRow)> = BTreeMap::new();
    for (line, row) in fresh.iter().filter(|(_, row)| row.kind != "status" && row.quality != "unstable") {
        let entry = touched.entry(*line).or_insert((row.event_at, row));
        entry.0 = entry.0.min(row.event_at);
        if (row.event_at, row.dedupe_key) > (entry.1.event_at, entry.1.dedupe_key) {
            entry.1 = row;
        }
    }
    let points: Vec<i64> = touched.keys().filter_map(|at| lines.get(*at)).map(|line| line.stock_point_id).collect();
    let known = store::ingest::beliefs(tx.conn, device.site_id, &points)?;
    let mut changed = Vec::new();
    for (at, (dirty_from, row)) in touched {
        let Some(line) = lines.get(at) else { continue };
        if line.mode != "shadow" {
            store::project::mark_dirty(tx, device.site_id, line.binding_id, dirty_from, tx.now.0)?;
        }
        let before = known.get(&line.stock_point_id);
        if line.valid_to < IN_FORCE || line.is_outranked || before.is_some_and(|before| before.as_of > row.event_at) {
            continue;
        }
        let mut estimate = estimate(line, row.value, row.quality, (tx.now.0 - row.event_at) / 1_000_000);
        estimate.reasons.push(format!("sensor {}/{}", device.code, line.channel));
        if put_belief(tx, device.site_id, line, &estimate, row.event_at, before)? {
            changed.push(line.stock_point_id);
        }
    }
    announce(tx, device.site_id, &changed)
}

/// Stores an estimate; answers whether people would see a difference.
pub(super) fn put_belief(
    tx: &mut Tx<'_>,
    site_id: i64,
    line: &Line,
    estimate: &Estimate,
    as_of: i64,
    before: Option<&Known>,
) -> Result<bool> {
    store::ingest::put_belief(tx, site_id, line, estimate, as_of)?;
    Ok(before.is_none_or(|before| {
        (before.estimate, before.low, before.high, before.confidence.as_str(), before.mode.as_str())
            != (estimate.units, estimate.low, estimate.high, estimate.confidence.word(), line.mode.as_str())
    }))
}

/// Tells pages that these stock points look different now.
pub(super) fn announce(tx: &mut Tx<'_>, site_id: i64, stock_point_ids: &[i64]) -> Result<()> {
    for (place, item) in store::ingest::names_of_stock_points(tx.conn, site_id, stock_point_ids)? {
        outbox::push(tx, site_id, Topic::Stock, &serde_json::json!({"place": place, "item": item}))?;
    }
    Ok(())
}
