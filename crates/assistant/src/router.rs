//! Which mind answers: rules with a written reason, no learned weights. The chain ends in the built-in voice, always.
//!
//! | module | what |
//! | --- | --- |
//! | [`breaker`] | leaves a provider that fails alone for a time |
//! | [`cache`] | the same status question twice within seconds |
//! | [`canary`] | tries daily whether a model calls tools well |
//! | [`escalate`] | a stronger mind, on evidence only |
//! | [`slots`] | a model in the house has few slots; people go first |
//!
//! Pure but for `canary` and `slots`. Knows no provider and no wire.

pub mod breaker;
pub mod cache;
pub mod canary;
pub mod escalate;
pub mod slots;

use crate::calendar::Calendar;
use breaker::Standing;
use jarvis_model::Timestamp;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asking {
    /// To know something.
    Question,
    /// To have something done, which takes calls of tools.
    Action,
    /// To have manifests changed, which takes calls of tools.
    Proposal,
    /// Something to be put into words; calls no tools.
    Narration,
}

impl Asking {
    fn needs_tools(self) -> bool {
        matches!(self, Self::Action | Self::Proposal)
    }
}

/// Where what is asked may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privacy {
    /// To any configured model.
    Anywhere,
    /// To models in the house only.
    InHouse,
}

/// A configured model, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MindNow {
    /// Its id.
    pub id: String,
    /// Whether it is in the house.
    pub local: bool,
    /// Tokens it can read, where known.
    pub window_tokens: Option<u64>,
    /// Why it is not trusted with tools; none when it is.
    pub demoted: Option<String>,
    /// The breaker of its provider.
    pub breaker: Standing,
}

/// What is decided upon.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is wanted.
    pub asking: Asking,
    /// Where it may go.
    pub privacy: Privacy,
    /// The configured models, in the operator's order.
    pub minds: &'a [MindNow],
    /// Tokens of the prompt, about.
    pub prompt_tokens: u64,
    /// Why no money may be spent; none when it may.
    pub spent: Option<&'a str>,
    /// Why models outside the house are not reached; none when they may be.
    pub offline: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The model; none for the built-in voice.
    pub mind: Option<String>,
    /// Whether it is in the house.
    pub local: bool,
    /// Whether it may be offered tools.
    pub tools: bool,
    /// Why it, and why here.
    pub reason: String,
}

/// The chain, in the order in which it is asked. The last is the built-in voice, and only the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Never empty.
    pub chain: Vec<Choice>,
    /// Models that are not asked, and why.
    pub passed_over: Vec<(String, String)>,
}

/// Decides.
pub fn route(situation: &Situation<'_>, calendar: &Calendar) -> Route {
    let mut passed_over = Vec::new();
    let mut chain = Vec::new();
    // The demoted last; otherwise as the operator ordered them.
    let (demoted, trusted): (Vec<&MindNow>, Vec<&MindNow>) =
        situation.minds.iter().partition(|mind| mind.demoted.is_some());
    for mind in trusted.into_iter().chain(demoted) {
        match barred(situation, mind, calendar) {
            Some(why) => passed_over.push((mind.id.clone(), why)),
            None => chain.push(Choice {
                mind: Some(mind.id.clone()),
                local: mind.local,
                tools: mind.demoted.is_none() && situation.asking != Asking::Narration,
                reason: reason(situation, mind, chain.len(), &passed_over),
            }),
        }
    }
    chain.push(built_in(situation, chain.is_empty(), &passed_over));
    Route { chain, passed_over }
}

/// Why a model may not be asked; the first rule that says so speaks.
fn barred(situation: &Situation<'_>, mind: &MindNow, calendar: &Calendar) -> Option<String> {
    if !mind.local {
        if situation.privacy == Privacy::InHouse {
            return Some("what is asked may not leave the house".to_owned());
        }
        if let Some(why) = situation.offline.or(situation.spent) {
            return Some(why.to_owned());
        }
    }
    if let Some(why) = mind.breaker.words(&mind.id, calendar, situation.now) {
        return Some(why);
    }
    if let Some(why) = mind.demoted.as_ref().filter(|_| situation.asking.needs_tools()) {
        return Some(format!("{} is not trusted with tools: {why}", mind.id));
    }
    let window = mind.window_tokens?;
    (situation.prompt_tokens > window).then(|| {
        format!(
            "the conversation is too long for {}: about {} tokens, and it reads {window}",
            mind.id, situation.prompt_tokens
        )
    })
}

fn reason(
    situation: &Situation<'_>,
    mind: &MindNow,
    place: usize,
    passed_over: &[(String, String)],
) -> String {
    let what = match situation.asking {
        Asking::Question => "a question",
        Asking::Action => "an action is asked for",
        Asking::Proposal => "a change of manifests is asked for",
        Asking::Narration => "facts are put into words",
    };
    let mut reason = match (place, passed_over.last()) {
        (0, None) => format!("{what}; {} is the first of the configured models", mind.id),
        (0, Some(_)) => format!("{what}; {}", told(passed_over)),
        (_, _) => format!("{what}; {} is asked when those before it fail", mind.id),
    };
    if let Some(why) = &mind.demoted {
        reason = format!("{reason}; without tools: {why}");
    }
    reason
}

fn built_in(situation: &Situation<'_>, is_alone: bool, passed_over: &[(String, String)]) -> Choice {
    let reason = if situation.minds.is_empty() {
        "no model is configured".to_owned()
    } else if is_alone {
        told(passed_over)
    } else {
        "no model answered".to_owned()
    };
    Choice {
        mind: None,
        local: true,
        tools: false,
        reason,
    }
}

/// Reasons, each once.
fn told(passed_over: &[(String, String)]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for (_, why) in passed_over {
        if !reasons.contains(&why.as_str()) {
            reasons.push(why);
        }
    }
    reasons.join("; ")
}

#[cfg(test)]
mod tests;
