//! Where a life takes place: a small cluster, what of it is protected, and what its manifests declare. All drawn from the
//! seed.

use super::rows::{node_name, vmid};
use jarvis_guard::Floor;
use jarvis_model::Autonomy;
use jarvis_simulator::{
    Scenario,
    rng::Rng,
    world::{World, guest::Kind},
};
use std::fmt::Write as _;

/// When a guest should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Whatever stopped it.
    Always,
    /// Unless a person stopped it.
    RerunOnFailure,
    /// Never.
    Halted,
    /// As people like.
    Manual,
}

/// What is declared of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its number.
    pub vmid: u32,
    /// Its kind.
    pub kind: Kind,
    /// Its name in the manifests.
    pub name: String,
    /// When it should run.
    pub strategy: Strategy,
    /// How far Jarvis may go; the floor's L3 when nothing is said.
    pub autonomy: Option<Autonomy>,
    /// What must be up before it.
    pub needs: Option<String>,
    /// Whether its guest agent must answer.
    pub ready: bool,
    /// How long it may take to shut down, seconds.
    pub stop_timeout_secs: u32,
}

/// The cluster and what is said about it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The world at its beginning.
    pub world: World,
    /// What is in force with no manifest at all.
    pub floor: Floor,
    /// What is declared at first.
    pub specs: Vec<Spec>,
    /// What is declared beside guests, in every revision.
    pub beside: String,
}

impl Place {
    /// The place of this seed.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Rng::new(seed ^ 0x0070_6C61_6365);
        let nodes = u32::try_from(3 + dice.below(3)).unwrap_or(3);
        let guests = u32::try_from(6 + dice.below(7)).unwrap_or(6);
        let world = Scenario::generated(nodes, guests).build(seed);
        let numbers: Vec<u32> = world.guests.keys().copied().collect();
        let own = numbers[usize::try_from(dice.below(u64::from(guests))).unwrap_or(0)];
        let home = world.guests[&own].node.clone();
        let floor = Floor {
            nodes: [node_name(&home)].into(),
            guests: [vmid(own)].into(),
            autonomy: Autonomy::L3,
            ..Floor::default()
        };
        let mut specs: Vec<Spec> = Vec::new();
        for guest in world.guests.values() {
            if dice.below(6) == 0 {
                continue;
            }
            let name = format!("guest-{}", guest.vmid);
            let needs = (dice.below(5) == 0)
                .then(|| specs.last().map(Spec::key))
                .flatten();
            specs.push(Spec {
                vmid: guest.vmid,
                kind: guest.kind,
                name,
                strategy: strategy(&mut dice),
                autonomy: autonomy(&mut dice),
                needs,
                ready: guest.kind == Kind::Qemu && dice.below(5) == 0,
                stop_timeout_secs: 20 + u32::try_from(dice.below(60)).unwrap_or(0),
            });
        }
        Self {
            world,
            floor,
            specs,
            beside: String::new(),
        }
    }
}

/// A run strategy.
pub fn strategy(dice: &mut Rng) -> Strategy {
    match dice.below(12) {
        0..=4 => Strategy::RerunOnFailure,
        5..=9 => Strategy::Always,
        10 => Strategy::Halted,
        _ => Strategy::Manual,
    }
}

fn autonomy(dice: &mut Rng) -> Option<Autonomy> {
    match dice.below(12) {
        0 => Some(Autonomy::L1),
        1 => Some(Autonomy::L2),
        2 => Some(Autonomy::L4),
        _ => None,
    }
}

impl Spec {
    /// The kind and name of its manifest.
    pub fn key(&self) -> String {
        let kind = match self.kind {
            Kind::Qemu => "VirtualMachine",
            Kind::Lxc => "Container",
        };
        format!("{kind}/{}", self.name)
    }

    fn yaml(&self) -> String {
        let key = self.key();
        let kind = key.split('/').next().unwrap_or_default();
        let mut text = format!(
            "apiVersion: jarvis.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {}\nspec:\n  vmid: {}\n  runStrategy: {:?}\n  \
             stopTimeout: {}s\n",
            self.name, self.vmid, self.strategy, self.stop_timeout_secs
        );
        if let Some(level) = self.autonomy {
            let _ = writeln!(text, "  autonomy: {level}");
        }
        if let Some(needs) = &self.needs {
            let _ = writeln!(text, "  dependsOn: [{needs}]");
        }
        if self.ready {
            text.push_str("  ready:\n    guestAgent: {}\n    within: 2m\n");
        }
        text
    }
}

/// The manifests as a file.
pub fn yaml(specs: &[Spec]) -> String {
    let all: Vec<String> = specs.iter().map(Spec::yaml).collect();
    all.join("---\n")
}
