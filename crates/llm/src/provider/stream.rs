//! One question as a stream of events. It has four time limits and asks again only while nothing was shown.

use super::exchange::{Line, within};
use crate::{
    failure::Failure,
    retry,
    wire::{Asked, Decoder},
};
use futures::{
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use jarvis_ports::model::{ErrorClass, Event, Prompt, Waiting};
use reqwest::Response;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tracing::{debug, info};

/// The largest answer that is no stream.
const LARGEST_WHOLE_BYTES: usize = 16 * 1024 * 1024;

/// The stream of one question; nothing is sent before it is polled.
pub fn of(line: Arc<Line>, prompt: Prompt) -> BoxStream<'static, Event> {
    stream::unfold(Talk::new(line, prompt), |mut talk| async move {
        let event = talk.next().await?;
        Some((event, talk))
    })
    .boxed()
}

/// A question under way.
struct Talk {
    line: Arc<Line>,
    prompt: Prompt,
    tried: u32,
    shown: bool,
    /// The end of all patience.
    total: BoxFuture<'static, ()>,
    state: State,
    ready: VecDeque<Event>,
}

enum State {
    Unsent,
    Reading(Box<Reading>),
    Over,
}

/// An answer that has begun.
struct Reading {
    response: Response,
    decoder: Decoder,
    request_id: Option<String>,
    /// The body of an answer that is no stream, as far as it is there.
    whole: Option<Vec<u8>>,
}

impl Talk {
    fn new(line: Arc<Line>, prompt: Prompt) -> Self {
        let (clock, total) = (Arc::clone(&line.clock), line.settings.limits.total);
        Self {
            line,
            prompt,
            tried: 0,
            shown: false,
            total: Box::pin(async move { clock.sleep(total).await }),
            state: State::Unsent,
            ready: VecDeque::new(),
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.shown |= event.is_visible();
                if event.is_last() {
                    self.state = State::Over;
                    self.ready.clear();
                }
                return Some(event);
            }
            if matches!(self.state, State::Over) {
                return None;
            }
            if let Err(failure) = self.step_in_time().await {
                self.fail(failure).await;
            }
        }
    }

    async fn step_in_time(&mut self) -> Result<(), Failure> {
        // Taken out for the time of the step, which borrows the rest.
        let mut total = std::mem::replace(&mut self.total, Box::pin(std::future::pending()));
        let limit = self.line.settings.limits.total;
        let done = within(Box::pin(&mut total), self.step()).await;
        self.total = total;
        done.unwrap_or_else(|| {
            self.state = State::Over;
            Err(Failure::timeout(&self.line.settings.model, Waiting::Total, limit))
        })
    }

    async fn step(&mut self) -> Result<(), Failure> {
        match std::mem::replace(&mut self.state, State::Unsent) {
            State::Unsent => self.send().await,
            State::Reading(mut reading) => {
                let limit = self.line.settings.limits.idle;
                let chunk = within(self.line.clock.sleep(limit), reading.response.chunk()).await;
                let chunk = chunk.ok_or_else(|| self.timeout(Waiting::Idle, limit))?;
                let chunk = chunk.map_err(|error| self.line.lost(&error))?;
                self.take(reading, chunk.as_deref())
            }
            State::Over => {
                self.state = State::Over;
                Ok(())
            }
        }
    }

    /// Sends, and reads up to the first byte: a head alone is no sign of life of a model.
    async fn send(&mut self) -> Result<(), Failure> {
        if !self.prompt.history.awaits_answer() {
            let why = "nothing was asked since the last answer";
            return Err(self.line.failure(ErrorClass::BadRequest, why));
        }
        self.tried += 1;
        let line = Arc::clone(&self.line);
        let body = line.body(&self.prompt)?;
        let limit = line.settings.limits.first_byte;
        let begun = async {
            let mut response = line.ask(body).await?;
            let chunk = response.chunk().await.map_err(|error| line.lost(&error))?;
            Ok::<_, Failure>((response, chunk))
        };
        let begun = within(line.clock.sleep(limit), begun).await;
        let (response, chunk) = begun.unwrap_or_else(|| Err(self.timeout(Waiting::FirstByte, limit)))?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let request_id = header("request-id")
            .or_else(|| header("x-request-id"))
            .map(str::to_owned);
        let kind = header("content-type").unwrap_or_default().to_lowercase();
        debug!(model = %self.line.settings.model, request_id = request_id.as_deref(), "answer begins");
        let asked = Asked {
            model: self.line.settings.model.clone(),
            turns: self.prompt.history.turns().len(),
            with_tools: !self.prompt.tools.is_empty(),
        };
        let reading = Reading {
            decoder: Decoder::new(self.line.settings.wire, asked),
            request_id,
            whole: kind.starts_with("application/json").then(Vec::new),
            response,
        };
        self.take(Box::new(reading), chunk.as_deref())
    }

    /// Takes a piece of the answer; none is its end.
    fn take(&mut self, mut reading: Box<Reading>, chunk: Option<&[u8]>) -> Result<(), Failure> {
        let events = match (&mut reading.whole, chunk) {
            (Some(whole), Some(chunk)) if whole.len() + chunk.len() <= LARGEST_WHOLE_BYTES => {
                whole.extend_from_slice(chunk);
                Vec::new()
            }
            (Some(_), Some(_)) => {
                return Err(self
                    .line
                    .failure(ErrorClass::Malformed, "the answer is too large"));
            }
            (Some(whole), None) => reading.decoder.whole(&std::mem::take(whole)),
            (None, Some(chunk)) => reading.decoder.push(chunk),
            (None, None) => reading.decoder.finish(),
        };
        let mut failed = None;
        for event in events {
            match event {
                Event::Error(mut error) => {
                    error.request_id = error.request_id.or_else(|| reading.request_id.clone());
                    failed = Some(Failure {
                        error,
                        should_retry: None,
                    });
                }
                event => self.ready.push_back(event),
            }
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        self.state = State::Reading(reading);
        Ok(())
    }

    /// Asks once more after a pause, or ends with the error.
    async fn fail(&mut self, failure: Failure) {
        let shown = self.shown || self.ready.iter().any(Event::is_visible);
        let seed = self.line.clock.now().as_millis();
        let pause = match self.state {
            State::Over => None,
            _ => retry::pause(&failure, self.tried, shown, seed),
        };
        if let Some(pause) = pause {
            let (class, why) = (failure.error.class.word(), &failure.error.why);
            info!(model = %self.line.settings.model, class, %why, pause_ms = pause.as_millis(), "asked again");
            self.ready.clear();
            self.state = State::Unsent;
            if self.rest(pause).await {
                return;
            }
        }
        self.ready.push_back(Event::Error(failure.error));
    }

    /// Waits; false when there is no time left for it, and the failure is what is told.
    async fn rest(&mut self, pause: Duration) -> bool {
        let mut total = std::mem::replace(&mut self.total, Box::pin(std::future::pending()));
        let rested = within(Box::pin(&mut total), self.line.clock.sleep(pause)).await;
        self.total = total;
        rested.is_some()
    }

    fn timeout(&self, waiting: Waiting, limit: Duration) -> Failure {
        Failure::timeout(&self.line.settings.model, waiting, limit)
    }
}
