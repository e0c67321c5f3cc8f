//! What is wrong with the config file, where, and what would be right.

use std::fmt;

/// A place in a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// Line; 0 when no place is known.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

/// One error. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file as named by the caller.
    pub file: String,
    /// Where.
    pub at: Place,
    /// The field, such as `cluster.token`; empty for the file as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
}

impl ConfigError {
    /// About the file as a whole.
    pub fn whole(file: &str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            at: Place::default(),
            field: String::new(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.at.line > 0 {
            write!(f, ":{}:{}", self.at.line, self.at.column)?;
        }
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        write!(f, ": {}", self.problem)?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, "; {}", self.hint)
        }
    }
}
