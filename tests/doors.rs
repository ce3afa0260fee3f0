//! Readers and network servers as their vendors made them: what they post is stored, and what can't be used is kept apart.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use wardstock::access::role::Role;
use wardstock::sensing::adapter::Vendor;
use wardstock_models::rng::Rng;

use crate::crash::setting;
use crate::scene::{Client, Engine, Hospital, on_both};

#[derive(QueryableByName, Debug, PartialEq)]
struct Seen {
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    value: i64,
}

/// What is stored, by channel and time.
fn seen(hospital: &Hospital) -> Vec<(String, String, i64)> {
    let rows: Vec<Seen> = hospital
        .state
        .db
        .read_now(|conn| {
            let query = "SELECT c.code AS channel, o.kind, o.value FROM observation o \
                JOIN channel c ON c.site_id = o.site_id AND c.id = o.channel_id ORDER BY c.code, o.observed_at";
            Ok(diesel::sql_query(query).load(conn)?)
        })
        .unwrap();
    rows.into_iter().map(|row| (row.channel, row.kind, row.value)).collect()
}

fn row(channel: &str, kind: &str, value: i64) -> (String, String, i64) {
    (channel.to_owned(), kind.to_owned(), value)
}

/// The codes of what is kept apart.
fn apart(hospital: &Hospital) -> Vec<String> {
    let rows = hospital.admin().list("/api/v1/quarantine");
    rows.iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
}

fn opened(engine: Engine, at: &str, code: &str) -> (Hospital, Client) {
    let hospital = Hospital::at(engine, at).with_small_catalogue();
    let gateway = hospital.gateway(code, "H1", true);
    (hospital, gateway)
}

/// A real body of the shared data; without them the copy that stands here.
fn real(path: &str, or: &Value) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sensing").join(path);
    std::fs::read(&file).unwrap_or_else(|_| {
        eprintln!("SKIPPED: {} is not there; a body of the same form is posted", file.display());
        or.to_string().into_bytes()
    })
}

fn event(epc: &str, antenna: i64, at: &str) -> Value {
    let tag = json!({"epc": epc, "antennaPort": antenna, "peakRssiCdbm": -7000, "lastSeenTime": at});
    json!({"timestamp": at, "eventType": "tagInventory", "tagInventoryEvent": tag})
}

#[test]
fn an_impinj_reader_posts_what_it_reads() {
    on_both(|engine| {
        let (hospital, reader) = opened(engine, "2025-01-01T00:00:30Z", "r700-1");
        let post = |body: &[u8]| reader.send("POST", "/ingest/v1/impinj/r700-1", &[("content-type", "application/json")], body);
        let body = real("rfid/impinj/r700-webhook-batch.json", &json!([event("ftqQOAUQAnEAAsCu", 1, "2025-01-01T00:00:00.000Z")]));
        let answer = post(&body);
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
        let tag = row("1/7EDA9038051002710002C0AE", "tag_read", -7_000);
        assert_eq!(seen(&hospital), std::slice::from_ref(&tag));
        // The same bytes, and the same event among others: a reader that heard no answer sends both.
        post(&body).want(200);
        let again = json!([event("ftqQOAUQAnEAAsCu", 1, "2025-01-01T00:00:00Z"), event("ftqQOAUQAnEAAsCu", 2, "2025-01-01T00:00:01Z")]);
        post(again.to_string().as_bytes()).want(200);
        assert_eq!(seen(&hospital), [tag, row("2/7EDA9038051002710002C0AE", "tag_read", -7_000)]);
        // A sign of life, an event that nobody knows, a bad one among good ones, and what the reader threw away.
        post(b"[]").want(200);
        let mixed = json!([
            {"timestamp": "2025-01-01T00:00:05Z", "eventType": "somethingNew", "somethingNewEvent": {}},
            event("not base 64!", 1, "2025-01-01T00:00:05Z"),
            event("-_8-_8-_8-_8", 1, "2025-01-01T00:00:05Z"),
            {"timestamp": "2025-01-01T00:00:06Z", "eventType": "overflow", "overflowEvent": {"eventsPurged": 17, "eventsRemaining": 3}},
            event("ftqQOAUQAnEAAsCu", 1, "2024-01-01T00:00:00Z"),
        ]);
        post(mixed.to_string().as_bytes()).want(200);
        assert_eq!(apart(&hospital), ["too_old", "bad_epc"]);
        let device = hospital.admin().list("/api/v1/devices").remove(0);
        assert_eq!(
            (&device["records_stored"], &device["records_quarantined"], &device["records_lost"]),
            (&json!(3), &json!(2), &json!(17))
        );
        assert_eq!(device["last_seen_at"], "2025-01-01T00:00:30Z");
        post(b"no json").problem(400, "bad_json");
    });
}

