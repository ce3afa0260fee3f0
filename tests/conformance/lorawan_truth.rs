//! Every uplink of the shared data, by the door of its network server and the codec of its device.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wardstock::sensing::adapter::{Piece, Vendor};
use wardstock::sensing::codec::Codec;

use super::tally::Tally;

const CODECS: [(&str, Codec); 16] = [
    ("Decentlab_DL-DS18", Codec::DecentlabDs18),
    ("Decentlab_DL-ISD", Codec::DecentlabIsd),
    ("Decentlab_DL-SHT35-001", Codec::DecentlabSht35),
    ("Elsys_ERS2", Codec::Elsys),
    ("Milesight_EM300-MCS", Codec::Milesight),
    ("Milesight_EM300-TH", Codec::Milesight),
    ("Milesight_EM310-UDL", Codec::Milesight),
    ("Milesight_EM320-TH", Codec::Milesight),
    ("Milesight_EM500-SWL", Codec::Milesight),
    ("Milesight_GS301", Codec::Milesight),
    ("Milesight_TS101", Codec::Milesight),
    ("Milesight_TS201", Codec::Milesight),
    ("Milesight_VS330", Codec::Milesight),
    ("Netvox_R72624", Codec::NetvoxR72624),
    ("SensiEDGE_SensiLora2_0", Codec::SensiEdge),
    ("Tektelic_Comfort", Codec::Tektelic),
];

/// Names of the vendors' decoders: our kind, and our unit per theirs.
const NAMES: [(&str, &str, f64); 15] = [
    ("temperature", "temp", 1.0),
    ("air_temperature", "temp", 1.0),
    ("ambient_temperature", "temp", 1.0),
    ("humidity", "humidity", 1.0),
    ("air_humidity", "humidity", 1.0),
    ("relative_humidity", "humidity", 1.0),
    ("distance", "distance", 1.0),
    ("stem_size", "distance", 1.0),
    ("water_level", "distance", 10.0),
    ("battery", "battery", 1.0),
    ("battery_voltage", "voltage", 1.0),
    ("battery_volt", "voltage", 1.0),
    ("batteryVolt", "voltage", 1.0),
    ("vdd", "voltage", 0.001),
    ("magnet_status", "door", 1.0),
];

type Values = BTreeMap<&'static str, i64>;

/// In millionths, so that they can be compared.
fn millionths(value: f64) -> i64 {
    (value * 1e6).round() as i64
}

/// All values of a decoder's result, wherever they stand in it.
fn wanted(result: &Value, into: &mut Values) {
    match result {
        Value::Array(list) => list.iter().for_each(|one| wanted(one, into)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let known = NAMES.iter().find(|(theirs, ..)| theirs == name);
                let number = value.as_f64().or_else(|| (value == "open").then_some(1.0));
                match (known, number) {
                    (Some((_, kind, unit)), Some(number)) => drop(into.insert(kind, millionths(number * unit))),
                    _ => wanted(value, into),
                }
            }
        }
        _ => {}
    }
}

/// What the door makes of an uplink.
fn found(vendor: Vendor, codec: Codec, body: &[u8]) -> Result<Values, String> {
    let mut values = Values::new();
    for piece in vendor.parse(body, Some(codec))?.pieces {
        let Piece::Good(record) = piece else { return Err(format!("{piece:?}")) };
        let kind = NAMES.iter().map(|(_, kind, _)| *kind).find(|kind| record["kind"] == *kind).ok_or_else(|| record.to_string())?;
        let number = ["celsius", "rh", "distance_mm", "battery_pct", "volts"].iter().find_map(|field| record[*field].as_f64());
        let number = number.unwrap_or_else(|| f64::from(u8::from(record["open"] == true)));
        values.insert(kind, millionths(number));
    }
    Ok(values)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_string_lossy().contains("_payload"));
    files.sort();
    files
}

#[test]
fn uplinks() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sensing/lorawan");
    if !root.is_dir() {
        eprintln!("SKIPPED: the conformance data {} are not there", root.display());
        return;
    }
    let mut tally = Tally::of("sensing/lorawan");
    for (folder, codec) in CODECS {
        for file in files(&root.join(folder)) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let vendor = match name.split('_').next().unwrap() {
                "ChirpStack" => Vendor::Chirpstack,
                "LORIOT" => Vendor::Generic,
                _ => Vendor::Ttn,
            };
            let values = found(vendor, codec, &std::fs::read(&file).unwrap());
            let result = root.join(folder).join(name.replace("payload", "result"));
            if let Ok(text) = std::fs::read_to_string(&result) {
                let mut want = Values::new();
                wanted(&serde_json::from_str(&text).unwrap(), &mut want);
                tally.must(values.as_ref() == Ok(&want) && !want.is_empty(), || format!("{folder}/{name}: {values:?}, not {want:?}"));
            } else {
                // ChirpStack 3: the object that stands beside the payload was decoded by somebody else, and comes first.
                let is_decoded = values.as_ref().is_ok_and(|values| values.get("temp") == Some(&25_000_000));
                tally.must(is_decoded, || format!("{folder}/{name}: {values:?}"));
            }
        }
    }
    tally.end(109, 0);
}
