//! Ledger truth: 78 health sites x 11 products over 45 months. The folded ledger must give every recorded
//! closing stock; then one district is planned within a budget, and procurement is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};
use wardstock::access::role::Role;
use wardstock::base::time::Day;
use wardstock_models::plan::{self, Instance, Planned};

use super::shared;
use crate::scene::{Engine, Hospital, on_both};

struct Row {
    district: String,
    site: String,
    product: String,
    month: Day,
    opening: i64,
    received: i64,
    issued: i64,
    adjusted: i64,
    closing: i64,
}

fn code(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect()
}

fn rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows: Vec<Row> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let cell = |at: usize| record.get(at).unwrap().to_owned();
            let number = |at: usize| cell(at).parse::<f64>().unwrap() as i64;
            Row {
                district: code(&cell(3)),
                site: code(&cell(4)),
                product: code(&cell(5)),
                month: Day::parse(&format!("{}-{:0>2}-01", cell(0), cell(1))).unwrap(),
                opening: number(6),
                received: number(7),
                issued: number(8),
                adjusted: number(9),
                closing: number(10),
            }
        })
        .collect();
    rows.sort_by(|a, b| (&a.site, &a.product, a.month).cmp(&(&b.site, &b.product, b.month)));
    rows
}

/// The files of the data set, how many openings differ from the closing before, and how many series begin with stock.
fn files(rows: &[Row]) -> (Vec<(&'static str, String)>, usize, usize) {
    let districts: BTreeSet<&str> = rows.iter().map(|row| row.district.as_str()).collect();
    let sites: BTreeMap<&str, &str> = rows.iter().map(|row| (row.site.as_str(), row.district.as_str())).collect();
    let products: BTreeSet<&str> = rows.iter().map(|row| row.product.as_str()).collect();
    let mut places = "code,name,kind,parent\n".to_owned();
    for district in &districts {
        writeln!(places, "D-{district},District {district},site,").unwrap();
    }
    for (site, district) in &sites {
        writeln!(places, "{site},Health site {site},store,D-{district}").unwrap();
    }
    let (mut items, mut offers) =
        ("code,name,base_unit,ven,shelf_life_days\n".to_owned(), "item,supplier,units_per_pack,price_minor,currency\n".to_owned());
    for (at, product) in products.iter().enumerate() {
        writeln!(items, "{product},Product {product},unit,{},1095", ["V", "E", "N"][at % 3]).unwrap();
        writeln!(offers, "{product},CENTRAL,10,{},XOF", 1_500 + 350 * at).unwrap();
    }
    let mut movements = "place,item,kind,quantity,at,reference,reason\n".to_owned();
    let (mut mismatches, mut begins) = (0, 0);
    let mut before: Option<&Row> = None;
    for row in rows {
        let known = before.filter(|before| before.site == row.site && before.product == row.product).map(|before| before.closing);
        let difference = row.opening - known.unwrap_or(0);
        if difference != 0 {
            *(if known.is_some() { &mut mismatches } else { &mut begins }) += 1;
        }
        let reference = format!("{}/{}/{}", row.site, row.product, row.month);
        let mut put = |kind: &str, quantity: i64, day: i64, reason: &str| {
            if quantity != 0 {
                writeln!(
                    movements,
                    "{},{},{kind},{quantity},{},{reference}/{kind}{day},{reason}",
                    row.site,
                    row.product,
                    row.month.plus(day)
                )
                .unwrap();
            }
        };
        put("adjustment", difference, 0, "opening differs");
        put("receipt", row.received, 1, "");
        put("adjustment", row.adjusted.max(0), 2, "recorded adjustment");
        put("issue", row.issued, 14, "");
        put("adjustment", row.adjusted.min(0), 26, "recorded adjustment");
        before = Some(row);
    }
    let files = vec![
        ("places.csv", places),
        (
            "suppliers.csv",
            "code,name,lead_time_days,lead_time_sd_days,order_cost_minor,currency\nCENTRAL,Central store,30,10,50000,XOF\n".to_owned(),
        ),
        ("items.csv", items),
        ("offers.csv", offers),
        ("movements.csv", movements),
    ];
    (files, mismatches, begins)
}

#[test]
fn the_ledger_gives_every_recorded_closing_stock() {
    let Some(text) = shared("demand/contraceptive_lmis_monthly.csv") else { return };
    let rows = rows(&text);
    assert_eq!(rows.len(), 19_823);
    on_both(|engine| replay(engine, &rows));
}

fn replay(engine: Engine, rows: &[Row]) {
    let hospital = Hospital::at(engine, "2019-10-01T06:00:00Z");
    let (files, mismatches, begins) = files(rows);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let report = hospital.import(&files);
    assert_eq!(report["rejected"].as_array().unwrap().len(), 0);
    let again = hospital.import(&files);
    assert_eq!(again["written"], 0, "the same files again change nothing");
    let mut right = 0;
    let mut series: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        series.entry((&row.site, &row.product)).or_default().push(row);
    }
    for ((site, product), months) in &series {
        let answer = hospital.admin().get(&format!("/api/v1/stock/{site}/{product}/history?from=2015-12-01&to=2019-09-30"));
        let days: Vec<(Day, i64)> = if answer.status == 404 {
            Vec::new()
        } else {
            let days = answer.want(200);
            days.as_array()
                .unwrap()
                .iter()
                .map(|day| (Day::parse(day["day"].as_str().unwrap()).unwrap(), day["closing"].as_i64().unwrap()))
                .collect()
        };
        for row in months {
            let month_end = row.month.plus(27);
            let folded = days.iter().rev().find(|(day, _)| *day <= month_end).map_or(0, |(_, closing)| *closing);
            assert_eq!(folded, row.closing, "{site} {product} {}", row.month);
            right += 1;
        }
    }
    println!("ledger truth ({engine:?}): {right} of {} closing stocks equal the folded ledger", rows.len());
    println!(
        "  rows whose opening differs from the closing before (booked as adjustment): {mismatches}; series that begin with stock: {begins}"
    );
    assert_eq!(right, 19_823);
    plan_one_district(engine, &hospital, rows);
}

