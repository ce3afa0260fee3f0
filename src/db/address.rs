//! The address of a PostgreSQL, as its own library reads it: which hosts it names, and what we add to it.

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

/// The hosts of a URL, those of `host=` if there are any: they win over the ones before the path.
pub(super) fn hosts(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let place = rest.split(['/', '?']).next().unwrap_or_default();
    let before = place.rsplit_once('@').map_or(place, |(_, hosts)| hosts);
    let named = rest.split(['?', '&']).find_map(|part| part.strip_prefix("host="));
    named.unwrap_or(before).split(',').flat_map(|part| part.split("%2C")).collect()
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

/// The URL with what we ask of the network. Of several hosts the one that takes writes is meant, unless it says otherwise.
pub(super) fn completed(url: &str) -> String {
    let has = |name: &str| url.split(['?', '&']).skip(1).any(|part| part.split('=').next() == Some(name));
    let mut added: Vec<String> = DEFAULTS.iter().filter(|(name, _)| !has(name)).map(|(name, value)| format!("{name}={value}")).collect();
    if hosts(url).len() > 1 && !has("target_session_attrs") {
        added.push("target_session_attrs=read-write".to_owned());
    }
    let sign = if url.contains('?') { '&' } else { '?' };
    if added.is_empty() { url.to_owned() } else { format!("{url}{sign}{}", added.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::{completed, hosts};

    #[test]
    fn hosts_are_found_wherever_they_stand() {
        assert_eq!(hosts("postgres://me:secret@a:5432,b:5433/ward?x=1"), ["a:5432", "b:5433"]);
        assert_eq!(hosts("postgres:///ward?host=a,b"), ["a", "b"]);
        assert_eq!(hosts("postgres://ignored/ward?host=/run/postgresql"), ["/run/postgresql"]);
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
