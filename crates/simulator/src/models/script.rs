//! Scripts of played models, as files tell them: which models there are, and what each says when it is asked what.
//!
//! Knows no file format: whoever reads the file says what it is written in.

use super::{Act, Cue, Dialect, Fault, ModelServer, Options, Part, Play};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Models, in the order in which they are to be asked.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The models.
    pub models: Vec<ScriptedModel>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedModel {
    /// Its id on its server.
    pub model: String,
    /// How its server is spoken to.
    pub api: Dialect,
    /// The key its server wants; none lets everybody in.
    #[serde(default)]
    pub key: Option<String>,
    /// The port, on loopback; 0 means any free one.
    #[serde(default)]
    pub port: u16,
    /// What it says to what.
    pub cues: Vec<ScriptedCue>,
}

/// What is said to what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedCue {
    /// Words of the question, letter case aside; left out, it fits every question.
    #[serde(default)]
    pub when: String,
    /// Its answers to that question: the first one, the one after the results of its calls, and so on.
    pub answers: Vec<ScriptedAnswer>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ScriptedAnswer {
    /// Thought.
    pub think: String,
    /// Words.
    pub say: String,
    /// Tools it calls.
    pub calls: Vec<ScriptedCall>,
    /// Where it fails.
    pub fault: Option<Fault>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedCall {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
}

impl ScriptedModel {
    /// How its server is run.
    pub fn options(&self) -> Options {
        Options {
            dialect: self.api,
            model: self.model.clone(),
            key: self.key.clone(),
            part: Part::Cued(self.cues.iter().map(ScriptedCue::cue).collect()),
            port: self.port,
        }
    }
}

impl ScriptedCue {
    fn cue(&self) -> Cue {
        Cue {
            when: self.when.clone(),
            plays: self.answers.iter().map(ScriptedAnswer::play).collect(),
        }
    }
}

impl ScriptedAnswer {
    fn play(&self) -> Play {
        let call = |call: &ScriptedCall| {
            let arguments = Value::Object(call.arguments.clone());
            (call.tool.clone(), arguments.to_string())
        };
        Play {
            act: Act {
                thought: self.think.clone(),
                text: self.say.clone(),
                calls: self.calls.iter().map(call).collect(),
                ..Act::default()
            },
            fault: self.fault.clone(),
        }
    }
}

impl Script {
    /// Starts a server for each model, in their order.
    pub async fn start(&self) -> std::io::Result<Vec<ModelServer>> {
        let mut servers = Vec::new();
        for model in &self.models {
            servers.push(ModelServer::start(model.options()).await?);
        }
        Ok(servers)
    }
}
