use super::*;
use crate::base::clock::Clock;
use crate::db::conn::Target;
use crate::db::{Db, migrate};

fn fresh() -> Db {
    let target = Target::parse("sqlite::memory:").unwrap();
    migrate::up(&target, false).unwrap();
    Db::open(&target, Clock::manual(Micros(1_795_000_000_000_000))).unwrap()
}

#[test]
fn one_open_alert_per_kind_and_subject() {
    let db = fresh();
    db.write_now(|tx| {
        assert!(raise(tx, 1, "below_par", "W1/P1", Severity::Warning, "12 left, par 40")?);
        assert!(!raise(tx, 1, "below_par", "W1/P1", Severity::Critical, "11 left")?);
        assert!(raise(tx, 1, "below_par", "W1/P2", Severity::Warning, "2 left")?);
        let open = list(tx.conn, &Wanted { limit: 10, ..Wanted::default() })?;
        assert_eq!(open.iter().map(|alert| alert.subject.as_str()).collect::<Vec<_>>(), ["W1/P2", "W1/P1"]);
        assert_eq!(open[1].message, "12 left, par 40");
        let taken = acknowledge(tx, "token:7", &open[1])?;
        let again = acknowledge(tx, "token:8", &taken)?;
        assert_eq!((again.state, again.acknowledged_by.as_deref()), ("acknowledged", Some("token:7")));
        assert!(close(tx, 1, "below_par", "W1/P1")?);
        assert!(!close(tx, 1, "below_par", "W1/P1")?);
        let closed = find(tx.conn, &id::to_wire(taken.id))?;
        assert_eq!(acknowledge(tx, "token:7", &closed).unwrap_err().code, Code::WrongState);
        assert!(raise(tx, 1, "below_par", "W1/P1", Severity::Warning, "8 left")?);
        Ok(())
    })
    .unwrap();
    let all = Wanted { closed_too: true, limit: 2, ..Wanted::default() };
    let first = db.read_now(|conn| list(conn, &all)).unwrap();
    let rest = db.read_now(|conn| list(conn, &Wanted { after: first.last().map(AlertView::sort_key), ..all })).unwrap();
    assert_eq!(first.iter().chain(&rest).map(|alert| alert.state).collect::<Vec<_>>(), ["open", "open", "closed"]);
}
