//! Backups of a SQLite database while it is written, and the way back; of PostgreSQL only the manifest.
//!
//! `VACUUM INTO` holds one read snapshot and never starts again, as the stepwise backup would at every
//! write of another connection. Asks which database it is: a SQLite file is copied, a PostgreSQL server is not.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::conn::{Access, Conn, Number, Target};
use super::manifest::{FORMAT, Manifest, facts};
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Micros;

/// A backup needs this many times the database: the copy, and the log that grows while it is made.
const SPACE_FACTOR: u64 = 2;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Where the manifest of a backup stands.
pub fn manifest_of(backup: &Path) -> PathBuf {
    let mut name = backup.as_os_str().to_owned();
    name.push(".manifest.json");
    PathBuf::from(name)
}

/// The name of a backup that is named by its time.
pub fn file_name(now: Micros) -> String {
    format!("wardstock-{}.db", now.to_text().replace(':', ""))
}

/// Copies the database to a file that was not there, with a manifest beside it; for PostgreSQL writes the manifest only.
///
/// # Errors
/// `conflict` when the file is there, `storage_full` when there is too little space, `database_unavailable` when the copy is not whole.
pub fn take(target: &Target, to: &Path, now: Micros, step: &mut dyn FnMut(&str)) -> Result<Manifest> {
    for file in [to.to_owned(), manifest_of(to)] {
        if file.exists() {
            return Err(Error::new(Code::Conflict, format!("{} is there already: a backup never overwrites one", file.display())));
        }
    }
    let folder = folder_of(to);
    let mut conn = target.connect(Access::Survey)?;
    let manifest = if let (Conn::Sqlite(_), Target::Sqlite { .. }) = (&conn, target) {
        let size = number(&mut conn, "SELECT page_count * page_size AS value FROM pragma_page_count(), pragma_page_size()")?;
        drop(conn);
        require_space(&folder, free_bytes(&folder)?, u64::try_from(size).unwrap_or(0))?;
        copy_sqlite(target, &folder, to, now, step)?
    } else {
        step("counting rows in one snapshot");
        conn.begin_snapshot()?;
        Manifest::new("postgres", facts(&mut conn)?, now, None)
    };
    step("writing the manifest");
    save(&manifest, &manifest_of(to))?;
    Ok(manifest)
}

fn copy_sqlite(target: &Target, folder: &Path, to: &Path, now: Micros, step: &mut dyn FnMut(&str)) -> Result<Manifest> {
    // Goes away with all that is in it when a later step fails.
    let desk = temporary_in(folder)?;
    let part = desk.path().join("copy.db");
    step("copying (the service may go on)");
    // Not `Access::Survey`: `query_only` would also refuse to write the copy.
    target.connect(Access::Write)?.batch_execute(&format!("VACUUM INTO '{}'", part.to_string_lossy().replace('\'', "''")))?;
    step("checking the copy");
    let mut copy = open_copy(&part)?;
    require_integrity(&mut copy)?;
    let facts = facts(&mut copy)?;
    drop(copy);
    step("writing it through to the disk");
    sync(&part)?;
    let hashed = hash(&part)?;
    fs::rename(&part, to).map_err(|cause| unwritable(to, &cause))?;
    sync(folder)?;
    Ok(Manifest::new("sqlite", facts, now, Some(hashed)))
}

/// A backup that was checked and stands beside its place, not yet in it.
#[derive(Debug)]
pub struct Staged {
    desk: TempDir,
    place: PathBuf,
    /// The copy, as a database of its own.
    pub copy: Target,
    /// What the backup says of itself.
    pub manifest: Manifest,
}

/// Checks a backup against its manifest and copies it beside the database that it shall become.
///
/// # Errors
/// `invalid_input` when the target is no SQLite file, the manifest is missing or the file is not the one it tells of;
/// `conflict` when there is a database already and `replace` is not set.
pub fn stage(source: &Path, target: &Target, replace: bool, step: &mut dyn FnMut(&str)) -> Result<Staged> {
    let Target::Sqlite { path: place, .. } = target else {
        let detail =
            "PostgreSQL is restored with its own programs (pg_restore, or a base backup with its WAL); then run `wardstock doctor --check`";
        return Err(Error::field("database", "postgres", detail));
    };
    if !replace && fs::metadata(place).is_ok_and(|about| about.len() > 0) {
        let detail =
            format!("{} is not empty: say --replace to put the backup in its place (the old files are kept aside)", place.display());
        return Err(Error::new(Code::Conflict, detail));
    }
    let manifest = load(source)?;
    step("comparing the backup with its manifest");
    let (bytes, sha256) = hash(source)?;
    if (manifest.bytes, manifest.sha256.as_deref()) != (Some(bytes), Some(sha256.as_str())) {
        let detail = format!("{} is not the file that its manifest tells of: it was changed or is not whole", source.display());
        return Err(Error::field("source", "wrong_hash", detail));
    }
    let folder = folder_of(place);
    require_space(&folder, free_bytes(&folder)?, bytes)?;
    let desk = temporary_in(&folder)?;
    let copy = desk.path().join("restored.db");
    step("copying");
    fs::copy(source, &copy).map_err(|cause| unwritable(&copy, &cause))?;
    step("checking the copy");
    let mut conn = open_copy(&copy)?;
    require_integrity(&mut conn)?;
    if facts(&mut conn)? != manifest.facts {
        return Err(Error::field("source", "wrong_facts", "the backup holds other rows than its manifest tells of"));
    }
    drop(conn);
    let copy = Target::Sqlite { path: copy, temporary: None };
    Ok(Staged { desk, place: place.clone(), copy, manifest })
}

