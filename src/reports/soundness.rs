//! Is the database sound? What follows from the ledger, the observations and the audit is compared with them.

use serde::Serialize;

use super::store;
use crate::access::audit::{self, Break};
use crate::base::error::Result;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::stock::level::{self, Difference};

/// Both sums of one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteSums {
    /// Site.
    pub site_id: i64,
    /// Movements in its ledger.
    pub movements: i64,
    /// Base units by the levels.
    pub levels_sum: i64,
    /// Base units by the ledger.
    pub ledger_sum: i64,
}

/// The newest observation of a channel, as two tables tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Newest {
    /// The device's stamp.
    pub observed_at: Micros,
    /// Tells records of one stamp apart.
    pub dedupe_key: i64,
    /// What it says.
    pub value: i64,
}

/// A channel whose remembered observation is not the newest one kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelDifference {
    /// Site.
    pub site_id: i64,
    /// Channel.
    pub channel_id: i64,
    /// What is remembered; null: nothing.
    pub remembered: Option<Newest>,
    /// The newest observation that is kept.
    pub kept: Newest,
}

/// An item whose sums over a site are not what its levels and par levels add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemDifference {
    /// Site.
    pub site_id: i64,
    /// Item.
    pub item_id: i64,
    /// On hand, as it is kept.
    pub on_hand: i64,
    /// What the levels add up to.
    pub levels_sum: i64,
    /// Par level, as it is kept.
    pub par_level: i64,
    /// What the par levels of the stock points add up to.
    pub points_sum: i64,
}

/// What a check found.
#[derive(Debug, Clone, Serialize)]
pub struct Soundness {
    /// Levels that are not what their movements add up to.
    pub levels: Vec<Difference>,
    /// Both sums of every site.
    pub sites: Vec<SiteSums>,
    /// Items whose sums over a site are kept wrongly.
    pub items: Vec<ItemDifference>,
    /// Channels that were looked at.
    pub channels: usize,
    /// Channels whose newest observation is remembered wrongly.
    pub channel_differences: Vec<ChannelDifference>,
    /// Entries of the audit.
    pub audit_entries: usize,
    /// Where its chains are broken.
    pub audit_breaks: Vec<Break>,
}

impl Soundness {
    /// Whether nothing differs.
    pub fn is_sound(&self) -> bool {
        self.levels.is_empty()
            && self.sites.iter().all(|site| site.levels_sum == site.ledger_sum)
            && self.items.is_empty()
            && self.channel_differences.is_empty()
            && self.audit_breaks.is_empty()
    }

    /// What differs, a line each; at most `most` lines of a kind.
    pub fn lines(&self, most: usize) -> Vec<String> {
        let levels = self.levels.iter().map(|bad| {
            let side = |value: Option<i64>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
            let what = if bad.only_moment { " (only the moment differs)" } else { "" };
            let (level, ledger) = (side(bad.level), side(bad.ledger));
            format!("site {} stock point {} lot {}: level {level}, ledger {ledger}{what}", bad.site_id, bad.stock_point_id, bad.lot_id)
        });
        let sites = self.sites.iter().filter(|site| site.levels_sum != site.ledger_sum);
        let sites = sites.map(|site| format!("site {}: levels sum to {}, movements to {}", site.site_id, site.levels_sum, site.ledger_sum));
        let items = self.items.iter().map(|bad| {
            let ItemDifference { site_id, item_id, on_hand, levels_sum, par_level, points_sum } = bad;
            format!(
                "site {site_id} item {item_id}: on hand {on_hand}, levels {levels_sum}; par level {par_level}, stock points {points_sum}"
            )
        });
        let channels = self.channel_differences.iter().map(|bad| {
            let remembered = bad.remembered.as_ref().map_or_else(|| "nothing".to_owned(), Newest::text);
            format!("site {} channel {}: remembered {remembered}, newest kept {}", bad.site_id, bad.channel_id, bad.kept.text())
        });
        let audit = self.audit_breaks.iter().map(|bad| format!("site {} audit entry {}: {}", bad.site_id, bad.seq, bad.rule));
        cut(levels, most).chain(cut(sites, most)).chain(cut(items, most)).chain(cut(channels, most)).chain(cut(audit, most)).collect()
    }
}

impl Newest {
    fn text(&self) -> String {
        format!("{} at {}", self.value, self.observed_at.to_text())
    }
}

fn cut(lines: impl Iterator<Item = String>, most: usize) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = lines.collect();
    if lines.len() > most {
        let more = lines.len() - most;
        lines.truncate(most);
        lines.push(format!("… and {more} more of this kind"));
    }
    lines.into_iter()
}

/// Looks at everything; `step` hears what is being looked at.
///
/// Each comparison is one statement, so that it may run beside a service that writes.
///
/// # Errors
/// Those of the database.
pub fn check(conn: &mut Conn, step: &mut dyn FnMut(String)) -> Result<Soundness> {
    step("comparing levels with the ledger".to_owned());
    let levels = level::differences(conn)?;
    step("adding up the sites".to_owned());
    let sites = store::soundness::site_sums(conn)?;
    let items = store::soundness::items(conn)?;
    step("comparing channels with their observations".to_owned());
    let (channels, channel_differences) = store::soundness::channels(conn)?;
    step("walking the audit chains".to_owned());
    let (audit_entries, audit_breaks) = audit::verify_telling(conn, &mut |seen| step(format!("walking the audit chains: {seen} entries")))?;
    Ok(Soundness { levels, sites, items, channels, channel_differences, audit_entries, audit_breaks })
}
