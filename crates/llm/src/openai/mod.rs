//! OpenAI's chat completions as local servers speak them (llama-server first; Ollama, vLLM, LM Studio): the request, and what
//! its stream means.

mod calls;
mod decode;
mod request;

pub(crate) use decode::Decode;
pub use request::body;
