//! Sensor truth: four classes of a real pharmacy. Years of sales are imported as demand; the last 120 days come
//! as evening readings of an authoritative gateway over HTTP, 5 % of batches twice and 5 % a day late, while the
//! service plans each week and its orders are received after their lead time.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;
use wardstock::access::role::Role;
use wardstock::base::time::Day;
use wardstock::sensing;
use wardstock_models::rng::Rng;

use super::shared;
use crate::scene::{Client, Engine, Hospital, on_both};

const ITEMS: [&str; 4] = ["M01AB", "N02BA", "R03", "R06"];
const REPLAY_DAYS: usize = 120;
const SEED: u64 = 20_191_008;

struct Sales {
    days: Vec<(Day, [i64; 4])>,
}

fn sales(text: &str) -> Sales {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let days = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let units = |at: usize| (record.get(at).unwrap().parse::<f64>().unwrap() * 100.0).round() as i64;
            (Day::parse(record.get(0).unwrap()).unwrap(), [units(1), units(2), units(3), units(4)])
        })
        .collect();
    Sales { days }
}

#[test]
fn demand_inferred_from_readings_equals_the_sales() {
    let Some(text) = shared("demand/pharma_sales_daily.csv") else { return };
    let sales = sales(&text);
    assert_eq!(sales.days.len(), 2_106);
    on_both(|engine| Replay::run(engine, &sales));
}

/// The physical pharmacy beside the service.
struct Replay<'a> {
    hospital: Hospital,
    gateway: Client,
    pharmacist: Client,
    approver: Client,
    days: &'a [(Day, [i64; 4])],
    shelf: [i64; 4],
    sold: BTreeMap<(Day, usize), (i64, bool)>,
    /// Batches that arrive a day late.
    late: Vec<String>,
    posted: usize,
    duplicates: usize,
    delayed: usize,
    /// Order id, expected day.
    open: Vec<(String, Day)>,
    received_orders: usize,
}

impl<'a> Replay<'a> {
    fn run(engine: Engine, sales: &'a Sales) {
        let (past, days) = sales.days.split_at(sales.days.len() - REPLAY_DAYS);
        let start = days[0].0;
        let hospital = Hospital::at(engine, &format!("{}T00:30:00Z", start.to_text()));
        import(&hospital, past);
        let gateway = hospital.gateway("gw-1", "PX", true);
        for item in ITEMS {
            let binding = json!({"channel": item, "kind": "level", "place": "SHOP", "item": item, "mode": "authoritative"});
            hospital.admin().post("/api/v1/devices/gw-1/bindings", &binding).want(201);
        }
        let (pharmacist, approver) = (hospital.with_role(Role::Pharmacist), hospital.with_role(Role::Approver));
        // Four days of stock to begin with: the first orders come too late, so that some days run short.
        let shelf = [0, 1, 2, 3].map(|item| past.iter().rev().take(4).map(|(_, units)| units[item]).sum());
        let mut replay = Replay {
            hospital,
            gateway,
            pharmacist,
            approver,
            days,
            shelf,
            sold: BTreeMap::new(),
            late: Vec::new(),
            posted: 0,
            duplicates: 0,
            delayed: 0,
            open: Vec::new(),
            received_orders: 0,
        };
        replay.baseline(start);
        let mut rng = Rng::new(SEED);
        let mut stock_sum = 0;
        for at in 0..days.len() {
            replay.day(at, &mut rng);
            stock_sum += replay.shelf.iter().sum::<i64>();
        }
        replay.judge(engine, stock_sum);
    }

    /// The first reading, before the first sale: the book takes it over.
    fn baseline(&mut self, start: Day) {
        self.post(&self.batch(0, start, "00:31:00"));
        self.set_clock(start, "00:40:00");
    }

    fn set_clock(&self, day: Day, time: &str) {
        self.hospital.set_clock(&format!("{}T{time}Z", day.to_text()));
        // The worker does this five times a second; the replay does not wait for it.
        let now = self.hospital.clock.now();
        while self.hospital.state.db.write_now(move |tx| sensing::project_due(tx, now)).unwrap() > 0 {}
    }

    fn batch(&self, seq: usize, day: Day, time: &str) -> String {
        let at = format!("{}T{time}Z", day.to_text());
        let records: Vec<_> =
            ITEMS.iter().zip(self.shelf).map(|(item, count)| json!({"kind": "level", "channel": item, "at": at, "count": count})).collect();
        json!({"schema": "wardstock.obs.v1", "device": "gw-1", "boot_id": "b1", "seq": seq, "sent_at": at, "records": records}).to_string()
    }

    fn post(&mut self, body: &str) {
        let answer =
            self.gateway.send("POST", "/ingest/v1/observations", &[("content-type", "application/json")], body.as_bytes()).want(200);
        assert_eq!(answer["stored"], 4, "{answer}");
        self.posted += 1;
    }

    fn day(&mut self, at: usize, rng: &mut Rng) {
        let (day, wanted) = self.days[at];
        self.set_clock(day, "08:00:00");
        self.receive(day);
        for (item, wanted) in wanted.into_iter().enumerate() {
            let sold = wanted.min(self.shelf[item]);
            self.shelf[item] -= sold;
            self.sold.insert((day, item), (sold, sold == wanted));
        }
        self.set_clock(day, "20:00:00");
        let body = self.batch(at + 1, day, "20:00:00");
        for late in std::mem::take(&mut self.late) {
            self.post(&late);
        }
        let dice = rng.below(100);
        if dice < 5 && at + 1 < self.days.len() {
            self.late.push(body);
            self.delayed += 1;
        } else {
            self.post(&body);
            if dice < 10 {
                self.post(&body);
                self.posted -= 1;
                self.duplicates += 1;
            }
        }
        self.set_clock(day, "20:30:00");
        if at % 7 == 6 {
            self.plan_and_order();
        }
    }

