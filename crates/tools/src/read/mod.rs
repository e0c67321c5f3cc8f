//! The nine tools that read the published picture. They ask nothing of the cluster and change nothing.

pub mod cluster;
pub mod events;
pub mod guests;
pub mod nodes;
pub mod plan;
pub mod storage;
pub mod temperatures;

use crate::{
    answer::{Answer, Trouble},
    arguments,
    moment::Moment,
    tool::{Call, Hints, Kind, Running, Tool},
};
use jarvis_model::{Scope, Tier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;

/// The time of a read.
const BUDGET: Duration = Duration::from_secs(5);

/// For tools that take no arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A tool that reads; the rest of it is filled in.
pub(crate) const fn reads(
    name: &'static str,
    title: &'static str,
    description: &'static str,
    run: fn(Call) -> Running,
) -> Tool {
    Tool {
        name,
        title,
        description,
        kind: Kind::Read,
        tier: Tier::Green,
        scope: Scope::Read,
        hints: Hints::READ,
        budget: BUDGET,
        narrow: "",
        example: "{}",
        input: crate::schema::input::<Nothing>,
        output: crate::schema::output::<Nothing>,
        run,
    }
}

/// Runs a function of the picture.
pub(crate) fn look<A: DeserializeOwned + 'static, O: Serialize + 'static>(
    call: Call,
    of: fn(&A, &Moment) -> Result<O, Trouble>,
) -> Running {
    Box::pin(async move {
        let arguments: A = arguments::read(call.arguments)?;
        Answer::of(&of(&arguments, &call.desk.moment())?)
    })
}

/// Percent with one decimal of a share.
pub(crate) fn percent(share: Option<f64>) -> Option<f64> {
    share
        .filter(|share| share.is_finite())
        .map(|share| (share * 1000.0).round() / 10.0)
}

/// Percent of a part.
pub(crate) fn part(of: Option<u64>, whole: Option<u64>) -> Option<f64> {
    let (of, whole) = (of?, whole.filter(|whole| *whole > 0)?);
    percent(Some(of as f64 / whole as f64))
}
