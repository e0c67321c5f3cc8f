//! Who is told when, once, and together with what.

use super::*;
use crate::samples::{MAIL, PHONE, Story, WEB, at, intent, web};
use jarvis_model::{Closed, Digest, FreezeScope, NodeName, Outcome, Rearmed};
use proptest::prelude::*;

const NIGHT_MAIL: &str = "kind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}, quietHours: {from: '22:30', to: '07:00'}, timeZone: Europe/Berlin}\n";
const REPORT_MAIL: &str = "kind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}, dailyReport: '07:30', timeZone: Europe/Berlin}\n";
const HOUR: u64 = 3600;

fn freeze() -> Event {
    Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "anna".into(),
        reason: "rack".into(),
        until: None,
    }
}

#[test]
fn news_of_a_short_time_become_one_letter_by_minimum_severity() {
    let mut story = Story::with(&[MAIL, PHONE, WEB]);
    story.opened(0);
    story.alerted(1, Severity::Warning);
    story.happens(4, Event::QuorumLost);
    story.happens(8, freeze());
    assert_eq!(story.told(10), Vec::<String>::new(), "it waits for more");
    assert_eq!(
        story.told(14),
        [
            "mail: [jarvis home] CRITICAL: The cluster has lost its quorum, and 2 more",
            "phone: [jarvis home] CRITICAL: The cluster has lost its quorum",
        ]
    );
    assert_eq!(story.told(100), Vec::<String>::new());
}

#[test]
fn channels_that_manifests_name_are_told_and_no_others() {
    let runbook = |to: &str, app: &str| {
        format!(
            "kind: Runbook\nmetadata: {{name: start}}\nspec: {{trigger: {{issue: guestDown, selector: {{labels: {{app: {app}}}}}}}, steps: [{{action: startGuest}}], escalateTo: [{to}]}}\n"
        )
    };
    let subject = "[jarvis home] CRITICAL: web-01 is beyond Jarvis: a person is needed";
    for (runbook, expected) in [
        (runbook("phone", "shop"), vec!["phone"]),
        (runbook("mail", "shop"), vec!["mail"]),
        (runbook("mail", "other"), vec!["mail", "phone"]),
    ] {
        let mut story = Story::lost_guest();
        story.picture.desired = crate::samples::desired(&[MAIL, PHONE, WEB, &runbook]);
        story.desk = Desk::behind(story.memory.seq);
        story.escalated(200);
        let expected: Vec<String> = expected.iter().map(|name| format!("{name}: {subject}")).collect();
        assert_eq!(story.told(220), expected, "{runbook}");
    }
}

#[test]
fn a_threshold_names_who_is_told_of_it() {
    let threshold = |more: &str| {
        format!(
            "kind: Threshold\nmetadata: {{name: full}}\nspec: {{on: {{kind: Node}}, metric: storage, above: 90{more}}}\n"
        )
    };
    let subject = "[jarvis home] warning: atlas needs attention";
    for (more, about, expected) in [
        (", notify: [phone]", "full:local-zfs", "phone"),
        (", notify: [phone]", "other", "mail"),
        ("", "full", "mail"),
    ] {
        let mut story = Story::with(&[MAIL, PHONE, &threshold(more)]);
        story.happens(
            0,
            Event::IssueAlerted {
                issue: format!("Node/atlas#threshold-passed:{about}").parse().unwrap(),
                severity: Severity::Warning,
                text: "storage local-zfs is 93 % full".into(),
            },
        );
        assert_eq!(
            story.told(20),
            [format!("{expected}: {subject}")],
            "{more} {about}"
        );
    }
}

