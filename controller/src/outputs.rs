//! What commands wrote, for whoever asked for them. It is text of the infrastructure and may hold anything, so it is in no
//! record: it is kept in memory alone, the latest few, and gone with the process.

use jarvis_model::IntentId;
use jarvis_ports::hostread::{self, Output};
use std::{collections::VecDeque, sync::Arc};

/// So many are kept.
const KEPT: usize = 16;
/// Lines of one.
const MOST_LINES: usize = 400;

/// What a command wrote: first what it said, then what it complained about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Lines, without characters nobody can see, each cut where it is very long.
    pub lines: Vec<String>,
    /// Whether there was more.
    pub cut: bool,
}

impl From<&Output> for Written {
    fn from(output: &Output) -> Self {
        let texts = [&output.stdout, &output.stderr];
        let mut lines = texts
            .into_iter()
            .flat_map(|text| text.lines())
            .map(hostread::clean);
        let kept: Vec<String> = lines.by_ref().take(MOST_LINES).collect();
        Self {
            lines: kept,
            cut: output.cut || lines.next().is_some(),
        }
    }
}

/// The latest ones.
#[derive(Debug, Default)]
pub(crate) struct Outputs(VecDeque<(IntentId, Arc<Written>)>);

impl Outputs {
    /// Keeps one; the oldest goes when there are too many.
    pub(crate) fn keep(&mut self, intent: IntentId, output: &Output) {
        self.0.push_back((intent, Arc::new(output.into())));
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// What this act wrote, if it is still kept.
    pub(crate) fn of(&self, intent: &IntentId) -> Option<Arc<Written>> {
        let found = self.0.iter().find(|(known, _)| known == intent);
        found.map(|(_, written)| Arc::clone(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_few_are_kept_clean_and_short() {
        let mut outputs = Outputs::default();
        let id = |at: usize| IntentId(format!("i{at}"));
        let long = Output {
            exit: Some(0),
            stdout: "one \u{1b}[31mred\u{1b}[0m line\n".to_owned() + &"x\n".repeat(1000),
            stderr: "and a complaint".to_owned(),
            cut: false,
        };
        outputs.keep(id(0), &long);
        let first = outputs.of(&id(0)).unwrap();
        assert_eq!(
            (first.lines[0].as_str(), first.lines.len()),
            ("one red line", MOST_LINES)
        );
        assert!(first.cut);
        let short = Output {
            stdout: "fine\n".to_owned(),
            stderr: "but\n".to_owned(),
            ..Output::default()
        };
        for at in 1..=KEPT {
            outputs.keep(id(at), &short);
        }
        assert_eq!(outputs.of(&id(0)), None, "the oldest goes");
        let last = outputs.of(&id(KEPT)).unwrap();
        assert_eq!(
            (last.lines.as_slice(), last.cut),
            (["fine".to_owned(), "but".to_owned()].as_slice(), false)
        );
    }
}
