//! All tools, in the order in which every client sees them.

use crate::{
    act::{guests as acts, services, system},
    propose,
    read::{cluster, events, guests, nodes, plan, storage, temperatures},
    tool::Tool,
};

/// All tools: nine that read, six that act on guests and services, three that reach further. The order never changes.
pub static CATALOGUE: [Tool; 18] = [
    cluster::TOOL,
    nodes::LIST,
    nodes::GET,
    guests::LIST,
    guests::GET,
    storage::TOOL,
    temperatures::TOOL,
    events::TOOL,
    plan::TOOL,
    acts::START,
    acts::SHUTDOWN,
    acts::REBOOT,
    acts::STOP,
    services::RESTART,
    acts::SNAPSHOT,
    system::COMMAND,
    system::WAKE,
    propose::TOOL,
];
