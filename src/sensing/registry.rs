//! What the writer remembers between groups: lines of devices, the newest record of each channel, the last batch.
//!
//! It lives on the writer's thread and is forgotten when a group fails or when a channel or binding was added, so
//! within one program it is always what the tables say. Beside other programs on the same PostgreSQL, where devices
//! stand is read and locked for each group, and the newest records may lag: what is decided by them is counted by
//! the database, and a group whose count differs is done again without them.

use std::collections::{BTreeSet, HashMap};

use super::binding::Line;
use super::native::Head;
use super::rollup::Marked;
use super::store;
use crate::access::caller::DeviceIdentity;
use crate::base::error::{Error, Result};
use crate::db::Tx;

/// Lines that are remembered; beyond it all are forgotten and read again as they are needed.
const LINES_MAX: usize = 100_000;
/// Channels of one device: a reader in a door sees every tag that is carried past.
const CHANNELS_MAX: usize = 20_000;

/// The memory of the writer.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// Version of the channels and bindings of each site: a change by whichever program shows there.
    marks: HashMap<i64, i64>,
    devices: HashMap<(i64, i64), Device>,
    newest: HashMap<(i64, i64), (i64, i64)>,
    lines: usize,
    /// Readings before this moment are not kept, by site.
    kept_from: HashMap<i64, i64>,
    pub(super) hours: Marked,
}

/// A device as records are judged by it.
#[derive(Debug, Default)]
pub(super) struct Device {
    pub(super) lines: Vec<Line>,
    by_channel: HashMap<String, Vec<usize>>,
    pub(super) health: Health,
}

impl Device {
    /// The lines of a channel, as places in `lines`.
    pub(super) fn lines_of(&self, channel: &str) -> &[usize] {
        self.by_channel.get(channel).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Where a device stands in its own count.
#[derive(Debug, Default, Clone)]
pub(super) struct Health {
    /// None: it was never heard.
    pub(super) boot_id: Option<String>,
    pub(super) last_seq: i64,
    pub(super) last_event_at: i64,
    pub(super) lost: i64,
}

impl Health {
    /// Whether a batch goes on where the device stopped, so that it can't have come before.
    pub(super) fn is_next(&self, head: &Head) -> bool {
        self.boot_id.as_ref() == Some(&head.boot_id) && head.seq > self.last_seq
    }

    /// Takes note of a batch.
    ///
    /// A jump in `seq` within one boot counts each missing batch as one lost record until it comes late;
    /// what the device itself says it lost is added.
    pub(super) fn hear(&mut self, head: &Head) {
        if self.boot_id.as_ref() == Some(&head.boot_id) {
            let missing = if head.seq > self.last_seq { head.seq.saturating_sub(self.last_seq).saturating_sub(1) } else { -1 };
            self.lost = self.lost.saturating_add(missing).max(0);
            self.last_seq = self.last_seq.max(head.seq);
        } else {
            self.boot_id = Some(head.boot_id.clone());
            self.last_seq = head.seq;
        }
        self.lost = self.lost.saturating_add(head.lost);
    }
}

impl Registry {
    /// Forgets everything: the tables may say otherwise.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Forgets what a new channel or binding of a site may have changed.
    pub(super) fn refresh(&mut self, tx: &mut Tx<'_>, site_id: i64) -> Result<()> {
        let mark = store::binding::version(tx.conn, site_id)?;
        if self.marks.get(&site_id) != Some(&mark) || self.lines > LINES_MAX {
            self.forget();
            self.marks.insert(site_id, mark);
            self.kept_from.insert(site_id, store::history::kept_from(tx.conn, site_id)?);
        }
        Ok(())
    }

    /// Readings before this moment are not kept.
    pub(super) fn kept_from(&self, site_id: i64) -> i64 {
        self.kept_from.get(&site_id).copied().unwrap_or(i64::MIN)
    }

    /// A device, read when it is not remembered.
    pub(super) fn device(&mut self, tx: &mut Tx<'_>, device: &DeviceIdentity) -> Result<&mut Device> {
        let key = (device.site_id, device.id);
        if !self.devices.contains_key(&key) {
            let health = store::ingest::health(tx.conn, device)?;
            self.read(tx, device, health)?;
        }
        self.devices.get_mut(&key).ok_or_else(|| Error::internal("a device was forgotten"))
    }

    /// Reads anew where devices stand, where other programs hear them too, and keeps these from it until the
    /// transaction ends: what a device lost is counted from what it sent before.
    pub(super) fn hear_others(&mut self, tx: &mut Tx<'_>, site_id: i64, device_ids: &BTreeSet<i64>) -> Result<()> {
        if !tx.conn.is_shared() {
            return Ok(());
        }
        for (device_id, health) in store::ingest::lock_health(tx, site_id, device_ids)? {
            if let Some(device) = self.devices.get_mut(&(site_id, device_id)) {
                device.health = health;
            }
        }
        Ok(())
    }

    /// As [`Registry::device`]; channels without a binding, and the one without a name that carries what a device
    /// says about itself, are made when they are first used, as long as the device has not too many.
    pub(super) fn device_with(&mut self, tx: &mut Tx<'_>, device: &DeviceIdentity, channels: &BTreeSet<&str>) -> Result<&Device> {
        let known = self.device(tx, device)?;
        let room = CHANNELS_MAX.saturating_sub(known.by_channel.len());
        let new: Vec<&str> = channels.iter().copied().filter(|channel| known.lines_of(channel).is_empty()).take(room).collect();
        if !new.is_empty() {
            let health = known.health.clone();
            store::binding::insert_channels(tx, device.site_id, device.id, &new)?;
            self.read(tx, device, health)?;
        }
        self.device(tx, device).map(|device| &*device)
    }

    fn read(&mut self, tx: &mut Tx<'_>, device: &DeviceIdentity, health: Health) -> Result<()> {
        let lines = store::binding::lines_of_device(tx.conn, device.site_id, device.id)?;
        let channels: Vec<i64> = lines.iter().map(|line| line.channel_id).collect();
        for (channel_id, observed_at, dedupe_key) in store::ingest::newest_of_channels(tx.conn, device.site_id, &channels)? {
            self.newest.insert((device.site_id, channel_id), (observed_at, dedupe_key));
        }
        let mut by_channel: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            // A channel that has nothing yet is older than any record.
            self.newest.entry((device.site_id, line.channel_id)).or_insert((i64::MIN, i64::MIN));
            by_channel.entry(line.channel.clone()).or_default().push(at);
        }
        self.lines += lines.len();
        self.devices.insert((device.site_id, device.id), Device { lines, by_channel, health });
        Ok(())
    }

    /// Stamp and key of a channel's newest record; none when its device was not read.
    pub(super) fn newest(&self, site_id: i64, channel_id: i64) -> Option<(i64, i64)> {
        self.newest.get(&(site_id, channel_id)).copied()
    }

    /// Takes note of a channel's newest record.
    pub(super) fn set_newest(&mut self, site_id: i64, channel_id: i64, newest: (i64, i64)) {
        self.newest.insert((site_id, channel_id), newest);
    }
}
