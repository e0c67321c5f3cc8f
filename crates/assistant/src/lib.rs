//! The conversation: questions answered from live state, actions asked for on cards, manifest changes proposed.
//!
//! What is said in it changes nothing by itself. It reads the published picture, asks through the tools as every assistant
//! does, and a person confirms on a card. It holds no port but those of language models, and works without any of them.
//!
//! | module | what |
//! | --- | --- |
//! | [`message`] | what a conversation is made of |
//! | [`builtin`] | answers by code, without any model |
//! | [`persona`] | how Jarvis speaks: the text for models, and a check of the voice |

pub mod builtin;
pub mod message;
pub mod persona;