#[test]
fn a_door_is_its_devices_own() {
    on_both(|engine| {
        let (hospital, reader) = opened(engine, "2026-11-23T08:00:00Z", "r700-1");
        let other = hospital.gateway("r700-2", "H1", true);
        other.send("POST", "/ingest/v1/impinj/r700-1", &[], b"[]").problem(403, "forbidden");
        hospital.admin().send("POST", "/ingest/v1/impinj/r700-1", &[], b"[]").problem(403, "forbidden");
        // A reader that knows Basic only: any name, and its token as password.
        let token = hospital.admin().post("/api/v1/devices/r700-1/rotate", &json!({})).want(200)["token"].as_str().unwrap().to_owned();
        let basic = |name: &str, password: &str| format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        let send = |header: &str| hospital.stranger().send("POST", "/ingest/v1/impinj/r700-1", &[("authorization", header)], b"[]");
        send(&basic("root", &token)).want(200);
        send(&basic("root", "x")).problem(401, "not_signed_in");
        send("Basic ???").problem(401, "not_signed_in");
        reader.send("POST", "/ingest/v1/impinj/r700-1", &[], b"[]").problem(401, "not_signed_in");
        // People sign in with Bearer: a browser would send a name and password to every page.
        let person = hospital.admin().post("/api/v1/tokens", &json!({"name": "Desk", "role": "viewer"})).want(201);
        let header = basic("desk", person["token"].as_str().unwrap());
        hospital.stranger().send("GET", "/api/v1/items", &[("authorization", header.as_str())], b"").problem(401, "not_signed_in");
        // What an unapproved reader sends is kept apart, and its tags are not taken over.
        let unknown = hospital.gateway("r700-3", "H1", false);
        let body = json!([event("ftqQOAUQAnEAAsCu", 1, "2026-11-23T07:59:00Z")]).to_string();
        unknown.send("POST", "/ingest/v1/impinj/r700-3", &[], body.as_bytes()).want(200);
        assert_eq!((seen(&hospital).len(), apart(&hospital)), (0, vec!["device_quarantined".to_owned()]));
        let waiting = hospital.admin().list("/api/v1/quarantine").remove(0);
        hospital.admin().post("/api/v1/devices/r700-3/approve", &json!({})).want(200);
        let replayed = format!("/api/v1/quarantine/{}/replay", waiting["id"].as_str().unwrap());
        assert_eq!(hospital.with_role(Role::Technician).post(&replayed, &json!({})).want(200)["status"], "stored");
        assert_eq!(seen(&hospital), [row("1/7EDA9038051002710002C0AE", "tag_read", -7_000)]);
    });
}

