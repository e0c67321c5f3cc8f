//! Questions on standard error, answers from standard input, line by line; or none at all, for scripts.
//!
//! Knows nothing of what is asked.

use crate::{exit::Failure, out};
use zeroize::Zeroizing;

/// Asks, or does not.
pub struct Asker {
    silent: bool,
}

impl Asker {
    /// A silent one takes defaults and fails where there is none.
    pub fn new(silent: bool) -> Self {
        Self { silent }
    }

    /// Says something about what follows.
    #[expect(
        clippy::unused_self,
        reason = "what is said goes the same way as what is asked"
    )]
    pub fn say(&self, text: &str) {
        out::note(text);
    }

    /// An answer that does not do: told, to be asked again; an error when nobody can be asked.
    pub fn refuse(&self, why: &str) -> Result<(), Failure> {
        if self.silent {
            return Err(Failure::error(why.to_owned()));
        }
        out::note(&format!("  no: {why}"));
        Ok(())
    }

    /// One line; an empty one is the default.
    pub fn line(&self, question: &str, default: Option<&str>, flag: &str) -> Result<String, Failure> {
        let missing = || Failure::error(format!("there is no answer to \"{question}\"; give {flag}"));
        if self.silent {
            return default.map(str::to_owned).ok_or_else(missing);
        }
        loop {
            let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
            out::ask(&format!("\n{question}{shown}: "));
            let line = out::read_line().ok_or_else(missing)?;
            match (line.trim(), default) {
                ("", Some(default)) => return Ok(default.to_owned()),
                ("", None) => {}
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }

    /// One line that is not shown while it is typed.
    pub fn secret(&self, question: &str, flag: &str) -> Result<Zeroizing<String>, Failure> {
        let missing = || Failure::error(format!("there is no answer to \"{question}\"; give {flag}"));
        if self.silent {
            return Err(missing());
        }
        out::ask(&format!("\n{question}: "));
        out::read_secret_line().ok_or_else(missing)
    }

    /// Yes or no; nothing said is no. A silent one was told beforehand.
    pub fn agrees(&self, question: &str, told: Told) -> Result<bool, Failure> {
        if told == Told::Yes || self.silent {
            return Ok(told == Told::Yes);
        }
        let answer = self.line(&format!("{question} (yes or no)"), Some("no"), "an answer")?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }
}

/// What was said beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Yes, by a flag.
    Yes,
    /// Nothing.
    Nothing,
}
