//! The latest act on a thing: when, by whom, why, and how it ended. From the journal.

use super::{
    Asked, past,
    saying::{Saying, line},
    target::Target,
};
use jarvis_model::{Cause, Event, Intent, Origin, Outcome};
use jarvis_ports::Stored;
use std::time::Duration;

/// How far back an act is looked for.
const FAR: Duration = Duration::from_hours(24 * 7);

/// The latest act on a thing.
pub(super) async fn acted(asked: &Asked<'_>, target: &Target) -> Saying {
    let now = asked.now();
    let name = match target {
        Target::Guest(vmid) => asked.guest(*vmid),
        Target::Node(node) => format!("node {node}"),
    };
    let read = match past::read(&asked.desk.handle, now - FAR, now).await {
        Ok(read) => read,
        Err(why) => return Saying::new(why),
    };
    let records = read.records.as_slice();
    let found = records
        .iter()
        .rev()
        .find_map(|stored| match &stored.record.event {
            Event::IntentLogged { intent } if past::is_at(intent, target) => Some((stored, intent.as_ref())),
            _ => None,
        });
    let Some((stored, intent)) = found else {
        return never(asked, target, &name);
    };
    let by = match &intent.origin {
        Origin::Reconciler => "of my own accord".to_owned(),
        Origin::Runbook { name } => format!("by the runbook {}", line(name)),
        other => format!("asked by {}", line(&other.label())),
    };
    let attempt = match intent.attempt {
        0 => String::new(),
        attempt => format!(", attempt {attempt}"),
    };
    let did = format!(
        "{name} {}: to {}",
        asked.at(stored.record.at),
        intent.action.verb()
    );
    let saying = cited(
        Saying::new(format!("I last acted on {did}, {by}{attempt}.")),
        &did,
        stored,
    );
    let saying = ground(records, intent, saying);
    let saying = found_before(asked, records, intent, saying);
    ended(asked, records, intent, saying)
}

/// Nothing was done; what is known of its last stop instead.
fn never(asked: &Asked<'_>, target: &Target, name: &str) -> Saying {
    let saying = Saying::new(format!(
        "I have not acted on {name} in the last 7 days, by my records."
    ));
    let Target::Guest(vmid) = target else {
        return saying;
    };
    let seen = asked.moment.view.observed.guests.get(vmid);
    let cause = seen.and_then(|seen| seen.stop_cause.value());
    saying.maybe(cause.map(|cause| format!("What I know of its last stop: {}.", line(&cause.words()))))
}

/// With the record a claim stands in.
fn cited(saying: Saying, claim: &str, stored: &Stored) -> Saying {
    saying.fact(
        claim,
        format!("event {}", stored.record.seq),
        Some(stored.record.at),
    )
}

/// What it was decided on.
fn ground(records: &[Stored], intent: &Intent, saying: Saying) -> Saying {
    let decided = records
        .iter()
        .rev()
        .find_map(|stored| match &stored.record.event {
            Event::Decided { digest, evidence, .. } if *digest == intent.digest => Some((stored, evidence)),
            _ => None,
        });
    match decided {
        Some((stored, evidence)) if !evidence.is_empty() => {
            let reasons: Vec<String> = evidence.iter().take(4).map(|text| line(text)).collect();
            let claim = reasons.join("; ");
            cited(saying.line(format!("Why: {claim}.")), &claim, stored)
        }
        _ => saying,
    }
}

/// The issue it was for, as it was found, where the ground does not say the same.
fn found_before(asked: &Asked<'_>, records: &[Stored], intent: &Intent, saying: Saying) -> Saying {
    let Cause::Issue { issue: own } = &intent.cause else {
        return saying;
    };
    let earlier = records
        .iter()
        .rev()
        .filter(|stored| stored.record.at <= intent.logged_at);
    let opened = earlier.filter_map(|stored| match &stored.record.event {
        Event::IssueOpened { issue, summary } | Event::IssueRelapsed { issue, summary } if issue == own => {
            Some((stored, line(summary)))
        }
        _ => None,
    });
    match opened.into_iter().next() {
        Some((_, claim)) if saying.says(&claim) => saying,
        Some((stored, claim)) => {
            let when = asked.at(stored.record.at);
            cited(
                saying.line(format!("What I had found, {when}: {claim}.")),
                &claim,
                stored,
            )
        }
        None => saying,
    }
}

/// How it ended.
fn ended(asked: &Asked<'_>, records: &[Stored], intent: &Intent, saying: Saying) -> Saying {
    let closed = records.iter().find_map(|stored| match &stored.record.event {
        Event::IntentClosed { intent: id, outcome } if *id == intent.id => Some((stored, outcome)),
        _ => None,
    });
    let Some((stored, outcome)) = closed else {
        return saying.line("It is not over yet.");
    };
    let how = match outcome {
        Outcome::Verified => "done and verified".to_owned(),
        other => line(&other.words()),
    };
    let when = asked.at(stored.record.at);
    cited(saying.line(format!("It ended {when}: {how}.")), &how, stored)
}
