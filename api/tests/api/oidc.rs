//! Log-in by a provider, seen from the browser: what a right answer of the provider opens, and what a wrong one does not.
//! The provider here says what a test wants, signed with real keys; a real one is in the tests of the program.

use crate::support::{Api, START, client::Answer, soon};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jarvis_api::{
    Oidc, OidcOptions, Web,
    auth::oidc::{Answer as Told, Call, claims::RoleMap},
};
use jarvis_model::Role;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

const ISSUER: &str = "https://id.example";
const SECRET: &str = "hush: a client's secret & more";

/// What the provider says; a test changes what it wants.
struct Says {
    discovery: Value,
    claims: Value,
    user_info: Value,
    token_status: u16,
    jwks: Value,
    key: EncodingKey,
    kid: &'static str,
    /// Requests to the token endpoint: authorization and form.
    asked: Vec<(Option<String>, BTreeMap<String, String>)>,
}

struct Provider(Mutex<Says>);

fn signer(kid: &'static str) -> (EncodingKey, Value) {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let key = EncodingKey::from_ec_der(&pair.serialize_der());
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
    jwk.common.key_id = Some(kid.to_owned());
    (key, json!({ "keys": [jwk] }))
}

impl Provider {
    fn new() -> Arc<Self> {
        let (key, jwks) = signer("first");
        let discovery = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/auth?tenant=home"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/jwks"),
            "userinfo_endpoint": format!("{ISSUER}/me"),
        });
        let now = START.as_secs();
        let claims = json!({ "iss": ISSUER, "aud": "jarvis", "sub": "anna", "iat": now, "exp": now + 300, "groups": ["ops"] });
        Arc::new(Self(Mutex::new(Says {
            discovery,
            claims,
            user_info: json!({ "sub": "anna" }),
            token_status: 200,
            jwks,
            key,
            kid: "first",
            asked: Vec::new(),
        })))
    }

    fn says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.0.lock().unwrap());
    }
}

