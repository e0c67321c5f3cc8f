//! A question answered by language models: one after the other until one answers, and code when none does. What a model wants
//! done goes through the tools; what it says is shown as it comes.

use super::{
    Turn,
    calls::{Bench, MOST_CALLS},
    retold,
};
use crate::{
    builtin::{self, Asked, Topic},
    context::{Part, assemble},
    grounding::unfounded,
    message::{MessageState, Mind},
    minds::{Admitted, Asking, Chain, Choice, Evidence, MindSetup, Verdict},
    persona::{Family, persona},
    talk::Kept,
};
use futures::{StreamExt, future::BoxFuture};
use jarvis_ports::model::{
    Answer, ErrorClass, Event, Flaw, History, ModelError, Prompt, StopReason, ToolOffer, Turn as Said, Usage,
};
use jarvis_tools::{Side, clean};
use serde_json::json;
use std::time::Duration;

/// Everything for one question, with all calls.
const WITHIN: Duration = Duration::from_mins(10);
/// Bytes of a tool's answer for a model in the house; those far away read all of it.
const LOCAL_ANSWER: usize = 8000;
/// Answers of one model to one question, calls in between.
const MOST_ROUNDS: usize = MOST_CALLS + 2;
/// Tokens of what is told beside a question.
const CONTEXT_TOKENS: usize = 3000;
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
    /// It does not manage, and this proves it: the next one, or none.
    Unable(String),
}

/// What one model has shown and used so far.
struct Shown {
    message: u64,
    anything: bool,
    mind: Mind,
}

impl Turn {
    /// Asks models, in the order in which they are to be asked.
    pub(super) async fn ask_models(&self, asked: Asked<'_>) -> Option<Topic> {
        let same = self.same();
        if self.answered_again(&same) {
            return None;
        }
        let mut bench = Bench::new(self, self.answer);
        let mut history = self.asked_anew(&mut bench).await;
        let mut chain = self
            .inner
            .minds
            .chain(Asking::Question, tokens(&history), self.inner.now());
        let mut message = self.answer;
        while let Some(choice) = chain.take() {
            hand_over(&mut history);
            let asking: BoxFuture<'_, Fared> =
                Box::pin(self.ask_one(&choice, &mut chain, &mut history, &mut bench, message));
            let fared = tokio::time::timeout(WITHIN, asking).await;
            let fared =
                fared.unwrap_or_else(|_| Fared::BrokeOff("it took longer than ten minutes".to_owned()));
            let name = choice.setup.model.id();
            let why = match fared {
                Fared::Answered => {
                    self.talk.set_history(history, message);
                    self.keep_recent(&same, message);
                    return None;
                }
                Fared::Silent(reason) => format!("{name}: {reason}"),
                Fared::BrokeOff(reason) => {
                    let why = format!("{name} broke off: {reason}");
                    let state = MessageState::Broken { why: why.clone() };
                    self.talk.edit(message, |message| message.state = state);
                    message = self.talk.another(self.inner.now());
                    bench.move_to(message);
                    why
                }
                Fared::Unable(why) => {
                    self.talk.edit(message, |message| message.text.clear());
                    why
                }
            };
            chain.because(&why);
        }
        let said = builtin::not_understood(asked);
        self.say_in(message, said, &chain.built_in)
    }

