//! `clusterUpdates` and the other subscriptions of present state.

use crate::support::{Api, START, world};
use jarvis_api::graphql::{
    picture::Picture,
    types::{Moment, scalar::Time},
};
use jarvis_controller::View;
use jarvis_model::{
    Event, FreezeScope, GuestStatus, IssueKey, NodeName, NodeStatus, Observation, Outcome, Role, Severity,
    TicketId, TicketState, UnknownReason,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const UPDATES: &str = "subscription { clusterUpdates { seq version resync
    snapshot { nodes { name status } guests { vmid status } resources { key } quorum { quorate } freeze { state } loop { ready } storages { id } }
    delta { nodes { name status } removedNodes guests { vmid status } removedGuests freeze { state } quorum { quorate } } } }";

fn set_guest(view: &mut View, number: u32, status: GuestStatus) {
    let at = view.at;
    let observed = Arc::make_mut(&mut view.observed);
    observed.guests.get_mut(&world::vmid(number)).unwrap().status = Observation::known(status, at);
}

#[tokio::test]
async fn a_snapshot_comes_first_then_what_changes() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket.subscribe("1", UPDATES).await;
    let first = socket.data("1").await["clusterUpdates"].clone();
    assert_eq!(
        (first["seq"].clone(), first["delta"].clone()),
        (json!(1), Value::Null)
    );
    assert_eq!(
        first["snapshot"]["guests"][3],
        json!({ "vmid": 104, "status": "UNKNOWN" })
    );
    assert_eq!(first["snapshot"]["nodes"].as_array().unwrap().len(), 3);
    api.puppet
        .publish(|view| set_guest(view, 101, GuestStatus::Stopped));
    let second = socket.data("1").await["clusterUpdates"].clone();
    assert_eq!(
        (second["seq"].clone(), second["snapshot"].clone()),
        (json!(2), Value::Null)
    );
    assert_eq!(
        second["delta"]["guests"],
        json!([{ "vmid": 101, "status": "STOPPED" }])
    );
    let node = json!([{ "name": "atlas", "status": "ONLINE" }]);
    assert_eq!(second["delta"]["nodes"], node, "one guest fewer runs there");
    assert_eq!(second["delta"]["freeze"], Value::Null);
    api.puppet.publish(|view| {
        Arc::make_mut(&mut view.observed).guests.remove(&world::vmid(104));
    });
    assert_eq!(
        socket.data("1").await["clusterUpdates"]["delta"]["removedGuests"],
        json!([104])
    );
    api.puppet.append(vec![Event::FreezeSet {
        scope: FreezeScope::All,
        by: "a".into(),
        reason: "r".into(),
        until: None,
    }]);
    assert_eq!(
        socket.data("1").await["clusterUpdates"]["delta"]["freeze"]["state"],
        "ON"
    );
}

const COLUMNS: &str = "subscription { clusterUpdates(columns: true) { snapshot { guests { vmid usage { cpu } } }
    delta { guests { vmid status } figures { seenAt vmids uptimeSeconds cpu maxCpu memBytes maxMemBytes diskBytes maxDiskBytes } } } }";

#[tokio::test]
async fn figures_come_as_columns_where_that_is_asked_for() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket.subscribe("1", COLUMNS).await;
    socket.data("1").await;
    api.puppet.publish(|view| {
        set_guest(view, 101, GuestStatus::Running);
        set_guest(view, 102, GuestStatus::Running);
        let guests = &mut Arc::make_mut(&mut view.observed).guests;
        guests.get_mut(&world::vmid(101)).unwrap().usage.cpu = Some(0.123_456);
        guests.get_mut(&world::vmid(103)).unwrap().usage.mem_bytes = Some(7);
    });
    let delta = socket.data("1").await["clusterUpdates"]["delta"].clone();
    let changed = json!([{ "vmid": 102, "status": "RUNNING" }]);
    assert_eq!(delta["guests"], changed, "it was stopped");
    let figures = delta["figures"].clone();
    assert_eq!(
        figures.as_array().map(Vec::len),
        Some(1),
        "seen at one time: {figures}"
    );
    assert_eq!(figures[0]["vmids"], json!([101, 103]));
    assert_eq!(figures[0]["cpu"][0], 0.1235);
    assert_eq!(figures[0]["memBytes"][1], 7);
    assert_eq!(
        figures[0]["maxCpu"],
        Value::Null,
        "what did not change is left out"
    );
    assert_eq!(figures[0]["seenAt"], Time(START).to_string());
}

#[tokio::test]
async fn facts_grow_old_without_any_event() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket.subscribe("1", UPDATES).await;
    socket.data("1").await;
    api.clock.advance(Duration::from_secs(36));
    let delta = socket.data("1").await["clusterUpdates"]["delta"].clone();
    let unknown = delta["guests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|guest| guest["status"] == "UNKNOWN")
        .count();
    assert_eq!(
        (unknown, delta["quorum"]["quorate"].clone()),
        (3, Value::Null),
        "{delta}"
    );
}

