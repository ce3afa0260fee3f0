//! Migrations for PostgreSQL, sent statement by statement: diesel would send a file as one string.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::connection::{BoxableConnection, SimpleConnection};
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationSource, Result};

use super::statements::split;

/// Migrations whose statements are sent one by one.
pub(super) struct OneByOne<S>(pub(super) S);

impl<DB: Backend + 'static, S: MigrationSource<DB>> MigrationSource<DB> for OneByOne<S> {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<DB>>>> {
        Ok(self.0.migrations()?.into_iter().map(|inner| -> Box<dyn Migration<DB>> { Box::new(Single(inner)) }).collect())
    }
}

struct Single<DB: Backend>(Box<dyn Migration<DB>>);

impl<DB: Backend> Migration<DB> for Single<DB> {
    fn run(&self, conn: &mut dyn BoxableConnection<DB>) -> Result<()> {
        let mut text = Text::default();
        self.0.run(&mut text)?;
        text.send(conn)
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<DB>) -> Result<()> {
        let mut text = Text::default();
        self.0.revert(&mut text)?;
        text.send(conn)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self.0.metadata()
    }

    fn name(&self) -> &dyn MigrationName {
        self.0.name()
    }
}

/// Hears what a migration would send.
#[derive(Default)]
struct Text(String);

impl Text {
    fn send<DB: Backend>(&self, conn: &mut dyn BoxableConnection<DB>) -> Result<()> {
        for statement in split(&self.0) {
            conn.batch_execute(statement).map_err(|cause| format!("{statement}: {cause}"))?;
        }
        Ok(())
    }
}

impl SimpleConnection for Text {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.0.push_str(query);
        self.0.push('\n');
        Ok(())
    }
}

impl<DB: Backend> BoxableConnection<DB> for Text {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn std::any::Any {
        self
    }
}
