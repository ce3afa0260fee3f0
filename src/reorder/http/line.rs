//! Lines of a plan: reading them, setting other packs.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::plan::{PlanView, named};
use crate::access::audit;
use crate::access::caller::Caller;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::id;
use crate::base::money::{Money, cost_minor};
use crate::base::quantity::units_of_packs;
use crate::base::time::Day;
use crate::db::Db;
use crate::db::conn::Conn;
use crate::reorder::store::{self, PlanHead, PlanLineView};
use crate::web::body::Posted;
use crate::web::idempotency::Answer;
use crate::web::precondition;
use crate::web::render::{self, Format, Table};

/// Packs that one line may be changed to.
const PACKS_MAX: i64 = 1_000_000;

/// One recommended order line.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct LineView {
    /// Number in the plan.
    pub line: i64,
    /// Where it goes.
    pub place: String,
    /// Item code.
    pub item: String,
    /// Item name.
    pub name: String,
    /// What a base unit is.
    pub base_unit: String,
    /// V, E or N.
    pub ven: String,
    /// Supplier code.
    pub supplier: String,
    /// Supplier name.
    pub supplier_name: String,
    /// Offer id.
    pub offer: String,
    /// Packs to order: what a person set, else as recommended.
    pub packs: i64,
    /// Packs as recommended.
    pub recommended_packs: i64,
    /// Base units per pack.
    pub units_per_pack: i64,
    /// Base units in all.
    pub units: i64,
    /// Order on this day.
    pub order_on: Day,
    /// It arrives on this day, as stated by the supplier.
    pub arrives_on: Day,
    /// Packs times price.
    pub cost: Money,
    /// Whether accepting the plan orders it now; later lines are an outlook.
    pub now: bool,
    /// Why a person set other packs.
    pub override_reason: Option<String>,
    /// Why.
    pub explanation: Why,
    /// Version, for If-Match.
    pub version: i64,
}

/// Why a line stands in the plan.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Why {
    /// Word from a closed list.
    pub reason: String,
    /// A paragraph for people.
    pub text: String,
    /// The figures behind it.
    pub drivers: Value,
}

impl LineView {
    fn of(row: PlanLineView, review_days: i64) -> Result<Self> {
        let packs = row.wanted_packs();
        Ok(Self {
            line: row.line,
            units: units_of_packs(packs, row.units_per_pack)?,
            cost: Money::new(cost_minor(packs, row.price_minor)?, row.currency),
            now: row.order_day < row.planned_from + review_days,
            packs,
            recommended_packs: row.packs,
            place: row.place,
            item: row.item,
            name: row.item_name,
            base_unit: row.base_unit,
            ven: row.ven,
            supplier: row.supplier,
            supplier_name: row.supplier_name,
            offer: id::to_wire(row.offer_id),
            units_per_pack: row.units_per_pack,
            order_on: Day(row.order_day),
            arrives_on: Day(row.arrival_day),
            override_reason: row.override_reason,
            explanation: Why { reason: row.reason, text: row.explanation, drivers: serde_json::from_str(&row.drivers).unwrap_or_default() },
            version: row.version,
        })
    }
}

/// The lines of a plan.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(super) struct Lines {
    items: Vec<LineView>,
}

/// The lines of the newest solved plan of a site, for the page.
///
/// # Errors
/// Those of the database.
pub fn newest_lines(conn: &mut Conn, site_id: i64) -> Result<Option<(PlanView, Vec<LineView>)>> {
    let Some(head) = store::newest_solved(conn, site_id)? else { return Ok(None) };
    let lines = line_views(conn, &head)?;
    Ok(Some((PlanView::from(head), lines)))
}

pub(super) fn line_views(conn: &mut Conn, head: &PlanHead) -> Result<Vec<LineView>> {
    let review_days = store::request_of(conn, head.site_id, head.id)?.review_days();
    store::lines_of(conn, head.site_id, head.id)?.into_iter().map(|row| LineView::of(row, review_days)).collect()
}

pub(super) async fn get_lines(caller: Caller, db: web::Data<Db>, path: web::Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::of(&request)?;
    let items = db
        .read(move |conn| {
            let head = named(conn, &caller, &path)?;
            line_views(conn, &head)
        })
        .await?;
    let lines = Lines { items };
    render::answer(format, &lines, || line_table(&lines.items)).await
}

fn line_table(lines: &[LineView]) -> Table {
    Table {
        columns: vec![
            "line",
            "place",
            "item",
            "name",
            "supplier",
            "packs",
            "units_per_pack",
            "units",
            "order_on",
            "arrives_on",
            "cost_minor",
            "currency",
            "now",
            "reason",
            "text",
        ],
        rows: lines
            .iter()
            .map(|line| {
                vec![
                    line.line.to_string(),
                    line.place.clone(),
                    line.item.clone(),
                    line.name.clone(),
                    line.supplier.clone(),
                    line.packs.to_string(),
                    line.units_per_pack.to_string(),
                    line.units.to_string(),
                    line.order_on.to_text(),
                    line.arrives_on.to_text(),
                    line.cost.minor.to_string(),
                    line.cost.currency.clone(),
                    line.now.to_string(),
                    line.explanation.reason.clone(),
                    line.explanation.text.clone(),
                ]
            })
            .collect(),
    }
}

/// Other packs than recommended.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    /// Packs; 0 leaves the line out, null takes the recommendation again.
    packs: Option<i64>,
    /// Why; needed with packs.
    reason: Option<String>,
}

pub(super) async fn patch_line(
    caller: Caller,
    db: web::Data<Db>,
    path: web::Path<(String, i64)>,
    posted: Posted,
    request: HttpRequest,
) -> Result<Answer> {
    let seen = precondition::if_match(&request)?;
    let wish: Override = posted.json()?;
    if wish.packs.is_some_and(|packs| !(0..=PACKS_MAX).contains(&packs)) {
        return Err(Error::field("/packs", "out_of_range", format!("must be 0..{PACKS_MAX}")));
    }
    if wish.packs.is_some() && wish.reason.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Error::field("/reason", "needed", "say why, so that we can see later who was right"));
    }
    let (name, line) = path.into_inner();
    db.write(move |tx| {
        let head = named(tx.conn, &caller, &name)?;
        if head.state != "done" {
            return Err(Error::new(Code::WrongState, format!("the plan is {}; lines can be changed while it is done", head.state)));
        }
        let before = store::lines_of(tx.conn, head.site_id, head.id)?
            .into_iter()
            .find(|row| row.line == line)
            .ok_or_else(|| Error::not_found("line", line))?;
        if !store::override_line(tx, head.site_id, head.id, line, seen, wish.packs, wish.reason.as_deref(), &caller.actor())? {
            return Err(precondition::clash("line", seen, before.version));
        }
        let detail = json!({"recommended": before.packs, "before": before.override_packs, "after": wish.packs, "why": wish.reason});
        audit::record(tx, head.site_id, &caller.actor(), "plan.override", &format!("{}/{line}", head.id), &detail)?;
        let view = line_views(tx.conn, &head)?.into_iter().find(|row| row.line == line).ok_or_else(|| Error::not_found("line", line))?;
        Ok(Answer::ok(&view)?.version(view.version))
    })
    .await
}
