//! Calls of a model, run through the tools. A call is run only when it is whole, known, and aimed at what the person named or a
//! tool returned; reads run side by side, everything else one after the other; the same call twice is answered once.

use super::Turn;
use crate::{
    message::{Card, Message, Speaker, ToolUse},
    talk::Awaited,
};
use futures::{StreamExt, future::BoxFuture, stream};
use jarvis_controller::RefusedCall;
use jarvis_model::{ProposalId, TicketId};
use jarvis_ports::model::{Answer, Arguments, Call, CallResult};
use jarvis_tools::{Caller, Kind, Side, Tool, ToolResult, clean, moment::Moment};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Calls for one answer.
pub(super) const MOST_CALLS: usize = 10;
/// Reads at a time.
const SIDE_BY_SIDE: usize = 4;
/// Characters of a result as it is shown.
const SHOWN: usize = 160;
/// Fields of answers that name what can be acted on. Names of guests and texts are not among them: others write those.
const TARGETS: [&str; 6] = ["vmid", "node", "host", "service", "resource", "ticket"];

/// The calls of one answer so far.
pub(super) struct Bench<'a> {
    turn: &'a Turn,
    message: u64,
    answer_limit: Option<usize>,
    count: usize,
    before: BTreeMap<String, String>,
    named: BTreeSet<String>,
}

impl<'a> Bench<'a> {
    /// None yet; what the person named may be acted on.
    pub fn new(turn: &'a Turn, message: u64) -> Self {
        let moment = turn.inner.registry.desk().moment();
        let said = turn.talk.kept().messages;
        // What a model said names nothing, whole or broken off.
        let by_people = |message: &&Message| matches!(message.speaker, Speaker::Person { .. });
        let said = said.iter().filter(by_people);
        let texts: Vec<String> = said.map(|message| message.text.to_lowercase()).collect();
        Self {
            turn,
            message,
            answer_limit: None,
            count: 0,
            before: BTreeMap::new(),
            named: named(&texts.join("\n"), &moment),
        }
    }

    /// Its calls are shown in another message from now on.
    pub fn move_to(&mut self, message: u64) {
        self.message = message;
    }

    /// Bytes of an answer that the model can read.
    pub fn limit(&mut self, bytes: Option<usize>) {
        self.answer_limit = bytes;
    }

    /// Whether no more may be called.
    pub fn is_spent(&self) -> bool {
        self.count >= MOST_CALLS
    }

    /// What a tool returned to say where things stand may be acted on, too.
    pub fn learn(&mut self, data: &Value) {
        learn(data, &mut self.named);
    }

    /// Runs what may be run of these; a result for every one of them.
    pub async fn run(&mut self, calls: Vec<Call>) -> Vec<CallResult> {
        let mut results = Vec::with_capacity(calls.len());
        let (reads, others): (Vec<_>, Vec<_>) = calls.into_iter().partition(|call| self.reads(call));
        let mut to_read = Vec::new();
        for call in reads {
            match self.admit(&call).await {
                Ok((tool, arguments)) => {
                    let shown = self.show(&call);
                    to_read.push((call, tool, arguments, shown));
                }
                Err(result) => results.push(result),
            }
        }
        let turn = self.turn;
        let limit = self.answer_limit;
        let mut reading: Vec<BoxFuture<'_, (Call, ToolResult, usize)>> = Vec::new();
        for (call, tool, arguments, shown) in to_read {
            reading.push(Box::pin(async move {
                let result = turn.call(tool, arguments, limit).await;
                (call, result, shown)
            }));
        }
        let read: Vec<_> = stream::iter(reading).buffered(SIDE_BY_SIDE).collect().await;
        for (call, result, shown) in read {
            results.push(self.finish(&call, result, shown));
        }
        for call in others {
            match self.admit(&call).await {
                Ok((tool, arguments)) => {
                    let shown = self.show(&call);
                    let result = turn.call(tool, arguments, limit).await;
                    results.push(self.finish(&call, result, shown));
                }
                Err(result) => results.push(result),
            }
        }
        results
    }

    fn reads(&self, call: &Call) -> bool {
        let tool = self.turn.inner.registry.find(&call.name);
        tool.is_some_and(|tool| tool.kind == Kind::Read)
    }

