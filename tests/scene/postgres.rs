//! A throw-away PostgreSQL cluster for the whole test process, from Debian's server programs, on a free port.
//!
//! It is stopped, and its folder removed, by a shell that waits for this process to go away.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// The shell keeps the server until its standard input closes, which it does when this process ends.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -p "$3" -k "$2" -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=300 >"$2/log" 2>&1 &
pid=$!
read -r _
kill -INT "$pid"
wait "$pid"
rm -rf "$2"
"#;

struct Cluster {
    port: u16,
    _keeper: Child,
}

/// Whether the server programs are there.
pub(super) fn is_there() -> bool {
    programs().is_some()
}

/// The URL of a new, empty database.
pub(super) fn fresh_database() -> String {
    let cluster = CLUSTER.get_or_init(start);
    let name = format!("scene_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let made = command("createdb").args(["-h", "127.0.0.1", "-p", &cluster.port.to_string(), "-U", "scene", &name]).status().unwrap();
    assert!(made.success(), "createdb failed");
    format!("postgres://scene@127.0.0.1:{}/{name}", cluster.port)
}

/// The folder of the newest server's programs, or the one that `WARDSTOCK_POSTGRES_BIN` names.
#[expect(clippy::disallowed_methods, reason = "which server the tests run on: a setting of the tests, not of the program")]
pub(super) fn programs() -> Option<PathBuf> {
    if let Ok(named) = std::env::var("WARDSTOCK_POSTGRES_BIN") {
        return Some(PathBuf::from(named));
    }
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop()
}

/// A server program; root may not run them, so it hands over to the user that Debian made for them.
pub(super) fn command(program: &str) -> Command {
    let path = programs().unwrap().join(program);
    as_server_user(&path.to_string_lossy())
}

pub(super) fn as_server_user(program: &str) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}

#[expect(clippy::zombie_processes, reason = "the keeper ends with this process")]
fn start() -> Cluster {
    let folder = new_folder();
    init(&folder);
    let port = free_port();
    let bin = programs().unwrap();
    let keeper = as_server_user("sh")
        .args(["-c", KEEPER, "keeper", &bin.to_string_lossy(), &folder, &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        let ready = command("pg_isready").args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q"]).status().unwrap();
        if ready.success() {
            return Cluster { port, _keeper: keeper };
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    panic!("the PostgreSQL cluster did not start; see {folder}/log");
}

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder of the server's user.
pub(crate) fn new_folder() -> String {
    let made = as_server_user("mktemp").args(["-d", "/tmp/wardstock-postgres-XXXXXX"]).output().unwrap();
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// An empty cluster in `FOLDER/data`.
pub(super) fn init(folder: &str) {
    let initdb = command("initdb")
        .args([
            "-D",
            &format!("{folder}/data"),
            "-U",
            "scene",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-sync",
        ])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(initdb.success(), "initdb failed");
}
