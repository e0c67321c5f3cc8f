//! How letters read.

use super::*;
use crate::{
    letter::letters,
    report::Day,
    samples::{MAIL, Story, at, web},
};
use jarvis_model::{Event, Outcome};
use proptest::prelude::*;

const URL: &str = "https://jarvis.home.example";

fn escalation() -> Letter {
    Story::lost_guest().letters(95).remove(0)
}

fn report() -> Letter {
    let mut story = Story::lost_guest();
    story.tried(200, 1, Outcome::Verified);
    let mut day = Day::default();
    let record = jarvis_model::Record {
        seq: 9,
        at: at(80),
        epoch: 1,
        event: Event::IssueEscalated {
            issue: web(),
            resource_hash: String::new(),
            text: String::new(),
            evidence: Vec::new(),
        },
    };
    day.hear(&record, &"ab".repeat(32), &story.memory);
    let zone = hours::zone("Europe/Berlin");
    let report = day.report(&story.memory, &story.picture, &zone, at(0), at(86_400));
    let spec = &crate::samples::desired(&[MAIL]);
    let spec = crate::audience::channel(spec, "mail").unwrap();
    let content = Content::Report {
        report: Box::new(report),
    };
    letters("home", ("mail", spec), &content, at(86_400)).remove(0)
}

#[test]
fn an_escalation_reads_well_in_a_terminal() {
    let letter = escalation();
    insta::assert_snapshot!(format!(
        "Subject: {}\n\n{}",
        subject(&letter),
        plain::text(&letter, Some(URL))
    ));
}

#[test]
fn a_report_reads_well_in_a_terminal() {
    let letter = report();
    insta::assert_snapshot!(format!(
        "Subject: {}\n\n{}",
        subject(&letter),
        plain::text(&letter, None)
    ));
}

#[test]
fn all_is_well_is_never_said_beside_a_passed_limit_or_a_hindrance() {
    let mut story = Story::with(&[MAIL]);
    let said = |story: &Story| {
        let zone = hours::zone("UTC");
        let report = Day::default().report(&story.memory, &story.picture, &zone, at(0), at(86_400));
        let desired = crate::samples::desired(&[MAIL]);
        let spec = crate::audience::channel(&desired, "mail").unwrap();
        let content = Content::Report {
            report: Box::new(report),
        };
        let letter = letters("home", ("mail", spec), &content, at(86_400)).remove(0);
        let text = format!("{}\n{}", subject(&letter), plain::text(&letter, None));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(said(&story).contains("all is well"), "{}", said(&story));
    let mut observed = jarvis_model::Observed::default();
    let passed = jarvis_model::Passed {
        value: Some(91.2),
        since: at(60),
        seen_at: at(70),
    };
    let issue = "Node/forge#threshold-passed:default-node-disk".parse().unwrap();
    observed.passed.insert(issue, passed);
    story.picture.observed = std::sync::Arc::new(observed);
    let text = said(&story);
    assert!(
        !text.contains("all is well") && text.contains("1 limit is passed"),
        "{text}"
    );
    assert!(
        text.contains("Node/forge is beyond default-node-disk at 91.2"),
        "{text}"
    );
    story.picture.observed = std::sync::Arc::default();
    story.happens(80, Event::QuorumLost);
    assert!(said(&story).contains("no issue is open"), "{}", said(&story));
}

#[test]
fn the_html_says_the_same_and_fetches_nothing() {
    let letter = escalation();
    let page = html::page(&letter, Some(URL));
    insta::assert_snapshot!(page);
    for bad in ["<img", "<script", "<link", "<style", "src=", "url("] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn a_webhook_tells_programs() {
    let mut body: serde_json::Value = serde_json::from_slice(&wire::webhook(&escalation(), None)).unwrap();
    assert_eq!(body["text"], plain::text(&escalation(), None));
    body["text"].take();
    insta::assert_json_snapshot!(body);
    let again: serde_json::Value = serde_json::from_slice(&wire::webhook(&report(), None)).unwrap();
    assert_eq!(
        (&again["kind"], &again["report"]["day"]),
        (&"report".into(), &"2026-11-29".into())
    );
}

#[test]
fn a_signature_is_of_time_and_body() {
    // From `printf '1795867200.{}' | openssl dgst -sha256 -hmac secret`.
    assert_eq!(
        wire::signature("secret", 1_795_867_200, b"{}"),
        "87cba2bfecd1d1449fe30bce794747efa93d3c949753083dfc1cf72ddf0750cc"
    );
}

#[test]
fn ntfy_has_priority_tags_and_a_length() {
    let mut letter = escalation();
    let message = wire::ntfy(&letter, "jarvis", Some(URL));
    assert_eq!(
        (&message["priority"], &message["click"]),
        (&5.into(), &URL.into())
    );
    assert_eq!(message["tags"][0], "rotating_light");
    if let Content::News { items, .. } = &mut letter.content {
        items[0].evidence = vec!["ä".repeat(400); 20];
    }
    let long = wire::ntfy(&letter, "jarvis", None);
    let bytes = long["message"].as_str().unwrap().len();
    assert!((3_700..=4_096).contains(&bytes), "{bytes}");
}

proptest! {
    #[test]
    fn no_line_is_wider_than_a_terminal_and_nothing_is_markup(title in ".{0,200}", words in ".{0,600}") {
        let mut letter = escalation();
        if let Content::News { items, .. } = &mut letter.content {
            items[0].title = text::line(&title, text::LINE);
            items[0].text = text::line(&words, text::PARAGRAPH);
            items[0].evidence = text::lines(&[&words]);
            items[0].next = vec![text::line(&words, text::LINE)];
        }
        let plain = plain::text(&letter, Some(URL));
        prop_assert!(plain.lines().all(|line| line.chars().count() <= plain::WIDTH), "{plain}");
        prop_assert!(subject(&letter).chars().count() <= 110);
        let page = html::page(&letter, Some(URL));
        let safe = html::escaped(&items_text(&letter));
        prop_assert!(page.contains(&safe));
        prop_assert!(!safe.contains(['<', '>', '"', '\'']));
    }
}

fn items_text(letter: &Letter) -> String {
    match &letter.content {
        Content::News { items, .. } => items[0].title.clone(),
        _ => String::new(),
    }
}
