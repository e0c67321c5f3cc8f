//! Whom the client asks: fail-over, hedging, slots, backing off.

use super::{
    client, closed_port, node, options,
    server::{Reply, Server},
};
use crate::{Class, EntryPoint, Proxmox};
use jarvis_ports::{Hypervisor, LookError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

const LIST: &str =
    r#"[{"type":"node","node":"atlas","status":"online"},{"type":"qemu","vmid":101,"node":"atlas"}]"#;

fn status(local: &str, quorate: u8) -> String {
    let row = |name: &str, ip: &str| {
        let local = u8::from(name == local);
        format!(r#"{{"type":"node","name":"{name}","online":1,"local":{local},"ip":"{ip}"}}"#)
    };
    format!(
        r#"[{{"type":"cluster","name":"lab","quorate":{quorate}}},{},{}]"#,
        row("atlas", "127.0.0.1"),
        row("home", "127.0.0.2")
    )
}

/// A node as far as these tests need one.
async fn pve(name: &'static str) -> Server {
    Server::start(move |seen| match seen.path.as_str() {
        "/api2/json/cluster/resources" => Reply::data(LIST),
        "/api2/json/cluster/status" => Reply::data(&status(name, 1)),
        "/api2/json/cluster/config/nodes" => {
            Reply::data(r#"[{"name":"atlas","quorum_votes":"2"},{"node":"home","quorum_votes":1}]"#)
        }
        _ => Reply::data(r#"{"uptime":7}"#),
    })
    .await
}

#[tokio::test]
async fn the_next_entry_point_is_asked_at_once_when_one_is_down() {
    let up = pve("home").await;
    let down = EntryPoint::new(
        Some("atlas"),
        &format!("http://127.0.0.1:{}", closed_port().await),
    )
    .unwrap();
    let second = EntryPoint::new(Some("home"), &up.url()).unwrap();
    let client = Proxmox::new(options(vec![down, second])).unwrap();
    let asked = Instant::now();
    assert_eq!(client.look_cluster().await.unwrap().via, "home");
    assert!(asked.elapsed() < super::short().look, "without waiting");
    let stats = client.stats();
    assert_eq!(stats[0].requests[&Class::Transport], 1);
    assert!(
        stats[0]
            .aside
            .as_deref()
            .is_some_and(|why| why.contains("refused")),
        "{stats:?}"
    );
    assert_eq!(stats[1].requests[&Class::Success], 1);
    client.look_cluster().await.unwrap();
    assert_eq!(
        client.stats()[0].requests[&Class::Transport],
        1,
        "put aside, it is not asked again"
    );
}

#[tokio::test]
async fn a_failing_entry_point_is_passed_over() {
    for reply in [
        Reply::Whole(
            500,
            "RPCEnvironment init request failed: Unable to load access control list",
            String::new(),
        ),
        Reply::bare(596, "Broken pipe"),
        Reply::Whole(200, "OK", "<html>".to_owned()),
        Reply::bare(401, "Authentication failed!"),
    ] {
        let bad = Server::start(move |_| reply.clone()).await;
        let good = pve("home").await;
        let client = client(&[(Some("atlas"), &bad), (Some("home"), &good)]);
        assert_eq!(client.look_cluster().await.unwrap().via, "home");
    }
}

#[tokio::test]
async fn a_frozen_entry_point_delays_nobody_but_itself() {
    let frozen = Server::start(|_| Reply::Silence).await;
    let good = pve("home").await;
    let client = client(&[(Some("atlas"), &frozen), (Some("home"), &good)]);
    let limits = super::short();

    let asked = Instant::now();
    assert_eq!(client.look_cluster().await.unwrap().via, "home");
    let first = asked.elapsed();
    assert!(
        first >= limits.hedge && first < limits.look,
        "the second is asked after the hedge delay: {first:?}"
    );

    let asked = Instant::now();
    client.look_cluster().await.unwrap();
    assert!(asked.elapsed() < limits.look, "the frozen one is put aside then");
    assert_eq!(frozen.count(), 1);

    // Looking at the frozen node itself takes its time; looking at the other one meanwhile does not.
    let asked = Instant::now();
    let (atlas, home) = (node("atlas"), node("home"));
    let both = tokio::join!(client.look_node(&atlas), async {
        let uptime = client.look_node(&home).await;
        (uptime, asked.elapsed())
    });
    assert!(matches!(both.0, Err(LookError::Unreachable { .. })));
    assert_eq!(both.1.0.unwrap(), 7);
    assert!(both.1.1 < limits.hedge, "{:?}", both.1.1);
}

#[tokio::test]
async fn no_entry_point_at_all_names_them_all() {
    let mut points = Vec::new();
    for name in ["atlas", "home"] {
        points
            .push(EntryPoint::new(Some(name), &format!("http://127.0.0.1:{}", closed_port().await)).unwrap());
    }
    let client = Proxmox::new(options(points)).unwrap();
    let error = client.look_cluster().await.unwrap_err().to_string();
    assert!(
        error.contains("atlas: ") && error.contains("home: ") && error.contains("refused"),
        "{error}"
    );
    assert!(client.look_quorum(2).await.is_empty());
}

#[tokio::test]
async fn a_refused_token_is_not_tried_again_and_still_told() {
    let server = Server::start(|_| Reply::bare(401, "Authentication failed!")).await;
    let client = client(&[(Some("atlas"), &server)]);
    for _ in 0..3 {
        for result in [
            client.look_cluster().await.err(),
            client.look_node(&node("atlas")).await.err(),
        ] {
            let Some(LookError::NotAuthenticated { why, .. }) = result else {
                panic!("{result:?}")
            };
            assert!(why.contains("Authentication failed!"), "{why}");
        }
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn missing_rights_are_missing_everywhere() {
    let narrow = Server::start(|_| Reply::bare(403, "Permission check failed (/, Sys.Audit)")).await;
    let other = pve("home").await;
    let client = client(&[(Some("atlas"), &narrow), (Some("home"), &other)]);
    assert!(matches!(
        client.look_cluster_tasks().await,
        Err(LookError::NoRights { .. })
    ));
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn two_requests_at_most_are_in_flight_for_a_node() {
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Every request that reaches the server stays until the client gives it up.
    let server = Server::start(|_| Reply::Silence).await;
    let client = Arc::new(client(&[(None, &server)]));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (client, inside, most) = (Arc::clone(&client), Arc::clone(&inside), Arc::clone(&most));
        tasks.spawn(async move {
            let _pass = client.enter("atlas", jarvis_ports::Priority::Poll).await;
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            inside.fetch_sub(1, Ordering::SeqCst);
        });
    }
    while tasks.join_next().await.is_some() {}
    assert_eq!(most.load(Ordering::SeqCst), 2);

    for _ in 0..5 {
        let client = Arc::clone(&client);
        tasks.spawn(async move {
            let _ = client.look_node(&node("atlas")).await;
        });
    }
    server.until(2).await;
    // While two hang, another node is not kept waiting.
    let other = tokio::time::timeout(
        Duration::from_secs(1),
        client.enter("home", jarvis_ports::Priority::Poll),
    )
    .await;
    assert!(other.is_ok());
    assert_eq!(server.count(), 2, "three wait");
    tasks.abort_all();
}

#[tokio::test]
async fn quorum_is_asked_of_different_entry_points_which_say_who_they_are() {
    let (atlas, home) = (pve("atlas").await, pve("home").await);
    let client = client(&[(None, &atlas), (Some("wrong"), &home)]);
    let looks: Vec<_> = client
        .look_quorum(2)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let mut via: Vec<&str> = looks.iter().map(|look| look.via.as_str()).collect();
    via.sort_unstable();
    assert_eq!(via, ["atlas", "home"]);
    for look in &looks {
        assert!(look.quorate && look.online[&node("home")]);
        assert_eq!((look.votes[&node("atlas")], look.votes[&node("home")]), (2, 1));
        assert_eq!(look.ips[&node("home")], "127.0.0.2");
    }
    let warnings = client.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("is node home, not wrong"),
        "{warnings:?}"
    );
    client.look_quorum(2).await;
    let votes = |server: &Server| {
        server
            .seen()
            .iter()
            .filter(|seen| seen.path.ends_with("/config/nodes"))
            .count()
    };
    assert_eq!(
        votes(&atlas) + votes(&home),
        1,
        "votes are read once in five minutes"
    );
    // What was learnt is used: a look at a node goes to the node itself.
    client.look_node(&node("home")).await.unwrap();
    assert_eq!(home.seen().last().unwrap().path, "/api2/json/nodes/home/status");
    assert!(
        client
            .stats()
            .iter()
            .map(|stats| stats.entry.as_str())
            .eq(["atlas", "home"])
    );
}

#[tokio::test]
async fn a_silent_member_does_not_hold_up_the_quorum_of_the_others() {
    let frozen = Server::start(|_| Reply::Silence).await;
    let (atlas, home) = (pve("atlas").await, pve("home").await);
    let client = client(&[(None, &frozen), (None, &atlas), (None, &home)]);
    let asked = Instant::now();
    let looks = client.look_quorum(2).await;
    assert_eq!(looks.iter().filter(|look| look.is_ok()).count(), 2);
    assert!(asked.elapsed() < super::short().look, "{:?}", asked.elapsed());
    assert_eq!(client.look_quorum(2).await.len(), 2);
    assert_eq!(frozen.count(), 1, "put aside");

    // With one left it is the same: only the first look waits, and only so long.
    let client = super::client(&[(None, &frozen), (None, &atlas)]);
    let asked = Instant::now();
    assert_eq!(client.look_quorum(2).await.len(), 1);
    assert!(asked.elapsed() < super::short().look, "{:?}", asked.elapsed());
    let asked = Instant::now();
    assert_eq!(client.look_quorum(2).await.len(), 1);
    assert!(asked.elapsed() < super::short().look, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_stand_alone_node_is_quorate_and_forbidden_votes_are_none() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/api2/json/cluster/status" => {
            Reply::data(r#"[{"type":"node","id":"node/solo","name":"solo","online":1,"local":1,"nodeid":0}]"#)
        }
        _ => Reply::bare(403, "Permission check failed (/, Sys.Audit)"),
    })
    .await;
    let client = client(&[(None, &server)]);
    let look = client.look_quorum(2).await.remove(0).unwrap();
    assert!(look.quorate && look.cluster.is_none() && look.votes.is_empty());
    assert_eq!(look.via, "solo");
}

#[tokio::test]
async fn member_addresses_become_entry_points_only_where_configured() {
    for (wanted, entries) in [(false, 1), (true, 2)] {
        let server = pve("atlas").await;
        let mut options = options(vec![EntryPoint::new(None, &server.url()).unwrap()]);
        options.use_member_addresses = wanted;
        let client = Proxmox::new(options).unwrap();
        client.look_quorum(1).await;
        let names: Vec<String> = client.stats().into_iter().map(|stats| stats.entry).collect();
        assert_eq!(names.len(), entries, "{names:?}");
        client.look_quorum(1).await;
        assert_eq!(client.stats().len(), entries, "learnt once");
    }
}

#[tokio::test]
async fn rights_are_asked_path_by_path() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/api2/json/access/permissions?path=%2Fvms%2F103" => Reply::data(r#"{"/vms/103":{}}"#),
        "/api2/json/access/permissions?path=%2F" => Reply::data(r#"{"/":{"Sys.Audit":1}}"#),
        _ => Reply::data(r#"{"/vms":{"VM.Audit":1,"VM.PowerMgmt":1}}"#),
    })
    .await;
    let client = client(&[(None, &server)]);
    let rights = client
        .preflight(&[node("atlas")], &[super::vmid(103)])
        .await
        .unwrap();
    assert!(rights.holds("/", "Sys.Audit") && rights.holds_below("/vms", "VM.Audit"));
    assert!(!rights.holds("/vms/103", "VM.PowerMgmt") && !rights.holds("/nodes/atlas", "Sys.PowerMgmt"));
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn an_entry_point_is_not_blamed_for_the_silence_of_another_node() {
    let proxy = Server::start(|seen| match seen.path.as_str() {
        "/api2/json/cluster/resources" => Reply::data(LIST),
        _ => Reply::Silence,
    })
    .await;
    let client = client(&[(Some("atlas"), &proxy)]);
    let look = client.look_node(&node("home")).await;
    assert!(matches!(look, Err(LookError::Unreachable { .. })), "{look:?}");
    assert_eq!(client.stats()[0].aside, None, "the frozen node is home");
    client.look_node(&node("atlas")).await.unwrap_err();
    assert!(client.stats()[0].aside.is_some(), "its own silence");
    client.look_cluster().await.unwrap();
    assert_eq!(client.stats()[0].aside, None, "it answered");
}

#[tokio::test]
async fn one_node_behind_two_entry_points_is_one_voice() {
    let (one, same, other) = (pve("atlas").await, pve("atlas").await, pve("home").await);
    let client = client(&[(None, &one), (None, &same), (None, &other)]);
    let via = |looks: Vec<Result<jarvis_ports::QuorumLook, LookError>>| -> Vec<String> {
        looks.into_iter().map(|look| look.unwrap().via).collect()
    };
    assert_eq!(via(client.look_quorum(2).await), ["atlas", "home"]);
    drop(other);
    assert_eq!(via(client.look_quorum(2).await), ["atlas"]);
}
