//! An HTTP client as a browser page or a program would be.

use super::Api;
use jarvis_model::{Event, Role};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// The password of every user that [`Api::user`] makes.
pub const PASSWORD: &str = "a long enough password";

/// An answer over HTTP.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self {
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    /// Code of the first error.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or("")
    }

    /// The data; fails when there are errors.
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "{}", self.body);
        &self.body["data"]
    }

    /// `name=value` of the cookie set.
    pub fn cookie(&self) -> String {
        let set = self
            .headers
            .get("set-cookie")
            .expect("a cookie")
            .to_str()
            .unwrap();
        set.split(';').next().unwrap().to_owned()
    }
}

impl Api {
    /// A request to a path.
    pub fn post(&self, path: &str) -> RequestBuilder {
        Client::new().post(format!("{}{path}", self.url))
    }

    /// Sends JSON from our own page.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = self.post(path).header("origin", &self.origin).json(body);
        Answer::of(request.send().await.unwrap()).await
    }

    /// Runs a query with a bearer token.
    pub async fn query(&self, token: &str, query: &str) -> Answer {
        self.query_with(token, query, Value::Null).await
    }

    /// Runs a query with variables and a bearer token.
    pub async fn query_with(&self, token: &str, query: &str, variables: Value) -> Answer {
        let request = self
            .post("/graphql")
            .bearer_auth(token)
            .json(&json!({ "query": query, "variables": variables }));
        Answer::of(request.send().await.unwrap()).await
    }

    /// Runs a query with a cookie, from our own page.
    pub async fn query_as(&self, cookie: &str, query: &str) -> Answer {
        let request = self
            .post("/graphql")
            .header("cookie", cookie)
            .header("origin", &self.origin);
        Answer::of(request.json(&json!({ "query": query })).send().await.unwrap()).await
    }

    /// Makes a user.
    pub async fn user(&self, name: &str, role: Role) {
        let password_hash = jarvis_api::auth::password::Hasher::new()
            .hash(PASSWORD)
            .await
            .unwrap();
        self.puppet.append(vec![Event::UserSet {
            user: name.to_owned(),
            password_hash,
            role,
            one_time: false,
        }]);
    }

    /// Signs in and returns the cookie.
    pub async fn log_in(&self, name: &str) -> String {
        let answer = self
            .post_json("/auth/login", &json!({ "user": name, "password": PASSWORD }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.cookie()
    }
}
