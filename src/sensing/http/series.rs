//! What a channel has said: as JSON, and as CSV with `.csv` or `.xlsx` at the end or by `Accept`.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::access::caller::Caller;
use crate::access::device;
use crate::base::error::{Error, Result};
use crate::base::time::Period;
use crate::db::Db;
use crate::sensing::series::{self, Series, Step};
use crate::web::body::Params;
use crate::web::render::{self, Format, Table};

/// Days of a series that names none.
const DAYS_DEFAULT: i64 = 7;

#[derive(Debug, Deserialize, schemars::JsonSchema)]
pub(super) struct SeriesQuery {
    /// The channel as the device names it; empty: what the device says about itself.
    channel: String,
    /// First day (UTC); default 7 days with the last one.
    from: Option<String>,
    /// Last day (UTC); default today.
    to: Option<String>,
    /// raw, hour or day; default by the number of days: up to 7, up to 92, more.
    step: Option<String>,
}

pub(super) async fn get_observations(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<String>,
    query: Params<SeriesQuery>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let query = query.0;
    let format = Format::of(&request)?;
    let step = query.step.as_deref().map(Step::parse).transpose()?;
    let today = db.clock().now().day();
    let period = Period::parse(query.from.as_deref(), query.to.as_deref(), today, DAYS_DEFAULT).map_err(Error::invalid)?;
    let series = db
        .read(move |conn| {
            let key = device::find(conn, &path)?;
            caller.require_site(key.site_id)?;
            series::read(conn, &key, &query.channel, period, step)
        })
        .await?;
    render::answer(format, &series, || table(&series)).await
}

fn table(series: &Series) -> Table {
    if series.step == Step::Raw {
        let cells = |row: &series::Observed| vec![row.at.to_text(), row.kind.clone(), row.value.to_string(), row.quality.clone()];
        return Table { columns: vec!["at", "kind", "value", "quality"], rows: series.observations.iter().map(cells).collect() };
    }
    let cells = |row: &series::Sum| {
        let numbers = [row.observations, row.min, row.max].map(|number| number.to_string());
        [row.at.to_text()].into_iter().chain(numbers).chain([row.mean.to_string(), row.last.to_string()]).collect()
    };
    let columns = vec!["at", "observations", "min", "max", "mean", "last"];
    Table { columns, rows: series.sums.iter().map(cells).collect() }
}
