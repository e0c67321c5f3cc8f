//! What was spent on language models, and how each of them stands.

use super::scalar::Counter;
use async_graphql::SimpleObject;
use jarvis_assistant::{
    minds::{Minds, Standing},
    spend::{Spent as Sum, Sum as Whole},
};
use jarvis_model::Timestamp;

/// A span of time.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Spent {
    /// What was spent in it, in millionths of a dollar.
    pub micro_dollars: Counter,
    /// What may be spent in it; absent when there is no limit.
    pub cap: Option<Counter>,
    /// Share of that, in percent.
    pub percent: Option<i32>,
}

/// What one thing came to.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct SpentBy {
    /// The model, the kind of question, or the day.
    pub name: String,
    /// What it came to, in millionths of a dollar.
    pub micro_dollars: Counter,
    /// How often something was asked.
    pub questions: i32,
}

/// What was spent on language models. Those in the house cost nothing.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Costs {
    /// Today.
    pub day: Spent,
    /// The last seven days.
    pub week: Spent,
    /// This month.
    pub month: Spent,
    /// By model, this month.
    pub by_model: Vec<SpentBy>,
    /// By kind of question, this month.
    pub by_kind: Vec<SpentBy>,
    /// By day, the last 31, oldest first; days without a question are left out.
    pub days: Vec<SpentBy>,
    /// What is nearly or wholly spent, a sentence each.
    pub warnings: Vec<String>,
    /// Of which day the prices are; empty when there is no model.
    pub prices_as_of: String,
    /// Put aside for questions under way, in millionths of a dollar.
    pub reserved: Counter,
}

/// How a language model stands.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct MindState {
    /// Its id.
    pub name: String,
    /// Whether it runs in the house.
    pub local: bool,
    /// `ready`, `resting`, `over budget` or `not asked`.
    pub state: String,
    /// Why it is not ready.
    pub reason: Option<String>,
}

impl Costs {
    /// All of it, now.
    pub fn of(minds: &Minds, now: Timestamp) -> Self {
        let report = minds.report(now);
        let by = |name: String, sum: Whole| SpentBy {
            name,
            micro_dollars: Counter(sum.micro_dollars),
            questions: i32::try_from(sum.questions).unwrap_or(i32::MAX),
        };
        Self {
            day: report.day.into(),
            week: report.week.into(),
            month: report.month.into(),
            by_model: report
                .by_model
                .into_iter()
                .map(|(name, sum)| by(name, sum))
                .collect(),
            by_kind: report
                .by_kind
                .into_iter()
                .map(|(kind, sum)| by(kind.word().to_owned(), sum))
                .collect(),
            days: report
                .days
                .into_iter()
                .map(|(day, sum)| by(day.to_string(), sum))
                .collect(),
            warnings: report.warnings,
            prices_as_of: minds.prices_as_of().to_owned(),
            reserved: Counter(report.aside),
        }
    }
}

impl From<Sum> for Spent {
    fn from(sum: Sum) -> Self {
        Self {
            micro_dollars: Counter(sum.micro_dollars),
            cap: sum.cap.map(Counter),
            percent: sum
                .percent()
                .map(|percent| i32::try_from(percent).unwrap_or(i32::MAX)),
        }
    }
}

impl From<Standing> for MindState {
    fn from(standing: Standing) -> Self {
        Self {
            name: standing.name,
            local: standing.local,
            state: standing.state.to_owned(),
            reason: standing.reason,
        }
    }
}
