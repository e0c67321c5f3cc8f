//! Each language model: its server is reached, lets us in, knows the model, and the model calls a tool when it is asked to. One
//! tiny question each.

use super::finding::{Finding, Report};
use crate::config::{AssistantConfig, Config, ModelConfig};
use futures::future::join_all;
use jarvis_llm::Provider;
use jarvis_ports::{
    Clock, Model as _, SystemClock,
    model::{Capabilities, ErrorClass, ModelError, ToolSupport},
};
use std::sync::Arc;

const AREA: &str = "models";

/// Looks at all of them at once.
pub async fn look_at(config: &Config, report: &mut Report) {
    let given = &config.assistant;
    if given.models.is_empty() {
        report.add(Finding::ok(
            AREA,
            "none is configured: the conversation is answered by code alone",
        ));
        return;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let asking = given.models.iter().map(|model| ask(model, given, &clock));
    for findings in join_all(asking).await {
        for finding in findings {
            report.add(finding);
        }
    }
}

async fn ask(model: &ModelConfig, config: &AssistantConfig, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    let name = format!("{} at {}", model.settings.model, model.settings.base_url);
    if config.local_only && !model.settings.local {
        let what = format!("{name} is not asked: `localOnly` is set");
        return vec![Finding::ok(AREA, what)];
    }
    let provider = match Provider::new(model.settings.clone(), Arc::clone(clock)) {
        Ok(provider) => provider,
        Err(error) => return vec![Finding::fail(AREA, error.to_string())],
    };
    match provider.probe().await {
        Ok(found) => tell(&name, model, &found),
        Err(error) => vec![failed(&name, model, &error)],
    }
}

fn tell(name: &str, model: &ModelConfig, found: &Capabilities) -> Vec<Finding> {
    let mut findings = Vec::new();
    let window = found
        .window_tokens
        .map_or_else(String::new, |tokens| format!(", reads {tokens} tokens"));
    findings.push(match found.tools {
        ToolSupport::Calls => Finding::ok(AREA, format!("{name} answers and calls tools{window}")),
        ToolSupport::Words => Finding::warn(
            AREA,
            format!("{name} answers{window}, but in words where it was to call a tool"),
        )
        .fixed_by("name another model, or give its server the model's own chat template; docs/MODELS.md"),
        ToolSupport::Broken => Finding::warn(
            AREA,
            format!("{name} answers{window}, but its calls of tools are broken"),
        )
        .fixed_by("give llama-server `--jinja` and the model's own chat template; docs/MODELS.md"),
        ToolSupport::Refused => Finding::warn(
            AREA,
            format!("{name} answers{window}, but its server refuses tools"),
        )
        .fixed_by("start vLLM with `--enable-auto-tool-choice` and a parser; docs/MODELS.md"),
    });
    if let Some(tokens) = found.window_tokens.filter(|tokens| *tokens < model.window_tokens) {
        let what = format!(
            "{name} reads {tokens} tokens, and the config says {}: long conversations will be refused",
            model.window_tokens
        );
        let fix =
            format!("write `windowTokens: {tokens}` in jarvis.yaml, or give the server a larger context");
        findings.push(Finding::warn(AREA, what).fixed_by(fix));
    }
    if found.listed == Some(false) {
        let what = format!("the server does not list {}", model.settings.model);
        findings.push(Finding::warn(AREA, what).fixed_by(listing(model)));
    }
    if let Some(at) = &found.retires_at {
        let what = format!("{} is retired at {at}", model.settings.model);
        findings.push(Finding::warn(AREA, what).fixed_by("name its successor as `model` in jarvis.yaml"));
    }
    findings
}

fn failed(name: &str, model: &ModelConfig, error: &ModelError) -> Finding {
    let finding = Finding::fail(
        AREA,
        format!("{name} does not answer ({}): {}", error.class, error.why),
    );
    match error.class {
        ErrorClass::Auth => finding.fixed_by("correct the file or variable of `key` in jarvis.yaml"),
        ErrorClass::Quota => finding.fixed_by("see the account's limits and billing at the provider"),
        ErrorClass::RateLimited | ErrorClass::Overloaded => {
            finding.fixed_by("try again in a minute; it is asked again by itself meanwhile")
        }
        ErrorClass::BadRequest => finding.fixed_by(listing(model)),
        _ => finding
            .fixed_by(listing(model))
            .fixed_by("correct `url` in jarvis.yaml, or start the server; docs/MODELS.md"),
    }
}

/// What shows whether the server is there and which models it has.
fn listing(model: &ModelConfig) -> String {
    let base = &model.settings.base_url;
    match model.settings.wire {
        jarvis_llm::Wire::Anthropic => format!(
            "curl -sS {base}/v1/models -H 'anthropic-version: 2023-06-01' -H \"x-api-key: $(cat KEY_FILE)\""
        ),
        jarvis_llm::Wire::OpenaiCompatible => format!("curl -sS {base}/models"),
    }
}
