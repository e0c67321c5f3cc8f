//! The conversation: questions answered from live state, actions asked for on cards, manifest changes proposed.
//!
//! What is said in it changes nothing by itself. It reads the published picture, asks through the tools as every assistant
//! does, and a person confirms on a card. It holds no port but those of language models, and works without any of them.
//!
//! | module | what |
//! | --- | --- |
//! | [`assistant`] | the door: who may say what where |
//! | [`talk`], [`talks`] | one conversation and who listens; all of them, kept |
//! | [`message`] | what a conversation is made of |
//! | [`grounding`] | whether what a model says stands in what it read |
//! | `turn` | one answer, from the question to the last word |
//! | `follow` | tells how what was asked for ended |
//! | [`builtin`] | answers by code, without any model |
//! | [`minds`] | the models, why one is asked, what surrounds each question |
//! | [`spend`] | what may be spent, and what was |
//! | `summing` | conversations in a few sentences, for the memory |
//! | [`persona`] | the voice |
//! | [`calendar`] | days, weeks and months of a zone |
//! | [`context`] | what a model is told beside the question |
//! | [`memory`] | what is remembered, from whom, and until when |
//! | `aside` | texts that nobody waits for, by a model |
//! | [`narrate`] | mails and reports in words, checked against their facts |
//! | [`router`] | which mind answers, and why |

mod aside;
pub mod assistant;
pub mod builtin;
pub mod calendar;
pub mod context;
mod follow;
pub mod grounding;
pub mod memory;
pub mod message;
pub mod minds;
pub mod narrate;
pub mod persona;
pub mod router;
pub mod spend;
mod summing;
pub mod talk;
pub mod talks;
mod turn;

pub use assistant::{Assistant, ConversationError};
