//! The level that holds: the lowest of everything that has a say.

use crate::world::*;
use jarvis_crds::{
    AnyManifest, AutonomyRule, Expected, GuestSpec, Manifest, NodeSpec, RunStrategy, SafetyPolicySpec,
};
use jarvis_guard::{Floor, Request, autonomy};
use jarvis_model::{Autonomy, Rule, Verdict};

fn rule(world: &mut World, name: &str, default: Option<Autonomy>, ceiling: Option<Autonomy>) {
    let autonomy = AutonomyRule { default, ceiling };
    world.policy(
        name,
        SafetyPolicySpec {
            autonomy,
            ..SafetyPolicySpec::default()
        },
    );
}

/// The level for what asks for `asked`.
fn level(world: &World, asked: Option<Autonomy>) -> Autonomy {
    autonomy(asked, &world.facts())
}

#[test]
fn without_any_word_it_is_the_floors_and_by_default_recommends() {
    let mut world = world();
    world.floor = Floor::default();
    assert_eq!(level(&world, None), Autonomy::L2);
    world.floor.autonomy = Autonomy::L3;
    assert_eq!(level(&world, None), Autonomy::L3);
}

#[test]
fn a_manifest_speaks_for_itself_up_to_the_ceiling() {
    let mut world = world();
    world.floor = Floor {
        ceiling: Autonomy::L3,
        ..Floor::default()
    };
    for asked in Autonomy::ALL {
        assert_eq!(level(&world, Some(asked)), asked.min(Autonomy::L3));
    }
}

#[test]
fn the_lowest_of_every_combination_counts() {
    for own in Autonomy::ALL {
        for default in Autonomy::ALL {
            for ceiling in Autonomy::ALL {
                for person in Autonomy::ALL {
                    let mut world = world();
                    world.floor = Floor::default();
                    world.memory.ceiling = Some(person);
                    world.desired = jarvis_crds::Desired::new("", []);
                    rule(&mut world, "a", Some(default), None);
                    rule(&mut world, "b", None, Some(ceiling));
                    let lowest = own.min(default).min(ceiling).min(person);
                    assert_eq!(
                        level(&world, Some(own)),
                        lowest,
                        "{own} {default} {ceiling} {person}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_policys_default_never_raises_the_floor() {
    let mut world = world();
    world.floor = Floor::default();
    rule(&mut world, "bold", Some(Autonomy::L4), Some(Autonomy::L4));
    assert_eq!(level(&world, None), Autonomy::L2);
    rule(&mut world, "timid", Some(Autonomy::L1), None);
    assert_eq!(level(&world, None), Autonomy::L1);
}

#[test]
fn the_manifest_counts_even_when_the_request_forgets_it() {
    let mut world = world();
    let spec = GuestSpec {
        autonomy: Some(Autonomy::L1),
        ..GuestSpec::new(vmid(101), RunStrategy::Always)
    };
    world.declare(AnyManifest::VirtualMachine(Manifest::named("web", spec)));
    for asked in [None, Some(Autonomy::L4)] {
        let request = Request {
            autonomy: asked,
            ..start_by_reconciler()
        };
        assert_eq!(world.judge(&request).rule(), Some(Rule::Autonomy), "{asked:?}");
        let forgetful = Request {
            resource: None,
            ..request
        };
        assert_eq!(world.judge(&forgetful).rule(), Some(Rule::Autonomy), "{asked:?}");
    }
}

#[test]
fn a_nodes_manifest_counts_for_its_power() {
    let mut world = world();
    let spec = NodeSpec {
        autonomy: Some(Autonomy::L1),
        expected: Expected::Online,
        ..NodeSpec::new(node("forge"))
    };
    world.declare(AnyManifest::Node(Manifest::named("forge", spec)));
    let request = reconciler_request(reboot_node("forge"));
    assert!(
        matches!(world.judge(&request), Verdict::Refuse { .. }),
        "L1 does not even recommend"
    );
    let other = reconciler_request(reboot_node("nova"));
    assert!(
        matches!(world.judge(&other), Verdict::Confirm { .. }),
        "at L4 red is recommended"
    );
}

#[test]
fn levels_from_three_up_act() {
    for level in Autonomy::ALL {
        let mut world = world();
        world.floor.autonomy = level;
        assert_eq!(
            world.judge(&start_by_reconciler()).is_permit(),
            level >= Autonomy::L3,
            "{level}"
        );
    }
}

#[test]
fn levels_do_not_bind_persons() {
    let mut world = world();
    world.memory.ceiling = Some(Autonomy::L0);
    world.floor.ceiling = Autonomy::L0;
    assert!(world.judge(&person_request(start(101))).is_permit());
}

#[test]
fn the_answer_names_each_place_that_is_in_the_way() {
    let mut world = world();
    world.floor = Floor {
        ceiling: Autonomy::L2,
        ..world.floor
    };
    world.memory.ceiling = Some(Autonomy::L2);
    rule(&mut world, "careful", None, Some(Autonomy::L2));
    let request = Request {
        autonomy: Some(Autonomy::L2),
        ..start_by_reconciler()
    };
    let Verdict::Confirm { reason, .. } = world.judge(&request) else {
        panic!("not recommended")
    };
    for place in [
        "dashboard",
        "`safety.ceiling`",
        "SafetyPolicy/careful",
        "`autonomy` of its manifest",
    ] {
        assert!(reason.contains(place), "{place} is not in {reason:?}");
    }
}
