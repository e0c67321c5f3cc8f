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
//! | `turn` | one answer, from the question to the last word |
//! | `follow` | tells how what was asked for ended |
//! | [`builtin`] | answers by code, without any model |
//! | [`minds`] | the models, why one is asked, what surrounds each question |
//! | [`breaker`] | whether a model is asked after it failed |
//! | [`spend`] | what may be spent, and what was |
//! | [`persona`] | the voice |

pub mod assistant;
pub mod breaker;
pub mod builtin;
mod follow;
pub mod message;
pub mod minds;
pub mod persona;
pub mod spend;
pub mod talk;
pub mod talks;
mod turn;

pub use assistant::{Assistant, ConversationError};
