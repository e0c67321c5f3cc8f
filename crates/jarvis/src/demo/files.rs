//! The demo's manifests: the examples for the home laboratory, or one manifest a guest for a generated cluster.

use jarvis_simulator::Scenario;
use std::{collections::BTreeMap, fmt::Write as _};

/// Guests in one file of a generated set.
const IN_ONE_FILE: usize = 500;

/// The examples, as they are in the repository.
const EXAMPLES: [(&str, &str); 10] = [
    (
        "channels.yaml",
        include_str!("../../../../examples/homelab/manifests/channels.yaml"),
    ),
    (
        "guests/household.yaml",
        include_str!("../../../../examples/homelab/manifests/guests/household.yaml"),
    ),
    (
        "guests/infrastructure.yaml",
        include_str!("../../../../examples/homelab/manifests/guests/infrastructure.yaml"),
    ),
    (
        "guests/laboratory.yaml",
        include_str!("../../../../examples/homelab/manifests/guests/laboratory.yaml"),
    ),
    (
        "nodes.yaml",
        include_str!("../../../../examples/homelab/manifests/nodes.yaml"),
    ),
    (
        "runbooks.yaml",
        include_str!("../../../../examples/homelab/manifests/runbooks.yaml"),
    ),
    (
        "safety.yaml",
        include_str!("../../../../examples/homelab/manifests/safety.yaml"),
    ),
    (
        "services.yaml",
        include_str!("../../../../examples/homelab/manifests/services.yaml"),
    ),
    (
        "thresholds.yaml",
        include_str!("../../../../examples/homelab/manifests/thresholds.yaml"),
    ),
    (
        "windows.yaml",
        include_str!("../../../../examples/homelab/manifests/windows.yaml"),
    ),
];

/// Files by path.
pub fn of(scenario: &Scenario, seed: u64) -> BTreeMap<String, String> {
    match scenario {
        Scenario::Homelab => EXAMPLES
            .iter()
            .map(|(path, text)| ((*path).to_owned(), as_demonstrated(path, text)))
            .collect(),
        _ => generated(scenario, seed),
    }
}

/// The examples let the laboratory change at weekends only, and only after a person agreed. In a demo a commit is to be
/// followed on any day, so that window and that level are left out. The simulated network has loopback for its broadcast
/// address.
fn as_demonstrated(path: &str, text: &str) -> String {
    match path {
        "windows.yaml" => {
            let kept: Vec<&str> = text
                .split("---\n")
                .filter(|document| !document.contains("laboratory-weekend"))
                .collect();
            kept.join("---\n")
        }
        "guests/laboratory.yaml" => {
            let kept = text
                .lines()
                .filter(|line| line.trim() != "autonomy: L2" && !line.starts_with('#'));
            kept.flat_map(|line| [line, "\n"]).collect()
        }
        "nodes.yaml" => {
            let lines = text.lines().flat_map(|line| {
                let added = if line.trim_start().starts_with("mac: ") {
                    "    broadcast: 127.0.0.1\n"
                } else {
                    ""
                };
                [line, "\n", added]
            });
            lines.collect()
        }
        _ => text.to_owned(),
    }
}

/// What runs is to be restarted after a crash, what is off is only observed.
fn generated(scenario: &Scenario, seed: u64) -> BTreeMap<String, String> {
    let world = scenario.build(seed);
    let guests: Vec<_> = world.guests.values().collect();
    let mut files = BTreeMap::new();
    for (number, chunk) in guests.chunks(IN_ONE_FILE).enumerate() {
        let mut text = String::new();
        for guest in chunk {
            let kind = match guest.kind {
                jarvis_simulator::world::guest::Kind::Qemu => "VirtualMachine",
                jarvis_simulator::world::guest::Kind::Lxc => "Container",
            };
            let strategy = if guest.is_running() {
                "RerunOnFailure"
            } else {
                "Manual"
            };
            // Writing into a String cannot fail.
            let _ = write!(
                text,
                "---\napiVersion: jarvis.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {}\nspec:\n  vmid: {}\n  node: {}\n  runStrategy: {strategy}\n",
                guest.name, guest.vmid, guest.node
            );
        }
        files.insert(format!("guests/{number:02}.yaml"), text);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_valid() {
        for scenario in [Scenario::homelab(), Scenario::generated(3, 1200)] {
            let files = of(&scenario, 7);
            let loaded = jarvis_crds::load_unsaved(&files).unwrap_or_else(|errors| panic!("{}", errors[0]));
            assert!(loaded.desired.guests.len() >= 10, "{scenario:?}");
        }
    }

    #[test]
    fn the_demos_laboratory_follows_a_commit_on_any_day() {
        let files = of(&Scenario::homelab(), 1);
        let loaded = jarvis_crds::load_unsaved(&files).unwrap_or_else(|errors| panic!("{}", errors[0]));
        let laboratory = |window: &jarvis_crds::Manifest<jarvis_crds::MaintenanceWindowSpec>| {
            window
                .spec
                .selector
                .labels
                .values()
                .any(|value| value == "laboratory")
        };
        assert!(!loaded.desired.windows.values().any(laboratory));
        let (_, guest) = loaded
            .desired
            .guest_by_vmid(jarvis_model::Vmid::new(105).unwrap())
            .unwrap();
        assert_eq!(
            (guest.spec.run_strategy, guest.spec.autonomy),
            (jarvis_crds::RunStrategy::Halted, None)
        );
    }

    #[test]
    fn the_demos_nodes_are_woken_by_the_simulated_network() {
        let files = of(&Scenario::homelab(), 1);
        let loaded = jarvis_crds::load_unsaved(&files).unwrap_or_else(|errors| panic!("{}", errors[0]));
        let world = Scenario::homelab().build(1);
        for manifest in loaded.desired.nodes.values() {
            let node = &world.nodes[manifest.spec.node.as_str()];
            let wake = manifest.spec.wake_on_lan.as_ref().unwrap();
            assert_eq!(wake.broadcast, Some(std::net::Ipv4Addr::LOCALHOST));
            let mac = wake.mac.as_ref().unwrap().to_string();
            assert!(mac.eq_ignore_ascii_case(&node.mac), "{mac}");
        }
        assert_eq!(loaded.desired.nodes.len(), world.nodes.len());
    }

    #[test]
    fn every_service_of_the_demo_exists_in_the_simulated_cluster() {
        use jarvis_simulator::Place;
        let files = of(&Scenario::homelab(), 1);
        let loaded = jarvis_crds::load_unsaved(&files).unwrap_or_else(|errors| panic!("{}", errors[0]));
        let world = Scenario::homelab().build(1);
        assert!(loaded.desired.services.len() >= 3);
        for manifest in loaded.desired.services.values() {
            let Some(reference) = manifest.spec.reference() else {
                continue;
            };
            let place = match reference.target.host() {
                jarvis_model::Host::Node(node) => Place::node(node.as_str()),
                jarvis_model::Host::Guest(vmid) => Place::Guest(vmid.get()),
                jarvis_model::Host::Named(name) => panic!("{name}"),
            };
            let name = reference.name.unit().name().to_owned();
            assert!(
                world.find_service(&place, None, &name).is_some(),
                "{name} on {place}"
            );
        }
    }

    #[test]
    fn no_example_is_left_out() {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/homelab/manifests");
        let read = crate::manifests::read(std::slice::from_ref(&folder)).unwrap();
        let there: Vec<String> = read
            .keys()
            .map(|path| path.replace(&format!("{}/", folder.display()), ""))
            .collect();
        assert_eq!(there, EXAMPLES.map(|(path, _)| path.to_owned()));
    }
}
