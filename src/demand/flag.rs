//! What a reader of a forecast should know, as a stable word with its number or direction apart.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use wardstock_models::forecast::Flag;

/// The word of a level that has moved.
pub const LEVEL_SHIFT: &str = "level_shift";
/// The word of a forecast that fell back to last season's values.
pub const LOSES_TO_NAIVE: &str = "loses_to_naive";

/// One thing that a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct FlagView {
    /// A stable word: `new_item`, `level_shift`, `loses_to_naive`, …
    pub flag: String,
    /// How many, where it has a number: of `absurd_ignored` the quantities left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// `up` or `down`, where it has a direction: of `level_shift`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
}

impl FlagView {
    fn word(word: &str) -> Self {
        Self { flag: word.to_owned(), count: None, direction: None }
    }

    fn with(mut self, more: &Value) -> Self {
        self.count = more.as_u64();
        self.direction = more.as_str().map(str::to_owned);
        self
    }

    /// Reads the form of the models: `"new_item"`, or `{"level_shift": "up"}`.
    fn of_models(value: &Value) -> Option<Self> {
        match value {
            Value::String(word) => Some(Self::word(word)),
            Value::Object(fields) => fields.iter().next().map(|(word, more)| Self::word(word).with(more)),
            _ => None,
        }
    }

    /// Reads how flags were kept before runs were: `NewItem`, `AbsurdIgnored(3)`, `LevelShift(Up)`.
    fn of_old(text: &str) -> Self {
        let (name, more) = text.split_once('(').unwrap_or((text, ""));
        let more = more.trim_end_matches(')');
        let flag = Self::word(&snake(name));
        let number = more.parse::<u64>().ok();
        let direction = (number.is_none() && !more.is_empty()).then(|| snake(more));
        Self { count: number, direction, ..flag }
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, sign) in name.chars().enumerate() {
        if sign.is_ascii_uppercase() && at > 0 {
            text.push('_');
        }
        text.push(sign.to_ascii_lowercase());
    }
    text
}

impl From<&Flag> for FlagView {
    fn from(flag: &Flag) -> Self {
        // Through serde, so that a flag which the models learn later has its word here as well.
        serde_json::to_value(flag).ok().and_then(|value| Self::of_models(&value)).unwrap_or_else(|| Self::of_old(&format!("{flag:?}")))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    New {
        flag: String,
        #[serde(default)]
        count: Option<u64>,
        #[serde(default)]
        direction: Option<String>,
    },
    Old(String),
}

impl<'de> Deserialize<'de> for FlagView {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(from)? {
            Written::New { flag, count, direction } => Self { flag, count, direction },
            Written::Old(text) => Self::of_old(&text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wardstock_models::forecast::Direction;

    #[test]
    fn old_and_new_flags_read_alike() {
        let flags = [Flag::NewItem, Flag::AbsurdIgnored(3), Flag::LevelShift(Direction::Up), Flag::LosesToNaive];
        let want = json!([
            {"flag": "new_item"}, {"flag": "absurd_ignored", "count": 3}, {"flag": "level_shift", "direction": "up"},
            {"flag": "loses_to_naive"}
        ]);
        let views: Vec<FlagView> = flags.iter().map(FlagView::from).collect();
        assert_eq!(serde_json::to_value(&views).unwrap(), want);
        let old: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
        assert_eq!(serde_json::from_value::<Vec<FlagView>>(json!(old)).unwrap(), views);
        assert_eq!(serde_json::from_value::<Vec<FlagView>>(want).unwrap(), views);
    }
}