#[test]
fn a_zebra_reader_glues_its_events() {
    on_both(|engine| {
        let (hospital, reader) = opened(engine, "2025-01-01T00:00:30Z", "fx-1");
        let post = |body: &[u8]| reader.send("POST", "/ingest/v1/zebra/fx-1", &[], body).want(200);
        let event = |hex: &str, number: i64, at: &str| json!({"type": "SIMPLE", "timestamp": at, "data": {"idHex": hex, "antenna": 1, "eventNum": number, "format": "epc", "peakRssi": -70}});
        let one = event("7EDA9038051002710002C0AE", 1, "2025-01-01T00:00:00.000+0000");
        post(&real("rfid/zebra/iot-connector-simple.json", &one));
        assert_eq!(seen(&hospital), [row("1/7EDA9038051002710002C0AE", "tag_read", -7_000)]);
        // Glued, one with junk behind its digits, and the last cut off; the stamps have offsets of their own.
        let two = event("3034257BF400B7800004CB2F", 2, "2024-12-31T18:00:10.000-0600");
        let junk = event("3034257BF400B7800004CB2F_2", 3, "2025-01-01T00:00:11.000Z");
        post(format!("{one}{two}\n{junk}{{\"type\":\"SIM").as_bytes());
        assert_eq!(seen(&hospital).len(), 2);
        assert_eq!(apart(&hospital), ["bad_epc", "bad_json"]);
    });
}

#[test]
fn network_servers_bring_uplinks_decoded_or_not() {
    on_both(|engine| {
        let (hospital, server) = opened(engine, "2023-05-22T07:48:00Z", "ns-1");
        let body = json!({"deviceInfo": {"devEui": "1000000000000001"}, "devAddr": "20000001", "fCnt": 4, "fPort": 85,
            "time": "2023-05-22T07:47:05.404859+00:00", "data": "AXVcA2c0AQRoZQ=="});
        let body = real("lorawan/Milesight_EM300-TH/ChirpStack_payload.json", &body);
        let send = |path: &str, body: &[u8]| server.send("POST", path, &[("content-type", "application/json")], body);
        let values = [
            row("1000000000000001/battery", "battery", 92),
            row("1000000000000001/humidity", "humidity", 5_050),
            row("1000000000000001/temperature", "temp", 30_800),
        ];
        // Nobody said what these bytes mean: kept, and read once a person says it.
        assert_eq!(send("/ingest/v1/chirpstack/ns-1?event=up", &body).status, 204);
        assert_eq!((seen(&hospital).len(), apart(&hospital)), (0, vec!["unknown_codec".to_owned()]));
        let waiting = hospital.admin().list("/api/v1/quarantine").remove(0);
        let replay = format!("/api/v1/quarantine/{}/replay", waiting["id"].as_str().unwrap());
        let technician = hospital.with_role(Role::Technician);
        assert_eq!(technician.post(&replay, &json!({})).want(200)["status"], "quarantined");
        technician.post(&format!("{replay}?codec=nokia"), &json!({})).problem(422, "invalid_input");
        assert_eq!(technician.post(&format!("{replay}?codec=milesight"), &json!({})).want(200)["status"], "stored");
        assert_eq!(seen(&hospital), values);
        assert!(apart(&hospital).is_empty());
        // The same uplink by another way is the same, another frame is not.
        let mut other: Value = serde_json::from_slice(&body).unwrap();
        other["deduplicationId"] = json!("another");
        send("/ingest/v1/chirpstack/ns-1?event=up&codec=milesight", other.to_string().as_bytes()).want(204);
        assert_eq!(seen(&hospital), values);
        other["object"] = json!({"temperature": 4.5, "light": 7});
        other["fCnt"] = json!(5);
        send("/ingest/v1/chirpstack/ns-1?event=up", other.to_string().as_bytes()).want(204);
        assert_eq!(seen(&hospital).len(), 4);
        send("/ingest/v1/chirpstack/ns-1?event=join", b"{}").want(204);
        server
            .send("POST", "/ingest/v1/chirpstack/ns-1", &[("content-type", "application/x-protobuf")], b"x")
            .problem(415, "unsupported_media_type");
        let message = json!({"end_device_ids": {"dev_eui": "1000000000000002"}, "uplink_message": {"session_key_id": "AYfqmb0pc/1uRZv9xUydgQ==",
            "f_port": 85, "frm_payload": "AXVkA2f5AA==", "received_at": "2023-05-22T07:33:35.641841782Z"}});
        send("/ingest/v1/ttn/ns-1?codec=milesight", message.to_string().as_bytes()).want(204);
        assert!(seen(&hospital).contains(&row("1000000000000002/temperature", "temp", 24_900)));
        send("/ingest/v1/ttn/ns-1", json!({"end_device_ids": {"dev_eui": "1000000000000002"}, "join_accept": {}}).to_string().as_bytes())
            .want(204);
    });
}

