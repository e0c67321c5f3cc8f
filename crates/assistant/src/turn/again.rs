//! The same question of the same state, asked again within seconds, is answered as before, without a model being asked.
//!
//! The same is: the same words by somebody of the same role after the same conversation, while nothing happened in the journal,
//! no other revision is in force, no guest or node changed its state, and the same is remembered. Only answers that asked for
//! nothing are kept: what acts is never repeated from here.

use super::Turn;
use crate::{
    message::{Message, MessageState, Mind, Speaker},
    router::cache::normal,
};
use jarvis_controller::View;
use jarvis_model::{Timestamp, limits};
use jarvis_tools::Kind;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// An answer of the last seconds.
#[derive(Debug, Clone)]
pub(crate) struct Recent {
    text: String,
    unfounded: Vec<String>,
    name: String,
    local: bool,
    at: Timestamp,
}

/// What makes a question the same, and the version of the state it is asked of.
pub(super) struct Same {
    question: String,
    version: u64,
}

impl Turn {
    /// What this question is the same as.
    pub(super) fn same(&self) -> Same {
        let mut before = DefaultHasher::new();
        for (by_person, text) in self.said_before() {
            (by_person, text).hash(&mut before);
        }
        let role = format!("{:?}", self.who.role);
        let now = self.inner.now();
        let mut version = DefaultHasher::new();
        state(&self.inner.registry.desk().moment().view, now).hash(&mut version);
        for record in self.inner.remembered(self.reader(), &self.text, now) {
            (record.id, record.text).hash(&mut version);
        }
        Same {
            question: format!("{role} {:x} {}", before.finish(), self.text),
            version: version.finish(),
        }
    }

    /// What was said before, without the same question and its answers at the end: asking twice is no other conversation.
    fn said_before(&self) -> Vec<(bool, String)> {
        let asked = normal(&self.text);
        let messages = self.talk.kept().messages;
        let earlier = messages
            .into_iter()
            .filter(|message| message.seq + 1 < self.answer);
        let mut said: Vec<(bool, String)> = earlier
            .map(|message| (matches!(message.speaker, Speaker::Person { .. }), message.text))
            .collect();
        while let Some(last) = said.iter().rposition(|(by_person, _)| *by_person)
            && normal(&said[last].1) == asked
        {
            said.truncate(last);
        }
        said
    }

    /// Answers as before, when that was just now.
    pub(super) fn answered_again(&self, same: &Same) -> bool {
        let now = self.inner.now();
        let Some(recent) = self.inner.recent().get(&same.question, same.version, now) else {
            return false;
        };
        let mind = Mind {
            name: recent.name,
            local: recent.local,
            reason: format!(
                "the same question of the same state was answered {} s ago; nobody was asked again",
                now.since(recent.at).as_secs()
            ),
            prompt_tokens: 0,
            output_tokens: 0,
            micro_dollars: 0,
        };
        self.talk.edit(self.answer, |message| {
            message.text = recent.text;
            message.unfounded = recent.unfounded;
            message.mind = Some(mind);
            message.state = MessageState::Whole;
        });
        true
    }

    /// Keeps an answer for the next seconds, unless something was asked for in it.
    pub(super) fn keep_recent(&self, same: &Same, message: u64) {
        let kept = self.talk.kept().messages;
        let answers: Vec<&Message> = kept.iter().filter(|one| one.seq >= self.answer).collect();
        let [answer] = answers.as_slice() else {
            return;
        };
        let registry = &self.inner.registry;
        let reads = |name: &str| registry.find(name).is_some_and(|tool| tool.kind == Kind::Read);
        let only_read = answer.tools.iter().all(|used| reads(&used.tool)) && answer.cards.is_empty();
        let Some(mind) = answer
            .mind
            .as_ref()
            .filter(|_| only_read && answer.seq == message)
        else {
            return;
        };
        let now = self.inner.now();
        let recent = Recent {
            text: answer.text.clone(),
            unfounded: answer.unfounded.clone(),
            name: mind.name.clone(),
            local: mind.local,
            at: now,
        };
        self.inner.recent().put(&same.question, same.version, now, recent);
    }
}

/// What of the state tells one from another. Figures that change with every look are not among it: an answer lives for less
/// than two looks.
fn state(view: &View, now: Timestamp) -> impl std::hash::Hash {
    let guests = view.observed.guests.values().map(|guest| {
        let status = guest.status.fresh(now, limits::CRITICAL);
        let looks = (guest.name.clone(), guest.tags.clone(), guest.lock.clone());
        (guest.vmid, guest.node.to_string(), format!("{status:?}"), looks)
    });
    let nodes = view.observed.nodes.keys();
    let nodes = nodes.map(|node| (node.to_string(), view.observed.node_online(node, now)));
    (
        view.memory.seq,
        view.desired.revision.commit.clone(),
        guests.collect::<Vec<_>>(),
        nodes.collect::<Vec<_>>(),
    )
}
