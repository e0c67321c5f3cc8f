//! What answers cost. Prices are data with a date (`prices.json`, or a table of the operator's in the same form); sums are whole
//! micro-dollars, rounded up. A model without a row costs what the dearest one does: nothing is free because it is not known.

use jarvis_ports::model::{Cost, Tariff, Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Prices of one model for prompts up to a length, nano-dollars a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The longest prompt it holds for; no end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_prompt_tokens: Option<u64>,
    /// Prompt, uncached.
    pub input: u64,
    /// What the model writes.
    pub output: u64,
    /// Prompt read from a cache.
    pub cache_read: u64,
    /// Prompt written to a cache of five minutes.
    pub cache_write: u64,
    /// Prompt written to a cache of one hour.
    pub cache_write_long: u64,
}

/// A table of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day on which they were looked up.
    pub as_of: String,
    /// For readers of the file.
    #[serde(default)]
    pub note: String,
    /// By model id, shorter prompts first.
    pub models: BTreeMap<String, Vec<Rate>>,
}

/// Why a text is no table of prices.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// No JSON of this form.
    #[error("the table of prices cannot be read: {0}; compare it with the one in docs/MODELS.md")]
    Form(#[from] serde_json::Error),
    /// A model has no rate that holds for every prompt.
    #[error(
        "the prices of {model} do not say what a long prompt costs; let the last rate have no `up_to_prompt_tokens`"
    )]
    Open {
        /// Which.
        model: String,
    },
    /// There is no model at all.
    #[error("the table of prices names no model; name at least the dearest one that may be asked")]
    Empty,
}

/// Tokens that a server adds to what it is sent, its own words on tools above all.
const ADDED_TOKENS: u64 = 1000;

impl Prices {
    /// The table that comes with the program.
    ///
    /// # Panics
    /// When it was built with a broken one, which the tests would have seen.
    pub fn built_in() -> Self {
        Self::parse(include_str!("prices.json")).expect("the table that comes with the program")
    }

    /// Reads a table.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let prices: Self = serde_json::from_str(text)?;
        if prices.models.is_empty() {
            return Err(PricesError::Empty);
        }
        let open = |rates: &[Rate]| rates.last().is_none_or(|rate| rate.up_to_prompt_tokens.is_some());
        match prices.models.iter().find(|(_, rates)| open(rates)) {
            Some((model, _)) => Err(PricesError::Open { model: model.clone() }),
            None => Ok(prices),
        }
    }

    fn rate(&self, model: &str, prompt_tokens: u64) -> (Rate, bool) {
        let fits = |rate: &&Rate| rate.up_to_prompt_tokens.is_none_or(|most| prompt_tokens <= most);
        let known = self.rates(model).and_then(|rates| rates.iter().find(fits));
        match known {
            Some(rate) => (*rate, false),
            None => (self.dearest(), true),
        }
    }

    /// The rates of a model, asked for by its name or by that of a dated issue of it. No other beginning counts:
    /// `claude-opus-5-5` is no `claude-opus-5`.
    fn rates(&self, model: &str) -> Option<&Vec<Rate>> {
        self.models.get(model).or_else(|| {
            let (name, date) = model.rsplit_once('-')?;
            let dated = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
            self.models.get(name).filter(|_| dated)
        })
    }

    fn dearest(&self) -> Rate {
        let most =
            |part: fn(&Rate) -> u64| self.models.values().flatten().map(part).max().unwrap_or(u64::MAX);
        Rate {
            up_to_prompt_tokens: None,
            input: most(|rate| rate.input),
            output: most(|rate| rate.output),
            cache_read: most(|rate| rate.cache_read),
            cache_write: most(|rate| rate.cache_write),
            cache_write_long: most(|rate| rate.cache_write_long),
        }
    }
}

impl Tariff for Prices {
    fn cost(&self, model: &str, usage: &Usage) -> Cost {
        let (rate, assumed) = self.rate(model, usage.prompt_tokens());
        let parts = [
            (usage.input_tokens, rate.input),
            (usage.cache_write_tokens, rate.cache_write),
            (usage.cache_write_long_tokens, rate.cache_write_long),
            (usage.cache_read_tokens, rate.cache_read),
            (usage.output_tokens, rate.output),
        ];
        let nanos: u128 = parts
            .iter()
            .map(|(tokens, price)| u128::from(*tokens) * u128::from(*price))
            .sum();
        // Kept within one country it costs a tenth more.
        let nanos = if usage.surcharge {
            (nanos * 11).div_ceil(10)
        } else {
            nanos
        };
        Cost {
            micro_dollars: u64::try_from(nanos.div_ceil(1000)).unwrap_or(u64::MAX),
            assumed,
        }
    }

