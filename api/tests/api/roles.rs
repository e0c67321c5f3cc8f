//! The authorisation matrix, generated from the schema: every root field has an expected least role, and every role is
//! tried on every field.

use crate::support::Api;
use jarvis_api::graphql::roles::{MUTATIONS, QUERIES, SUBSCRIPTIONS};
use jarvis_model::Role;
use std::collections::BTreeMap;

const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

/// Root fields of a type in the SDL, with a minimal selection and arguments that parse.
fn root_fields(root: &str) -> Vec<String> {
    let sdl = jarvis_api::sdl();
    let start = sdl.find(&format!("\ntype {root} {{")).expect("the root type") + 1;
    let body = &sdl[start..start + sdl[start..].find("\n}").unwrap()];
    let mut fields = Vec::new();
    let (mut in_text, mut depth) = (false, 0_i32);
    for line in body.lines().skip(1) {
        let line = line.trim();
        if line.starts_with("\"\"\"") {
            in_text = !(in_text || line.len() > 3 && line.ends_with("\"\"\""));
            continue;
        }
        if in_text {
            continue;
        }
        if depth == 0
            && let Some(end) = line.find(['(', ':'])
        {
            fields.push(line[..end].to_owned());
        }
        depth += i32::try_from(line.matches('(').count()).unwrap()
            - i32::try_from(line.matches(')').count()).unwrap();
    }
    fields
}

fn table(rows: &[(&str, Role)]) -> BTreeMap<String, Role> {
    rows.iter()
        .filter(|(name, _)| !name.starts_with("__"))
        .map(|(name, role)| ((*name).to_owned(), *role))
        .collect()
}

#[test]
fn the_table_has_exactly_the_fields_of_the_schema() {
    for (root, rows) in [
        ("Query", QUERIES),
        ("Mutation", MUTATIONS),
        ("Subscription", SUBSCRIPTIONS),
    ] {
        let fields = root_fields(root);
        assert!(fields.len() > 5, "{root}: {fields:?}");
        let listed: Vec<String> = table(rows).into_keys().collect();
        let mut sorted = fields.clone();
        sorted.sort();
        assert_eq!(
            sorted, listed,
            "give every field of {root} its least role in api/src/graphql/roles.rs"
        );
    }
}

#[test]
fn viewers_change_nothing() {
    let mutations = table(MUTATIONS);
    // Asking Jarvis is no change; what comes of it is judged by the role of who asks.
    let talk = ["cancelMessage", "deleteConversation", "sendMessage"];
    let open = mutations.iter().filter(|(_, role)| **role < Role::Operator);
    let open: Vec<&str> = open.map(|(name, _)| name.as_ref()).collect();
    assert_eq!(open, talk, "{mutations:?}");
    for admins_only in [
        "createToken",
        "revokeToken",
        "createUser",
        "setPassword",
        "setAutonomyCeiling",
        "removeUser",
        "revokeSessions",
    ] {
        assert_eq!(mutations[admins_only], Role::Admin, "{admins_only}");
    }
    for admins_only in ["users", "tokens"] {
        assert_eq!(table(QUERIES)[admins_only], Role::Admin, "{admins_only}");
    }
}

#[tokio::test]
async fn every_role_is_stopped_at_every_field_above_it() {
    let api = Api::start().await;
    let tokens = ROLES.map(|role| (role, api.token(&format!("{role:?}").to_lowercase(), role)));
    let roots = [
        ("query", QUERIES),
        ("mutation", MUTATIONS),
        ("subscription", SUBSCRIPTIONS),
    ];
    let mut cells = 0;
    for (operation, rows) in roots {
        for (field, least) in table(rows) {
            for (role, token) in &tokens {
                for query in [
                    format!("{operation} {{ {field} }}"),
                    format!("{operation} {{ x: {field} }}"),
                    format!("{operation} {{ ... {{ {field} }} }}"),
                    format!(
                        "{operation} {{ ...F }} fragment F on {} {{ {field} }}",
                        capital(operation)
                    ),
                    format!("query a {{ __typename }} {operation} b {{ {field} }}"),
                ] {
                    let answer = api.query(token, &query).await;
                    let stopped = answer.code() == "FORBIDDEN";
                    assert_eq!(stopped, *role < least, "{role:?} on {query}: {}", answer.body);
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 700, "{cells}");
    let asked = api.puppet.asked();
    let mutated = asked.iter().filter(|asked| {
        !asked.starts_with("Thaw") && !asked.starts_with("ReconcileNow") && !asked.starts_with("SetCeiling")
    });
    assert_eq!(mutated.count(), 0, "{asked:?}");
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

#[tokio::test]
async fn nobody_reads_anything_without_signing_in() {
    let api = Api::start().await;
    for query in [
        "{ __typename }",
        "{ __schema { types { name } } }",
        "{ version { version } }",
        "{ me { user } }",
    ] {
        let request = api.post("/graphql").json(&serde_json::json!({ "query": query }));
        let answer = crate::support::client::Answer::of(request.send().await.unwrap()).await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, "UNAUTHENTICATED"),
            "{query}"
        );
        assert!(answer.headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn introspection_is_for_those_signed_in() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let answer = api
        .query(
            &token,
            "{ __schema { queryType { name } } __type(name: \"Guest\") { name } }",
        )
        .await;
    assert_eq!(answer.data()["__schema"]["queryType"]["name"], "Query");
}

/// What GraphiQL and generators of clients ask: every type, its fields and arguments, and types within types nine deep.
#[tokio::test]
async fn tools_can_learn_the_whole_schema() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let (open, close) = (" ofType { kind name".repeat(9), " }".repeat(9));
    let query = format!(
        "query Whole {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} subscriptionType {{ name kind }} \
         types {{ ...T }} directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...I }} }} }} }} \
         fragment T on __Type {{ kind name description specifiedByURL isOneOf \
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...I }} type {{ ...R }} isDeprecated deprecationReason }} \
         inputFields(includeDeprecated: true) {{ ...I }} interfaces {{ ...R }} \
         enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} possibleTypes {{ ...R }} }} \
         fragment I on __InputValue {{ name description type {{ ...R }} defaultValue isDeprecated deprecationReason }} \
         fragment R on __Type {{ kind name{open}{close} }}"
    );
    let answer = api.query(&token, &query).await;
    assert!(answer.body["errors"].is_null(), "{}", answer.body["errors"]);
    let types = answer.data()["__schema"]["types"].as_array().unwrap();
    let guest = types.iter().find(|one| one["name"] == "Guest").unwrap();
    assert!(
        guest["fields"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["name"] == "vmid")
    );
}
