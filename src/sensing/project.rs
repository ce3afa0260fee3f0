//! Projection: what stored readings mean for the ledger, run after the answer, recomputable at any time.

use std::collections::{BTreeMap, BTreeSet};

use super::belief::{Estimate, weight};
use super::binding::{IN_FORCE, Line};
use super::reconcile::{self, Act, LAG_MICROS, Posted, Sample, Step, StepKind};
use super::store::project::{Observed, Task};
use super::{discrepancy, ingest, store};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::time::Micros;
use crate::db::Tx;
use crate::db::conn::Conn;
use crate::db::hot::LevelRow;
use crate::db::outbox::Placed;
use crate::stock;
use crate::stock::movement::{Entry, Kind, LotChoice, Source};

/// Bindings in one call: a write must not hold others up.
const TASKS_PER_CALL: i64 = 20;
/// After a failure the binding rests so long.
const RETRY_MICROS: i64 = 60 * 1_000_000;
/// How far before a change the first look goes; further looks go four times as far.
const LOOK_BACK_MICROS: i64 = LAG_MICROS * 3 / 2;

/// Projects bindings of all sites that are due; answers how many.
///
/// Safe to repeat: what is posted already is not posted again. A binding that another program projects, or marks at
/// this moment, is left to the next call. A binding that fails is logged, left as it was, and tried again a minute later.
///
/// # Errors
/// Those of the database.
pub fn project_due(tx: &mut Tx<'_>, now: Micros) -> Result<usize> {
    let mut count = 0;
    for site_id in store::project::sites_with_tasks(tx.conn, now.0)? {
        let tasks = store::project::take_tasks(tx, site_id, now.0, TASKS_PER_CALL - count)?;
        let mut changed = Vec::new();
        for task in &tasks {
            let done = store::in_savepoint(tx, |tx| project(tx, task, now)).unwrap_or_else(|cause| {
                tracing::warn!(%cause, source = ?cause.cause, binding.id = task.binding_id, "binding {} can't be projected", task.binding_id);
                Projected { next: Some((task.dirty_from, now.0 + RETRY_MICROS)), changed: None }
            });
            changed.extend(done.changed);
            store::project::put_task(tx, task, done.next)?;
        }
        ingest::announce(tx, site_id, &changed)?;
        count += i64::try_from(tasks.len()).unwrap_or(TASKS_PER_CALL);
        if count >= TASKS_PER_CALL {
            break;
        }
    }
    Ok(usize::try_from(count).unwrap_or_default())
}

/// What became of one binding.
struct Projected {
    /// From where and when to look again.
    next: Option<(i64, i64)>,
    /// The stock point, when people would see a difference.
    changed: Option<i64>,
}

/// Whether a binding is due: a cheap look before a write is asked for.
///
/// # Errors
/// Those of the database.
pub fn has_due(conn: &mut Conn, now: Micros) -> Result<bool> {
    Ok(!store::project::sites_with_tasks(conn, now.0)?.is_empty())
}

/// Marks the bindings whose stock points got movements from anywhere but sensors, by the events that such movements
/// leave: call it in the transaction that gives the events their place in the stream, so that none is missed.
///
/// # Errors
/// Those of the database.
pub fn notice_events(tx: &mut Tx<'_>, events: &[Placed]) -> Result<()> {
    let mut by_site: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for event in events {
        // What one transaction wrote has ids from its moment up to its event.
        let range = by_site.entry(event.site_id).or_insert((i64::MAX, i64::MIN));
        *range = (range.0.min(id::floor(Micros(event.created_at))), range.1.max(event.id));
    }
    for (site_id, (from, to)) in by_site {
        for (binding_id, event_at) in store::project::touched_between(tx.conn, site_id, from, to)? {
            store::project::mark_dirty(tx, site_id, binding_id, event_at, tx.now.0)?;
        }
    }
    Ok(())
}

/// Projects one binding.
fn project(tx: &mut Tx<'_>, task: &Task, now: Micros) -> Result<Projected> {
    let Some(line) = store::binding::line_of_binding(tx.conn, task.site_id, task.binding_id)? else {
        return Ok(Projected { next: None, changed: None });
    };
    let (device, is_active) = store::project::device_of_channel(tx.conn, task.site_id, line.channel_id)?;
    let mut pending = Vec::new();
    let newest = if line.mode == "authoritative" && is_active {
        let window = Window::load(tx, task, &line)?;
        let steps = window.steps(&line);
        let horizon = window.samples.last().map_or(now.0, |sample| sample.at.max(now.0));
        let (due, waiting): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(|step| step.due <= horizon);
        pending = waiting;
        let posted = store::project::posted_after(tx.conn, task.site_id, line.binding_id, window.after)?;
        Poster { site_id: task.site_id, line: &line, device: &device }.post(tx, &reconcile::acts(&due, &posted))?;
        window.newest
    } else {
        store::project::newest_observed(tx.conn, task.site_id, &line)?
    };
    let is_other = match newest.filter(|_| line.valid_to == IN_FORCE && !line.is_outranked) {
        Some(newest) => judge(tx, task.site_id, &line, &device, &newest, now, pending.iter().map(|step| step.delta).sum())?,
        None => false,
    };
    let due_at = pending.iter().map(|step| step.due).min();
    let next = due_at.and_then(|due_at| Some((pending.iter().map(|step| step.at).min()?, due_at.max(now.0 + 1))));
    Ok(Projected { next, changed: is_other.then_some(line.stock_point_id) })
}

