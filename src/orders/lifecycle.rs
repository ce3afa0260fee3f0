//! From draft to cancelled or acknowledged: which step is allowed when, and by whom.

use super::order::{self, OrderKey, OrderView, State};
use super::store;
use crate::access::audit;
use crate::base::code::Code;
use crate::base::error::{Error, Result};
use crate::base::time::Day;
use crate::db::Tx;
use crate::db::outbox::{self, Topic};
use crate::web::precondition;

/// A step that a person takes with an order; receiving is [`super::receive`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A second person agrees.
    Approve,
    /// It went to the supplier.
    Send,
    /// The supplier confirmed it, perhaps for another day.
    Acknowledge {
        /// The day that the supplier promises; none: as expected.
        expected_day: Option<Day>,
    },
    /// It is called off before anything came in.
    Cancel,
}

impl Step {
    /// Its word in paths and in the audit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Send => "send",
            Self::Acknowledge { .. } => "acknowledge",
            Self::Cancel => "cancel",
        }
    }

    /// The states in which it may be taken.
    pub const fn allowed_in(self) -> &'static [State] {
        match self {
            Self::Approve => &[State::Draft],
            Self::Send => &[State::Approved],
            Self::Acknowledge { .. } => &[State::Sent],
            Self::Cancel => &[State::Draft, State::Approved, State::Sent, State::Acknowledged],
        }
    }

    /// The state to which it leads.
    pub const fn leads_to(self) -> State {
        match self {
            Self::Approve => State::Approved,
            Self::Send => State::Sent,
            Self::Acknowledge { .. } => State::Acknowledged,
            Self::Cancel => State::Cancelled,
        }
    }
}

/// The refusal of a step that the present state does not allow.
pub(super) fn wrong_state(order: &OrderKey, verb: &str, allowed: &[State]) -> Error {
    let allowed: Vec<&str> = allowed.iter().map(|state| state.word()).collect();
    Error::new(Code::WrongState, format!("order {} is {}; {verb} is allowed in: {}", order.code, order.state.word(), allowed.join(", ")))
}

/// Refuses when the caller decided on another version than the present one.
pub(super) fn require_version(order: &OrderKey, seen: Option<i64>) -> Result<()> {
    match seen {
        Some(seen) if seen != order.version => Err(precondition::clash("order", seen, order.version)),
        _ => Ok(()),
    }
}

/// Whether the step is allowed to this actor now.
fn judge(order: &OrderKey, step: Step, actor: &str) -> Result<()> {
    if !step.allowed_in().contains(&order.state) {
        return Err(wrong_state(order, step.word(), step.allowed_in()));
    }
    if step == Step::Approve && order.made_by == actor {
        return Err(Error::new(Code::Forbidden, "the maker is never the only approver: somebody else must approve this order"));
    }
    if let Step::Acknowledge { expected_day: Some(day) } = step
        && day < order.order_day
    {
        return Err(Error::field("/expected_on", "out_of_range", format!("lies before the day of the order ({})", order.order_day)));
    }
    Ok(())
}

/// Takes a step; `seen` is the version that the caller decided on, if he says; `why` goes into the audit.
///
/// # Errors
/// `wrong_state` naming the present state and the allowed ones, `forbidden` when the maker approves,
/// `precondition_failed` when `seen` is no longer the version.
pub fn step(tx: &mut Tx<'_>, actor: &str, order: &OrderKey, step: Step, seen: Option<i64>, why: Option<&str>) -> Result<OrderView> {
    require_version(order, seen)?;
    judge(order, step, actor)?;
    if step == Step::Cancel && store::received_units(tx.conn, order.site_id, order.id)? > 0 {
        return Err(Error::new(
            Code::WrongState,
            format!("order {} is partly received: close it with its last receipt instead of cancelling it", order.code),
        ));
    }
    if store::set_state(tx, order, step, actor)? == 0 {
        return Err(Error::new(Code::Conflict, "somebody else changed this order at this moment; read it again"));
    }
    let state = step.leads_to();
    let mut detail = serde_json::json!({"before": order.state, "after": state, "why": why});
    if let (Step::Acknowledge { expected_day: Some(day) }, Some(detail)) = (step, detail.as_object_mut()) {
        detail.insert("expected_on".into(), serde_json::json!({"before": order.expected_day, "after": day}));
    }
    audit::record(tx, order.site_id, actor, &format!("order.{}", step.word()), &order.code, &detail)?;
    outbox::push(tx, order.site_id, Topic::Order, &serde_json::json!({"order": order.code, "state": state}))?;
    order::view(tx.conn, order.site_id, order.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(state: State) -> OrderKey {
        OrderKey {
            site_id: 1,
            id: 2,
            code: "PO-2026-000001".into(),
            state,
            supplier_id: 3,
            made_by: "token:1".into(),
            order_day: Day(100),
            expected_day: Day(107),
            sent_at: None,
            version: 1,
        }
    }

    #[track_caller]
    fn check(step: Step, want: &[&str]) {
        let allowed: Vec<&str> =
            State::ALL.into_iter().filter(|state| judge(&order(*state), step, "token:2").is_ok()).map(State::word).collect();
        assert_eq!(allowed, want);
    }

    #[test]
    fn each_step_has_its_states() {
        check(Step::Approve, &["draft"]);
        check(Step::Send, &["approved"]);
        check(Step::Acknowledge { expected_day: None }, &["sent"]);
        check(Step::Cancel, &["draft", "approved", "sent", "acknowledged"]);
    }

    #[test]
    fn refusals_say_why() {
        let error = judge(&order(State::Draft), Step::Send, "token:2").unwrap_err();
        assert_eq!(error.code, Code::WrongState);
        assert_eq!(error.detail, "order PO-2026-000001 is draft; send is allowed in: approved");
        let error = judge(&order(State::Draft), Step::Approve, "token:1").unwrap_err();
        assert_eq!(error.code, Code::Forbidden);
        let error = judge(&order(State::Sent), Step::Acknowledge { expected_day: Some(Day(99)) }, "token:1").unwrap_err();
        assert_eq!(error.fields[0].pointer, "/expected_on");
        assert_eq!(require_version(&order(State::Draft), Some(7)).unwrap_err().code, Code::PreconditionFailed);
    }
}
