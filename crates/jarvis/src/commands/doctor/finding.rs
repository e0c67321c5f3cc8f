//! One finding of the doctor, and the report of all: as a table for people, as JSON for programs.
//!
//! Knows nothing of what is looked at.

use crate::{cli::Output, table::clean, text::add};
use serde::Serialize;
use std::path::Path;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; Jarvis works.
    Warn,
    /// Something will not work.
    Fail,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Of which part.
    pub area: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found, in one line.
    pub what: String,
    /// What mends it: commands or edits, one a line.
    pub fix: Vec<String>,
}

impl Finding {
    fn new(area: &'static str, state: State, what: impl Into<String>) -> Self {
        Self {
            area,
            state,
            what: clean(&what.into()),
            fix: Vec::new(),
        }
    }

    /// As it should be.
    pub fn ok(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(area, State::Ok, what)
    }

    /// Worth knowing.
    pub fn warn(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(area, State::Warn, what)
    }

    /// Will not work.
    pub fn fail(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(area, State::Fail, what)
    }

    /// Adds a line of what mends it; an empty one is none.
    #[must_use]
    pub fn fixed_by(mut self, line: impl Into<String>) -> Self {
        let line = line.into();
        if !line.is_empty() {
            self.fix.push(line);
        }
        self
    }
}

/// Everything that was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    config: String,
    /// Name of the cluster, once known.
    pub cluster: String,
    findings: Vec<Finding>,
}

impl Report {
    /// About a config file.
    pub fn new(config: &Path) -> Self {
        Self {
            config: config.display().to_string(),
            cluster: String::new(),
            findings: Vec::new(),
        }
    }

    /// Adds one, behind the others of its area.
    pub fn add(&mut self, finding: Finding) {
        let last = self
            .findings
            .iter()
            .rposition(|earlier| earlier.area == finding.area);
        let at = last.map_or(self.findings.len(), |last| last + 1);
        self.findings.insert(at, finding);
    }

    /// Whether nothing fails.
    pub fn is_well(&self) -> bool {
        self.count(State::Fail) == 0
    }

    fn count(&self, state: State) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    }

    /// As text.
    pub fn text(&self, output: Output) -> String {
        match output {
            Output::Table => self.table(),
            Output::Json => {
                let mut all = serde_json::to_value(self).unwrap_or_default();
                for state in [State::Ok, State::Warn, State::Fail] {
                    all[word(state)] = self.count(state).into();
                }
                format!("{all:#}\n")
            }
        }
    }

    fn table(&self) -> String {
        let mut text = format!("jarvis {} looked at {}", env!("CARGO_PKG_VERSION"), self.config);
        if !self.cluster.is_empty() {
            add!(text, ", cluster {}", self.cluster);
        }
        text.push('\n');
        let mut area = "";
        for finding in &self.findings {
            if finding.area != area {
                area = finding.area;
                add!(text, "\n{}\n", area);
            }
            add!(text, "  {:<6}{}\n", word(finding.state), finding.what);
            for line in &finding.fix {
                add!(text, "        > {}\n", line);
            }
        }
        let counted = |state, one: &str, many: &str| match self.count(state) {
            0 => String::new(),
            1 => format!(", 1 {one}"),
            count => format!(", {count} {many}"),
        };
        add!(
            text,
            "\n{} ok{}{}\n",
            self.count(State::Ok),
            counted(State::Warn, "warning", "warnings"),
            counted(State::Fail, "failure", "failures")
        );
        text
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warn => "warn",
        State::Fail => "fail",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_groups_areas_and_counts() {
        let mut report = Report::new(Path::new("jarvis.yaml"));
        report.cluster = "home".to_owned();
        assert!(report.is_well());
        report.add(Finding::ok("nodes", "3 of 3 online"));
        report.add(Finding::warn("nodes", "agent1 is 4 s\nahead").fixed_by("chronyc makestep   (on agent1)"));
        report.add(Finding::fail("state", "the journal is damaged").fixed_by("jarvis audit verify"));
        assert!(!report.is_well());
        let version = format!("jarvis {}", env!("CARGO_PKG_VERSION"));
        insta::assert_snapshot!(report.text(Output::Table).replace(&version, "jarvis X"), @r"
        jarvis X looked at jarvis.yaml, cluster home

        nodes
          ok    3 of 3 online
          warn  agent1 is 4 s ahead
                > chronyc makestep   (on agent1)

        state
          fail  the journal is damaged
                > jarvis audit verify

        1 ok, 1 warning, 1 failure
        ");
        let json: serde_json::Value = serde_json::from_str(&report.text(Output::Json)).unwrap();
        assert_eq!(
            (&json["ok"], &json["warn"], &json["fail"]),
            (&1.into(), &1.into(), &1.into())
        );
        assert_eq!(json["findings"][2]["state"], "fail");
    }
}
