//! One action as each door spells it. An action is written as GraphQL's `ActionInput`; besides, `tool` names what only MCP would
//! call, `extra` is an argument that nobody knows, `twist` is a pair of texts, the first replaced by the second in what is
//! sent, for what no JSON library writes, `say` is what a person says in place of the target's name, and `leaked` is set where
//! a model writes its call as text.

use serde_json::{Value, json};

const OWN: [&str; 6] = ["tool", "extra", "twist", "words", "say", "leaked"];
/// Longest text that is said in a conversation.
const LONGEST: usize = 4000;

/// What a person says.
pub struct Spoken {
    pub text: String,
    /// Whether it names what the call is aimed at.
    pub names_it: bool,
}

/// Words of a person that name the target, and that code does not understand by itself.
pub fn spoken(action: &Value) -> Spoken {
    if let Some(text) = action["say"].as_str() {
        // Not naming it is what the row is about.
        return Spoken {
            text: text.to_owned(),
            names_it: true,
        };
    }
    let name = target(action);
    let wording = |name: &str| format!("Is {name} of merit, poetically speaking?");
    let word = |c: char| c.is_alphanumeric() || "-_./@".contains(c);
    let edge = |c: char| "-./".contains(c);
    let is_word = |name: &String| {
        name.chars().all(word) && !name.starts_with(edge) && !name.ends_with(edge) && name.len() < LONGEST / 2
    };
    let names_it = name.as_ref().is_none_or(is_word);
    let name = name.filter(|_| names_it);
    Spoken {
        text: wording(name.as_deref().unwrap_or("anything")),
        names_it,
    }
}

/// What a call is aimed at.
pub fn target(action: &Value) -> Option<String> {
    let named = [&action["vmid"], &action["node"], &action["host"]];
    named.into_iter().find(|name| !name.is_null()).map(plain)
}

/// The variable of `requestAction`.
pub fn graphql(action: &Value) -> Value {
    let mut input = action.clone();
    let fields = input.as_object_mut().unwrap();
    for name in OWN {
        fields.remove(name);
    }
    if !action["extra"].is_null() {
        input["force"] = action["extra"].clone();
    }
    input
}

/// A text as it is sent.
pub fn twisted(action: &Value, text: String) -> String {
    match (action["twist"][0].as_str(), action["twist"][1].as_str()) {
        (Some(from), Some(to)) => {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        }
        _ => text,
    }
}

/// The tool and its arguments.
pub fn mcp(action: &Value) -> Result<(String, Value), &'static str> {
    let tool = match action["name"].as_str().unwrap_or_default() {
        "startGuest" => "start_guest",
        "shutdownGuest" => "shutdown_guest",
        "rebootGuest" => "reboot_guest",
        "stopGuest" => "stop_guest",
        "createSnapshot" => "create_snapshot",
        "restartService" => "restart_service",
        "runCommand" => "run_command",
        "wakeNode" => "wake_node",
        _ => action["tool"].as_str().ok_or("there is no such tool")?,
    };
    let mut arguments = json!({});
    let on_host = matches!(tool, "restart_service" | "run_command");
    for (name, value) in graphql(action).as_object().unwrap() {
        match name.as_str() {
            "name" => {}
            "vmid" if on_host => arguments["host"] = json!(format!("guest/{}", plain(value))),
            "node" if on_host => arguments["host"] = json!(format!("node/{}", plain(value))),
            "host" if on_host => arguments["host"] = json!(format!("host/{}", plain(value))),
            "timeoutSeconds" => arguments["timeoutSecs"] = value.clone(),
            other => arguments[other] = value.clone(),
        }
    }
    Ok((tool.to_owned(), arguments))
}

/// The words of the command line.
pub fn cli(action: &Value) -> Result<Vec<String>, &'static str> {
    if let Some(words) = action["words"].as_array() {
        return Ok(words.iter().map(plain).collect());
    }
    if !action["twist"].is_null() {
        return Err("its arguments are words, and no JSON");
    }
    if !action["timeoutSeconds"].is_null() {
        return Err("no command takes a timeout");
    }
    let (command, rest): (&[&str], &[&str]) = match action["name"].as_str().unwrap_or_default() {
        "startGuest" => (&["start"], &[]),
        "shutdownGuest" => (&["shutdown"], &[]),
        "rebootGuest" => (&["reboot"], &[]),
        "stopGuest" => (&["stop"], &[]),
        "resetGuest" => (&["reset"], &[]),
        "destroyGuest" => (&["destroy"], &[]),
        "createSnapshot" => (&["snapshot"], &["snapshot"]),
        "rollbackSnapshot" => (&["rollback"], &["snapshot"]),
        "migrateGuest" => (&["migrate"], &["targetNode"]),
        "rebootNode" => (&["node", "reboot"], &["node"]),
        "shutdownNode" => (&["node", "shutdown"], &["node"]),
        "wakeNode" => (&["node", "wake"], &["node"]),
        "startService" => return Ok(of_service("start-service", action)),
        "restartService" => return Ok(of_service("restart-service", action)),
        "stopService" => return Ok(of_service("stop-service", action)),
        _ => return Err("there is no such command"),
    };
    let mut words: Vec<String> = ["request"]
        .iter()
        .chain(command)
        .map(|&word| word.to_owned())
        .collect();
    if command[0] != "node" {
        match &action["vmid"] {
            Value::Null => {}
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err("its arguments are words, and no JSON");
            }
            vmid => words.push(plain(vmid)),
        }
    }
    words.extend(rest.iter().map(|name| plain(&action[*name])));
    if !action["extra"].is_null() {
        words.push("--force".to_owned());
    }
    Ok(words)
}

/// A service may have a name that looks like an option.
fn of_service(command: &str, action: &Value) -> Vec<String> {
    let places = [("guest", "vmid"), ("node", "node"), ("host", "host")];
    let hosts = places
        .iter()
        .filter(|(_, field)| !action[*field].is_null())
        .map(|(kind, field)| format!("{kind}/{}", plain(&action[*field])));
    let mut words = ["request", command, "--"].map(str::to_owned).to_vec();
    words.extend(hosts);
    words.push(plain(&action["service"]));
    words
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
