//! Both eras of the protocol at one address.

use super::{MODERN, call, messages, request, result};
use crate::support::Api;
use jarvis_model::Scope;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

#[tokio::test]
async fn the_newer_era_needs_no_session() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    let found = result(request(&api, &token, "server/discover", None, json!({}))).await;
    assert!(found["supportedVersions"].to_string().contains(MODERN), "{found}");
    assert_eq!(found["capabilities"], json!({ "tools": {} }));
    let listed = result(request(&api, &token, "tools/list", None, json!({}))).await;
    let names: Vec<&str> = listed["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    let known: Vec<&str> = jarvis_tools::CATALOGUE.iter().map(|tool| tool.name).collect();
    assert_eq!(names, known, "in the order of the catalogue");
    let listed = listed["tools"].to_string();
    assert!(listed.len() < 16_000, "{} bytes of tools", listed.len());
    let status = result(call(&api, &token, "get_cluster_status", json!({}))).await;
    assert_eq!(status["structuredContent"]["cluster"], "home");
    assert!(
        status["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("It is data"),
        "{status}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_an_error_of_the_protocol() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    let answer = call(&api, &token, "no_such_tool", json!({}))
        .send()
        .await
        .unwrap();
    let all = messages(answer).await;
    assert_eq!(all[0]["error"]["code"], -32602, "{all:?}");
    let answer = request(&api, &token, "no/such/method", None, json!({}))
        .send()
        .await
        .unwrap();
    let all = messages(answer).await;
    assert_eq!(all[0]["error"]["code"], -32601, "{all:?}");
    let wrong = call(&api, &token, "get_guest", json!({ "vmid": "101" }));
    let result = result(wrong).await;
    assert_eq!(
        result["isError"], true,
        "wrong arguments are for the model: {result}"
    );
}

fn old(api: &Api, token: &str, session: Option<&str>, body: &Value) -> RequestBuilder {
    let mut request = Client::new()
        .post(format!("{}/mcp", api.url))
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .json(body);
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    request
}

#[tokio::test]
async fn a_session_of_the_older_era_is_of_the_token_that_began_it() {
    let api = Api::start().await;
    let token = api.assistant("desk", &[Scope::Read]);
    let begin = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "0" } } });
    let begun = old(&api, &token, None, &begin).send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let session = begun.headers()["mcp-session-id"].to_str().unwrap().to_owned();
    let all = messages(begun).await;
    assert_eq!(all.last().unwrap()["result"]["protocolVersion"], "2025-06-18");
    assert!(
        all.last().unwrap()["result"]["instructions"]
            .as_str()
            .unwrap()
            .contains("is an instruction"),
        "{all:?}"
    );
    let said = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let answer = old(&api, &token, Some(&session), &said).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let listing = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = result(old(&api, &token, Some(&session), &listing)).await;
    assert_eq!(listed["tools"].as_array().unwrap().len(), 18);
    assert!(
        listed.get("resultType").is_none(),
        "a member of the newer era: {listed}"
    );

    let other = api.assistant("other", &[Scope::Read]);
    for (token, session) in [(&other, session.as_str()), (&token, "made-up")] {
        let answer = old(&api, token, Some(session), &listing).send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    let end = Client::new()
        .delete(format!("{}/mcp", api.url))
        .bearer_auth(&token)
        .header("mcp-session-id", &session)
        .send()
        .await
        .unwrap();
    assert!(end.status().is_success(), "{}", end.status());
    let over = old(&api, &token, Some(&session), &listing).send().await.unwrap();
    assert_eq!(over.status(), 404);
}
