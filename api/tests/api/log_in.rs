//! Signing in and out: passwords, cookies, limits, throttle.

use crate::support::{
    Api,
    client::{Answer, PASSWORD},
};
use jarvis_api::{ApiOptions, Mode, bootstrap_admin};
use jarvis_model::{Event, Role};
use serde_json::json;
use std::time::Duration;

const ME: &str = "{ me { user role door } }";

#[tokio::test]
async fn a_user_signs_in_asks_and_signs_out() {
    let api = Api::start().await;
    api.user("anna", Role::Operator).await;
    let answer = api
        .post_json("/auth/login", &json!({ "user": "anna", "password": PASSWORD }))
        .await;
    assert_eq!(
        (answer.status, answer.body),
        (200, json!({ "user": "anna", "role": "operator" }))
    );
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        set.starts_with("jarvis_session=")
            && set.ends_with("; Path=/; Max-Age=900; HttpOnly; SameSite=Strict"),
        "{set}"
    );
    let cookie = set.split(';').next().unwrap();
    let me = api.query_as(cookie, ME).await;
    assert_eq!(
        me.data()["me"],
        json!({ "user": "anna", "role": "OPERATOR", "door": "dashboard" })
    );
    let out = api
        .post("/auth/logout")
        .header("cookie", cookie)
        .header("origin", &api.origin)
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    assert!(
        out.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    // The cookie is still signed and young; the session behind it is gone.
    assert_eq!(api.query_as(cookie, ME).await.status, 401);
}