    fn plan_and_order(&mut self) {
        let id = self.hospital.plan(&self.pharmacist, &json!({"site": "PX"}));
        let accepted = self.pharmacist.post(&format!("/api/v1/plans/{id}/accept"), &json!({})).want(201);
        for order in accepted["orders"].as_array().unwrap() {
            let order_id = order["id"].as_str().unwrap().to_owned();
            self.approver.post(&format!("/api/v1/orders/{order_id}/approve"), &json!({})).want(200);
            self.pharmacist.post(&format!("/api/v1/orders/{order_id}/send"), &json!({})).want(200);
            let expected = Day::parse(order["expected_on"].as_str().unwrap()).unwrap();
            self.open.push((order_id, expected));
        }
    }

    fn receive(&mut self, day: Day) {
        let (due, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open).into_iter().partition(|(_, expected)| *expected <= day);
        self.open = open;
        for (order_id, _) in due {
            let order = self.pharmacist.get(&format!("/api/v1/orders/{order_id}")).want(200);
            let mut lines = Vec::new();
            for line in order["lines"].as_array().unwrap() {
                let units = line["units"].as_i64().unwrap();
                lines.push(json!({"line": line["line"], "quantity": units}));
                let item = ITEMS.iter().position(|item| *item == line["item"].as_str().unwrap()).unwrap();
                self.shelf[item] += units;
            }
            self.pharmacist.post(&format!("/api/v1/orders/{order_id}/receive"), &json!({"lines": lines})).want(200);
            self.received_orders += 1;
        }
    }

    fn judge(&self, engine: Engine, stock_sum: i64) {
        let (first, last) = (self.days[0].0, self.days[self.days.len() - 1].0);
        let (mut days_right, mut days_short, mut wanted_sum, mut sold_sum) = (0, 0, 0, 0);
        for (at, item) in ITEMS.iter().enumerate() {
            let demand = self.pharmacist.get(&format!("/api/v1/demand/SHOP/{item}?from={first}&to={last}")).want(200);
            let inferred: BTreeMap<String, i64> = demand
                .as_array()
                .unwrap()
                .iter()
                .map(|day| (day["day"].as_str().unwrap().to_owned(), day["issued"].as_i64().unwrap()))
                .collect();
            for (day, wanted) in self.days {
                let (sold, sufficed) = self.sold[&(*day, at)];
                let found = inferred.get(&day.to_text()).copied().unwrap_or(0);
                assert_eq!(found, sold, "{item} on {day}: the service says {found}, {sold} were sold");
                *(if sufficed { &mut days_right } else { &mut days_short }) += 1;
                wanted_sum += wanted[at];
                sold_sum += sold;
            }
            let view = self.pharmacist.get(&format!("/api/v1/stock/SHOP/{item}")).want(200);
            assert_eq!(view["stock"]["on_hand"].as_i64().or(view["on_hand"].as_i64()), Some(self.shelf[at]), "{item}");
        }
        let device = self.hospital.admin().list("/api/v1/devices").remove(0);
        assert_eq!(
            device["records_stored"].as_i64(),
            Some(4 * (self.days.len() as i64 + 1)),
            "no reading lost, none counted twice: {device}"
        );
        println!(
            "sensor truth ({engine:?}, seed {SEED}): {days_right} item-days with enough stock, all inferred exactly; {days_short} short item-days, also exact"
        );
        println!(
            "  {} batches, {} of them twice, {} a day late; {} orders received; unit fill {:.4}, stock-out item-days {days_short} of {}, mean stock {:.0} units",
            self.posted,
            self.duplicates,
            self.delayed,
            self.received_orders,
            sold_sum as f64 / wanted_sum as f64,
            self.days.len() * 4,
            stock_sum as f64 / self.days.len() as f64,
        );
    }
}

fn import(hospital: &Hospital, past: &[(Day, [i64; 4])]) {
    let mut demand = "place,item,date,quantity,period\n".to_owned();
    for (day, units) in past {
        for (item, units) in ITEMS.iter().zip(units) {
            writeln!(demand, "SHOP,{item},{day},{units},day").unwrap();
        }
    }
    let (mut items, mut offers) =
        ("code,name,base_unit,ven\n".to_owned(), "item,supplier,units_per_pack,price_minor,currency\n".to_owned());
    for (item, ven) in ITEMS.iter().zip(["E", "E", "V", "N"]) {
        writeln!(items, "{item},ATC class {item},unit,{ven}").unwrap();
        writeln!(offers, "{item},WHOLESALE,100,450,EUR").unwrap();
    }
    let report = hospital.import(&[
        ("places.csv", "code,name,kind,parent\nPX,Pharmacy,site,\nSHOP,Shop,store,PX\n"),
        ("suppliers.csv", "code,name,lead_time_days,lead_time_sd_days,order_cost_minor,currency\nWHOLESALE,Wholesale,5,0,500,EUR\n"),
        ("items.csv", &items),
        ("offers.csv", &offers),
        ("demand.csv", &demand),
    ]);
    assert_eq!(report["files"]["demand.csv"]["written"].as_u64(), Some(4 * past.len() as u64), "{}", report["files"]);
}
