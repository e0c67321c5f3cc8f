//! The process environment, read once where the program begins and handed down as a value.
//!
//! Everything else takes an [`Environment`], so that tests bring their own.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

/// Environment variables that are valid text, and how the program was called.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    called: Option<String>,
}

impl Environment {
    /// Of this process.
    pub fn of_process() -> Self {
        let text =
            |(key, value): (OsString, OsString)| Some((key.into_string().ok()?, value.into_string().ok()?));
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
            called: std::env::args().next(),
        }
    }

    /// A variable; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// How a person calls the program again: as this time.
    pub fn called(&self) -> &str {
        self.called
            .as_deref()
            .filter(|called| !called.contains(char::is_whitespace))
            .unwrap_or("jarvis")
    }

    /// `$XDG_STATE_HOME/jarvis`, else `~/.local/state/jarvis`; none without a home.
    pub fn state_home(&self) -> Option<PathBuf> {
        let base = self
            .get("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let base = base.or_else(|| {
            self.get("HOME")
                .map(|home| PathBuf::from(home).join(".local/state"))
        });
        base.map(|base| base.join("jarvis"))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let variables = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            variables,
            called: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_home_follows_the_base_directory_rules() {
        let home = |environment: Environment| environment.state_home();
        assert_eq!(
            home([("XDG_STATE_HOME", "/x"), ("HOME", "/h")].into()),
            Some("/x/jarvis".into())
        );
        assert_eq!(
            home([("XDG_STATE_HOME", "relative"), ("HOME", "/h")].into()),
            Some("/h/.local/state/jarvis".into())
        );
        assert_eq!(
            home([("XDG_STATE_HOME", ""), ("HOME", "/h")].into()),
            Some("/h/.local/state/jarvis".into())
        );
        assert_eq!(home(Environment::default()), None);
    }
}