#[tokio::test]
async fn wrong_users_and_passwords_look_alike() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let wrong = api
        .post_json(
            "/auth/login",
            &json!({ "user": "anna", "password": "not the password" }),
        )
        .await;
    let nobody = api
        .post_json(
            "/auth/login",
            &json!({ "user": "nobody", "password": "not the password" }),
        )
        .await;
    assert_eq!((wrong.status, wrong.code()), (401, "UNAUTHENTICATED"));
    assert_eq!(wrong.body, nobody.body);
    assert!(!wrong.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn ten_failures_close_the_account_for_ten_minutes() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let attempt = async |password: &str| {
        api.post_json("/auth/login", &json!({ "user": "anna", "password": password }))
            .await
    };
    for _ in 0..10 {
        assert_eq!(attempt("not the password").await.status, 401);
    }
    let throttled = attempt(PASSWORD).await;
    assert_eq!((throttled.status, throttled.code()), (429, "THROTTLED"));
    assert_eq!(throttled.headers["retry-after"], "600");
    api.clock.advance(Duration::from_mins(10));
    assert_eq!(attempt(PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_cookie_is_renewed_after_half_its_life_and_dies_after_it() {
    let api = Api::start().await;
    api.user("anna", Role::Viewer).await;
    let first = api.log_in("anna").await;
    api.clock.advance(Duration::from_secs(449));
    assert!(!api.query_as(&first, ME).await.headers.contains_key("set-cookie"));
    api.clock.advance(Duration::from_secs(1));
    let answer = api.query_as(&first, ME).await;
    let second = answer.cookie();
    assert_ne!(first, second);
    api.clock.advance(Duration::from_secs(450));
    assert_eq!(api.query_as(&first, ME).await.status, 401);
    assert_eq!(api.query_as(&second, ME).await.status, 200);
}

#[tokio::test]
async fn a_stolen_cookie_that_was_replaced_ends_the_session_for_both() {
    let api = Api::start().await;
    api.user("anna", Role::Operator).await;
    let stolen = api.log_in("anna").await;
    api.clock.advance(Duration::from_secs(450));
    let fresh = api.query_as(&stolen, ME).await.cookie();
    // The answer may be under way: until the new cookie is seen, the old one is the only one, and gets the same turn.
    api.clock.advance(Duration::from_mins(1));
    let again = api.query_as(&stolen, ME).await;
    assert_eq!(again.status, 200);
    assert_eq!(api.query_as(&fresh, ME).await.status, 200);
    assert_eq!(
        api.query_as(&again.cookie(), ME).await.status,
        200,
        "of the same turn"
    );
    api.clock.advance(Duration::from_secs(29));
    assert_eq!(
        api.query_as(&stolen, ME).await.status,
        200,
        "sent before the new one came"
    );
    api.clock.advance(Duration::from_secs(1));
    assert_eq!(api.query_as(&stolen, ME).await.status, 401, "somebody has a copy");
    for cookie in [&fresh, &again.cookie(), &stolen] {
        assert_eq!(api.query_as(cookie, ME).await.status, 401);
    }
    assert_eq!(api.query_as(&api.log_in("anna").await, ME).await.status, 200);
}

#[tokio::test]
async fn a_thief_who_renews_first_is_found_out_by_the_owner() {
    let api = Api::start().await;
    api.user("anna", Role::Operator).await;
    let shared = api.log_in("anna").await;
    api.clock.advance(Duration::from_secs(450));
    let thiefs = api.query_as(&shared, ME).await.cookie();
    assert_eq!(api.query_as(&thiefs, ME).await.status, 200);
    api.clock.advance(Duration::from_secs(30));
    assert_eq!(api.query_as(&shared, ME).await.status, 401);
    assert_eq!(
        api.query_as(&thiefs, ME).await.status,
        401,
        "and the thief is out with it"
    );
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_that_user_only() {
    let api = Api::start().await;
    for user in ["anna", "berta"] {
        api.user(user, Role::Viewer).await;
    }
    let (here, there, other) = (
        api.log_in("anna").await,
        api.log_in("anna").await,
        api.log_in("berta").await,
    );
    api.clock.advance(Duration::from_secs(1));
    let sign_out = |origin: String, body: &'static str| {
        let request = api
            .post("/auth/logout")
            .header("cookie", &here)
            .header("origin", origin);
        let request = request.header("content-type", "application/json").body(body);
        async move { request.send().await.unwrap().status() }
    };
    let own = api.origin.clone();
    assert_eq!(
        sign_out("https://evil.example".into(), r#"{"everywhere":true}"#).await,
        403
    );
    assert_eq!(sign_out(own.clone(), r#"{"everywhere":1}"#).await, 400);
    assert_eq!(api.query_as(&there, ME).await.status, 200);
    assert_eq!(sign_out(own, r#"{"everywhere":true}"#).await, 204);
    for cookie in [&here, &there] {
        assert_eq!(api.query_as(cookie, ME).await.status, 401);
    }
    assert_eq!(api.query_as(&other, ME).await.status, 200);
    assert_eq!(api.query_as(&api.log_in("anna").await, ME).await.status, 200);
}

#[tokio::test]
async fn the_ways_in_are_told_to_anybody() {
    let api = Api::start().await;
    let told = reqwest::get(format!("{}/auth/options", api.url)).await.unwrap();
    assert_eq!(
        (told.status().as_u16(), &told.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let told: serde_json::Value = told.json().await.unwrap();
    assert_eq!(told, json!({ "password": true, "oidc": null }));
    for path in ["/auth/oidc/login", "/auth/oidc/callback?state=a&code=b"] {
        let answer = reqwest::get(format!("{}{path}", api.url)).await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours() {
    let api = Api::with(|options| ApiOptions {
        session_idle: Duration::from_mins(10),
        ..options
    })
    .await;
    api.user("anna", Role::Viewer).await;
    let silent = api.log_in("anna").await;
    api.clock.advance(Duration::from_mins(10));
    assert_eq!(api.query_as(&silent, ME).await.status, 401, "a silent session");
    let mut cookie = api.log_in("anna").await;
    for minute in (0..720).step_by(8) {
        let answer = api.query_as(&cookie, ME).await;
        assert_eq!(answer.status, 200, "minute {minute}");
        if answer.headers.contains_key("set-cookie") {
            cookie = answer.cookie();
        }
        api.clock.advance(Duration::from_mins(8));
    }
    assert_eq!(
        api.query_as(&cookie, ME).await.status,
        401,
        "a session of twelve hours"
    );
}

#[tokio::test]
async fn a_changed_or_revoked_user_is_out_at_once_and_a_role_bites_at_once() {
    let api = Api::start().await;
    api.user("anna", Role::Admin).await;
    let cookie = api.log_in("anna").await;
    assert_eq!(api.query_as(&cookie, ME).await.status, 200);
    api.clock.advance(Duration::from_secs(1));
    api.puppet.append(vec![Event::SessionsRevoked {
        user: "anna".into(),
        by: "root".into(),
    }]);
    assert_eq!(api.query_as(&cookie, ME).await.status, 401);
    let cookie = api.log_in("anna").await;
    api.clock.advance(Duration::from_secs(1));
    api.user("anna", Role::Viewer).await;
    assert_eq!(
        api.query_as(&cookie, ME).await.status,
        401,
        "a new password ends sessions"
    );
    let cookie = api.log_in("anna").await;
    assert_eq!(
        api.query_as(&cookie, "{ users { name } }").await.code(),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn a_session_of_another_user_or_key_is_no_session() {
    let api = Api::start().await;
    let other = Api::with(|options| ApiOptions {
        key: jarvis_api::SigningKey::new(vec![1; 32]).unwrap(),
        ..options
    })
    .await;
    for server in [&api, &other] {
        server.user("anna", Role::Admin).await;
    }
    let foreign = other.log_in("anna").await;
    assert_eq!(api.query_as(&foreign, ME).await.status, 401);
    assert_eq!(api.query_as("jarvis_session=x.y.z", ME).await.status, 401);
}

#[tokio::test]
async fn the_first_password_works_once_to_set_another() {
    let api = Api::start().await;
    let shown = bootstrap_admin(&api.puppet.handle, Mode::Normal)
        .await
        .unwrap()
        .expect("a password");
    assert!(
        bootstrap_admin(&api.puppet.handle, Mode::Normal)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(format!("{shown:?}"), "OneTimePassword(…)");
    let form = json!({ "user": "admin", "password": shown.to_string() });
    let answer = api.post_json("/auth/login", &form).await;
    assert_eq!((answer.status, answer.code()), (403, "PASSWORD_CHANGE_REQUIRED"));
    assert!(!answer.headers.contains_key("set-cookie"));
    let set = |fresh: String| {
        let body = json!({ "user": "admin", "password": shown.to_string(), "newPassword": fresh });
        let api = &api;
        async move { api.post_json("/auth/password", &body).await }
    };
    assert_eq!(set("short".into()).await.code(), "INVALID");
    assert_eq!(set(shown.to_string()).await.code(), "INVALID");
    let answer = set(PASSWORD.into()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        api.query_as(&answer.cookie(), ME).await.data()["me"]["role"],
        "ADMIN"
    );
    assert_eq!(
        api.post_json("/auth/login", &form).await.status,
        401,
        "the first password is void"
    );
}

#[tokio::test]
async fn the_password_of_the_demo_works_as_it_is() {
    let api = Api::with(|options| ApiOptions {
        mode: Mode::Demo,
        ..options
    })
    .await;
    let shown = bootstrap_admin(&api.puppet.handle, Mode::Demo)
        .await
        .unwrap()
        .expect("a password");
    let answer = api
        .post_json(
            "/auth/login",
            &json!({ "user": "admin", "password": shown.to_string() }),
        )
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn behind_tls_the_cookie_is_bound_to_the_host() {
    let api = Api::with(|options| ApiOptions {
        trusted_proxy: true,
        ..options
    })
    .await;
    api.user("anna", Role::Viewer).await;
    let request = api
        .post("/auth/login")
        .json(&json!({ "user": "anna", "password": PASSWORD }));
    let answer = Answer::of(request.send().await.unwrap()).await;
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        set.starts_with("__Host-jarvis_session=") && set.ends_with("; Secure"),
        "{set}"
    );
    assert!(
        !answer.headers.contains_key("strict-transport-security"),
        "whether it is TLS all the way is the proxy's to say"
    );
    let old_name = answer.cookie().replace("__Host-", "");
    assert_eq!(api.query_as(&old_name, ME).await.status, 401);
    assert_eq!(api.query_as(&answer.cookie(), ME).await.status, 200);
}

#[tokio::test]
async fn the_proxy_tells_the_address_only_where_it_is_trusted() {
    for (trusted, expected) in [(true, 401), (false, 429)] {
        let api = Api::with(|options| ApiOptions {
            trusted_proxy: trusted,
            ..options
        })
        .await;
        let attempt = async |n: u32| {
            let forwarded = format!("6.6.6.6, 10.0.{n}.1");
            let body = json!({ "user": format!("user{n}"), "password": "not the password" });
            let request = api
                .post("/auth/login")
                .header("x-forwarded-for", forwarded)
                .json(&body);
            request.send().await.unwrap().status().as_u16()
        };
        for n in 0..10 {
            assert_eq!(attempt(n).await, 401);
        }
        assert_eq!(attempt(10).await, expected, "trusted: {trusted}");
    }
}

#[tokio::test]
async fn sign_ins_and_failed_ones_are_on_record_and_what_was_typed_is_not() {
    let api = Api::start().await;
    api.user("anna", Role::Operator).await;
    api.log_in("anna").await;
    let attempt = async |user: &str| {
        let wrong = json!({ "user": user, "password": "not the password" });
        api.post_json("/auth/login", &wrong).await.status
    };
    assert_eq!(attempt("hunter2hunter2").await, 401);
    while attempt("anna").await != 429 {}
    let token = api.token("eyes", Role::Operator);
    let audit = api.query(&token, "{ audit { name title data } }").await;
    let told = audit.data()["audit"].to_string();
    for words in [
        "anna signed in from 127.0.0.1",
        "127.0.0.1 (log-in)",
        "user or password is wrong, for a name nobody has",
        "user or password is wrong, for anna",
        "too many failed ones, for anna",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    assert!(!told.contains("hunter2"), "a password typed as a name: {told}");
    let feed = api.query(&token, "{ events { name } }").await;
    assert!(
        !feed.body.to_string().contains("signedIn"),
        "the feed is about the cluster"
    );
}
