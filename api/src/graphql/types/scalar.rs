//! Times and large whole numbers on the wire.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};
use jarvis_model::Timestamp;

/// An instant, RFC 3339 in UTC, such as `2026-11-25T09:00:00.25Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => f.write_str("9999-12-30T22:00:00Z"),
        }
    }
}

/// An instant, RFC 3339 in UTC, such as `2026-11-25T09:00:00.25Z`.
#[Scalar]
impl ScalarType for Time {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let parsed: jiff::Timestamp = text
            .parse()
            .map_err(|error| InputValueError::custom(format!("not an RFC 3339 time: {error}")))?;
        let millis =
            u64::try_from(parsed.as_millisecond()).map_err(|_| InputValueError::custom("before 1970"))?;
        Ok(Self(Timestamp::from_millis(millis)))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Largest whole number that every JSON reader keeps exact.
const MAX_EXACT: u64 = 1 << 53;

/// A whole number from 0 to 2^53; larger ones are cut to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter(pub u64);

/// A whole number from 0 to 2^53, as a JSON number; digits in a string are taken too.
#[Scalar]
impl ScalarType for Counter {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        match number {
            Some(number) if number <= MAX_EXACT => Ok(Self(number)),
            _ => Err(InputValueError::custom("a whole number from 0 to 2^53 is wanted")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(Number::from(self.0.min(MAX_EXACT)))
    }
}

impl From<u64> for Counter {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// A count for GraphQL's 32-bit `Int`.
pub fn int(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip() {
        let time = Time(Timestamp::from_millis(1_764_061_200_250));
        assert_eq!(time.to_string(), "2025-11-25T09:00:00.25Z");
        assert_eq!(Time::parse(time.to_value()).unwrap(), time);
        let shifted = Value::String("2025-11-25T10:00:00.25+01:00".into());
        assert_eq!(Time::parse(shifted).unwrap(), time);
        assert!(Time::parse(Value::String("yesterday".into())).is_err());
        assert_eq!(
            Time(Timestamp::from_millis(u64::MAX)).to_string(),
            "9999-12-30T22:00:00Z"
        );
    }

    #[test]
    fn counters_stay_exact() {
        assert_eq!(Counter::parse(Value::from(7)).unwrap(), Counter(7));
        assert_eq!(
            Counter::parse(Value::String("9007199254740992".into())).unwrap(),
            Counter(MAX_EXACT)
        );
        assert!(Counter::parse(Value::String("9007199254740993".into())).is_err());
        assert!(Counter::parse(Value::from(-1)).is_err());
        assert_eq!(
            Counter(u64::MAX).to_value(),
            Value::Number(Number::from(MAX_EXACT))
        );
    }
}
