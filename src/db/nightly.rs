//! A backup every night into one folder, of which the newest are kept.

use std::fs;
use std::path::{Path, PathBuf};

use super::Db;
use super::backup::{self, file_name, manifest_of};
use crate::base::error::{Error, Result};
use crate::base::time::{DAY_MICROS, Micros};

/// Backups that stay.
pub const KEPT: usize = 14;
/// When the newest is older, somebody must look.
pub const OLD_HOURS: i64 = 26;
/// Backups are taken from this moment of the day (UTC) on.
const NIGHT_MICROS: i64 = 2 * DAY_MICROS / 24;

/// The folder of the nightly backups.
#[derive(Debug, Clone)]
pub struct Nightly {
    folder: PathBuf,
}

impl Nightly {
    /// Backups of this database into a folder that is there.
    ///
    /// # Errors
    /// `invalid_input` when it is no folder, or the database is backed up by programs of its own.
    pub fn new(db: &Db, folder: &Path) -> Result<Self> {
        if db.target.takes_many_writers() {
            let detail = "PostgreSQL is backed up with its own programs (pg_basebackup and the archive of its WAL): leave it away";
            return Err(Error::field("backup-folder", "postgres", detail));
        }
        if !folder.is_dir() {
            return Err(Error::field("backup-folder", "no_folder", format!("{} is no folder", folder.display())));
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// The whole backups in the folder, oldest first. One without its manifest is none.
    fn all(&self) -> Result<Vec<(Micros, PathBuf)>> {
        let unreadable = |cause| Error::internal(format!("the folder {} can't be read", self.folder.display())).because(cause);
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)?.flatten() {
            let path = entry.path();
            let is_ours = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("wardstock-"));
            if is_ours
                && path.extension().is_some_and(|end| end == "db")
                && let Ok(manifest) = backup::load(&path)
            {
                all.push((manifest.taken_at, path));
            }
        }
        all.sort();
        Ok(all)
    }

    /// When the newest backup was taken; none: there is none.
    ///
    /// # Errors
    /// `internal` when the folder can't be read.
    pub fn newest(&self) -> Result<Option<Micros>> {
        Ok(self.all()?.pop().map(|(taken_at, _)| taken_at))
    }

    /// Whether this night's backup is missing.
    ///
    /// # Errors
    /// As [`Nightly::newest`].
    pub fn is_due(&self, now: Micros) -> Result<bool> {
        let night = (now.0 - NIGHT_MICROS).div_euclid(DAY_MICROS) * DAY_MICROS + NIGHT_MICROS;
        Ok(self.newest()?.is_none_or(|taken_at| taken_at.0 < night))
    }

    /// Takes a backup, then lets those go that are too many: never before there is a newer one.
    ///
    /// # Errors
    /// Those of [`backup::take`].
    pub fn take(&self, db: &Db, now: Micros) -> Result<PathBuf> {
        let path = self.folder.join(file_name(now));
        backup::take(&db.target, &path, now, &mut |_| ())?;
        let all = self.all()?;
        for (_, old) in all.iter().take(all.len().saturating_sub(KEPT)) {
            // The manifest first: what is left of a broken deletion is no backup.
            for file in [manifest_of(old), old.clone()] {
                if let Err(cause) = fs::remove_file(&file) {
                    tracing::warn!(%cause, "the old backup {} stays", file.display());
                }
            }
        }
        Ok(path)
    }

    /// Whether the newest backup is so old that somebody must look.
    ///
    /// # Errors
    /// As [`Nightly::newest`].
    pub fn is_old(&self, now: Micros) -> Result<bool> {
        Ok(self.newest()?.is_none_or(|taken_at| now.0 - taken_at.0 > OLD_HOURS * DAY_MICROS / 24))
    }
}
