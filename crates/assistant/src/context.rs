//! What a model is told beside the question, within a budget of tokens: the most important first, and a note of what was left
//! out, so that neither the model nor a person takes silence for absence. Pure.

use crate::memory::tokens;

/// A part of the context, in the order of importance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called: `state now`, `memory`, `conversation so far`.
    pub title: String,
    /// Its lines, the most important first. A line is told whole or not at all.
    pub lines: Vec<String>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The text.
    pub text: String,
    /// What was left out, a part each: `memory: 3 of 9 lines`.
    pub left_out: Vec<String>,
}

/// Kept free for the note.
const NOTE_TOKENS: usize = 40;

/// Puts parts together within a budget. A part that comes first takes what it needs; the next ones share what is left.
pub fn assemble(parts: &[Part], budget_tokens: usize) -> Context {
    let whole: usize = parts.iter().map(takes).sum();
    let mut left = if whole <= budget_tokens {
        budget_tokens
    } else {
        budget_tokens.saturating_sub(NOTE_TOKENS)
    };
    let mut text = String::new();
    let mut left_out = Vec::new();
    for part in parts.iter().filter(|part| !part.lines.is_empty()) {
        let head = head(part);
        let mut told: Vec<&str> = Vec::new();
        let mut used = tokens(&head);
        for line in &part.lines {
            let more = tokens(line) + 1;
            if used + more > left {
                break;
            }
            used += more;
            told.push(line);
        }
        if !told.is_empty() {
            left -= used;
            text.push_str(&head);
            for line in &told {
                text.push_str(line);
                text.push('\n');
            }
        }
        let missing = part.lines.len() - told.len();
        if missing > 0 {
            left_out.push(format!("{}: {missing} of {} lines", part.title, part.lines.len()));
        }
    }
    let note = format!("(left out for want of room: {})\n", left_out.join("; "));
    if !left_out.is_empty() && tokens(&text) + tokens(&note) <= budget_tokens {
        text.push_str(&note);
    }
    Context { text, left_out }
}

fn head(part: &Part) -> String {
    format!("{}:\n", part.title)
}

fn takes(part: &Part) -> usize {
    part.lines
        .iter()
        .fold(tokens(&head(part)), |sum, line| sum + tokens(line) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(title: &str, lines: &[&str]) -> Part {
        Part {
            title: title.to_owned(),
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_first_is_told_first_and_what_is_missing_is_named() {
        let long = "x".repeat(400);
        let parts = [
            part("state now", &["guest 101 runs"]),
            part("memory", &["anna prefers short answers", &long, &long]),
        ];
        let context = assemble(&parts, 1000);
        assert_eq!(context.left_out, Vec::<String>::new());
        let context = assemble(&parts, 80);
        assert!(
            context
                .text
                .starts_with("state now:\nguest 101 runs\nmemory:\nanna")
        );
        assert_eq!(context.left_out, ["memory: 2 of 3 lines"]);
        assert!(context.text.ends_with("memory: 2 of 3 lines)\n"));
    }

    proptest! {
        #[test]
        fn it_never_takes_more_than_its_budget(
            parts in prop::collection::vec(("[a-z ]{1,20}", prop::collection::vec(".{0,80}", 0..12)), 0..5),
            budget in 0usize..600,
        ) {
            let parts: Vec<Part> = parts.into_iter().map(|(title, lines)| Part { title, lines }).collect();
            let context = assemble(&parts, budget);
            prop_assert!(tokens(&context.text) <= budget);
        }
    }
}