#[test]
fn bridges_bring_llrp_rsp_and_loriot() {
    on_both(|engine| {
        let (hospital, bridge) = opened(engine, "2020-07-08T02:20:30Z", "bridge-1");
        let send = |body: &[u8]| bridge.send("POST", "/ingest/v1/generic/bridge-1?codec=milesight", &[], body);
        let report = json!({"TagReportData": [{"EPCData": {"EPCNumBits": 0, "EPC": null}, "EPC96": {"EPC": "MACrze8AAAAAAAAD"},
            "AntennaID": 1, "PeakRSSI": -48, "FirstSeenUTC": 1_594_174_805_140_192_i64}]});
        let receipt = send(&real("rfid/llrp/ROAccessReport-001.json", &report)).want(200);
        assert_eq!((&receipt["stored"], seen(&hospital)), (&json!(1), vec![row("1/3000ABCDEF00000000000003", "tag_read", -4_800)]));
        let event = json!({"jsonrpc": "2.0", "method": "inventory_event", "params": {"data": [
            {"epc_code": "EPC000001", "event_type": "arrival", "timestamp": 1_594_174_805_133_i64, "location": "RSP-150005-0"}]}});
        let receipt = send(&real("rfid/intel-rsp/inventory_event_notification.json", &event)).want(207);
        assert_eq!(receipt["stored"], 0, "its codes are no EPCs");
        assert!(apart(&hospital).iter().all(|code| code == "bad_epc"));
        let good = json!({"jsonrpc": "2.0", "method": "inventory_event", "params": {"data": [
            {"epc_code": "3034257bf400b7800004cb2f", "event_type": "arrival", "timestamp": 1_594_174_805_133_i64, "location": "RSP-150005-0"},
            {"epc_code": "3034257bf400b7800004cb2f", "event_type": "departed", "timestamp": 1_594_174_806_133_i64, "location": "RSP-150005-0"}]}});
        send(good.to_string().as_bytes()).want(200);
        assert!(seen(&hospital).contains(&row("RSP-150005-0/3034257BF400B7800004CB2F", "tag_read", 0)));
        // The first copy, and the same again with the list of gateways.
        let uplink = |cmd: &str| json!({"cmd": cmd, "EUI": "1000000000000001", "ts": 1_594_174_801_936_i64, "fcnt": 2, "port": 85, "data": "0175640367f900", "bat": 94});
        send(uplink("rx").to_string().as_bytes()).want(200);
        let again = send(uplink("gw").to_string().as_bytes()).want(207);
        assert_eq!((&again["stored"], &again["duplicate"]), (&json!(0), &json!(2)));
        assert_eq!(send(b"{\"hello\":1}").want(207)["quarantined"], 1);
    });
}

