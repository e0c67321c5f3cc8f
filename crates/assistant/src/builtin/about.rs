//! Small talk, what can be asked, and why something is not done.

use super::{
    Asked, Said, Topic, cluster,
    intent::Caution,
    saying::{Saying, is_plain_name},
};
use jarvis_model::{GuestStatus, limits};

/// Good day.
pub(super) fn hello(asked: &Asked<'_>) -> Said {
    let issues = asked.moment.view.memory.issues.values();
    let open = issues.filter(|issue| issue.healthy_since.is_none()).count();
    let text = match (asked.blind(), open) {
        (Some(blind), _) => format!("Good day. {blind}"),
        (None, 0) if !cluster::others(asked).is_empty() => {
            "Good day. Not everything is as it should be; ask for the status.".to_owned()
        }
        (None, 0) => "Good day. Nothing needs your attention.".to_owned(),
        (None, 1) => "Good day. One matter is open; ask for the status.".to_owned(),
        (None, open) => format!("Good day. {open} matters are open; ask for the status."),
    };
    let saying = Saying::new(text).suggest("status").about(Topic::Cluster);
    match open {
        0 | 1 => saying.done(),
        open => saying
            .fact(
                format!("{open} matters are open"),
                "issues",
                Some(asked.moment.view.at),
            )
            .done(),
    }
}

/// Thank you.
pub(super) fn thanks() -> Said {
    Saying::new("You are welcome.").done()
}

/// Who are you?
pub(super) fn who() -> Said {
    Saying::new(
        "I am Jarvis. I keep this cluster as its manifests declare it, and answer for what I see and do.",
    )
    .line("This answer comes from code and the live state; no language model was asked.")
    .suggest("help")
    .done()
}

/// A word of consent.
pub(super) fn yes(asked: &Asked<'_>) -> Said {
    let tickets = asked.moment.view.memory.tickets.values();
    let waiting = tickets.filter(|ticket| {
        matches!(
            ticket.state,
            jarvis_model::TicketState::AwaitingConfirmation { .. }
        )
    });
    let text = if waiting.count() == 0 {
        "Nothing waits for a confirmation; and one is given on its card, never in words."
    } else {
        "A confirmation is given on the card, never in words."
    };
    Saying::new(text).suggest("what is waiting for me").done()
}

/// Acting again.
pub(super) fn thaw(asked: &Asked<'_>) -> Said {
    match cluster::kill_switch(asked) {
        None => Saying::new("The kill switch is off; there is nothing to thaw.")
            .fact(
                "the kill switch is off",
                "kill switch",
                Some(asked.moment.view.at),
            )
            .done(),
        Some((text, fact)) => Saying::new(text)
            .line("It is released on the dashboard or with `jarvis thaw`, never in words.")
            .fact(fact.claim, fact.source, fact.at)
            .done(),
    }
}

/// It sounded like a command.
pub(super) fn caution(asked: &Asked<'_>, why: Caution) -> Said {
    let text = match why {
        Caution::Negated => {
            "I take that as no command and ask for nothing. To keep me from acting on something by myself, put a hold on it: \
             `jarvis hold`, or on the dashboard."
        }
        Caution::Conditional => {
            "I take no command that depends on something or is for later, and ask for nothing. Say it when it is to be done; \
             for what is always to be so there are manifests and runbooks."
        }
        Caution::Asked => {
            "Is that a question or a command? I ask for nothing so far. Say it without a question mark, or ask what happens if \
             it is done."
        }
        Caution::Quoted => {
            "I take what is quoted as somebody's words, not as a command, and ask for nothing."
        }
        Caution::Several => "One at a time, please; I ask for none of them so far. Which is to be first?",
    };
    let saying = Saying::new(text);
    match example(asked) {
        Some(name) if why == Caution::Asked => {
            saying.suggest(format!("what happens if I restart {name}")).done()
        }
        _ => saying.done(),
    }
}

/// A guest by whose name examples are made: the first that runs and is not protected.
fn example(asked: &Asked<'_>) -> Option<String> {
    let view = &asked.moment.view;
    let protected = view.protected_guests();
    let running = view.observed.guests.values().find(|guest| {
        guest.status.fresh(asked.now(), limits::CRITICAL) == Some(&GuestStatus::Running)
            && !protected.contains(&guest.vmid)
            && guest.name.as_deref().is_some_and(is_plain_name)
    });
    running.and_then(|guest| guest.name.clone())
}

fn examples(asked: &Asked<'_>) -> Vec<String> {
    let view = &asked.moment.view;
    let mut all = vec!["How is the cluster".to_owned()];
    all.extend(
        view.observed
            .nodes
            .keys()
            .next()
            .map(|node| format!("Why is {node} slow")),
    );
    all.push("What did you fix yesterday".to_owned());
    if let Some(guest) = example(asked) {
        all.push(format!("Restart {guest}"));
        all.push(format!("Keep {guest} running"));
    }
    all
}

/// What can be asked.
pub(super) fn help(asked: &Asked<'_>) -> Said {
    let mut saying =
        Saying::new("I answer from the live state, and ask for a confirmation before anything is done:")
            .line("- status, nodes, guests, storage, services, temperatures, backups, updates, quorum")
            .line("- why something is slow, stopped, or was restarted; what happened, and when")
            .line("- start, stop, restart, snapshot or wake something; freeze")
            .line("- keep something running, or warn you when its disk or memory fills");
    for say in examples(asked) {
        saying = saying.suggest(say);
    }
    saying.done()
}

/// What can be asked instead of what was not understood.
pub(super) fn not_understood(asked: &Asked<'_>) -> Said {
    let mut saying = Saying::new(
        "I did not understand that, and no language model is at hand. Say “help” for what I can answer by myself.",
    );
    for say in examples(asked) {
        saying = saying.suggest(say);
    }
    saying.done()
}