impl Staged {
    /// Puts the copy into its place; answers where the files that stood there were moved, if any.
    ///
    /// # Errors
    /// `database_unavailable` when a service holds the database; nothing has changed then.
    pub fn put_in_place(self, now: Micros) -> Result<Option<PathBuf>> {
        let target = Target::Sqlite { path: self.place.clone(), temporary: None };
        let lock = target.lock()?;
        let mut conn = self.copy.connect(Access::Write)?;
        // All that the checks wrote goes into the one file; fails while another connection is open.
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;")?;
        drop(conn);
        let copy = self.desk.path().join("restored.db");
        sync(&copy)?;
        let mut aside = None;
        for end in ["", "-wal", "-shm"] {
            let old = with_end(&self.place, end);
            if old.exists() {
                // The three belong together: under one name they are still a whole database.
                let to = with_end(&with_end(&self.place, &format!(".replaced-{}", now.0)), end);
                fs::rename(&old, &to).map_err(|cause| unwritable(&to, &cause))?;
                aside.get_or_insert(to);
            }
        }
        fs::rename(&copy, &self.place).map_err(|cause| unwritable(&self.place, &cause))?;
        sync(&folder_of(&self.place))?;
        drop(lock);
        Ok(aside)
    }
}

pub(super) fn load(source: &Path) -> Result<Manifest> {
    let path = manifest_of(source);
    let bad = |cause: String| {
        Error::field("source", "manifest", format!("{}: {cause}; a backup without its manifest is not whole", path.display()))
    };
    let text = fs::read_to_string(&path).map_err(|cause| bad(cause.to_string()))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|cause| bad(cause.to_string()))?;
    if manifest.format == FORMAT { Ok(manifest) } else { Err(bad(format!("the format is {}, not {FORMAT}", manifest.format))) }
}

fn save(manifest: &Manifest, to: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(manifest).map_err(|cause| Error::internal("a manifest is no JSON").because(cause))?;
    let part = with_end(to, ".part");
    fs::write(&part, text + "\n").map_err(|cause| unwritable(&part, &cause))?;
    sync(&part)?;
    fs::rename(&part, to).map_err(|cause| unwritable(to, &cause))?;
    sync(&folder_of(to))
}

/// Opens a copy as it is: the rules of a live database would turn it into one with a log beside it.
fn open_copy(path: &Path) -> Result<Conn> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|cause| Error::new(Code::DatabaseUnavailable, "the copy can't be opened").because(cause))?;
    conn.batch_execute("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
    Ok(Conn::Sqlite(conn))
}

fn require_integrity(conn: &mut Conn) -> Result<()> {
    let lines: Vec<Line> = diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check").load(conn)?;
    match lines.first() {
        Some(first) if first.line != "ok" => {
            let said = lines.iter().take(10).map(|line| line.line.as_str()).collect::<Vec<_>>().join("; ");
            Err(Error::new(Code::DatabaseUnavailable, format!("SQLite finds the copy damaged: {said}")))
        }
        _ => Ok(()),
    }
}

fn number(conn: &mut Conn, sql: &str) -> Result<i64> {
    Ok(diesel::sql_query(sql).get_result::<Number>(conn)?.value)
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn temporary_in(folder: &Path) -> Result<TempDir> {
    tempfile::Builder::new().prefix(".wardstock-copy-").tempdir_in(folder).map_err(|cause| unwritable(folder, &cause))
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|cause| unwritable(path, &cause))
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    Error::field(path.display().to_string(), "unwritable", format!("{}: {cause}", path.display()))
}

/// Length and SHA-256 of a file.
fn hash(path: &Path) -> Result<(u64, String)> {
    let unreadable = |cause: std::io::Error| Error::field(path.display().to_string(), "unreadable", format!("{}: {cause}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let (mut digest, mut buffer, mut length) = (Sha256::new(), vec![0; 1 << 20], 0_u64);
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        digest.update(part);
        length += u64::try_from(read).unwrap_or(0);
    }
    let sha256 = digest.finalize().iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    Ok((length, sha256))
}

fn free_bytes(folder: &Path) -> Result<u64> {
    let about = rustix::fs::statvfs(folder).map_err(|cause| unwritable(folder, &cause.into()))?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

fn require_space(folder: &Path, free: u64, database: u64) -> Result<()> {
    let needed = database.saturating_mul(SPACE_FACTOR);
    if free >= needed {
        return Ok(());
    }
    let detail = format!(
        "{} has {} MB free; a database of {} MB needs {} MB ({SPACE_FACTOR} x: the copy, and the log that grows meanwhile)",
        folder.display(),
        free >> 20,
        database >> 20,
        needed >> 20
    );
    Err(Error::new(Code::StorageFull, detail))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::require_space;
    use crate::base::code::Code;

    #[test]
    fn a_copy_needs_twice_the_space() {
        let folder = Path::new("/backup");
        assert!(require_space(folder, 200 << 20, 100 << 20).is_ok());
        let refused = require_space(folder, (200 << 20) - 1, 100 << 20).unwrap_err();
        assert_eq!(refused.code, Code::StorageFull);
        assert!(refused.detail.contains("/backup has 199 MB free") && refused.detail.contains("needs 200 MB"), "{}", refused.detail);
    }
}
