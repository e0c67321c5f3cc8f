//! A question answered by language models: one after the other until one answers, and code when none does. What a model wants
//! done goes through the tools; what it says is shown as it comes.

use super::{
    Turn,
    calls::{Bench, MOST_CALLS},
};
use crate::{
    builtin::{self, Asked, Topic},
    message::{MessageState, Mind},
    minds::{Admitted, Choice, Evidence, Kind, MindSetup},
    persona,
};
use futures::{StreamExt, future::BoxFuture};
use jarvis_ports::model::{Answer, Event, Flaw, History, ModelError, Prompt, StopReason, ToolOffer, Usage};
use jarvis_tools::Side;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Everything for one question, with all calls.
const WITHIN: Duration = Duration::from_mins(10);
/// Bytes of a tool's answer for a model in the house; those far away read all of it.
const LOCAL_ANSWER: usize = 8000;
/// Answers of one model to one question, calls in between.
const MOST_ROUNDS: usize = MOST_CALLS + 2;
/// Share of a window that a conversation may fill before it begins anew for models, in percent.
const FULL: u64 = 60;

/// How one model fared.
enum Fared {
    /// It answered.
    Answered,
    /// It did not, before anything was shown.
    Silent(String),
    /// It broke off after something was shown.
    BrokeOff(String),
    /// It does not manage; another one may.
    Escalate(Evidence),
}

/// What one model has shown and used so far.
struct Shown {
    message: u64,
    anything: bool,
    mind: Mind,
    malformed: u32,
}

impl Turn {
    /// Asks models, in the order in which they are to be asked.
    pub(super) async fn ask_models(&self, asked: Asked<'_>) -> Option<Topic> {
        let minds = &self.inner.minds;
        let chain = minds.chain(Kind::Question, self.inner.now());
        let mut bench = Bench::new(self, self.answer);
        let mut history = self.continued(&chain);
        let asks = history.ask(self.framed(&mut bench).await);
        let (mut why, mut message) = (chain.none.clone(), self.answer);
        if asks.is_err() {
            // The last answer was left with calls and no results; a model cannot go on from there.
            history = History::asking(self.text.clone());
        }
        let mut chain = chain;
        while let Some(choice) = chain.next() {
            let asking: BoxFuture<'_, Fared> =
                Box::pin(self.ask_one(choice.clone(), &mut history, &mut bench, message));
            let fared = tokio::time::timeout(WITHIN, asking).await;
            let fared =
                fared.unwrap_or_else(|_| Fared::BrokeOff("it took longer than ten minutes".to_owned()));
            let name = choice.setup.model.id();
            match fared {
                Fared::Answered => {
                    self.talk.set_history(history);
                    return None;
                }
                Fared::Silent(reason) => why = format!("{name}: {reason}"),
                Fared::BrokeOff(reason) => {
                    why = format!("{name} broke off: {reason}");
                    let state = MessageState::Broken { why: why.clone() };
                    self.talk.edit(message, |message| message.state = state);
                    message = self.talk.another(self.inner.now());
                    bench.move_to(message);
                }
                Fared::Escalate(evidence) => {
                    why = format!("{name} {evidence}");
                    chain.escalate(evidence);
                    self.talk.edit(message, |message| message.text.clear());
                }
            }
            chain.because(&why);
        }
        let said = builtin::not_understood(asked);
        self.say_in(message, said, &why)
    }

