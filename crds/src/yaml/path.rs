//! Where in a document something is: `spec.dependsOn[1]`.

use std::fmt;

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Into a mapping.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// Steps from a document's root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// One step further, into a mapping.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.step(Segment::Key(key.to_owned()))
    }

    /// One step further, into a list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Segment::Index(index))
    }

    fn step(&self, segment: Segment) -> Self {
        let mut steps = self.0.clone();
        steps.push(segment);
        Self(steps)
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    write!(f, "{dot}{}", shown(key))?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key of any length and content, as it may stand in one line.
fn shown(key: &str) -> String {
    let plain = key.chars().map(|c| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    });
    plain.take(120).collect()
}

/// `field!("spec", "dependsOn", 1)`.
macro_rules! field {
    ($($segment:expr),* $(,)?) => {{
        let path = $crate::yaml::path::Path::root();
        $(let path = $crate::yaml::path::Step::after($segment, &path);)*
        path
    }};
}
pub(crate) use field;

/// What can be a step in the macro `field`.
pub trait Step {
    /// The path one step further.
    fn after(self, path: &Path) -> Path;
}

impl Step for &str {
    fn after(self, path: &Path) -> Path {
        path.key(self)
    }
}

impl Step for usize {
    fn after(self, path: &Path) -> Path {
        path.index(self)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_read_as_people_write_them() {
        assert_eq!(
            field!("spec", "steps", 2, "action").to_string(),
            "spec.steps[2].action"
        );
        assert_eq!(field!().to_string(), "");
        assert_eq!(
            field!("a\n\u{1b}b").to_string(),
            "a\u{fffd}\u{fffd}b",
            "one line, no escapes for the terminal"
        );
    }
}
