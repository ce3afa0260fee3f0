//! A PostgreSQL on another machine is spoken to through TLS, or not at all.

use crate::scene::program;

#[test]
fn a_database_elsewhere_is_not_spoken_to_in_clear() {
    let said = |url: &str| {
        let refused = program(url, &["migrate", "--dry-run"]);
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    let text = said("postgres://me:secret@db.hospital.example/ward?sslmode=prefer");
    assert!(text.contains("--allow-plain-postgres") && !text.contains("secret"), "{text}");
    assert_eq!(text.contains("--features postgres-tls"), cfg!(not(feature = "postgres-tls")), "{text}");
    assert_eq!(text.contains("sslmode=verify-full"), cfg!(feature = "postgres-tls"), "{text}");
}

/// Against a real server with a certificate that it made itself.
#[cfg(feature = "postgres-tls")]
#[test]
fn a_server_must_prove_its_name() {
    use diesel::RunQueryDsl;
    use wardstock::base::error::Error;
    use wardstock::db::conn::{Access, Number, Target};

    use crate::scene::{Cluster, on_postgres};

    on_postgres(|_| {
        let (server, stranger) = (Cluster::with_certificate("127.0.0.1"), Cluster::with_certificate("192.0.2.7"));
        let secured = |server: &Cluster, words: &str| -> Result<i64, Error> {
            let mut conn = Target::parse(&format!("postgres://scene@{}/scene?{words}", server.host()))?.connect(Access::Read)?;
            let query = "SELECT CAST(COUNT(*) AS BIGINT) AS value FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl";
            Ok(diesel::sql_query(query).get_result::<Number>(&mut conn)?.value)
        };
        let own = format!("sslrootcert={}", server.certificate());
        assert_eq!(secured(&server, &format!("sslmode=verify-full&{own}")).unwrap(), 1);
        assert_eq!(secured(&server, "sslmode=require").unwrap(), 1);
        assert_eq!(secured(&server, "sslmode=disable").unwrap(), 0, "the same server also takes plain connections");
        // Signed by nobody we trust; another certificate; another name than the one we asked for.
        assert!(secured(&server, "sslmode=verify-full&sslrootcert=system").is_err());
        assert!(secured(&stranger, &format!("sslmode=verify-ca&{own}")).is_err());
        let named = format!("sslrootcert={}", stranger.certificate());
        assert!(secured(&stranger, &format!("sslmode=verify-full&{named}")).is_err());
        assert_eq!(secured(&stranger, &format!("sslmode=verify-ca&{named}")).unwrap(), 1);
    });
}
