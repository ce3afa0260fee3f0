//! From a seed to a running hospital: database, imports, accounts, gateways; and what to tell the person who looks.

use std::collections::BTreeMap;

use tempfile::TempDir;
use wardstock::access::caller::Caller;
use wardstock::access::role::Role;
use wardstock::access::token::{self, IssuedToken, NewToken};
use wardstock::app::import::{self, Mode};
use wardstock::base::clock::Clock;
use wardstock::base::error::{Error, Result};
use wardstock::db::conn::Target;
use wardstock::db::{Db, migrate};
use wardstock_models::rng::Rng;

use super::super::{database, output};
use super::history;
use super::hospital::{self, Hospital};
use super::layout::{self, Installed};
use super::stock::{self, Shelf};

/// A hospital that can go live.
pub(super) struct Ready {
    /// Holds the database; deleted when this is dropped.
    pub(super) folder: TempDir,
    pub(super) db: Db,
    pub(super) installed: Vec<Installed>,
    /// Store shelves of what no ward keeps.
    pub(super) desk: Vec<Shelf>,
    pub(super) stock_points: usize,
    pub(super) pharmacist: String,
    pub(super) technician: String,
    /// Role and token of those who may sign in.
    accounts: Vec<(Role, &'static str, String)>,
}

/// Makes the hospital.
///
/// # Errors
/// `internal` when a generated file is refused; those of the database.
pub(super) fn set_up(seed: u64) -> Result<Ready> {
    let bar = output::spinner("drawing a hospital");
    // Not `sqlite::memory:`: its folder goes with the last thread that holds the database, and a process that
    // ends waits for no thread. This one goes when the demo lets go of it.
    let folder = tempfile::Builder::new()
        .prefix("wardstock-demo-")
        .tempdir()
        .map_err(|cause| Error::internal("no temporary folder for the database").because(cause))?;
    let target = Target::parse(&format!("sqlite:{}", folder.path().join("wardstock.db").display()))?;
    migrate::up(&target, false)?;
    let db = Db::open(&target, Clock::System)?;
    let mut rng = Rng::new(seed ^ 0x5bd1_e995);
    let hospital = Hospital::new(seed, db.clock().now().day());
    let opening = stock::open(&hospital, &mut rng);
    let files = files(&hospital, &opening, &mut rng);
    bar.set_message("importing a year of history");
    import_all(&db, &files)?;
    bar.set_message("putting up gateways");
    let mut installed = layout::lay_out(&opening.shelves, &mut rng);
    let mut accounts = Vec::new();
    let mut admin_id = 0;
    for (role, name) in [
        (Role::Pharmacist, "Pia Pharmacist"),
        (Role::Procurement, "Paul Procurement"),
        (Role::Approver, "Ada Approver"),
        (Role::Admin, "Alan Admin"),
    ] {
        let issued = account(&db, role, name)?;
        if role == Role::Admin {
            admin_id = issued.id;
        }
        accounts.push((role, name, issued.token));
    }
    let technician = account(&db, Role::Technician, "Tom Technician")?.token;
    let admin = Caller { role: Role::Admin, site: None, token_id: admin_id, name: "Alan Admin".into(), device: None, csrf: None };
    layout::install(&db, &admin, &mut installed)?;
    bar.finish_and_clear();
    let pharmacist = accounts.first().map(|(_, _, token)| token.clone()).unwrap_or_default();
    let desk = desk(&opening.shelves);
    Ok(Ready { folder, db, installed, desk, stock_points: opening.shelves.len(), pharmacist, technician, accounts })
}

fn account(db: &Db, role: Role, name: &str) -> Result<IssuedToken> {
    let wish = NewToken { name: name.to_owned(), role, site: None, expires: None };
    db.write_now(move |tx| token::issue(tx, database::ACTOR, &wish))
}

fn files(hospital: &Hospital, opening: &stock::Opening, rng: &mut Rng) -> BTreeMap<String, Vec<u8>> {
    [
        ("places.csv", hospital::places_csv(&opening.cold_litres)),
        ("suppliers.csv", hospital::suppliers_csv()),
        ("items.csv", hospital.items_csv()),
        ("offers.csv", hospital.offers_csv(rng)),
        ("stock.csv", opening.csv.clone()),
        ("demand.csv", history::demand_csv(hospital, rng)),
        ("deliveries.csv", hospital::deliveries_csv(hospital.today, rng)),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .collect()
}

fn import_all(db: &Db, files: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let report = import::run(db, database::ACTOR, None, files, Mode::default())?;
    for bad in report.rejected.iter().take(5) {
        output::note(&format!("{}:{}: {} '{}': {}", bad.file, bad.line, bad.column, bad.value, bad.hint));
    }
    if !report.committed {
        return Err(Error::internal("the demo's own files were refused"));
    }
    let counts: Vec<String> =
        report.files.iter().map(|(name, counts)| format!("{} {}", counts.written, name.trim_end_matches(".csv"))).collect();
    output::note(&format!("imported {}", counts.join(", ")));
    Ok(())
}

/// The store's shelves of items that no ward keeps.
fn desk(shelves: &[Shelf]) -> Vec<Shelf> {
    let on_wards: std::collections::BTreeSet<(&str, &str)> =
        shelves.iter().filter(|shelf| shelf.is_ward()).map(|shelf| (shelf.site, shelf.item.as_str())).collect();
    shelves.iter().filter(|shelf| !shelf.is_ward() && !on_wards.contains(&(shelf.site, shelf.item.as_str()))).cloned().collect()
}

/// Who may sign in, and what to look at.
pub(super) fn guide(ready: &Ready, base: &str) -> String {
    let rows: Vec<Vec<String>> =
        ready.accounts.iter().map(|(role, name, token)| vec![role.word().to_owned(), (*name).to_owned(), token.clone()]).collect();
    let table = output::table(&["role", "name", "token"], &rows);
    let find = |mode: &str, weighs: bool| {
        ready.installed.iter().find_map(|gateway| {
            let channel = gateway.channels.iter().find(|channel| channel.mode == mode && channel.tare_g.is_some() == weighs)?;
            Some((gateway, channel))
        })
    };
    let token = &ready.pharmacist;
    let live = find("authoritative", false).map_or_else(String::new, |(_, channel)| {
        let shelf = &channel.shelf;
        format!("curl -H 'Authorization: Bearer {token}' {base}/api/v1/stock/{}/{}   # {}", shelf.place, shelf.item, shelf.name)
    });
    let send = find("advise", false).map_or_else(String::new, |(gateway, channel)| {
        format!(
            "curl -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' {base}/ingest/v1/observations -d \
             '{{\"schema\":\"wardstock.obs.v1\",\"device\":\"{}\",\"boot_id\":\"by-hand\",\"seq\":1,\"records\":[{{\"kind\":\"level\",\
             \"channel\":\"{}\",\"at\":\"'$(date -u +%FT%TZ)'\",\"count\":{}}}]}}'   # {} at {}",
            gateway.token,
            gateway.code,
            channel.code,
            channel.shelf.units / 2,
            channel.shelf.name,
            channel.shelf.place
        )
    });
    let channels: usize = ready.installed.iter().filter(|gateway| !gateway.is_new).map(|gateway| gateway.channels.len()).sum();
    format!(
        "{table}\n\n\
         The page      {base}/   (sign in at {base}/sign-in with one of the tokens)\n\
         The API       {base}/docs/api/\n\
         A shelf live  {live}\n\
         Send one      {send}\n\
         The plans     curl -H 'Authorization: Bearer {token}' {base}/api/v1/plans   # then /api/v1/plans/ID/lines\n\n\
         {channels} sensors on {} gateways report; one gateway will die, one waits for approval (gw-new). Planning both sites …",
        ready.installed.len() - 1
    )
}
