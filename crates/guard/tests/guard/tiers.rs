//! Base tiers, action by action, and the allowlist of commands.

use crate::world::*;
use jarvis_crds::{AllowedCommand, SafetyPolicySpec};
use jarvis_guard::base_tier;
use jarvis_model::{Action, Host, Tier};

fn service(make: fn(Host, String) -> Action) -> Action {
    make(Host::Node(node("forge")), "nginx".to_owned())
}

fn command(words: &[&str]) -> Action {
    let argv = words.iter().map(|word| (*word).to_owned()).collect();
    Action::RunCommand {
        host: Host::Node(node("forge")),
        argv,
    }
}

fn allow(world: &mut World, policy: &str, argv: &[&str], changes: bool) {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    let command_allowlist = vec![AllowedCommand {
        name: "listed".to_owned(),
        argv,
        changes,
    }];
    world.policy(
        policy,
        SafetyPolicySpec {
            command_allowlist,
            ..SafetyPolicySpec::default()
        },
    );
}

#[test]
fn every_action_has_the_tier_of_the_table() {
    let snapshot = || "before".to_owned();
    let rows = [
        (start(101), Tier::Yellow),
        (shutdown(101), Tier::Yellow),
        (reboot(101), Tier::Yellow),
        (
            Action::CreateSnapshot {
                vmid: vmid(101),
                snapshot: snapshot(),
            },
            Tier::Yellow,
        ),
        (Action::WakeNode { node: node("forge") }, Tier::Yellow),
        (
            service(|host, service| Action::StartService { host, service }),
            Tier::Yellow,
        ),
        (
            service(|host, service| Action::RestartService { host, service }),
            Tier::Yellow,
        ),
        (stop(101), Tier::Red),
        (reset(101), Tier::Red),
        (migrate(101, "forge"), Tier::Red),
        (
            Action::RollbackSnapshot {
                vmid: vmid(101),
                snapshot: snapshot(),
            },
            Tier::Red,
        ),
        (reboot_node("forge"), Tier::Red),
        (shutdown_node("forge"), Tier::Red),
        (
            service(|host, service| Action::StopService { host, service }),
            Tier::Red,
        ),
        (Action::DestroyGuest { vmid: vmid(101) }, Tier::Black),
        (Action::ReconfigureGuest { vmid: vmid(101) }, Tier::Black),
        (
            Action::Unknown {
                name: "fly".to_owned(),
            },
            Tier::Black,
        ),
        (command(&["uptime"]), Tier::Black),
    ];
    for (action, tier) in rows {
        assert_eq!(base_tier(&action, &world().desired), tier, "{action}");
    }
}

#[test]
fn a_listed_command_is_green_when_it_reads_and_red_when_it_changes() {
    let mut world = world();
    allow(&mut world, "reads", &["systemctl", "status", "{unit}"], false);
    allow(&mut world, "writes", &["systemctl", "restart", "{unit}"], true);
    assert_eq!(
        base_tier(&command(&["systemctl", "status", "nginx"]), &world.desired),
        Tier::Green
    );
    assert_eq!(
        base_tier(&command(&["systemctl", "restart", "nginx"]), &world.desired),
        Tier::Red
    );
    assert_eq!(
        base_tier(&command(&["systemctl", "stop", "nginx"]), &world.desired),
        Tier::Black
    );
    assert_eq!(
        base_tier(&command(&["systemctl", "restart", "--now"]), &world.desired),
        Tier::Black
    );
    assert_eq!(base_tier(&command(&[]), &world.desired), Tier::Black);
}

#[test]
fn when_two_policies_list_a_command_the_stricter_counts() {
    for (first, second) in [(true, false), (false, true), (true, true)] {
        let mut world = world();
        allow(&mut world, "a", &["smartctl", "-a", "{disk}"], first);
        allow(&mut world, "b", &["smartctl", "-a", "{disk}"], second);
        assert_eq!(
            base_tier(&command(&["smartctl", "-a", "/dev/sda"]), &world.desired),
            Tier::Red
        );
    }
}
