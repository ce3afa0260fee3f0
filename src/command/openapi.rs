//! `openapi`: the document that `/openapi.json` serves.

use wardstock::app;
use wardstock::base::error::Result;
use wardstock::web::openapi;

use super::{Outcome, output};

pub(crate) fn run() -> Result<Outcome> {
    let document = openapi::document(&app::operations());
    output::result(true, &document, String::new)?;
    Ok(Outcome::Done)
}
