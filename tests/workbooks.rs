//! Excel workbooks, as people have them: imported as CSV is, and what every table can be had as.

use std::io::Write;

use rust_xlsxwriter::{ExcelDateTime, Formula, Workbook};
use wardstock::base::table::Sheet;

use crate::scene::{Hospital, on_both};

const CLOCK: &str = "2026-11-23T06:30:00Z";

/// A workbook whose first sheet holds these cells; digits become numbers, `2027-03-31` a day.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            if let Ok(number) = cell.parse::<f64>() {
                sheet.write_number(row, column, number).unwrap();
            } else if cell.len() == 10 && cell.starts_with("20") {
                sheet.write_datetime_with_format(row, column, ExcelDateTime::parse_from_str(cell).unwrap(), &day).unwrap();
            } else if !cell.is_empty() {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
    book.add_worksheet().write_string(0, 0, "a second sheet is not read").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_imported_as_the_same_rows_in_csv_are() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, CLOCK).with_small_catalogue();
        let header: &[&str] = &["place", "item", "quantity", "lot", "expiry", "par_level"];
        let good = workbook(&[header, &["PH", "P1", "30", "A", "2027-03-31", "20"], &[], &["W1", "P1", "4", "A", "2027-03-31", ""]]);
        let report = hospital.admin().upload_bytes("/api/v1/imports", &[("stock.xlsx", &good)]).want(200);
        assert_eq!((report["written"].as_i64(), report["rejected"].as_array().unwrap().len()), (Some(2), 0), "{report}");
        let stock = hospital.admin().get("/api/v1/stock/PH/P1").want(200);
        assert_eq!((&stock["on_hand"], &stock["lots"][0]["expiry"]), (&30.into(), &"2027-03-31".into()), "{stock}");
        // A bad cell is named by its row in the sheet, and nothing is written.
        let bad = workbook(&[header, &["PH", "P1", "31", "A", "2027-03-31", "20"], &[], &["W1", "P1", "-4", "A", "2027-03-31", ""]]);
        let report = hospital.admin().upload_bytes("/api/v1/imports", &[("stock.xlsx", &bad)]).want(422);
        let first = &report["rejected"][0];
        assert_eq!((&first["file"], &first["line"], &first["column"]), (&"stock.xlsx".into(), &4.into(), &"quantity".into()), "{report}");
        assert_eq!(hospital.admin().get("/api/v1/stock/PH/P1").want(200)["on_hand"], 30);
    });
}

#[test]
fn what_is_no_good_workbook_is_refused_with_its_reason() {
    let hospital = Hospital::at(crate::scene::Engine::Sqlite, CLOCK).with_small_catalogue();
    let refused = |name: &str, bytes: &[u8]| {
        let answer = hospital.admin().upload_bytes("/api/v1/imports", &[(name, bytes)]);
        answer.problem(422, "invalid_input").to_string()
    };
    let good = workbook(&[&["place", "item", "quantity"], &["PH", "P1", "3"]]);
    assert!(refused("stock.xlsx", &good[..good.len() / 2]).contains("can't be read as an Excel workbook"));
    assert!(refused("secrets.xlsx", &good).contains("is none of places.csv"));
    assert!(refused("stock.xlsx", &workbook(&[])).contains("the first line must name the columns"));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "place").unwrap();
    sheet.write_formula(1, 0, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let text = refused("stock.xlsx", &book.save_to_buffer().unwrap());
    assert!(text.contains("line 2: a cell holds the error") || text.contains("missing column"), "{text}");
    // 300 MB of zeros pack into 300 kB.
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..300 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(refused("stock.xlsx", &bomb).contains("unpacks to more than"));
    // Both forms of one file leave open which counts.
    let files: [(&str, &[u8]); 2] = [("stock.csv", b"place,item,quantity\nPH,P1,3\n"), ("stock.xlsx", &good)];
    let text = hospital.admin().upload_bytes("/api/v1/imports", &files).problem(422, "invalid_input").to_string();
    assert!(text.contains("came as CSV and as a workbook"), "{text}");
}

#[test]
fn every_table_is_the_same_in_csv_and_as_a_workbook() {
    on_both(|engine| {
        let hospital = Hospital::at(engine, CLOCK).with_small_catalogue();
        hospital.import(&[("stock.csv", "place,item,quantity,lot,expiry\nPH,P1,30,A,2027-03-31\nPH,P2,12,00017,2026-12-31\n")]);
        for path in
            ["/api/v1/stock", "/api/v1/reports/expiry", "/api/v1/reports/stock-value", "/api/v1/reports/below-par", "/api/v1/orders"]
        {
            let csv = hospital.admin().get(&format!("{path}.csv"));
            let xlsx = hospital.admin().get(&format!("{path}.xlsx"));
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            assert_eq!((xlsx.status, xlsx.header("content-type").as_deref()), (200, Some(kind)), "{path}");
            let (text, book) = (Sheet::parse("a.csv", csv.text.as_bytes()).unwrap(), Sheet::parse("a.xlsx", &xlsx.bytes).unwrap());
            assert_eq!(text.header, book.header, "{path}");
            let cells = |sheet: &Sheet| sheet.rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>();
            assert_eq!(cells(&text), cells(&book), "{path}");
        }
    });
}
