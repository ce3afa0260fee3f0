//! A disk that loses power or fails (`disk.c`), and what it would have left behind at any moment of a run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::crash::Chance;

/// The database, its log and its journal, as `disk.c` numbers them.
const PARTS: [&str; 3] = ["", "-wal", "-journal"];
/// What a disk writes at once: a cut leaves some of these and not others.
const SECTOR: usize = 512;
const STEP_BYTES: usize = 24;

/// The preloaded library; none without a C compiler.
pub(super) fn library() -> Option<&'static Path> {
    static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    LIBRARY.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    if Command::new("cc").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        eprintln!("SKIPPED: no power is cut and no disk fails, since there is no C compiler `cc`");
        return None;
    }
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{}.so", std::process::id()));
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/disk.c");
    let built = Command::new("cc").args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]).arg(&to).arg(from).status();
    assert!(built.unwrap().success(), "{from} does not compile");
    Some(to)
}

/// One thing that was done to one file.
#[derive(Clone, Copy)]
struct Step<'a> {
    what: char,
    part: usize,
    at: usize,
    bytes: &'a [u8],
    /// Where its note ends: what was promised when the notes were shorter may rest on it, nothing earlier does.
    ends: usize,
}

fn steps(notes: &[u8]) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut from = 0;
    while let Some(head) = notes.get(from..from + STEP_BYTES) {
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap()) as usize;
        let length = if head[0] == b'W' { number(16) } else { 0 };
        // The last note may be cut off with its process.
        let Some(bytes) = notes.get(from + STEP_BYTES..from + STEP_BYTES + length) else { break };
        from += STEP_BYTES + length;
        steps.push(Step { what: char::from(head[0]), part: usize::from(head[4]) - 1, at: number(8), bytes, ends: from });
    }
    steps
}

/// A file as it surely is on the disk, and what is on its way there.
#[derive(Default)]
struct Part<'a> {
    sure: Option<Vec<u8>>,
    waiting: Vec<Step<'a>>,
}

/// What the disk holds while the notes of a run are gone through.
pub(super) struct Disk<'a> {
    steps: std::iter::Peekable<std::vec::IntoIter<Step<'a>>>,
    parts: [Part<'a>; 3],
}

impl<'a> Disk<'a> {
    /// The disk as it was before the run, from a copy of the files.
    pub(super) fn new(before: &Path, notes: &'a [u8]) -> Self {
        let parts = PARTS.map(|end| Part { sure: std::fs::read(with(before, end)).ok(), waiting: Vec::new() });
        Self { steps: steps(notes).into_iter().peekable(), parts }
    }

    /// Goes on until the notes were so long.
    pub(super) fn go_on(&mut self, length: usize) {
        while let Some(step) = self.steps.next_if(|step| step.ends <= length) {
            let part = &mut self.parts[step.part];
            match step.what {
                'S' => {
                    for step in std::mem::take(&mut part.waiting) {
                        apply(part.sure.get_or_insert_default(), &step);
                    }
                }
                // A name is gone at once or with its folder's sync: that it stays is as likely as not, so both are tried by other seeds.
                'U' => *part = Part::default(),
                _ => part.waiting.push(step),
            }
        }
    }

    /// Writes the files as the power was cut here: what was synced is there; of the rest each step is, or is not, or half.
    pub(super) fn cut(&self, to: &Path, chance: &mut Chance) {
        drop(std::fs::remove_file(with(to, "-shm")));
        for (part, end) in self.parts.iter().zip(PARTS) {
            let path = with(to, end);
            if part.sure.is_none() && part.waiting.is_empty() {
                drop(std::fs::remove_file(&path));
                continue;
            }
            let mut bytes = part.sure.clone().unwrap_or_default();
            // Often nothing arrived, often all did; between them anything.
            let share = [0, 0, 10, 50, 90, 100][chance.below(6) as usize];
            for step in &part.waiting {
                match step.what {
                    'W' if chance.below(8) == 0 => {
                        for (at, sector) in step.bytes.chunks(SECTOR).enumerate() {
                            if chance.below(100) < share {
                                apply(&mut bytes, &Step { at: step.at + at * SECTOR, bytes: sector, ..*step });
                            }
                        }
                    }
                    _ if chance.below(100) < share => apply(&mut bytes, step),
                    _ => {}
                }
            }
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

fn apply(bytes: &mut Vec<u8>, step: &Step<'_>) {
    if step.what == 'T' {
        bytes.resize(step.at, 0);
        return;
    }
    let end = step.at + step.bytes.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[step.at..end].copy_from_slice(step.bytes);
}

/// The path of a database, with an end.
pub(super) fn with(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// Copies a database with its log.
pub(super) fn copy(from: &Path, to: &Path) {
    for end in PARTS {
        drop(std::fs::copy(with(from, end), with(to, end)));
    }
}
