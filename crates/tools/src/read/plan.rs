//! `get_plan`: what Jarvis is about to do and why it waits, and what became of requests.

use super::{look, reads};
use crate::{act, answer::Trouble, moment::Moment, schema, tool::Tool};
use jarvis_model::{Ticket, TicketId, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Finished requests that are shown.
const RECENT: usize = 5;

pub(crate) const TOOL: Tool = Tool {
    narrow: "name one ticket",
    example: r#"{"ticket":"ticket-3f2a"}"#,
    input: schema::input::<Which>,
    output: schema::output::<Plan>,
    ..reads(
        "get_plan",
        "Plan",
        "What Jarvis is about to do, what waits and why, and tickets of requests; `ticket` shows one.",
        |call| look::<Which, Plan>(call, of),
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Only this request.
    ticket: Option<String>,
}

/// The plan.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Git commit it follows.
    revision: String,
    /// Whether nothing is to be done.
    in_sync: bool,
    decisions: Vec<Decided>,
    /// What waits and why, a line each.
    waits: Vec<String>,
    tickets: Vec<Requested>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A decision.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Decided {
    action: String,
    tier: String,
    /// `permitted`, `needs confirmation`, `waiting` or `refused`.
    verdict: String,
    /// Why it is not permitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The facts it stands on.
    evidence: Vec<String>,
}

/// A request.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Requested {
    ticket: String,
    action: String,
    by: String,
    /// Where it stands, in words.
    state: String,
}

fn of(which: &Which, moment: &Moment) -> Result<Plan, Trouble> {
    let plan = &moment.view.plan;
    let only = which.ticket.as_deref();
    let decisions = plan.decisions.iter().filter(|_| only.is_none());
    let report = plan.report.iter().filter(|_| only.is_none());
    Ok(Plan {
        revision: plan.revision.clone(),
        in_sync: plan.decisions.is_empty(),
        decisions: decisions
            .map(|decision| Decided {
                action: decision.request.action.to_string(),
                tier: decision.verdict.tier().to_string(),
                verdict: decision.verdict.word().to_owned(),
                why: why(&decision.verdict),
                evidence: decision.evidence.clone(),
            })
            .collect(),
        waits: report
            .map(|line| format!("{}: {}", line.subject, line.text))
            .collect(),
        tickets: tickets(only, moment)?,
        note: None,
    })
}

fn why(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Permit { .. } => None,
        Verdict::Confirm { reason, .. } => Some(reason.clone()),
        Verdict::Wait { refusal, .. } | Verdict::Refuse { refusal } => Some(refusal.to_string()),
    }
}

fn tickets(only: Option<&str>, moment: &Moment) -> Result<Vec<Requested>, Trouble> {
    let all = &moment.view.memory.tickets;
    let chosen: Vec<&Ticket> = if let Some(id) = only {
        let found = all.get(&TicketId(id.to_owned()));
        vec![found.ok_or_else(|| {
            Trouble(
                "there is no such ticket (any more); get_plan without arguments shows those there are"
                    .to_owned(),
            )
        })?]
    } else {
        let mut over: Vec<&Ticket> = all.values().filter(|ticket| ticket.state.is_final()).collect();
        over.sort_by_key(|ticket| std::cmp::Reverse(ticket.created_at));
        over.truncate(RECENT);
        let open = all.values().filter(|ticket| !ticket.state.is_final());
        open.chain(over).collect()
    };
    let tickets = chosen.into_iter().map(|ticket| Requested {
        ticket: ticket.id.to_string(),
        action: ticket.action.to_string(),
        by: ticket.origin.label(),
        state: act::words::state(ticket),
    });
    Ok(tickets.collect())
}
