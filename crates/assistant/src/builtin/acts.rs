//! Commands: the action that is meant, and the sentence before its card; what an action would do, by the guard's own
//! judgement; the kill switch.

use super::{
    Asked, Said, Topic, Understood, guest,
    intent::{Command, Verb},
    lists,
    saying::{Saying, line, list, span},
    target::{self, Kind, Named, Target},
};
use jarvis_guard::{judge, objections, preview, words};
use jarvis_model::{
    Action, FreezeScope, GuestStatus, Host, NodeName, NodeStatus, Origin, Refusal, Rule, Ticket, TicketId,
    TicketState, Verdict, Vmid, action::default_stop_timeout_secs,
};
use jarvis_planner::ticket::request;
use std::time::Duration;

/// A command as an action to be asked for, or what stands against asking.
pub(super) fn command(asked: &Asked<'_>, command: &Command) -> Understood {
    match action(asked, command) {
        Ok((action, topic)) => match needless(asked, &action) {
            Some(said) => Understood::Said(said),
            None => Understood::Act {
                said: before(asked, &action, topic),
                action,
            },
        },
        Err(said) => Understood::Said(said),
    }
}

/// The sentence before the card.
fn before(asked: &Asked<'_>, action: &Action, topic: Option<Topic>) -> Said {
    let target = line(&words::target(action, &asked.moment.view.observed));
    let asks = match action {
        Action::ShutdownGuest { .. } => "I would ask it to shut down; it is never forced",
        Action::RebootGuest { .. } => "I would ask it to shut down and start again; it is never forced",
        Action::StopGuest { .. } | Action::ResetGuest { .. } => "What it has not saved is lost",
        Action::StartGuest { .. } => "I would start it and see that it runs",
        Action::CreateSnapshot { .. } => "I would take it of the disks, without the memory",
        Action::WakeNode { .. } => "I would send it the packet and watch whether it comes",
        Action::RestartService { .. } => "It is interrupted for a moment",
        _ => "It interrupts whatever depends on it",
    };
    let doing = words::capitalised(action.verb());
    let text = format!("{doing} {target}? {asks}. Nothing is done before you confirm it on the card.");
    let mut saying = Saying::new(text);
    if let Some(topic) = topic {
        saying = saying.about(topic);
    }
    saying.done()
}

/// The answer when what is wanted is so already.
fn needless(asked: &Asked<'_>, action: &Action) -> Option<Said> {
    let observed = &asked.moment.view.observed;
    match action {
        Action::StartGuest { vmid } | Action::ShutdownGuest { vmid, .. } | Action::StopGuest { vmid } => {
            let seen = observed.guests.get(vmid)?;
            let is = guest::status(asked, seen)?;
            let wanted = match action {
                Action::StartGuest { .. } => GuestStatus::Running,
                _ => GuestStatus::Stopped,
            };
            (*is == wanted).then(|| {
                let name = asked.guest(*vmid);
                let does = guest::words(is);
                let capital = words::capitalised(&name);
                Saying::new(format!("{capital} {does} already; there is nothing to do."))
                    .fact(
                        format!("{capital} {does}"),
                        format!("guest/{vmid} status"),
                        seen.status.seen_at(),
                    )
                    .about(Topic::Guest { vmid: *vmid })
                    .done()
            })
        }
        Action::WakeNode { node } => {
            let seen = observed.nodes.get(node)?;
            (super::node::status(asked, seen)? == &NodeStatus::Online).then(|| {
                Saying::new(format!(
                    "Node {node} is online already; there is nothing to wake."
                ))
                .fact("is online", format!("node/{node} status"), seen.status.seen_at())
                .about(Topic::Node { node: node.clone() })
                .done()
            })
        }
        _ => None,
    }
}

