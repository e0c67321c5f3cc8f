//! Steering Jarvis itself: kill switch, holds, identities, issues, autonomy, tokens, users.

use super::field::{age, cell, word};
use crate::{
    cli::steer::{
        AcceptIdentity, Ack, AutonomyCommand, Ceiling, Freeze, Hold, Release, Role, Scope, TokenCommand,
        UserCommand,
    },
    client::Client,
    exit::{Exit, Failure, Outcome},
    out,
    table::Table,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// `jarvis freeze`.
pub async fn freeze(arguments: &Freeze, client: &Client) -> Outcome {
    const QUERY: &str = "mutation($reason: String!, $scope: FreezeScope!, $ttl: Int) { freeze(reason: $reason, scope: $scope, ttlSeconds: $ttl) { until } }";
    let scope = if arguments.all { "ALL" } else { "AUTONOMY" };
    let ttl = arguments.ttl.map(|ttl| ttl.as_secs());
    let data = client
        .ask(
            QUERY,
            json!({ "reason": arguments.reason, "scope": scope, "ttl": ttl }),
        )
        .await?;
    let until = &data["freeze"]["until"];
    let end = if until.is_null() {
        "until `jarvis thaw`".to_owned()
    } else {
        format!("until {}", cell(until))
    };
    let whom = if arguments.all {
        "nobody may act, persons neither"
    } else {
        "nothing is done alone"
    };
    out::print(&format!("frozen {end}: {whom}"));
    Ok(Exit::Ok)
}

/// `jarvis thaw`.
pub async fn thaw(client: &Client) -> Outcome {
    client.ask("mutation { thaw }", json!({})).await?;
    let left = client.ask("{ freeze { state by } }", json!({})).await?;
    if left["freeze"]["state"] == "OFF" {
        out::print("thawed");
    } else {
        let by = cell(&left["freeze"]["by"]);
        out::print(&format!(
            "thawed what people froze; {by} in the state folder freezes on: remove it"
        ));
    }
    Ok(Exit::Ok)
}

/// `jarvis hold`.
pub async fn hold(arguments: &Hold, client: &Client) -> Outcome {
    const QUERY: &str = "mutation($scope: String!, $reason: String!, $ttl: Int) { hold(scope: $scope, reason: $reason, ttlSeconds: $ttl) }";
    let ttl = arguments.ttl.map(|ttl| ttl.as_secs());
    client
        .ask(
            QUERY,
            json!({ "scope": arguments.scope, "reason": arguments.reason, "ttl": ttl }),
        )
        .await?;
    out::print(&format!("held: {}", arguments.scope));
    Ok(Exit::Ok)
}

/// `jarvis release`.
pub async fn release(arguments: &Release, client: &Client) -> Outcome {
    client
        .ask(
            "mutation($scope: String!) { release(scope: $scope) }",
            json!({ "scope": arguments.scope }),
        )
        .await?;
    out::print(&format!("released: {}", arguments.scope));
    Ok(Exit::Ok)
}

/// `jarvis accept-identity`.
pub async fn accept_identity(arguments: &AcceptIdentity, client: &Client) -> Outcome {
    const SEEN: &str = "query($vmid: Int!) { guest(vmid: $vmid) { identity } }";
    const ACCEPT: &str =
        "mutation($vmid: Int!, $identity: String!) { acceptIdentity(vmid: $vmid, identity: $identity) }";
    let vmid = arguments.vmid;
    let mut identity = arguments.identity.clone();
    if identity.is_none() {
        let data = client.ask(SEEN, json!({ "vmid": vmid })).await?;
        identity = data["guest"]["identity"].as_str().map(str::to_owned);
    }
    let identity = identity.ok_or_else(|| {
        Failure::error(format!("cannot accept guest {vmid}: its identity is not known; `jarvis describe guest/{vmid}` shows what is"))
    })?;
    client
        .ask(ACCEPT, json!({ "vmid": vmid, "identity": identity }))
        .await?;
    out::print(&format!("accepted: guest {vmid} is {identity}"));
    Ok(Exit::Ok)
}

/// `jarvis ack`.
pub async fn acknowledge(arguments: &Ack, client: &Client) -> Outcome {
    client
        .ask(
            "mutation($issue: String!) { acknowledge(issue: $issue) }",
            json!({ "issue": arguments.issue }),
        )
        .await?;
    out::print(&format!("acknowledged: {}", arguments.issue));
    Ok(Exit::Ok)
}

/// `jarvis autonomy`.
pub async fn autonomy(command: &AutonomyCommand, client: &Client) -> Outcome {
    let AutonomyCommand::SetCeiling { level } = command;
    let wanted = if *level == Ceiling::None {
        Value::Null
    } else {
        json!(format!("{level:?}"))
    };
    client
        .ask(
            "mutation($level: Autonomy) { setAutonomyCeiling(ceiling: $level) }",
            json!({ "level": wanted }),
        )
        .await?;
    out::print(&wanted.as_str().map_or_else(
        || "ceiling lifted".to_owned(),
        |level| format!("ceiling set to {level}"),
    ));
    Ok(Exit::Ok)
}

/// `jarvis reconcile`.
pub async fn reconcile(client: &Client) -> Outcome {
    client.ask("mutation { reconcileNow }", json!({})).await?;
    out::print("looking, fetching and planning now");
    Ok(Exit::Ok)
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Viewer => "VIEWER",
        Role::Operator => "OPERATOR",
        Role::Admin => "ADMIN",
    }
}

fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "READ",
        Scope::Propose => "PROPOSE",
        Scope::Operate => "OPERATE",
        Scope::OperateRed => "OPERATE_RED",
    }
}

/// `jarvis token`.
pub async fn token(command: &TokenCommand, client: &Client) -> Outcome {
    match command {
        TokenCommand::Create {
            name,
            role,
            scopes,
            ttl,
        } => {
            const QUERY: &str = "mutation($name: String!, $role: Role!, $scopes: [Scope!]!, $ttl: Int) \
                { createToken(name: $name, role: $role, scopes: $scopes, ttlSeconds: $ttl) { secret } }";
            let scopes: Vec<&str> = scopes.iter().map(|scope| scope_word(*scope)).collect();
            let ttl = ttl.map(|ttl| ttl.as_secs());
            let variables = json!({ "name": name, "role": role_word(*role), "scopes": scopes, "ttl": ttl });
            let data = client.ask(QUERY, variables).await?;
            out::note(&format!("token {name}; it is shown this once:"));
            out::print(&cell(&data["createToken"]["secret"]));
        }
        TokenCommand::List => {
            let data = client
                .ask(
                    "{ tokens { name role scopes by createdAt expiresAt } version { now } }",
                    json!({}),
                )
                .await?;
            let mut table = Table::new(&["NAME", "ROLE", "SCOPES", "BY", "AGE", "LAPSES"]);
            for token in data["tokens"].as_array().into_iter().flatten() {
                let age = age(&token["createdAt"], jiff::Timestamp::now());
                table.row([
                    cell(&token["name"]),
                    word(&token["role"]).to_lowercase(),
                    scopes_cell(&token["scopes"]),
                    cell(&token["by"]),
                    age,
                    lapses(&token["expiresAt"], &data["version"]["now"]),
                ]);
            }
            out::print(&table.text());
        }
        TokenCommand::Revoke { name } => {
            client
                .ask(
                    "mutation($name: String!) { revokeToken(name: $name) }",
                    json!({ "name": name }),
                )
                .await?;
            out::print(&format!("revoked: {name}"));
        }
    }
    Ok(Exit::Ok)
}

/// `jarvis user`.
pub async fn user(command: &UserCommand, client: &Client) -> Outcome {
    match command {
        UserCommand::Add { name, role, one_time } => {
            const QUERY: &str = "mutation($name: String!, $password: String!, $role: Role!, $oneTime: Boolean!) \
                { createUser(name: $name, password: $password, role: $role, oneTime: $oneTime) }";
            let password = password(name)?;
            let variables = json!({ "name": name, "password": password.as_str(), "role": role_word(*role), "oneTime": one_time });
            client.ask(QUERY, variables).await?;
            out::print(&format!("added: {name}"));
        }
        UserCommand::Passwd { name, role, one_time } => {
            const QUERY: &str = "mutation($name: String!, $password: String!, $role: Role, $oneTime: Boolean!) \
                { setPassword(name: $name, password: $password, role: $role, oneTime: $oneTime) }";
            let password = password(name)?;
            let role = role.map(role_word);
            let variables =
                json!({ "name": name, "password": password.as_str(), "role": role, "oneTime": one_time });
            client.ask(QUERY, variables).await?;
            out::print(&format!("password set: {name}; all its sessions are over"));
        }
        UserCommand::SignOut { name } => {
            const QUERY: &str = "mutation($name: String!) { revokeSessions(user: $name) }";
            client.ask(QUERY, json!({ "name": name })).await?;
            out::print(&format!("signed out everywhere: {name}"));
        }
        UserCommand::Remove { name } => {
            const QUERY: &str = "mutation($name: String!) { removeUser(name: $name) }";
            client.ask(QUERY, json!({ "name": name })).await?;
            out::print(&format!("removed: {name}"));
        }
        UserCommand::List => {
            let data = client.ask("{ users { name role oneTime } }", json!({})).await?;
            let mut table = Table::new(&["NAME", "ROLE", "ONE-TIME"]);
            for user in data["users"].as_array().into_iter().flatten() {
                table.row([
                    cell(&user["name"]),
                    word(&user["role"]).to_lowercase(),
                    cell(&user["oneTime"]),
                ]);
            }
            out::print(&table.text());
        }
    }
    Ok(Exit::Ok)
}

/// `read, operate-red`.
fn scopes_cell(scopes: &Value) -> String {
    let words: Vec<String> = scopes
        .as_array()
        .into_iter()
        .flatten()
        .map(|scope| cell(scope).to_lowercase().replace('_', "-"))
        .collect();
    if words.is_empty() {
        "-".to_owned()
    } else {
        words.join(", ")
    }
}

/// When a token lapses; one that has does nothing any more, but stands there until it is revoked.
fn lapses(at: &Value, now: &Value) -> String {
    match at.as_str() {
        None => "never".to_owned(),
        Some(at) if is_past(at, now.as_str().unwrap_or_default()) => format!("{at} (lapsed)"),
        Some(at) => at.to_owned(),
    }
}

fn is_past(at: &str, now: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    read(at).zip(read(now)).is_some_and(|(at, now)| at <= now)
}

/// A password from standard input, so that it is on no command line.
fn password(name: &str) -> Result<Zeroizing<String>, Failure> {
    if out::is_interactive() {
        out::ask(&format!("Password for {name} (not shown): "));
    }
    let line = out::read_secret_line().filter(|line| !line.is_empty());
    line.ok_or_else(|| {
        Failure::error(format!(
            "there is no password for {name} on standard input: give it as one line"
        ))
    })
}
