//! What a tool is: its place in the catalogue, and how it is run.

use crate::{
    answer::{Answer, Trouble},
    caller::Caller,
    moment::Moment,
};
use futures::future::BoxFuture;
use jarvis_controller::Handle;
use jarvis_model::{Scope, Tier};
use jarvis_ports::Clock;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// The three groups of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Looks.
    Read,
    /// Acts on a guest or service.
    Lifecycle,
    /// Reaches further: commands, nodes, manifests.
    System,
}

impl Kind {
    /// The word for the reference.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Lifecycle => "lifecycle",
            Self::System => "system",
        }
    }
}

/// What a client may show about a tool before it is called. True for each, and protection for none: the guard protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    /// It changes nothing.
    pub read_only: bool,
    /// It may interrupt or overwrite something.
    pub destructive: bool,
    /// Called twice with the same arguments it changes nothing more.
    pub idempotent: bool,
    /// It reaches things that Jarvis does not look after.
    pub open_world: bool,
}

impl Hints {
    /// Of everything that only looks.
    pub const READ: Self = Self {
        read_only: true,
        destructive: false,
        idempotent: true,
        open_world: false,
    };
}

/// A tool.
pub struct Tool {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it does and what to know, for the model.
    pub description: &'static str,
    /// Its group.
    pub kind: Kind,
    /// The base tier of what it does; the guard may raise it.
    pub tier: Tier,
    /// The scope a token needs for it.
    pub scope: Scope,
    /// What a client may show.
    pub hints: Hints,
    /// Its time, everything included.
    pub budget: Duration,
    /// How to ask for less when the answer was cut.
    pub narrow: &'static str,
    /// Arguments that make sense, as JSON.
    pub example: &'static str,
    pub(crate) input: fn() -> Value,
    pub(crate) output: fn() -> Value,
    pub(crate) run: fn(Call) -> Running,
}

/// A tool at work.
pub type Running = BoxFuture<'static, Result<Answer, Trouble>>;

impl Tool {
    /// JSON Schema of its arguments.
    pub fn input_schema(&self) -> Value {
        (self.input)()
    }

    /// JSON Schema of its structured answer.
    pub fn output_schema(&self) -> Value {
        (self.output)()
    }
}

/// What tools work with. They see the controller's handle and nothing behind it.
#[derive(Clone)]
pub struct Desk {
    /// Reads and asks.
    pub handle: Handle,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Desk {
    /// The picture now.
    pub fn moment(&self) -> Moment {
        Moment {
            view: self.handle.view(),
            now: self.clock.now(),
        }
    }
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Steps done; grows.
    pub done: u32,
    /// One short sentence.
    pub text: String,
}

/// One call of a tool.
pub(crate) struct Call {
    pub tool: &'static str,
    pub desk: Desk,
    pub caller: Caller,
    pub arguments: Value,
    /// How long it may wait for what it asked for.
    pub patience: Duration,
    /// The conversation it comes from.
    pub conversation: Option<String>,
    pub cancel: CancellationToken,
    pub steps: Option<UnboundedSender<Step>>,
}

impl Call {
    /// Tells how far it has come; nobody may be listening.
    pub fn step(&self, done: u32, text: impl Into<String>) {
        if let Some(steps) = &self.steps {
            let text = text.into();
            drop(steps.send(Step { done, text }));
        }
    }
}