/// The action, or the question back.
fn action(asked: &Asked<'_>, command: &Command) -> Result<(Action, Option<Topic>), Said> {
    let Command { verb, what, with } = command;
    let word = verb_word(*verb);
    match (verb, with) {
        (Verb::Snapshot, name) => {
            let vmid = guest_of(asked, what, &format!("{word} {{}}"))?;
            let snapshot = snapshot_name(asked, name.as_deref())?;
            Ok((
                Action::CreateSnapshot { vmid, snapshot },
                Some(Topic::Guest { vmid }),
            ))
        }
        (Verb::Migrate, to) => {
            let to = to.as_deref().unwrap_or_default();
            let vmid = guest_of(asked, what, &format!("move {{}} to {to}"))?;
            let target = node_of(asked, to, &format!("move {vmid} to {{}}"))?;
            Ok((Action::MigrateGuest { vmid, target }, Some(Topic::Guest { vmid })))
        }
        (Verb::Start | Verb::Stop | Verb::Restart, Some(host)) => on_host(asked, *verb, what, host),
        (Verb::Wake, _) => {
            let node = node_of(asked, what, "wake {}")?;
            Ok((
                Action::WakeNode { node: node.clone() },
                Some(Topic::Node { node }),
            ))
        }
        _ => plain(asked, *verb, what),
    }
}

fn plain(asked: &Asked<'_>, verb: Verb, what: &str) -> Result<(Action, Option<Topic>), Said> {
    let say = format!("{} {{}}", verb_word(verb));
    let named = target::named(asked, what, None);
    if matches!(named, Named::Near(..))
        && matches!(verb, Verb::Start | Verb::Stop | Verb::Restart)
        && let Some(found) = lists::services_called(asked, what)
    {
        return match found.as_slice() {
            [(host, service)] => Ok((on_service(verb, host.clone(), service.clone()), None)),
            several => {
                let hosts: Vec<String> = several.iter().map(|(host, _)| host.to_string()).collect();
                Err(Saying::new(format!(
                    "{} is on {}. Which one do you mean?",
                    line(what),
                    list(&hosts)
                ))
                .done())
            }
        };
    }
    let target = target::one(asked, what, None, &say)?;
    let topic = Some(target.topic());
    let timeout_secs = default_stop_timeout_secs();
    let action = match (verb, target) {
        (Verb::Start, Target::Guest(vmid)) => Action::StartGuest { vmid },
        (Verb::Start, Target::Node(node)) => Action::WakeNode { node },
        (Verb::Stop, Target::Guest(vmid)) => Action::ShutdownGuest { vmid, timeout_secs },
        (Verb::Stop | Verb::Kill, Target::Node(node)) => Action::ShutdownNode { node },
        (Verb::Restart, Target::Guest(vmid)) => Action::RebootGuest { vmid, timeout_secs },
        (Verb::Restart | Verb::Reset, Target::Node(node)) => Action::RebootNode { node },
        (Verb::Kill, Target::Guest(vmid)) => Action::StopGuest { vmid },
        (Verb::Reset, Target::Guest(vmid)) => Action::ResetGuest { vmid },
        (Verb::Destroy, Target::Guest(vmid)) => Action::DestroyGuest { vmid },
        (_, target) => {
            let what = match target {
                Target::Guest(vmid) => asked.guest(vmid),
                Target::Node(node) => format!("node {node}"),
            };
            return Err(Saying::new(format!("I cannot {} {what}.", verb_word(verb))).done());
        }
    };
    Ok((action, topic))
}

