//! A stronger mind is asked on evidence, never because a model says that it is unsure; and once a turn.

use super::{Choice, MindNow};

/// What went wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// A call that cannot be used.
    MalformedCall,
    /// Arguments that do not fit the tool.
    Schema,
    /// It calls tools without end.
    LoopLimit,
    /// The conversation is longer than it reads.
    ContextOverflow,
}

impl Evidence {
    /// So often, and another is asked.
    fn limit(self) -> u32 {
        match self {
            Self::MalformedCall | Self::Schema => 2,
            Self::LoopLimit | Self::ContextOverflow => 1,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::MalformedCall => "its calls were malformed twice",
            Self::Schema => "its arguments did not fit the tool twice",
            Self::LoopLimit => "it called tools without coming to an end",
            Self::ContextOverflow => "the conversation is longer than it reads",
        }
    }
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Tell it what was wrong and let it try again.
    Repair,
    /// Ask this one from here on.
    Escalate(Choice),
    /// No further model is asked in this turn.
    GiveUp {
        /// Why.
        reason: String,
    },
}

/// The evidence of one turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escalation {
    malformed: u32,
    schema: u32,
    is_used: bool,
}

impl Escalation {
    /// Takes evidence against `current`, and decides. `chain` is the route of this turn.
    pub fn saw(
        &mut self,
        evidence: Evidence,
        current: &str,
        chain: &[Choice],
        minds: &[MindNow],
        prompt_tokens: u64,
    ) -> Step {
        let count = match evidence {
            Evidence::MalformedCall => &mut self.malformed,
            Evidence::Schema => &mut self.schema,
            Evidence::LoopLimit | Evidence::ContextOverflow => &mut 0,
        };
        *count += 1;
        if *count < evidence.limit() {
            return Step::Repair;
        }
        let words = format!("{current}: {}", evidence.words());
        if self.is_used {
            return Step::GiveUp {
                reason: format!("{words}; another model was asked already in this turn"),
            };
        }
        let window = |id: &str| {
            let mind = minds.iter().find(|mind| mind.id == id);
            mind.and_then(|mind| mind.window_tokens)
        };
        let reads_more = |choice: &&Choice| {
            evidence != Evidence::ContextOverflow
                || choice
                    .mind
                    .as_deref()
                    .and_then(window)
                    .is_some_and(|tokens| tokens > prompt_tokens && Some(tokens) > window(current))
        };
        let stronger = chain
            .iter()
            .skip_while(|choice| choice.mind.as_deref() != Some(current))
            .skip(1)
            .filter(|choice| choice.mind.is_some() && (choice.tools || evidence == Evidence::ContextOverflow))
            .find(reads_more);
        let Some(choice) = stronger else {
            return Step::GiveUp {
                reason: format!("{words}; no further model can be asked"),
            };
        };
        *self = Self {
            is_used: true,
            ..Self::default()
        };
        Step::Escalate(Choice {
            reason: format!("{words}, so that the next is asked"),
            ..choice.clone()
        })
    }
}
