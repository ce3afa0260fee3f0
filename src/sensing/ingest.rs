//! Taking a batch in: sort its records, store the good ones once, keep the doubtful ones apart, say what happened.
//!
//! **What makes a record the same record** is what it *is*, not how it travelled: its device, channel and
//! the sender's own id for it, or else its stamp, kind and value. Batch number and boot are left out, so a
//! gateway that restarts and sends its buffer in other portions adds nothing twice. Only a record with
//! neither id nor stamp is named by its place in its batch: nothing else tells it from the next one.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::belief::{Estimate, level, weight};
use super::binding::Line;
use super::group::{self, Load, Sorted, Trust};
use super::native::{Batch, Head, Record, Rejected, Sample};
use super::registry::{Health, Registry};
use super::store;
use super::store::ingest::Known;
use crate::access::caller::DeviceIdentity;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::{DAY_MICROS, Micros};
use crate::db::Tx;
use crate::db::hot::{BatchRow, HealthRow, ObservationRow};
use crate::db::outbox::{self, Topic};
use crate::web::idempotency::Answer;

/// A stamp further ahead than this is not believed.
const AHEAD_SECONDS_MAX: i64 = 300;
/// A record older than this is refused: raw readings are kept no longer.
const AGE_DAYS_MAX: i64 = 90;

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
    pub(super) fn add(&mut self, outcome: Outcome, full: bool) {
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

/// A batch on its way in: everything that needs no database is done.
#[derive(Debug)]
pub(super) struct Post {
    device: DeviceIdentity,
    head: Head,
    pub(super) arrivals: Vec<Arrival>,
    refused: Vec<Rejected>,
    sha256: String,
    full: bool,
}

impl Post {
    /// A batch of a device; `full`: the receipt names every record.
    pub(super) fn new(device: DeviceIdentity, batch: Batch, sha256: String, full: bool) -> Self {
        let Batch { head, records } = batch;
        let mut arrivals = Vec::with_capacity(records.len());
        let mut refused = Vec::new();
        let mut text = String::new();
        for record in records {
            match record {
                Ok(record) => arrivals.push(Arrival { dedupe_key: dedupe_key(device.id, &head, &record, &mut text), record }),
                Err(rejected) => refused.push(rejected),
            }
        }
        Self { device, head, arrivals, refused, sha256, full }
    }

    /// A number by which devices are spread evenly; the same for all batches of one.
    pub(super) fn spread(&self) -> usize {
        // Ids made in the same way differ in few bits; the upper ones of a product differ evenly.
        let mixed = self.device.id.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        usize::try_from(mixed).unwrap_or_default()
    }
}

/// What a batch is answered, and its receipt when it was not known.
pub(super) type Taken = Result<(Answer, Option<Receipt>)>;

/// Takes a batch in; the same bytes again answer as the first time (and give no receipt: nothing was counted).
///
/// # Errors
/// `batch_conflict` when this device, boot and seq came with other bytes; those of the database.
pub fn ingest(tx: &mut Tx<'_>, device: &DeviceIdentity, batch: Batch, sha256: &str, full: bool) -> Taken {
    let post = Post::new(device.clone(), batch, sha256.to_owned(), full);
    take_posts(tx, &mut Registry::default(), &[&post], Trust::Nothing)?.pop().ok_or_else(|| Error::internal("a batch was not answered"))?
}

/// Takes batches in, in their order; one answer for each. An error says that the group as a whole did not fit,
/// and that its batches must be taken one by one, trusting nothing.
pub(super) fn take_posts(tx: &mut Tx<'_>, registry: &mut Registry, posts: &[&Post], trust: Trust) -> Result<Vec<Taken>> {
    let mut answers: Vec<(usize, Taken)> = Vec::with_capacity(posts.len());
    let mut by_site: BTreeMap<i64, Vec<(usize, &Post)>> = BTreeMap::new();
    for (at, post) in posts.iter().enumerate() {
        by_site.entry(post.device.site_id).or_default().push((at, post));
    }
    for (site_id, posts) in by_site {
        registry.refresh(tx, site_id)?;
        answers.extend(take_site(tx, registry, site_id, &posts, trust)?);
    }
    answers.sort_by_key(|(at, _)| *at);
    Ok(answers.into_iter().map(|(_, taken)| taken).collect())
}

fn take_site(
    tx: &mut Tx<'_>,
    registry: &mut Registry,
    site_id: i64,
    posts: &[(usize, &Post)],
    trust: Trust,
) -> Result<Vec<(usize, Taken)>> {
    let mut answers = Vec::with_capacity(posts.len());
    let mut new: Vec<(usize, &Post)> = Vec::with_capacity(posts.len());
    let mut loads: Vec<Load<'_>> = Vec::with_capacity(posts.len());
    registry.hear_others(tx, site_id, &posts.iter().map(|(_, post)| post.device.id).collect())?;
    for (at, post) in posts {
        let may_be_known = match known(tx, registry, post, &new, trust)? {
            Before::Answered(known) => {
                answers.push((*at, known));
                continue;
            }
            Before::Never => false,
            Before::Forgotten => true,
        };
        registry.device(tx, &post.device)?.health.hear(&post.head);
        loads.push(Load { device: &post.device, arrivals: &post.arrivals, full: post.full, may_be_known });
        new.push((*at, post));
    }
    let received_at = tx.now.0;
    let sorted = group::store(tx, registry, site_id, received_at, &loads, trust)?;
    let mut health: BTreeMap<i64, HealthRow> = BTreeMap::new();
    let mut batches = Vec::with_capacity(new.len());
    for ((at, post), sorted) in new.into_iter().zip(sorted) {
        let batch_id = tx.id();
        let seen = sorted.seen.clone();
        let receipt = receipt(post, batch_id, sorted);
        let state = &mut registry.device(tx, &post.device)?.health;
        state.last_event_at = state.last_event_at.max(seen.newest_at);
        add_health(health.entry(post.device.id).or_default(), state, &receipt, seen);
        let answer = Answer::with_status(if receipt.is_all_stored() { 200 } else { 207 }, &receipt)?;
        batches.push(BatchRow {
            device_id: post.device.id,
            boot_id: post.head.boot_id.clone(),
            seq: post.head.seq,
            id: batch_id,
            body_sha256: post.sha256.clone(),
            status: i64::from(answer.status),
            answer: answer.body.clone(),
        });
        answers.push((at, Ok((answer, Some(receipt)))));
    }
    let health: Vec<HealthRow> = health.into_iter().map(|(device_id, row)| HealthRow { device_id, ..row }).collect();
    store::ingest::put_health(tx, site_id, &health)?;
    if store::ingest::insert_batches(tx, site_id, &batches)? != batches.len() {
        return Err(Error::internal("a batch was known after all"));
    }
    Ok(answers)
}

/// Whether a batch came before.
enum Before {
    /// It did, and was answered this.
    Answered(Taken),
    /// It did not.
    Never,
    /// Answers of its time are not kept any more: its records tell.
    Forgotten,
}

/// Looks for the first answer to a batch; one that goes on where its device stopped is new without a look.
fn known(tx: &mut Tx<'_>, registry: &mut Registry, post: &Post, before: &[(usize, &Post)], trust: Trust) -> Result<Before> {
    let (device, head) = (&post.device, &post.head);
    if trust == Trust::Memory && registry.device(tx, device)?.health.is_next(head) {
        return Ok(Before::Never);
    }
    let is_same = |other: &Post| other.device.id == device.id && other.head.seq == head.seq && other.head.boot_id == head.boot_id;
    if before.iter().any(|(_, other)| is_same(other)) {
        return Err(Error::internal("a batch came twice at once"));
    }
    let Some(known) = store::ingest::batch_by_key(tx.conn, device, head)? else {
        let is_forgotten = store::ingest::is_beyond_horizon(tx.conn, device, head)?;
        return Ok(if is_forgotten { Before::Forgotten } else { Before::Never });
    };
    if known.sha256 == post.sha256 {
        return Ok(Before::Answered(Ok((known.answer, None))));
    }
    let what = format!("boot '{}' seq {} came with other bytes before; give new readings a new seq", head.boot_id, head.seq);
    Ok(Before::Answered(Err(Error::new(Code::BatchConflict, what))))
}

fn receipt(post: &Post, batch_id: i64, sorted: Sorted) -> Receipt {
    let mut outcomes = sorted.outcomes;
    outcomes.extend(post.refused.iter().cloned().map(refused));
    outcomes.sort_by_key(|outcome| outcome.index);
    let mut receipt = Receipt { batch: id::to_wire(batch_id), stored: sorted.plain, ..Receipt::default() };
    for outcome in outcomes {
        receipt.add(outcome, post.full);
    }
    receipt
}

/// Adds one batch to what its device's batches of the group say; where the device stands is known for the whole group.
fn add_health(row: &mut HealthRow, state: &Health, receipt: &Receipt, seen: Seen) {
    let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    row.last_event_at = state.last_event_at;
    row.last_seq = state.last_seq;
    row.boot_id = state.boot_id.clone().unwrap_or_default();
    row.battery_pct = seen.battery_pct.or(row.battery_pct);
    row.firmware = seen.firmware.or_else(|| row.firmware.take());
    row.stored += count(receipt.stored);
    row.quarantined += count(receipt.quarantined);
    row.rejected += count(receipt.rejected);
    row.lost = state.lost;
}

/// A record on its way in, with the key that makes it recognisable.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) record: Record,
    pub(super) dedupe_key: i64,
}

