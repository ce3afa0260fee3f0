//! Imports against a database in memory.

use super::*;
use crate::base::clock::Clock;
use crate::base::time::Micros;
use crate::db::conn::Target;
use crate::db::{Db, migrate};

type Import = fn(&mut Tx<'_>, &str, &Sheet) -> Result<Outcome>;

fn db() -> Db {
    let target = Target::parse("sqlite::memory:").unwrap();
    migrate::up(&target, false).unwrap();
    Db::open(&target, Clock::manual(Micros(1_795_000_000_000_000))).unwrap()
}

#[track_caller]
fn check(db: &Db, import: Import, file: &'static str, want: (u64, u64, &[&str])) {
    let sheet = Sheet::parse("file.csv", file.as_bytes()).unwrap();
    let outcome = db.write_now(move |tx| import(tx, "token:1", &sheet)).unwrap();
    let rules: Vec<_> = outcome.rejected.iter().map(|bad| format!("{}:{}:{}", bad.line, bad.column, bad.rule)).collect();
    assert_eq!((outcome.written, outcome.unchanged, rules.iter().map(String::as_str).collect::<Vec<_>>().as_slice()), want);
}

#[test]
fn files_come_in_once() {
    let db = db();
    let file = "code,name,base_unit,ven,gtin,volume_ml,group\nP1,Para,tablet,E,4006381333931,0.8,pain\nP2,Ibu,tablet,N,,,\n\
                P3,Bad,tablet,X,4006381333930,-1,\nP1,Again,tablet,E,,,\n";
    let bad: &[&str] = &["4:volume_ml:number", "4:gtin:gtin", "4:ven:one_of", "5:code:duplicate"];
    check(&db, items, file, (2, 0, bad));
    check(&db, items, file, (0, 2, bad));
    check(&db, items, "code,name,base_unit,ven\nP1,Para,tablet,V\n", (1, 0, &[]));
    let kept = db.read_now(|conn| item::view(conn, "P1")).unwrap();
    assert_eq!((kept.content.gtin.as_deref(), kept.content.ven.as_str(), kept.version), (Some("04006381333931"), "V", 2));

    let file = "code,lead_time_days,currency,order_weekdays,order_cost_minor\nS1,3,EUR,\"mon,thu\",2500\nS2,-1,euro,funday,\n";
    let bad: &[&str] = &["3:lead_time_days:out_of_range", "3:currency:currency", "3:order_weekdays:weekday"];
    check(&db, suppliers, file, (1, 0, bad));
    check(&db, suppliers, file, (0, 1, bad));
    let supplier = db.read_now(|conn| supplier::find(conn, "S1")).unwrap();
    assert_eq!((supplier.order_weekdays, supplier.order_cost_minor, supplier.name.as_str()), (0b1001, 2500, "S1"));

    let file = "item,supplier,units_per_pack,price_minor,currency,valid_from,valid_to\nP1,S1,10,1250,EUR,,\nP1,S1,10,1300,EUR,2026-12-01,\n\
                P9,S1,10,1,EUR,,\nP2,S1,0,1,USD,2026-02-01,2026-01-01\nP1,S1,10,9,EUR,,\n";
    let bad: &[&str] =
        &["4:item:unknown", "5:units_per_pack:out_of_range", "5:valid_to:out_of_range", "5:currency:currency", "6:item:duplicate"];
    check(&db, offers, file, (2, 0, bad));
    check(&db, offers, file, (0, 2, bad));
    let on = |day: &str| db.read_now(|conn| offer::valid_on(conn, Day::parse(day).unwrap())).unwrap().len();
    assert_eq!((on("2026-11-22"), on("2026-12-01")), (1, 2));

    let file = "item,substitute,ratio\nP1,P2,0.5\nP1,P1,1\nP1,P9,1\n";
    let bad: &[&str] = &["3:substitute:same_item", "4:substitute:unknown"];
    check(&db, substitutes, file, (1, 0, bad));
    check(&db, substitutes, file, (0, 1, bad));
}

#[test]
fn entries_change_once_per_version() {
    let db = db();
    check(&db, items, "code,name,base_unit,ven\nP1,Para 50%,tablet,E\nP2,Ibu,tablet,E\n", (2, 0, &[]));
    let listed = |q: &'static str| db.read_now(|conn| item::list(conn, Some(q), "", 9)).unwrap().len();
    assert_eq!((listed("PARA"), listed("%"), listed("")), (1, 1, 2));
    let wish = || serde_json::from_value::<item::ItemPatch>(json!({"form": "tablet"})).unwrap();
    let kept = db.write_now(move |tx| item::change(tx, "token:1", "P1", 1, wish())).unwrap();
    assert_eq!((kept.version, kept.content.form.as_deref()), (2, Some("tablet")));
    let late = db.write_now(move |tx| item::change(tx, "token:2", "P1", 1, wish())).unwrap_err();
    assert_eq!(late.code.status(), 412);
    db.write_now(|tx| item::archive(tx, "token:1", "P1", 2)).unwrap();
    assert_eq!(listed(""), 1);
    assert!(db.read_now(|conn| item::view(conn, "P1")).unwrap().archived);
    let (count, breaks) = db.read_now(audit::verify).unwrap();
    assert_eq!((count, breaks.len()), (3, 0));
}
