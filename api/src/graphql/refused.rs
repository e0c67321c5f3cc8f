//! Mutations that came to nothing before they were a request are put on record: malformed, not allowed, or a confirmation that
//! fits nothing. What the guard refuses is answered as a ticket, without an error, and is on record already.

use super::{Shared, errors};
use crate::auth::Caller;
use async_graphql::{
    Response, ServerError, ServerResult, ValidationResult, Variables,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextRequest,
        NextValidation,
    },
    parser::types::{ExecutableDocument, OperationType, Selection},
};
use jarvis_controller::RefusedCall;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

/// Mutations whose errors are told in full. Those of users and tokens may quote what must not be on record.
const ACTS: [&str; 14] = [
    "requestAction",
    "confirm",
    "reject",
    "recall",
    "freeze",
    "thaw",
    "hold",
    "release",
    "acceptIdentity",
    "setAutonomyCeiling",
    "acknowledge",
    "proposeChange",
    "approveProposal",
    "rejectProposal",
];

/// Makes the recorder.
pub struct Refused;

impl ExtensionFactory for Refused {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Attempt::default())
    }
}

/// One operation.
#[derive(Default)]
struct Attempt {
    /// Who called, and which mutation; none for anything else.
    call: OnceLock<(String, String)>,
    told: AtomicBool,
}

impl Attempt {
    async fn tell(&self, context: &ExtensionContext<'_>, errors: &[ServerError]) {
        let (Some(error), Some((by, call))) = (errors.first(), self.call.get()) else {
            return;
        };
        let Some(shared) = context.data_opt::<Shared>() else {
            return;
        };
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let call = RefusedCall {
            by: by.clone(),
            call: call.clone(),
            reason: reason(call, error),
        };
        shared.handle.record_refused(call).await;
    }
}

fn reason(call: &str, error: &ServerError) -> String {
    let code = errors::code(error);
    if ACTS.contains(&call) {
        format!("{code}: {}", error.message)
    } else {
        code.to_owned()
    }
}

/// The first mutation of a document.
fn mutation(document: &ExecutableDocument) -> Option<String> {
    let mut operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let operation = operations.find(|operation| operation.ty == OperationType::Mutation)?;
    let fields = operation.selection_set.node.items.iter();
    let mut named = fields.filter_map(|selection| match &selection.node {
        Selection::Field(field) => Some(field.node.name.node.to_string()),
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => None,
    });
    Some(named.next().unwrap_or_else(|| "mutation".to_owned()))
}

#[async_trait::async_trait]
impl Extension for Attempt {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let response = next.run(ctx).await;
        self.tell(ctx, &response.errors).await;
        response
    }

    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let document = next.run(ctx, query, variables).await?;
        if let (Some(caller), Some(call)) = (ctx.data_opt::<Caller>(), mutation(&document)) {
            let by = format!("{} ({})", caller.user, caller.door);
            self.call.get_or_init(|| (by, call));
        }
        Ok(document)
    }

    /// On a socket nothing else hears of it.
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await;
        if let Err(errors) = &result {
            self.tell(ctx, errors).await;
        }
        result
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let response = next.run(ctx, operation_name).await;
        self.tell(ctx, &response.errors).await;
        response
    }
}
