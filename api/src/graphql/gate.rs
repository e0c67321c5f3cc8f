//! The gate every document passes after parsing and before anything is executed: known caller, roles by the table,
//! and the counts that the library does not limit itself (aliases, root fields, mutations).

use super::{errors::INVALID, roles::least_role};
use crate::auth::{Caller, Need, allow};
use async_graphql::{
    Pos, ServerError, ServerResult, Value, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextParseQuery},
    parser::types::{ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Aliases in a document.
pub const ALIASES: usize = 30;
/// Root fields in an operation.
pub const ROOT_FIELDS: usize = 10;
/// Mutations in a document.
pub const MUTATIONS: usize = 1;
/// Operations in a document.
pub const OPERATIONS: usize = 10;
/// Fragments in a document.
pub const FRAGMENTS: usize = 50;
/// Selections in a document once its fragments are put in; what the library counts later, it counts by walking them.
pub const SELECTIONS: u64 = 5000;

/// Makes the gate.
pub struct Gate;

impl ExtensionFactory for Gate {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Gate)
    }
}

#[async_trait::async_trait]
impl Extension for Gate {
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let caller = ctx.data_opt::<Caller>().cloned();
        let Some(caller) = caller else {
            return Err(refusal("UNAUTHENTICATED", "sign in first".to_owned(), None));
        };
        let document = next.run(ctx, query, variables).await?;
        check_counts(&document)?;
        for (_, operation) in document.operations.iter() {
            check_roles(&caller, &operation.node, &document)?;
        }
        Ok(document)
    }
}

fn check_counts(document: &ExecutableDocument) -> ServerResult<()> {
    let operations = document.operations.iter().count();
    limit("operations", operations, OPERATIONS)?;
    limit("fragments", document.fragments.len(), FRAGMENTS)?;
    let mut mutations = 0;
    let mut aliases = 0;
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let roots = root_fields(operation, document);
        limit("root fields", roots.len(), ROOT_FIELDS)?;
        mutations += if operation.ty == OperationType::Mutation {
            roots.len()
        } else {
            0
        };
        aliases += count_aliases(&operation.selection_set.node);
    }
    aliases += document
        .fragments
        .values()
        .map(|fragment| count_aliases(&fragment.node.selection_set.node))
        .sum::<usize>();
    limit("mutations", mutations, MUTATIONS)?;
    limit("aliases", aliases, ALIASES)?;
    let selections = expanded(document);
    if selections > SELECTIONS {
        let message =
            format!("a document may have {SELECTIONS} selections with its fragments put in; ask for less");
        return Err(refusal(INVALID, message, None));
    }
    Ok(())
}

/// How many selections there are with all fragments put in, each fragment counted once. One that contains itself is
/// counted as nothing here; the library refuses it.
fn expanded(document: &ExecutableDocument) -> u64 {
    let mut known = BTreeMap::new();
    let mut sum = 0_u64;
    for (_, operation) in document.operations.iter() {
        sum = sum.saturating_add(selections(
            &operation.node.selection_set.node,
            document,
            &mut known,
        ));
    }
    sum
}

/// Nested as deep as the parser allows, and fragments as deep as there are: [`FRAGMENTS`] at most.
fn selections<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    known: &mut BTreeMap<&'a str, u64>,
) -> u64 {
    let mut sum = 0_u64;
    for selection in &set.items {
        let below = match &selection.node {
            Selection::Field(field) => selections(&field.node.selection_set.node, document, known),
            Selection::InlineFragment(inline) => selections(&inline.node.selection_set.node, document, known),
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                match (known.get(name), document.fragments.get(name)) {
                    (Some(counted), _) => *counted,
                    (None, None) => 0,
                    (None, Some(fragment)) => {
                        known.insert(name, 0);
                        let counted = selections(&fragment.node.selection_set.node, document, known);
                        known.insert(name, counted);
                        counted
                    }
                }
            }
        };
        sum = sum.saturating_add(1).saturating_add(below);
    }
    sum
}

fn limit(what: &str, found: usize, allowed: usize) -> ServerResult<()> {
    if found <= allowed {
        return Ok(());
    }
    Err(refusal(
        INVALID,
        format!("a document may have {allowed} {what}, this one has {found}; send several"),
        None,
    ))
}

fn check_roles(
    caller: &Caller,
    operation: &OperationDefinition,
    document: &ExecutableDocument,
) -> ServerResult<()> {
    for (field, at) in root_fields(operation, document) {
        let name = field.name.node.as_str();
        match least_role(operation.ty, name).map(|least| allow(caller, Need::Role(least))) {
            Some(Ok(())) => {}
            Some(Err(denied)) => {
                tracing::warn!(user = caller.user, field = name, "refused by role");
                return Err(refusal("FORBIDDEN", format!("{name}: {denied}"), Some(at)));
            }
            None => {
                return Err(refusal(
                    INVALID,
                    format!("there is no field {name} here"),
                    Some(at),
                ));
            }
        }
    }
    Ok(())
}

/// The root fields of an operation through inline and named fragments, each fragment once.
fn root_fields<'a>(
    operation: &'a OperationDefinition,
    document: &'a ExecutableDocument,
) -> Vec<(&'a Field, Pos)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![&operation.selection_set.node];
    while let Some(set) = open.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found.push((&field.node, field.pos)),
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let fragment = document.fragments.get(name).filter(|_| seen.insert(name));
                    open.extend(fragment.map(|fragment| &fragment.node.selection_set.node));
                }
            }
        }
    }
    found
}

fn count_aliases(set: &SelectionSet) -> usize {
    let mut count = 0;
    let mut open = vec![set];
    while let Some(set) = open.pop() {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    count += usize::from(field.node.alias.is_some());
                    open.push(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => open.push(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
    count
}

fn refusal(code: &str, message: String, at: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(message, at);
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("code", Value::from(code));
    error.extensions = Some(extensions);
    error
}