    /// One model, with its calls, until it has answered.
    async fn ask_one(
        &self,
        choice: Choice,
        history: &mut History,
        bench: &mut Bench<'_>,
        message: u64,
    ) -> Fared {
        let setup = &choice.setup;
        bench.limit(if setup.model.is_local() {
            Some(LOCAL_ANSWER)
        } else {
            None
        });
        let mut shown = Shown {
            message,
            anything: false,
            mind: Mind {
                name: setup.model.id().to_owned(),
                local: setup.model.is_local(),
                reason: choice.reason.clone(),
                prompt_tokens: 0,
                output_tokens: 0,
                micro_dollars: 0,
            },
            malformed: 0,
        };
        for _ in 0..MOST_ROUNDS {
            let prompt = self.prompt(setup, history);
            let admitted = match self
                .inner
                .minds
                .admit(&choice, &prompt, Kind::Question, self.inner.now())
                .await
            {
                Ok(admitted) => admitted,
                Err(reason) if shown.anything => return Fared::BrokeOff(reason),
                Err(reason) => return Fared::Silent(reason),
            };
            let answer = match self.listen(&choice, admitted, prompt, &mut shown).await {
                Ok(answer) => answer,
                Err(error) if Evidence::of_error(&error).is_some() => {
                    return Fared::Escalate(Evidence::ContextFull);
                }
                Err(error) if shown.anything => return Fared::BrokeOff(error.class.to_string()),
                Err(error) => return Fared::Silent(error.class.to_string()),
            };
            if let Some(fared) = self.after(answer, history, bench, &mut shown).await {
                return fared;
            }
        }
        Fared::Escalate(Evidence::LoopLimit)
    }

    /// What follows from an answer: the end, or results of its calls and another round (none).
    async fn after(
        &self,
        answer: Answer,
        history: &mut History,
        bench: &mut Bench<'_>,
        shown: &mut Shown,
    ) -> Option<Fared> {
        if answer.stop == StopReason::ContextFull {
            return Some(Fared::Escalate(Evidence::ContextFull));
        }
        let leaked = answer.flaws.contains(&Flaw::LeakedCall);
        let calls: Vec<_> = answer.runnable().cloned().collect();
        let has_calls = answer.calls().next().is_some();
        let malformed = answer.is_malformed();
        let refused = matches!(answer.stop, StopReason::Refusal { .. });
        let empty = answer.text().trim().is_empty() && !has_calls;
        if let Err(error) = history.answer(answer) {
            return Some(Fared::Silent(format!("its answer has no place: {error}")));
        }
        if malformed {
            shown.malformed += 1;
            if shown.malformed > 1 {
                self.settle_history(history);
                return Some(Fared::Escalate(Evidence::MalformedTwice));
            }
        }
        if has_calls {
            let results = bench.run(calls).await;
            // Every call of the answer gets a result, so there is nothing to refuse.
            let _ = history.results(results);
            return None;
        }
        if leaked {
            let note = "Your last answer held a call of a tool as text. It was not run. Call the tool properly, or answer in words.";
            let _ = history.note(note);
            self.talk.edit(shown.message, |message| message.text.clear());
            return None;
        }
        if refused || empty {
            let why = if refused {
                "it declined to answer"
            } else {
                "it said nothing"
            };
            return Some(Fared::Silent(why.to_owned()));
        }
        let mind = shown.mind.clone();
        self.talk.edit(shown.message, |message| {
            message.text = message.text.trim().to_owned();
            message.mind = Some(mind);
            message.state = MessageState::Whole;
        });
        Some(Fared::Answered)
    }

    /// Calls that were never run get results that say so; without them nobody could go on.
    fn settle_history(&self, history: &mut History) {
        let _ = history.results(Vec::new());
    }