    /// Whether a call may be run; the result that says why not.
    async fn admit(&mut self, call: &Call) -> Result<(&'static Tool, Value), CallResult> {
        let no = |why: String| CallResult {
            id: call.id.clone(),
            text: why,
            is_error: true,
        };
        if self.is_spent() {
            return Err(no(format!(
                "not called: {MOST_CALLS} calls are as many as one answer gets; answer with what you know"
            )));
        }
        self.count += 1;
        let arguments = match (&call.arguments, call.object()) {
            (Arguments::Broken { why, .. }, _) => return Err(no(format!("not called: {why}"))),
            (_, Some(arguments)) => arguments,
            (_, None) => return Err(no("not called: the arguments are no JSON object".to_owned())),
        };
        if let Some(before) = self.before.get(&key(&call.name, &arguments)) {
            return Err(CallResult {
                id: call.id.clone(),
                text: format!("You have called this before in this answer; it said: {before}"),
                is_error: false,
            });
        }
        let registry = &self.turn.inner.registry;
        let Some(tool) = registry.find(&call.name) else {
            let unknown = registry
                .call(&self.turn.caller(), &call.name, Value::Null, Side::default())
                .await;
            return Err(no(unknown.text));
        };
        if tool.kind != Kind::Read
            && let Some(stray) = stray(&arguments, &self.named)
        {
            let why = format!(
                "{stray} was named neither by the person nor by a tool. Look it up with a tool that reads, or ask the person"
            );
            self.turn.record_refused(tool.name, &why).await;
            return Err(no(format!("not called: {why}")));
        }
        Ok((tool, Value::Object(arguments)))
    }

    /// Shows a call that runs; its place in the message.
    fn show(&self, call: &Call) -> usize {
        let arguments = match &call.arguments {
            Arguments::Whole(text) | Arguments::Broken { text, .. } => clean::line(text, SHOWN),
        };
        let mut place = 0;
        self.turn.talk.edit(self.message, |message| {
            place = message.tools.len();
            message.tools.push(ToolUse {
                tool: call.name.clone(),
                arguments,
                result: None,
                is_error: false,
            });
        });
        place
    }

    /// Takes in what came back: for the model, for the screen, and what of it can be acted on.
    fn finish(&mut self, call: &Call, result: ToolResult, shown: usize) -> CallResult {
        let cards = result.structured.as_ref().map(cards).unwrap_or_default();
        if let Some(data) = &result.structured {
            learn(data, &mut self.named);
        }
        for card in &cards {
            match card {
                Card::Action { ticket, .. } => {
                    self.turn.talk.await_end(Awaited::Ticket { id: ticket.clone() });
                }
                Card::Proposal { proposal } => self
                    .turn
                    .talk
                    .await_end(Awaited::Proposal { id: proposal.clone() }),
                Card::Offer { .. } => {}
            }
        }
        let first = result.text.lines().next().unwrap_or_default();
        let line = if result.structured.is_some() && first.starts_with("Data from the cluster") {
            "read".to_owned()
        } else {
            clean::line(first, SHOWN)
        };
        self.turn.talk.edit(self.message, |message| {
            if let Some(used) = message.tools.get_mut(shown) {
                used.result = Some(line);
                used.is_error = result.is_error;
            }
            message.cards.extend(cards);
        });
        if let Some(arguments) = call.object() {
            self.before
                .insert(key(&call.name, &arguments), result.text.clone());
        }
        CallResult {
            id: call.id.clone(),
            text: result.text,
            is_error: result.is_error,
        }
    }
}

impl Turn {
    pub(super) fn caller(&self) -> Caller {
        Caller::in_conversation(&self.who.user, self.who.role)
    }

    async fn call(&self, tool: &'static Tool, arguments: Value, limit: Option<usize>) -> ToolResult {
        let side = Side {
            cancel: self.cancel.child_token(),
            conversation: Some(self.id.to_string()),
            answer_limit: limit,
            ..Side::default()
        };
        self.inner
            .registry
            .call(&self.caller(), tool.name, arguments, side)
            .await
    }

    /// Calls whose arguments cannot be used are never run; those that would act are on record all the same.
    pub(super) async fn record_broken(&self, answer: &Answer) {
        let reads = |name: &str| {
            let tool = self.inner.registry.find(name);
            tool.is_some_and(|tool| tool.kind == Kind::Read)
        };
        for call in answer.calls().filter(|call| !reads(&call.name)) {
            if let Arguments::Broken { why, .. } = &call.arguments {
                self.record_refused(&call.name, why).await;
            }
        }
    }

    async fn record_refused(&self, call: &str, why: &str) {
        let refused = RefusedCall {
            by: self.caller().origin().label(),
            call: clean::line(call, 60),
            reason: clean::line(why, 1000),
        };
        self.inner.registry.desk().handle.record_refused(refused).await;
    }
}

fn key(name: &str, arguments: &Map<String, Value>) -> String {
    format!("{name} {}", Value::Object(arguments.clone()))
}