#[test]
fn the_same_issue_is_told_once_per_state_until_it_is_over() {
    let mut story = Story::lost_guest();
    assert_eq!(story.letters(95).len(), 2);
    story.escalated(100);
    assert!(story.letters(200).is_empty(), "once is enough");
    let rearmed = Event::IssueRearmed {
        issue: web(),
        because: Rearmed::Acknowledged { by: "anna".into() },
    };
    story.happens(300, rearmed);
    story.escalated(400);
    assert_eq!(story.letters(420).len(), 2, "armed again, it is news again");
    story.closed(900);
    assert_eq!(
        story.told(920),
        [
            "mail: [jarvis home] good: web-01 is well again",
            "phone: [jarvis home] good: web-01 is well again",
        ],
        "who was told of it is told of its end"
    );
    story.opened(1000);
    story.closed(1700);
    assert!(
        story.letters(1800).is_empty(),
        "an end of what nobody heard of is no news"
    );
}

#[test]
fn mended_is_told_once_and_to_those_who_were_alerted() {
    let mut story = Story::with(&[MAIL, PHONE, WEB]);
    story.opened(0);
    story.tried(10, 1, Outcome::Verified);
    assert_eq!(story.told(30), ["mail: [jarvis home] good: web-01 is mended"]);
    story.tried(100, 2, Outcome::Verified);
    story.closed(900);
    assert!(story.letters(920).is_empty());

    story.opened(1000);
    story.alerted(1001, Severity::Critical);
    assert_eq!(story.letters(1020).len(), 2);
    story.tried(1100, 1, Outcome::Verified);
    assert_eq!(
        story.letters(1120).len(),
        2,
        "the phone heard of it, so it hears of this"
    );
    story.closed(1900);
    assert!(story.letters(1920).is_empty());
}

#[test]
fn at_level_four_only_the_end_of_an_alarm_is_told() {
    let silent = |secs| jarvis_model::Intent {
        silent: true,
        ..intent(&format!("i{secs}"), at(secs), 1)
    };
    let mut story = Story::with(&[MAIL, WEB]);
    story.opened(0);
    story.acted(10, silent(10), Outcome::Verified);
    story.closed(700);
    assert!(story.letters(800).is_empty());
    story.opened(1000);
    story.alerted(1001, Severity::Warning);
    story.acted(1010, silent(1010), Outcome::Verified);
    assert_eq!(
        story.told(1100),
        ["mail: [jarvis home] warning: web-01 needs attention"]
    );
    story.closed(1700);
    assert_eq!(
        story.told(1800),
        ["mail: [jarvis home] good: web-01 is well again"]
    );
}

#[test]
fn in_quiet_hours_only_what_is_urgent_goes_and_the_rest_is_one_letter() {
    let mut story = Story::with(&[NIGHT_MAIL, WEB]);
    // 13:00 in Berlin plus ten hours.
    let night = 10 * HOUR;
    story.opened(night);
    story.alerted(night + 1, Severity::Warning);
    story.happens(night + 2, freeze());
    assert!(story.letters(night + 60).is_empty());
    story.happens(night + HOUR, Event::QuorumLost);
    assert_eq!(
        story.told(night + HOUR + 10),
        ["mail: [jarvis home] CRITICAL: The cluster has lost its quorum"]
    );
    story.happens(night + 2 * HOUR, Event::QuorumRegained);
    assert!(
        story.letters(night + 2 * HOUR + 60).is_empty(),
        "good news do not wake anybody"
    );
    let morning = 18 * HOUR;
    assert_eq!(story.desk.wake_at(&story.picture), Some(at(morning)));
    assert!(story.letters(morning - 1).is_empty());
    let letters = story.letters(morning);
    assert_eq!(letters.len(), 1);
    let Content::News { items, .. } = &letters[0].content else {
        panic!()
    };
    assert_eq!(items.iter().map(|news| news.seq).collect::<Vec<_>>(), [2, 3, 5]);
}

