use super::*;

fn folder(demand: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("items.csv", "code,name,base_unit,ven,shelf_life_days\nP1,One,tablet,V,300\nP2,Two,vial,N,\n");
    write("suppliers.csv", "code,name,lead_time_days,currency\nS1,A,3,EUR\nS2,B,9,EUR\n");
    write("offers.csv", "item,supplier,units_per_pack,price_minor,currency\nP1,S1,10,1000,EUR\nP1,S2,10,900,EUR\n");
    write("demand.csv", demand);
    folder
}

fn weeks(item: &str) -> String {
    let rows: Vec<String> = (0..40)
        .map(|week| format!("W1,{item},{},14,week", wardstock::base::time::Day::parse("2026-01-05").unwrap().plus(7 * week).to_text()))
        .collect();
    rows.join("\n")
}

#[test]
fn a_record_becomes_a_world() {
    let folder = folder(&format!("place,item,date,quantity,period\n{}\n{}\n", weeks("P1"), weeks("P2")));
    let history = read(folder.path()).unwrap();
    assert_eq!(history.notes.len(), 1, "nobody offers P2");
    let world = history.world(1, None).unwrap();
    assert_eq!(world.requests()[0], vec![2; 280]);
    let article = &world.articles()[0];
    assert_eq!((article.supplier.as_str(), article.lead_time_days, article.shelf_life_days), ("S2", 9, Some(300)));
    assert_eq!(world.timeline(), Timeline { history: 94, measured: 140, days: 280 });
    assert!(world.lead_days()[0].iter().all(|days| *days == 9));
    let error = history.world(1, Some(38)).unwrap_err().to_string();
    assert!(error.contains("280 days"), "{error}");
}

#[test]
fn bad_records_are_named() {
    let bad = folder("place,item,date,quantity\nW1,P1,2026-01-05,-4\n");
    let error = read(bad.path()).unwrap_err().detail;
    assert!(error.contains("demand.csv: line 2: column quantity"), "{error}");
    let none = folder("place,item,date,quantity\nW1,P9,2026-01-05,4\n");
    assert!(read(none.path()).unwrap_err().detail.contains("no item has both demand and an offer"));
    std::fs::remove_file(none.path().join("offers.csv")).unwrap();
    assert!(read(none.path()).unwrap_err().detail.contains("offers.csv: the file is not there"));
}
