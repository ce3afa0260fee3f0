//! `wardstock backtest`: the same figures as the call, beside a running service.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use wardstock::access::role::Role;

use super::{deliveries, hospital, ledger, over};
use crate::scene::on_both;

/// The catalogue of the scenes.
pub(super) fn files() -> [(&'static str, String); 4] {
    [
        ("places.csv", "code,name,kind,parent\nH1,Hospital One,site,\nPH,Pharmacy,store,H1\nW1,Ward One,ward,H1\n"),
        (
            "suppliers.csv",
            "code,name,lead_time_days,lead_time_sd_days,currency\nS1,Alpha Pharma,7,1,EUR\nS2,Beta Medical,14,2,EUR\n",
        ),
        ("items.csv", "code,name,base_unit,ven,shelf_life_days\nP1,Amoxicillin,tablet,E,720\nP2,Insulin,vial,V,365\n"),
        (
            "offers.csv",
            "item,supplier,units_per_pack,price_minor,currency,moq_packs\nP1,S1,100,850,EUR,1\nP1,S2,500,3900,EUR,1\nP2,S1,10,12500,EUR,1\n",
        ),
    ]
    .map(|(name, text)| (name, text.to_owned()))
}

struct Program {
    folder: TempDir,
}

impl Program {
    /// A database with the ledger.
    fn new() -> Self {
        let program = Self { folder: tempfile::tempdir().unwrap() };
        let csv = program.folder.path().join("csv");
        std::fs::create_dir(&csv).unwrap();
        for (name, text) in files().into_iter().chain([("movements.csv", ledger()), ("deliveries.csv", deliveries())]) {
            std::fs::write(csv.join(name), text).unwrap();
        }
        assert_eq!(program.run(&["import", csv.to_str().unwrap()]).status.code(), Some(0));
        program
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let database = format!("sqlite:{}/w.db", self.folder.path().display());
        Command::new(env!("CARGO_BIN_EXE_wardstock")).args(arguments).args(["--database", &database]).output().unwrap()
    }

    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn the_command_and_the_call_give_the_same_figures() {
    let program = Program::new();
    let file = program.folder.path().join("compared.json");
    let wish = ["backtest", "--site", "H1", "--weeks", "8", "--seeds", "2", "--policies", "wardstock", "par:30", "clairvoyant"];
    let output = program.run(&[&wish[..], &["--json", "--output", file.to_str().unwrap()]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap());
    on_both(|engine| {
        let hospital = hospital(engine);
        let pharmacist = hospital.with_role(Role::Pharmacist);
        let wish = json!({"site": "H1", "weeks": 8, "seeds": 2, "policies": ["wardstock", "par:30", "clairvoyant"]});
        let id = pharmacist.post("/api/v1/backtests", &wish).want(202)["id"].as_str().unwrap().to_owned();
        let done = over(&pharmacist, &id);
        assert_eq!(done["result"], printed, "{engine:?}");
    });
    let table = String::from_utf8(program.run(&wish).stdout).unwrap();
    assert!(table.starts_with("site H1, record from 2026-06-01 to 2026-10-18\n- 2 items"), "{table}");
    assert!(table.contains("/ clairvoyant") && table.contains("paired by seed"), "{table}");
}

#[test]
fn it_reads_beside_a_running_service_and_refuses_clearly() {
    let program = Program::new();
    let few = ["backtest", "--policies", "par:30", "--seeds", "1", "--weeks", "4"];
    // The lock that a service holds.
    let lock = std::fs::File::create(program.folder.path().join("w.db.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(program.run(&few).status.code(), Some(0), "the only site needs no name");
    drop(lock);
    assert!(program.refusal(&["backtest", "--site", "W1"]).contains("'W1' is a ward, not a site"));
    assert!(program.refusal(&["backtest", "--site", "H9"]).contains("there is no place 'H9'"));
    assert!(program.refusal(&["backtest", "--policies", "hmis:3"]).contains("policy `hmis:3`"));
    assert!(program.refusal(&["backtest", "--seeds", "21"]).contains("must be 1..20"));
    assert!(program.refusal(&["backtest", "--weeks", "18"]).contains("the record has 140 days: at least 56 are needed"));
    std::fs::write(program.folder.path().join("places.csv"), "code,name,kind\nH2,Hospital Two,site\n").unwrap();
    program.run(&["import", program.folder.path().join("places.csv").to_str().unwrap()]);
    assert!(program.refusal(&few).contains("say --site with one of H1, H2"));
    assert!(program.refusal(&["backtest", "--site", "H2"]).contains("no demand on record"));
    let empty = Program { folder: tempfile::tempdir().unwrap() };
    assert_ne!(empty.run(&few).status.code(), Some(0), "a database that is not there is not made");
    assert_eq!(std::fs::read_dir(empty.folder.path()).unwrap().count(), 0);
}
