//! Turns a PostgreSQL with the extension Citus into one that is spread over several servers by site.
//!
//! The plan is read from the catalogue, so that it holds for whatever the migrations have made. It runs in one transaction:
//! references and triggers go, the tables are spread, references and triggers come back; or nothing happens.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::conn::{Access, Conn, Target};
use super::migrate;
use crate::base::error::{Error, Result};

/// Small tables, whole on every server; all others are spread by their site.
pub const REFERENCE: [&str; 9] =
    ["item", "supplier", "offer", "substitute", "delivery", "access_token", "session", "idempotency", "code_directory"];

/// The table beside which all other spread tables lie: rows of one site are on one server.
const FIRST: &str = "place";

/// Citus refuses triggers unless they are said to be safe; ours refuse a change, each for its own row or table.
const TRIGGERS_ON: &str = "SET LOCAL citus.enable_unsafe_triggers = on";
/// References from tables that are only here must not make these tables part of the spread ones.
const KEYS_LOCAL: &str = "SET LOCAL citus.enable_local_reference_table_foreign_keys = off";
/// The months to come are made by this function, with a trigger each.
const MONTHS: &str = "ALTER FUNCTION make_observation_month(BIGINT) SET citus.enable_unsafe_triggers = on";

/// What must be done, in this order.
#[derive(Debug, serde::Serialize)]
pub struct Plan {
    /// Whether the database has the extension.
    pub has_citus: bool,
    /// One statement each; none when all tables are spread.
    pub statements: Vec<String>,
    /// Whether they ran.
    pub ran: bool,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Bool)]
    held: bool,
}

/// A reference or a trigger: who has it, whom it names, and how it is made.
#[derive(QueryableByName)]
struct Rule {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    other: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

const REFERENCES: &str = "SELECT CAST(t.relname AS TEXT) AS table_name, CAST(f.relname AS TEXT) AS other, CAST(c.conname AS TEXT) AS name, \
    pg_get_constraintdef(c.oid) AS definition FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
    JOIN pg_class f ON f.oid = c.confrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
    WHERE n.nspname = 'public' AND c.contype = 'f' AND c.conparentid = 0 ORDER BY t.relname, c.conname";
const TRIGGERS: &str = "SELECT CAST(t.relname AS TEXT) AS table_name, CAST(COALESCE(p.relname, t.relname) AS TEXT) AS other, \
    CAST(g.tgname AS TEXT) AS name, pg_get_triggerdef(g.oid) AS definition FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
    JOIN pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_inherits i ON i.inhrelid = t.oid LEFT JOIN pg_class p ON p.oid = i.inhparent \
    WHERE n.nspname = 'public' AND NOT g.tgisinternal AND g.tgparentid = 0 ORDER BY t.relname, g.tgname";

/// What must be done to this database; nothing is changed.
///
/// # Errors
/// Those of the database.
pub fn plan(conn: &mut Conn) -> Result<Plan> {
    let has_citus =
        diesel::sql_query("SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS held").get_result::<Held>(conn)?.held;
    let spread: BTreeSet<String> = if has_citus {
        let names = diesel::sql_query("SELECT CAST(logicalrel AS TEXT) AS name FROM pg_dist_partition").load::<Name>(conn)?;
        names.into_iter().map(|row| row.name).collect()
    } else {
        BTreeSet::new()
    };
    let all: Vec<String> = conn.table_names()?;
    let left: Vec<&String> = all.iter().filter(|name| !spread.contains(*name)).collect();
    if left.is_empty() {
        return Ok(Plan { has_citus, statements: Vec::new(), ran: false });
    }
    let concerns = |rule: &Rule| left.iter().any(|name| **name == rule.table_name || **name == rule.other);
    let references: Vec<Rule> = diesel::sql_query(REFERENCES).load::<Rule>(conn)?.into_iter().filter(concerns).collect();
    let triggers: Vec<Rule> = diesel::sql_query(TRIGGERS).load::<Rule>(conn)?.into_iter().filter(concerns).collect();
    let mut statements = vec![KEYS_LOCAL.to_owned()];
    statements.extend(references.iter().map(|rule| format!("ALTER TABLE {} DROP CONSTRAINT {}", rule.table_name, rule.name)));
    statements.extend(triggers.iter().map(|rule| format!("DROP TRIGGER {} ON {}", rule.name, rule.table_name)));
    let (whole, by_site): (Vec<&String>, Vec<&String>) = left.iter().partition(|name| REFERENCE.contains(&name.as_str()));
    statements.extend(whole.iter().map(|name| format!("SELECT create_reference_table('{name}')")));
    let (first, others): (Vec<&String>, Vec<&String>) = by_site.into_iter().partition(|name| *name == FIRST);
    statements.extend(first.iter().map(|name| format!("SELECT create_distributed_table('{name}', 'site_id', colocate_with => 'none')")));
    statements
        .extend(others.iter().map(|name| format!("SELECT create_distributed_table('{name}', 'site_id', colocate_with => '{FIRST}')")));
    statements
        .extend(references.iter().map(|rule| format!("ALTER TABLE {} ADD CONSTRAINT {} {}", rule.table_name, rule.name, rule.definition)));
    statements.push(TRIGGERS_ON.to_owned());
    statements.extend(triggers.into_iter().map(|rule| rule.definition));
    statements.push(MONTHS.to_owned());
    Ok(Plan { has_citus, statements, ran: false })
}

/// Spreads what is not spread yet, or only says how.
///
/// # Errors
/// `invalid_input` for a database that can't be spread, naming what is missing; those of the database, which is as before then.
pub fn run(target: &Target, dry_run: bool) -> Result<Plan> {
    if !target.takes_many_writers() {
        return Err(Error::field("database", "postgres", "only PostgreSQL can be spread over several servers"));
    }
    migrate::require_current(target)?;
    let mut conn = target.connect(Access::Write)?;
    let mut plan = plan(&mut conn)?;
    if dry_run {
        return Ok(plan);
    }
    if !plan.has_citus {
        let detail = "this database has no extension citus: install Citus on the server and its workers, then run \
                      `CREATE EXTENSION citus` in this database; --dry-run says what would be done";
        return Err(Error::field("database", "citus", detail));
    }
    conn.transaction(|conn| {
        // One by one: Citus refuses a definition within a string of several.
        plan.statements.iter().try_for_each(|statement| conn.batch_execute(statement).map_err(Error::from))
    })?;
    plan.ran = true;
    Ok(plan)
}
