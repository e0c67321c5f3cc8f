//! Programs that guests' agents have started: what became of each, until it is asked for or the guest ends. Pure state.

use super::World;
use crate::programs::Ran;

/// Programs an agent remembers.
const KEPT: usize = 100;

impl World {
    /// Remembers a program that was started in a guest; its process id.
    pub fn keep_agent_job(&mut self, vmid: u32, ran: Ran) -> u64 {
        let of_guest = || (vmid, 0)..=(vmid, u64::MAX);
        let pids: Vec<u64> = self
            .agent_jobs
            .range(of_guest())
            .map(|((_, pid), _)| *pid)
            .collect();
        self.next_seq += 1;
        let pid = 1000 + self.next_seq;
        if let Some(first) = pids.first().filter(|_| pids.len() >= KEPT) {
            self.agent_jobs.remove(&(vmid, *first));
        }
        self.agent_jobs.insert((vmid, pid), ran);
        pid
    }

    /// What became of a program in a guest, as far as its agent knows it.
    pub fn agent_job(&self, vmid: u32, pid: u64) -> Option<&Ran> {
        self.agent_jobs.get(&(vmid, pid))
    }

    /// Its end was told.
    pub fn forget_agent_job(&mut self, vmid: u32, pid: u64) {
        self.agent_jobs.remove(&(vmid, pid));
    }

    /// The guest ended, and its agent with it.
    pub(super) fn forget_agent_jobs(&mut self, vmid: u32) {
        self.agent_jobs.retain(|(guest, _), _| *guest != vmid);
    }
}
