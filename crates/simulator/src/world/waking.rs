//! Wake-on-LAN: what a magic packet on the simulated network does. Pure.

use super::World;
use super::ledger::Wake;
use super::node::Power;

impl World {
    /// A magic packet with this address goes over the network; tells which node's card it was for.
    ///
    /// A node that is off boots as after a power-on. Others, and cards that are set to ignore it, do nothing.
    pub fn magic_packet(&mut self, mac: &str, from: &str) -> Option<String> {
        let name = self
            .nodes
            .values()
            .find(|node| node.mac.eq_ignore_ascii_case(mac))
            .map(|node| node.name.clone());
        let woke = name
            .as_ref()
            .and_then(|name| self.nodes.get(name))
            .is_some_and(|node| node.power == Power::Off && !node.ignores_wake);
        self.ledger.wakes.push(Wake {
            at_ms: self.now.as_millis(),
            mac: mac.to_lowercase(),
            from: from.to_owned(),
            node: name.clone(),
            woke,
        });
        if let (true, Some(name)) = (woke, &name) {
            self.power_on(name);
        }
        name
    }
}
