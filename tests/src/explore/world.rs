//! The small world as it really is. Nodes a and b hold guests 101 and 102; node p is protected and holds 103, where Jarvis
//! lives. In some worlds node a has a service, or node b can be woken.

use jarvis_model::{NodeName, Vmid};

/// The ordinary nodes and the protected one.
pub const NODES: [&str; 3] = ["a", "b", "p"];
/// The guests that are kept running.
pub const GUESTS: usize = 2;
/// What is acted upon: the guests, then the service on node a, then node b, which is woken.
pub const TARGETS: usize = 4;
/// The service among them.
pub const SERVICE: usize = 2;
/// The wake among them.
pub const WAKE: usize = 3;

/// What is looked after besides the guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hosts {
    /// Nothing.
    Guests,
    /// A service that may be restarted.
    Service,
    /// A service that is only reported.
    Reported,
    /// A node that may be woken.
    Wake,
}

/// What a guest really does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actual {
    /// It runs.
    Running,
    /// It crashed.
    Crashed,
    /// A person stopped it.
    StoppedByPerson,
}

/// A start task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// None since the last intent was logged.
    None,
    /// It runs.
    Running,
    /// It ended well.
    Ok,
    /// It ended with an error.
    Failed,
}

/// The world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    /// Which nodes have power.
    pub up: [bool; 3],
    /// What the guests do.
    pub guests: [Actual; GUESTS],
    /// Whether the service runs.
    pub service: bool,
    /// The latest act on each: a start, a restart, a packet.
    pub tasks: [Task; TARGETS],
    /// Requests received for each within the hour, since the last change of its manifest.
    pub starts: [u8; TARGETS],
}

impl World {
    /// Everything is well.
    pub const WELL: Self = Self {
        up: [true; 3],
        guests: [Actual::Running; GUESTS],
        service: true,
        tasks: [Task::None; TARGETS],
        starts: [0; TARGETS],
    };

    /// Nodes with power.
    pub fn alive(&self) -> usize {
        self.up.iter().filter(|up| **up).count()
    }

    /// A request arrives.
    pub fn start(&mut self, target: usize) {
        self.starts[target] = self.starts[target].saturating_add(1);
        if self.reaches(target) {
            self.tasks[target] = Task::Running;
        }
    }

    /// Whether a request for this arrives: a packet only means something to a node that is off.
    pub fn reaches(&self, target: usize) -> bool {
        self.up[node_of(target)] != (target == WAKE)
    }

    /// What was begun ends well.
    pub fn end_well(&mut self, target: usize) {
        self.tasks[target] = Task::Ok;
        match target {
            SERVICE => self.service = true,
            WAKE => self.up[node_of(WAKE)] = true,
            guest => self.guests[guest] = Actual::Running,
        }
    }

    /// A packet's five minutes are over: a node that it could wake has booted by then.
    pub fn lapse(&mut self) {
        if self.tasks[WAKE] == Task::Running {
            self.tasks[WAKE] = Task::Failed;
        }
    }

    /// A node loses power.
    pub fn lose(&mut self, index: usize) {
        self.up[index] = false;
        if self.guests[index] == Actual::Running {
            self.guests[index] = Actual::Crashed;
        }
        self.service &= index != node_of(SERVICE);
        for target in (0..TARGETS).filter(|target| *target != WAKE && node_of(*target) == index) {
            if self.tasks[target] == Task::Running {
                self.tasks[target] = Task::Failed;
            }
        }
    }

    /// A node is back by itself; its service comes with it.
    pub fn regain(&mut self, index: usize) {
        self.up[index] = true;
        self.service |= index == node_of(SERVICE);
        if index == node_of(WAKE) && self.tasks[WAKE] == Task::Running {
            self.tasks[WAKE] = Task::Ok;
        }
    }

    /// Whether something Jarvis began runs on another node than this one's.
    pub fn busy_elsewhere(&self, target: usize) -> bool {
        (0..TARGETS).any(|other| node_of(other) != node_of(target) && self.tasks[other] == Task::Running)
    }
}

/// The node on which something is acted upon.
pub fn node_of(target: usize) -> usize {
    match target {
        SERVICE => 0,
        WAKE => 1,
        guest => guest,
    }
}

/// What is acted upon, in words.
pub fn name(target: usize) -> String {
    match target {
        SERVICE => "the service".to_owned(),
        WAKE => "node b".to_owned(),
        guest => format!("{}", 101 + guest),
    }
}

/// The guest's number.
pub fn vmid(guest: usize) -> Vmid {
    Vmid::new(101 + u32::try_from(guest).unwrap_or(0)).expect("in range")
}

/// The node's name.
pub fn node(index: usize) -> NodeName {
    NodeName::new(NODES[index]).expect("a plain name")
}
