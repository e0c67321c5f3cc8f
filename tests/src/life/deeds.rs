//! What happens in a life, and when: drawn from the seed before it begins. Whatever breaks is mended after a while.

use super::{
    journal::{Mark, Trap},
    place::Place,
    wire::{Fate, Spoilt},
};
use jarvis_simulator::{Fault, rng::Rng};
use jarvis_store::faulty::Crash;
use std::collections::BTreeMap;

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Deed {
    /// To the cluster.
    Cluster(Fault),
    /// What ran on the node when it died is not in its task list any more.
    TasksLost(String),
    /// Answers take this long, or what they usually take.
    Slow(Option<(u64, u64)>),
    /// Answers have this status, or their own.
    Status(Option<u16>),
    /// Answers are spoilt, or not.
    Spoilt(Option<Spoilt>),
    /// Packets to these entry points vanish.
    Cut(Vec<String>),
    /// What becomes of the next write.
    Write(Fate),
    /// Jarvis dies.
    Die(Crash),
    /// Jarvis dies once this comes.
    Trap(Trap),
    /// Jarvis is started.
    Start,
    /// A second Jarvis is started beside the first.
    Second,
    /// The older of two is stopped.
    StopFirst,
    /// The next sync of the journal fails.
    SyncFails,
    /// The journal's disk has only this many bytes left, or enough.
    Room(Option<usize>),
    /// The journal's disk takes this long for a record, milliseconds.
    SlowDisk(u64),
    /// Jarvis's clock jumps, seconds.
    Jump(i64),
    /// Jarvis's clock stands still.
    ClockStops,
    /// Jarvis's clock is right again.
    ClockRight,
    /// The machine Jarvis runs on is suspended, seconds.
    Suspend(u64),
    /// A commit.
    Commit(Change),
    /// The remote of the manifests can be reached, or not.
    Remote(Reach),
    /// What a person does.
    Person(Wish),
}

/// Whether something can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It can.
    Open,
    /// It cannot.
    Gone,
}

/// What a commit changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// One manifest.
    One,
    /// Nothing that can be read.
    Broken,
    /// Most manifests are gone.
    Shrink,
    /// A thousand manifests more.
    Thousand,
    /// All manifests as they were at first.
    Restore,
    /// One manifest, on a history that was written anew.
    ForcePush,
}

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// An act on a guest: which of several, and which guest.
    OnGuest(u64, u32, Follow),
    /// A node's power.
    OnNode(u64, String, Follow),
    /// The kill switch, of all or of autonomy, for so many minutes or until thawed.
    Freeze(bool, Option<u64>),
    /// Its release.
    Thaw,
    /// A hold: on the cluster (0), a node (1) or a resource, for so many minutes.
    Hold(u64, u64),
    /// Yes to everything that is recommended.
    ApprovePlan,
    /// Yes to a revision that removes much.
    ApproveRevision,
    /// Acknowledgement of all issues.
    Acknowledge,
    /// A ceiling of L2, or none.
    Ceiling(bool),
    /// The new guest under a known number is meant.
    AcceptIdentity(u32),
    /// Look and plan now.
    Reconcile,
}

/// What follows a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It is confirmed after so many seconds, by so many operators at once.
    Confirm(u64, u8),
    /// It is taken back after so many seconds.
    Recall(u64),
    /// Nothing.
    Nothing,
}

/// How hard a life is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hardship {
    /// Tasks end after minutes at the latest.
    #[default]
    Ordinary,
    /// Tasks may go on for hours.
    Hardest,
}

/// What happens, by milliseconds since the beginning and a number that keeps them apart.
pub type Agenda = BTreeMap<(u64, u32), Deed>;

const SEC: u64 = 1_000;
const MINUTE: u64 = 60 * SEC;

struct Draw<'a> {
    dice: Rng,
    hardship: Hardship,
    place: &'a Place,
    agenda: Agenda,
    next: u32,
}

/// The agenda of a life of this length, milliseconds.
pub fn draw(seed: u64, place: &Place, length_ms: u64, hardship: Hardship) -> Agenda {
    let mut draw = Draw {
        dice: Rng::new(seed ^ 0x0064_6565_6473),
        hardship,
        place,
        agenda: Agenda::new(),
        next: 0,
    };
    let mut at = 3 * MINUTE;
    while at < length_ms {
        draw.happening(at);
        // Troubles come in bursts.
        at += if draw.dice.below(3) == 0 {
            draw.dice.below(20) * SEC
        } else {
            MINUTE + draw.dice.below(9 * MINUTE)
        };
    }
    draw.agenda
}

