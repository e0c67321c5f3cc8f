//! `cargo xtask eval`: asks the requests of tests/eval of code alone, of a played model, or of a real one, and reports what came of
//! it. Exits 1 when the played model, whose answers are known, does not pass all.

use jarvis_llm::{Limits, Secret, Settings};
use jarvis_simulator::models::Dialect;
use jarvis_tests::eval::{self, Mind, Tally, Tried, report, request};
use std::{process::ExitCode, time::Duration};

const USAGE: &str = "usage: cargo xtask eval [--built-in | --api anthropic|openai-compatible --model NAME [--url URL] [--key-env NAME]] \
    [--window TOKENS] [--max-output TOKENS] [--only KIND-OR-NAME] [--requests FILE]
without a mind the played model is asked, in both dialects; it proves plumbing only";
/// One answer of a real model, tools included.
const PATIENCE: Duration = Duration::from_mins(10);

#[derive(Default)]
struct Wanted {
    built_in: bool,
    api: Option<String>,
    model: Option<String>,
    url: Option<String>,
    key_env: Option<String>,
    window: Option<u64>,
    max_output: Option<u32>,
    only: Option<String>,
    requests: Option<String>,
}

impl Wanted {
    fn read() -> Option<Self> {
        let mut wanted = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--built-in" => wanted.built_in = true,
                "--api" => wanted.api = Some(words.next()?),
                "--model" => wanted.model = Some(words.next()?),
                "--url" => wanted.url = Some(words.next()?),
                "--key-env" => wanted.key_env = Some(words.next()?),
                "--window" => wanted.window = Some(words.next()?.parse().ok()?),
                "--max-output" => wanted.max_output = Some(words.next()?.parse().ok()?),
                "--only" => wanted.only = Some(words.next()?),
                "--requests" => wanted.requests = Some(words.next()?),
                _ => return None,
            }
        }
        Some(wanted)
    }

    /// The minds, each with how it is called.
    fn minds(&self) -> anyhow::Result<Vec<(String, Mind, usize)>> {
        if self.built_in {
            return Ok(vec![("code alone, no model".to_owned(), Mind::BuiltIn, 4)]);
        }
        let Some(api) = &self.api else {
            let played = |dialect: Dialect| {
                let who = format!("a played model ({dialect:?}): proves plumbing only, nothing of any model");
                (who, Mind::Scripted(dialect), 4)
            };
            return Ok(vec![
                played(Dialect::Anthropic),
                played(Dialect::OpenaiCompatible),
            ]);
        };
        let Some(model) = &self.model else {
            anyhow::bail!("--model is missing: the id by which the server knows it");
        };
        let mut settings = self.settings(api, model)?;
        if let Some(url) = &self.url {
            url.trim_end_matches('/').clone_into(&mut settings.base_url);
        }
        let local = settings.local;
        let who = format!("{model} at {}", settings.base_url);
        let tried = Tried {
            settings,
            window_tokens: self.window.unwrap_or(if local { 16_384 } else { 200_000 }),
            max_output_tokens: self.max_output.unwrap_or(if local { 1024 } else { 2048 }),
            patience: PATIENCE,
        };
        Ok(vec![(who, Mind::Model(Box::new(tried)), 1)])
    }

    fn settings(&self, api: &str, model: &str) -> anyhow::Result<Settings> {
        let key = match &self.key_env {
            Some(name) => {
                #[expect(clippy::disallowed_methods, reason = "keys belong on no command line")]
                let value = std::env::var(name).map_err(|error| {
                    anyhow::anyhow!("the key in the environment variable {name}: {error}")
                })?;
                Some(Secret::parse(value.trim())?)
            }
            None => None,
        };
        match (api, key) {
            ("anthropic", Some(key)) => Ok(Settings {
                limits: Limits::FAR,
                ..Settings::anthropic(model, key)
            }),
            ("anthropic", None) => anyhow::bail!("--key-env is missing: the variable that holds the key"),
            ("openai-compatible", key) => {
                let Some(url) = &self.url else {
                    anyhow::bail!("--url is missing: the server's address, such as http://127.0.0.1:8080/v1");
                };
                Ok(Settings {
                    key,
                    ..Settings::local(url, model)
                })
            }
            (other, _) => anyhow::bail!("--api is anthropic or openai-compatible, not {other:?}"),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Some(wanted) = Wanted::read() else {
        say(USAGE);
        return ExitCode::from(2);
    };
    match run(&wanted).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

async fn run(wanted: &Wanted) -> anyhow::Result<bool> {
    let text = match &wanted.requests {
        Some(path) => std::fs::read_to_string(path)?,
        None => request::REQUESTS.to_owned(),
    };
    let mut requests = request::read(&text)?;
    if let Some(only) = &wanted.only {
        requests.retain(|request| {
            request.name == *only || format!("{:?}", request.kind).eq_ignore_ascii_case(only)
        });
    }
    anyhow::ensure!(!requests.is_empty(), "no request is of that kind or name");
    let mut well = true;
    for (who, mind, at_once) in wanted.minds()? {
        let all = eval::run(&requests, &mind, at_once, tell).await;
        say(&format!("\n{}", report::text(&who, &all)));
        well &= !matches!(mind, Mind::Scripted(_)) || all.iter().all(|tally| tally.flaws.is_empty());
    }
    Ok(well)
}

fn tell(tally: &Tally) {
    let flaws: Vec<String> = tally.flaws.iter().map(ToString::to_string).collect();
    let verdict = if flaws.is_empty() {
        "ok".to_owned()
    } else {
        flaws.join("; ")
    };
    say(&format!(
        "{:<20} {:>6.2} s  {verdict}",
        tally.name,
        tally.took.as_secs_f64()
    ));
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn say(text: &str) {
    println!("{text}");
}
