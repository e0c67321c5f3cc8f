//! The registry: finds a tool, checks who asks, keeps its time, survives what goes wrong in it, and cleans and frames
//! what comes back. Every caller of tools goes through here.
//!
//! A tool runs in a task of its own: when it panics or takes too long the caller gets a sentence and everybody else
//! notices nothing. When the caller goes away the tool is told, and ended if it does not listen.

use crate::{
    answer::{Answer, ToolResult, Trouble},
    caller::Caller,
    catalogue::CATALOGUE,
    clean,
    tool::{Call, Desk, Step, Tool},
};
use jarvis_controller::RefusedCall;
use jarvis_model::Scope;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::{sync::mpsc::UnboundedSender, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Largest answer, bytes of JSON.
pub const ANSWER_LIMIT: usize = 24 * 1024;
/// How long before the end of its time a tool stops waiting and answers.
const RESERVE: Duration = Duration::from_secs(2);
/// How long a tool may go on once nobody waits for it.
const GRACE: Duration = Duration::from_secs(2);

/// What goes along with a call.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// Cancelled when the caller does not want it any more.
    pub cancel: CancellationToken,
    /// Where steps are told.
    pub steps: Option<UnboundedSender<Step>>,
    /// The conversation it comes from; a proposal remembers it.
    pub conversation: Option<String>,
    /// Bytes an answer may have, where that is less than [`ANSWER_LIMIT`]: small models read little.
    pub answer_limit: Option<usize>,
}

/// The registry. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    desk: Desk,
    tools: &'static [Tool],
}

impl Registry {
    /// All tools, over this desk.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            tools: &CATALOGUE,
        }
    }

    /// Other tools; for tests of what stands above.
    pub(crate) fn of(desk: Desk, tools: &'static [Tool]) -> Self {
        Self { desk, tools }
    }

    /// What its tools work with.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// All tools, always in the same order.
    pub fn tools(&self) -> &'static [Tool] {
        self.tools
    }

    /// A tool by its name.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Calls a tool. Always answers, and within the tool's time.
    pub async fn call(&self, caller: &Caller, name: &str, arguments: Value, side: Side) -> ToolResult {
        let by = caller.origin().label();
        let Some(tool) = self.find(name) else {
            let name = clean::line(name, 60);
            self.record(&by, &name, "there is no such tool").await;
            let names: Vec<&str> = self.tools.iter().map(|tool| tool.name).collect();
            return ToolResult::failure(format!(
                "there is no tool {name:?}; there are {}",
                names.join(", ")
            ));
        };
        if let Some(why) = caller.lacks(tool.scope) {
            tracing::warn!(tool = tool.name, by, "refused a tool by scope");
            self.record(&by, tool.name, &why).await;
            return ToolResult::failure(format!("{} was not called: {why}", tool.name));
        }
        let cancel = side.cancel.child_token();
        let gone = cancel.clone().drop_guard();
        let call = Call {
            tool: tool.name,
            desk: self.desk.clone(),
            caller: caller.clone(),
            arguments,
            patience: tool.budget.saturating_sub(RESERVE),
            conversation: side.conversation,
            cancel: cancel.clone(),
            steps: side.steps,
        };
        let limit = side.answer_limit.unwrap_or(ANSWER_LIMIT).min(ANSWER_LIMIT);
        let kept = tokio::spawn(keep(tool, call, cancel, limit));
        let (result, refused) = kept.await.unwrap_or_else(|_| {
            let text = format!("{} was ended: Jarvis is shutting down", tool.name);
            (ToolResult::failure(text), None)
        });
        drop(gone);
        if let Some(why) = refused.filter(|_| tool.scope != Scope::Read && !side.cancel.is_cancelled()) {
            self.record(&by, tool.name, &why).await;
        }
        tracing::info!(tool = tool.name, by, error = result.is_error, "a tool was called");
        result
    }

    /// Puts on record what was called in vain. What the guard refuses is on record already.
    async fn record(&self, by: &str, call: &str, reason: &str) {
        let call = RefusedCall {
            by: by.to_owned(),
            call: call.to_owned(),
            reason: clean::line(reason, 1000),
        };
        self.desk.handle.record_refused(call).await;
    }
}

