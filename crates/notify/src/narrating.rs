//! A narrator's words above the facts of a letter: asked for before its first attempt, once for all its receivers, beside
//! everything else and never longer than a limit. Without them the letter goes as it is; so nothing is ever waited for but
//! time, and nothing is lost.

use crate::{
    letter::{Content, Letter, To, Words},
    render::{self, Block},
    text,
};
use jarvis_ports::{Clock, Narration, Narrator, Telling};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// A letter that somebody waits for waits so long.
const NEWS_WITHIN: Duration = Duration::from_secs(30);
/// Nobody waits for the daily report.
const REPORT_WITHIN: Duration = Duration::from_mins(2);
/// Facts that a narrator is told.
const MOST_FACTS: usize = 60;

/// What is being put into words.
pub(crate) struct Narrating {
    narrator: Option<Arc<dyn Narrator>>,
    clock: Arc<dyn Clock>,
    /// Letters it was asked for.
    asked: BTreeSet<String>,
    running: JoinSet<Ended>,
}

/// What became of it: the words of these letters.
pub(crate) struct Ended {
    /// The letters.
    pub letters: Vec<String>,
    /// What stands above their facts.
    pub words: Words,
}

impl Narrating {
    pub fn new(narrator: Option<Arc<dyn Narrator>>, clock: Arc<dyn Clock>) -> Self {
        Self {
            narrator,
            clock,
            asked: BTreeSet::new(),
            running: JoinSet::new(),
        }
    }

    /// Marks a new letter that is worth it. Only mail has room.
    pub fn mark(&self, letter: &mut Letter) {
        let is_mail = matches!(letter.to, To::Email { .. });
        if self.narrator.is_some() && is_mail && letter.content.is_narrated() {
            letter.words = Words::Wanted;
        }
    }

    /// Asks for every letter that waits for it, once for the same content.
    pub fn start(&mut self, letters: &BTreeMap<String, Letter>) {
        let mut wanted: Vec<(&Letter, Vec<String>)> = Vec::new();
        for letter in letters.values() {
            if letter.words != Words::Wanted || !self.asked.insert(letter.id.clone()) {
                continue;
            }
            match wanted
                .iter_mut()
                .find(|(one, _)| one.content == letter.content && one.zone == letter.zone)
            {
                Some((_, ids)) => ids.push(letter.id.clone()),
                None => wanted.push((letter, vec![letter.id.clone()])),
            }
        }
        for (letter, letters) in wanted {
            let telling = telling(letter);
            let asking = ask(self.narrator.clone(), self.clock.clone(), telling);
            self.running.spawn(async move {
                Ended {
                    letters,
                    words: asking
                        .await
                        .map_or(Words::None, |narration| Words::Told { narration }),
                }
            });
        }
    }

    /// Whether nothing is asked for.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// The next that is in words, or not; none when nothing is asked for.
    pub async fn next(&mut self) -> Option<Ended> {
        let ended = self.running.join_next().await?.ok()?;
        for id in &ended.letters {
            self.asked.remove(id);
        }
        Some(ended)
    }
}

/// Asks, and waits no longer than the limit by the clock of the notifier. A narrator that breaks down is one that says nothing.
async fn ask(
    narrator: Option<Arc<dyn Narrator>>,
    clock: Arc<dyn Clock>,
    telling: Telling,
) -> Option<Narration> {
    let (narrator, within) = (narrator?, telling.within);
    let asking = AbortOnDropHandle::new(tokio::spawn(async move { narrator.narrate(telling).await }));
    let narration = tokio::select! {
        narration = asking => narration
            .inspect_err(|error| tracing::error!(%error, "the narrator broke down; the letter goes without its words"))
            .ok()
            .flatten(),
        () = clock.sleep(within) => None,
    }?;
    let lines = text::lines(&narration.text.lines().collect::<Vec<_>>());
    let told = Narration {
        text: lines.join("\n"),
        mind: text::line(&narration.mind, text::LINE),
        local: narration.local,
    };
    (!told.text.is_empty()).then_some(told)
}

/// What a narrator is told of a letter. Commands are left out: they stand below, to be copied and not to be retold.
fn telling(letter: &Letter) -> Telling {
    let (mut facts, mut template) = (Vec::new(), Vec::new());
    for block in render::facts(letter) {
        match block {
            Block::Title { text, .. } | Block::Meta(text) => template.push(text),
            Block::Text(text) => facts.push(text),
            Block::List {
                head,
                lines,
                commands: false,
            } => facts.extend(lines.into_iter().map(|line| format!("{head}: {line}"))),
            Block::List { .. } | Block::Words { .. } => {}
        }
    }
    facts.truncate(MOST_FACTS);
    Telling {
        facts,
        template: template.join("\n"),
        within: match letter.content {
            Content::Report { .. } => REPORT_WITHIN,
            Content::News { .. } | Content::Test => NEWS_WITHIN,
        },
    }
}
