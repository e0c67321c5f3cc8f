//! `assistant`: language models, and what may be spent on them.

use super::{Checker, place};
use crate::config::{AssistantConfig, ModelConfig, file};
use jarvis_llm::{Limits, Prices, Secret, Settings, Style, Wire};
use jiff::tz::TimeZone;
use serde_saphyr::Spanned;
use std::ops::RangeInclusive;

/// Where Anthropic is asked.
const ANTHROPIC: &str = "https://api.anthropic.com";
/// What may be spent when nothing is said, dollars.
const PER_REQUEST: f64 = 0.10;
const PER_DAY: f64 = 1.0;
const PER_MONTH: f64 = 10.0;
/// More than anybody means, dollars.
const MOST: f64 = 100_000.0;

impl Checker<'_> {
    /// Checks all of it.
    pub(super) fn assistant(&mut self, given: file::Assistant) -> AssistantConfig {
        let zone = given.time_zone.and_then(|zone| self.zone(&zone));
        let models = given
            .models
            .iter()
            .filter_map(|model| self.model(model))
            .collect();
        let prices = given.prices_file.and_then(|path| self.prices(&path));
        let budget = given.budget;
        AssistantConfig {
            zone: zone.unwrap_or_else(TimeZone::system),
            models,
            per_request: self.dollars("request", budget.request.as_ref(), PER_REQUEST),
            per_day: self.dollars("day", budget.day.as_ref(), PER_DAY),
            per_month: self.dollars("month", budget.month.as_ref(), PER_MONTH),
            prices: prices.unwrap_or_else(Prices::built_in),
            local_only: given.local_only,
        }
    }

    fn zone(&mut self, name: &file::Text) -> Option<TimeZone> {
        let found = TimeZone::get(&name.value);
        found
            .map_err(|error| {
                let hint = "write a name of the time zone database, such as Europe/Berlin";
                self.wrong(place(name), "assistant.timeZone", error.to_string(), hint);
            })
            .ok()
    }

    fn model(&mut self, model: &Spanned<file::LanguageModel>) -> Option<ModelConfig> {
        let given = &model.value;
        let settings = self.settings(model)?;
        let (window, output, slots) = if settings.local {
            (8192, 1024, 1)
        } else {
            (200_000, 2048, 4)
        };
        let window = self.number_of(
            "windowTokens",
            given.window_tokens.as_ref(),
            window,
            4096..=10_000_000,
        );
        let most = self.number_of(
            "maxOutputTokens",
            given.max_output_tokens.as_ref(),
            output,
            64..=64_000,
        );
        let slots = self.number_of("slots", given.slots.as_ref(), slots, 1..=64);
        Some(ModelConfig {
            settings,
            window_tokens: window,
            max_output_tokens: u32::try_from(most).unwrap_or(u32::MAX),
            slots: usize::try_from(slots).unwrap_or(1),
        })
    }

    /// Which model, where, how.
    fn settings(&mut self, model: &Spanned<file::LanguageModel>) -> Option<Settings> {
        let (at, given) = (place(model), &model.value);
        let anthropic = given.api == Wire::Anthropic;
        let key = match &given.key {
            Some(secret) => Some(self.model_key(secret)?),
            None => None,
        };
        let missing = |what: &str, hint: &'static str| (format!("`{what}` is missing"), hint);
        let url = given.url.as_deref().or(anthropic.then_some(ANTHROPIC));
        let wrong = match url {
            _ if given.model.trim().is_empty() => {
                Some(missing("model", "write the id by which the server knows it"))
            }
            None => Some(missing(
                "url",
                "write the server's address, such as http://127.0.0.1:8080/v1",
            )),
            Some(ANTHROPIC) if key.is_none() => {
                Some(missing("key", "write key: {file: PATH} or key: {env: NAME}"))
            }
            Some(_) => None,
        };
        if let Some((problem, hint)) = wrong {
            self.wrong(at, "assistant.models", problem, hint);
            return None;
        }
        let local = given.local.unwrap_or(!anthropic);
        Some(Settings {
            wire: given.api,
            base_url: url?.trim_end_matches('/').to_owned(),
            key,
            model: given.model.trim().to_owned(),
            local,
            limits: if local { Limits::NEAR } else { Limits::FAR },
            style: Style {
                effort: given.effort,
                thinking: given.thinking,
                parallel_calls: true,
                ..Style::default()
            },
        })
    }

    fn number_of(
        &mut self,
        name: &str,
        given: Option<&Spanned<u64>>,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> u64 {
        let value = given.map_or(default, |given| given.value);
        if let Some(given) = given.filter(|_| !range.contains(&value)) {
            let problem = format!("{value} is out of range");
            let hint = format!("write {} to {}", range.start(), range.end());
            self.wrong(place(given), &format!("assistant.models.{name}"), problem, hint);
        }
        value
    }

    fn model_key(&mut self, secret: &Spanned<file::Secret>) -> Option<Secret> {
        let value = self.secret("assistant.models.key", secret)?;
        Secret::parse(&value)
            .map_err(|error| {
                let hint = "write the key alone into its file or variable";
                self.wrong(place(secret), "assistant.models.key", error.to_string(), hint);
            })
            .ok()
    }

    fn prices(&mut self, path: &file::Text) -> Option<Prices> {
        let file = self.path(&path.value);
        let read = std::fs::read_to_string(&file).map_err(|error| error.to_string());
        let parsed = read.and_then(|text| Prices::parse(&text).map_err(|error| error.to_string()));
        parsed
            .map_err(|problem| {
                let hint = "docs/MODELS.md shows the form of the file";
                let problem = format!("{}: {problem}", file.display());
                self.wrong(place(path), "assistant.pricesFile", problem, hint);
            })
            .ok()
    }

    /// Dollars as their millionths; a negative one or nonsense is an error.
    fn dollars(&mut self, name: &str, given: Option<&Spanned<f64>>, default: f64) -> Option<u64> {
        let value = given.map_or(default, |given| given.value);
        if let Some(given) = given.filter(|_| !(0.0..=MOST).contains(&value)) {
            let hint = format!("write dollars, 0 to {MOST:.0}");
            self.wrong(
                place(given),
                &format!("assistant.budget.{name}"),
                format!("{value} is no budget"),
                hint,
            );
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be from 0 to a hundred thousand"
        )]
        Some((value * 1e6).round() as u64)
    }
}
