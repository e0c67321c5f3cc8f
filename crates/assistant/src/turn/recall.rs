//! What is to be remembered, forgotten or told of what is remembered. A person's words in the conversation are the only way in
//! here; a fact waits until a person confirms it on the page of the memory.

use super::{Turn, built_in::UNDERSTOOD};
use crate::{
    builtin::{Said, Topic, intent::Recall},
    memory::{self, Memory, MemoryError, Record},
    message::Fact,
};
use jarvis_model::Scope;
use jarvis_tools::clean;

/// Entries that are told.
const MOST: usize = 10;
/// Characters of an entry as it is told.
const LINE: usize = 160;

impl Turn {
    pub(super) async fn recall(&self, recall: Recall) -> Option<Topic> {
        let changes = !matches!(recall, Recall::Show(_));
        if changes && !self.may(Scope::Operate, "remember").await {
            return None;
        }
        let Some(memory) = &self.inner.memory else {
            self.plain("My memory cannot be read, so I can neither remember nor forget; the log says why.");
            return None;
        };
        let said = match recall {
            Recall::Remember(text) => self.propose_fact(memory, &text),
            Recall::Prefer(name, text) => self.prefer(memory, name, &text),
            Recall::ForgetNumber(id) => self.forget(memory, id),
            Recall::Forget(text) => self.find(memory, &text),
            Recall::Show(about) => self.show_memory(memory, about.as_deref().unwrap_or_default()),
        };
        self.say(said, UNDERSTOOD)
    }

    fn propose_fact(&self, memory: &Memory, text: &str) -> Said {
        let said = memory::Said {
            user: &self.who.user,
            text,
        };
        match memory.propose_fact(said, self.inner.now()) {
            Ok(pending) => {
                let shown = clean::line(&pending.text, LINE);
                plain(
                    format!(
                        "I shall remember “{shown}” once it is confirmed on the page Memory. It waits there for a day, as \
                         number {}.",
                        pending.id
                    ),
                    vec![fact(
                        format!("“{shown}” waits to be confirmed"),
                        pending.id,
                        pending.at,
                    )],
                )
            }
            Err(error) => plain(format!("I could not take that down: {error}."), Vec::new()),
        }
    }

    /// A choice of how to speak counts at once: it decides nothing, and its number is told.
    fn prefer(&self, memory: &Memory, name: &str, text: &str) -> Said {
        let said = memory::Said {
            user: &self.who.user,
            text,
        };
        match memory.prefer(name, said, self.inner.now()) {
            Ok(record) => {
                let shown = clean::line(&record.text, LINE);
                let mut said = plain(
                    format!(
                        "Very well: “{shown}” Models are told so with every question; what code answers stays as it is."
                    ),
                    vec![fact(shown, record.id, record.made_at)],
                );
                said.suggestions = vec![format!("Forget number {}", record.id)];
                said
            }
            Err(error) => plain(format!("I could not take that down: {error}."), Vec::new()),
        }
    }

    fn forget(&self, memory: &Memory, id: u64) -> Said {
        let now = self.inner.now();
        let kept = memory.list(None, "", now);
        let found = kept
            .into_iter()
            .find(|record| record.id == id && record.is_for(&self.who.user));
        let waiting = memory.pending(now).into_iter().find(|pending| pending.id == id);
        let (text, ended) = match (found, waiting) {
            (_, Some(pending)) => (pending.text, memory.reject(id)),
            (Some(record), None) => (record.text, memory.forget(id)),
            (None, None) => (String::new(), Err(MemoryError::Unknown { id })),
        };
        match ended {
            Ok(()) => plain(
                format!("Number {id} is forgotten: “{}”.", clean::line(&text, LINE)),
                Vec::new(),
            ),
            Err(error) => plain(format!("I forgot nothing: {error}."), Vec::new()),
        }
    }

    /// What could be meant; one thing is forgotten by its number only.
    fn find(&self, memory: &Memory, text: &str) -> Said {
        let found = self.entries(memory, text);
        let Some((first, ..)) = found.first() else {
            return plain(
                format!("Nothing that I remember says “{}”.", clean::line(text, LINE)),
                Vec::new(),
            );
        };
        let say = format!("Forget number {first}");
        let opening = match found.len() {
            1 => format!("This is what I remember of it. Say “{say}” to have it forgotten for good:"),
            count => format!("{count} entries fit. Say which one by its number, for instance “{say}”:"),
        };
        listed(opening, found, vec![say])
    }

    fn show_memory(&self, memory: &Memory, about: &str) -> Said {
        let found = self.entries(memory, about);
        if found.is_empty() {
            let text = match about {
                "" => "I remember nothing beyond the journal. Say “remember that …”, and confirm it on the page Memory.".to_owned(),
                about => format!("I remember nothing of “{}”.", clean::line(about, LINE)),
            };
            return plain(text, Vec::new());
        }
        listed("I remember:".to_owned(), found, Vec::new())
    }

    /// What people said and what this person's conversations were about, with these words in it; what waits comes first.
    fn entries(&self, memory: &Memory, with: &str) -> Vec<(u64, String, Fact)> {
        let now = self.inner.now();
        let pending = memory
            .pending(now)
            .into_iter()
            .filter(|one| has_all(&one.text, with));
        let mut all: Vec<(u64, String, Fact)> = pending
            .map(|one| {
                let text = clean::line(&one.text, LINE);
                let claim = fact(format!("“{text}” waits to be confirmed"), one.id, one.at);
                (
                    one.id,
                    format!("{}: {text} (waits to be confirmed)", one.id),
                    claim,
                )
            })
            .collect();
        let told = |record: &Record| {
            matches!(
                record.kind,
                memory::Kind::Fact | memory::Kind::Preference | memory::Kind::Conversation
            ) && record.is_for(&self.who.user)
        };
        all.extend(
            memory
                .list(None, with, now)
                .into_iter()
                .filter(told)
                .map(|record| {
                    let text = clean::line(&record.text, LINE);
                    let what = match record.kind {
                        memory::Kind::Preference => "preference",
                        memory::Kind::Conversation => "a conversation",
                        _ => "fact",
                    };
                    let line = format!(
                        "{}: {text} ({what}, {})",
                        record.id,
                        clean::line(&record.source.to_string(), 80)
                    );
                    (record.id, line, fact(text, record.id, record.made_at))
                }),
        );
        all
    }
}

/// Whether every word stands in a text.
fn has_all(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = words
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty());
    words.all(|word| text.contains(&word.to_lowercase()))
}

fn fact(claim: String, id: u64, at: jarvis_model::Timestamp) -> Fact {
    Fact {
        claim,
        source: format!("memory {id}"),
        at: Some(at),
    }
}

fn plain(text: String, facts: Vec<Fact>) -> Said {
    Said {
        text,
        facts,
        suggestions: Vec::new(),
        topic: None,
    }
}

fn listed(opening: String, found: Vec<(u64, String, Fact)>, suggestions: Vec<String>) -> Said {
    let more = found.len().saturating_sub(MOST);
    let mut lines = vec![opening];
    let mut facts = Vec::new();
    for (_, line, fact) in found.into_iter().take(MOST) {
        lines.push(format!("- {line}"));
        facts.push(fact);
    }
    if more > 0 {
        lines.push(format!("- and {more} more, on the page Memory"));
    }
    Said {
        text: lines.join("\n"),
        facts,
        suggestions,
        topic: None,
    }
}