/// `restart nginx on forge`: a service there, or a guest that lives there.
fn on_host(asked: &Asked<'_>, verb: Verb, what: &str, host: &str) -> Result<(Action, Option<Topic>), Said> {
    let say = format!("{} {what} on {{}}", verb_word(verb));
    let on = target::one(asked, host, None, &say)?;
    if let (Target::Node(node), Named::One(Target::Guest(vmid))) =
        (&on, target::named(asked, what, Some(Kind::Guest)))
    {
        if asked.node_of(vmid) == Some(node) {
            return plain(asked, verb, &vmid.to_string());
        }
        let lives = asked
            .node_of(vmid)
            .map(|node| format!("on {node}"))
            .unwrap_or_default();
        return Err(Saying::new(format!(
            "{} is not on {node} but {lives}.",
            words::capitalised(&asked.guest(vmid))
        ))
        .done());
    }
    let host = match &on {
        Target::Guest(vmid) => Host::Guest(*vmid),
        Target::Node(node) => Host::Node(node.clone()),
    };
    let name = what
        .trim_start_matches("the ")
        .trim_start_matches("service ")
        .trim_end_matches(" service");
    let Some(service) = lists::declared(asked, &host, name) else {
        let known = lists::services_on(asked, &host);
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            list(&known)
        };
        let text = format!(
            "I look after no service called {} on {}; there I know {known}.",
            line(name),
            line(&words::host(&host, &asked.moment.view.observed))
        );
        return Err(Saying::new(text).about(on.topic()).done());
    };
    Ok((on_service(verb, host, service), Some(on.topic())))
}

fn on_service(verb: Verb, host: Host, service: String) -> Action {
    match verb {
        Verb::Start => Action::StartService { host, service },
        Verb::Stop => Action::StopService { host, service },
        _ => Action::RestartService { host, service },
    }
}

fn guest_of(asked: &Asked<'_>, what: &str, say: &str) -> Result<Vmid, Said> {
    match target::one(asked, what, Some(Kind::Guest), say)? {
        Target::Guest(vmid) => Ok(vmid),
        Target::Node(node) => Err(Saying::new(format!("{node} is a node, not a guest.")).done()),
    }
}

fn node_of(asked: &Asked<'_>, what: &str, say: &str) -> Result<NodeName, Said> {
    match target::one(asked, what, Some(Kind::Node), say)? {
        Target::Node(node) => Ok(node),
        Target::Guest(vmid) => Err(Saying::new(format!(
            "{} is not a node.",
            words::capitalised(&asked.guest(vmid))
        ))
        .done()),
    }
}

/// The name that was said, or one of the time.
fn snapshot_name(asked: &Asked<'_>, said: Option<&str>) -> Result<String, Said> {
    let Some(said) = said else {
        let now = asked.zoned(asked.now());
        let stamp = now.map(|now| now.strftime("%Y%m%d-%H%M%S").to_string());
        return Ok(format!(
            "jarvis-{}",
            stamp.unwrap_or_else(|| asked.now().as_secs().to_string())
        ));
    };
    jarvis_tools::arguments::snapshot(said).map_err(|_| {
        Saying::new(
            "A snapshot's name starts with a letter and has 2 to 40 letters, digits, hyphens or underscores. Which name \
             shall it have?",
        )
        .done()
    })
}

pub(super) fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Start => "start",
        Verb::Stop => "stop",
        Verb::Kill => "force stop",
        Verb::Restart => "restart",
        Verb::Reset => "reset",
        Verb::Wake => "wake",
        Verb::Snapshot => "snapshot",
        Verb::Migrate => "move",
        Verb::Destroy => "destroy",
    }
}

