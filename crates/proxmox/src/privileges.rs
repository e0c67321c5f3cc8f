//! What the token may do, as Proxmox tells: for the doctor, and for telling "no guests" from "no rights to see them".
//! Decides nothing.

use jarvis_model::{NodeName, Vmid};
use std::collections::BTreeMap;

/// Privileges of the token by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privileges {
    /// Path → privilege → whether it holds below the path too.
    pub paths: BTreeMap<String, BTreeMap<String, bool>>,
}

/// A privilege and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Where.
    pub path: String,
    /// Which.
    pub privilege: &'static str,
    /// What does not work without it.
    pub needed_for: &'static str,
}

/// Privileges that looking needs, by path.
const LOOKING: [(&str, &str, &str); 3] = [
    ("/", "Sys.Audit", "seeing quorum, nodes, HA and everybody's tasks"),
    ("/vms", "VM.Audit", "seeing guests"),
    ("/storage", "Datastore.Audit", "seeing storage"),
];

/// The privilege that acting on guests needs.
const ACTING: (&str, &str, &str) = ("/vms", "VM.PowerMgmt", "starting and shutting down guests");

impl Privileges {
    /// Paths worth asking about: the roots, and the named nodes and guests.
    pub fn paths_for(nodes: &[NodeName], guests: &[Vmid]) -> Vec<String> {
        let roots = ["/", "/vms", "/nodes", "/storage"].map(str::to_owned);
        let nodes = nodes.iter().map(|node| format!("/nodes/{node}"));
        roots
            .into_iter()
            .chain(nodes)
            .chain(guests.iter().map(|vmid| format!("/vms/{vmid}")))
            .collect()
    }

    /// Whether it is held on the path itself.
    pub fn holds(&self, path: &str, privilege: &str) -> bool {
        self.paths
            .get(path)
            .is_some_and(|held| held.contains_key(privilege))
    }

    /// Whether it is held on the path and everything below that has no rule of its own.
    pub fn holds_below(&self, path: &str, privilege: &str) -> bool {
        self.paths
            .get(path)
            .and_then(|held| held.get(privilege))
            .copied()
            .unwrap_or(false)
    }

    /// What is missing for looking.
    pub fn lacks_for_looking(&self) -> Vec<Lack> {
        let lacks = LOOKING
            .into_iter()
            .filter(|(path, privilege, _)| !self.holds(path, privilege));
        lacks
            .map(|(path, privilege, needed_for)| Lack {
                path: path.to_owned(),
                privilege,
                needed_for,
            })
            .collect()
    }

    /// What is missing for acting on these guests; without guests, on any.
    pub fn lacks_for_acting(&self, guests: &[Vmid]) -> Vec<Lack> {
        let (root, privilege, needed_for) = ACTING;
        let paths: Vec<String> = match guests {
            [] => vec![root.to_owned()],
            guests => guests.iter().map(|vmid| format!("/vms/{vmid}")).collect(),
        };
        let lacks = paths.into_iter().filter(|path| !self.holds(path, privilege));
        lacks
            .map(|path| Lack {
                path,
                privilege,
                needed_for,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let mut rights = Privileges::default();
        let held = |pairs: &[(&str, bool)]| {
            pairs
                .iter()
                .map(|(name, below)| ((*name).to_owned(), *below))
                .collect()
        };
        rights.paths.insert("/".to_owned(), held(&[("Sys.Audit", false)]));
        rights.paths.insert(
            "/vms".to_owned(),
            held(&[("VM.Audit", false), ("VM.PowerMgmt", true)]),
        );
        rights.paths.insert("/vms/103".to_owned(), held(&[]));
        assert!(
            rights.holds("/", "Sys.Audit"),
            "0 is granted here, only not below"
        );
        assert!(!rights.holds_below("/vms", "VM.Audit"));
        assert!(rights.holds_below("/vms", "VM.PowerMgmt"));
        let lacks = rights.lacks_for_looking();
        assert_eq!(lacks.len(), 1);
        assert_eq!(
            (lacks[0].path.as_str(), lacks[0].privilege),
            ("/storage", "Datastore.Audit")
        );
        assert!(rights.lacks_for_acting(&[]).is_empty());
        let protected = rights.lacks_for_acting(&[Vmid::new(103).unwrap()]);
        assert_eq!(protected[0].path, "/vms/103");
        let paths = Privileges::paths_for(&[NodeName::new("atlas").unwrap()], &[Vmid::new(103).unwrap()]);
        assert_eq!(
            paths,
            ["/", "/vms", "/nodes", "/storage", "/nodes/atlas", "/vms/103"]
        );
    }
}
