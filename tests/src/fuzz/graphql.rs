//! Requests to the API: a JSON request as `POST /graphql` takes it, or else the text of a document. Asked by nobody, by a
//! viewer and by an admin, over a picture of the simulated home laboratory whose controller has ended, so that nothing
//! that is asked changes anything.
//!
//! Whatever comes: an answer or errors, in time, of bounded size; nobody is answered anything; and what a viewer is
//! answered, an admin is as well.

use crate::{Rig, Setup, wait};
use async_graphql::{Request, Response};
use async_trait::async_trait;
use jarvis_api::{
    Outside,
    auth::{Caller, Credential, password::Hasher},
    graphql::{JarvisSchema, Shared, schema},
};
use jarvis_assistant::Assistant;
use jarvis_model::{Door, Role, Timestamp};
use jarvis_ports::Clock;
use jarvis_tools::{Desk, Registry};
use std::{sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Nothing that is answered from memory takes longer.
const DEADLINE: Duration = Duration::from_secs(20);
/// More than any answer within the limits has.
const LARGEST_ANSWER_BYTES: usize = 16 << 20;

/// A clock that stands still.
struct Still(Timestamp);

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, _span: Duration) {
        std::future::pending::<()>().await;
    }
}

/// The API over a picture.
struct Api {
    runtime: Runtime,
    schema: JarvisSchema,
    _rig: Rig,
}

thread_local! {
    static API: Api = Api::new();
}

impl Api {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (rig, shared) = runtime.block_on(async {
            let mut rig = Rig::start(Setup::default()).await;
            let handle = rig.jarvis().clone();
            wait::until(&handle, "the guests are seen", DEADLINE, |view| {
                view.observed.guests.len() > 20
            })
            .await;
            let clock = Arc::new(Still(rig.now()));
            rig.stop().await;
            let hasher = Hasher::new();
            let tools = Registry::new(Desk {
                handle: handle.clone(),
                clock: clock.clone(),
            });
            let assistant = Assistant::without_models(tools, jiff::tz::TimeZone::UTC);
            (
                rig,
                Shared {
                    handle,
                    clock,
                    hasher,
                    outside: Outside::default(),
                    assistant,
                },
            )
        });
        Self {
            runtime,
            schema: schema(shared),
            _rig: rig,
        }
    }

    fn ask(&self, request: Request) -> Response {
        let asked = async { tokio::time::timeout(DEADLINE, self.schema.execute(request)).await };
        self.runtime.block_on(asked).expect("it ends in time")
    }
}

fn caller(role: Role) -> Caller {
    Caller {
        user: "fuzzed".to_owned(),
        role,
        scopes: Vec::new(),
        door: Door::Graphql,
        credential: Credential::Token {
            name: "fuzzed".to_owned(),
            secret_hash: String::new(),
        },
    }
}

fn request(data: &[u8]) -> Option<Request> {
    let text = str::from_utf8(data).ok()?;
    Some(serde_json::from_str(text).unwrap_or_else(|_| Request::new(text)))
}

/// Asks the API.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let ask = |api: &Api, role: Option<Role>| {
        let request = request(data)?;
        Some(api.ask(match role {
            Some(role) => request.data(caller(role)),
            None => request,
        }))
    };
    API.with(|api| {
        let Some(nobody) = ask(api, None) else {
            return;
        };
        assert!(nobody.is_err(), "nobody is answered: {nobody:?}");
        let mut answered = false;
        for role in [Role::Viewer, Role::Admin] {
            let Some(answer) = ask(api, Some(role)) else {
                return;
            };
            let text = serde_json::to_vec(&answer).expect("an answer is JSON");
            assert!(
                text.len() <= LARGEST_ANSWER_BYTES,
                "{} bytes of answer",
                text.len()
            );
            assert!(
                !answered || answer.is_ok(),
                "a viewer may, an admin may not: {:?}",
                answer.errors
            );
            answered = answer.is_ok();
        }
    });
}
