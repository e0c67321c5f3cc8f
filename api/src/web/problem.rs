//! A refusal over HTTP, in the shape GraphQL clients know: `{"errors": [{"message", "extensions": {"code"}}]}`.

use crate::{auth::throttle::Throttled, graphql::errors};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jarvis_controller::CommandError;
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    message: String,
    extensions: Value,
    retry_after_secs: Option<u64>,
}

impl Problem {
    /// With a status, a code for machines and a sentence for people.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            extensions: json!({ "code": code }),
            retry_after_secs: None,
        }
    }

    /// 400.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID", message)
    }

    /// 401.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "sign in at /auth/login, or send a valid token as `Authorization: Bearer jrv_…`",
        )
    }

    /// 403: another page.
    pub fn foreign_origin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "FOREIGN_ORIGIN",
            "this request comes from a page of another origin; if it is your own, add its address as the public URL",
        )
    }

    /// 415.
    pub fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "INVALID",
            "send one JSON object with the content type application/json",
        )
    }

    /// 429.
    pub fn throttled(throttled: &Throttled) -> Self {
        let secs = throttled.retry_after.as_secs().max(1);
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "THROTTLED", throttled.to_string());
        Self {
            retry_after_secs: Some(secs),
            ..problem
        }
    }

    /// What the controller refused, with the same code as over GraphQL.
    pub fn of_command(error: &CommandError) -> Self {
        let status = match error {
            CommandError::Refused(_) | CommandError::NotAllowed { .. } => StatusCode::FORBIDDEN,
            CommandError::NotFound { .. } => StatusCode::NOT_FOUND,
            CommandError::WrongState { .. } => StatusCode::CONFLICT,
            CommandError::Invalid { .. } => StatusCode::BAD_REQUEST,
            CommandError::NoRecord(_) | CommandError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, &errors::code_of(error), error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "errors": [{ "message": self.message, "extensions": self.extensions }] });
        let mut response = (self.status, Json(body)).into_response();
        if let Some(secs) = self.retry_after_secs {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
