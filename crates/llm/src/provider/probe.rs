//! What a model can do, by trying it: one tiny call of a tool, and what its server says of it. A guess from an address or a
//! name would be wrong for the next version.

use super::{Provider, exchange::Line};
use crate::wire::Wire;
use futures::StreamExt;
use jarvis_ports::{
    Model,
    model::{Capabilities, ErrorClass, Event, Flaw, History, ModelError, Prompt, ToolOffer, ToolSupport},
};
use serde_json::{Map, Value, json};

const TOOL: &str = "say_ready";

/// Tries it.
pub async fn probe(provider: &Provider) -> Result<Capabilities, ModelError> {
    let line = &provider.line;
    let mut found = match line.settings.wire {
        Wire::Anthropic => far(line).await?,
        Wire::OpenaiCompatible => near(line).await?,
    };
    found.tools = try_tool(provider).await?;
    let model = &line.settings.model;
    match found.tools {
        ToolSupport::Calls => {}
        ToolSupport::Words => found
            .warnings
            .push(format!("{model} answered in words when asked to call a tool")),
        ToolSupport::Broken => found.warnings.push(format!(
            "{model} does not call tools in the form its server agreed to"
        )),
        ToolSupport::Refused => found.warnings.push(format!(
            "the server of {model} refuses tools; it may need an option for them"
        )),
    }
    if found.listed == Some(false) {
        found
            .warnings
            .push(format!("the server does not list {model}; check the id"));
    }
    if let Some(at) = &found.retires_at {
        found.warnings.push(format!("{model} is retired at {at}"));
    }
    Ok(found)
}

fn unknown() -> Capabilities {
    Capabilities {
        tools: ToolSupport::Words,
        window_tokens: None,
        listed: None,
        retires_at: None,
        warnings: Vec::new(),
    }
}

async fn far(line: &Line) -> Result<Capabilities, ModelError> {
    let url = line.url(&format!("/v1/models/{}", line.settings.model));
    let about = line.about(url).await.map_err(|failure| failure.error)?;
    let mut found = unknown();
    found.listed = Some(about.is_some());
    if let Some(about) = about {
        found.window_tokens = about["max_input_tokens"].as_u64();
        found.retires_at = about["retires_at"]
            .as_str()
            .map(|at| crate::failure::clean(at, "", 40));
    }
    Ok(found)
}

async fn near(line: &Line) -> Result<Capabilities, ModelError> {
    let mut found = unknown();
    if let Some(list) = line
        .about(line.url("/models"))
        .await
        .map_err(|failure| failure.error)?
    {
        let mut ids = list["data"].as_array().into_iter().flatten();
        found.listed = Some(ids.any(|one| one["id"] == line.settings.model.as_str()));
    }
    // Only llama-server has this; another one's refusal says nothing.
    let root = line
        .settings
        .base_url
        .trim_end_matches('/')
        .trim_end_matches("/v1");
    if let Ok(Some(props)) = line.about(format!("{root}/props")).await {
        found.window_tokens = props["default_generation_settings"]["n_ctx"].as_u64();
    }
    Ok(found)
}

async fn try_tool(provider: &Provider) -> Result<ToolSupport, ModelError> {
    let prompt = Prompt {
        system: "You test a connection. Call the tool you are asked to call, and say nothing else."
            .to_owned(),
        tools: vec![ToolOffer {
            name: TOOL.to_owned(),
            description: "Says that you are ready.".to_owned(),
            schema: json!({
                "type": "object",
                "properties": {"word": {"type": "string", "description": "The word ready."}},
                "required": ["word"],
            }),
        }],
        history: History::asking(format!("Call {TOOL} with the word ready.")),
        max_output_tokens: 1024,
    };
    let mut events = provider.answer(prompt);
    while let Some(event) = events.next().await {
        match event {
            Event::Stop(answer) => {
                let called = |arguments: Map<String, Value>| arguments.contains_key("word");
                let calls = answer
                    .runnable()
                    .any(|call| call.name == TOOL && call.object().is_some_and(called));
                let broken = answer.calls().next().is_some() || answer.flaws.contains(&Flaw::LeakedCall);
                return Ok(match (calls, broken) {
                    (true, _) => ToolSupport::Calls,
                    (false, true) => ToolSupport::Broken,
                    (false, false) => ToolSupport::Words,
                });
            }
            Event::Error(error) if error.class == ErrorClass::BadRequest => return Ok(ToolSupport::Refused),
            Event::Error(error) if error.class == ErrorClass::Malformed => return Ok(ToolSupport::Broken),
            Event::Error(error) => return Err(error),
            _ => {}
        }
    }
    Ok(ToolSupport::Words)
}
