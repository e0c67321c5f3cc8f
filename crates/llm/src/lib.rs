//! Language models: Anthropic's Messages and OpenAI-compatible servers behind one port, [`jarvis_ports::Model`].
//!
//! Guarantees: those of the port; decoders read any bytes, cut anywhere, without a panic and within fixed memory; a call of a
//! tool is given out only whole, and never read out of text; nothing is asked again after a person saw a part of the answer;
//! no key is in any text. Knows nothing of clusters, and decides neither which model is asked nor what may be spent.
//!
//! | module | what |
//! | --- | --- |
//! | [`settings`], [`secret`] | which model, where, how; its key |
//! | [`provider`] | asking over HTTP: time limits, attempts, cancelling; what a model can do |
//! | [`wire`] | the decoder of both wires |
//! | [`sse`] | events out of bytes |
//! | [`anthropic`], [`openai`] | requests, and what events mean |
//! | `turns` | the conversation as both requests see it |
//! | [`failure`], [`retry`] | what kind of failure; whether to ask again |
//! | [`prices`] | what answers cost |

pub mod anthropic;
pub mod failure;
pub mod openai;
pub mod prices;
pub mod provider;
pub mod retry;
pub mod secret;
pub mod settings;
pub mod sse;
pub mod wire;

mod member;
mod turns;

pub use prices::Prices;
pub use provider::{Provider, ProviderError};
pub use secret::Secret;
pub use settings::{Effort, Limits, Settings, Style, Thinking};
pub use wire::{Asked, Decoder, Wire};