impl Arrival {
    /// A record that came in a body which is named by its head.
    pub(super) fn of(device_id: i64, head: &Head, record: Record) -> Self {
        Self { dedupe_key: dedupe_key(device_id, head, &record, &mut String::new()), record }
    }
}

fn dedupe_key(device_id: i64, head: &Head, record: &Record, text: &mut String) -> i64 {
    text.clear();
    // Writing into a text can't fail.
    let written = match (&record.id, record.at) {
        (Some(own), _) => write!(text, "id\u{1f}{}\u{1f}{}\u{1f}{own}\u{1f}", record.sample.kind(), record.channel),
        (None, Some(at)) => write!(text, "at\u{1f}{}\u{1f}{}\u{1f}{:?}\u{1f}", record.channel, at.0, record.sample),
        (None, None) => write!(text, "place\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}", head.boot_id, head.seq, record.index),
    };
    written.unwrap_or_default();
    key_of(device_id, text)
}

/// A number that names a text of a device.
pub(super) fn key_of(device_id: i64, text: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update(device_id.to_be_bytes());
    hash.update(text.as_bytes());
    let first = hash.finalize().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    i64::try_from(first >> 1).unwrap_or_default()
}

/// What the device said about itself, and the newest moment in the batch.
#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    pub(super) newest_at: i64,
    pub(super) status_at: i64,
    pub(super) battery_pct: Option<i64>,
    pub(super) firmware: Option<String>,
}