/// What an action would do, or why it may not be done: the guard's own judgement of it, asked by who asks.
pub(super) fn would(asked: &Asked<'_>, command: &Command) -> Said {
    let (action, topic) = match action(asked, command) {
        Ok(found) => found,
        Err(said) => return said,
    };
    let ticket = Ticket {
        id: TicketId("what-if".to_owned()),
        action: action.clone(),
        origin: Origin::Chat {
            user: asked.user.to_owned(),
            role: asked.role,
        },
        created_at: asked.now(),
        not_before: asked.now(),
        hold_secs: None,
        confirmed: None,
        state: TicketState::Queued,
    };
    let wanted = request(&ticket, &asked.moment.input());
    let facts = asked.moment.facts();
    let doing = line(&words::doing(&action, facts.observed));
    let mut saying = match judge(&wanted, &facts) {
        Verdict::Refuse { refusal } => refused(asked, &doing, &refusal),
        Verdict::Wait { refusal, .. } => Saying::new(format!(
            "{doing} would have to wait: {}.",
            inner(&line(&refusal.reason))
        ))
        .fact(
            line(&refusal.reason),
            format!("guard {}", refusal.rule.code()),
            Some(asked.now()),
        ),
        Verdict::Confirm { .. } | Verdict::Permit { .. } => {
            let later = objections(&wanted, &facts)
                .into_iter()
                .find_map(|verdict| match verdict {
                    Verdict::Wait { refusal, .. } if refusal.rule != Rule::Confirmation => Some(refusal),
                    _ => None,
                });
            let preview = preview(&wanted, &facts);
            let effect = match preview.interrupts.as_slice() {
                [] => "it interrupts nothing".to_owned(),
                ends => format!("it interrupts {}", line(&list(ends))),
            };
            let tier = preview.tier.to_string();
            let votes = (preview.quorum_after != "unchanged")
                .then(|| format!("Quorum then {}.", line(&preview.quorum_after)));
            let warnings = jarvis_guard::warnings(&wanted, &facts);
            let saying = Saying::new(format!(
                "{doing} is possible, with a confirmation ({tier}): {effect}."
            ))
            .fact(format!("{doing} is possible"), "guard", Some(asked.now()))
            .fact(effect, "guard preview", Some(asked.now()))
            .maybe(votes)
            .line(undo(&preview.undo));
            warnings
                .into_iter()
                .fold(saying, |saying, warning| {
                    saying.line(format!("{}.", line(&warning)))
                })
                .maybe(
                    later
                        .map(|refusal| format!("Just now it would wait: {}.", inner(&line(&refusal.reason)))),
                )
                .suggest(format!("{} {}", verb_word(command.verb), command.what))
        }
    };
    if let Some(topic) = topic {
        saying = saying.about(topic);
    }
    saying.done()
}

/// What is said of something that the guard refuses.
fn refused(asked: &Asked<'_>, doing: &str, refusal: &Refusal) -> Saying {
    let rule = format!("{} {}", refusal.rule.code(), refusal.rule);
    Saying::new(format!(
        "{doing} is refused ({rule}). {}.",
        words::capitalised(&line(&refusal.reason))
    ))
    .line(format!(
        "What would unblock it: {}.",
        inner(&line(&refusal.unblock))
    ))
    .fact(
        format!("{doing} is refused"),
        format!("guard {rule}"),
        Some(asked.now()),
    )
}

/// A sentence as it goes on behind a colon: with a small letter, unless it begins with a name or an abbreviation.
pub(crate) fn inner(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let (first, second) = (letters.next(), letters.next());
    let word = sentence
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    let is_kind = jarvis_model::ResourceKind::ALL
        .iter()
        .any(|kind| kind.as_str() == word);
    match (first, second) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            let is_name = is_kind || matches!(word, "Jarvis" | "Proxmox" | "I");
            if is_name {
                sentence.to_owned()
            } else {
                format!("{}{}", first.to_lowercase(), &sentence[first.len_utf8()..])
            }
        }
        _ => sentence.to_owned(),
    }
}

/// How it is undone, as a sentence.
fn undo(how: &str) -> String {
    if how.starts_with("Nothing") {
        format!("{}.", line(how))
    } else {
        format!("To undo it: {}.", inner(&line(how)))
    }
}

/// The kill switch.
pub(super) fn freeze(
    _asked: &Asked<'_>,
    scope: FreezeScope,
    ttl: Option<Duration>,
    reason: Option<String>,
) -> Understood {
    let reason = reason.map_or_else(
        || "asked for in the conversation".to_owned(),
        |reason| line(&reason),
    );
    let what = match scope {
        FreezeScope::Autonomy => "what I do alone",
        FreezeScope::All => "everything, persons too",
    };
    let long = ttl.map_or_else(
        || "until somebody thaws it".to_owned(),
        |ttl| format!("for {}", span(ttl)),
    );
    let said = Saying::new(format!("The kill switch, for {what}, {long}: {reason}."))
        .suggest("what is frozen")
        .about(Topic::Cluster)
        .done();
    Understood::Freeze {
        scope,
        reason,
        ttl,
        said,
    }
}
