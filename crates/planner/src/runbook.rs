//! Operators' runbooks: which one answers an issue, and what its next step is. A run is a fold over memory (which step,
//! since when, which intents followed), so a death of Jarvis at any point loses nothing. Each acting step is a want that the
//! guard judges like any other. One run is one attempt of the issue, however many of its steps act, and no step acts twice
//! in a run.

use crate::{
    input::Input,
    outcome::{Outcome, StepOf, Want},
    plan::Look,
    subject,
};
use jarvis_crds::{
    IssueWord, Manifest, RunbookSpec, Step, StepAction, Verify, kinds::policy::is_placeholder,
};
use jarvis_guard::facts::Nature;
use jarvis_model::{
    Action, Cause, Event, GuestStatus, Host, Intent, Issue, IssueKey, IssueKind, NodeStatus, Origin, Run,
    ServiceStatus, Timestamp, Vmid, action::default_stop_timeout_secs, limits,
};

/// What a run came to in a pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// What to remember.
    pub events: Vec<Event>,
    /// What to look at.
    pub looks: Vec<Look>,
    /// What its step wants done.
    pub want: Option<Want>,
    /// When to look again.
    pub wake_at: Option<Timestamp>,
}

/// The runbook that answers an issue: the one its Threshold names, else the first by name whose trigger fits.
pub(crate) fn answering<'a>(input: &Input<'a>, issue: &IssueKey) -> Option<&'a Manifest<RunbookSpec>> {
    let books = &input.desired.runbooks;
    if books.is_empty() {
        return None;
    }
    if let Some(name) = crate::threshold::runbook_of(input, issue) {
        return named(input, &name);
    }
    let labels = subject::labels(input, &issue.resource);
    books.values().find(|book| {
        let trigger = &book.spec.trigger;
        kind(trigger.issue) == issue.kind && trigger.selector.matches(&issue.resource, labels)
    })
}

fn named<'a>(input: &Input<'a>, name: &str) -> Option<&'a Manifest<RunbookSpec>> {
    let mut books = input.desired.runbooks.values();
    books.find(|book| book.metadata.name == *name)
}

fn kind(word: IssueWord) -> IssueKind {
    match word {
        IssueWord::GuestDown => IssueKind::GuestDown,
        IssueWord::GuestNotReady => IssueKind::GuestNotReady,
        IssueWord::NodeUnreachable => IssueKind::NodeUnreachable,
        IssueWord::ServiceDown => IssueKind::ServiceDown,
        IssueWord::ThresholdPassed => IssueKind::ThresholdPassed,
    }
}

/// Where a run is, in words.
pub(crate) fn at(input: &Input<'_>, run: &Run) -> String {
    let book = named(input, &run.runbook);
    let step = book.and_then(|book| Some((book.spec.steps.len(), book.spec.steps.get(run.step as usize)?)));
    match step {
        Some((steps, step)) => format!("step {} of {steps}, {}", run.step + 1, words(step)),
        None => format!("step {}", run.step + 1),
    }
}

/// Begins a run, if its first act may be done: the guard is asked about that, and nothing is counted when it says no.
pub(crate) fn begin(
    input: &Input<'_>,
    open: &Issue,
    book: &Manifest<RunbookSpec>,
    mut outcome: Outcome,
) -> Outcome {
    let began = stepped(&open.key, book, 0);
    let mut acts = book.spec.steps.iter().enumerate();
    let first = acts.find(|(_, step)| step.action != StepAction::Wait);
    let action = first.and_then(|(index, step)| Some((index, act(input, open, step, input.now).ok()?)));
    match action {
        Some((index, action)) => {
            let mut want = want(open, book, u32::try_from(index).unwrap_or(0), action);
            if let Some(step) = &mut want.runbook {
                step.begins = Some(began);
            }
            outcome.want = Some(Box::new(want));
            outcome
        }
        // Nothing to be judged: it waits only, or will fail and say why.
        None => outcome.remembering([began]),
    }
}

/// The next thing about the run of an issue, if one is in progress.
pub(crate) fn advance(input: &Input<'_>, open: &Issue) -> Option<Progress> {
    let run = open.run.as_ref()?;
    let Some(book) = named(input, &run.runbook) else {
        return Some(ended(open, run, Some("it is no longer declared".to_owned())));
    };
    let Some(step) = book.spec.steps.get(run.step as usize) else {
        return Some(ended(open, run, None));
    };
    if step.action == StepAction::Wait {
        let due = run.since + step.timeout;
        return Some(if input.now < due {
            Progress {
                wake_at: Some(due),
                ..Progress::default()
            }
        } else {
            next(open, run, book)
        });
    }
    let made = acts_of(input, open, run);
    Some(match made {
        Some(made) => after_act(input, open, run, book, step, made),
        None if is_done(input, open, step) => next(open, run, book),
        None => match act(input, open, step, run.since) {
            Ok(action) => Progress {
                want: Some(want(open, book, run.step, action)),
                ..Progress::default()
            },
            Err(why) => ended(open, run, Some(why)),
        },
    })
}