#[async_trait::async_trait]
impl Web for Provider {
    async fn send(&self, call: Call<'_>) -> Result<Told, String> {
        let mut says = self.0.lock().unwrap();
        let url = Url::parse(call.url).unwrap();
        let (status, body) = match (url.path(), call.form) {
            ("/.well-known/openid-configuration", None) => (200, says.discovery.clone()),
            ("/jwks", None) => (200, says.jwks.clone()),
            ("/me", None) => {
                assert_eq!(call.authorization, Some("Bearer an-access-token"));
                (200, says.user_info.clone())
            }
            ("/token", Some(form)) => {
                let form: BTreeMap<String, String> = pairs(form);
                says.asked.push((call.authorization.map(str::to_owned), form));
                let mut header = Header::new(Algorithm::ES256);
                header.kid = Some(says.kid.to_owned());
                let token = jsonwebtoken::encode(&header, &says.claims, &says.key).unwrap();
                let good =
                    json!({ "id_token": token, "access_token": "an-access-token", "token_type": "Bearer" });
                let bad = json!({ "error": "invalid_grant", "error_description": "<script>" });
                (
                    says.token_status,
                    if says.token_status == 200 { good } else { bad },
                )
            }
            other => panic!("{other:?}"),
        };
        Ok(Told {
            status,
            body: serde_json::to_vec(&body).unwrap().into(),
        })
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let url = Url::parse(&format!("http://x/?{query}")).unwrap();
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn options() -> OidcOptions {
    let set = |name: &str| [name.to_owned()].into();
    OidcOptions {
        issuer: ISSUER.to_owned(),
        client_id: "jarvis".to_owned(),
        client_secret: Some(SECRET.to_owned().into()),
        scopes: vec!["openid".to_owned(), "groups".to_owned()],
        user_claim: "sub".to_owned(),
        role_claim: "groups".to_owned(),
        roles: RoleMap {
            admin: set("admins"),
            operator: set("ops"),
            viewer: set("all"),
        },
        display_name: "House keys".to_owned(),
    }
}

struct Scene {
    api: Api,
    provider: Arc<Provider>,
    client: Client,
}

/// A browser on its way to the provider.
struct Away {
    cookie: String,
    query: BTreeMap<String, String>,
}

impl Scene {
    async fn set() -> Self {
        Self::with(options()).await
    }

    async fn with(options: OidcOptions) -> Self {
        let provider = Provider::new();
        let web: Arc<dyn Web> = provider.clone();
        let api = Api::with_state(
            |options| options,
            |state| state.with_provider(Oidc::new(options, web)),
        )
        .await;
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            api,
            provider,
            client,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.api.url)
    }

    async fn begin(&self) -> Away {
        let answer = self
            .client
            .get(self.url("/auth/oidc/login"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
        let to = answer.headers()["location"].to_str().unwrap();
        assert!(
            to.starts_with("https://id.example/auth?tenant=home&response_type=code&"),
            "{to}"
        );
        let set = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(
            set.ends_with("; Path=/; Max-Age=300; HttpOnly; SameSite=Lax"),
            "{set}"
        );
        let away = Away {
            cookie: set.split(';').next().unwrap().to_owned(),
            query: Url::parse(to).unwrap().query_pairs().into_owned().collect(),
        };
        let nonce = away.query["nonce"].clone();
        self.provider.says(|says| says.claims["nonce"] = json!(nonce));
        away
    }

    async fn come_back(&self, cookie: &str, query: &str) -> reqwest::Response {
        let url = self.url(&format!("/auth/oidc/callback?{query}"));
        self.client
            .get(url)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
    }

    /// The whole way; the status and, after success, the session's cookie, else the page.
    async fn sign_in(&self) -> Result<String, (u16, String)> {
        let away = self.begin().await;
        let query = format!("state={}&code=the-code", away.query["state"]);
        let answer = self.come_back(&away.cookie, &query).await;
        if answer.status() != 303 {
            return Err((answer.status().as_u16(), answer.text().await.unwrap()));
        }
        assert_eq!(answer.headers()["location"], "/", "our own page and nowhere else");
        let cookies: Vec<&str> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|set| set.to_str().unwrap())
            .collect();
        assert!(cookies[0].contains("HttpOnly; SameSite=Strict"), "{cookies:?}");
        assert!(
            cookies[1].starts_with("jarvis_oidc=;") && cookies[1].contains("Max-Age=0"),
            "{cookies:?}"
        );
        Ok(cookies[0].split(';').next().unwrap().to_owned())
    }

    async fn me(&self, cookie: &str) -> Answer {
        self.api.query_as(cookie, "{ me { user role door } }").await
    }

    async fn refused(&self, why: &str) {
        let (status, page) = self.sign_in().await.unwrap_err();
        assert_eq!(status, 403, "{why}: {page}");
        assert!(page.contains("cannot be trusted"), "{why}: {page}");
    }
}

#[tokio::test]
async fn whom_the_provider_vouches_for_gets_a_session_with_the_mapped_role() {
    let scene = Scene::set().await;
    let ways = reqwest::get(scene.url("/auth/options"))
        .await
        .unwrap()
        .json::<Value>()
        .await
        .unwrap();
    assert_eq!(
        ways,
        json!({ "password": true, "oidc": { "displayName": "House keys" } })
    );
    let session = scene.sign_in().await.unwrap();
    let me = scene.me(&session).await;
    assert_eq!(
        me.data()["me"],
        json!({ "user": "oidc:anna", "role": "OPERATOR", "door": "dashboard" })
    );
    let asked = scene.provider.0.lock().unwrap().asked.clone();
    let (authorization, form) = &asked[0];
    let pair = "jarvis:hush%3A%20a%20client%27s%20secret%20%26%20more";
    let basic = base64::prelude::BASE64_STANDARD.encode(pair);
    assert_eq!(authorization.as_deref(), Some(format!("Basic {basic}").as_str()));
    assert_eq!(form["code"], "the-code");
    assert_eq!(form["redirect_uri"], scene.url("/auth/oidc/callback"));
    assert!(!form.contains_key("client_secret"));
}

#[tokio::test]
async fn what_is_sent_along_fits_what_is_proven_later() {
    let scene = Scene::set().await;
    let away = scene.begin().await;
    for (name, value) in [
        ("client_id", "jarvis"),
        ("scope", "openid groups"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &scene.url("/auth/oidc/callback")),
    ] {
        assert_eq!(away.query[name], value);
    }
    let query = format!("state={}&code=c", away.query["state"]);
    assert_eq!(scene.come_back(&away.cookie, &query).await.status(), 303);
    let asked = scene.provider.0.lock().unwrap().asked.clone();
    let verifier = &asked[0].1["code_verifier"];
    assert!(verifier.len() >= 43);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    assert_eq!(away.query["code_challenge"], challenge);
    let again = scene.begin().await;
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(away.query[name], again.query[name], "{name} is new each time");
    }
}

#[tokio::test]
async fn an_answer_that_did_not_begin_in_this_browser_is_refused() {
    let scene = Scene::set().await;
    let unknown = async |cookie: &str, query: String| {
        let answer = scene.come_back(cookie, &query).await;
        let (status, page) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 400, "{query}: {page}");
        assert!(page.contains("did not begin in this browser"), "{page}");
    };
    let (mine, other) = (scene.begin().await, scene.begin().await);
    let state = |away: &Away| format!("state={}&code=c", away.query["state"]);
    unknown("", state(&mine)).await;
    unknown(&mine.cookie, state(&mine)).await; // tried once without its cookie, it is over
    unknown(&mine.cookie, state(&other)).await;
    unknown(&mine.cookie, "code=c".to_owned()).await;
    unknown(&mine.cookie, "state=guessed&code=c".to_owned()).await;
    let good = scene.begin().await;
    assert_eq!(scene.come_back(&good.cookie, &state(&good)).await.status(), 303);
    unknown(&good.cookie, state(&good)).await;
    let no_code = scene.begin().await;
    unknown(&no_code.cookie, format!("state={}", no_code.query["state"])).await;
    assert_eq!(
        scene.provider.0.lock().unwrap().asked.len(),
        1,
        "nothing else reached the provider"
    );
}