/// What can be acted on in an answer: a request, a proposal.
fn cards(data: &Value) -> Vec<Card> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    if let (Some(ticket), Some(_)) = (text("ticket"), text("state")) {
        let notes = data.get("notes").and_then(Value::as_array);
        let notes = notes
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned);
        return vec![Card::Action {
            ticket: TicketId(ticket.to_owned()),
            notes: notes.collect(),
        }];
    }
    match (text("proposal"), text("diff")) {
        (Some(proposal), Some(_)) => vec![Card::Proposal {
            proposal: ProposalId(proposal.to_owned()),
        }],
        _ => Vec::new(),
    }
}

/// Collects what an answer names as targets.
fn learn(data: &Value, named: &mut BTreeSet<String>) {
    match data {
        Value::Object(fields) => {
            for (name, value) in fields {
                if TARGETS.contains(&name.as_str()) {
                    match value {
                        Value::String(text) => drop(named.insert(text.to_lowercase())),
                        Value::Number(number) => drop(named.insert(number.to_string())),
                        _ => {}
                    }
                }
                learn(value, named);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| learn(item, named)),
        _ => {}
    }
}

/// What a person named: every word and number, and the numbers and resources of guests whose names stand in the text.
fn named(text: &str, moment: &Moment) -> BTreeSet<String> {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@');
    let words = text
        .split(|c| !word(c))
        .map(|word| word.trim_matches(['.', '/', '-']));
    let mut named: BTreeSet<String> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let view = &moment.view;
    let mut found = Vec::new();
    for (vmid, guest) in &view.observed.guests {
        let by_name = guest
            .name
            .as_ref()
            .is_some_and(|name| named.contains(&name.to_lowercase()));
        if by_name || named.contains(&vmid.to_string()) {
            found.push(vmid.to_string());
            found.extend(
                view.desired
                    .guest_by_vmid(*vmid)
                    .map(|(key, _)| key.to_string().to_lowercase()),
            );
        }
    }
    for key in view.plan.statuses.keys() {
        if named.contains(&key.name.to_lowercase()) {
            found.push(key.to_string().to_lowercase());
        }
    }
    named.extend(found);
    named
}

/// The first target of a call that nobody named.
fn stray(arguments: &Map<String, Value>, named: &BTreeSet<String>) -> Option<String> {
    let known = |text: &str| named.contains(&text.to_lowercase());
    if let Some(vmid) = arguments.get("vmid").and_then(Value::as_u64)
        && !known(&vmid.to_string())
    {
        return Some(format!("guest {vmid}"));
    }
    if let Some(node) = arguments.get("node").and_then(Value::as_str)
        && !known(node)
    {
        return Some(format!("node {}", clean::line(node, 60)));
    }
    if let Some(host) = arguments.get("host").and_then(Value::as_str) {
        let bare = host.split_once('/').map_or(host, |(_, name)| name);
        if !known(host) && !known(bare) {
            return Some(format!("host {}", clean::line(host, 60)));
        }
    }
    let fields = arguments.get("fields").and_then(Value::as_array);
    let resources = fields
        .into_iter()
        .flatten()
        .filter_map(|field| field.get("resource")?.as_str());
    resources
        .filter(|resource| !known(resource))
        .map(|resource| clean::line(resource, 80))
        .next()
}

#[cfg(test)]
mod tests {
    use super::{learn, stray};
    use serde_json::json;
    use std::collections::BTreeSet;

    fn judged(arguments: &serde_json::Value, named: &BTreeSet<String>) -> Option<String> {
        stray(arguments.as_object().unwrap(), named)
    }

    #[test]
    fn what_nobody_named_is_no_target() {
        let mut named: BTreeSet<String> = ["101", "forge"].map(str::to_owned).into();
        assert_eq!(judged(&json!({"vmid": 101}), &named), None);
        assert_eq!(
            judged(&json!({"vmid": 103}), &named).as_deref(),
            Some("guest 103")
        );
        assert_eq!(judged(&json!({"node": "Forge"}), &named), None);
        assert!(judged(&json!({"host": "guest/103", "service": "x"}), &named).is_some());
        assert_eq!(
            judged(&json!({"host": "node/forge", "argv": ["id"]}), &named),
            None
        );
        assert!(
            judged(
                &json!({"fields": [{"resource": "Node/atlas", "field": "a"}]}),
                &named
            )
            .is_some()
        );
        // A tool's own fields name targets; names and texts of guests do not.
        learn(
            &json!({"guests": [{"vmid": 103, "name": "104", "tags": ["105"]}]}),
            &mut named,
        );
        assert_eq!(judged(&json!({"vmid": 103}), &named), None);
        assert!(judged(&json!({"vmid": 104}), &named).is_some());
        assert!(judged(&json!({"vmid": 105}), &named).is_some());
    }
}
