//! The conversation as it is served: with the language models of the config, and what may be spent on them.

use crate::{config::Config, exit::Failure};
use jarvis_api::ApiState;
use jarvis_assistant::{
    Assistant,
    minds::{MindSetup, Minds, Options},
    spend::Caps,
};
use jarvis_llm::Provider;
use jarvis_ports::{Clock, Narrator, Store};
use std::sync::Arc;

/// Adds the conversation to what is served.
pub fn with_assistant(
    state: ApiState,
    config: &Config,
    store: Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<ApiState, Failure> {
    let given = &config.assistant;
    let registry = state.tools().clone();
    if given.models.is_empty() {
        return Ok(state.with_assistant(Assistant::without_models(registry, given.zone.clone())));
    }
    let mut setups = Vec::new();
    for model in &given.models {
        let provider = Provider::new(model.settings.clone(), clock.clone());
        let provider = provider.map_err(|error| Failure::error(error.to_string()))?;
        setups.push(MindSetup {
            model: Arc::new(provider),
            window_tokens: model.window_tokens,
            max_output_tokens: model.max_output_tokens,
            slots: model.slots,
        });
    }
    let options = Options {
        tariff: Arc::new(given.prices.clone()),
        caps: Caps {
            per_request: given.per_request,
            per_day: given.per_day,
            per_month: given.per_month,
            ..Caps::default()
        },
        local_only: given.local_only,
    };
    let minds = Minds::open(setups, options, store, given.zone.clone())
        .map_err(|error| Failure::error(error.to_string()))?;
    Ok(state.with_assistant(Assistant::new(registry, minds, given.zone.clone())))
}

/// Who puts letters into words: the conversation's models, where there are some.
pub fn narrator(assistant: &Assistant) -> Option<Arc<dyn Narrator>> {
    let has_models = !assistant.minds().is_empty();
    has_models.then(|| Arc::new(assistant.clone()) as Arc<dyn Narrator>)
}