#[tokio::test]
async fn what_the_provider_says_wrongly_opens_nothing() {
    let scene = Scene::set().await;
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("azp", json!("another")),
        ("exp", json!(START.as_secs() - 60)),
        ("iat", json!(START.as_secs() - 3600)),
        ("nbf", json!(START.as_secs() + 3600)),
        ("sub", json!("")),
    ] {
        let before = scene.provider.0.lock().unwrap().claims[claim].clone();
        scene.provider.says(|says| says.claims[claim] = value);
        scene.refused(claim).await;
        scene.provider.says(|says| match before {
            Value::Null => drop(says.claims.as_object_mut().unwrap().remove(claim)),
            before => says.claims[claim] = before,
        });
    }
    let away = scene.begin().await;
    scene
        .provider
        .says(|says| says.claims["nonce"] = json!("of another log-in"));
    let query = format!("state={}&code=c", away.query["state"]);
    assert_eq!(scene.come_back(&away.cookie, &query).await.status(), 403);
    let away = scene.begin().await;
    let query = format!(
        "state={}&code=c&iss=https%3A%2F%2Fevil.example",
        away.query["state"]
    );
    assert_eq!(
        scene.come_back(&away.cookie, &query).await.status(),
        403,
        "RFC 9207"
    );
    scene.provider.says(|says| says.key = signer("first").0);
    scene.refused("another key under the same id").await;
    assert!(
        scene.api.puppet.handle.view().memory.users.is_empty(),
        "nobody became known"
    );
}

