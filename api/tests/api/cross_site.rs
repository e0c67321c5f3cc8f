//! Other pages: what a browser sends on behalf of a page that is not ours does nothing.

use crate::support::{Api, client::PASSWORD};
use jarvis_model::Role;
use reqwest::RequestBuilder;
use serde_json::json;

const FOREIGN: [&str; 6] = [
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://localhost",
    "",
    "http://127.0.0.1.evil.example",
];

fn thaw(request: RequestBuilder, cookie: &str) -> RequestBuilder {
    request
        .header("cookie", cookie)
        .json(&json!({ "query": "mutation { thaw }" }))
}

#[tokio::test]
async fn a_cookie_counts_only_from_our_own_page() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let cookie = api.log_in("anna").await;
    for origin in FOREIGN {
        let answer = thaw(api.post("/graphql").header("origin", origin), &cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin:?}");
        let answer = api
            .post("/auth/logout")
            .header("cookie", &cookie)
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin:?}");
        let body = json!({ "user": "anna", "password": PASSWORD });
        let answer = api
            .post("/auth/login")
            .header("origin", origin)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin:?}");
    }
    assert_eq!(
        thaw(api.post("/graphql"), &cookie).send().await.unwrap().status(),
        403,
        "a cookie without an origin"
    );
    let two = thaw(
        api.post("/graphql")
            .header("origin", &api.origin)
            .header("origin", FOREIGN[0]),
        &cookie,
    );
    assert_eq!(two.send().await.unwrap().status(), 403, "two origins");
    let form = api
        .post("/graphql")
        .header("cookie", &cookie)
        .header("origin", &api.origin)
        .header("content-type", "text/plain");
    assert_eq!(
        form.body(r#"{"query":"mutation { thaw }"}"#)
            .send()
            .await
            .unwrap()
            .status(),
        415
    );
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
    assert_eq!(
        thaw(api.post("/graphql").header("origin", &api.origin), &cookie)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(api.puppet.asked().len(), 1);
}

#[tokio::test]
async fn a_foreign_page_gets_nowhere_with_a_bearer_token_either() {
    let api = Api::start().await;
    let token = api.token("t", Role::Admin);
    let request = api
        .post("/graphql")
        .bearer_auth(&token)
        .header("origin", FOREIGN[0]);
    assert_eq!(
        request
            .json(&json!({ "query": "{ me { user } }" }))
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
}

#[tokio::test]
async fn a_rebound_name_is_turned_away() {
    let api = Api::start().await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", api.url);
    let gets = ["/", "/graphql", "/metrics"].map(|path| client.get(url(path)));
    let posts =
        ["/graphql", "/auth/login", "/auth/password", "/auth/logout"].map(|path| client.post(url(path)));
    for request in gets.into_iter().chain(posts) {
        let answer = request.header("host", "evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 421, "{}", answer.url());
    }
    let token = api.token("t", Role::Viewer);
    let request = api
        .post("/graphql")
        .bearer_auth(&token)
        .header("host", "jarvis.lan:7474");
    let answer = request
        .json(&json!({ "query": "{ me { user } }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "programs with a token may use any name");
    let health = client
        .get(format!("{}/livez", api.url))
        .header("host", "10.1.1.1")
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200, "probes use addresses");
}

#[tokio::test]
async fn a_bad_bearer_does_not_fall_back_to_the_cookie() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let cookie = api.log_in("anna").await;
    let request = api
        .post("/graphql")
        .header("origin", &api.origin)
        .bearer_auth("jrv_no_such");
    assert_eq!(thaw(request, &cookie).send().await.unwrap().status(), 401);
}
