//! What both requests share: the conversation in groups between two answers, and words of the controller as marked text.

use jarvis_ports::model::{Answer, CallResult, History, Turn};

/// Stands before words of the controller that have no role of their own on the wire.
const NOTE: &str = "[Note from the controller, not from the person]";

/// What was said between two answers.
#[derive(Debug, Default, PartialEq)]
pub struct Group<'a> {
    /// Results of the calls of the answer before.
    pub results: Vec<&'a CallResult>,
    /// What people and the controller said, in order.
    pub said: Vec<Said<'a>>,
}

/// Words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said<'a> {
    /// Of a person.
    Person(&'a str),
    /// Of the controller.
    Note(&'a str),
}

impl Said<'_> {
    /// As text in the person's role. Servers refuse empty ones.
    pub fn marked(self) -> String {
        match self {
            Said::Person(text) if text.trim().is_empty() => "(nothing was said)".to_owned(),
            Said::Person(text) => text.to_owned(),
            Said::Note(text) => format!("{NOTE} {text}"),
        }
    }
}

/// A step of a conversation.
#[derive(Debug, PartialEq)]
pub enum Step<'a> {
    /// Not the model.
    Group(Group<'a>),
    /// The model.
    Answer(&'a Answer),
}

/// The conversation in steps.
pub fn steps(history: &History) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for turn in history.turns() {
        if let Turn::Answer(answer) = turn {
            steps.push(Step::Answer(answer));
            continue;
        }
        if !matches!(steps.last(), Some(Step::Group(_))) {
            steps.push(Step::Group(Group::default()));
        }
        let Some(Step::Group(group)) = steps.last_mut() else {
            continue;
        };
        match turn {
            Turn::Person(text) => group.said.push(Said::Person(text)),
            Turn::Note(text) => group.said.push(Said::Note(text)),
            Turn::Results(results) => group.results.extend(results),
            Turn::Answer(_) => {}
        }
    }
    steps
}
