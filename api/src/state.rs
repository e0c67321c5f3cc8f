//! What all requests share. Cheap to clone.

use crate::{
    auth::{Sessions, oidc::Oidc, password::Hasher, throttle::Throttle},
    graphql::{self, JarvisSchema, seats::Seats},
    mcp::sessions::Owners,
    options::ApiOptions,
    outside::Outside,
    terminal::Terminals,
};
use jarvis_assistant::Assistant;
use jarvis_controller::Handle;
use jarvis_model::Timestamp;
use jarvis_ports::Clock;
use jarvis_tools::{Desk, Registry};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Writes further metrics in Prometheus text form (the controller's own).
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Says why this process does no good any more and is better begun again; none while it is fine.
pub type Stuck = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Shared by all requests.
#[derive(Clone)]
pub struct ApiState {
    pub(crate) handle: Handle,
    pub(crate) options: Arc<ApiOptions>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hasher: Hasher,
    pub(crate) sessions: Sessions,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) oidc: Option<Arc<Oidc>>,
    pub(crate) seats: Arc<Seats>,
    pub(crate) schema: JarvisSchema,
    pub(crate) tools: Registry,
    pub(crate) assistant: Assistant,
    pub(crate) mcp_sessions: Arc<Owners>,
    pub(crate) stopping: CancellationToken,
    pub(crate) more_metrics: Option<MetricsText>,
    pub(crate) stuck: Option<Stuck>,
    pub(crate) terminals: Option<Arc<Terminals>>,
    pub(crate) outside: Outside,
}

impl ApiState {
    /// Puts it together. Nothing is listened on and nothing runs yet.
    pub fn new(handle: Handle, options: ApiOptions, clock: Arc<dyn Clock>) -> Self {
        let hasher = Hasher::new();
        let sessions = Sessions::new(handle.clone(), &options);
        let tools = Registry::new(Desk {
            handle: handle.clone(),
            clock: clock.clone(),
        });
        let assistant = Assistant::without_models(tools.clone(), jiff::tz::TimeZone::UTC);
        let schema = graphql::schema(graphql::Shared {
            handle: handle.clone(),
            clock: clock.clone(),
            hasher: hasher.clone(),
            outside: Outside::default(),
            assistant: assistant.clone(),
        });
        Self {
            handle,
            options: Arc::new(options),
            clock,
            hasher,
            sessions,
            throttle: Arc::new(Throttle::default()),
            oidc: None,
            seats: Arc::new(Seats::default()),
            tools,
            assistant,
            mcp_sessions: Arc::new(Owners::default()),
            schema,
            stopping: CancellationToken::new(),
            more_metrics: None,
            stuck: None,
            terminals: None,
            outside: Outside::default(),
        }
    }

    /// Switches terminals on. Who stops the controller ends them first ([`Terminals::end_all`]), so that their ends are on record.
    #[must_use]
    pub fn with_terminals(mut self, terminals: Arc<Terminals>) -> Self {
        self.terminals = Some(terminals);
        self
    }

    /// Serves other tools.
    #[must_use]
    pub fn with_tools(mut self, tools: Registry) -> Self {
        self.tools = tools;
        self
    }

    /// The tools, for whatever else serves them.
    pub fn tools(&self) -> &Registry {
        &self.tools
    }

    /// Lets people in whom an OpenID Connect provider vouches for.
    #[must_use]
    pub fn with_provider(mut self, oidc: Oidc) -> Self {
        self.sessions = self.sessions.with_provider();
        self.oidc = Some(Arc::new(oidc));
        self
    }

    /// Adds metrics of others to `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self, text: MetricsText) -> Self {
        self.more_metrics = Some(text);
        self
    }

    /// Adds what lies in adapters.
    #[must_use]
    pub fn with_outside(mut self, outside: Outside) -> Self {
        self.outside = outside;
        self.renewed()
    }

    /// Serves these conversations: with language models, and in a zone of the operator's.
    #[must_use]
    pub fn with_assistant(mut self, assistant: Assistant) -> Self {
        self.assistant = assistant;
        self.renewed()
    }

    /// The conversations, for who runs and stops them.
    pub fn assistant(&self) -> &Assistant {
        &self.assistant
    }

    /// The same with a schema over what it holds now.
    fn renewed(mut self) -> Self {
        self.schema = graphql::schema(graphql::Shared {
            handle: self.handle.clone(),
            clock: self.clock.clone(),
            hasher: self.hasher.clone(),
            outside: self.outside.clone(),
            assistant: self.assistant.clone(),
        });
        self
    }

    /// Lets `/livez` say no when it should.
    #[must_use]
    pub fn with_liveness(mut self, stuck: Stuck) -> Self {
        self.stuck = Some(stuck);
        self
    }

    /// Cancelled when sockets should close because the server stops; hand the same token to [`crate::serve`] or
    /// cancel it yourself.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