/// What is to be done with a record.
pub(super) enum Verdict {
    /// Store this row for this line; the text explains a flag, and is empty for a stamp of the device's own.
    Keep(ObservationRow, usize, &'static str),
    Quarantine(&'static str, &'static str),
    Reject(Rejected),
}

/// Decides about a record by the lines of its channel.
pub(super) fn judge(
    device: &DeviceIdentity,
    (received_at, kept_from): (i64, i64),
    now: Micros,
    arrival: &Arrival,
    candidates: &[usize],
    lines: &[Line],
) -> Verdict {
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
    if observed_at < kept_from {
        return reject(
            "too_old",
            "at",
            format!("from before {}: readings of that time are not kept any more", Micros(kept_from).to_text()),
        );
    }
    if !device.active {
        return Verdict::Quarantine("device_quarantined", "the device is not approved yet");
    }
    let is_free = matches!(record.sample, Sample::Status { .. } | Sample::Measured { .. });
    let covers = |line: &&Line| line.covers(observed_at) || is_free;
    let found = candidates.iter().find_map(|at| lines.get(*at).filter(covers).map(|line| (*at, line)));
    let Some((line_at, line)) = found else {
        return if is_free {
            Verdict::Quarantine(
                "too_many_channels",
                "the device has as many channels as one may have; it reads strangers' tags, or names them anew",
            )
        } else {
            Verdict::Quarantine("unknown_channel", "the channel is not bound; bind it and replay the record")
        };
    };
    let (value, quality) = match &record.sample {
        Sample::Status { battery_pct, .. } => (battery_pct.unwrap_or(-1), flag),
        Sample::Measured { .. } if candidates.iter().any(|at| lines.get(*at).is_some_and(|line| line.binding_id != 0)) => {
            return reject("unsupported_kind", "kind", "this channel is bound to a shelf, so it sends level or weight".into());
        }
        Sample::Measured { value, .. } => (*value, flag),
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

pub(super) fn refused(rejected: Rejected) -> Outcome {
    let Rejected { index, id, code, field, message } = rejected;
    Outcome { index, id, status: "rejected", code, field, message }
}

pub(super) fn outcome(record: &Record, status: &'static str, code: &'static str, message: &str) -> Outcome {
    let field = match code {
        "unknown_channel" => format!("/records/{}/channel", record.index),
        "bad_timestamp" | "future_timestamp" => format!("/records/{}/at", record.index),
        _ => String::new(),
    };
    Outcome { index: record.index, id: record.id.clone(), status, code, field, message: message.to_owned() }
}

/// The estimate of one reading.
pub(super) fn estimate(line: &Line, value: i64, quality: &str, age_s: i64) -> Estimate {
    let fresh = if line.is_weight { weight::judge(value - line.tare_mg, line.unit_weight_mg) } else { level::judge(value) };
    fresh.aged(age_s, quality)
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
