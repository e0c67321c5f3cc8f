//! The client of a running Jarvis: finds it, asks over GraphQL, and turns its errors into exit codes.
//!
//! Knows nothing of what is asked.

use crate::{
    cli::Connection,
    config::secret,
    context::Context,
    environment::Environment,
    exit::{Exit, Failure},
    text::add,
};
use jarvis_proxmox::{Fingerprint, Tls};
use reqwest::Url;
use serde_json::{Value, json};
use std::{net::IpAddr, time::Duration};
use zeroize::Zeroizing;

/// Longest wait for one answer; the server gives up before.
const TIMEOUT: Duration = Duration::from_secs(40);
/// Where a Jarvis listens when nobody says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:7474";

/// How an https server is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// By an authority that this machine knows.
    System,
    /// By its certificate.
    Pin(Fingerprint),
}

impl Trust {
    /// What was said on the command line, else what the running Jarvis left in the context file for its own URL.
    pub fn find(connection: &Connection, environment: &Environment, base: &Url) -> Result<Self, Failure> {
        let context = || Context::find(environment).filter(|context| is_of(context, base));
        let said = connection
            .fingerprint
            .clone()
            .or_else(|| context().and_then(|context| context.fingerprint));
        let Some(text) = said else {
            return Ok(Self::System);
        };
        text.parse().map(Self::Pin).map_err(|_| {
            Failure::error(format!(
                "cannot use the fingerprint {text:?}: it has 32 hex pairs like AA:BB:…; Jarvis prints it at its start"
            ))
        })
    }
}

fn is_of(context: &Context, base: &Url) -> bool {
    Url::parse(&context.url).is_ok_and(|url| url == *base)
}

/// A client with its token.
pub struct Client {
    base: Url,
    token: Zeroizing<String>,
    http: reqwest::Client,
}

/// The base URL of the running Jarvis, as far as it is known.
pub fn base_url(connection: &Connection, environment: &Environment) -> Result<Url, Failure> {
    match (&connection.url, Context::find(environment)) {
        (Some(url), _) => parse(url),
        (None, Some(context)) => parse(&context.url),
        (None, None) => parse(DEFAULT_URL),
    }
}

fn parse(text: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        Failure::error(format!(
            "cannot use the URL {text:?}: {why}; write scheme, host and port, such as {DEFAULT_URL}"
        ))
    };
    let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("it is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::error(
            "cannot use the URL: credentials do not belong in it; use --token-file",
        ));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("only scheme, host and port belong in it"));
    }
    Ok(url)
}

/// A plain HTTP client that follows no redirect, so that no token goes elsewhere.
pub fn http(trust: Trust) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder();
    if let Trust::Pin(pin) = trust {
        let tls = Tls::Pinned(vec![pin]).client_config();
        if let Some(tls) = tls.map_err(|error| Failure::error(error.to_string()))? {
            builder = builder.tls_backend_preconfigured(tls);
        }
    }
    builder
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(TIMEOUT)
        .no_proxy()
        .build()
        .map_err(|error| Failure::error(format!("cannot build an HTTP client: {}", causes(&error))))
}

/// Whether a URL stays on this machine.
pub fn is_local(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// What became of a request that got no answer.
pub fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    let shown = url.as_str().trim_end_matches('/');
    if error.is_timeout() {
        return Failure::error(format!(
            "{shown} does not answer in time; look at its log, or try again"
        ));
    }
    let why = causes(error);
    if why.contains("certificate") {
        return Failure::error(format!(
            "will not talk to {shown}: {}; Jarvis prints the fingerprint of its certificate at its start, and `jarvis \
             doctor` shows it there: compare it, then give it with --fingerprint",
            certificate_words(&why)
        ));
    }
    Failure::error(format!(
        "cannot reach Jarvis at {shown}: {why}; is it running? Start it with `jarvis demo` or `jarvis run`, or name another with --url"
    ))
}

/// The words about a pin are meant for Proxmox; its fingerprints are what matters here.
fn certificate_words(why: &str) -> String {
    match why.split_once("; it was renewed") {
        Some((told, _)) => format!("{told} (it was renewed, or somebody is in between)"),
        None => why.to_owned(),
    }
}

/// What is wrong with a certificate, else the innermost reason: it says most.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    let certificate = all.clone().find_map(jarvis_proxmox::tls::problem_in);
    certificate.unwrap_or_else(|| all.last().map_or_else(String::new, ToString::to_string))
}

impl Client {
    /// Finds the running Jarvis and the token for it.
    pub fn find(connection: &Connection, environment: &Environment) -> Result<Self, Failure> {
        let base = base_url(connection, environment)?;
        let token = token(connection, environment, &base)?;
        if base.scheme() == "http" && !is_local(&base) {
            return Err(Failure::error(format!(
                "will not send a token to {base} in the clear; use https, or a tunnel to the loopback address"
            )));
        }
        Ok(Self {
            http: http(Trust::find(connection, environment, &base)?)?,
            base,
            token,
        })
    }

    /// Where it is, with what token and by which HTTP client, for what speaks something else than GraphQL with it.
    pub fn parts(&self) -> (Url, Zeroizing<String>, reqwest::Client) {
        (self.base.clone(), self.token.clone(), self.http.clone())
    }