/// The step acted: its outcome counts, then what it must be seen to have brought about.
fn after_act(
    input: &Input<'_>,
    open: &Issue,
    run: &Run,
    book: &Manifest<RunbookSpec>,
    step: &Step,
    made: &Intent,
) -> Progress {
    let Some(outcome) = &made.outcome else {
        return Progress::default();
    };
    if *outcome != jarvis_model::Outcome::Verified {
        let why = format!("step {}, {}: {}", run.step + 1, made.action, outcome.words());
        return ended(open, run, Some(why));
    }
    let Some(verify) = step.verify else {
        return next(open, run, book);
    };
    let since = made.closed_at.unwrap_or(made.logged_at);
    if is_seen(input, open, verify, since) {
        return next(open, run, book);
    }
    let until = made.logged_at + step.timeout;
    if input.now >= until {
        let why = format!(
            "step {}, {}: {} was not seen in time",
            run.step + 1,
            made.action,
            condition(verify)
        );
        return ended(open, run, Some(why));
    }
    Progress {
        looks: look_for(input, open, verify),
        wake_at: Some(until),
        ..Progress::default()
    }
}

fn stepped(issue: &IssueKey, book: &Manifest<RunbookSpec>, step: u32) -> Event {
    let text = book.spec.steps.get(step as usize).map(words).unwrap_or_default();
    Event::RunbookStepped {
        issue: issue.clone(),
        runbook: book.metadata.name.clone(),
        step,
        text,
    }
}

fn next(open: &Issue, run: &Run, book: &Manifest<RunbookSpec>) -> Progress {
    let step = run.step + 1;
    if book.spec.steps.len() <= step as usize {
        return ended(open, run, None);
    }
    Progress {
        events: vec![stepped(&open.key, book, step)],
        ..Progress::default()
    }
}

fn ended(open: &Issue, run: &Run, failed: Option<String>) -> Progress {
    let event = Event::RunbookEnded {
        issue: open.key.clone(),
        runbook: run.runbook.clone(),
        failed,
    };
    Progress {
        events: vec![event],
        ..Progress::default()
    }
}

/// What the step of this run did, if it did already.
fn acts_of<'a>(input: &Input<'a>, open: &Issue, run: &Run) -> Option<&'a Intent> {
    let cause = Cause::Issue {
        issue: open.key.clone(),
    };
    let origin = Origin::Runbook {
        name: run.runbook.clone(),
    };
    let intents = input.memory.intents.values();
    intents
        .filter(|intent| intent.cause == cause && intent.origin == origin && intent.logged_at >= run.since)
        .max_by_key(|intent| intent.logged_at)
}

fn want(open: &Issue, book: &Manifest<RunbookSpec>, step: u32, action: Action) -> Want {
    let runbook = book.metadata.name.clone();
    let evidence = vec![
        open.summary.clone(),
        format!("step {} of runbook {runbook}", step + 1),
    ];
    Want {
        action,
        nature: Nature::Repair,
        issue: open.key.clone(),
        evidence,
        runbook: Some(StepOf {
            runbook,
            step,
            begins: None,
        }),
    }
}

/// The action of a step on the issue's resource, or why there is none.
fn act(input: &Input<'_>, open: &Issue, step: &Step, since: Timestamp) -> Result<Action, String> {
    let key = &open.key.resource;
    let vmid = || vmid_of(input, open).ok_or_else(|| format!("{key} is no guest"));
    Ok(match step.action {
        StepAction::StartGuest => Action::StartGuest { vmid: vmid()? },
        StepAction::ShutdownGuest => Action::ShutdownGuest {
            vmid: vmid()?,
            timeout_secs: stop_timeout_secs(input, open),
        },
        StepAction::RebootGuest => Action::RebootGuest {
            vmid: vmid()?,
            timeout_secs: stop_timeout_secs(input, open),
        },
        StepAction::CreateSnapshot => Action::CreateSnapshot {
            vmid: vmid()?,
            snapshot: format!("jarvis-{}", since.as_secs()),
        },
        StepAction::WakeNode => match subject::host(input, key) {
            Some(Host::Node(node)) => Action::WakeNode { node },
            _ => return Err(format!("{key} is no node")),
        },
        StepAction::RestartService => {
            let manifest = input.desired.services.get(key);
            let reference = manifest.and_then(|manifest| manifest.spec.reference());
            let Some(reference) = reference else {
                return Err(format!("{key} is no service that can be restarted"));
            };
            Action::RestartService {
                host: reference.target.host(),
                service: reference.name.unit().name().to_owned(),
            }
        }
        StepAction::RunCommand => Action::RunCommand {
            host: subject::host(input, key).ok_or_else(|| format!("{key} is on no host"))?,
            argv: argv(input, step.command.as_deref().unwrap_or_default())?,
        },
        StepAction::Wait => return Err("waiting is no act".to_owned()),
    })
}

fn vmid_of(input: &Input<'_>, open: &Issue) -> Option<Vmid> {
    let manifest = input.desired.guests.get(&open.key.resource);
    manifest.map(|manifest| manifest.spec.vmid)
}

