//! Votes: every pattern of up and down on up to six nodes with no, one or two votes each, against plain counting; and
//! the verdict against the arithmetic.

use crate::world::*;
use jarvis_crds::Expected;
use jarvis_guard::quorum::{Member, Tally};
use jarvis_model::{NodeStatus, Observation, Rule, UnknownReason};

/// Digits of `number` in base `base`, `len` of them.
fn digits(number: usize, base: usize, len: usize) -> Vec<usize> {
    (0..len)
        .map(|place| number / base.pow(u32::try_from(place).unwrap()) % base)
        .collect()
}

#[test]
fn every_pattern_up_to_six_nodes_agrees_with_counting() {
    let mut patterns = 0_u32;
    for count in 1..=6_usize {
        for votes in 0..3_usize.pow(u32::try_from(count).unwrap()) {
            let votes: Vec<u32> = digits(votes, 3, count)
                .into_iter()
                .map(|digit| u32::try_from(digit).unwrap())
                .collect();
            for up in 0..2_usize.pow(u32::try_from(count).unwrap()) {
                let up = digits(up, 2, count);
                for lost in 0..count {
                    check(&votes, &up, lost);
                    patterns += 1;
                }
            }
        }
    }
    assert_eq!(
        patterns,
        (1..=6).map(|n| n * 6_u32.pow(n)).sum::<u32>(),
        "all patterns were seen"
    );
}

/// Counts by hand: who still votes after the loss, and whether that is more than half of everything.
fn check(votes: &[u32], up: &[usize], lost: usize) {
    for device in [0, 1] {
        let expected: u32 = votes.iter().sum::<u32>() + device;
        let mut present = device;
        for index in 0..votes.len() {
            if up[index] == 1 && index != lost {
                present += votes[index];
            }
        }
        let members = votes
            .iter()
            .zip(up)
            .enumerate()
            .map(|(index, (votes, up))| Member {
                votes: *votes,
                online: *up == 1,
                lost: index == lost,
            });
        let tally = Tally::of(members, device, expected / 2 + 1);
        assert_eq!(tally.present, present, "{votes:?} {up:?} without {lost}");
        assert_eq!(
            tally.holds(),
            2 * present > expected,
            "{votes:?} {up:?} without {lost}, device {device}"
        );
    }
}

#[test]
fn losing_a_node_never_adds_votes() {
    let members = [3, 2, 1].map(|votes| Member {
        votes,
        online: true,
        lost: false,
    });
    let before = Tally::of(members, 1, 4).present;
    for lost in 0..3 {
        let mut after = members;
        after[lost].lost = true;
        assert!(Tally::of(after, 1, 4).present < before);
    }
}

#[test]
fn votes_do_not_wrap_around() {
    let huge = Member {
        votes: u32::MAX,
        online: true,
        lost: false,
    };
    assert_eq!(Tally::of([huge, huge], 1, 5).present, u32::MAX);
}

/// Nodes of a confirmed reboot of the first one, with votes and states, and the verdict's rule.
fn reboot_first(nodes: &[(&str, u32, bool)], device: u32) -> Option<Rule> {
    let mut world = world();
    world.observed.guests.clear();
    world.floor.own_guest = None;
    world.observed.nodes.clear();
    for (name, votes, online) in nodes {
        let mut seen = healthy_node(name);
        seen.votes = *votes;
        world.observed.nodes.insert(node(name), seen);
        if !online {
            // Known to be off on purpose, so that only the votes speak.
            world.declare_node(name, Expected::Any);
            world.set_offline(name);
        }
    }
    world.quorum().expected_votes = nodes.iter().map(|(_, votes, _)| votes).sum::<u32>() + device;
    world.quorum().device_votes = device;
    let request = person_request(reboot_node(nodes[0].0));
    world.confirm(&request, "anna");
    world.judge(&request).rule()
}

#[test]
fn rebooting_a_node_needs_the_others_votes() {
    let black = Some(Rule::QuorumAfter);
    assert_eq!(
        reboot_first(&[("a", 1, true), ("b", 1, true), ("c", 1, true)], 0),
        None
    );
    assert_eq!(
        reboot_first(&[("a", 1, true), ("b", 1, true), ("c", 1, false)], 0),
        black
    );
    assert_eq!(
        reboot_first(&[("a", 1, true), ("b", 1, true)], 0),
        black,
        "two nodes cannot spare one"
    );
    assert_eq!(
        reboot_first(&[("a", 1, true), ("b", 1, true)], 1),
        None,
        "with a quorum device they can"
    );
    assert_eq!(
        reboot_first(&[("a", 1, true)], 0),
        black,
        "a single node has nobody to vote for it"
    );
    assert_eq!(
        reboot_first(&[("a", 2, true), ("b", 1, true), ("c", 1, true)], 0),
        black,
        "half is not more than half"
    );
    assert_eq!(
        reboot_first(&[("b", 1, true), ("a", 2, true), ("c", 1, true)], 0),
        None
    );
    assert_eq!(
        reboot_first(&[("a", 0, true), ("b", 1, true), ("c", 1, false)], 0),
        black,
        "already short of votes"
    );
}

#[test]
fn a_shutdown_counts_as_a_reboot_does() {
    let mut world = world();
    world.declare_node("atlas", Expected::Offline);
    let request = person_request(shutdown_node("forge"));
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
    world.set_offline("atlas");
    assert_eq!(world.judge(&request).rule(), Some(Rule::QuorumAfter));
}

#[test]
fn a_node_whose_state_is_unknown_or_old_does_not_vote() {
    let request = person_request(reboot_node("forge"));
    let mut world = world();
    world.declare_node("atlas", Expected::Any);
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
    world.node("atlas").status = Observation::unknown(UnknownReason::NodeAway);
    assert_eq!(world.judge(&request).rule(), Some(Rule::QuorumAfter));
    world.node("atlas").status = Observation::known(NodeStatus::Online, secs_ago(36));
    assert_eq!(world.judge(&request).rule(), Some(Rule::QuorumAfter));
    world.node("atlas").status = Observation::known(NodeStatus::Online, secs_ago(35));
    assert!(world.judge(&request).is_permit());
}