#[test]
fn a_source_that_fails_for_a_moment_is_no_news() {
    let failed = || Event::SourceFailed {
        reason: "refused".into(),
    };
    let mut story = Story::with(&[MAIL]);
    story.happens(0, failed());
    story.happens(30, freeze());
    assert_eq!(
        story.letters(60).len(),
        1,
        "what else happens does not wait for it"
    );
    story.happens(100, Event::SourceRecovered);
    assert!(story.letters(1000).is_empty());
    story.happens(2000, failed());
    story.happens(
        2100,
        Event::SourceFailed {
            reason: "timed out".into(),
        },
    );
    assert_eq!(
        story.told(2300),
        ["mail: [jarvis home] warning: The manifests cannot be read"]
    );
    story.happens(2400, Event::SourceRecovered);
    assert_eq!(
        story.told(2500),
        ["mail: [jarvis home] good: The manifests can be read again"]
    );
}

#[test]
fn a_revision_is_told_once_however_often_it_is_found() {
    let withheld = || Event::RevisionWithheld {
        commit: "abc".into(),
        digest: Digest::of(&1),
        reason: "removes 9 of 10".into(),
    };
    let mut story = Story::with(&[MAIL]);
    story.happens(0, withheld());
    assert_eq!(story.letters(20).len(), 1);
    story.happens(100, withheld());
    assert!(story.letters(200).is_empty());
}

#[test]
fn nodes_are_told_by_their_issues_only() {
    let node = NodeName::new("forge").unwrap();
    let mut story = Story::with(&[MAIL]);
    story.happens(0, Event::NodeLost { node: node.clone() });
    story.happens(60, Event::NodeReturned { node });
    assert!(story.letters(200).is_empty());
}

#[test]
fn a_daily_report_comes_once_a_day_late_but_not_too_late() {
    let mut story = Story::with(&[REPORT_MAIL]);
    let due = |story: &mut Story, secs: u64| {
        story.picture.at = at(secs);
        story.desk.reports_due(&story.picture)
    };
    let report = |story: &Story| {
        let (from, to) = (at(0), at(1));
        crate::report::Day::default().report(&story.memory, &story.picture, &hours::zone("UTC"), from, to)
    };
    assert!(due(&mut story, 0).is_empty(), "a channel's first day");
    let morning = 18 * HOUR + 1800;
    assert!(due(&mut story, morning - 1).is_empty());
    let first = due(&mut story, morning);
    assert_eq!((first.len(), first[0].slot), (1, at(morning)));
    let letters = story.desk.reported(&first[0], report(&story), &story.picture);
    assert_eq!(letters.len(), 1);
    // A restart: the desk is what was saved.
    let text = serde_json::to_string(&story.desk).unwrap();
    story.desk = serde_json::from_str(&text).unwrap();
    assert!(due(&mut story, morning + 60).is_empty(), "not twice");

    let second = due(&mut story, morning + 24 * HOUR + 11 * HOUR);
    assert_eq!(second.len(), 1, "Jarvis was down: late");
    assert_eq!(second[0].from, at(morning));
    let late = morning + 48 * HOUR + 13 * HOUR;
    assert!(due(&mut story, late).is_empty(), "too late");
    let fourth = due(&mut story, morning + 72 * HOUR);
    assert_eq!(
        fourth[0].from,
        at(morning),
        "the next one tells of all days that were left out"
    );

    // A clock that ran years ahead and was put right does not end the reports.
    story.desk.reported(
        &DueReport {
            slot: at(9000 * HOUR),
            ..fourth[0].clone()
        },
        report(&story),
        &story.picture,
    );
    assert!(due(&mut story, morning + 96 * HOUR).is_empty());
    assert_eq!(due(&mut story, morning + 120 * HOUR).len(), 1);
}

#[test]
fn too_many_news_are_counted_and_the_gravest_kept() {
    let mut story = Story::with(&[MAIL]);
    story.happens(0, Event::QuorumLost);
    for secs in 1..150 {
        story.happens(secs, freeze());
    }
    let letters = story.letters(200);
    let Content::News { items, more } = &letters[0].content else {
        panic!()
    };
    assert_eq!((items.len(), *more), (100, 50));
    assert_eq!(items[0].kind, Kind::QuorumLost);
}

