//! A whole database copied into an empty one of either kind, in one transaction, every row compared by hash before it commits.

use std::collections::BTreeSet;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::row::{Field, NamedRow};
use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::conn::{Access, Conn, Number, Target};
use super::migrate;
use super::tables::{self, Kind, Table};
use crate::base::code::Code;
use crate::base::error::{Error, Result};

/// Rows in hand at once.
const PAGE: usize = 2_000;
/// Values that one statement takes: below the limits of both databases.
const VALUES_MAX: usize = 30_000;

/// Tables whose rows refer to rows of the same table that may have larger ids: key and reference.
const FAMILIES: [(&str, &str, &str); 2] = [("item", "id", "predecessor_id"), ("place", "id", "parent_id")];

/// A table that was copied.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// Its name.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// Sum of the SHA-256 of all rows, the same on both sides.
    pub digest: String,
}

/// Copies every row. `step` hears the table, its rows so far and all its rows.
///
/// # Errors
/// `conflict` when the target has rows already or holds other rows than the source after the copy; `database_unavailable`
/// when a service holds one of them. The target is as before then.
pub fn copy(from: &Target, to: &Target, step: &mut dyn FnMut(&str, u64, u64)) -> Result<Vec<Copied>> {
    migrate::require_current(from)?;
    migrate::require_current(to)?;
    // What a service writes after the snapshot would be left behind.
    let _locks = (from.lock()?, to.lock()?);
    let mut source = from.connect(Access::Survey)?;
    source.begin_snapshot()?;
    let mut target = to.connect(Access::Write)?;
    let tables = tables::all();
    for table in &tables {
        if count(&mut target, table)? > 0 {
            let detail = format!("the target is not empty: the table {} has rows; copy into a fresh database", table.name);
            return Err(Error::new(Code::Conflict, detail));
        }
    }
    let copied = target.transaction(|target| {
        let mut copied = Vec::new();
        for table in &tables {
            copied.push(copy_table(&mut source, target, table, step)?);
        }
        Ok::<_, Error>(copied)
    })?;
    // Without figures about the new rows the first plans of PostgreSQL would be bad ones.
    diesel::sql_query("ANALYZE").execute(&mut target)?;
    Ok(copied)
}

fn copy_table(source: &mut Conn, target: &mut Conn, table: &Table, step: &mut dyn FnMut(&str, u64, u64)) -> Result<Copied> {
    let all = count(source, table)?;
    let mut sent = Tally::default();
    let family = FAMILIES.iter().find(|(name, ..)| *name == table.name);
    let page = if family.is_some() { usize::MAX } else { PAGE };
    each_page(source, table, page, &mut |rows| {
        let rows = family.map_or_else(|| Ok(rows.clone()), |(_, key, parent)| parents_first(rows.clone(), table, key, parent))?;
        for part in rows.chunks((VALUES_MAX / table.columns.len().max(1)).min(PAGE)) {
            insert(target, table, part)?;
            sent.add(part);
            step(table.name, sent.rows, all);
        }
        Ok(())
    })?;
    let mut kept = Tally::default();
    each_page(target, table, PAGE, &mut |rows| {
        kept.add(rows);
        Ok(())
    })?;
    if sent != kept {
        let detail = format!(
            "{}: {} rows were sent and {} are there, or not with the same content; nothing was kept",
            table.name, sent.rows, kept.rows
        );
        return Err(Error::new(Code::Conflict, detail));
    }
    Ok(Copied { table: table.name, rows: sent.rows, digest: sent.digest() })
}

fn count(conn: &mut Conn, table: &Table) -> Result<u64> {
    let rows = diesel::sql_query(format!("SELECT COUNT(*) AS value FROM {}", table.name)).get_result::<Number>(conn)?;
    Ok(u64::try_from(rows.value).unwrap_or(0))
}

/// A value as both databases know it.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Real(Option<f64>),
    Bool(Option<bool>),
}

#[derive(Debug, Clone)]
struct Row(Vec<Value>);

/// The first letter of a column's name in the query says what it holds.
impl<DB> QueryableByName<DB> for Row
where
    DB: Backend,
    i64: FromSql<BigInt, DB>,
    String: FromSql<Text, DB>,
    f64: FromSql<Double, DB>,
    bool: FromSql<Bool, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for at in 0..row.field_count() {
            let field = diesel::row::Row::get(row, at).ok_or("a column is missing")?;
            let kind = field.field_name().and_then(|name| name.chars().next());
            values.push(match kind {
                Some('i') => Value::Int(<Option<i64> as FromSql<Nullable<BigInt>, DB>>::from_nullable_sql(field.value())?),
                Some('t') => Value::Text(<Option<String> as FromSql<Nullable<Text>, DB>>::from_nullable_sql(field.value())?),
                Some('f') => Value::Real(<Option<f64> as FromSql<Nullable<Double>, DB>>::from_nullable_sql(field.value())?),
                _ => Value::Bool(<Option<bool> as FromSql<Nullable<Bool>, DB>>::from_nullable_sql(field.value())?),
            });
        }
        Ok(Self(values))
    }
}

