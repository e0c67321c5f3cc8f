//! News of no resource: quorum, keys of hosts, the kill switch, revisions and their source.

use super::Kind;
use crate::hours;
use jarvis_model::{Event, FreezeScope, Severity};
use std::borrow::Cow;

/// What is told of an event, if it is one of these.
pub(super) fn words(event: &Event) -> Option<Words> {
    quorum(event)
        .or_else(|| host_key(event))
        .or_else(|| room(event))
        .or_else(|| freeze(event))
        .or_else(|| source(event))
}

/// News of no resource, in words.
pub(super) struct Words {
    pub kind: Kind,
    pub severity: Severity,
    pub topic: Cow<'static, str>,
    pub title: String,
    pub told: String,
    pub next: Option<String>,
}

impl Words {
    fn new(
        kind: Kind,
        topic: impl Into<Cow<'static, str>>,
        title: impl Into<String>,
        told: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            severity: Severity::Warning,
            topic: topic.into(),
            title: title.into(),
            told: told.into(),
            next: None,
        }
    }

    fn critical(self) -> Self {
        Self {
            severity: Severity::Critical,
            ..self
        }
    }

    fn next(self, command: impl Into<String>) -> Self {
        Self {
            next: Some(command.into()),
            ..self
        }
    }
}

fn quorum(event: &Event) -> Option<Words> {
    const LOST: &str =
        "Nothing is done until it may decide again. Bring nodes back, or check the network between them";
    let words = |kind, title: &str, told: &str| Words::new(kind, "quorum", title, told).critical();
    match event {
        Event::QuorumLost => {
            Some(words(Kind::QuorumLost, "The cluster has lost its quorum", LOST).next("pvecm status"))
        }
        Event::QuorumRegained => Some(words(
            Kind::QuorumRegained,
            "The cluster may decide again",
            "It has its quorum back",
        )),
        _ => None,
    }
}

fn host_key(event: &Event) -> Option<Words> {
    match event {
        Event::HostDistrusted { host, text } => {
            let title = format!("Jarvis no longer speaks to {host}: its SSH key is not the known one");
            Some(Words::new(Kind::HostDistrusted, format!("key of {host}"), title, text).critical())
        }
        Event::HostTrusted { host } => {
            let title = format!("{host} shows the known SSH key");
            let told = "Jarvis speaks to it again";
            Some(Words::new(
                Kind::HostTrusted,
                format!("key of {host}"),
                title,
                told,
            ))
        }
        _ => None,
    }
}

fn room(event: &Event) -> Option<Words> {
    match event {
        Event::RoomLacking { text } => {
            let title = "Jarvis's disk is full: it begins nothing";
            let words = Words::new(Kind::RoomLacking, "room", title, text).critical();
            Some(words.next("df -h, in the state folder of Jarvis"))
        }
        Event::RoomRegained => {
            let title = "Jarvis's disk has room again";
            Some(Words::new(
                Kind::RoomRegained,
                "room",
                title,
                "It acts again as its manifests say",
            ))
        }
        _ => None,
    }
}

fn freeze(event: &Event) -> Option<Words> {
    const AGAIN: &str = "Jarvis acts again as its manifests say, unless another freeze is in force";
    let what = |scope: &FreezeScope| match scope {
        FreezeScope::Autonomy => "all that Jarvis does unasked",
        FreezeScope::All => "everything, persons too",
    };
    match event {
        Event::FreezeSet {
            scope,
            by,
            reason,
            until,
        } => {
            let ends = until.map_or_else(String::new, |until| {
                format!(". It ends by itself at {}", hours::rfc3339(until))
            });
            let title = format!("{by} froze {}", what(scope));
            let words = Words::new(Kind::Frozen, "freeze", title, format!("Reason: {reason}{ends}"));
            Some(words.next("jarvis thaw"))
        }
        Event::Thawed { by } => {
            let title = format!("The freeze was released by {by}");
            Some(Words::new(Kind::Thawed, "freeze", title, AGAIN))
        }
        Event::FreezeFileFound { scope, reason } => {
            let title = format!("The freeze file froze {}", what(scope));
            let words = Words::new(Kind::Frozen, "freeze file", title, format!("It says: {reason}"));
            Some(words.next("remove the file `freeze` in the state folder"))
        }
        Event::FreezeFileGone => {
            let title = "The freeze file is gone";
            Some(Words::new(Kind::Thawed, "freeze file", title, AGAIN))
        }
        _ => None,
    }
}

fn source(event: &Event) -> Option<Words> {
    match event {
        Event::RevisionRejected { commit, errors } => {
            let title = format!("Revision {} has {} errors", short(commit), errors.len());
            let told = "It is not in force; the last good revision stays. Correct these and commit";
            let words = Words::new(Kind::RevisionRejected, "revision", title, told);
            Some(words.next("jarvis validate PATH"))
        }
        Event::RevisionWithheld {
            commit,
            digest,
            reason,
        } => {
            let title = format!(
                "Revision {} removes a great deal and waits for a person",
                short(commit)
            );
            let words = Words::new(Kind::RevisionWithheld, "revision", title, reason);
            Some(words.next(format!("jarvis confirm {}", digest.short())))
        }
        Event::SourceFailed { reason } => {
            let told = format!("The last good revision stays in force. {reason}");
            let words = Words::new(Kind::SourceFailed, "source", "The manifests cannot be read", told);
            Some(words.next("jarvis doctor"))
        }
        Event::SourceRecovered => Some(Words::new(
            Kind::SourceRecovered,
            "source",
            "The manifests can be read again",
            "New commits are followed again",
        )),
        _ => None,
    }
}

fn short(commit: &str) -> String {
    commit.chars().take(8).collect()
}