/// The readings and bookings from which the steps after a moment follow.
struct Window {
    samples: Vec<Sample>,
    booked: Vec<reconcile::Booked>,
    /// Steps after this moment are decided here.
    after: i64,
    baseline: Option<Step>,
    newest: Option<Observed>,
}

impl Window {
    /// Goes back from the change as far as it takes to find a reading from which a fresh start is exact.
    fn load(tx: &mut Tx<'_>, task: &Task, line: &Line) -> Result<Self> {
        let mut span = LOOK_BACK_MICROS;
        loop {
            let from = task.dirty_from.saturating_sub(span).max(line.valid_from);
            let observed = store::project::observed_since(tx.conn, task.site_id, line, from)?;
            let newest = observed.last().cloned();
            let samples = usable(line, &observed);
            if from <= line.valid_from || !store::project::is_observed_before(tx.conn, task.site_id, line, from)? {
                let Some(first) = samples.first().copied() else {
                    return Ok(Self { samples, booked: Vec::new(), after: i64::MIN, baseline: None, newest });
                };
                return Self::beginning(tx, task.site_id, line, samples, first, newest);
            }
            let booked = store::project::booked_since(tx.conn, task.site_id, line, from)?;
            if let Some(start) = reconcile::fresh_start(&samples, &booked, task.dirty_from)
                && let Some(first) = samples.get(start).copied()
            {
                let samples = samples.get(start..).unwrap_or_default().to_vec();
                let booked = booked.into_iter().filter(|row| row.at > first.at).collect();
                return Ok(Self { samples, booked, after: first.at, baseline: None, newest });
            }
            span = span.saturating_mul(4);
        }
    }

    /// From the first reading that is kept. Steps older than it are as they are: their readings were forgotten
    /// with the retention, and the book that they left is what the first reading is held against.
    fn beginning(
        tx: &mut Tx<'_>,
        site_id: i64,
        line: &Line,
        samples: Vec<Sample>,
        first: Sample,
        newest: Option<Observed>,
    ) -> Result<Self> {
        let booked = store::project::booked_since(tx.conn, site_id, line, first.at)?;
        let foreign = store::project::foreign_book_at(tx.conn, site_id, line, first.at)?;
        let posted = store::project::posted_after(tx.conn, site_id, line.binding_id, i64::MIN)?;
        let own: i64 = posted.iter().filter(|row| row.at < first.at && !row.reversed).map(|row| row.delta).sum();
        Ok(Self { samples, booked, after: first.at - 1, baseline: baseline(line, first, foreign + own), newest })
    }

    fn steps(&self, line: &Line) -> Vec<Step> {
        reconcile::wanted(&self.samples, &self.booked, line.settle_seconds.saturating_mul(1_000_000), self.baseline)
    }
}

/// The readings that steps are counted by: at a known time and near a whole number of units; one per moment.
fn usable(line: &Line, observed: &[Observed]) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::with_capacity(observed.len());
    for row in observed.iter().filter(|row| row.quality.is_empty()) {
        let milliunits =
            if line.is_weight { weight::milliunits(row.value - line.tare_mg, line.unit_weight_mg).max(0) } else { row.value * 1_000 };
        if line.is_weight && !weight::is_clear(milliunits) {
            continue;
        }
        let sample = Sample { at: row.event_at, milliunits };
        match samples.last_mut().filter(|last| last.at == row.event_at) {
            Some(last) => *last = sample,
            None => samples.push(sample),
        }
    }
    samples
}

/// Brings the book to the first reading, unless the book lies within what that reading can tell.
fn baseline(line: &Line, first: Sample, book: i64) -> Option<Step> {
    let units = weight::to_units(first.milliunits);
    let margin = if line.is_weight { weight::judge(first.milliunits, 1_000) } else { super::belief::level::judge(units) };
    let agrees = (margin.low..=margin.high).contains(&book);
    (!agrees).then_some(Step { at: first.at, kind: StepKind::Baseline, delta: units - book, due: first.at })
}

