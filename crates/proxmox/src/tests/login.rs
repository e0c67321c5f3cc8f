//! Logging in with user and password: one ticket for all entry points, renewed in time, and never hammering.

use super::{
    closed_port, node, options,
    server::{Reply, Seen, Server},
    vmid,
};
use crate::{EntryPoint, Login, Options, Proxmox};
use jarvis_model::{Effect, GuestKind, GuestVerb, Timestamp};
use jarvis_ports::{Clock as _, Hypervisor, LookError, PerformError, SystemClock};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const PASSWORD: &str = "p4ss;w&rd";
const FORM: &str = "username=jarvis%40pve&password=p4ss%3Bw%26rd";

fn options_for(servers: &[&Server]) -> Options {
    let names = ["atlas", "home", "node3"];
    let points = servers
        .iter()
        .zip(names)
        .map(|(server, name)| EntryPoint::new(Some(name), &server.url()).unwrap())
        .collect();
    let mut options = options(points);
    options.credential = Login::new("jarvis@pve", PASSWORD).unwrap().into();
    options
}

fn client(servers: &[&Server]) -> Proxmox {
    Proxmox::new(options_for(servers)).unwrap()
}

fn is_login(seen: &Seen) -> bool {
    seen.path == "/api2/json/access/ticket"
}

fn logins(server: &Server) -> Vec<String> {
    let seen = server.seen();
    seen.into_iter().filter(is_login).map(|seen| seen.body).collect()
}

fn ticket(number: usize) -> Reply {
    Reply::data(&format!(
        r#"{{"ticket":"PVE:jarvis@pve:{number}::a+b/c==","CSRFPreventionToken":"{number}:csrf","username":"jarvis@pve"}}"#
    ))
}

fn cookie(number: usize) -> String {
    format!("cookie: pveauthcookie=pve%3ajarvis%40pve%3a{number}%3a%3aa%2bb%2fc%3d%3d")
}

/// A node that gives a new ticket at every log-in and takes those that `takes` says.
async fn pve(takes: impl Fn(usize) -> bool + Send + Sync + 'static) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |seen| {
        if is_login(seen) {
            return ticket(given.fetch_add(1, Ordering::SeqCst) + 1);
        }
        let head = seen.head.to_lowercase();
        let number = (1..20).find(|number| head.contains(&cookie(*number)) && takes(*number));
        match number {
            None => Reply::bare(401, "Authentication failed!"),
            Some(number)
                if seen.method == "POST"
                    && !head.contains(&format!("csrfpreventiontoken: {number}:csrf")) =>
            {
                Reply::bare(401, "Permission denied - invalid csrf token")
            }
            Some(_) if seen.method == "POST" => {
                Reply::data(r#""UPID:atlas:00000B70:0003EDD9:6B045A8F:qmstart:101:jarvis@pve:""#)
            }
            Some(_) => Reply::data(r#"{"uptime":7}"#),
        }
    })
    .await
}

fn start() -> (Effect, Timestamp) {
    let effect = Effect::Guest {
        node: node("atlas"),
        kind: GuestKind::Qemu,
        vmid: vmid(101),
        request: GuestVerb::Start,
    };
    (effect, SystemClock.now() + Duration::from_mins(1))
}

