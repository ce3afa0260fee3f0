//! What is asked, how long it may take, and the statement that a program of one's own would send to the same tables.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};

use crate::stock::ITEMS;
use crate::world::{CHANNELS, World};

/// A question to the service.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// The path of the n-th time.
    pub(crate) path: Box<dyn Fn(usize) -> String>,
    /// The raw statement of the n-th time.
    pub(crate) raw: Box<dyn Fn(usize) -> String>,
    /// Stands once in each row of the answer.
    pub(crate) row_has: &'static str,
    /// What the median must be below; none: nothing was asked for.
    pub(crate) sqlite_ms: Option<f64>,
    pub(crate) postgres_ms: Option<f64>,
}

/// A row of a raw statement.
#[derive(QueryableByName)]
#[expect(dead_code, reason = "they are read because that takes time too")]
pub(crate) struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    second: i64,
}

pub(crate) fn all(world: &World) -> Vec<Question> {
    let mut all = about_stock(world.site);
    all.extend(about_sensors(world));
    all
}

fn about_stock(site: i64) -> Vec<Question> {
    let item = |number: usize| number * 761 % ITEMS;
    vec![
        Question {
            name: "totals below par, 5,000 items x 50 places",
            path: Box::new(|_| "/api/v1/reports/below-par?site=H".to_owned()),
            raw: Box::new(move |_| {
                format!(
                    "SELECT i.code AS name, CAST(SUM(l.quantity) AS BIGINT) AS first, CAST(SUM(s.par_level) AS BIGINT) AS second \
                     FROM stock_point s JOIN level l ON l.site_id = s.site_id AND l.stock_point_id = s.id JOIN item i ON i.id = s.item_id \
                     WHERE s.site_id = {site} GROUP BY i.code HAVING SUM(l.quantity) < SUM(s.par_level) ORDER BY i.code"
                )
            }),
            row_has: "\"missing\"",
            sqlite_ms: Some(50.0),
            postgres_ms: Some(50.0),
        },
        Question {
            name: "one item at 50 places",
            path: Box::new(move |number| format!("/api/v1/stock?item=P{}&limit=500", item(number))),
            raw: Box::new(move |number| {
                format!(
                    "SELECT p.code AS name, CAST(SUM(l.quantity) AS BIGINT) AS first, MAX(s.par_level) AS second FROM item i \
                     JOIN stock_point s ON s.item_id = i.id AND s.site_id = {site} JOIN place p ON p.site_id = s.site_id AND p.id = s.place_id \
                     JOIN level l ON l.site_id = s.site_id AND l.stock_point_id = s.id WHERE i.code = 'P{}' GROUP BY p.code ORDER BY p.code",
                    item(number)
                )
            }),
            row_has: "\"on_hand\"",
            sqlite_ms: Some(5.0),
            postgres_ms: Some(5.0),
        },
        Question {
            name: "first page of all stock",
            path: Box::new(|_| "/api/v1/stock".to_owned()),
            raw: Box::new(move |_| {
                format!(
                    "SELECT i.code AS name, l.quantity AS first, s.par_level AS second FROM place p \
                     JOIN stock_point s ON s.site_id = p.site_id AND s.place_id = p.id JOIN item i ON i.id = s.item_id \
                     JOIN level l ON l.site_id = s.site_id AND l.stock_point_id = s.id WHERE p.site_id = {site} AND p.code = 'W0' \
                     ORDER BY i.code LIMIT 50"
                )
            }),
            row_has: "\"on_hand\"",
            sqlite_ms: None,
            postgres_ms: None,
        },
    ]
}

/// What would read the sums of a sensor.
fn sums(world: &World, table: &'static str) -> impl Fn(usize) -> String + use<> {
    let (site, start, end, channels) = (world.site, world.first_day.start().0, world.last_day.plus(1).start().0, world.channels.clone());
    move |number: usize| {
        format!(
            "SELECT CAST(bucket AS TEXT) AS name, observations AS first, sum_value AS second FROM {table} WHERE site_id = {site} \
             AND channel_id = {} AND bucket >= {start} AND bucket < {end} ORDER BY bucket",
            channels[number * 37 % CHANNELS]
        )
    }
}

fn about_sensors(world: &World) -> Vec<Question> {
    let (from, to, week) = (world.first_day.to_text(), world.last_day.to_text(), world.last_day.plus(-6).to_text());
    let (site, week_start, end) = (world.site, world.last_day.plus(-6).start().0, world.last_day.plus(1).start().0);
    let series = |days: String, more: &'static str| {
        let to = to.clone();
        move |number: usize| format!("/api/v1/devices/gw-1/observations?channel=c{}&from={days}&to={to}{more}", number * 37 % CHANNELS)
    };
    let channels = world.channels.clone();
    vec![
        Question {
            name: "one year of one sensor (by day, the default)",
            path: Box::new(series(from.clone(), "")),
            raw: Box::new(sums(world, "observation_day")),
            row_has: "\"observations\"",
            sqlite_ms: Some(10.0),
            postgres_ms: Some(60.0),
        },
        Question {
            name: "one year of one sensor by hour",
            path: Box::new(series(from, "&step=hour")),
            raw: Box::new(sums(world, "observation_hour")),
            row_has: "\"observations\"",
            sqlite_ms: Some(10.0),
            postgres_ms: Some(60.0),
        },
        Question {
            name: "one week of one sensor, raw",
            path: Box::new(series(week, "")),
            raw: {
                Box::new(move |number| {
                    format!(
                        "SELECT quality AS name, observed_at AS first, value AS second FROM observation WHERE site_id = {site} \
                         AND channel_id = {} AND observed_at >= {week_start} AND observed_at < {end} ORDER BY observed_at",
                        channels[number * 37 % CHANNELS]
                    )
                })
            },
            row_has: "\"quality\"",
            sqlite_ms: None,
            postgres_ms: None,
        },
    ]
}
