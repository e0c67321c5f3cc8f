//! What is remembered of nodes, quorum and running guests: the changes since memory last heard of them.

use crate::input::{Input, beside};
use jarvis_model::{Event, GuestStatus, NodeStatus, limits};

/// Events that bring memory up to date with what is Known. Unknown changes nothing.
pub fn changes(input: &Input<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    if let Some(quorum) = input.observed.quorum.fresh(input.now, limits::CRITICAL) {
        match (quorum.quorate, input.memory.quorum_lost) {
            (false, false) => events.push(Event::QuorumLost),
            (true, true) => events.push(Event::QuorumRegained),
            _ => {}
        }
    }
    for (name, node) in &input.observed.nodes {
        let lost = input.memory.lost_nodes.contains(name);
        match node.status.fresh(input.now, limits::CRITICAL) {
            Some(NodeStatus::Offline) if !lost => events.push(Event::NodeLost { node: name.clone() }),
            Some(NodeStatus::Online) if lost => events.push(Event::NodeReturned { node: name.clone() }),
            _ => {}
        }
    }
    events.extend(guests_seen(input));
    events
}

/// A guest counts as running when the list says so with an uptime, or a live read does; as stopped only when a live
/// read does.
fn guests_seen(input: &Input<'_>) -> Option<Event> {
    let (mut running, mut stopped) = (Vec::new(), Vec::new());
    for (vmid, guest, since) in beside(&input.observed.guests, &input.memory.running) {
        let remembered = since.is_some();
        let live = guest
            .live
            .fresh(input.now, limits::LIVE)
            .map(|live| (&live.status, live.uptime_secs));
        let listed = guest.status.fresh(input.now, limits::CRITICAL);
        let runs = match live {
            Some((GuestStatus::Running, uptime)) => uptime > 0,
            Some(_) => false,
            None => listed == Some(&GuestStatus::Running) && guest.uptime_secs.unwrap_or(0) > 0,
        };
        if runs && !remembered {
            running.push(*vmid);
        }
        if remembered && matches!(live, Some((GuestStatus::Stopped, _))) {
            stopped.push(*vmid);
        }
    }
    (!running.is_empty() || !stopped.is_empty()).then_some(Event::GuestsSeen { running, stopped })
}
