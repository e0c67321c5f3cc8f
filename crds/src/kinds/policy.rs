//! `SafetyPolicy`: protection, dependencies, autonomy, budgets and the command allowlist. Several may exist; all
//! hold at once, the strictest counts, and none loosens the floor that is in force without any.

use super::{
    is_default,
    target::{Place, ServiceRef},
};
use crate::schema::words::{ArgumentText, AutonomyText, NodeNameText, ResourceNameText, VmidNumber};
use jarvis_model::{Autonomy, NodeName, Vmid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What must not be touched, what needs what, and how far and how often Jarvis may act.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SafetyPolicySpec {
    /// What is never changed, by anyone, through any door.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub protected: Vec<Protected>,
    /// What needs what. That a guest needs its node is known from live placement and need not be said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub dependencies: Vec<Dependency>,
    /// How far Jarvis may go.
    #[serde(default, skip_serializing_if = "is_default")]
    pub autonomy: AutonomyRule,
    /// How often and how much at once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub budgets: Budgets,
    /// Commands that may be run; whatever is not listed is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 200))]
    pub command_allowlist: Vec<AllowedCommand>,
}

/// Something that is never changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Protected {
    /// A node: its power, network, cluster and SSH services, and moving its protected guests.
    Node(#[schemars(with = "NodeNameText")] NodeName),
    /// A guest, by its number.
    #[serde(rename = "vmid")]
    Guest(#[schemars(with = "VmidNumber")] Vmid),
    /// A service.
    Service(ServiceRef),
    /// The docker daemon on a node or guest, and all its containers' lives with it.
    DockerDaemon(Place),
}

/// One thing needs another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Dependency {
    /// What would suffer.
    pub who: DependencyEnd,
    /// What it needs.
    pub needs: DependencyEnd,
}

/// An end of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DependencyEnd {
    /// A node.
    Node(#[schemars(with = "NodeNameText")] NodeName),
    /// A guest, by its number.
    #[serde(rename = "vmid")]
    Guest(#[schemars(with = "VmidNumber")] Vmid),
    /// A service.
    Service(ServiceRef),
}

/// How far Jarvis may go. What holds for a resource is the lowest of its own level, the default and the ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct AutonomyRule {
    /// The level of resources whose manifest says nothing itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutonomyText>")]
    pub default: Option<Autonomy>,
    /// The highest level anything may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutonomyText>")]
    pub ceiling: Option<Autonomy>,
}

/// How often and how much at once. Each can only be lower than the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Budgets {
    /// Attempts for one issue in a rolling hour; at most 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3), extend("x-jarvis-floor" = true))]
    pub attempts_per_issue: Option<u32>,
    /// Actions without a person in a rolling hour, over everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub actions_per_hour: Option<u32>,
    /// Changes in one plan beyond which a person is asked; at most 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10), extend("x-jarvis-floor" = true))]
    pub largest_plan: Option<u32>,
    /// Nodes on which something is changed at the same time; always 1, and may be said for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1), extend("x-jarvis-floor" = true))]
    pub nodes_at_once: Option<u32>,
}

/// A command that may be run: a list of arguments, never a line for a shell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AllowedCommand {
    /// The name by which runbooks and tools ask for it.
    #[schemars(with = "ResourceNameText")]
    pub name: String,
    /// The program and its arguments; `{name}` stands for one argument to be filled in.
    #[schemars(with = "Vec<ArgumentText>", length(min = 1, max = 50))]
    pub argv: Vec<String>,
    /// Whether it changes anything. What changes something needs a confirmation.
    #[serde(default = "yes")]
    pub changes: bool,
}

fn yes() -> bool {
    true
}

impl AllowedCommand {
    /// Whether an argument list is this command with its placeholders filled in. What fills a placeholder is one
    /// argument of letters, digits and `_ . @ : / + -`, does not start with `-`, and has no `..` in it.
    pub fn matches(&self, argv: &[String]) -> bool {
        self.argv.len() == argv.len()
            && self.argv.iter().zip(argv).all(|(template, argument)| {
                if is_placeholder(template) {
                    fills(argument)
                } else {
                    template == argument
                }
            })
    }
}

/// Whether a template argument is to be filled in: `{name}`.
pub fn is_placeholder(template: &str) -> bool {
    template.len() > 2 && template.starts_with('{') && template.ends_with('}')
}

fn fills(argument: &str) -> bool {
    (1..=200).contains(&argument.len())
        && !argument.starts_with('-')
        && !argument.contains("..")
        && argument
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.@:/+-".contains(&b))
}

impl fmt::Display for DependencyEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(vmid) => write!(f, "vmid {vmid}"),
            Self::Service(service) => service.fmt(f),
        }
    }
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(vmid) => write!(f, "vmid {vmid}"),
            Self::Service(service) => service.fmt(f),
            Self::DockerDaemon(place) => write!(f, "docker daemon on {place}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_placeholder_takes_one_harmless_argument() {
        let command = AllowedCommand {
            name: "restart".into(),
            argv: argv(&["systemctl", "restart", "{unit}"]),
            changes: true,
        };
        assert!(command.matches(&argv(&["systemctl", "restart", "nginx.service"])));
        for bad in [
            "", "-f", "--now", "a b", "a;b", "$(x)", "a\nb", "../x", "a|b", "*", "ünit",
        ] {
            assert!(
                !command.matches(&argv(&["systemctl", "restart", bad])),
                "{bad:?} must not fill a placeholder"
            );
        }
        assert!(!command.matches(&argv(&["systemctl", "stop", "nginx.service"])));
        assert!(!command.matches(&argv(&["systemctl", "restart"])));
        assert!(!command.matches(&argv(&["systemctl", "restart", "a", "b"])));
    }
}
