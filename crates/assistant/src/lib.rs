//! The conversation: questions answered from live state, actions asked for on cards, manifest changes proposed.
//!
//! What is said in it changes nothing by itself. It reads the published picture, asks through the tools as every assistant
//! does, and a person confirms on a card. It holds no port but those of language models, and works without any of them.
//!
//! | module | what |
//! | --- | --- |
//! | [`message`] | what a conversation is made of |
//! | [`calendar`] | days, weeks and months of a zone |
//! | [`context`] | what a model is told beside the question |
//! | [`memory`] | what is remembered, from whom, and until when |
//! | [`narrate`] | mails and reports in words, checked against their facts |
//! | [`router`] | which mind answers, and why |
//! | [`spend`] | what models cost, and what they may |

pub mod calendar;
pub mod context;
pub mod memory;
pub mod message;
pub mod narrate;
pub mod router;
pub mod spend;
