//! A kept run, made again and compared.

use wardstock::base::error::Result;
use wardstock::config::Config;
use wardstock::demand::replay::{self, Replay};

use crate::command::{Outcome, database, output};

pub(super) fn run(config: &Config, name: &str, json: bool) -> Result<Outcome> {
    let db = database::open(config)?;
    let bar = output::spinner("forecasting again");
    let replay = db.read_now(|conn| replay::replay(conn, name))?;
    bar.finish_and_clear();
    output::result(json, &replay, || text(&replay))?;
    Ok(if replay.is_equal() { Outcome::Done } else { Outcome::Difference })
}

fn text(replay: &Replay) -> String {
    let Replay { run, forecasts, model_version, replayed_with, .. } = replay;
    if !replay.input_is_whole {
        return format!("run {run}: its input was changed since it was kept: the hash differs; nothing was forecast");
    }
    let mut lines = Vec::new();
    if model_version != replayed_with {
        lines.push(format!("run {run}: made by the models {model_version}, made again by {replayed_with}"));
    }
    if replay.is_equal() {
        lines.push(format!("run {run}: {forecasts} forecasts, all equal"));
        return lines.join("\n");
    }
    lines.push(format!("run {run}: {forecasts} forecasts, {} differ", replay.differing.len()));
    if !replay.accuracy_is_equal {
        lines.push("the accuracy by group differs".to_owned());
    }
    lines.extend(replay.differing.iter().cloned());
    lines.join("\n")
}
