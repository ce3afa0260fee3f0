//! The hot statements that diesel's enum can't say: batch inserts and upserts, written for each database.

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};

/// One observation as it is stored.
#[derive(Debug, Clone)]
pub struct ObservationRow {
    /// Its channel.
    pub channel_id: i64,
    /// The device's stamp.
    pub observed_at: i64,
    /// Tells records of one stamp apart.
    pub dedupe_key: i64,
    /// The corrected stamp.
    pub event_at: i64,
    /// Kind word.
    pub kind: &'static str,
    /// Value in the kind's base unit.
    pub value: i64,
    /// Result code, empty when good.
    pub quality: &'static str,
}

/// What a device's batches of one group say about it.
#[derive(Debug, Clone, Default)]
pub struct HealthRow {
    /// The device.
    pub device_id: i64,
    /// Newest event heard of.
    pub last_event_at: i64,
    /// Its boot.
    pub boot_id: String,
    /// Highest batch of this boot.
    pub last_seq: i64,
    /// Its battery, if it said.
    pub battery_pct: Option<i64>,
    /// Its program, if it said.
    pub firmware: Option<String>,
    /// Records kept, to be added.
    pub stored: i64,
    /// Records kept apart, to be added.
    pub quarantined: i64,
    /// Records refused, to be added.
    pub rejected: i64,
    /// Records lost, in all.
    pub lost: i64,
}

/// An answered batch.
#[derive(Debug, Clone)]
pub struct BatchRow {
    /// Who sent it.
    pub device_id: i64,
    /// In which boot.
    pub boot_id: String,
    /// Its number in the boot.
    pub seq: i64,
    /// Its id.
    pub id: i64,
    /// Hash of its bytes.
    pub body_sha256: String,
    /// Status of the answer.
    pub status: i64,
    /// The answer.
    pub answer: String,
}

/// A binding that must be projected from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct DirtyRow {
    /// The binding.
    pub binding_id: i64,
    /// The moment.
    pub dirty_from: i64,
}

/// One movement as it is stored.
#[derive(Debug, Clone)]
pub struct MovementRow {
    /// Its id.
    pub id: i64,
    /// Where and what.
    pub stock_point_id: i64,
    /// Which lot.
    pub lot_id: i64,
    /// Kind word.
    pub kind: &'static str,
    /// Signed base units.
    pub quantity_delta: i64,
    /// What was asked for, where it differs.
    pub requested_units: Option<i64>,
    /// Source word.
    pub source: &'static str,
    /// Unique within its source.
    pub source_key: String,
    /// When it happened.
    pub event_at: i64,
    /// Why, where a reason is needed.
    pub reason: Option<String>,
    /// Who.
    pub actor: String,
    /// The movement that it takes back.
    pub reversal_of: Option<i64>,
}

/// One level: a lot at a stock point.
#[derive(Debug, Clone, PartialEq, Eq, diesel::QueryableByName)]
pub struct LevelRow {
    /// Where and what.
    #[diesel(sql_type = BigInt)]
    pub stock_point_id: i64,
    /// Which lot.
    #[diesel(sql_type = BigInt)]
    pub lot_id: i64,
    /// Base units on hand.
    #[diesel(sql_type = BigInt)]
    pub quantity: i64,
    /// Newest event in it.
    #[diesel(sql_type = BigInt)]
    pub as_of: i64,
    /// Newest movement in it.
    #[diesel(sql_type = BigInt)]
    pub last_movement_id: i64,
}

/// One period of imported demand.
#[derive(Debug, Clone)]
pub struct DemandRow {
    /// Where and what.
    pub stock_point_id: i64,
    /// First day.
    pub start_day: i64,
    /// Days.
    pub period_days: i64,
    /// Issued.
    pub quantity: i64,
    /// Asked for.
    pub requested_units: i64,
    /// Share of the period with an empty shelf.
    pub stocked_out_share: f64,
}

/// A claimed job.
#[derive(Debug, Clone, diesel::QueryableByName)]
pub struct JobRow {
    /// Its site.
    #[diesel(sql_type = BigInt)]
    pub site_id: i64,
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// What to do.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// With what.
    #[diesel(sql_type = Text)]
    pub payload: String,
    /// Which try this is; results are fenced by it.
    #[diesel(sql_type = BigInt)]
    pub attempts: i64,
}

/// The statements that run for every reading, movement and job, on the connection's own database.
pub trait HotStore {
    /// Stores observations; answers the keys `(channel_id, observed_at, dedupe_key)` that were new.
    ///
    /// # Errors
    /// Those of the database.
    fn append_observations(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<Vec<(i64, i64, i64)>>;

    /// Stores observations of which none should be known; answers how many were new.
    ///
    /// # Errors
    /// Those of the database.
    fn append_new(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<usize>;

    /// Notes bindings to be projected, each at most once; the smaller moments stay.
    ///
    /// # Errors
    /// Those of the database.
    fn mark_dirty(&mut self, site_id: i64, due_at: i64, rows: &[DirtyRow]) -> QueryResult<()>;

    /// Writes down what devices said about themselves, each at most once.
    ///
    /// # Errors
    /// Those of the database.
    fn put_health(&mut self, site_id: i64, seen_at: i64, rows: &[HealthRow]) -> QueryResult<()>;

    /// Keeps the answers of batches; answers how many were new.
    ///
    /// # Errors
    /// Those of the database.
    fn insert_batches(&mut self, site_id: i64, received_at: i64, rows: &[BatchRow]) -> QueryResult<usize>;

    /// Keeps the newest observation of each channel; an older one changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    fn keep_newest(&mut self, site_id: i64, received_at: i64, rows: &[ObservationRow]) -> QueryResult<()>;

    /// The levels of some stock points, locked against other writers until the transaction ends.
    ///
    /// # Errors
    /// Those of the database.
    fn lock_levels(&mut self, site_id: i64, stock_point_ids: &[i64]) -> QueryResult<Vec<LevelRow>>;

    /// Keeps every other writer of levels out until the transaction ends; readers go on.
    ///
    /// # Errors
    /// Those of the database.
    fn lock_ledger(&mut self) -> QueryResult<()>;

    /// Adds movements to the ledger and sets the levels that follow from them.
    ///
    /// # Errors
    /// Those of the database; a movement with a known source key breaks a UNIQUE rule.
    fn apply_movements(&mut self, site_id: i64, recorded_at: i64, movements: &[MovementRow], levels: &[LevelRow]) -> QueryResult<()>;

    /// Which of these source keys the ledger knows.
    ///
    /// # Errors
    /// Those of the database.
    fn known_source_keys(&mut self, site_id: i64, source: &str, keys: &[String]) -> QueryResult<Vec<String>>;

    /// Stores demand periods; a period that is there is replaced when it differs. Answers how many changed.
    ///
    /// # Errors
    /// Those of the database.
    fn put_demand(&mut self, site_id: i64, rows: &[DemandRow]) -> QueryResult<usize>;

    /// Claims one due job of a site and queue for a worker until `lease_until`.
    ///
    /// # Errors
    /// Those of the database.
    fn claim_job(&mut self, site_id: i64, queue: &str, now: i64, lease_until: i64, worker: &str) -> QueryResult<Option<JobRow>>;
}