    /// Every byte of the request counts as a token, all of them at the dearest price of reading, with the longest answer.
    fn ceiling(&self, model: &str, request_bytes: usize, max_output_tokens: u32) -> Cost {
        let prompt = u64::try_from(request_bytes)
            .unwrap_or(u64::MAX)
            .saturating_add(ADDED_TOKENS);
        let (rate, _) = self.rate(model, prompt);
        let dearest = rate
            .input
            .max(rate.cache_write)
            .max(rate.cache_write_long)
            .max(rate.cache_read);
        let mut usage = Usage {
            output_tokens: u64::from(max_output_tokens),
            surcharge: true,
            ..Usage::default()
        };
        let part = match dearest {
            price if price == rate.input => &mut usage.input_tokens,
            price if price == rate.cache_write => &mut usage.cache_write_tokens,
            price if price == rate.cache_write_long => &mut usage.cache_write_long_tokens,
            _ => &mut usage.cache_read_tokens,
        };
        *part = prompt;
        self.cost(model, &usage)
    }

    fn as_of(&self) -> &str {
        &self.as_of
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usage(input: u64, read: u64, output: u64) -> Usage {
        Usage {
            input_tokens: input,
            cache_read_tokens: read,
            output_tokens: output,
            ..Usage::default()
        }
    }

    fn micros(model: &str, usage: &Usage) -> u64 {
        Prices::built_in().cost(model, usage).micro_dollars
    }

    #[test]
    fn each_part_has_its_price() {
        // A chat step: 4,000 cached, 300 fresh, 300 written.
        let step = usage(300, 4000, 300);
        assert_eq!(micros("claude-haiku-5-5", &step), 220);
        assert_eq!(micros("claude-sonnet-5-5", &step), 4000);
        let written = Usage {
            cache_write_tokens: 1000,
            cache_write_long_tokens: 1000,
            ..Usage::default()
        };
        assert_eq!(micros("claude-haiku-4-5", &written), 1250 + 2000);
        let away = Usage {
            surcharge: true,
            ..step
        };
        assert_eq!(micros("claude-sonnet-5-5", &away), 4400);
        assert_eq!(micros("claude-haiku-5-5", &usage(1, 0, 0)), 1, "rounded up");
    }

    #[test]
    fn a_long_prompt_costs_more_as_a_whole() {
        assert_eq!(micros("claude-haiku-5-5", &usage(100_000, 0, 0)), 10_000);
        assert_eq!(micros("claude-haiku-5-5", &usage(50_001, 50_000, 0)), 27_501);
    }

    #[test]
    fn a_model_is_found_by_its_name_or_a_dated_issue_and_an_unknown_one_is_the_dearest() {
        let prices = Prices::built_in();
        let step = usage(1000, 1000, 1000);
        let known = prices.cost("claude-haiku-4-5", &step);
        assert_eq!(prices.cost("claude-haiku-4-5-20251001", &step), known);
        for unknown in [
            "claude-opus-5-9",
            "claude-haiku-4-5-preview",
            "gpt-9",
            "",
            "claude-opus-5-20",
        ] {
            let cost = prices.cost(unknown, &step);
            assert!(cost.assumed, "{unknown}");
            for model in prices.models.keys() {
                assert!(
                    cost.micro_dollars >= prices.cost(model, &step).micro_dollars,
                    "{unknown} {model}"
                );
            }
        }
        assert!(prices.cost("claude-opus-5-5", &step) != prices.cost("claude-opus-5", &step));
    }

    #[test]
    fn a_table_that_leaves_something_open_is_refused() {
        let table =
            |models: &str| Prices::parse(&format!(r#"{{"as_of": "2026-01-01", "models": {models}}}"#));
        let rate = r#""input": 1, "output": 1, "cache_read": 1, "cache_write": 1, "cache_write_long": 1"#;
        assert!(table(&format!(r#"{{"a": [{{{rate}}}]}}"#)).is_ok());
        for bad in [
            "{}".to_owned(),
            r#"{"a": []}"#.to_owned(),
            r#"{"a": [{"input": 1}]}"#.to_owned(),
            format!(r#"{{"a": [{{"up_to_prompt_tokens": 5, {rate}}}]}}"#),
        ] {
            assert!(table(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_costs_more_than_its_ceiling(
            which in 0usize..9, bytes in 0usize..400_000, output in 0u32..64_000, parts in prop::array::uniform4(0u64..100), surcharge: bool,
        ) {
            let prices = Prices::built_in();
            let model = prices.models.keys().nth(which).map_or("unknown", String::as_str).to_owned();
            let whole = bytes as u64 + ADDED_TOKENS;
            let share = |part: u64| whole * part / parts.iter().sum::<u64>().max(1);
            let usage = Usage {
                input_tokens: share(parts[0]),
                cache_write_tokens: share(parts[1]),
                cache_write_long_tokens: share(parts[2]),
                cache_read_tokens: share(parts[3]),
                output_tokens: u64::from(output),
                thinking_tokens: 0,
                surcharge,
            };
            let cost = prices.cost(&model, &usage);
            prop_assert!(cost.micro_dollars <= prices.ceiling(&model, bytes, output).micro_dollars);
        }
    }
}