#[test]
fn a_logger_is_read_once_though_it_is_uploaded_twice() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, "2023-04-20T14:30:00Z").with_small_catalogue();
        let uploader = hospital.gateway("fridge-7", "H1", true);
        let send = |body: &[u8]| uploader.send("POST", "/ingest/v1/loggers/fridge-7", &[("content-type", "text/plain")], body);
        let short = "Device: Q-tag Fridge-tag Ultra Low\r\nConf:\r\n Serial: 100800001215\r\nHist:\r\n 1:\r\n  Date: 2023-04-20\r\n  \
            Min T: -16.8, TS Min T: 06:16\r\nData:\r\n\t2023-04-17 16:16\t--.-\tx\r\n\t2023-04-17 16:21\t-9.6\tx\r\n";
        let body = real("cold-chain/berlinger/FridgeTag-UL__100800001215_202304201410.txt", &Value::Null);
        let body = if body == b"null" { short.as_bytes().to_vec() } else { body };
        let first = send(&body).want(201);
        assert_eq!((first["serial"].as_str(), first["quarantined"].as_i64()), (Some("100800001215"), Some(0)), "{first}");
        let (values, missing) = (first["values"].as_u64().unwrap(), first["missing"].as_u64().unwrap());
        assert!(missing >= 1 && first["new"].as_u64() == Some(values), "{first}");
        assert!(seen(&hospital).contains(&row("100800001215/temperature", "temp", -9_600)));
        // The same file again, and one that was read out later: what is known is known.
        let again = send(&body).want(201);
        assert_eq!((&again["new"], again["known"].as_u64()), (&json!(0), Some(values)), "{again}");
        let later = send(format!("{}\n", String::from_utf8_lossy(&body)).as_bytes()).want(201);
        assert_eq!((&later["new"], later["known"].as_u64()), (&json!(0), Some(values)), "{later}");
        let table = send(b"at,celsius\n2023-04-20 10:00,5.5\n2023-04-20 10:05,x\n2022-04-20 10:00,5\n").want(201);
        assert_eq!((&table["new"], &table["quarantined"]), (&json!(1), &json!(2)), "{table}");
        send(b"hello").problem(422, "wrong_schema");
    });
}

#[test]
fn no_adapter_panics_on_random_input() {
    let cases = setting("WARDSTOCK_CODE_CASES").unwrap_or(10_000);
    let samples = [
        json!([event("ftqQOAUQAnEAAsCu", 1, "2025-01-01T00:00:00Z")]).to_string(),
        r#"{"type":"SIMPLE","timestamp":"2025-01-01T00:00:00.000+0000","data":{"idHex":"7EDA9038051002710002C0AE","antenna":1,"eventNum":1}}"#.to_owned(),
        r#"{"deviceInfo":{"devEui":"1000000000000001"},"fCnt":4,"data":"AXVcA2c0AQRoZQ==","object":{"temperature":4}}"#.to_owned(),
        r#"{"devEUI":"AgICAgICAgI=","rxInfo":[{"time":"2019-11-08T13:59:25Z"}],"data":"AgI9AAOBXgwV","objectJSON":"{\"temperature\":25}"}"#.to_owned(),
        r#"{"end_device_ids":{"dev_eui":"1000000000000001"},"uplink_message":{"frm_payload":"AXVkA2f5AA=="}}"#.to_owned(),
        r#"{"TagReportData":[{"EPC96":{"EPC":"MACrze8AAAAAAAAD"},"AntennaID":1,"FirstSeenUTC":1594174805140192}]}"#.to_owned(),
        r#"{"cmd":"rx","EUI":"1000000000000001","ts":1684478801936,"data":"0175640367f900"}"#.to_owned(),
    ];
    let mut rng = Rng::new(20_261_123);
    let (mut good, mut refused) = (0_u64, 0_u64);
    for _ in 0..cases {
        let mut below = |count: usize| usize::try_from(rng.below(u32::try_from(count.max(1)).unwrap())).unwrap();
        let mut bytes = samples[below(samples.len())].clone().into_bytes();
        for _ in 0..below(4) {
            let at = below(bytes.len());
            match below(4) {
                0 if !bytes.is_empty() => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => bytes.truncate(at),
                2 => bytes.insert(at, b"0123456789\"{}[],:-nulltrue9e9"[below(29)]),
                _ => bytes.extend(samples[below(samples.len())].bytes().skip(at)),
            }
        }
        for vendor in Vendor::ALL {
            for codec in [None, Some(wardstock::sensing::codec::Codec::Milesight)] {
                match vendor.parse(&bytes, codec) {
                    Ok(parsed) => good += u64::from(!parsed.pieces.is_empty()),
                    Err(_) => refused += 1,
                }
            }
        }
    }
    println!("{cases} bodies at five doors: {good} with pieces, {refused} no JSON");
    assert!(good > cases && refused > cases / 10);
}
