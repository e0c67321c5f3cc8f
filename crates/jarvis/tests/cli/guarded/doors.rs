//! The doors, each spoken to as its own clients speak: GraphQL and MCP over HTTP, commands as processes, the conversation
//! through a model ([`super::chat`]).

use super::{chat, scene::Scene, spell};
use crate::support::Said;
use serde_json::{Value, json};

/// A way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Graphql,
    Mcp,
    Cli,
    Chat,
}

pub const DOORS: [Door; 4] = [Door::Graphql, Door::Mcp, Door::Cli, Door::Chat];

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The guard refuses, by this rule.
    Rule(String),
    /// It is understood as no call.
    Malformed,
    /// The conversation does not run it: nobody named what it is aimed at.
    Unnamed,
    /// Not with this role or these scopes.
    NotAllowed,
    /// What was said fits nothing that waits.
    NotConfirmed,
    /// It waits for a confirmation: its ticket, where the door tells it, and its digest.
    Awaiting { ticket: String, digest: String },
    /// It was carried out and verified.
    Done,
    /// It ended otherwise.
    Other(String),
}

/// A verdict, what was said with it, and whether anything was sent that the server should have on record.
#[derive(Debug, Clone)]
pub struct Answer {
    pub verdict: Verdict,
    pub said: String,
    pub sent: bool,
    /// The ticket, when there is one.
    pub ticket: String,
}

const TICKET: &str = "id state isFinal digest outcome refusal { rule }";

impl Door {
    /// As the audit trail names what comes through it.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Graphql => "(graphql)",
            Self::Mcp => "(mcp)",
            Self::Cli => "(cli)",
            Self::Chat => "(chat)",
        }
    }

    /// Sends a call with a token; an error says why this door has no way to say it.
    pub fn send(self, scene: &Scene, token: &str, action: &Value) -> Result<Answer, &'static str> {
        match self {
            Self::Graphql => {
                let query = format!(
                    "mutation($action: ActionInput!) {{ requestAction(action: $action) {{ {TICKET} }} }}"
                );
                let body = json!({ "query": query, "variables": { "action": spell::graphql(action) } });
                let answer = scene.graphql_text(token, spell::twisted(action, body.to_string()));
                Ok(of_graphql(scene, &answer))
            }
            Self::Mcp => {
                let (tool, arguments) = spell::mcp(action)?;
                let arguments = spell::twisted(action, arguments.to_string());
                Ok(call_tool(scene, token, &tool, &arguments))
            }
            Self::Cli => {
                let words = spell::cli(action)?;
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                Ok(of_cli(&scene.command(token, &words)))
            }
            Self::Chat => chat::call(scene, token, action, None),
        }
    }

    /// Confirms what waits, as a client of this door does: by its ticket and digest, by the same call with the digest, by the
    /// digest alone, or on the card with the target's name typed.
    pub fn confirm(
        self,
        scene: &Scene,
        token: &str,
        action: &Value,
        ticket: &str,
        digest: &str,
    ) -> Result<Answer, &'static str> {
        match self {
            Self::Graphql => {
                let query = "mutation($digest: String!, $ticket: String) { confirm(digest: $digest, ticket: $ticket) }";
                let answer = scene.graphql(token, query, json!({ "digest": digest, "ticket": ticket }));
                if answer["errors"].is_array() {
                    return Ok(of_graphql(scene, &answer));
                }
                let (verdict, said) = followed(scene, ticket);
                Ok(Answer {
                    verdict,
                    said,
                    sent: true,
                    ticket: ticket.to_owned(),
                })
            }
            Self::Mcp => {
                let (tool, mut arguments) = spell::mcp(action)?;
                arguments["digest"] = json!(digest);
                Ok(call_tool(scene, token, &tool, &arguments.to_string()))
            }
            Self::Cli => Ok(of_cli(&scene.command(token, &["confirm", digest]))),
            Self::Chat => {
                let name = spell::target(action).unwrap_or_default();
                Ok(chat::confirm(scene, token, ticket, digest, Some(&name)))
            }
        }
    }

    /// Asks for what is allowed and waits for its end. What was known may be too old by the time of sending, where the machine
    /// has much else to do; then nothing is sent, and it is asked for again.
    pub fn carry_out(self, scene: &Scene, action: &Value) -> Result<Answer, &'static str> {
        let mut answer = self.carried_out(scene, action)?;
        for _ in 0..3 {
            let not_sent = answer.verdict != Verdict::Done && answer.said.contains("not sent");
            if !not_sent {
                break;
            }
            answer = self.carried_out(scene, action)?;
        }
        Ok(answer)
    }

    /// Asks once, confirming where it must be.
    fn carried_out(self, scene: &Scene, action: &Value) -> Result<Answer, &'static str> {
        let token = &scene.tokens.red;
        let mut asked = self.send(scene, token, action)?;
        if let Verdict::Awaiting { ticket, digest } = &asked.verdict {
            asked = self.confirm(scene, token, action, ticket, digest)?;
        }
        Ok(asked)
    }
}

