//! The plain live page, and what every answer carries.

use crate::support::Api;
use jarvis_model::Role;
use std::collections::BTreeMap;

#[tokio::test]
async fn the_page_and_its_files_are_served_and_nothing_else() {
    let api = Api::start().await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/assets/live.js", "text/javascript; charset=utf-8"),
        ("/assets/live.css", "text/css; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
    ] {
        let answer = reqwest::get(format!("{}{path}", api.url)).await.unwrap();
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers()["content-type"].to_str().unwrap()
            ),
            (200, kind),
            "{path}"
        );
    }
    for path in [
        "/assets/..%2fCargo.toml",
        "/assets/x",
        "/index.html",
        "/auth",
        "/terminal",
    ] {
        assert_eq!(
            reqwest::get(format!("{}{path}", api.url)).await.unwrap().status(),
            404,
            "{path}"
        );
    }
    assert_eq!(
        reqwest::get(format!("{}/auth/login", api.url))
            .await
            .unwrap()
            .status(),
        405
    );
}

#[test]
fn the_page_has_nothing_inline() {
    let html = include_str!("../../page/index.html");
    for forbidden in [
        "style=",
        "<style",
        "onclick",
        "onload",
        "javascript:",
        "http://",
        "https://",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(!html.contains("<script>"));
    let script = include_str!("../../page/live.js");
    for forbidden in [
        "innerHTML",
        "eval(",
        "Function(",
        "document.write",
        "insertAdjacentHTML",
        "http://",
        "https://",
    ] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
}

/// Whole, so that whoever changes it sees what is given away. The terminal and the editor write styles into the page.
const OF_A_PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
                         object-src 'none'; frame-ancestors 'none'";
const OF_THE_REST: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn every_answer_is_secured() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let client = reqwest::Client::new();
    let mut ids = std::collections::BTreeSet::new();
    for (is_page, request) in [
        (true, client.get(format!("{}/", api.url))),
        (false, client.get(format!("{}/assets/live.js", api.url))),
        (false, client.get(format!("{}/no-such", api.url))),
        (false, client.get(format!("{}/livez", api.url))),
        (false, client.get(format!("{}/auth/options", api.url))),
        (false, client.post(format!("{}/graphql", api.url))),
        (
            false,
            client
                .post(format!("{}/graphql", api.url))
                .bearer_auth(token)
                .json(&serde_json::json!({ "query": "{ me { user } }" })),
        ),
    ] {
        let answer = request.send().await.unwrap();
        let headers = answer.headers();
        let csp = headers["content-security-policy"].to_str().unwrap();
        assert_eq!(csp, if is_page { OF_A_PAGE } else { OF_THE_REST });
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers["cache-control"] == "no-store" || headers["cache-control"] == "no-cache");
        assert!(!headers.contains_key("access-control-allow-origin"));
        assert!(ids.insert(headers["x-request-id"].to_str().unwrap().to_owned()));
    }
}

/// The GraphQL documents of the page, with its constants put in.
fn documents() -> Vec<String> {
    let script = include_str!("../../page/live.js");
    let mut constants: BTreeMap<&str, String> = BTreeMap::new();
    for line in script.lines().filter_map(|line| line.strip_prefix("const ")) {
        let Some((name, value)) = line.split_once(" = ") else {
            continue;
        };
        let value = value.trim_end_matches(';');
        if value.starts_with(['"', '`']) && name.bytes().all(|b| b.is_ascii_uppercase()) {
            constants.insert(name, value[1..value.len() - 1].to_owned());
        }
    }
    let mut found = Vec::new();
    for quote in ['"', '`'] {
        let is_document = |text: &&str| {
            let text = text.trim_start();
            ["{ ", "subscription", "mutation"]
                .iter()
                .any(|start| text.starts_with(start))
                && text.ends_with('}')
        };
        let texts = script
            .lines()
            .flat_map(|line| line.split(quote).skip(1).step_by(2));
        found.extend(texts.filter(is_document).map(str::to_owned));
    }
    for _ in 0..3 {
        for text in &mut found {
            for (name, value) in &constants {
                *text = text.replace(&format!("${{{name}}}"), value);
            }
        }
    }
    found
}

#[tokio::test]
async fn the_page_asks_only_for_what_there_is_and_within_the_limits() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    let documents = documents();
    assert!(documents.len() >= 14, "{documents:#?}");
    for document in documents {
        assert!(!document.contains("${"), "{document}");
        let answer = api.query(&token, &document).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        for error in errors {
            let message = error["message"].as_str().unwrap();
            let fine = message.contains("Subscriptions are not supported") || message.contains("Variable");
            assert!(fine, "{document}: {message}");
        }
    }
}
