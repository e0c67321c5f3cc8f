//! A conversation. It only grows: what was sent once is sent again as it was, since caches and the check of thinking blocks
//! rest on an unchanged beginning. Who wants another beginning begins another conversation.

use super::answer::{Answer, Arguments};
use serde::{Deserialize, Serialize};

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallResult {
    /// The call.
    pub id: String,
    /// What the model reads.
    pub text: String,
    /// Whether it failed.
    pub is_error: bool,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a history is mostly answers")]
pub enum Turn {
    /// By a person.
    Person(String),
    /// By the controller: a mode that changed, a budget that runs low.
    Note(String),
    /// By the model.
    Answer(Answer),
    /// By tools: the results of all calls of the answer before, in their order.
    Results(Vec<CallResult>),
}

/// Why something cannot be said now. Nothing was added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfTurn {
    /// The calls of the last answer have no results yet.
    #[error("the calls of the last answer have no results yet; add them first")]
    ResultsOwed,
    /// There is nothing to answer.
    #[error("nothing was asked since the last answer; ask first")]
    NothingAsked,
    /// There are no calls that wait for results.
    #[error("no call waits for results; add them right after the answer that calls")]
    NoCalls,
    /// A result belongs to no call.
    #[error("the result {id:?} belongs to no call of the last answer")]
    UnknownCall {
        /// The id.
        id: String,
    },
}

/// A conversation that only grows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<Turn>", try_from = "Vec<Turn>")]
pub struct History {
    turns: Vec<Turn>,
}

impl History {
    /// A conversation that begins with a question.
    pub fn asking(text: impl Into<String>) -> Self {
        Self {
            turns: vec![Turn::Person(text.into())],
        }
    }

    /// What was said, oldest first.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Whether a model may answer now.
    pub fn awaits_answer(&self) -> bool {
        !matches!(self.turns.last(), None | Some(Turn::Answer(_)))
    }

    /// A person says something.
    pub fn ask(&mut self, text: impl Into<String>) -> Result<(), OutOfTurn> {
        self.owes_nothing()?;
        self.turns.push(Turn::Person(text.into()));
        Ok(())
    }

    /// The controller says something.
    pub fn note(&mut self, text: impl Into<String>) -> Result<(), OutOfTurn> {
        self.owes_nothing()?;
        self.turns.push(Turn::Note(text.into()));
        Ok(())
    }

    /// The model answered.
    pub fn answer(&mut self, answer: Answer) -> Result<(), OutOfTurn> {
        if !self.awaits_answer() {
            return Err(OutOfTurn::NothingAsked);
        }
        self.turns.push(Turn::Answer(answer));
        Ok(())
    }

    /// Tools answered. Calls without a result, and those whose arguments were broken, get a result that says so: a call
    /// without one makes the whole conversation unreadable for a server.
    pub fn results(&mut self, results: Vec<CallResult>) -> Result<(), OutOfTurn> {
        let Some(Turn::Answer(answer)) = self.turns.last() else {
            return Err(OutOfTurn::NoCalls);
        };
        if answer.calls().next().is_none() {
            return Err(OutOfTurn::NoCalls);
        }
        if let Some(stray) = results
            .iter()
            .find(|result| !answer.calls().any(|call| call.id == result.id))
        {
            return Err(OutOfTurn::UnknownCall { id: stray.id.clone() });
        }
        let results = answer
            .calls()
            .map(|call| {
                let given = results.iter().find(|result| result.id == call.id);
                match (&call.arguments, given) {
                    (Arguments::Broken { why, .. }, None) => refused(&call.id, why),
                    (Arguments::Broken { why, .. }, Some(given)) if !given.is_error => refused(&call.id, why),
                    (_, Some(given)) => given.clone(),
                    (_, None) => refused(&call.id, "it was not carried out"),
                }
            })
            .collect();
        self.turns.push(Turn::Results(results));
        Ok(())
    }

