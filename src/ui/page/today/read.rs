//! What Today shows, read from the rooms in one go.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use wardstock_models::plan::{Advice, Explanation, RiskFigures, Substitution, TransferOrder};

use crate::access::caller::Caller;
use crate::base::error::{Error, Result};
use crate::base::money::Money;
use crate::base::time::Micros;
use crate::db::conn::Conn;
use crate::orders;
use crate::orders::order::State;
use crate::places::{self, PlaceKey};
use crate::reorder;
use crate::reorder::http::{LineView, PlanView};
use crate::sensing::health::{self, SilentDevice};
use crate::stock::level::{self, StockView, Wanted};
use crate::ui::part::text::count_of;

/// Stock points of a site that one page reads.
const POINTS_MAX: i64 = 50_000;
/// Newest sensor estimates shown.
const NEWEST: usize = 15;
/// A chance of running out from which an item is listed.
pub(crate) const CHANCE_MIN: f64 = 0.05;
/// A lot that expires within this many days is listed.
const EXPIRING_DAYS: i64 = 30;

/// The page: the sites to choose from, and the board of the chosen one.
#[derive(Debug)]
pub(crate) struct Today {
    pub(crate) sites: Vec<PlaceKey>,
    pub(crate) board: Option<Board>,
}

/// The board of a site.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) now: Micros,
    pub(crate) site: PlaceKey,
    /// Names of the site's places, by code.
    pub(crate) names: HashMap<String, String>,
    /// Name and base unit of the site's items, by code.
    pub(crate) items: HashMap<String, (String, String)>,
    pub(crate) plan: Option<PlanView>,
    pub(crate) lines: Vec<LineView>,
    pub(crate) answer: Option<Answer>,
    /// Draft orders that wait for approval.
    pub(crate) drafts: i64,
    pub(crate) at_risk: Vec<RiskRow>,
    pub(crate) expiring: Vec<StockView>,
    pub(crate) silent: Vec<SilentDevice>,
    pub(crate) newest: Vec<StockView>,
}

/// What the page reads of the planner's answer (`wardstock.planned.v1`).
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    pub(crate) gap: f64,
    pub(crate) explanations: Vec<Explanation>,
    pub(crate) advice: Vec<Advice>,
    pub(crate) risk: RiskFigures,
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    #[serde(default)]
    pub(crate) transfers: Vec<TransferOrder>,
    #[serde(default)]
    pub(crate) substitutions: Vec<Substitution>,
}

/// An item at a place that may run out.
#[derive(Debug, Clone)]
pub(crate) struct RiskRow {
    pub(crate) stock: StockView,
    /// Why the plan sees a risk, if it does.
    pub(crate) why: Option<Explanation>,
}

impl RiskRow {
    pub(crate) fn is_out(&self) -> bool {
        self.stock.status == "out"
    }

    /// Whether it is out, or may run out; those that are only below par are not.
    pub(crate) fn is_likely(&self) -> bool {
        self.is_out() || self.chance() >= CHANCE_MIN
    }

    /// The chance of running out before an order of today arrives or, without one, before the next could.
    pub(crate) fn chance(&self) -> f64 {
        self.why.as_ref().map_or(0.0, |why| why.drivers.stockout_probability_before_arrival.max(why.drivers.stockout_probability_without))
    }
}

impl Board {
    /// A place's name, or its code where it has none.
    pub(crate) fn place_name<'a>(&'a self, code: &'a str) -> &'a str {
        self.names.get(code).map_or(code, String::as_str)
    }

    /// Name and base unit of an item, or its code where the site has none.
    pub(crate) fn item<'a>(&'a self, code: &'a str) -> (&'a str, &'a str) {
        self.items.get(code).map_or((code, "unit"), |(name, unit)| (name, unit))
    }

    /// The lines that accepting the plan orders now.
    pub(crate) fn orders_now(&self) -> Vec<&LineView> {
        self.lines.iter().filter(|line| line.now && line.packs > 0).collect()
    }

    /// What they cost, each currency apart.
    pub(crate) fn cost_now(&self) -> Vec<Money> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for line in self.orders_now() {
            let sum = sums.entry(&line.cost.currency).or_insert(0);
            *sum = sum.saturating_add(line.cost.minor);
        }
        sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect()
    }

    /// What a limit keeps back today: explanations of items not ordered, or ordered less than wanted.
    pub(crate) fn held_back(&self) -> Vec<&Explanation> {
        let limited = |why: &&Explanation| {
            why.period == 0
                && (why.drivers.packs == 0
                    || matches!(why.reason, wardstock_models::plan::Reason::BudgetLimited | wardstock_models::plan::Reason::StorageLimited))
        };
        self.answer.iter().flat_map(|answer| &answer.explanations).filter(limited).collect()
    }

    pub(crate) fn out_count(&self) -> i64 {
        count_of(&self.at_risk.iter().filter(|row| row.is_out()).collect::<Vec<_>>())
    }

    /// How many are out or may run out; those that are only below par are not among them.
    pub(crate) fn likely_count(&self) -> i64 {
        count_of(&self.at_risk.iter().filter(|row| row.is_likely()).collect::<Vec<_>>())
    }

    /// The currency of the plan's figures.
    pub(crate) fn currency(&self) -> &str {
        self.lines.first().map_or("EUR", |line| line.cost.currency.as_str())
    }
}

