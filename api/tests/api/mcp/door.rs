//! Who gets in.

use super::{call, refused, request, result};
use crate::support::{Api, SECRET};
use jarvis_model::{Event, Role, Scope};
use serde_json::json;

#[tokio::test]
async fn without_a_token_nobody_gets_in_on_loopback_either() {
    let api = Api::start().await;
    let listing = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    for method in ["POST", "GET", "DELETE", "PUT"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let bare = reqwest::Client::new().request(method.clone(), format!("{}/mcp", api.url));
        let answer = refused(bare.json(&listing)).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "UNAUTHENTICATED"),
            "{method}"
        );
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"jarvis\"");
    }
}

#[tokio::test]
async fn a_wrong_revoked_or_lapsed_token_is_no_token() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    result(request(&api, &token, "tools/list", None, json!({}))).await;
    let wrong = [
        format!("jrv_other_{SECRET}"),
        format!("jrv_desk_{}", SECRET.replace('0', "1")),
        "x".to_owned(),
    ];
    for wrong in wrong {
        let answer = refused(request(&api, &wrong, "tools/list", None, json!({}))).await;
        assert_eq!(answer.status, 401);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    }
    api.puppet.append(vec![Event::TokenRevoked {
        name: "desk".to_owned(),
        by: "anna".to_owned(),
    }]);
    let answer = refused(request(&api, &token, "tools/list", None, json!({}))).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_cookie_counts_for_nothing() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let cookie = api.log_in("anna").await;
    let bare = api
        .post("/mcp")
        .header("cookie", cookie)
        .header("origin", &api.origin);
    let answer = refused(bare.json(&json!({}))).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn pages_of_other_sites_and_rebound_names_are_refused_with_a_good_token_too() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1", ""] {
        let asked = request(&api, &token, "tools/list", None, json!({})).header("origin", origin);
        let answer = refused(asked).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "FOREIGN_ORIGIN"),
            "{origin:?}"
        );
    }
    for host in ["evil.example", "127.0.0.1:1", "localhost", "evil.example:7474"] {
        let asked = request(&api, &token, "tools/list", None, json!({})).header("host", host);
        let answer = refused(asked).await;
        assert_eq!((answer.status, answer.code()), (403, "FOREIGN_HOST"), "{host:?}");
    }
    let own = request(&api, &token, "tools/list", None, json!({})).header("origin", &api.origin);
    result(own).await;
}

#[tokio::test]
async fn scopes_are_those_of_the_token_now() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    let refused = result(call(&api, &token, "start_guest", json!({ "vmid": 102 }))).await;
    assert_eq!(refused["isError"], true);
    assert!(
        refused["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("lacks the scope `operate`"),
        "{refused}"
    );
    api.assistant("desk", &[Scope::Operate]);
    let read = result(call(&api, &token, "get_guest", json!({ "vmid": 102 }))).await;
    assert_ne!(read["isError"], true);
    // What it asks for is recorded under its name and scopes.
    let asked = call(&api, &token, "shutdown_guest", json!({ "vmid": 101 })).send();
    let opened = async {
        let mut views = api.puppet.handle.watch();
        views
            .wait_for(|view| !view.memory.tickets.is_empty())
            .await
            .unwrap();
    };
    tokio::select! {
        answer = asked => panic!("the puppet ends nothing: {answer:?}"),
        () = opened => {}
    }
    let asked = api.puppet.asked();
    assert!(
        asked[0].contains("Mcp { token: \"desk\", scopes: [Operate] }"),
        "{asked:?}"
    );
}

#[tokio::test]
async fn viewers_see_the_list_over_graphql() {
    let api = Api::start().await;
    let token = api.token("eyes", Role::Viewer);
    let query = "{ tools { name tier scope readOnly inputSchema } }";
    let answer = api.query(&token, query).await;
    let tools = answer.data()["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 18);
    assert_eq!(tools[12]["name"], "stop_guest");
    assert_eq!(
        (&tools[12]["tier"], &tools[12]["scope"]),
        (&json!("RED"), &json!("OPERATE"))
    );
    assert_eq!(tools[12]["inputSchema"]["additionalProperties"], false);
}