#[test]
fn a_channel_whose_server_takes_nothing_gathers() {
    let mut story = Story::with(&[MAIL]);
    story.happens(0, freeze());
    story.picture.at = at(60);
    let full = BTreeSet::from(["mail".to_owned()]);
    assert!(story.desk.close(&story.picture, &full).is_empty());
    assert_eq!(story.letters(61).len(), 1);
}

#[test]
fn letters_have_the_same_name_whenever_they_are_made() {
    let ids = |story: &mut Story| {
        let letters = story.letters(95);
        letters.into_iter().map(|letter| letter.id).collect::<Vec<_>>()
    };
    let first = ids(&mut Story::lost_guest());
    assert_eq!(first, ids(&mut Story::lost_guest()));
    assert_ne!(first[0], first[1]);
}

#[derive(Debug, Clone)]
enum Happening {
    Opened,
    Alerted(bool),
    Escalated,
    Mended,
    Rearmed,
    Closed,
    Frozen,
    Pause(u64),
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        Just(Happening::Opened),
        any::<bool>().prop_map(Happening::Alerted),
        Just(Happening::Escalated),
        Just(Happening::Mended),
        Just(Happening::Rearmed),
        Just(Happening::Closed),
        Just(Happening::Frozen),
        (1u64..40_000).prop_map(Happening::Pause),
        Just(Happening::Restart),
    ]
}

proptest! {
    /// Whatever happens in whatever order: nothing is told twice, every escalation that is new is told to everybody, nothing
    /// is left over a day later, and a restart at any point changes nothing.
    #[test]
    fn nothing_is_told_twice_or_lost(happenings in prop::collection::vec(happening(), 1..60), quiet in any::<bool>()) {
        let mut story = Story::with(&[if quiet { NIGHT_MAIL } else { MAIL }, PHONE, WEB]);
        let (mut secs, mut told, mut escalations, mut armed) = (0, Vec::new(), 0, true);
        for happening in happenings {
            secs += 60;
            match happening {
                Happening::Opened => story.opened(secs),
                Happening::Alerted(critical) => {
                    story.alerted(secs, if critical { Severity::Critical } else { Severity::Warning });
                }
                Happening::Escalated => {
                    story.escalated(secs);
                    escalations += usize::from(armed);
                    armed = false;
                }
                Happening::Mended => story.tried(secs, 1, Outcome::Verified),
                Happening::Rearmed => {
                    let because = Rearmed::Commit { commit: "c".into() };
                    story.happens(secs, Event::IssueRearmed { issue: web(), because });
                    armed = true;
                }
                Happening::Closed => {
                    story.happens(secs, Event::IssueClosed { issue: web(), because: Closed::NoLongerDeclared });
                    armed = true;
                }
                Happening::Frozen => story.happens(secs, freeze()),
                Happening::Pause(more) => secs += more,
                Happening::Restart => {
                    let text = serde_json::to_string(&story.desk).unwrap();
                    story.desk = serde_json::from_str(&text).unwrap();
                }
            }
            told.extend(story.letters(secs));
        }
        // Noon of the day after next: no quiet hours.
        told.extend(story.letters((secs / (24 * HOUR) + 2) * 24 * HOUR));
        prop_assert_eq!(story.desk.counts().count(), 0);
        let mut seen = BTreeSet::new();
        let mut escalated = BTreeMap::new();
        for letter in &told {
            let Content::News { items, .. } = &letter.content else { panic!() };
            for news in items {
                prop_assert!(seen.insert((letter.channel.clone(), news.seq)), "twice: {news:?}");
                if news.kind == Kind::Escalation {
                    *escalated.entry(letter.channel.clone()).or_insert(0) += 1;
                }
            }
        }
        for channel in ["mail", "phone"] {
            prop_assert_eq!(escalated.get(channel).copied().unwrap_or(0), escalations);
        }
        let ids: BTreeSet<&str> = told.iter().map(|letter| letter.id.as_str()).collect();
        prop_assert_eq!(ids.len(), told.len());
    }
}
