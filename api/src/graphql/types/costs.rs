//! What was spent on language models, and how each of them stands.

use super::scalar::Counter;
use async_graphql::SimpleObject;
use jarvis_assistant::{
    minds::{Minds, Standing},
    spend::Period,
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
    /// This week, from Monday.
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
    /// `ready` or `not asked`.
    pub state: String,
    /// Why it is not asked, or not trusted with tools.
    pub reason: Option<String>,
}

impl Costs {
    /// All of it, now; nothing where there is no model.
    pub fn of(minds: &Minds, now: Timestamp) -> Self {
        let Some(report) = minds.report(now) else {
            return Self::nothing();
        };
        let by = |name: String, micro_dollars: u64, questions: u64| SpentBy {
            name,
            micro_dollars: Counter(micro_dollars),
            questions: i32::try_from(questions).unwrap_or(i32::MAX),
        };
        let models = report.month.models.iter();
        let kinds = report.month.kinds.iter();
        let days = report.days.iter().filter(|day| day.requests > 0);
        Self {
            by_model: models
                .map(|one| by(one.model.clone(), one.micro_dollars, one.requests))
                .collect(),
            by_kind: kinds
                .map(|one| by(one.kind.word().to_owned(), one.micro_dollars, one.requests))
                .collect(),
            days: days
                .map(|one| by(one.date.clone(), one.micro_dollars, one.requests))
                .collect(),
            reserved: Counter(report.month.reserved_micro_dollars),
            day: (&report.day).into(),
            week: (&report.week).into(),
            month: (&report.month).into(),
            warnings: report.warnings,
            prices_as_of: report.prices_as_of,
        }
    }

    fn nothing() -> Self {
        let none = Spent {
            micro_dollars: Counter(0),
            cap: None,
            percent: None,
        };
        Self {
            day: none.clone(),
            week: none.clone(),
            month: none,
            by_model: Vec::new(),
            by_kind: Vec::new(),
            days: Vec::new(),
            warnings: Vec::new(),
            prices_as_of: String::new(),
            reserved: Counter(0),
        }
    }
}

impl From<&Period> for Spent {
    fn from(period: &Period) -> Self {
        Self {
            micro_dollars: Counter(period.micro_dollars),
            cap: period.cap_micro_dollars.map(Counter),
            percent: period
                .percent
                .map(|percent| i32::try_from(percent).unwrap_or(i32::MAX)),
        }
    }
}

impl From<Standing> for MindState {
    fn from(standing: Standing) -> Self {
        Self {
            name: standing.name,
            local: standing.local,
            state: if standing.is_ready { "ready" } else { "not asked" }.to_owned(),
            reason: standing.reason,
        }
    }
}