/// What GraphQL answered.
pub fn of_graphql(scene: &Scene, answer: &Value) -> Answer {
    let mut said = answer.to_string();
    let error = &answer["errors"][0];
    let verdict = if error.is_object() {
        match error["extensions"]["code"].as_str() {
            Some("FORBIDDEN") => Verdict::NotAllowed,
            Some("WRONG_STATE" | "NOT_FOUND") => Verdict::NotConfirmed,
            Some("INVALID") | None => Verdict::Malformed,
            Some(other) => Verdict::Other(other.to_owned()),
        }
    } else {
        let ticket = &answer["data"]["requestAction"];
        let id = ticket["id"].as_str().unwrap_or_default();
        match ticket["state"].as_str().unwrap_or_default() {
            "QUEUED" | "RUNNING" => {
                let (verdict, end) = followed(scene, id);
                said = end;
                verdict
            }
            _ => of_ticket(ticket),
        }
    };
    let ticket = &answer["data"]["requestAction"]["id"];
    Answer {
        verdict,
        said,
        sent: true,
        ticket: ticket.as_str().unwrap_or_default().to_owned(),
    }
}

/// What a ticket says.
pub fn of_ticket(ticket: &Value) -> Verdict {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match ticket["state"].as_str() {
        Some("REFUSED") => Verdict::Rule(word(&ticket["refusal"]["rule"])),
        Some("AWAITING_CONFIRMATION") => Verdict::Awaiting {
            ticket: word(&ticket["id"]),
            digest: word(&ticket["digest"]),
        },
        Some("DONE") if ticket["outcome"] == "verified" => Verdict::Done,
        _ => Verdict::Other(ticket.to_string()),
    }
}

/// Follows a ticket to its end.
pub fn followed(scene: &Scene, id: &str) -> (Verdict, String) {
    let updates = format!("subscription($id: String!) {{ ticketUpdates(id: $id) {{ {TICKET} }} }}");
    let ticket = scene.heard(&scene.tokens.red, &updates, json!({ "id": id }), |told| {
        let ticket = &told["ticketUpdates"];
        (ticket["isFinal"] == json!(true)).then(|| ticket.clone())
    });
    (of_ticket(&ticket), ticket.to_string())
}

/// Calls a tool; the arguments are text, so that they may be what no JSON library writes.
fn call_tool(scene: &Scene, token: &str, tool: &str, arguments: &str) -> Answer {
    const VERSION: &str = "2026-07-28";
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "0" },
    });
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":{},"arguments":{arguments},"_meta":{meta}}}}}"#,
        json!(tool)
    );
    let mut request = scene
        .http
        .post(format!("{}/mcp", scene.demo.url()))
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", VERSION)
        .header("mcp-method", "tools/call");
    if tool.bytes().all(|byte| byte.is_ascii_graphic()) {
        request = request.header("mcp-name", tool);
    }
    let text = scene
        .runtime
        .block_on(async { request.body(body).send().await.unwrap().text().await.unwrap() });
    of_mcp(&text)
}

fn of_mcp(text: &str) -> Answer {
    let stream = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut messages = stream.filter_map(|data| serde_json::from_str::<Value>(data.trim()).ok());
    let message = serde_json::from_str::<Value>(text)
        .ok()
        .or_else(|| messages.next_back());
    let message = message.unwrap_or_else(|| panic!("no message in {text:?}"));
    let result = &message["result"];
    let outcome = &result["structuredContent"];
    let word = |name: &str| outcome[name].as_str().unwrap_or_default().to_owned();
    let words = result["content"][0]["text"].as_str().unwrap_or_default();
    let verdict = match outcome["state"].as_str() {
        _ if message["error"].is_object() => Verdict::Malformed,
        Some("refused") => Verdict::Rule(word("rule").split(' ').nth(1).unwrap_or_default().to_owned()),
        Some("awaiting-confirmation") => Verdict::Awaiting {
            ticket: word("ticket"),
            digest: word("digest"),
        },
        Some("done") => Verdict::Done,
        Some(_) => Verdict::Other(outcome.to_string()),
        None if words.contains("wrong arguments") => Verdict::Malformed,
        None if words.contains("lacks the scope") => Verdict::NotAllowed,
        None if words.contains("waits with this digest") || words.contains("does not count for you") => {
            Verdict::NotConfirmed
        }
        None => Verdict::Other(words.to_owned()),
    };
    Answer {
        verdict,
        said: message.to_string(),
        sent: true,
        ticket: word("ticket"),
    }
}

/// What a command said. One that the program does not understand, or a name that no guest has, was sent to nobody.
fn of_cli(said: &Said) -> Answer {
    let text = format!("{}{}", said.out, said.err);
    let rule = text
        .split_once("(JV")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(inside, _)| inside.split_once(' '))
        .map(|(_, rule)| rule.to_owned());
    let after = |label: &str, ends: &str| {
        let rest = text.split_once(label).map(|(_, rest)| rest).unwrap_or_default();
        rest.split(|c: char| ends.contains(c))
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let mut sent = true;
    let verdict = match (said.code, rule) {
        (0, _) => Verdict::Done,
        (_, Some(rule)) => Verdict::Rule(rule),
        (4, _) => Verdict::NotAllowed,
        (3, _) if text.contains("needs a confirmation until") => Verdict::Awaiting {
            ticket: after("ticket ", "\n"),
            digest: after("--confirm ", "\n"),
        },
        (1, _) if text.contains("nothing that waits") => {
            sent = false;
            Verdict::NotConfirmed
        }
        (1 | 2, _) if !said.err.trim().is_empty() => {
            sent = !text.contains("there is no guest") && !text.contains("--help");
            Verdict::Malformed
        }
        _ => Verdict::Other(format!("{said:?}")),
    };
    Answer {
        ticket: after(": ticket ", "\n"),
        verdict,
        said: text,
        sent,
    }
}
