//! Texts that nobody waits for: mails in words, summaries of conversations. One question without tools to the first model that
//! may be asked and answers, after people's questions, paid like them. Whoever asks sets a limit of time and has something
//! that stands when nothing comes.

use crate::{
    minds::{Admitted, Asking, Choice, Kind, Minds},
    router::slots::Rank,
};
use futures::StreamExt;
use jarvis_model::Timestamp;
use jarvis_ports::model::{Answer, ErrorClass, Event, History, ModelError, Prompt, StopReason, Usage};

/// What is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    /// As what it is paid.
    pub kind: Kind,
    /// What the model is told to be.
    pub system: &'static str,
    /// The question.
    pub question: String,
    /// The longest answer.
    pub max_output_tokens: u32,
}

/// What was written, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub text: String,
    pub mind: String,
    pub local: bool,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// No model may be asked, or none answers.
    #[error("no model writes it: {0}")]
    NoModel(String),
    /// The answer ended before it was whole.
    #[error("the answer of {0} is not whole")]
    Unfinished(String),
}

/// Has it written. Dropped, it ends the request; what was sent until then counts at the most it can cost.
pub(crate) async fn write(minds: &Minds, errand: Errand, now: Timestamp) -> Result<Written, Unwritten> {
    let tokens = (errand.question.len() + errand.system.len()).div_ceil(4) as u64;
    let mut chain = minds.chain(Asking::Narration, tokens, now);
    while let Some(choice) = chain.take() {
        let model = &choice.setup.model;
        let prompt = Prompt {
            system: errand.system.to_owned(),
            tools: Vec::new(),
            history: History::asking(errand.question.clone()),
            max_output_tokens: errand.max_output_tokens.min(choice.setup.max_output_tokens),
        };
        let admitted = match minds
            .admit_as(&choice, &prompt, now, (errand.kind, Rank::Background))
            .await
        {
            Ok(admitted) => admitted,
            Err(reason) => {
                chain.because(&reason);
                continue;
            }
        };
        let answer = match listen(minds, &choice, admitted, prompt, now).await {
            Ok(answer) => answer,
            Err(error) => {
                chain.because(&format!("{}: {}", model.id(), error.class));
                continue;
            }
        };
        let text = answer.text().trim().to_owned();
        if answer.stop != StopReason::EndTurn || text.is_empty() {
            return Err(Unwritten::Unfinished(model.id().to_owned()));
        }
        return Ok(Written {
            text,
            mind: model.id().to_owned(),
            local: model.is_local(),
        });
    }
    Err(Unwritten::NoModel(chain.built_in))
}

async fn listen(
    minds: &Minds,
    choice: &Choice,
    admitted: Admitted,
    prompt: Prompt,
    now: Timestamp,
) -> Result<Answer, ModelError> {
    let mut stream = choice.setup.model.answer(prompt);
    let (mut used, mut began) = (None::<Usage>, false);
    while let Some(event) = stream.next().await {
        match event {
            Event::Usage(usage) => used = Some(usage),
            Event::Stop(answer) => {
                minds.settle(choice, admitted, answer.usage.as_ref().or(used.as_ref()));
                return Ok(*answer);
            }
            Event::Error(error) => {
                minds.failed(choice, admitted, &error, began, now);
                return Err(error);
            }
            event => began |= event.is_visible(),
        }
    }
    let error = ModelError {
        model: choice.setup.model.id().to_owned(),
        class: ErrorClass::Malformed,
        why: "the stream ended without an end".to_owned(),
        retry_after: None,
        request_id: None,
    };
    minds.failed(choice, admitted, &error, began, now);
    Err(error)
}