/// Runs a tool within its time; says besides why the tool would not begin, if that is so.
async fn keep(
    tool: &'static Tool,
    call: Call,
    cancel: CancellationToken,
    limit: usize,
) -> (ToolResult, Option<String>) {
    let mut task: JoinHandle<_> = tokio::spawn((tool.run)(call));
    let ended = tokio::select! {
        ended = &mut task => Some(ended),
        () = tokio::time::sleep(tool.budget) => None,
        () = listened(&cancel) => None,
    };
    let Some(ended) = ended else {
        task.abort();
        let why = if cancel.is_cancelled() {
            "it was cancelled".to_owned()
        } else {
            tracing::error!(tool = tool.name, "a tool took too long and was ended");
            format!(
                "it did not answer within {} s; try once more, and if it stays so tell the operator",
                tool.budget.as_secs()
            )
        };
        let text = format!("{} has no answer: {why}", tool.name);
        return (ToolResult::failure(text), None);
    };
    let result = match ended {
        Ok(Ok(answer)) => finish(tool, answer, limit),
        Ok(Err(Trouble(text))) => {
            let said = format!("{}: {}", tool.name, clean::line(&text, 1000));
            return (ToolResult::failure(said), Some(text));
        }
        Err(error) => {
            tracing::error!(tool = tool.name, panicked = error.is_panic(), "a tool broke down");
            ToolResult::failure(format!(
                "{} broke down inside Jarvis; the log has the reason. What it asked for before that, if anything, is \
                 among the tickets of get_plan",
                tool.name
            ))
        }
    };
    (result, None)
}

/// Ends some time after the caller went away, so that a tool can take back what it asked for.
async fn listened(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(GRACE).await;
}

/// Cleans, caps and frames.
fn finish(tool: &Tool, mut answer: Answer, limit: usize) -> ToolResult {
    clean::value(&mut answer.value);
    clean::fit(&mut answer.value, limit, tool.narrow);
    let words = answer.words.map(|words| clean::line(&words, 1000));
    let Some(mark) = clean::mark() else {
        return ToolResult::failure(format!(
            "{} has no answer: the system gave no random bytes to frame it with",
            tool.name
        ));
    };
    let data = clean::framed(&answer.value, &mark);
    ToolResult {
        is_error: answer.is_error,
        text: words.map_or_else(|| data.clone(), |words| format!("{words}\n{data}")),
        structured: Some(answer.value),
    }
}

/// What a client is told of a tool, in the words of MCP.
pub fn described(tool: &Tool) -> Value {
    let hints = tool.hints;
    let mut about = Map::new();
    about.insert("name".to_owned(), tool.name.into());
    about.insert("title".to_owned(), tool.title.into());
    about.insert("description".to_owned(), tool.description.into());
    about.insert("inputSchema".to_owned(), tool.input_schema());
    about.insert("outputSchema".to_owned(), tool.output_schema());
    about.insert(
        "annotations".to_owned(),
        json!({
            "readOnlyHint": hints.read_only,
            "destructiveHint": hints.destructive,
            "idempotentHint": hints.idempotent,
            "openWorldHint": hints.open_world,
        }),
    );
    Value::Object(about)
}

/// Hash over everything a client is told of all tools, with tiers, scopes and times: it changes when a tool does.
pub fn fingerprint(tools: &[Tool]) -> String {
    let mut hash = Sha256::new();
    for tool in tools {
        let more = json!([
            tool.tier.to_string(),
            crate::caller::word(tool.scope),
            tool.budget.as_secs()
        ]);
        hash.update(described(tool).to_string());
        hash.update(more.to_string());
    }
    hex::encode(hash.finalize())
}
