//! The voice of what others say in Jarvis' name: the guard's rules, the feed, the persona.

use jarvis_assistant::persona::faults;
use jarvis_controller::feed;
use jarvis_model::{
    Closed, Event, FreezeScope, HoldScope, Memory, NodeName, Outcome, Rearmed, Rule, Severity, Timestamp,
};

#[test]
fn the_rules_of_the_guard_are_named_in_the_voice() {
    for rule in Rule::ALL {
        assert_eq!(faults(&rule.to_string()), Vec::<String>::new(), "{}", rule.code());
    }
}

#[test]
fn lines_of_the_feed_are_in_the_voice() {
    let node = NodeName::new("forge").unwrap();
    let issue: jarvis_model::IssueKey = "VirtualMachine/media#guest-down".parse().unwrap();
    let until = Some(Timestamp::from_secs(1_795_867_200));
    let events = [
        Event::Started {
            version: "1".to_owned(),
        },
        Event::SourceRecovered,
        Event::SourceFailed {
            reason: "it does not answer".to_owned(),
        },
        Event::IssueHealthy { issue: issue.clone() },
        Event::IssueAlerted {
            issue: issue.clone(),
            severity: Severity::Warning,
            text: "stopped".to_owned(),
        },
        Event::IssueEscalated {
            issue: issue.clone(),
            resource_hash: String::new(),
            text: "three attempts failed".to_owned(),
            evidence: Vec::new(),
        },
        Event::IssueRearmed {
            issue: issue.clone(),
            because: Rearmed::Acknowledged {
                by: "anna".to_owned(),
            },
        },
        Event::IssueClosed {
            issue,
            because: Closed::SustainedHealth,
        },
        Event::IntentClosed {
            intent: jarvis_model::IntentId("i".to_owned()),
            outcome: Outcome::NotVerified,
        },
        Event::NodeLost { node: node.clone() },
        Event::NodeShutDown {
            node: node.clone(),
            text: "by bert".to_owned(),
        },
        Event::NodeReturned { node: node.clone() },
        Event::QuorumLost,
        Event::QuorumRegained,
        Event::FreezeSet {
            scope: FreezeScope::All,
            by: "anna".to_owned(),
            reason: "the move".to_owned(),
            until,
        },
        Event::Thawed {
            by: "anna".to_owned(),
        },
        Event::HoldReleased {
            scope: HoldScope::Node(node),
            by: "anna".to_owned(),
        },
    ];
    for event in events {
        let line = feed::line(&event, &Memory::default());
        let text = format!("{}\n{}", line.title, line.detail.unwrap_or_default());
        assert_eq!(faults(&text), Vec::<String>::new(), "{}", event.name());
    }
}
