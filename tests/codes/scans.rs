//! A technician with a scanner: what a code says, where its lot lies, or why it can't be used; and the same at a terminal.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use wardstock::access::role::Role;

use crate::scene::{Client, Engine, Hospital, on_both};

fn stocked(engine: Engine) -> Hospital {
    let hospital = Hospital::at(engine, "2026-11-23T08:00:00Z").with_small_catalogue();
    hospital.import(&[
        ("items.csv", "code,name,base_unit,gtin,ven\nP9,Cefazolin 1 g,vial,4006381333931,V\n"),
        ("stock.csv", "place,item,quantity,lot,expiry\nW1,P9,12,LOT7,2027-12-31\nPH,P9,40,LOT7,2027-12-31\nPH,P9,5,LOT8,2027-01-31\n"),
    ]);
    hospital
}

fn scan(who: &Client, raw: &str) -> Value {
    who.post("/api/v1/scans", &json!({"raw": raw})).want(200)
}

#[track_caller]
fn refused(who: &Client, raw: &str, code: &str) -> Value {
    let problem = who.post("/api/v1/scans", &json!({"raw": raw})).problem(422, "invalid_input");
    assert_eq!((problem["errors"][0]["pointer"].as_str(), problem["errors"][0]["code"].as_str()), (Some("/raw"), Some(code)), "{problem}");
    problem
}

#[test]
fn a_scan_says_product_lot_expiry_serial_and_where_it_lies() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let technician = hospital.with_role(Role::Technician);
        let pack = scan(&technician, "]d201040063813339311727123110LOT7\u{1d}21SN1");
        assert_eq!(
            (&pack["item"], &pack["item_name"], &pack["lot"], &pack["expiry"], &pack["serial"]),
            (&json!("P9"), &json!("Cefazolin 1 g"), &json!("LOT7"), &json!("2027-12-31"), &json!("SN1"))
        );
        assert_eq!(pack["ai"], json!([["01", "04006381333931"], ["17", "271231"], ["10", "LOT7"], ["21", "SN1"]]));
        let lies = |named: &Value| -> Vec<(String, i64)> {
            let rows = named["stock"].as_array().unwrap().iter();
            rows.map(|row| {
                (format!("{}/{}", row["place"].as_str().unwrap(), row["lot"].as_str().unwrap()), row["quantity"].as_i64().unwrap())
            })
            .collect()
        };
        assert_eq!(lies(&pack), [("PH/LOT7".to_owned(), 40), ("W1/LOT7".to_owned(), 12)]);
        // Without a lot all of them, first to expire first; and the same product by the short form of its GTIN.
        let product = scan(&technician, "4006381333931");
        assert_eq!(lies(&product)[0], ("PH/LOT8".to_owned(), 5));
        assert_eq!(scan(&technician, "https://id.gs1.org/01/04006381333931")["item"], "P9");
        // A tag on the same product.
        let tag = scan(&technician, "urn:epc:id:sgtin:400638133.0393.77");
        assert_eq!((&tag["item"], &tag["serial"]), (&json!("P9"), &json!("77")));
        let stranger = scan(&technician, "96385074");
        assert_eq!((&stranger["item"], &stranger["gtin"], &stranger["stock"]), (&Value::Null, &json!("00000096385074"), &json!([])));
        // Labels of our own.
        assert_eq!(scan(&technician, "W1")["place"], "W1");
        assert_eq!(scan(&technician, "P9")["item"], "P9");
        assert_eq!(scan(&technician, "]Q1W1")["place"], "W1");
    });
}

#[test]
fn a_scan_that_can_not_be_used_says_exactly_why() {
    on_both(|engine| {
        let hospital = stocked(engine);
        let technician = hospital.with_role(Role::Technician);
        let problem = refused(&technician, "]d20104006381333932", "check_digit");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("at character 18"), "{problem}");
        refused(&technician, "]d2010400638133393117271331", "bad_date");
        refused(&technician, "(10)LOT7", "ai_conflict");
        refused(&technician, "010400638133393110A21B", "ambiguous");
        refused(&technician, "E2801160600002054CC2096F", "unknown_tag");
        refused(&technician, "hello", "not_gs1");
        refused(&technician, "]Q1https://example.com/menu", "not_gs1");
        refused(&technician, "]C18018952114112345678906", "personal");
        refused(&technician, &"0".repeat(5_000), "length");
        refused(&technician, "", "not_gs1");
        technician.post("/api/v1/scans", &json!({"row": "x"})).problem(422, "invalid_input");
        technician.send("POST", "/api/v1/scans", &[], b"{").problem(400, "bad_json");
    });
}

#[test]
fn decode_reads_codes_at_a_terminal() {
    let decode = |arguments: &[&str], lines: &str| -> Vec<Value> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wardstock"))
            .arg("decode")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let read = decode(&[], "]d201040063813339311727123110LOT7\\x1d21SN1\n3034257BF400B7800004CB2F\nhello\n\n");
    assert_eq!(read.len(), 4, "a line in, a line out");
    assert_eq!(
        (&read[0]["element_string"], &read[0]["expiry"], &read[0]["error"]),
        (&json!("^01040063813339311727123110LOT7^21SN1"), &json!("2027-12-31"), &Value::Null)
    );
    assert_eq!(
        (&read[1]["kind"], &read[1]["epc_uri"], &read[1]["tag_uri"]),
        (&json!("epc-hex"), &json!("urn:epc:id:sgtin:0614141.000734.314159"), &json!("urn:epc:tag:sgtin-96:1.0614141.000734.314159"))
    );
    assert_eq!(read[2]["error"]["code"], "not_gs1");
    assert_eq!(read[3]["error"]["code"], "not_gs1");
    // Over one carrier nobody can say what is missing, over the text below a barcode one can.
    assert_eq!(decode(&["--kind", "element-string"], "^10LOT7\n")[0]["error"], Value::Null);
    assert_eq!(decode(&["--kind", "bracketed"], "(10)LOT7\n")[0]["error"]["code"], "ai_conflict");
    assert_eq!(decode(&["--kind", "bracketed"], "(89)X\n")[0]["error"]["code"], "unknown_ai");
    assert_eq!(decode(&["--kind", "bracketed", "--allow-unknown-ais"], "(89)X\n")[0]["ai"], json!([["89", "X"]]));
}
