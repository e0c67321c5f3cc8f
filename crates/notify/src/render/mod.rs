//! A letter made readable. What is told is brought into blocks once; plain text and HTML are two ways to write them.
//!
//! | module | what |
//! | --- | --- |
//! | [`plain`] | text of at most 72 columns |
//! | [`html`] | the same as HTML without images, scripts, links to elsewhere, or style sheets |
//! | [`wire`] | JSON of webhooks, and ntfy messages |

pub mod html;
pub mod plain;
pub mod wire;

use crate::{
    hours,
    letter::{Content, Letter, Words},
    news::{Kind, News},
    report::{Entry, Report},
    text,
};
use jarvis_model::Severity;
use jiff::tz::TimeZone;

/// Longest subject.
const SUBJECT: usize = 110;

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading with its mood.
    Title {
        /// The words.
        text: String,
        /// How it is marked.
        mood: Mood,
    },
    /// When, where, of what.
    Meta(String),
    /// A paragraph.
    Text(String),
    /// What a narrator wrote, and who that is.
    Words {
        /// The words, a paragraph in each.
        lines: Vec<String>,
        /// Who wrote them, and what counts.
        by: String,
    },
    /// Lines under a head.
    List {
        /// The head.
        head: &'static str,
        /// The lines.
        lines: Vec<String>,
        /// Whether they are commands: kept in one line each where they fit.
        commands: bool,
    },
}

/// How a heading is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// Good news.
    Good,
    /// Good to know.
    Info,
    /// Should be looked at.
    Warning,
    /// Must be looked at now.
    Critical,
}

impl Mood {
    /// Of news.
    pub fn of(news: &News) -> Self {
        if news.kind.is_good() {
            Self::Good
        } else {
            Self::graded(news.severity)
        }
    }

    /// Of a severity.
    pub fn graded(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }

    /// The word in subjects.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "CRITICAL",
        }
    }
}

/// The gravest mood of a letter.
pub fn mood(letter: &Letter) -> Mood {
    match &letter.content {
        Content::News { items, .. } => items.iter().map(Mood::of).max().unwrap_or(Mood::Info),
        Content::Report { report } => Mood::graded(report.severity),
        Content::Test => Mood::Info,
    }
}

/// The subject, one line.
pub fn subject(letter: &Letter) -> String {
    let what = match &letter.content {
        Content::News { items, more } => {
            let first = items
                .iter()
                .max_by_key(|news| (Mood::of(news), std::cmp::Reverse(news.seq)));
            let title = first.map_or("", |news| news.title.as_str());
            let others = items.len().saturating_sub(1) + *more as usize;
            match others {
                0 => format!("{}: {title}", mood(letter).word()),
                others => format!("{}: {title}, and {others} more", mood(letter).word()),
            }
        }
        Content::Report { report } => format!("report of {}: {}", report.day, verdict(report)),
        Content::Test => "test message".to_owned(),
    };
    text::line(&format!("[jarvis {}] {what}", letter.cluster), SUBJECT)
}

fn verdict(report: &Report) -> String {
    match report.open.len() {
        0 => match report.beyond.len() {
            0 if report.hindered => "no issue is open".to_owned(),
            0 => "all is well".to_owned(),
            1 => "1 limit is passed".to_owned(),
            count => format!("{count} limits are passed"),
        },
        1 => "1 issue is open".to_owned(),
        count => format!("{count} issues are open"),
    }
}

/// Everything a letter says, in its order: a narrator's words where there are some, then all the facts.
pub fn blocks(letter: &Letter) -> Vec<Block> {
    let mut all: Vec<Block> = words(letter).into_iter().collect();
    all.extend(facts(letter));
    all
}

fn words(letter: &Letter) -> Option<Block> {
    let Words::Told { narration } = &letter.words else {
        return None;
    };
    let place = if narration.local {
        "a model in the house"
    } else {
        "a model outside the house"
    };
    Some(Block::Words {
        lines: narration.text.lines().map(str::to_owned).collect(),
        by: format!(
            "These words are by {}, {place}. The facts follow in full; where the two differ, the facts count.",
            narration.mind
        ),
    })
}