#[tokio::test]
async fn a_provider_that_refuses_or_is_another_one_is_told() {
    let scene = Scene::set().await;
    scene.provider.says(|says| says.token_status = 400);
    let (status, page) = scene.sign_in().await.unwrap_err();
    assert!(
        status == 403 && page.contains("invalid_grant") && !page.contains("<script>"),
        "{page}"
    );
    let away = scene.begin().await;
    let answer = scene
        .come_back(
            &away.cookie,
            &format!("state={}&error=access_denied%3Cscript%3E", away.query["state"]),
        )
        .await;
    let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
    let csp = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let page = answer.text().await.unwrap();
    assert!(
        status == 403 && page.contains("access_denied") && !page.contains("<script>"),
        "{page}"
    );
    assert!(kind == "text/html; charset=utf-8" && csp.contains("script-src 'self'"));

    let other = Scene::set().await;
    other
        .provider
        .says(|says| says.discovery["issuer"] = json!("https://evil.example"));
    let answer = other
        .client
        .get(other.url("/auth/oidc/login"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    let plain = Scene::set().await;
    plain
        .provider
        .says(|says| says.discovery["token_endpoint"] = json!("http://id.example/token"));
    let answer = plain
        .client
        .get(plain.url("/auth/oidc/login"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403, "the secret does not go in the clear");
}

#[tokio::test]
async fn roles_follow_the_provider_and_no_role_is_no_entry() {
    let scene = Scene::set().await;
    let groups = |groups: Value| scene.provider.says(|says| says.claims["groups"] = groups);
    groups(json!(["strangers"]));
    let (status, page) = scene.sign_in().await.unwrap_err();
    assert!(status == 403 && page.contains("knows you as anna"), "{page}");
    groups(json!(["ops", "admins"]));
    let admin = scene.sign_in().await.unwrap();
    assert_eq!(scene.me(&admin).await.data()["me"]["role"], "ADMIN");
    let second = scene.sign_in().await.unwrap();
    assert_eq!(
        scene.me(&admin).await.status,
        200,
        "another log-in leaves the first alone"
    );
    scene.api.clock.advance(Duration::from_secs(1));
    groups(json!("all"));
    let viewer = scene.sign_in().await.unwrap();
    assert_eq!(scene.me(&viewer).await.data()["me"]["role"], "VIEWER");
    for old in [&admin, &second] {
        assert_eq!(scene.me(old).await.status, 401, "a session of the role before");
    }
    scene.api.clock.advance(Duration::from_secs(1));
    groups(json!([]));
    assert_eq!(scene.sign_in().await.unwrap_err().0, 403);
    assert_eq!(scene.me(&viewer).await.status, 401, "who lost every role is out");
}

#[tokio::test]
async fn such_a_user_has_no_password_and_none_can_be_given() {
    let scene = Scene::set().await;
    scene.sign_in().await.unwrap();
    for password in ["", "a long enough password"] {
        let body = json!({ "user": "oidc:anna", "password": password });
        assert_eq!(scene.api.post_json("/auth/login", &body).await.status, 401);
    }
    let root = scene.api.token("root", Role::Admin);
    let set = "mutation { setPassword(name: \"oidc:anna\", password: \"a long enough password\") }";
    assert_eq!(scene.api.query(&root, set).await.code(), "WRONG_STATE");
    let make =
        "mutation { createUser(name: \"oidc:berta\", password: \"a long enough password\", role: ADMIN) }";
    assert_eq!(scene.api.query(&root, make).await.code(), "INVALID");
    let users = scene.api.query(&root, "{ users { name role } }").await;
    assert_eq!(
        users.data()["users"],
        json!([{ "name": "oidc:anna", "role": "OPERATOR" }])
    );
}

#[tokio::test]
async fn its_sessions_are_revoked_as_others_and_sockets_end() {
    let scene = Scene::set().await;
    let session = scene.sign_in().await.unwrap();
    let headers = [
        ("cookie", session.as_str()),
        ("origin", scene.api.origin.as_str()),
    ];
    let mut socket = scene.api.upgrade(&headers).await.unwrap();
    socket.init(json!({})).await;
    scene.api.clock.advance(Duration::from_secs(1));
    let root = scene.api.token("root", Role::Admin);
    scene
        .api
        .query(&root, "mutation { revokeSessions(user: \"oidc:anna\") }")
        .await
        .data();
    assert_eq!(soon("the end of the socket", socket.closed()).await, 4401);
    assert_eq!(scene.me(&session).await.status, 401);
    let fresh = scene.sign_in().await.unwrap();
    scene.api.clock.advance(Duration::from_mins(30));
    assert_eq!(scene.me(&fresh).await.status, 401, "idle for half an hour");
}

#[tokio::test]
async fn what_the_id_token_does_not_tell_is_asked_for_and_must_be_about_the_same_person() {
    let scene = Scene::set().await;
    scene.provider.says(|says| {
        says.claims.as_object_mut().unwrap().remove("groups");
        says.user_info = json!({ "sub": "anna", "groups": ["all"], "iss": "https://evil.example" });
    });
    let session = scene.sign_in().await.unwrap();
    assert_eq!(scene.me(&session).await.data()["me"]["role"], "VIEWER");
    scene
        .provider
        .says(|says| says.user_info = json!({ "sub": "berta", "groups": ["admins"] }));
    scene.refused("somebody else's information").await;
    scene.provider.says(|says| {
        says.claims["groups"] = json!(["all"]);
        says.user_info = json!({ "sub": "anna", "groups": ["admins"] });
    });
    let session = scene.sign_in().await.unwrap();
    assert_eq!(
        scene.me(&session).await.data()["me"]["role"],
        "VIEWER",
        "the signed claim counts"
    );
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched_but_not_at_every_whim() {
    let scene = Scene::set().await;
    scene.sign_in().await.unwrap();
    let (key, jwks) = signer("second");
    scene.provider.says(|says| {
        says.key = key;
        says.kid = "second";
        says.jwks = jwks;
    });
    scene.refused("asked for a moment ago").await;
    scene.api.clock.advance(Duration::from_secs(10));
    scene.sign_in().await.unwrap();
}

#[tokio::test]
async fn another_page_cannot_begin_and_no_parameter_leads_elsewhere() {
    let scene = Scene::set().await;
    let begun = scene
        .client
        .get(scene.url("/auth/oidc/login"))
        .header("sec-fetch-site", "cross-site");
    assert_eq!(begun.send().await.unwrap().status(), 403);
    let named = scene
        .client
        .get(scene.url("/auth/oidc/login"))
        .header("host", "evil.example");
    assert_eq!(named.send().await.unwrap().status(), 421);
    let bearer = scene
        .client
        .get(scene.url("/auth/oidc/login"))
        .header("host", "evil.example");
    let bearer = bearer.header("authorization", "Bearer x").send().await.unwrap();
    assert_eq!(
        bearer.status(),
        403,
        "a bearer may use any name, but not lead the provider to it"
    );
    for more in [
        "?next=https://evil.example",
        "?redirect_uri=https://evil.example",
        "?return_to=//evil.example",
    ] {
        let answer = scene
            .client
            .get(scene.url(&format!("/auth/oidc/login{more}")))
            .send()
            .await
            .unwrap();
        assert!(!answer.headers()["location"].to_str().unwrap().contains("evil"));
        let away = scene.begin().await;
        let query = format!("state={}&code=c&{}", away.query["state"], &more[1..]);
        let back = scene.come_back(&away.cookie, &query).await;
        assert_eq!(back.headers()["location"], "/");
    }
}

#[tokio::test]
async fn a_public_client_proves_itself_by_the_verifier_alone() {
    let scene = Scene::with(OidcOptions {
        client_secret: None,
        ..options()
    })
    .await;
    scene.sign_in().await.unwrap();
    let posts = Scene::set().await;
    posts
        .provider
        .says(|says| says.discovery["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]));
    posts.sign_in().await.unwrap();
    let asked = |scene: &Scene| scene.provider.0.lock().unwrap().asked[0].clone();
    let (authorization, form) = asked(&scene);
    assert!(authorization.is_none() && form["client_id"] == "jarvis" && !form.contains_key("client_secret"));
    let (authorization, form) = asked(&posts);
    assert!(authorization.is_none() && form["client_secret"] == SECRET);
}
