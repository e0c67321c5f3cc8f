//! Arithmetic of votes. Knows nothing of nodes' names or of why one would be lost.

/// One member's part in the vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// Its votes.
    pub votes: u32,
    /// Whether it is Known online; anything else does not vote.
    pub online: bool,
    /// Whether it is taken as gone for good.
    pub lost: bool,
}

/// How the vote would stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally {
    /// Votes present, with the quorum device's.
    pub present: u32,
    /// Votes that must be present.
    pub needed: u32,
}

impl Tally {
    /// Counts the votes of members that are online and not lost, and those of a quorum device.
    pub fn of(members: impl IntoIterator<Item = Member>, device_votes: u32, needed: u32) -> Self {
        let voting = members.into_iter().filter(|member| member.online && !member.lost);
        let present = voting.fold(device_votes, |sum, member| sum.saturating_add(member.votes));
        Self { present, needed }
    }

    /// Whether the cluster could still decide.
    pub fn holds(self) -> bool {
        self.present >= self.needed
    }
}
