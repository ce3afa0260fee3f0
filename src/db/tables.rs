//! The tables as data: names, keys and columns, read from the schema that diesel is told.
//!
//! `schema.rs`, then `schema/sensing.rs` list a table after those it refers to, and tests hold both databases to its columns.

const SCHEMA: &str = concat!(include_str!("schema.rs"), include_str!("schema/sensing.rs"));

/// What a column holds; both databases share only these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Real,
    Bool,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Columns of the primary key, in its order.
    pub(super) key: Vec<&'static str>,
    pub(super) columns: Vec<(&'static str, Kind)>,
}

impl Table {
    /// Where a column stands in a row.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|(name, _)| *name == column)
    }
}

/// All tables, each after those it refers to.
pub(super) fn all() -> Vec<Table> {
    SCHEMA.split("diesel::table!").skip(1).filter_map(parse).collect()
}

fn parse(text: &'static str) -> Option<Table> {
    let (name, rest) = text.trim_start_matches([' ', '{', '\n']).split_once(" (")?;
    let (key, rest) = rest.split_once(") {")?;
    let columns = rest.lines().filter_map(|line| line.trim().trim_end_matches(',').split_once(" -> ")).filter_map(column).collect();
    Some(Table { name, key: key.split(", ").collect(), columns })
}

fn column((name, kind): (&'static str, &'static str)) -> Option<(&'static str, Kind)> {
    let kind = match kind.trim_start_matches("Nullable<").trim_end_matches('>') {
        "BigInt" => Kind::Int,
        "Text" => Kind::Text,
        "Double" => Kind::Real,
        "Bool" => Kind::Bool,
        _ => return None,
    };
    Some((name, kind))
}

#[cfg(test)]
mod tests {
    use super::{Kind, SCHEMA, all};

    #[test]
    fn every_table_and_column_is_read() {
        let tables = all();
        assert_eq!(tables.len(), SCHEMA.matches("diesel::table!").count());
        assert_eq!(tables.iter().map(|table| table.columns.len()).sum::<usize>(), SCHEMA.matches(" -> ").count());
        for table in &tables {
            assert!(!table.key.is_empty() && table.key.iter().all(|column| table.place(column).is_some()), "{table:?}");
        }
        // A file of tables that is forgotten above would be left out of every copy and manifest.
        let known = SCHEMA.split_once("allow_tables_to_appear_in_same_query! {").unwrap().1.split_once('}').unwrap().0;
        let mut known: Vec<&str> = known.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let mut read: Vec<&str> = tables.iter().map(|table| table.name).collect();
        known.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, known);
        let place = tables.iter().find(|table| table.name == "place").unwrap();
        assert_eq!((place.key.as_slice(), place.columns[7]), (["site_id", "id"].as_slice(), ("capacity_ambient_litres", Kind::Real)));
    }
}
