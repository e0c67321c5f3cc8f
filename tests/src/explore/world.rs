//! The small world as it really is. Nodes a and b hold guests 101 and 102; node p is protected and holds 103, where Jarvis
//! lives.

use jarvis_model::{NodeName, Vmid};

/// The ordinary nodes and the protected one.
pub const NODES: [&str; 3] = ["a", "b", "p"];
/// The guests that are kept running.
pub const GUESTS: usize = 2;

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
    /// Their latest start tasks.
    pub tasks: [Task; GUESTS],
    /// Starts received for each within the hour, since the last change of its manifest.
    pub starts: [u8; GUESTS],
}

impl World {
    /// Everything is well.
    pub const WELL: Self = Self {
        up: [true; 3],
        guests: [Actual::Running; GUESTS],
        tasks: [Task::None; GUESTS],
        starts: [0; GUESTS],
    };

    /// Nodes with power.
    pub fn alive(&self) -> usize {
        self.up.iter().filter(|up| **up).count()
    }

    /// A start request arrives.
    pub fn start(&mut self, guest: usize) {
        self.starts[guest] = self.starts[guest].saturating_add(1);
        if self.up[guest] {
            self.tasks[guest] = Task::Running;
        }
    }

    /// Whether something Jarvis began runs on another node than this guest's.
    pub fn busy_elsewhere(&self, guest: usize) -> bool {
        (0..GUESTS).any(|other| other != guest && self.tasks[other] == Task::Running)
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
