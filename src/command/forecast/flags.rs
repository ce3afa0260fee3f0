//! What a reader of the forecasts should know, told on stderr so that the table keeps its columns.

use std::collections::BTreeMap;

use wardstock_models::forecast::{Direction, Flag, Forecast};

/// Most series named in one note.
const NAMED_MAX: usize = 5;

/// One line per kind of flag: how many series, which, and what it means.
pub(super) fn notes(made: &[Forecast]) -> Vec<String> {
    let mut kinds: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for forecast in made {
        for flag in &forecast.flags {
            kinds.entry(meaning(flag)).or_default().push(&forecast.series_id);
        }
    }
    kinds.into_iter().map(|(meaning, series)| note(meaning, &series)).collect()
}

fn note(meaning: &str, series: &[&str]) -> String {
    let more = if series.len() > NAMED_MAX { ", …" } else { "" };
    let named: Vec<&str> = series.iter().take(NAMED_MAX).copied().collect();
    format!("note: {} series: {meaning}: {}{more}", series.len(), named.join(", "))
}

fn meaning(flag: &Flag) -> &'static str {
    match flag {
        Flag::AbsurdIgnored(_) => "absurd quantities were ignored",
        Flag::NewItem => "fewer than six known periods, so a wide forecast",
        Flag::NothingKnown => "no known period at all",
        Flag::NoGroup => "nothing known from similar series either, a guess",
        Flag::NoDemand => "all known demand is 0",
        Flag::MostlyCensored => "an empty shelf hid more than half of the periods",
        Flag::LosesToNaive => "last season's values were better lately and are used",
        Flag::LevelShift(Direction::Up) => "demand has clearly risen lately",
        Flag::LevelShift(Direction::Down) => "demand has clearly fallen lately",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_counted_and_five_are_named() {
        let names = ["A", "B", "C", "D", "E", "F"];
        assert_eq!(note("new", &names[..2]), "note: 2 series: new: A, B");
        assert_eq!(note("new", &names), "note: 6 series: new: A, B, C, D, E, …");
    }
}