#[tokio::test]
async fn one_log_in_serves_all_entry_points_and_writes_carry_the_csrf_token() {
    let (atlas, home) = (pve(|_| true).await, pve(|number| number == 1).await);
    let client = client(&[&atlas, &home]);
    for name in ["atlas", "home", "atlas"] {
        assert_eq!(client.look_node(&node(name)).await.unwrap(), 7);
    }
    let (effect, soon) = start();
    client.send(&effect, soon).await.unwrap();
    assert_eq!(logins(&atlas), [FORM]);
    assert_eq!(logins(&home), Vec::<String>::new());
    for seen in atlas.seen().iter().chain(&home.seen()) {
        let head = seen.head.to_lowercase();
        assert!(!head.contains("authorization"), "{head}");
        assert_eq!(head.contains("cookie"), !is_login(seen), "{head}");
        assert_eq!(
            head.contains("csrfpreventiontoken"),
            seen.path.ends_with("/start"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn a_refused_log_in_is_told_and_not_repeated() {
    let no = r#"{"message":"authentication failure\n","data":null}"#;
    let refuse = move |_: &Seen| Reply::Whole(401, "authentication failure", no.to_owned());
    let (atlas, home) = (Server::start(refuse).await, Server::start(refuse).await);
    let client = client(&[&atlas, &home]);
    assert_eq!(
        client
            .look_quorum(2)
            .await
            .iter()
            .filter(|look| look.is_ok())
            .count(),
        0
    );
    for _ in 0..3 {
        for error in [
            client.look_cluster().await.unwrap_err(),
            client.look_node(&node("home")).await.unwrap_err(),
        ] {
            let LookError::NotAuthenticated { why, .. } = error else {
                panic!("{error:?}")
            };
            for word in ["jarvis@pve", "authentication failure", "`password`", "token"] {
                assert!(why.contains(word), "{word}: {why}");
            }
            assert!(!why.contains("p4ss"), "{why}");
        }
    }
    let (effect, soon) = start();
    let Err(PerformError::Rejected {
        text,
        retryable: false,
    }) = client.send(&effect, soon).await
    else {
        panic!("must be rejected")
    };
    assert!(text.contains("nothing was sent"), "{text}");
    assert_eq!(atlas.count() + home.count(), 1, "one log-in, and nothing else");
    assert!(!format!("{client:?}").contains("p4ss"));
}

#[tokio::test]
async fn after_the_pause_one_more_log_in_is_tried() {
    let calls = AtomicUsize::new(0);
    let server = Server::start(
        move |seen| match (is_login(seen), calls.fetch_add(1, Ordering::SeqCst)) {
            (true, 0) => Reply::Whole(401, "authentication failure", String::new()),
            (true, _) => ticket(1),
            _ => Reply::data(r#"{"uptime":7}"#),
        },
    )
    .await;
    let mut options = options_for(&[&server]);
    options.timeouts.login_pause = Duration::ZERO;
    let client = Proxmox::new(options).unwrap();
    client.look_node(&node("atlas")).await.unwrap_err();
    assert_eq!(client.look_node(&node("atlas")).await.unwrap(), 7);
    assert_eq!(logins(&server).len(), 2);
}

#[tokio::test]
async fn a_second_factor_is_told_and_ends_it() {
    for answer in [
        r#"{"NeedTFA":1,"ticket":"PVE:!tfa!%7B%22totp%22%3Atrue%7D:6B::x","CSRFPreventionToken":"6B:x"}"#,
        r#"{"NeedTFA":"1","username":"jarvis@pve"}"#,
    ] {
        let server = Server::start(move |_| Reply::data(answer)).await;
        let client = client(&[&server]);
        for _ in 0..2 {
            let error = client.look_cluster().await.unwrap_err();
            let LookError::NotAuthenticated { why, .. } = error else {
                panic!("{error:?}")
            };
            assert!(
                why.contains("second factor") && why.contains("API token"),
                "{why}"
            );
        }
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_ticket_is_renewed_by_itself_before_it_ends() {
    let server = pve(|_| true).await;
    let mut options = options_for(&[&server]);
    options.timeouts.ticket_renewal = Duration::ZERO;
    let client = Proxmox::new(options).unwrap();
    client.look_node(&node("atlas")).await.unwrap();
    client.look_node(&node("atlas")).await.unwrap();
    assert_eq!(
        logins(&server),
        [
            FORM,
            "username=jarvis%40pve&password=PVE%3Ajarvis%40pve%3A1%3A%3Aa%2Bb%2Fc%3D%3D"
        ]
    );
    assert!(
        server
            .seen()
            .last()
            .unwrap()
            .head
            .to_lowercase()
            .contains(&cookie(2))
    );
}

#[tokio::test]
async fn a_ticket_past_its_end_is_not_used() {
    let server = pve(|_| true).await;
    let mut options = options_for(&[&server]);
    options.timeouts.ticket_end = Duration::ZERO;
    let client = Proxmox::new(options).unwrap();
    client.look_node(&node("atlas")).await.unwrap();
    client.look_node(&node("atlas")).await.unwrap();
    assert_eq!(logins(&server), [FORM, FORM]);
    let defaults = crate::Timeouts::default();
    assert!(defaults.ticket_renewal < defaults.ticket_end && defaults.ticket_end < Duration::from_hours(2));
}

#[tokio::test]
async fn a_renewal_without_an_answer_leaves_the_old_ticket_and_a_refused_one_logs_in() {
    for (renewal, logged_in) in [
        (Reply::bare(595, "Connection refused"), 1),
        (Reply::Whole(401, "authentication failure", String::new()), 2),
    ] {
        let server = Server::start(move |seen| match (is_login(seen), seen.body == FORM) {
            (true, true) => ticket(1),
            (true, false) => renewal.clone(),
            _ => Reply::data(r#"{"uptime":7}"#),
        })
        .await;
        let mut options = options_for(&[&server]);
        options.timeouts.ticket_renewal = Duration::from_nanos(1);
        let client = Proxmox::new(options).unwrap();
        for _ in 0..2 {
            assert_eq!(client.look_node(&node("atlas")).await.unwrap(), 7);
        }
        let forms = logins(&server);
        assert_eq!(forms.iter().filter(|form| *form == FORM).count(), logged_in);
        assert_eq!(forms.len(), logged_in + 1);
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_taken_any_more_is_replaced_once() {
    let server = pve(|number| number == 2).await;
    let client = client(&[&server]);
    assert_eq!(client.look_node(&node("atlas")).await.unwrap(), 7);
    assert_eq!(logins(&server), [FORM, FORM]);

    // A node that takes none is left alone after one new ticket.
    let server = pve(|_| false).await;
    let client = self::client(&[&server]);
    for _ in 0..4 {
        let error = client.look_node(&node("atlas")).await.unwrap_err();
        assert!(matches!(error, LookError::NotAuthenticated { .. }), "{error:?}");
    }
    assert_eq!((logins(&server).len(), server.count()), (2, 4));
}

#[tokio::test]
async fn a_write_with_an_ended_ticket_is_rejected_and_not_sent_again() {
    let server = pve(|number| number == 2).await;
    let client = client(&[&server]);
    let (effect, soon) = start();
    let Err(PerformError::Rejected {
        text,
        retryable: true,
    }) = client.send(&effect, soon).await
    else {
        panic!("must be rejected")
    };
    assert!(
        text.contains("ticket") && text.contains("nothing was done"),
        "{text}"
    );
    let writes = || {
        server
            .seen()
            .iter()
            .filter(|seen| seen.path.ends_with("/start"))
            .count()
    };
    assert_eq!(writes(), 1);
    client.send(&effect, soon).await.unwrap();
    assert_eq!((writes(), logins(&server).len()), (2, 2));
}

#[tokio::test]
async fn a_node_that_cannot_log_anybody_in_is_passed_over() {
    let lame = Server::start(|_| Reply::bare(595, "Connection refused")).await;
    let frozen = Server::start(|_| Reply::Silence).await;
    let down = EntryPoint::new(
        Some("node4"),
        &format!("http://127.0.0.1:{}", closed_port().await),
    )
    .unwrap();
    for first in [lame, frozen] {
        let good = Server::start(|seen| {
            if is_login(seen) {
                ticket(1)
            } else {
                Reply::data(r#"[{"type":"qemu","vmid":101,"node":"atlas"}]"#)
            }
        })
        .await;
        let mut options = options_for(&[&first, &good]);
        options.entry_points.insert(0, down.clone());
        let client = Proxmox::new(options).unwrap();
        assert_eq!(client.look_cluster().await.unwrap().via, "home");
        assert_eq!(logins(&good).len(), 1);
        assert!(
            first.seen().iter().all(is_login),
            "nothing goes out without a ticket"
        );
    }
}

#[tokio::test]
async fn many_requests_at_once_log_in_once() {
    let server = pve(|_| true).await;
    let client = Arc::new(client(&[&server]));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let client = Arc::clone(&client);
        tasks.spawn(async move { client.look_node(&node("atlas")).await });
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap().unwrap(), 7);
    }
    assert_eq!(logins(&server).len(), 1);
}