fn stop_timeout_secs(input: &Input<'_>, open: &Issue) -> u32 {
    let manifest = input.desired.guests.get(&open.key.resource);
    let span = manifest.and_then(|manifest| manifest.spec.stop_timeout);
    span.map_or(default_stop_timeout_secs(), |span| {
        u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
    })
}

/// The command of this name in a policy. Nobody is there to fill a placeholder in.
fn argv(input: &Input<'_>, name: &str) -> Result<Vec<String>, String> {
    let policies = input.desired.policies.values();
    let mut commands = policies.flat_map(|policy| &policy.spec.command_allowlist);
    let Some(command) = commands.find(|command| command.name == name) else {
        return Err(format!("no policy lists the command {name}"));
    };
    if command.argv.iter().any(|argument| is_placeholder(argument)) {
        return Err(format!(
            "the command {name} has a placeholder that nobody fills in"
        ));
    }
    Ok(command.argv.clone())
}

/// Whether there is nothing left to do for a step: what it would bring about is seen already.
fn is_done(input: &Input<'_>, open: &Issue, step: &Step) -> bool {
    let verify = match step.action {
        StepAction::StartGuest => Verify::GuestRunning,
        StepAction::ShutdownGuest => Verify::GuestStopped,
        StepAction::WakeNode => Verify::NodeOnline,
        _ => return false,
    };
    is_seen(input, open, verify, Timestamp::default())
}

/// Whether this is Known, by a look after `since`.
fn is_seen(input: &Input<'_>, open: &Issue, verify: Verify, since: Timestamp) -> bool {
    let now = input.now;
    let guest = || vmid_of(input, open).and_then(|vmid| input.observed.guests.get(&vmid));
    let guest_is = |wished: GuestStatus| {
        guest().is_some_and(|guest| {
            let live = guest.live.fresh(now, limits::LIVE).map(|live| &live.status);
            match live {
                Some(status) => *status == wished && guest.live.seen_at() >= Some(since),
                None => {
                    guest.status.fresh(now, limits::CRITICAL) == Some(&wished)
                        && guest.status.seen_at() > Some(since)
                }
            }
        })
    };
    match verify {
        Verify::GuestRunning => guest_is(GuestStatus::Running),
        Verify::GuestStopped => guest_is(GuestStatus::Stopped),
        Verify::GuestReady => guest().is_some_and(|guest| {
            guest.ready.fresh(now, limits::CAUSE) == Some(&true) && guest.ready.seen_at() > Some(since)
        }),
        Verify::NodeOnline => {
            let Some(Host::Node(node)) = subject::host(input, &open.key.resource) else {
                return false;
            };
            input.observed.nodes.get(&node).is_some_and(|seen| {
                seen.status.fresh(now, limits::CRITICAL) == Some(&NodeStatus::Online)
                    && seen.status.seen_at() > Some(since)
            })
        }
        Verify::ServiceUp => input
            .observed
            .services
            .get(&open.key.resource)
            .is_some_and(|seen| {
                seen.status.fresh(now, limits::IMPORTANT) == Some(&ServiceStatus::Up)
                    && seen.status.seen_at() > Some(since)
            }),
        Verify::IssueGone => open.healthy_since.is_some(),
    }
}

fn look_for(input: &Input<'_>, open: &Issue, verify: Verify) -> Vec<Look> {
    let vmid = vmid_of(input, open);
    let look = match verify {
        Verify::GuestRunning | Verify::GuestStopped => vmid.map(|vmid| Look::Guest { vmid }),
        Verify::GuestReady => vmid.map(|vmid| Look::Ready { vmid }),
        Verify::ServiceUp => Some(Look::Service {
            service: open.key.resource.clone(),
        }),
        Verify::NodeOnline | Verify::IssueGone => None,
    };
    look.into_iter().collect()
}

/// A step, as said of what is going on.
fn words(step: &Step) -> String {
    let what = match step.action {
        StepAction::StartGuest => "start the guest".to_owned(),
        StepAction::ShutdownGuest => "shut the guest down".to_owned(),
        StepAction::RebootGuest => "reboot the guest".to_owned(),
        StepAction::RestartService => "restart the service".to_owned(),
        StepAction::WakeNode => "wake the node".to_owned(),
        StepAction::CreateSnapshot => "take a snapshot".to_owned(),
        StepAction::RunCommand => format!("run {}", step.command.as_deref().unwrap_or("a command")),
        StepAction::Wait => format!("wait {} s", step.timeout.as_secs()),
    };
    match step.verify {
        Some(verify) => format!("{what}, until {} is seen", condition(verify)),
        None => what,
    }
}

fn condition(verify: Verify) -> &'static str {
    match verify {
        Verify::GuestRunning => "the guest running",
        Verify::GuestStopped => "the guest stopped",
        Verify::GuestReady => "the guest ready",
        Verify::NodeOnline => "the node online",
        Verify::ServiceUp => "the service up",
        Verify::IssueGone => "the issue gone",
    }
}

#[cfg(test)]
mod tests;