    /// One model, with its calls, until it has answered.
    async fn ask_one(
        &self,
        choice: &Choice,
        chain: &mut Chain,
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
        };
        let mind = shown.mind.clone();
        self.talk.edit(message, |message| message.mind = Some(mind));
        for _ in 0..MOST_ROUNDS {
            let prompt = self.prompt(choice, history);
            let admitted = match self.inner.minds.admit(choice, &prompt, self.inner.now()).await {
                Ok(admitted) => admitted,
                Err(reason) if shown.anything => return Fared::BrokeOff(reason),
                Err(reason) => return Fared::Silent(reason),
            };
            let answer = match self.listen(choice, admitted, prompt, &mut shown).await {
                Ok(answer) => answer,
                Err(error) if matches!(error.class, ErrorClass::ContextTooLong { .. }) => {
                    return judged(chain.saw(Evidence::ContextOverflow, setup.model.id()));
                }
                Err(error) if shown.anything => return Fared::BrokeOff(error.class.to_string()),
                Err(error) => return Fared::Silent(error.class.to_string()),
            };
            if let Some(fared) = self.after(answer, chain, history, bench, &mut shown).await {
                return fared;
            }
        }
        judged(chain.saw(Evidence::LoopLimit, setup.model.id()))
    }

    /// What follows from an answer: the end, or results of its calls and another round (none).
    async fn after(
        &self,
        answer: Answer,
        chain: &mut Chain,
        history: &mut History,
        bench: &mut Bench<'_>,
        shown: &mut Shown,
    ) -> Option<Fared> {
        if answer.stop == StopReason::ContextFull {
            return Some(judged(chain.saw(Evidence::ContextOverflow, &shown.mind.name)));
        }
        let leaked = answer.flaws.contains(&Flaw::LeakedCall);
        let calls: Vec<_> = answer.runnable().cloned().collect();
        let has_calls = answer.calls().next().is_some();
        let malformed = answer.is_malformed();
        let refused = matches!(answer.stop, StopReason::Refusal { .. });
        let empty = answer.text().trim().is_empty() && !has_calls;
        self.record_broken(&answer).await;
        if let Err(error) = history.answer(answer) {
            return Some(Fared::Silent(format!("its answer has no place: {error}")));
        }
        if malformed {
            match chain.saw(Evidence::MalformedCall, &shown.mind.name) {
                Verdict::Repair => {}
                verdict => return Some(judged(verdict)),
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
        let read = read_so_far(history);
        self.talk.edit(shown.message, |message| {
            message.text = message.text.trim().to_owned();
            message.unfounded = unfounded(&message.text, read.iter().map(String::as_str));
            message.mind = Some(mind);
            message.state = MessageState::Whole;
        });
        Some(Fared::Answered)
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
                        .failed(choice, admitted, &error, shown.anything, self.inner.now());
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
            class: ErrorClass::Malformed,
            why: "the stream ended without an end".to_owned(),
            retry_after: None,
            request_id: None,
        };
        self.inner
            .minds
            .failed(choice, admitted, &error, shown.anything, self.inner.now());
        Err(error)
    }

    /// The same beginning for everybody, as long as the program runs: caches rest on it.
    fn prompt(&self, choice: &Choice, history: &History) -> Prompt {
        Prompt {
            system: persona(family(&choice.setup)),
            tools: if choice.tools {
                offers(&self.inner.registry)
            } else {
                Vec::new()
            },
            history: history.clone(),
            max_output_tokens: choice.setup.max_output_tokens,
        }
    }

    /// What models were told before, what was said without them since, and the question.
    async fn asked_anew(&self, bench: &mut Bench<'_>) -> History {
        let kept = self.talk.kept();
        let earlier = self.continued(&kept);
        let asked = self.answer.saturating_sub(1);
        let mut history = kept.history.clone();
        let mut loose = None;
        if earlier.is_some() {
            history = History::default();
        } else {
            match retold::catch_up(&kept, asked, &mut history) {
                Ok(told) => loose = told,
                // The last answer was left with calls and no results; nobody can go on from there.
                Err(_) => history = History::default(),
            }
        }
        let framed = self.framed(bench, earlier).await;
        let question = retold::with(&framed, loose.as_deref());
        if history.ask(question.clone()).is_err() {
            history = History::asking(question);
        }
        history
    }

    /// A summary of a conversation that has grown too long to be repeated: models begin anew with it. None while it has not.
    fn continued(&self, kept: &Kept) -> Option<String> {
        let windows = self.inner.minds.setups().map(|setup| setup.window_tokens);
        let window = windows.min().unwrap_or(8192);
        if tokens(&kept.history) < window * FULL / 100 {
            return None;
        }
        let summary = self.inner.sum_up_now(&self.talk);
        tracing::info!(conversation = %self.id, "a conversation begins anew for models, with its summary");
        Some(summary)
    }

    /// The question with what a model should know now; what changes stands at the end, so that the beginning stays the same.
    async fn framed(&self, bench: &mut Bench<'_>, earlier: Option<String>) -> String {
        let registry = &self.inner.registry;
        let status = registry
            .call(&self.caller(), "get_cluster_status", json!({}), Side::default())
            .await;
        if let Some(data) = &status.structured {
            bench.learn(data);
        }
        let now = self.inner.now();
        let role = format!("{:?}", self.who.role).to_lowercase();
        let mut parts = vec![Part {
            title: format!("The person is signed in as {role}. State of the cluster"),
            lines: vec![status.text],
        }];
        parts.extend(self.inner.told_from_memory(self.reader(), &self.text, now));
        // It has room of its own: without it the model would not know what it is in the middle of.
        let earlier = earlier.and_then(|summary| {
            let framed = clean::framed(&json!(summary), &clean::mark()?);
            Some(format!(
                "This conversation so far, which is too long to be repeated:\n{framed}\n"
            ))
        });
        let context = assemble(&parts, CONTEXT_TOKENS);
        let time = jarvis_guard::words::time(now);
        format!(
            "{}\n\n[From the controller, at {time}.\n{}{}]",
            self.text,
            context.text,
            earlier.unwrap_or_default()
        )
    }
}

/// What kind of model it is; what runs in the house is taken for a small one.
fn family(setup: &MindSetup) -> Family {
    match Family::of(setup.model.id()) {
        Family::Other if setup.model.is_local() => Family::Local,
        family => family,
    }
}

/// Makes it a model's turn, whatever the one before left: calls that were never run get results that say so.
fn hand_over(history: &mut History) {
    if !history.awaits_answer() && history.results(Vec::new()).is_err() {
        let _ = history.note("That was no answer. Answer the person's question.");
    }
}

/// All that a model read: what people, the controller and code said, and what tools answered; not its own words.
fn read_so_far(history: &History) -> Vec<String> {
    let mut read = Vec::new();
    for turn in history.turns() {
        match turn {
            Said::Person(text) | Said::Note(text) => read.push(text.clone()),
            Said::Results(results) => read.extend(results.iter().map(|result| result.text.clone())),
            Said::Answer(answer) if answer.wire == retold::WIRE => read.push(answer.text()),
            Said::Answer(_) => {}
        }
    }
    read
}

/// What a verdict means for the model it is about.
fn judged(verdict: Verdict) -> Fared {
    match verdict {
        Verdict::Repair => Fared::Silent("it did not answer".to_owned()),
        Verdict::Next(why) | Verdict::GiveUp(why) => Fared::Unable(why),
    }
}

/// Tokens of a conversation, about.
fn tokens(history: &History) -> u64 {
    let bytes = serde_json::to_string(history).map_or(usize::MAX, |text| text.len());
    (bytes as u64) / 4
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
pub(crate) fn prefix_hash(registry: &jarvis_tools::Registry, setup: &MindSetup) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hash = Sha256::new();
    hash.update(persona(family(setup)));
    for offer in offers(registry) {
        hash.update(offer.name);
        hash.update(offer.description);
        hash.update(offer.schema.to_string());
    }
    hex::encode(hash.finalize())
}