/// The facts, which every letter has.
pub fn facts(letter: &Letter) -> Vec<Block> {
    let zone = hours::zone(&letter.zone);
    match &letter.content {
        Content::News { items, more } => {
            let mut all: Vec<Block> = items.iter().flat_map(|news| of_news(news, &zone)).collect();
            if *more > 0 {
                all.push(Block::Text(format!(
                    "{more} more happened and are not told here: jarvis get events"
                )));
            }
            all
        }
        Content::Report { report } => of_report(report, &zone),
        Content::Test => vec![
            Block::Title {
                text: "A test message".to_owned(),
                mood: Mood::Info,
            },
            Block::Meta(hours::stamp(letter.created_at, &zone)),
            Block::Text(format!(
                "Somebody asked Jarvis to try the channel {}. It works. There is nothing to do.",
                letter.channel
            )),
        ],
    }
}

fn of_news(news: &News, zone: &TimeZone) -> Vec<Block> {
    let mut meta = hours::stamp(news.at, zone);
    if let Some(issue) = news.issue.as_ref().or(news.resource.as_ref()) {
        meta = format!("{meta}, {issue}");
    }
    let tried = news.tried.iter();
    let tried = tried.map(|tried| format!("{}  {}", hours::clock(tried.at, zone), tried.text));
    let mut blocks = vec![
        Block::Title {
            text: news.title.clone(),
            mood: Mood::of(news),
        },
        Block::Meta(meta),
    ];
    if !news.text.is_empty() {
        blocks.push(Block::Text(sentence(&news.text)));
    }
    let evidence = if news.kind == Kind::RevisionRejected {
        "Errors"
    } else {
        "Evidence"
    };
    blocks.extend(list("What was tried", tried.collect(), false));
    blocks.extend(list(evidence, news.evidence.clone(), false));
    blocks.extend(list("What you may do", news.next.clone(), true));
    blocks
}

fn of_report(report: &Report, zone: &TimeZone) -> Vec<Block> {
    let entries = |entries: &[Entry]| {
        let line = |entry: &Entry| format!("{}  {}", hours::stamp(entry.at, zone), entry.text);
        entries.iter().map(line).collect::<Vec<_>>()
    };
    let mut blocks = vec![
        Block::Title {
            text: format!("Report of {}: {}", report.day, verdict(report)),
            mood: Mood::graded(report.severity),
        },
        Block::Meta(format!("since {}", hours::stamp(report.from, zone))),
    ];
    blocks.extend(report.standing.iter().cloned().map(Block::Text));
    blocks.extend(list("Open", entries(&report.open), false));
    blocks.extend(list("Beyond a limit", entries(&report.beyond), false));
    blocks.extend(list("Done and verified", entries(&report.done), false));
    blocks.extend(list(
        "Failed, refused, or given to you",
        entries(&report.failed),
        false,
    ));
    if report.done.is_empty() && report.failed.is_empty() {
        blocks.push(Block::Text("Nothing had to be done.".to_owned()));
    }
    if let Some(anchor) = &report.anchor {
        let line = format!("jarvis audit verify --anchor {anchor}");
        blocks.extend(list(
            "Keep this: it shows whether the journal was cut",
            vec![line],
            true,
        ));
    }
    blocks
}

fn list(head: &'static str, lines: Vec<String>, commands: bool) -> Option<Block> {
    (!lines.is_empty()).then_some(Block::List {
        head,
        lines,
        commands,
    })
}

/// With a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

/// Why somebody gets this, at the end of each letter.
pub fn footer(letter: &Letter, url: Option<&str>) -> String {
    let dashboard = url.map_or_else(String::new, |url| format!(" Dashboard: {url}"));
    format!(
        "Jarvis keeps the cluster {}. You get this by its channel {}.{dashboard}",
        letter.cluster, letter.channel
    )
}

#[cfg(test)]
mod tests;
