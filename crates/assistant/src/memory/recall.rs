//! Which of what is remembered is told to a model. Pure.

use super::record::{Kind, Record};
use std::collections::BTreeSet;

/// Never more than so many tokens of memory.
pub const MOST_TOKENS: usize = 1500;
/// What a record takes beside its text: its class, source and time.
const FRAME_BYTES: usize = 48;

/// Tokens of a text, about.
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}

pub(super) fn relevant(records: &[&Record], question: &str, budget_tokens: usize) -> Vec<Record> {
    let asked = words(question);
    let mut ranked: Vec<(u8, usize, &Record)> = records
        .iter()
        .map(|record| {
            let shared = words(&record.text).intersection(&asked).count();
            let class = match record.kind {
                Kind::Preference => 0,
                Kind::Fact => 1,
                _ if shared > 0 => 2,
                _ => 3,
            };
            (class, shared, *record)
        })
        .collect();
    ranked.sort_by_key(|(class, shared, record)| {
        (
            *class,
            std::cmp::Reverse(*shared),
            std::cmp::Reverse(record.made_at),
            record.id,
        )
    });
    let mut left = budget_tokens.min(MOST_TOKENS);
    let mut told = Vec::new();
    for (_, _, record) in ranked {
        let takes = (record.text.len() + FRAME_BYTES).div_ceil(4);
        if takes <= left {
            left -= takes;
            told.push(record.clone());
        }
    }
    told
}

/// Words that can tell one thing from another.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| word.chars().count() > 2)
        .map(str::to_lowercase)
        .collect()
}