impl Draw<'_> {
    fn put(&mut self, at: u64, deed: Deed) {
        self.next += 1;
        self.agenda.insert((at, self.next), deed);
    }

    fn guest(&mut self) -> u32 {
        let numbers: Vec<u32> = self.place.world.guests.keys().copied().collect();
        numbers[usize::try_from(self.dice.below(numbers.len() as u64)).unwrap_or(0)]
    }

    fn node(&mut self) -> String {
        let names: Vec<&String> = self.place.world.nodes.keys().collect();
        names[usize::try_from(self.dice.below(names.len() as u64)).unwrap_or(0)].clone()
    }

    fn minutes(&mut self, low: u64, high: u64) -> u64 {
        low * MINUTE + self.dice.below((high - low) * MINUTE + 1)
    }

    /// Something breaks, and is mended after some minutes.
    fn spell(&mut self, at: u64, low: u64, high: u64, breaks: Deed, mends: Deed) {
        let lasts = self.minutes(low, high);
        self.put(at, breaks);
        self.put(at + lasts, mends);
    }

    fn cluster_spell(&mut self, at: u64, low: u64, high: u64, breaks: Fault, mends: Fault) {
        self.spell(at, low, high, Deed::Cluster(breaks), Deed::Cluster(mends));
    }

    fn crash(&mut self, at: u64) {
        let vmid = self.guest();
        self.put(at, Deed::Cluster(Fault::CrashGuest { vmid }));
    }

    fn happening(&mut self, at: u64) {
        match self.dice.below(100) {
            0..=11 => self.crash(at),
            12..=33 => self.guest_trouble(at),
            34..=52 => self.node_trouble(at),
            53..=61 => self.weather(at),
            62..=68 => self.lost_write(at),
            69..=78 => self.process(at),
            79..=83 => self.clock(at),
            84..=88 => self.commit(at),
            _ => self.person(at),
        }
    }

    fn guest_trouble(&mut self, at: u64) {
        let vmid = self.guest();
        let user = || "alex@pam".to_owned();
        match self.dice.below(12) {
            0 | 1 => {
                self.cluster_spell(
                    at,
                    4,
                    50,
                    Fault::FailsToStart { vmid, on: true },
                    Fault::FailsToStart { vmid, on: false },
                );
                self.put(at, Deed::Cluster(Fault::CrashGuest { vmid }));
            }
            2 | 3 => self.put(at, Deed::Cluster(Fault::UserStop { vmid, user: user() })),
            4 => self.put(at, Deed::Cluster(Fault::UserShutdown { vmid, user: user() })),
            5 => {
                let stop = Fault::UserStop { vmid, user: user() };
                self.cluster_spell(at, 1, 30, stop, Fault::UserStart { vmid, user: user() });
            }
            6 => self.put(at, Deed::Cluster(Fault::PowerOffInside { vmid })),
            7 => {
                let target = self.node();
                let moves = Fault::UserMigrate {
                    vmid,
                    target,
                    user: user(),
                };
                self.put(at, Deed::Cluster(moves));
                if self.dice.below(2) == 0 {
                    self.put(at + 2 * SEC, Deed::Cluster(Fault::CrashGuest { vmid }));
                }
            }
            8 => {
                let lock = Fault::Lock {
                    vmid,
                    lock: "backup".to_owned(),
                };
                self.cluster_spell(at, 1, 20, lock, Fault::Unlock { vmid });
                self.put(at + 5 * SEC, Deed::Cluster(Fault::CrashGuest { vmid }));
            }
            9 => {
                let add = Fault::HaAdd {
                    vmid,
                    state: "started".to_owned(),
                };
                self.cluster_spell(at, 5, 60, add, Fault::HaRemove { vmid });
                self.put(at + MINUTE, Deed::Cluster(Fault::CrashGuest { vmid }));
            }
            10 => self.used_again(at, vmid),
            _ => self.cluster_spell(
                at,
                5,
                60,
                Fault::IgnoresAcpi { vmid, on: true },
                Fault::IgnoresAcpi { vmid, on: false },
            ),
        }
    }

    /// Another guest has the number.
    fn used_again(&mut self, at: u64, vmid: u32) {
        let node = (self.dice.below(2) == 0).then(|| self.node());
        self.put(
            at,
            Deed::Cluster(Fault::ReuseVmid {
                vmid,
                name: None,
                node,
            }),
        );
        if self.dice.below(2) == 0 {
            let after = self.minutes(2, 20);
            self.put(at + after, Deed::Person(Wish::AcceptIdentity(vmid)));
        }
    }

    fn node_trouble(&mut self, at: u64) {
        let node = self.node();
        let name = || node.clone();
        match self.dice.below(14) {
            0..=2 => {
                let lasts = self.minutes(1, 15);
                self.put(at, Deed::Cluster(Fault::PowerLoss { node: name() }));
                if self.dice.below(2) == 0 {
                    self.put(at + lasts - SEC, Deed::TasksLost(name()));
                }
                self.put(at + lasts, Deed::Cluster(Fault::PowerOn { node: name() }));
            }
            3 | 4 => self.cluster_spell(
                at,
                1,
                12,
                Fault::Freeze { node: name() },
                Fault::Thaw { node: name() },
            ),
            5 => self.cluster_spell(
                at,
                1,
                10,
                Fault::LoseQuorum { keep: Some(name()) },
                Fault::RestorePower,
            ),
            6 | 7 => {
                self.crash(at + 8 * SEC);
                let (stop, start) = (
                    Fault::StopStatusDaemon { node: name() },
                    Fault::StartStatusDaemon { node: name() },
                );
                self.cluster_spell(at, 1, 10, stop, start);
            }
            8 => self.cluster_spell(
                at,
                1,
                10,
                Fault::StopApiDaemon { node: name() },
                Fault::StartApiDaemon { node: name() },
            ),
            9 => self.cluster_spell(
                at,
                1,
                10,
                Fault::StopProxy { node: name() },
                Fault::StartProxy { node: name() },
            ),
            10 => self.cluster_spell(
                at,
                1,
                10,
                Fault::StopCorosync { node: name() },
                Fault::StartCorosync { node: name() },
            ),
            11 | 12 => {
                let network = self.dice.below(2) == 0;
                let cut = Fault::Partition {
                    nodes: vec![name()],
                    network,
                };
                self.cluster_spell(at, 1, 10, cut, Fault::Heal);
            }
            _ => self.slow_tasks(at),
        }
    }

    /// Work takes long, and there is some.
    fn slow_tasks(&mut self, at: u64) {
        let factor = match self.hardship {
            Hardship::Ordinary => 30,
            Hardship::Hardest => 1000,
        };
        self.cluster_spell(
            at,
            2,
            12,
            Fault::SlowTasks { factor },
            Fault::SlowTasks { factor: 1 },
        );
        self.crash(at);
        self.crash(at + 40 * SEC);
    }

    fn weather(&mut self, at: u64) {
        const STATUSES: [u16; 7] = [401, 403, 500, 501, 503, 595, 596];
        if self.dice.below(2) == 0 {
            self.crash(at);
        }
        match self.dice.below(7) {
            0 | 1 => {
                let low = 500 + self.dice.below(5_000);
                let slow = Deed::Slow(Some((low, low + 2_000 + self.dice.below(33_000))));
                self.spell(at, 1, 8, slow, Deed::Slow(None));
            }
            2 => {
                let status = STATUSES[usize::try_from(self.dice.below(7)).unwrap_or(0)];
                self.spell(at, 1, 5, Deed::Status(Some(status)), Deed::Status(None));
            }
            3 => self.spell(at, 1, 5, Deed::Spoilt(Some(Spoilt::Nonsense)), Deed::Spoilt(None)),
            4 => self.spell(at, 1, 5, Deed::Spoilt(Some(Spoilt::Partial)), Deed::Spoilt(None)),
            5 => {
                let all = self.place.world.nodes.keys().cloned().collect();
                self.spell(at, 1, 8, Deed::Cut(all), Deed::Cut(Vec::new()));
            }
            _ => {
                let spared = self.node();
                let nodes = self.place.world.nodes.keys();
                let some = nodes.filter(|node| **node != spared).cloned().collect();
                self.spell(at, 1, 15, Deed::Cut(some), Deed::Cut(Vec::new()));
            }
        }
    }

    /// A write goes wrong, and there is something to write.
    fn lost_write(&mut self, at: u64) {
        let fate = match self.dice.below(6) {
            0 => Fate::RequestLost,
            1 | 2 => Fate::ReplyLost,
            3 => Fate::Refused,
            4 => Fate::Status(596),
            _ => Fate::Status(500),
        };
        self.put(at, Deed::Write(fate));
        self.crash(at);
    }

    fn process(&mut self, at: u64) {
        let torn = self.dice.next_u64();
        let crash = match self.dice.below(3) {
            0 => Crash::Process,
            1 => Crash::Power,
            _ => Crash::Torn(torn),
        };
        match self.dice.below(10) {
            0 | 1 => {
                let down = 2 * SEC + self.dice.below(2 * MINUTE);
                self.put(at, Deed::Die(crash));
                self.put(at + down, Deed::Start);
            }
            2..=5 => {
                let marks = [Mark::Intent, Mark::Accepted, Mark::Closed, Mark::Any];
                let mark = marks[usize::try_from(self.dice.below(4)).unwrap_or(0)];
                let trap = match self.dice.below(3) {
                    0 => Trap::Before(mark),
                    1 => Trap::After(mark),
                    _ => Trap::Carried,
                };
                self.put(at, Deed::Trap(trap));
                self.crash(at);
            }
            6 => self.spell(at, 1, 4, Deed::Second, Deed::StopFirst),
            7 => {
                self.put(at, Deed::SyncFails);
                self.crash(at);
                let noticed = self.minutes(1, 5);
                self.put(at + noticed, Deed::Die(crash));
                self.put(at + noticed + 10 * SEC, Deed::Start);
            }
            8 => {
                let left = usize::try_from(self.dice.below(4_000)).unwrap_or(0);
                let lasts = self.minutes(1, 15);
                self.put(at, Deed::Room(Some(left)));
                self.crash(at);
                self.put(at + lasts, Deed::Room(None));
            }
            _ => {
                let slow = 1_000 + self.dice.below(5_000);
                self.spell(at, 1, 5, Deed::SlowDisk(slow), Deed::SlowDisk(0));
                self.crash(at);
            }
        }
    }

    fn clock(&mut self, at: u64) {
        const HOUR: i64 = 3_600;
        if self.dice.below(2) == 0 {
            self.crash(at + 2 * SEC);
        }
        let kind = self.dice.below(6);
        let (longest, wrong) = match kind {
            0 => (60, Deed::Jump(-HOUR)),
            1 => (60, Deed::Jump(HOUR)),
            2 => (20, Deed::Jump(10 * 365 * 24 * HOUR)),
            3 => (10, Deed::ClockStops),
            _ => {
                let secs = 30 + self.dice.below(1_800);
                self.put(at, Deed::Suspend(secs));
                return;
            }
        };
        let lasts = self.minutes(1, longest);
        self.put(at, wrong);
        self.put(at + lasts, Deed::ClockRight);
    }

    fn commit(&mut self, at: u64) {
        match self.dice.below(12) {
            0..=4 => self.put(at, Deed::Commit(Change::One)),
            5 => self.spell(
                at,
                1,
                10,
                Deed::Commit(Change::Broken),
                Deed::Commit(Change::Restore),
            ),
            6 | 7 => {
                let lasts = self.minutes(2, 10);
                self.put(at, Deed::Commit(Change::Shrink));
                if self.dice.below(2) == 0 {
                    self.put(at + lasts - MINUTE, Deed::Person(Wish::ApproveRevision));
                }
                self.put(at + lasts, Deed::Commit(Change::Restore));
            }
            8 => self.put(at, Deed::Commit(Change::ForcePush)),
            9 if self.dice.below(3) == 0 => {
                self.put(at, Deed::Commit(Change::Thousand));
                self.put(at + MINUTE, Deed::Commit(Change::Restore));
                self.put(at + 2 * MINUTE, Deed::Person(Wish::ApproveRevision));
            }
            _ => self.spell(at, 1, 15, Deed::Remote(Reach::Gone), Deed::Remote(Reach::Open)),
        }
    }

    fn person(&mut self, at: u64) {
        let follow = match self.dice.below(6) {
            0..=2 => Follow::Confirm(1 + self.dice.below(20), 1),
            3 => Follow::Confirm(1 + self.dice.below(20), 2),
            4 => Follow::Confirm(60 + self.dice.below(1_200), 1),
            _ => Follow::Recall(self.dice.below(10)),
        };
        let wish = match self.dice.below(16) {
            0..=4 => Wish::OnGuest(self.dice.next_u64(), self.guest(), follow),
            5 | 6 => Wish::OnNode(self.dice.next_u64(), self.node(), follow),
            7 | 8 => {
                let lasts = 1 + self.dice.below(20);
                let ttl = (self.dice.below(2) == 0).then_some(lasts);
                let all = self.dice.below(2) == 0;
                if ttl.is_none() {
                    self.put(at + lasts * MINUTE, Deed::Person(Wish::Thaw));
                }
                let before = self.dice.below(25) * SEC;
                self.crash(at.saturating_sub(before));
                Wish::Freeze(all, ttl)
            }
            9 => {
                self.crash(at + SEC);
                Wish::Hold(self.dice.below(4), 1 + self.dice.below(40))
            }
            10 | 11 => {
                self.crash(at.saturating_sub(20 * SEC));
                Wish::ApprovePlan
            }
            12 | 13 => Wish::Acknowledge,
            14 => {
                let lasts = self.minutes(2, 20);
                self.put(at + lasts, Deed::Person(Wish::Ceiling(false)));
                self.crash(at + 3 * SEC);
                Wish::Ceiling(true)
            }
            _ => Wish::Reconcile,
        };
        self.put(at, Deed::Person(wish));
    }
}
