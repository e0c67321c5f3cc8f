//! Queries of present state.

use crate::support::{Api, client::Answer, world};
use jarvis_model::{GuestStatus, Observation, Role};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

async fn ask(api: &Api, query: &str) -> Answer {
    let token = api.token("reader", Role::Admin);
    api.query(&token, query).await
}

#[tokio::test]
async fn the_live_cluster_is_told_with_the_age_of_every_fact() {
    let api = Api::start().await;
    api.clock.advance(Duration::from_secs(5));
    let answer = ask(&api, "{ clusters { name nodesOnline nodesTotal guestsRunning guestsTotal revision quorum { quorate neededVotes onlineVotes ageSeconds } loop { ready } }
        nodes { name status seenAt ageSeconds protected guests resource usage { memBytes maxMemBytes } }
        guests { total nodes { vmid status statusWord seenAt unknownReason ageSeconds resource runStrategy protected } }
        storage { id usedBytes active } quorum { expectedVotes } }").await;
    insta::assert_json_snapshot!(answer.data());
}

#[tokio::test]
async fn what_is_too_old_is_unknown() {
    let api = Api::start().await;
    api.clock.advance(Duration::from_secs(36));
    let answer = ask(&api, "{ guest(vmid: 101) { status statusWord unknownReason seenAt } node(name: \"atlas\") { status } quorum { quorate } clusters { guestsRunning nodesOnline } }").await;
    let data = answer.data();
    assert_eq!(data["guest"]["status"], "UNKNOWN");
    assert_eq!(data["guest"]["unknownReason"], "last seen too long ago");
    assert_eq!(data["guest"]["seenAt"], "2027-01-15T08:00:00Z");
    assert_eq!(data["node"]["status"], "UNKNOWN");
    assert_eq!(data["quorum"]["quorate"], serde_json::Value::Null);
    assert_eq!(
        data["clusters"][0],
        json!({ "guestsRunning": 0, "nodesOnline": 0 })
    );
}

/// Numbers of all guests, page by page.
async fn walk(api: &Api, token: &str, order: &str) -> Vec<u64> {
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let list = "nodes { vmid } pageInfo { hasNextPage endCursor }";
        let query = format!("{{ guests(first: 40, order: {order}{after}) {{ {list} }} }}");
        let page = api.query(token, &query).await.data()["guests"].clone();
        let guests = page["nodes"].as_array().unwrap().iter();
        seen.extend(guests.map(|guest| guest["vmid"].as_u64().unwrap()));
        if page["pageInfo"]["hasNextPage"] == false {
            return seen;
        }
        after = format!(", after: {}", page["pageInfo"]["endCursor"]);
    }
}