    fn owes_nothing(&self) -> Result<(), OutOfTurn> {
        match self.turns.last() {
            Some(Turn::Answer(answer)) if answer.calls().next().is_some() => Err(OutOfTurn::ResultsOwed),
            _ => Ok(()),
        }
    }
}

fn refused(id: &str, why: &str) -> CallResult {
    CallResult {
        id: id.to_owned(),
        text: format!("Not run: {why}."),
        is_error: true,
    }
}

impl From<History> for Vec<Turn> {
    fn from(history: History) -> Self {
        history.turns
    }
}

/// A stored conversation is said again, so that one that could not have come about is not read.
impl TryFrom<Vec<Turn>> for History {
    type Error = OutOfTurn;

    fn try_from(turns: Vec<Turn>) -> Result<Self, OutOfTurn> {
        let mut history = Self::default();
        for turn in turns {
            match turn {
                Turn::Person(text) => history.ask(text)?,
                Turn::Note(text) => history.note(text)?,
                Turn::Answer(answer) => history.answer(answer)?,
                Turn::Results(results) => history.results(results)?,
            }
        }
        Ok(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Block, Call, StopReason};

    fn answer(calls: &[(&str, Arguments)]) -> Answer {
        let blocks = calls.iter().map(|(id, arguments)| {
            Block::Call(Call {
                id: (*id).to_owned(),
                name: "look".to_owned(),
                arguments: arguments.clone(),
                members: serde_json::Map::new(),
            })
        });
        Answer {
            wire: "w".to_owned(),
            model: "m".to_owned(),
            response_id: String::new(),
            blocks: blocks.collect(),
            stop: StopReason::ToolUse,
            usage: None,
            timings: None,
            flaws: Vec::new(),
        }
    }

    fn fine(id: &str) -> CallResult {
        CallResult {
            id: id.to_owned(),
            text: "fine".to_owned(),
            is_error: false,
        }
    }

    #[test]
    fn every_call_gets_its_result_in_order_and_a_broken_one_never_succeeds() {
        let broken = Arguments::Broken {
            text: "{".to_owned(),
            why: "its arguments were cut off".to_owned(),
        };
        let whole = Arguments::Whole("{}".to_owned());
        let mut history = History::asking("How is it?");
        history
            .answer(answer(&[("a", broken), ("b", whole.clone()), ("c", whole)]))
            .unwrap();
        assert_eq!(history.ask("And now?"), Err(OutOfTurn::ResultsOwed));
        assert!(matches!(
            history.results(vec![fine("x")]),
            Err(OutOfTurn::UnknownCall { .. })
        ));
        history.results(vec![fine("c"), fine("a")]).unwrap();
        let Some(Turn::Results(results)) = history.turns().last() else {
            panic!("results are last");
        };
        let told: Vec<(&str, bool)> = results
            .iter()
            .map(|one| (one.id.as_str(), one.is_error))
            .collect();
        assert_eq!(told, [("a", true), ("b", true), ("c", false)]);
        assert!(results[0].text.contains("cut off"));
        assert!(history.awaits_answer());
    }

    #[test]
    fn what_is_out_of_turn_is_refused_and_a_stored_conversation_is_checked() {
        let mut history = History::default();
        assert_eq!(history.answer(answer(&[])), Err(OutOfTurn::NothingAsked));
        assert_eq!(history.results(Vec::new()), Err(OutOfTurn::NoCalls));
        history.ask("Hello").unwrap();
        history.note("The kill switch is on.").unwrap();
        history.answer(answer(&[])).unwrap();
        assert_eq!(history.results(Vec::new()), Err(OutOfTurn::NoCalls));
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
        let turns: Vec<Turn> = serde_json::from_str(&text).unwrap();
        let torn = serde_json::to_string(&turns[2..]).unwrap();
        assert!(serde_json::from_str::<History>(&torn).is_err());
    }
}
