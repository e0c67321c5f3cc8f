//! The same status question asked twice within seconds, of the same state, gets the same answer without anybody being asked.

use jarvis_model::Timestamp;
use std::{collections::BTreeMap, time::Duration};

/// For so long an answer counts.
const LIVES: Duration = Duration::from_secs(10);
/// So many are kept.
const MOST: usize = 64;

/// Answers of the last seconds.
#[derive(Debug, Clone)]
pub struct Cache<T> {
    answers: BTreeMap<(String, u64), (Timestamp, T)>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self {
            answers: BTreeMap::new(),
        }
    }
}

impl<T: Clone> Cache<T> {
    /// The answer to this question when the state had this version, if it is fresh.
    pub fn get(&self, question: &str, version: u64, now: Timestamp) -> Option<T> {
        let (at, answer) = self.answers.get(&(normal(question), version))?;
        is_fresh(*at, now).then(|| answer.clone())
    }

    /// Keeps an answer. What is old goes, then the oldest.
    pub fn put(&mut self, question: &str, version: u64, now: Timestamp, answer: T) {
        self.answers.retain(|_, (at, _)| is_fresh(*at, now));
        if self.answers.len() >= MOST {
            let oldest = self.answers.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.answers.remove(&key);
            }
        }
        self.answers.insert((normal(question), version), (now, answer));
    }
}

/// Fresh, and not of the future: a clock that was put back makes it old.
fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < LIVES
}

/// A question without what does not change it: case, marks at its end, spaces.
pub fn normal(question: &str) -> String {
    let words: Vec<String> = question.split_whitespace().map(str::to_lowercase).collect();
    let text = words.join(" ");
    text.trim_end_matches(['?', '!', '.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_of_the_same_state_is_answered_for_ten_seconds() {
        let at = Timestamp::from_secs;
        let mut cache = Cache::default();
        cache.put("How's the  cluster?", 7, at(100), "well");
        assert_eq!(cache.get("how's the cluster", 7, at(109)), Some("well"));
        assert_eq!(cache.get("how's the cluster", 8, at(109)), None, "another state");
        assert_eq!(cache.get("how's the cluster", 7, at(110)), None, "too old");
        assert_eq!(cache.get("how's the cluster", 7, at(99)), None, "of the future");
        assert_eq!(cache.get("how's the clusters", 7, at(101)), None);
        for one in 0..1000 {
            cache.put(&format!("{one}"), 7, at(100), "x");
        }
        assert_eq!(cache.answers.len(), MOST);
        assert_eq!(cache.get("999", 7, at(100)), Some("x"));
    }
}