/// Updates the belief from the newest reading, and opens or closes the discrepancy; answers whether people would see
/// a difference.
fn judge(tx: &mut Tx<'_>, site_id: i64, line: &Line, device: &str, newest: &Observed, now: Micros, pending: i64) -> Result<bool> {
    let known = store::ingest::beliefs(tx.conn, site_id, &[line.stock_point_id])?;
    let before = known.get(&line.stock_point_id);
    if before.is_some_and(|before| before.as_of > newest.event_at && before.mode == line.mode) {
        return Ok(false);
    }
    let mut estimate: Estimate = ingest::estimate(line, newest.value, &newest.quality, (now.0 - newest.event_at) / 1_000_000);
    estimate.reasons.push(format!("sensor {device}/{}", line.channel));
    // An equal belief stays as it is: its reasons tell how old the reading was when it arrived.
    let is_other = before.is_none_or(|before| before.as_of != newest.event_at || before.estimate != estimate.units)
        && ingest::put_belief(tx, site_id, line, &estimate, newest.event_at, before)?;
    // A shadow is only looked at.
    if line.mode == "shadow" {
        return Ok(is_other);
    }
    let book = store::project::book_at(tx.conn, site_id, line.stock_point_id, newest.event_at)? + pending;
    let book_now = stock::level::on_hand(tx.conn, site_id, line.stock_point_id)? + pending;
    discrepancy::judge(tx, site_id, line.stock_point_id, &[book, book_now], &estimate)?;
    Ok(is_other)
}

/// Posts and takes back the steps of one binding.
struct Poster<'a> {
    site_id: i64,
    line: &'a Line,
    device: &'a str,
}

impl Poster<'_> {
    /// Does all acts. A step whose reversal the ledger can't bear (people took what it had added) stays
    /// as it is; the discrepancy says so.
    fn post(&self, tx: &mut Tx<'_>, acts: &[Act]) -> Result<()> {
        let mut frozen: BTreeSet<i64> = BTreeSet::new();
        loop {
            let mut stuck = None;
            let done = store::in_savepoint(tx, |tx| {
                for act in acts.iter().filter(|act| !frozen.contains(&act.at())) {
                    self.act(tx, act).inspect_err(|cause| {
                        stuck = (cause.code == Code::InsufficientStock).then_some(act.at());
                    })?;
                }
                Ok(())
            });
            match (done, stuck) {
                (Err(_), Some(at)) if frozen.insert(at) => {}
                (done, _) => return done,
            }
        }
    }

    fn act(&self, tx: &mut Tx<'_>, act: &Act) -> Result<()> {
        match act {
            Act::Post { step, revision, delta } => self.add(tx, step, *revision, *delta),
            Act::Reverse(posted) => self.take_back(tx, posted),
        }
    }

    /// Posts a step; where the book holds less than was seen going, what it holds.
    fn add(&self, tx: &mut Tx<'_>, step: &Step, revision: i64, delta: i64) -> Result<()> {
        let delta = if delta < 0 { delta.max(-self.on_hand(tx)?) } else { delta };
        if delta == 0 {
            return Ok(());
        }
        let kind = if step.kind == StepKind::Issue { Kind::Issue } else { Kind::Adjustment };
        let item_id = store::project::item_of_stock_point(tx.conn, self.site_id, self.line.stock_point_id)?;
        let entry = Entry {
            item_id,
            reason: Some(step.kind.reason().to_owned()),
            ..self.entry(kind, LotChoice::Fefo, delta, self.key(step.at, revision), step.at)
        };
        stock::record(tx, self.site_id, &[entry])?;
        store::project::insert_step(tx, self.site_id, self.line.binding_id, step, revision, delta)
    }

    fn on_hand(&self, tx: &mut Tx<'_>) -> Result<i64> {
        let rows: Vec<LevelRow> = tx.conn.hot().lock_levels(self.site_id, &[self.line.stock_point_id])?;
        Ok(rows.iter().map(|row| row.quantity).sum())
    }

    /// Takes a posted step back lot by lot, at the moment at which it was posted.
    fn take_back(&self, tx: &mut Tx<'_>, posted: &Posted) -> Result<()> {
        let key = self.key(posted.at, posted.revision);
        let kind = Kind::of(&posted.kind).ok_or_else(|| Error::internal(format!("a step of the kind '{}'", posted.kind)))?;
        let item_id = store::project::item_of_stock_point(tx.conn, self.site_id, self.line.stock_point_id)?;
        let made = store::project::movements_of_step(tx.conn, self.site_id, &key)?;
        let entries: Vec<Entry> = made
            .iter()
            .enumerate()
            .map(|(part, row)| Entry {
                item_id,
                reason: Some("sensor_reversal".to_owned()),
                reversal_of: Some(row.id),
                ..self.entry(kind, LotChoice::Id(row.lot_id), -row.quantity_delta, format!("{key}/r{part}"), posted.at)
            })
            .collect();
        stock::record(tx, self.site_id, &entries)?;
        store::project::mark_reversed(tx, self.site_id, self.line.binding_id, posted)
    }

    fn key(&self, at: i64, revision: i64) -> String {
        format!("{}/{at}/{revision}", self.line.binding_id)
    }

    fn entry(&self, kind: Kind, lot: LotChoice, quantity_delta: i64, source_key: String, at: i64) -> Entry {
        Entry {
            stock_point_id: self.line.stock_point_id,
            item_id: 0,
            lot,
            kind,
            quantity_delta,
            requested_units: None,
            source: Source::Sensor,
            source_key,
            event_at: Micros(at),
            reason: None,
            actor: format!("device:{}", self.device),
            reversal_of: None,
        }
    }
}
