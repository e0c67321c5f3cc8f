//! The world by itself, with plain numbers for time (seconds since the beginning).

mod chance;
mod failures;
mod guests;
mod high_availability;
mod locks;
mod machines;

use std::time::Duration;

use super::World;
use super::actions::Action;
use super::faults::Fault;
use super::guest::Kind;
use super::membership::View;
use super::sampling::GuestSample;
use crate::scenario::Scenario;
use crate::time::SimTime;

/// The home laboratory, settled for twenty seconds.
fn homelab() -> World {
    let mut world = Scenario::homelab().build(1);
    world.advance(SimTime::from_secs(20));
    world
}

/// Lets seconds pass.
fn pass(world: &mut World, secs: f64) {
    let to = world.now() + Duration::from_secs_f64(secs);
    world.advance(to);
}

fn act(world: &mut World, vmid: u32, action: Action) -> Result<String, String> {
    let guest = &world.guests[&vmid];
    let (node, kind) = (guest.node.clone(), guest.kind);
    world
        .act(&node, kind, vmid, action, "root@pam!full")
        .map_err(|refusal| refusal.text)
}

const STOP: Action = Action::Stop { overrule: false };

const fn shutdown(secs: u64, force: bool) -> Action {
    Action::Shutdown {
        timeout: Some(Duration::from_secs(secs)),
        force,
    }
}

fn exit(world: &World, upid: &str) -> Option<String> {
    world
        .task(upid)
        .unwrap()
        .end
        .as_ref()
        .map(|end| end.status.clone())
}

/// Seconds until the task ends, and how.
fn finish(world: &mut World, upid: &str) -> (f64, String) {
    let began = world.now();
    for _ in 0..4000 {
        if let Some(status) = exit(world, upid) {
            return (world.now().since(began).as_secs_f64(), status);
        }
        pass(world, 0.1);
    }
    panic!("{upid} does not end");
}

/// Seconds until something is true.
fn until(world: &mut World, what: &str, is_true: impl Fn(&World) -> bool) -> f64 {
    let began = world.now();
    for _ in 0..6000 {
        if is_true(world) {
            return world.now().since(began).as_secs_f64();
        }
        pass(world, 0.1);
    }
    panic!("never: {what}");
}

fn inject(world: &mut World, fault: Fault) {
    world.inject(&fault).unwrap();
}

fn crash(vmid: u32) -> Fault {
    Fault::CrashGuest { vmid }
}

fn power_loss(node: &str) -> Fault {
    Fault::PowerLoss {
        node: node.to_owned(),
    }
}

fn power_on(node: &str) -> Fault {
    Fault::PowerOn {
        node: node.to_owned(),
    }
}

/// What `/cluster/resources` of a node says of a guest.
fn seen(world: &World, viewer: &str, vmid: u32) -> Option<GuestSample> {
    world.known_guest(viewer, &world.guests[&vmid]).cloned()
}

fn seen_status(world: &World, viewer: &str, vmid: u32) -> &'static str {
    seen(world, viewer, vmid).map_or("unknown", |sample| sample.status)
}

fn view<'a>(world: &'a World, node: &str) -> &'a View {
    &world.views[node]
}
