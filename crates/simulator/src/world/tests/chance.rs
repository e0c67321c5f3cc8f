//! Chance: the same seed twice gives the same world, whatever happens, and no sequence of faults breaks it.

use proptest::prelude::*;

use super::*;

/// One arbitrary event on the home laboratory.
fn event() -> impl Strategy<Value = (u8, u8, u16)> {
    (0..24_u8, any::<u8>(), 0..20_000_u16)
}

fn play(events: &[(u8, u8, u16)]) -> World {
    let mut world = Scenario::homelab().build(5);
    for (what, pick, millis) in events {
        let vmids: Vec<u32> = world.guests.keys().copied().collect();
        let vmid = vmids[usize::from(*pick) % vmids.len()];
        let names: Vec<String> = world.nodes.keys().cloned().collect();
        let node = names[usize::from(*pick) % names.len()].clone();
        let target = names[usize::from(*pick + 1_u8.min(u8::MAX - *pick)) % names.len()].clone();
        let user = "alex@pam".to_owned();
        let fault = match what {
            0 => crash(vmid),
            1 => Fault::UserStop { vmid, user },
            2 => Fault::UserStart { vmid, user },
            3 => Fault::UserShutdown { vmid, user },
            4 => Fault::UserMigrate { vmid, target, user },
            5 => Fault::PowerLoss { node },
            6 | 7 => Fault::PowerOn { node },
            8 => Fault::Freeze { node },
            9 => Fault::Thaw { node },
            10 => Fault::Partition {
                nodes: vec![node],
                network: false,
            },
            11 => Fault::Heal,
            12 => Fault::LoseQuorum { keep: None },
            13 => Fault::RestorePower,
            14 => Fault::Lock {
                vmid,
                lock: "backup".to_owned(),
            },
            15 => Fault::Unlock { vmid },
            16 => Fault::FailsToStart {
                vmid,
                on: *pick % 2 == 0,
            },
            17 => Fault::StopStatusDaemon { node },
            18 => Fault::StartStatusDaemon { node },
            19 => Fault::StopCorosync { node },
            20 => Fault::StartCorosync { node },
            21 => Fault::ReuseVmid {
                vmid,
                name: None,
                node: None,
            },
            22 => Fault::SlowTasks {
                factor: u32::from(*pick % 5),
            },
            _ => {
                let _ = world.power_command(&node, *pick % 2 == 0);
                Fault::IgnoresAcpi {
                    vmid,
                    on: *pick % 2 == 0,
                }
            }
        };
        let _ = world.inject(&fault);
        pass(&mut world, f64::from(*millis) / 1000.0);
    }
    pass(&mut world, 400.0);
    world
}

fn sound(world: &World) {
    for guest in world.guests.values() {
        let node = world.nodes.get(&guest.node).unwrap();
        assert!(
            !guest.is_running() || node.is_on(),
            "{} runs on a dead node",
            guest.vmid
        );
        assert!(!guest.template || !guest.is_running());
    }
    let quorate: u32 = world
        .nodes
        .values()
        .filter(|node| node.talks() && world.is_quorate(&node.name))
        .map(|node| node.votes)
        .sum();
    assert!(
        quorate == 0 || quorate >= world.quorum_votes(),
        "{quorate} votes claim quorum"
    );
    let open = world.tasks.values().filter(|task| task.end.is_none());
    for task in open {
        let node = &world.nodes[&task.node];
        assert!(node.is_on(), "a task runs on a dead node");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_world_is_sound_and_determined(events in proptest::collection::vec(event(), 1..25)) {
        let world = play(&events);
        sound(&world);
        prop_assert_eq!(world, play(&events));
    }
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut world = homelab();
    let mut other = world.clone();
    inject(&mut world, crash(101));
    pass(&mut other, 30.0);
    assert!(other.guests[&101].is_running());
    let mut twin = other.clone();
    pass(&mut twin, 50.0);
    pass(&mut other, 50.0);
    assert_eq!(twin, other);
}

#[test]
fn many_small_steps_equal_one_large_step() {
    let mut small = homelab();
    let mut large = small.clone();
    for world in [&mut small, &mut large] {
        inject(world, power_loss("forge"));
        act(world, 101, STOP).unwrap();
    }
    for _ in 0..600 {
        pass(&mut small, 0.1);
    }
    pass(&mut large, 60.0);
    assert_eq!(small, large);
}
