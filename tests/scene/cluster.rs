//! A PostgreSQL of a test's own, which it may stop at once, start again, copy to a standby and promote.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::postgres::{as_server_user, command, free_port, init, new_folder, programs};

/// Waits for this process to go away, however it goes.
const KEEPER: &str = r#"
read -r _
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"
"#;

/// A server with its folder; both go with it.
pub(crate) struct Cluster {
    folder: String,
    pub(crate) port: u16,
    settings: String,
    keeper: Child,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

impl Cluster {
    /// A fresh server with more settings (`-c name=value …`) and an empty database `scene`.
    pub(crate) fn start(settings: &str) -> Self {
        let folder = new_folder();
        init(&folder);
        Self::in_folder(folder, settings)
    }

    /// A fresh server that speaks TLS, with a certificate made by itself for an address.
    #[cfg(feature = "postgres-tls")]
    pub(crate) fn with_certificate(address: &str) -> Self {
        let folder = new_folder();
        init(&folder);
        let (key, certificate) = (format!("{folder}/server.key"), format!("{folder}/server.crt"));
        let mut made = as_server_user("openssl");
        made.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=scene", "-addext"]);
        made.arg(format!("subjectAltName=IP:{address}")).args(["-keyout", &key, "-out", &certificate]);
        assert!(made.stderr(Stdio::null()).status().unwrap().success(), "openssl req failed");
        Self::in_folder(folder, &format!("-c ssl=on -c ssl_key_file={key} -c ssl_cert_file={certificate}"))
    }

    /// The certificate of a server that has one.
    #[cfg(feature = "postgres-tls")]
    pub(crate) fn certificate(&self) -> String {
        format!("{}/server.crt", self.folder)
    }

    fn in_folder(folder: String, settings: &str) -> Self {
        let cluster = Self::kept(folder, settings);
        cluster.start_again();
        assert!(cluster.tool("createdb").arg("scene").status().unwrap().success());
        cluster
    }

    fn kept(folder: String, settings: &str) -> Self {
        let bin = programs().unwrap();
        let keeper = as_server_user("sh")
            .args(["-c", KEEPER, "keeper", &bin.to_string_lossy(), &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, port: free_port(), settings: settings.to_owned(), keeper }
    }

    /// A streaming copy of this server, under a name that it waits for before it acknowledges.
    pub(crate) fn standby(&self, name: &str) -> Self {
        let standby = Self::kept(new_folder(), "");
        let from = format!("host=127.0.0.1 port={} user=scene application_name={name}", self.port);
        let copied =
            command("pg_basebackup").args(["-D", &format!("{}/data", standby.folder), "-d", &from, "-R", "-c", "fast"]).status().unwrap();
        assert!(copied.success(), "pg_basebackup failed");
        standby.start_again();
        standby
    }

    /// Stops as if the machine had lost its power: nothing is finished, nothing is flushed.
    pub(crate) fn stop_at_once(&self) {
        assert!(self.control(&["-m", "immediate", "stop"]).status().unwrap().success());
    }

    /// Starts, and comes back when connections are taken.
    pub(crate) fn start_again(&self) {
        let options = format!("-p {} -k {} -c listen_addresses=127.0.0.1 {}", self.port, self.folder, self.settings);
        // A server outlives the program that starts it, and would keep its pipes open.
        let mut start = self.control(&["-w", "-l", &format!("{}/log", self.folder), "-o", &options, "start"]);
        assert!(start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success(), "see {}/log", self.folder);
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        assert!(self.control(&["-w", "promote"]).stdout(Stdio::null()).status().unwrap().success());
    }

    /// The answer to a question, as text.
    pub(crate) fn ask(&self, sql: &str) -> String {
        let answer = self.tool("psql").args(["-At", "-c", sql, "postgres"]).output().unwrap();
        String::from_utf8(answer.stdout).unwrap().trim().to_owned()
    }

    /// Asks until the answer is as wanted.
    #[track_caller]
    pub(crate) fn wait_for(&self, sql: &str, want: &str) {
        for _ in 0..300 {
            if self.ask(sql) == want {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        panic!("{sql}: {} after 30 s", self.ask(sql));
    }

    /// `host:port`, for a URL.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn control(&self, words: &[&str]) -> Command {
        let mut control = command("pg_ctl");
        control.args(["-s", "-D", &format!("{}/data", self.folder)]).args(words);
        control
    }

    fn tool(&self, name: &str) -> Command {
        let mut tool = command(name);
        tool.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "scene"]);
        tool
    }
}