type Boxed<'a> = BoxedSqlQuery<'a, <Conn as diesel::Connection>::Backend, SqlQuery>;

fn bound<'a>(text: String, values: impl IntoIterator<Item = &'a Value>) -> Boxed<'a> {
    values.into_iter().fold(diesel::sql_query(text).into_boxed(), |query, value| match value {
        Value::Int(value) => query.bind::<Nullable<BigInt>, _>(*value),
        Value::Text(value) => query.bind::<Nullable<Text>, _>(value.as_deref()),
        Value::Real(value) => query.bind::<Nullable<Double>, _>(*value),
        Value::Bool(value) => query.bind::<Nullable<Bool>, _>(*value),
    })
}

/// Walks a table by its key, so that a page costs the same wherever it is.
fn each_page(conn: &mut Conn, table: &Table, page: usize, take: &mut dyn FnMut(&Vec<Row>) -> Result<()>) -> Result<()> {
    let letter = |kind: &Kind| match kind {
        Kind::Int => 'i',
        Kind::Text => 't',
        Kind::Real => 'f',
        Kind::Bool => 'b',
    };
    let columns: Vec<String> =
        table.columns.iter().enumerate().map(|(at, (name, kind))| format!("{name} AS {}{at}", letter(kind))).collect();
    let key: Vec<usize> = table.key.iter().filter_map(|column| table.place(column)).collect();
    let (columns, names) = (columns.join(", "), table.key.join(", "));
    let mut after: Vec<Value> = Vec::new();
    loop {
        let places: Vec<String> = (1..=after.len()).map(|at| conn.placeholder(at)).collect();
        let from = if after.is_empty() { String::new() } else { format!("WHERE ({names}) > ({})", places.join(", ")) };
        let limit = i64::try_from(page).unwrap_or(i64::MAX);
        let text = format!("SELECT {columns} FROM {} {from} ORDER BY {names} LIMIT {limit}", table.name);
        let rows: Vec<Row> = bound(text, &after).load(conn)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = key.iter().filter_map(|place| last.0.get(*place).cloned()).collect();
        take(&rows)?;
        if rows.len() < page {
            return Ok(());
        }
    }
}

fn insert(conn: &mut Conn, table: &Table, rows: &[Row]) -> Result<()> {
    let width = table.columns.len();
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let places: Vec<String> = (0..rows.len())
        .map(|row| format!("({})", (1..=width).map(|at| conn.placeholder(row * width + at)).collect::<Vec<_>>().join(", ")))
        .collect();
    let text = format!("INSERT INTO {} ({}) VALUES {}", table.name, columns.join(", "), places.join(", "));
    bound(text, rows.iter().flat_map(|row| &row.0)).execute(conn)?;
    Ok(())
}

/// Rows in an order in which each comes after the one it refers to.
fn parents_first(mut rows: Vec<Row>, table: &Table, key: &str, parent: &str) -> Result<Vec<Row>> {
    let number = |row: &Row, column: &str| match table.place(column).and_then(|place| row.0.get(place)) {
        Some(Value::Int(value)) => *value,
        _ => None,
    };
    let mut placed = BTreeSet::new();
    let mut ordered = Vec::with_capacity(rows.len());
    while !rows.is_empty() {
        let before = ordered.len();
        let (ready, waiting): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| number(row, parent).is_none_or(|parent| placed.contains(&parent)));
        placed.extend(ready.iter().filter_map(|row| number(row, key)));
        ordered.extend(ready);
        rows = waiting;
        if ordered.len() == before {
            return Err(Error::new(Code::Conflict, format!("{}: rows refer to each other in a circle by {parent}", table.name)));
        }
    }
    Ok(ordered)
}

/// Rows, and the sum of their hashes: the same for the same rows in any order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: u64,
    sums: [u64; 4],
}

impl Tally {
    fn add(&mut self, rows: &[Row]) {
        for row in rows {
            self.rows += 1;
            for (sum, part) in self.sums.iter_mut().zip(row.hash().chunks_exact(8)) {
                *sum = sum.wrapping_add(part.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)));
            }
        }
    }

    fn digest(&self) -> String {
        self.sums.iter().fold(String::new(), |text, sum| text + &format!("{sum:016x}"))
    }
}

impl Row {
    fn hash(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for value in &self.0 {
            match value {
                Value::Int(Some(value)) => digest.update([&b"i"[..], &value.to_le_bytes()].concat()),
                Value::Real(Some(value)) => digest.update([&b"f"[..], &value.to_bits().to_le_bytes()].concat()),
                Value::Bool(Some(value)) => digest.update([b'b', u8::from(*value)]),
                Value::Text(Some(value)) => {
                    digest.update([&b"t"[..], &value.len().to_le_bytes()].concat());
                    digest.update(value.as_bytes());
                }
                Value::Int(None) | Value::Real(None) | Value::Bool(None) | Value::Text(None) => digest.update(b"n"),
            }
        }
        digest.finalize().into()
    }
}