    /// Asks one operation; returns `data`.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, Failure> {
        let url = self
            .base
            .join("graphql")
            .map_err(|error| Failure::error(error.to_string()))?;
        let sent = self
            .http
            .post(url)
            .bearer_auth(self.token.as_str())
            .header("x-jarvis-client", "cli")
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await;
        let response = sent.map_err(|error| unreachable(&self.base, &error))?;
        let status = response.status();
        let body: Value = response.json().await.map_err(|_| {
            let base = &self.base;
            Failure::error(format!(
                "{base} answered {status}, and not as Jarvis does; check the URL"
            ))
        })?;
        match body["errors"].as_array().and_then(|errors| errors.first()) {
            Some(error) => Err(failure(error)),
            None => Ok(body["data"].clone()),
        }
    }
}

fn token(
    connection: &Connection,
    environment: &Environment,
    base: &Url,
) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = &connection.token_file {
        let read = secret::from_file(path);
        return read.map(|resolved| resolved.value).map_err(|unresolved| {
            Failure::error(format!(
                "cannot use --token-file: {}; {}",
                unresolved.problem, unresolved.hint
            ))
        });
    }
    if let Some(token) = environment.get("JARVIS_TOKEN") {
        return Ok(Zeroizing::new(token.trim().to_owned()));
    }
    let shown = base.as_str().trim_end_matches('/');
    match Context::find(environment).filter(|context| is_of(context, base)) {
        Some(context) if context.token.is_empty() => Err(Failure::error(format!(
            "Jarvis at {shown} could not make a token for commands: it only observes; its log and `jarvis audit verify` \
             say why"
        ))),
        Some(context) => Ok(context.token),
        None => Err(Failure::error(format!(
            "there is no token for {shown}: start Jarvis on this machine as this user (`jarvis demo`, `jarvis run`), give \
             --token-file FILE, or set JARVIS_TOKEN"
        ))),
    }
}

/// A GraphQL error as text and exit code.
fn failure(error: &Value) -> Failure {
    let extensions = &error["extensions"];
    let code = extensions["code"].as_str().unwrap_or_default();
    let mut text = error["message"]
        .as_str()
        .unwrap_or("an error without words")
        .to_owned();
    for listed in extensions["manifestErrors"].as_array().into_iter().flatten() {
        let at = format!(
            "{}:{}:{}",
            word(&listed["file"]),
            listed["line"],
            listed["column"]
        );
        let about = [&listed["resource"], &listed["field"]].map(word).join(" ");
        add!(
            text,
            "\n{} {}: {}; {}",
            at,
            about.trim(),
            word(&listed["problem"]),
            word(&listed["hint"])
        );
    }
    let exit = match code {
        "UNAUTHENTICATED" | "FORBIDDEN" => Exit::NotAllowed,
        _ => extensions["rule"].as_str().map_or(Exit::Error, exit_of_rule),
    };
    if code == "UNAUTHENTICATED" {
        "the token is not accepted: it is unknown, revoked or lapsed; use another one (`jarvis token create` makes one)".clone_into(&mut text);
    }
    Failure::with(exit, text)
}

/// The exit code of a refusal by the name of its rule.
pub fn exit_of_rule(rule: &str) -> Exit {
    match rule {
        "frozen" | "freeze-unreadable" => Exit::Frozen,
        "not-allowed" => Exit::NotAllowed,
        _ => Exit::Refused,
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_exit_codes() {
        let exit = |extensions: Value| failure(&json!({"message": "m", "extensions": extensions})).exit;
        assert_eq!(exit(json!({"code": "UNAUTHENTICATED"})), Exit::NotAllowed);
        assert_eq!(exit(json!({"code": "FORBIDDEN"})), Exit::NotAllowed);
        assert_eq!(
            exit(json!({"code": "JV1002", "rule": "protected"})),
            Exit::Refused
        );
        assert_eq!(exit(json!({"code": "JV1023", "rule": "frozen"})), Exit::Frozen);
        assert_eq!(exit(json!({"code": "INVALID"})), Exit::Error);
        assert_eq!(exit(Value::Null), Exit::Error);
    }

    #[test]
    fn a_token_goes_nowhere_in_the_clear() {
        let environment: Environment = [("JARVIS_TOKEN", "jrv_canary")].into();
        for (url, why) in [
            ("http://jarvis.example:7474", "in the clear"),
            ("ftp://127.0.0.1", "neither http nor https"),
            ("127.0.0.1:7474", "cannot use the URL"),
            ("https://u:canary@jarvis.example", "credentials do not belong"),
            ("https://jarvis.example/graphql", "only scheme, host and port"),
        ] {
            let connection = Connection {
                url: Some(url.to_owned()),
                ..Connection::default()
            };
            let error = Client::find(&connection, &environment).err().unwrap().text;
            assert!(error.contains(why) && !error.contains("canary"), "{url}: {error}");
        }
        for fine in [
            "http://[::1]:7474",
            "http://localhost:1",
            "https://jarvis.example",
        ] {
            let connection = Connection {
                url: Some(fine.to_owned()),
                ..Connection::default()
            };
            assert!(Client::find(&connection, &environment).is_ok(), "{fine}");
        }
    }
}