#[tokio::test]
async fn a_client_that_fell_behind_starts_over() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket.subscribe("1", UPDATES).await;
    assert_eq!(socket.data("1").await["clusterUpdates"]["seq"], 1);
    // Nothing is awaited here, so the reader sees only the last of these pictures.
    api.puppet.publish(|view| {
        view.version += 500;
        set_guest(view, 102, GuestStatus::Running);
    });
    let told = socket.data("1").await["clusterUpdates"].clone();
    assert_eq!(
        (told["seq"].clone(), told["resync"].clone()),
        (json!(2), json!(true))
    );
    assert_eq!(
        (told["snapshot"].clone(), told["delta"].clone()),
        (Value::Null, Value::Null)
    );
    let fresh = socket.data("1").await["clusterUpdates"].clone();
    assert_eq!(
        (fresh["seq"].clone(), fresh["resync"].clone()),
        (json!(3), json!(false))
    );
    assert_eq!(
        fresh["snapshot"]["guests"][1],
        json!({ "vmid": 102, "status": "RUNNING" })
    );
}

#[tokio::test]
async fn a_ticket_is_followed_to_its_end() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    let asked = api
        .query(
            &token,
            "mutation { requestAction(action: {name: \"startGuest\", vmid: 102}) { id } }",
        )
        .await;
    let id = asked.data()["requestAction"]["id"].as_str().unwrap().to_owned();
    let mut socket = api.socket(&token).await;
    socket
        .subscribe(
            "1",
            &format!("subscription {{ ticketUpdates(id: \"{id}\") {{ state outcome }} }}"),
        )
        .await;
    assert_eq!(socket.data("1").await["ticketUpdates"]["state"], "QUEUED");
    let state = TicketState::Done {
        outcome: Outcome::Verified,
    };
    api.puppet.append(vec![Event::TicketChanged {
        ticket: TicketId(id),
        state,
    }]);
    assert_eq!(
        socket.data("1").await["ticketUpdates"],
        json!({ "state": "DONE", "outcome": "verified" })
    );
    assert_eq!(socket.next().await, json!({ "type": "complete", "id": "1" }));
    socket
        .subscribe("2", "subscription { ticketUpdates(id: \"none\") { state } }")
        .await;
    assert_eq!(
        socket.next().await["payload"]["errors"][0]["extensions"]["code"],
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn freeze_plan_and_alerts_come_at_once_and_when_they_change() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket
        .subscribe("f", "subscription { freezeUpdates { state by reason until } }")
        .await;
    assert_eq!(socket.data("f").await["freezeUpdates"]["state"], "OFF");
    let until = Some(START + Duration::from_mins(1));
    api.puppet.append(vec![Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "anna".into(),
        reason: "storm".into(),
        until,
    }]);
    let on = socket.data("f").await["freezeUpdates"].clone();
    assert_eq!(
        on,
        json!({ "state": "ON", "by": "anna", "reason": "storm", "until": "2027-01-15T08:01:00Z" })
    );
    api.clock.advance(Duration::from_mins(1));
    assert_eq!(
        socket.data("f").await["freezeUpdates"]["state"],
        "OFF",
        "its time is over"
    );
    socket
        .subscribe("p", "subscription { planUpdates { digest inSync } }")
        .await;
    assert_eq!(socket.data("p").await["planUpdates"]["inSync"], true);
    socket
        .subscribe("a", "subscription { alertUpdates { id severity title } }")
        .await;
    assert_eq!(socket.data("a").await["alertUpdates"], json!([]));
    api.puppet.append(vec![Event::NodeLost {
        node: NodeName::new("forge").unwrap(),
    }]);
    let alerts = socket.data("a").await["alertUpdates"].clone();
    assert_eq!(
        alerts,
        json!([{ "id": "node/forge", "severity": "CRITICAL", "title": "Node forge is away" }])
    );
}

#[tokio::test]
async fn an_issue_that_is_well_again_needs_nobody_until_it_relapses() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let mut socket = api.socket(&token).await;
    socket
        .subscribe("a", "subscription { alertUpdates { id } }")
        .await;
    assert_eq!(socket.data("a").await["alertUpdates"], json!([]));
    let issue: IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
    let summary = "web-01 (101) is stopped".to_owned();
    let told = Event::IssueAlerted {
        issue: issue.clone(),
        severity: Severity::Warning,
        text: summary.clone(),
    };
    let opened = Event::IssueOpened {
        issue: issue.clone(),
        summary: summary.clone(),
    };
    api.puppet.append(vec![opened, told]);
    let standing = json!([{ "id": format!("issue/{issue}") }]);
    assert_eq!(socket.data("a").await["alertUpdates"], standing);
    let healthy = Event::IssueHealthy { issue: issue.clone() };
    api.puppet.append(vec![healthy.clone()]);
    assert_eq!(socket.data("a").await["alertUpdates"], json!([]));
    api.puppet.append(vec![Event::IssueRelapsed {
        issue: issue.clone(),
        summary: summary.clone(),
    }]);
    assert_eq!(
        socket.data("a").await["alertUpdates"],
        standing,
        "ill again, it is back"
    );
    let given_up = Event::IssueEscalated {
        issue,
        resource_hash: String::new(),
        text: summary,
        evidence: Vec::new(),
    };
    api.puppet.append(vec![given_up, healthy]);
    assert_eq!(
        socket.data("a").await["alertUpdates"],
        json!([]),
        "nor does one that was given up"
    );
}

