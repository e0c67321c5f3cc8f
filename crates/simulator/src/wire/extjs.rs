//! The `extjs` format of the web interface: always `200 OK`, the outcome inside the body.
//!
//! Knows nothing of what is answered; answers without a body (failed authentication, 59x) stay as they are.

use serde_json::{Map, Value};

use super::answer::{Body, Reply};

/// Puts an answer of the `json` format into the `extjs` one.
pub fn wrap(reply: Reply) -> Reply {
    let Body::Json(text) = &reply.body else {
        return reply;
    };
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(text) else {
        return reply;
    };
    let succeeded = reply.status == 200;
    fields.insert("success".to_owned(), Value::from(u8::from(succeeded)));
    if !succeeded {
        fields.insert("status".to_owned(), Value::from(reply.status));
        fields
            .entry("message")
            .or_insert_with(|| Value::from(reply.reason.clone()));
    }
    Reply {
        status: 200,
        reason: "OK".to_owned(),
        body: Body::Json(Value::Object(fields).to_string()),
        ..reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;
    use crate::world::Refusal;

    #[test]
    fn a_refusal_is_told_inside_a_success() {
        let refused = Reply::refusal(&Refusal::parameter("vmid", "wrong"), &mut Rng::new(1));
        let wrapped = wrap(refused);
        assert_eq!((wrapped.status, wrapped.reason.as_str()), (200, "OK"));
        let Body::Json(text) = wrapped.body else {
            panic!("no JSON")
        };
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&value["success"], &value["status"]),
            (&Value::from(0), &Value::from(400))
        );
        assert_eq!(value["errors"]["vmid"], "wrong");
        let bare = Reply::bare(401, "No ticket");
        assert_eq!(wrap(bare.clone()), bare);
    }
}