fn plan_one_district(engine: Engine, hospital: &Hospital, rows: &[Row]) {
    let mut issued: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        *issued.entry(&row.district).or_default() += row.issued;
    }
    let district = issued.into_iter().max_by_key(|(_, units)| *units).unwrap().0;
    let officer = hospital.with_role(Role::Procurement);
    let budget = 900_000;
    let wish =
        json!({"site": format!("D-{district}"), "period_days": 30, "horizon_days": 180, "budget": {"minor": budget, "currency": "XOF"}});
    let id = hospital.plan(&officer, &wish);
    let answer = officer.get(&format!("/api/v1/plans/{id}")).want(200)["answer"].clone();
    let instance: Instance = serde_json::from_value(officer.get(&format!("/api/v1/plans/{id}/instance")).want(200)).unwrap();
    let planned: Planned = serde_json::from_value(answer.clone()).unwrap();
    let verdict = plan::check(&instance, &planned);
    assert!(verdict.is_accepted(), "{:?}", verdict.problems);
    let lines = officer.get(&format!("/api/v1/plans/{id}/lines")).want(200);
    let lines = lines["items"].as_array().unwrap();
    assert!(!lines.is_empty());
    let mut spend: BTreeMap<String, i64> = BTreeMap::new();
    for line in lines {
        let drivers = &line["explanation"]["drivers"];
        for figure in [
            "on_hand",
            "on_order",
            "forecast_until_next_arrival",
            "stockout_probability_without",
            "stockout_probability_with",
            "one_pack_more",
        ] {
            assert!(!drivers[figure].is_null(), "{figure} is missing: {line}");
        }
        *spend.entry(line["order_on"].as_str().unwrap().to_owned()).or_default() += line["cost"]["minor"].as_i64().unwrap();
    }
    assert!(spend.values().all(|minor| *minor <= budget), "{spend:?}");
    let report = officer.get(&format!("/api/v1/reports/procurement?site=D-{district}&from=2019-01-01&to=2019-10-01")).want(200);
    assert!(report["recommended"].as_array().is_some_and(|suppliers| !suppliers.is_empty()), "{report}");
    assert!(report["stock_outs"].as_array().is_some_and(|outs| !outs.is_empty()), "{report}");
    let csv = officer.get(&format!("/api/v1/reports/procurement.csv?site=D-{district}&from=2019-01-01&to=2019-10-01"));
    assert_eq!(csv.status, 200);
    assert!(csv.text.lines().count() > 2);
    summary(engine, district, &instance, &answer, lines, &spend, budget);
}

fn summary(
    engine: Engine,
    district: &str,
    instance: &Instance,
    answer: &Value,
    lines: &[Value],
    spend: &BTreeMap<String, i64>,
    budget: i64,
) {
    println!(
        "district plan ({engine:?}): {district}, {} item-places, {} lines, spend by order day {spend:?} within {budget} minor units a period, \
         objective {:.0}, bound {:.0}, risk gap {:.3}, {} held back, solved in {} ms",
        instance.items.len(),
        lines.len(),
        answer["objective"].as_f64().unwrap(),
        answer["bound"].as_f64().unwrap(),
        answer["risk"]["gap"].as_f64().unwrap_or(0.0),
        answer["explanations"].as_array().unwrap().len().saturating_sub(lines.len()),
        answer["statistics"]["solve_ms"],
    );
    if let Some(line) = lines.first() {
        println!("  for example: {}", line["explanation"]["text"].as_str().unwrap());
    }
}
