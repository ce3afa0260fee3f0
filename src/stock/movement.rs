//! One ledger entry: what moved, how many, which lot, when, who, why.

use serde::{Deserialize, Serialize};

use crate::base::time::{Day, Micros};

/// What a movement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Goods came in.
    Receipt,
    /// Goods were handed out: demand.
    Issue,
    /// Goods went from one place to another: two movements.
    Transfer,
    /// The book was put right.
    Adjustment,
    /// Goods were thrown away.
    Waste,
    /// Unused goods came back into stock.
    Return,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Receipt, Self::Issue, Self::Transfer, Self::Adjustment, Self::Waste, Self::Return];

    /// Its word on the wire and in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Issue => "issue",
            Self::Transfer => "transfer",
            Self::Adjustment => "adjustment",
            Self::Waste => "waste",
            Self::Return => "return",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A person or program, over the API.
    Person,
    /// An import file.
    Import,
    /// An authoritative sensor.
    Sensor,
    /// A receipt against a purchase order.
    Order,
}

impl Source {
    /// Its word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Import => "import",
            Self::Sensor => "sensor",
            Self::Order => "order",
        }
    }
}

/// Which lot an entry moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LotChoice {
    /// This lot.
    Id(i64),
    /// The lot of this code and expiry; made when it is new. An empty code is stock without a lot.
    Named {
        /// Lot code.
        code: String,
        /// Expiry; none: does not expire.
        expiry: Option<Day>,
    },
    /// First expired first out, over as many lots as it takes; when goods come in, stock without a lot.
    Fefo,
}

/// An entry to be recorded.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where and what.
    pub stock_point_id: i64,
    /// What, again: lots belong to items.
    pub item_id: i64,
    /// Which lot.
    pub lot: LotChoice,
    /// What it is.
    pub kind: Kind,
    /// Signed base units, not 0.
    pub quantity_delta: i64,
    /// What was asked for, when that was more than was there.
    pub requested_units: Option<i64>,
    /// Where it comes from.
    pub source: Source,
    /// Unique within its source: the same entry is never booked twice.
    pub source_key: String,
    /// When it happened.
    pub event_at: Micros,
    /// Why, where a reason is needed.
    pub reason: Option<String>,
    /// Who.
    pub actor: String,
    /// The movement that it takes back.
    pub reversal_of: Option<i64>,
}