/// Reads the page for the wanted site, or the first that the caller may see.
///
/// # Errors
/// `not_found`, `forbidden` for a site outside the caller's grant.
pub(crate) fn read(conn: &mut Conn, caller: &Caller, wanted: Option<&str>, now: Micros) -> Result<Today> {
    let sites: Vec<PlaceKey> = places::sites(conn)?.into_iter().filter(|site| caller.require_site(site.site_id).is_ok()).collect();
    let chosen = match wanted.filter(|word| !word.is_empty()) {
        Some(word) => {
            let site = places::find_site(conn, word)?;
            caller.require_site(site.site_id)?;
            Some(site)
        }
        None => sites.first().cloned(),
    };
    let board = chosen.map(|site| board(conn, site, now)).transpose()?;
    Ok(Today { sites, board })
}

fn board(conn: &mut Conn, site: PlaceKey, now: Micros) -> Result<Board> {
    let today = now.day();
    let site_id = site.site_id;
    let points = level::list(conn, &Wanted { site_id: Some(site_id), limit: POINTS_MAX, ..Wanted::default() }, today)?;
    let (plan, lines) = reorder::http::newest_lines(conn, site_id)?.map_or((None, Vec::new()), |(plan, lines)| (Some(plan), lines));
    let answer = match &plan {
        Some(plan) => Some(answer_of(conn, site_id, plan)?),
        None => None,
    };
    let drafts = orders::list(
        conn,
        &orders::order::Wanted { site_id: Some(site_id), state: Some(State::Draft), limit: 1_000, ..orders::order::Wanted::default() },
    )?;
    let names = places::place::list(conn, Some(site_id), None, "", POINTS_MAX)?;
    Ok(Board {
        now,
        names: names.into_iter().map(|place| (place.content.code, place.content.name)).collect(),
        items: points.iter().map(|point| (point.item.clone(), (point.name.clone(), point.base_unit.clone()))).collect(),
        at_risk: at_risk(&points, answer.as_ref()),
        expiring: expiring(&points, today.plus(EXPIRING_DAYS)),
        newest: newest(&points),
        silent: health::silent_devices(conn, now, Some(site_id))?,
        drafts: count_of(&drafts),
        site,
        plan,
        lines,
        answer,
    })
}

fn answer_of(conn: &mut Conn, site_id: i64, plan: &PlanView) -> Result<Answer> {
    let plan_id: i64 = plan.id.parse().map_err(|cause| Error::not_found("plan", &plan.id).because(cause))?;
    let text = reorder::answer(conn, site_id, plan_id)?;
    serde_json::from_str(&text).map_err(|cause| Error::internal("a plan's answer can't be read").because(cause))
}

/// Stock points that are out or low, and those for which the plan sees a chance of running out; the worst first.
pub(super) fn at_risk(points: &[StockView], answer: Option<&Answer>) -> Vec<RiskRow> {
    let mut whys: HashMap<(&str, &str), &Explanation> = HashMap::new();
    for why in answer.iter().flat_map(|answer| &answer.explanations).filter(|why| why.period == 0) {
        if let Some((item, place)) = why.drivers.item.rsplit_once('@') {
            let known = whys.entry((place, item)).or_insert(why);
            if why.drivers.stockout_probability_without > known.drivers.stockout_probability_without {
                *known = why;
            }
        }
    }
    let mut rows: Vec<RiskRow> = points
        .iter()
        .map(|stock| RiskRow { why: whys.get(&(stock.place.as_str(), stock.item.as_str())).copied().cloned(), stock: stock.clone() })
        .filter(|row| matches!(row.stock.status, "out" | "low") || row.chance() >= CHANCE_MIN)
        .collect();
    rows.sort_by(|a, b| {
        let cover = |row: &RiskRow| row.stock.days_of_cover.unwrap_or(f64::INFINITY);
        b.is_out().cmp(&a.is_out()).then(b.chance().total_cmp(&a.chance())).then(cover(a).total_cmp(&cover(b)))
    });
    rows
}

fn expiring(points: &[StockView], until: crate::base::time::Day) -> Vec<StockView> {
    let mut rows: Vec<StockView> = points.iter().filter(|point| point.next_expiry.is_some_and(|day| day <= until)).cloned().collect();
    rows.sort_by_key(|point| point.next_expiry);
    rows
}

fn newest(points: &[StockView]) -> Vec<StockView> {
    let mut rows: Vec<StockView> = points.iter().filter(|point| point.belief.is_some()).cloned().collect();
    rows.sort_by_key(|point| std::cmp::Reverse(point.belief.as_ref().map(|belief| belief.as_of)));
    rows.truncate(NEWEST);
    rows
}
