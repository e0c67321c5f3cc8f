//! Users and tokens over GraphQL.

use crate::support::{Api, client::PASSWORD};
use jarvis_model::Role;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_token_is_made_used_listed_and_revoked() {
    let api = Api::start().await;
    let admin = api.token("root", Role::Admin);
    let made = api.query(&admin, "mutation { createToken(name: \"ci\", role: OPERATOR, scopes: [READ, PROPOSE], ttlSeconds: 60) { name secret } }").await;
    let secret = made.data()["createToken"]["secret"].as_str().unwrap().to_owned();
    assert!(
        secret.starts_with("jrv_ci_") && secret.len() == 7 + 43,
        "{secret}"
    );
    let me = api.query(&secret, "{ me { user role token } }").await;
    assert_eq!(
        me.data()["me"],
        json!({ "user": "token:ci", "role": "OPERATOR", "token": "ci" })
    );
    let again = api
        .query(&admin, "mutation { createToken(name: \"ci\") { secret } }")
        .await;
    assert_eq!(again.code(), "WRONG_STATE");
    let listed = api
        .query(&admin, "{ tokens { name role scopes by expiresAt } }")
        .await;
    let expected = json!({ "name": "ci", "role": "OPERATOR", "scopes": ["READ", "PROPOSE"], "by": "token:root", "expiresAt": "2027-01-15T08:01:00Z" });
    assert_eq!(listed.data()["tokens"][0], expected);
    let told = secret.strip_prefix("jrv_ci_").unwrap();
    assert!(!listed.body.to_string().contains(told));
    api.clock.advance(Duration::from_mins(1));
    assert_eq!(
        api.query(&secret, "{ me { user } }").await.status,
        401,
        "its time is over"
    );
    api.query(&admin, "mutation { revokeToken(name: \"ci\") }")
        .await
        .data();
    assert_eq!(
        api.query(&admin, "mutation { revokeToken(name: \"ci\") }")
            .await
            .code(),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn a_user_is_made_and_changed_and_the_last_admin_stays() {
    let api = Api::start().await;
    api.user("root", Role::Admin).await;
    let root = api.log_in("root").await;
    let make = format!(
        "mutation {{ createUser(name: \"berta\", password: \"{PASSWORD}\", role: VIEWER, oneTime: false) }}"
    );
    api.query_as(&root, &make).await.data();
    assert_eq!(api.query_as(&root, &make).await.code(), "WRONG_STATE");
    let berta = api.log_in("berta").await;
    assert_eq!(
        api.query_as(&berta, "{ me { role } }").await.data()["me"]["role"],
        "VIEWER"
    );
    let users = api.query_as(&root, "{ users { name role oneTime } }").await;
    assert_eq!(
        users.data()["users"][0],
        json!({ "name": "berta", "role": "VIEWER", "oneTime": false })
    );
    assert!(!users.body.to_string().contains("argon2"));
    let last = format!("mutation {{ setPassword(name: \"root\", password: \"{PASSWORD}\", role: VIEWER) }}");
    assert_eq!(api.query_as(&root, &last).await.code(), "WRONG_STATE");
    let reset = format!("mutation {{ setPassword(name: \"berta\", password: \"{PASSWORD}\") }}");
    api.clock.advance(Duration::from_secs(1));
    api.query_as(&root, &reset).await.data();
    assert_eq!(api.query_as(&berta, "{ me { role } }").await.status, 401);
    let answer = api
        .post_json("/auth/login", &json!({ "user": "berta", "password": PASSWORD }))
        .await;
    assert_eq!(
        answer.code(),
        "PASSWORD_CHANGE_REQUIRED",
        "set by somebody else, it works once"
    );
    assert_eq!(
        api.query_as(&root, "mutation { revokeSessions(user: \"nobody\") }")
            .await
            .code(),
        "NOT_FOUND"
    );
    api.query_as(&root, "mutation { revokeSessions(user: \"root\") }")
        .await
        .data();
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_with_all_that_was_theirs() {
    let api = Api::start().await;
    api.user("root", Role::Admin).await;
    let root = api.log_in("root").await;
    let remove = |name: &str| format!("mutation {{ removeUser(name: \"{name}\") }}");
    let oneself = api.query_as(&root, &remove("root")).await;
    assert_eq!(oneself.code(), "WRONG_STATE");
    assert_eq!(api.query_as(&root, &remove("nobody")).await.code(), "NOT_FOUND");
    let program = api.token("ci", Role::Admin);
    let last = api.query(&program, &remove("root")).await;
    assert_eq!(last.code(), "WRONG_STATE", "nobody could let people in");

    api.user("berta", Role::Admin).await;
    let berta = api.log_in("berta").await;
    let said = "mutation { sendMessage(text: \"How is the cluster?\") { conversation } }";
    api.query_as(&berta, said).await.data();
    let make = |name: &str| format!("mutation {{ createToken(name: \"{name}\", role: ADMIN) {{ secret }} }}");
    let secret = |made: &serde_json::Value| made["createToken"]["secret"].as_str().unwrap().to_owned();
    let hers = secret(api.query_as(&berta, &make("hers")).await.data());
    let by_hers = secret(api.query(&hers, &make("by-hers")).await.data());
    assert_eq!(api.query(&by_hers, "{ me { user } }").await.status, 200);

    api.query_as(&root, &remove("berta")).await.data();
    assert_eq!(api.query_as(&berta, "{ me { user } }").await.status, 401);
    for secret in [&hers, &by_hers] {
        assert_eq!(api.query(secret, "{ me { user } }").await.status, 401);
    }
    assert_eq!(
        api.query(&program, "{ me { user } }").await.status,
        200,
        "not hers"
    );
    let login = json!({ "user": "berta", "password": PASSWORD });
    assert_eq!(api.post_json("/auth/login", &login).await.status, 401);

    api.user("berta", Role::Viewer).await;
    let another = api.log_in("berta").await;
    let found = api.query_as(&another, "{ conversations { id } }").await;
    assert_eq!(
        found.data()["conversations"],
        json!([]),
        "the new one is somebody else"
    );
}