    /// Shows an answer as it comes.
    async fn listen(
        &self,
        choice: &Choice,
        admitted: Admitted,
        prompt: Prompt,
        shown: &mut Shown,
    ) -> Result<Answer, ModelError> {
        let kept = self.talk.kept().messages;
        let before = kept
            .iter()
            .find(|message| message.seq == shown.message)
            .map(|message| message.text.clone());
        let before = before.unwrap_or_default();
        let mut parted = before.is_empty();
        let mut stream = choice.setup.model.answer(prompt);
        let mut used = Usage::default();
        while let Some(event) = stream.next().await {
            match event {
                Event::Text(text) => {
                    if !parted && !text.trim().is_empty() {
                        self.talk.append(shown.message, "\n\n");
                        parted = true;
                    }
                    shown.anything = true;
                    self.talk
                        .append(shown.message, &jarvis_tools::clean::text(&text, usize::MAX));
                }
                Event::Restarted => self
                    .talk
                    .edit(shown.message, |message| message.text.clone_from(&before)),
                Event::Usage(usage) => used = usage,
                Event::Stop(answer) => {
                    let usage = answer.usage.unwrap_or(used);
                    let cost = self.inner.minds.settle(choice, admitted, Some(&usage));
                    shown.mind.prompt_tokens += usage.prompt_tokens();
                    shown.mind.output_tokens += usage.output_tokens;
                    shown.mind.micro_dollars += cost;
                    let mind = shown.mind.clone();
                    self.talk.edit(shown.message, |message| message.mind = Some(mind));
                    return Ok(*answer);
                }
                Event::Error(error) => {
                    self.inner
                        .minds
                        .failed(choice, admitted, &error, self.inner.now());
                    return Err(error);
                }
                Event::Reasoning(_)
                | Event::ToolStart { .. }
                | Event::ToolArgs { .. }
                | Event::ToolEnd { .. } => {}
            }
        }
        let error = ModelError {
            model: choice.setup.model.id().to_owned(),
            class: jarvis_ports::model::ErrorClass::Malformed,
            why: "the stream ended without an end".to_owned(),
            retry_after: None,
            request_id: None,
        };
        self.inner
            .minds
            .failed(choice, admitted, &error, self.inner.now());
        Err(error)
    }

    /// The same beginning for everybody, as long as the program runs: caches rest on it.
    fn prompt(&self, setup: &MindSetup, history: &History) -> Prompt {
        Prompt {
            system: persona::text(setup.model.id(), setup.model.is_local()),
            tools: offers(&self.inner.registry),
            history: history.clone(),
            max_output_tokens: setup.max_output_tokens,
        }
    }

    /// What models were told before, unless that has grown too long: then it begins anew with a note.
    fn continued(&self, chain: &crate::minds::Chain) -> History {
        let history = self.talk.history();
        let bytes: usize = serde_json::to_string(&history).map_or(usize::MAX, |text| text.len());
        let window = chain.smallest_window().unwrap_or(8192);
        if (bytes as u64) / 4 < window * FULL / 100 {
            return history;
        }
        let mut anew = History::default();
        let title = &self.talk.kept().title;
        let _ = anew.note(format!(
            "The conversation so far was too long to be repeated. It began with: {title}"
        ));
        anew
    }

    /// The question with what a model should know now; what changes stands at the end, so that the beginning stays the same.
    async fn framed(&self, bench: &mut Bench<'_>) -> String {
        let registry = &self.inner.registry;
        let status = registry
            .call(&self.caller(), "get_cluster_status", json!({}), Side::default())
            .await;
        if let Some(data) = &status.structured {
            bench.learn(data);
        }
        let known = self.inner.remembered(&self.text, &self.who.user);
        let time = jarvis_guard::words::time(self.inner.now());
        let role = format!("{:?}", self.who.role).to_lowercase();
        format!(
            "{}\n\n[From the controller, at {time}. The person is signed in as {role}.\n{}{}]",
            self.text, status.text, known
        )
    }
}

/// What a model is offered: all tools, in their order, the same for everybody.
fn offers(registry: &jarvis_tools::Registry) -> Vec<ToolOffer> {
    let offer = |tool: &jarvis_tools::Tool| ToolOffer {
        name: tool.name.to_owned(),
        description: tool.description.to_owned(),
        schema: tool.input_schema(),
    };
    registry.tools().iter().map(offer).collect()
}

/// Hash of everything that comes before a conversation, for each kind of model: while it stays, caches hold.
pub(crate) fn prefix_hash(registry: &jarvis_tools::Registry, setup: &Arc<MindSetup>) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(persona::text(setup.model.id(), setup.model.is_local()));
    for offer in offers(registry) {
        hash.update(offer.name);
        hash.update(offer.description);
        hash.update(offer.schema.to_string());
    }
    hex::encode(hash.finalize())
}
