//! The address of a PostgreSQL, as its own library reads it: which hosts it names, and what we add to it.

use crate::base::error::{Error, Result};

/// What is asked of the network unless the URL says otherwise: a server that vanishes without a word is noticed
/// within seconds, not after the quarter of an hour that a kernel takes.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "3"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("application_name", "wardstock"),
];

/// Whether this build can speak TLS to PostgreSQL: the Cargo feature `postgres-tls`.
const HAS_TLS: bool = cfg!(feature = "postgres-tls");

/// The modes in which nothing goes over the network in clear.
const TLS_MODES: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// The hosts of a URL, those of its parameters if there are any: they win over the ones before the path. A named service
/// may be anywhere, so its name stands for a host too.
pub(super) fn hosts(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    let before = place.rsplit_once('@').map_or(place, |(_, hosts)| hosts);
    let mut named: Vec<&str> = ["host", "hostaddr", "service"].into_iter().flat_map(|name| parameters(url, name)).collect();
    if named.is_empty() {
        named.push(before);
    }
    named.into_iter().flat_map(|part| part.split(',')).flat_map(|part| part.split("%2C")).collect()
}

/// The values of a parameter of a URL, as often as it stands there.
fn parameters<'a>(url: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    url.split(['?', '&']).skip(1).filter_map(move |part| part.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

/// Whether a host of a database URL is a socket folder, `localhost` or a loopback address.
pub(super) fn is_this_machine(host: &str) -> bool {
    let bare = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _port)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    bare.is_empty()
        || bare == "localhost"
        || bare.starts_with('/')
        || bare.starts_with("%2F")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The URL of a database that is here, or is spoken to through TLS: without a wish the server must prove its name.
pub(super) fn kept_private(url: String) -> Result<String> {
    private(url, HAS_TLS)
}

fn private(url: String, has_tls: bool) -> Result<String> {
    if hosts(&url).into_iter().all(is_this_machine) {
        return Ok(url);
    }
    let refuse = |detail: &str| Err(Error::field("database", "plain_postgres", detail));
    if !has_tls {
        return refuse(
            "a host is not this machine, and this build speaks to PostgreSQL without TLS: build it with `--features postgres-tls`, \
             go through a local TLS tunnel (stunnel, pgbouncer), or say --allow-plain-postgres on a trusted network",
        );
    }
    let modes: Vec<&str> = parameters(&url, "sslmode").collect();
    if modes.is_empty() {
        let sign = if url.contains('?') { '&' } else { '?' };
        return Ok(format!("{url}{sign}sslmode=verify-full"));
    }
    if modes.iter().all(|mode| TLS_MODES.contains(mode)) {
        return Ok(url);
    }
    refuse(
        "a host is not this machine, and sslmode lets TLS be left out: say sslmode=verify-full with sslrootcert=FILE \
         (or `system`), or --allow-plain-postgres on a trusted network",
    )
}

/// The URL with what we ask of the network. Of several hosts the one that takes writes is meant, unless it says otherwise.
pub(super) fn completed(url: &str) -> String {
    let has = |name: &str| parameters(url, name).next().is_some();
    let mut added: Vec<String> = DEFAULTS.iter().filter(|(name, _)| !has(name)).map(|(name, value)| format!("{name}={value}")).collect();
    if hosts(url).len() > 1 && !has("target_session_attrs") {
        added.push("target_session_attrs=read-write".to_owned());
    }
    let sign = if url.contains('?') { '&' } else { '?' };
    if added.is_empty() { url.to_owned() } else { format!("{url}{sign}{}", added.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::{completed, hosts, private};

    #[track_caller]
    fn check(url: &str, plain: bool, tls: Option<&str>) {
        assert_eq!(private(url.to_owned(), false).ok().as_deref(), plain.then_some(url), "{url} without TLS");
        assert_eq!(private(url.to_owned(), true).ok().as_deref(), tls, "{url} with TLS");
    }

    #[test]
    fn a_database_elsewhere_needs_tls_or_leave() {
        for here in [
            "postgres://me@localhost/ward",
            "postgres://me:secret@127.0.0.1:5432/ward",
            "postgres:///ward?host=/run/postgresql",
            "postgres://me@[::1]:5432/ward",
            "postgres://me@localhost,127.0.0.1:5433/ward?sslmode=disable",
        ] {
            check(here, true, Some(here));
        }
        let db = "postgres://me@db.hospital.example/ward";
        check(db, false, Some("postgres://me@db.hospital.example/ward?sslmode=verify-full"));
        for mode in ["require", "verify-ca", "verify-full"] {
            check(&format!("{db}?sslmode={mode}"), false, Some(&format!("{db}?sslmode={mode}")));
        }
        for mode in ["disable", "allow", "prefer", "", "Require", "require&sslmode=disable"] {
            check(&format!("{db}?x=1&sslmode={mode}"), false, None);
        }
        for elsewhere in [
            "postgres://me@localhost/ward?host=db.hospital.example",
            "postgres://me@localhost/ward?host=localhost&host=db.hospital.example",
            "postgres://me@localhost/ward?hostaddr=192.0.2.7",
            "postgres:///ward?service=hospital",
            "postgres:///ward?host=db.hospital.example",
            "postgres://me@127.hospital.example/ward",
            "postgres://me@localhost.hospital.example/ward",
            "postgres://me@localhost,db.hospital.example/ward",
        ] {
            let sign = if elsewhere.contains('?') { '&' } else { '?' };
            check(elsewhere, false, Some(&format!("{elsewhere}{sign}sslmode=verify-full")));
        }
    }

    #[test]
    fn hosts_are_found_wherever_they_stand() {
        assert_eq!(hosts("postgres://me:secret@a:5432,b:5433/ward?x=1"), ["a:5432", "b:5433"]);
        assert_eq!(hosts("postgres:///ward?host=a,b"), ["a", "b"]);
        assert_eq!(hosts("postgres://ignored/ward?host=/run/postgresql"), ["/run/postgresql"]);
        assert_eq!(hosts("postgres://ignored/ward?hostaddr=127.0.0.1&host=a"), ["a", "127.0.0.1"]);
        assert_eq!(hosts("postgres://localhost/ward"), ["localhost"]);
    }

    #[test]
    fn what_the_url_says_stays_and_the_rest_is_added() {
        let one = completed("postgres://localhost/ward?connect_timeout=9");
        assert!(one.contains("connect_timeout=9") && !one.contains("connect_timeout=3") && one.contains("&tcp_user_timeout="), "{one}");
        assert!(!one.contains("target_session_attrs"), "{one}");
        let two = completed("postgres://a,b/ward");
        assert!(two.starts_with("postgres://a,b/ward?") && two.ends_with("&target_session_attrs=read-write"), "{two}");
        let any = completed("postgres://a,b/ward?target_session_attrs=any");
        assert!(!any.contains("read-write"), "{any}");
    }
}