/// One change of the world.
#[derive(Debug, Clone)]
enum Change {
    Status(u32, u8),
    Remove(u32),
    Add(u32),
    Node(u8, bool),
    Storage(bool),
    Freeze(bool),
    Older(u8),
    Undeclare,
    Figures(u32, Option<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (100..110_u32, 0..4_u8).prop_map(|(vmid, status)| Change::Status(vmid, status)),
        (100..110_u32).prop_map(Change::Remove),
        (100..110_u32).prop_map(Change::Add),
        (0..3_u8, any::<bool>()).prop_map(|(node, online)| Change::Node(node, online)),
        any::<bool>().prop_map(Change::Storage),
        any::<bool>().prop_map(Change::Freeze),
        (0..40_u8).prop_map(Change::Older),
        Just(Change::Undeclare),
        (100..110_u32, prop::option::of(any::<u8>())).prop_map(|(vmid, n)| Change::Figures(vmid, n)),
    ]
}

fn apply(moment: &mut Moment, change: &Change) {
    let now = moment.now;
    let view = Arc::make_mut(&mut moment.view);
    let observed = Arc::make_mut(&mut view.observed);
    match change {
        Change::Status(number, status) => {
            if let Some(guest) = observed.guests.get_mut(&world::vmid(*number)) {
                guest.status = match status {
                    0 => Observation::known(GuestStatus::Running, now),
                    1 => Observation::known(GuestStatus::Stopped, now),
                    2 => Observation::known(GuestStatus::Held("paused".into()), now),
                    _ => Observation::unknown(UnknownReason::Contradictory),
                };
            }
        }
        Change::Remove(number) => drop(observed.guests.remove(&world::vmid(*number))),
        Change::Add(number) => {
            let guest = world::guest(*number, "new", "atlas", GuestStatus::Running, now);
            observed.guests.insert(guest.vmid, guest);
        }
        Change::Node(n, online) => {
            let name = ["agent1", "atlas", "forge"][usize::from(*n)];
            let status = if *online {
                NodeStatus::Online
            } else {
                NodeStatus::Offline
            };
            observed
                .nodes
                .insert(NodeName::new(name).unwrap(), world::node(name, status, now));
        }
        Change::Storage(there) => {
            observed
                .storages
                .retain(|_, storage| *there && storage.storage == "local");
        }
        Change::Freeze(on) => {
            let since = now;
            let (by, reason) = ("a".to_owned(), "r".to_owned());
            Arc::make_mut(&mut view.memory).freeze = if *on {
                jarvis_model::Freeze::On {
                    scope: FreezeScope::Autonomy,
                    by,
                    reason,
                    since,
                    until: None,
                }
            } else {
                jarvis_model::Freeze::Off
            };
        }
        Change::Older(secs) => moment.now = now + Duration::from_secs(u64::from(*secs)),
        Change::Undeclare => view.desired = Arc::default(),
        Change::Figures(number, n) => {
            if let Some(guest) = observed.guests.get_mut(&world::vmid(*number)) {
                let n = n.map(u64::from);
                guest.uptime_secs = n;
                guest.usage.cpu = n.map(|n| n as f64 / 7.0);
                guest.usage.mem_bytes = n.map(|n| n / 3);
                guest.usage.max_disk_bytes = n;
            }
        }
    }
}

proptest! {
    #[test]
    fn deltas_applied_in_order_give_the_state(steps in prop::collection::vec(prop::collection::vec(change(), 0..4), 1..12)) {
        let mut moment = Moment { view: Arc::new(world::view()), now: START };
        let mut client = Picture::of(&moment);
        let mut other = client.clone();
        let mut server = client.clone();
        for step in steps {
            for change in &step {
                apply(&mut moment, change);
            }
            let next = Picture::of(&moment);
            let delta = server.delta(&next);
            prop_assert_eq!(delta.is_none(), server == next);
            if let Some(delta) = delta {
                client.apply(delta);
            }
            prop_assert_eq!(&client, &next);
            if let Some(delta) = server.delta_in_columns(&next) {
                other.apply(delta);
            }
            prop_assert_eq!(&other, &next, "in columns");
            server = next;
        }
    }
}
