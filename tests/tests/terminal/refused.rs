//! Who gets no terminal, and how that is told.

use super::{
    rig::{Lab, PROTOCOL, soon},
    server::{Server, make_key},
};
use jarvis_api::TerminalOptions;
use jarvis_model::Role;

const FORGE: &str = "/terminal/homelab/forge?cols=80&rows=24";

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_from_our_page_or_with_a_token_gets_in() {
    let lab = Lab::start().await;
    let cookie = lab.cookie("anna", Role::Operator).await;
    let viewer = lab.cookie("vera", Role::Viewer).await;
    let bearer = format!("Bearer {}", lab.token("t", Role::Operator).await);
    let protocol = ("sec-websocket-protocol", PROTOCOL);
    let own = ("origin", lab.url.as_str());
    let refused = async |headers: &[(&str, &str)]| {
        let answer = soon("an answer", lab.upgrade(FORGE, headers)).await;
        answer.err().unwrap_or_else(|| panic!("{headers:?} got in"))
    };
    let mut signed_in = lab
        .upgrade(FORGE, &[own, ("cookie", &cookie), protocol])
        .await
        .unwrap();
    signed_in.ready().await;
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        for credential in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
            let (status, text) = refused(&[("origin", origin), credential, protocol]).await;
            assert_eq!(status, 403, "{origin}");
            assert!(text.contains("FOREIGN_ORIGIN"), "{text}");
        }
    }
    // A program may send a cookie, but no page of ours stands behind it.
    assert_eq!(refused(&[("cookie", &cookie), protocol]).await.0, 403);
    assert_eq!(refused(&[own, protocol]).await.0, 401);
    assert_eq!(
        refused(&[
            ("authorization", "Bearer jrv_t_x"),
            own,
            ("cookie", &cookie),
            protocol
        ])
        .await
        .0,
        401
    );
    let (status, text) = refused(&[own, ("cookie", &viewer), protocol]).await;
    assert_eq!(status, 403);
    assert!(
        text.contains("vera has the role viewer; this needs the role operator"),
        "{text}"
    );
    assert_eq!(
        refused(&[own, ("cookie", &cookie)]).await.0,
        400,
        "no subprotocol"
    );
    let other = ("sec-websocket-protocol", "graphql-transport-ws");
    assert_eq!(refused(&[own, ("cookie", &cookie), other]).await.0, 400);
    // A name rebound to this machine.
    assert_eq!(
        refused(&[own, ("cookie", &cookie), protocol, ("host", "evil.example")])
            .await
            .0,
        421
    );
    assert_eq!(lab.records().len(), 1, "nothing of this was opened but the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_must_be_there() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let bearer = format!("Bearer {token}");
    for (path, status) in [
        ("/terminal/other/forge?cols=80&rows=24", 404),
        ("/terminal/homelab/-x?cols=80&rows=24", 404),
        ("/terminal/homelab/guest/abc?cols=80&rows=24", 404),
        ("/terminal/homelab/forge", 400),
        ("/terminal/homelab/forge?cols=0&rows=24", 400),
        ("/terminal/homelab/forge?cols=80&rows=99999", 400),
    ] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("sec-websocket-protocol", PROTOCOL),
        ];
        assert_eq!(
            lab.upgrade(path, &headers).await.err().unwrap().0,
            status,
            "{path}"
        );
    }
    for (path, code) in [
        ("/terminal/homelab/atlas?cols=80&rows=24", "JV4002"),
        ("/terminal/homelab/guest/102?cols=80&rows=24", "JV4002"),
        ("/terminal/homelab/gone?cols=80&rows=24", "JV4003"),
        (
            "/terminal/homelab/forge?cols=80&rows=24&session=nobodys&after=0",
            "JV4008",
        ),
    ] {
        assert_eq!(lab.socket(&token, path).await.error().await, code, "{path}");
    }
    // The terminal of another user, or of another host, is not taken up.
    let client = lab.terminal(&token).await;
    let stranger = lab.token("other", Role::Admin).await;
    assert_eq!(lab.again(&stranger, &client, 0).await.error().await, "JV4008");
    let elsewhere = format!(
        "/terminal/homelab/guest/101?cols=80&rows=24&session={}&after=0",
        client.session
    );
    assert_eq!(lab.socket(&token, &elsewhere).await.error().await, "JV4008");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_and_no_more() {
    let lab = Lab::with(TerminalOptions {
        per_user: 2,
        in_all: 3,
        ..TerminalOptions::default()
    })
    .await;
    let anna = lab.token("anna", Role::Operator).await;
    let bert = lab.token("bert", Role::Operator).await;
    let (mut one, _two) = (lab.terminal(&anna).await, lab.terminal(&anna).await);
    assert_eq!(lab.socket(&anna, FORGE).await.error().await, "JV4007");
    let _three = lab.terminal(&bert).await;
    let (word, code) = lab.socket(&bert, FORGE).await.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4007"), 4429));
    assert!(word["message"].as_str().unwrap().contains("all users"), "{word}");
    one.type_in("exit\r").await;
    one.end().await;
    soon("a free place", async {
        while lab.terminals.open_now() > 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    lab.terminal(&bert).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_refuses_says_why() {
    let server = Server::start();
    let lab = Lab::at(server, TerminalOptions::default()).await;
    let token = lab.token("ops", Role::Operator).await;
    let key = std::fs::read_to_string(lab.server.folder.join("user.pub")).unwrap();
    lab.server.write("authorized", &format!("restrict {key}"));
    let (word, _) = lab.socket(&token, FORGE).await.end().await;
    assert_eq!(word["code"], "JV4006", "{word}");
    assert!(
        word["message"].as_str().unwrap().contains("restrict,pty"),
        "{word}"
    );
    lab.server.write("authorized", &format!("restrict,pty {key}"));
    lab.terminal(&token).await;
    lab.server.write("authorized", "");
    assert_eq!(lab.socket(&token, FORGE).await.error().await, "JV4004");
    make_key(&lab.server.folder.join("host2"), "ed25519", "");
    let other = std::fs::read_to_string(lab.server.folder.join("host2.pub")).unwrap();
    lab.server
        .write("known_hosts", &format!("[127.0.0.1]:{} {other}", lab.server.port));
    assert_eq!(lab.socket(&token, FORGE).await.error().await, "JV4005");
    assert_eq!(lab.terminals.open_now(), 1, "what was refused takes no place");
}