#[tokio::test]
async fn pages_of_guests_are_complete_in_every_order_even_while_the_list_changes() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let at = crate::support::START;
    api.puppet.publish(|view| {
        let observed = Arc::make_mut(&mut view.observed);
        for number in 200..330 {
            let guest = world::guest(
                number,
                &format!("g{}", number % 10),
                "atlas",
                GuestStatus::Running,
                at,
            );
            observed.guests.insert(guest.vmid, guest);
        }
    });
    for order in ["VMID", "NAME", "NODE", "STATUS", "CPU", "MEMORY"] {
        let seen = walk(&api, &token, order).await;
        let distinct: BTreeSet<&u64> = seen.iter().collect();
        assert_eq!((distinct.len(), seen.len()), (134, 134), "{order}");
    }
    let cursor = api
        .query(&token, "{ guests(first: 2) { pageInfo { endCursor } } }")
        .await
        .data()["guests"]["pageInfo"]["endCursor"]
        .clone();
    api.puppet.publish(|view| {
        Arc::make_mut(&mut view.observed).guests.remove(&world::vmid(102));
    });
    let next = api
        .query(
            &token,
            &format!("{{ guests(first: 1, after: {cursor}) {{ nodes {{ vmid }} }} }}"),
        )
        .await;
    assert_eq!(
        next.data()["guests"]["nodes"][0]["vmid"],
        103,
        "the guest under the cursor went away"
    );
    for wrong in [
        "first: 0",
        "first: 101",
        "after: \"x\"",
        &format!("order: NAME, after: {cursor}"),
    ] {
        assert_eq!(
            api.query(&token, &format!("{{ guests({wrong}) {{ total }} }}"))
                .await
                .code(),
            "INVALID",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn guests_are_filtered() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let cases = [
        ("{}", vec![101, 102, 103, 104]),
        ("{status: [RUNNING]}", vec![101, 103]),
        ("{status: [STOPPED, UNKNOWN]}", vec![102, 104]),
        ("{node: \"atlas\"}", vec![101, 102]),
        ("{search: \"WEB\"}", vec![101]),
        ("{search: \"04\"}", vec![104]),
        ("{managed: false}", vec![103, 104]),
        ("{runStrategy: ALWAYS}", vec![102]),
        ("{protected: true}", vec![103]),
        ("{kind: LXC}", vec![]),
        ("{tag: \"prod\", vmids: [101, 104]}", vec![101, 104]),
    ];
    for (filter, expected) in cases {
        let answer = api
            .query(
                &token,
                &format!("{{ guests(filter: {filter}) {{ nodes {{ vmid }} }} }}"),
            )
            .await;
        let found: Vec<u64> = answer.data()["guests"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|guest| guest["vmid"].as_u64().unwrap())
            .collect();
        assert_eq!(found, expected, "{filter}");
    }
}

#[tokio::test]
async fn manifests_policy_and_windows_are_told() {
    let api = Api::start().await;
    let answer = ask(&api, "{ resources { key kind labels { name value } spec hold { by } status { sync } }
        policy { defaultAutonomy ceiling attemptsPerIssue actionsPerHour largestPlan nodesAtOnce protectedGuests protectedNodes floor { ceiling } policies { key } }
        windows { name effect schedule durationSeconds open nextChange }
        holds { scope } freeze { state } revision { commit pendingErrors } }").await;
    insta::assert_json_snapshot!(answer.data());
}

#[tokio::test]
async fn a_hold_on_a_node_shows_on_the_guests_there() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    api.query(
        &token,
        "mutation { hold(scope: \"node:atlas\", reason: \"new disks\", ttlSeconds: 60) }",
    )
    .await
    .data();
    let held = "{ resource(key: \"VirtualMachine/web-01\") { hold { scope by reason } } holds { scope } }";
    let answer = api.query(&token, held).await;
    let hold = json!({ "scope": "node:atlas", "by": "token:t", "reason": "new disks" });
    assert_eq!(answer.data()["resource"]["hold"], hold);
    api.clock.advance(Duration::from_mins(1));
    let answer = api.query(&token, held).await;
    assert_eq!(
        answer.data(),
        &json!({ "resource": { "hold": null }, "holds": [] })
    );
}

#[tokio::test]
async fn issues_tell_the_attempts_they_have_left_under_the_strictest_policy() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let issue: jarvis_model::IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
    let summary = "stopped; manifest says running".to_owned();
    api.puppet.append(vec![jarvis_model::Event::IssueOpened {
        issue: issue.clone(),
        summary,
    }]);
    api.puppet.publish(|view| {
        let at = view.at;
        Arc::make_mut(&mut view.memory)
            .issues
            .get_mut(&issue)
            .unwrap()
            .attempts
            .push(at);
    });
    let answer = api
        .query(&token, "{ issues { key attempts attemptsLeft summary } }")
        .await;
    let expected = json!([{ "key": issue.to_string(), "attempts": 1, "attemptsLeft": 1, "summary": "stopped; manifest says running" }]);
    assert_eq!(answer.data()["issues"], expected);
    api.clock.advance(Duration::from_hours(1));
    let answer = api.query(&token, "{ issues { attempts attemptsLeft } }").await;
    assert_eq!(
        answer.data()["issues"],
        json!([{ "attempts": 0, "attemptsLeft": 2 }])
    );
}

#[tokio::test]
async fn figures_that_are_no_numbers_are_absent() {
    let api = Api::start().await;
    api.puppet.publish(|view| {
        let guest = Arc::make_mut(&mut view.observed)
            .guests
            .get_mut(&world::vmid(101))
            .unwrap();
        guest.usage.cpu = Some(f64::NAN);
        guest.ready = Observation::known(true, view.at);
    });
    let answer = ask(&api, "{ guest(vmid: 101) { ready usage { cpu } } }").await;
    assert_eq!(
        answer.data()["guest"],
        json!({ "ready": true, "usage": { "cpu": null } })
    );
}
