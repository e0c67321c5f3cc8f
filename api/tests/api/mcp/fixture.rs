//! What the conformance suite calls: tools whose names and answers it knows. They are served by the same door and the same
//! transport as the real ones, and are in no catalogue.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        AudioContent, CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult,
        ClientCapabilities, ContentBlock, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam,
        ResourceContents, ServerConfig, Tool,
    },
    service::RequestContext,
};
use serde_json::{Value, json};

/// One red pixel, and silence.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const SILENCE: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";

/// The server of the suite's tools.
#[derive(Clone)]
pub struct Fixture;

fn tools() -> Vec<Tool> {
    let schema = |value: Value| match value {
        Value::Object(fields) => fields,
        _ => unreachable!("schemas are objects"),
    };
    let plain = [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_error_handling",
        "test_tool_with_progress",
        "test_missing_capability",
        "test_logging_tool",
    ];
    let mut tools: Vec<Tool> = plain
        .into_iter()
        .map(|name| {
            Tool::new(
                name,
                "A tool of the conformance suite.",
                schema(json!({ "type": "object" })),
            )
        })
        .collect();
    tools.push(Tool::new(
        "json_schema_2020_12_tool",
        "A tool whose schema has all that a schema may have.",
        schema(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": { "address": { "$anchor": "address", "type": "object", "properties": {
                "street": { "type": "string" }, "city": { "type": "string" } } } },
            "properties": { "name": { "type": "string" }, "address": { "$ref": "#/$defs/address" } },
            "allOf": [{ "anyOf": [{ "required": ["name"] }, { "required": ["address"] }] }],
            "if": { "required": ["address"] },
            "then": { "properties": { "address": { "required": ["street"] } } },
            "else": { "required": ["name"] },
            "additionalProperties": false
        })),
    ));
    tools.push(Tool::new(
        "test_custom_header",
        "A tool that asks for one of its arguments as a header too.",
        schema(json!({
            "type": "object",
            "properties": { "value": { "type": "string", "x-mcp-header": "Value" } },
            "required": ["value"]
        })),
    ));
    tools
}

fn embedded(uri: &str, kind: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::TextResourceContents {
        uri: uri.into(),
        mime_type: Some(kind.into()),
        text: text.into(),
        meta: None,
    })
}

async fn progress(context: &RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    for step in [0.0, 50.0, 100.0] {
        let told = ProgressNotificationParam::new(token.clone(), step)
            .with_total(100.0)
            .with_message("a step");
        context.peer.notify_progress(told).await.unwrap();
    }
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        jarvis_api::mcp::server::info()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools().into_iter().find(|tool| tool.name == name)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools())
            .with_ttl_ms(60_000)
            .with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = ContentBlock::text;
        let image = || ContentBlock::image(PIXEL, "image/png");
        let content = match request.name.as_ref() {
            "test_simple_text" => vec![text("This is a simple text response for testing.")],
            "test_image_content" => vec![image()],
            "test_audio_content" => vec![ContentBlock::Audio(AudioContent::new(SILENCE, "audio/wav"))],
            "test_embedded_resource" => vec![embedded(
                "test://embedded-resource",
                "text/plain",
                "This is an embedded resource content.",
            )],
            "test_multiple_content_types" => vec![
                text("Multiple content types test:"),
                image(),
                embedded(
                    "test://mixed-content-resource",
                    "application/json",
                    r#"{"test":"data","value":123}"#,
                ),
            ],
            "test_error_handling" => {
                let said = vec![text("This tool intentionally returns an error for testing")];
                return Ok(CallToolResult::error(said).into());
            }
            "test_tool_with_progress" => {
                progress(&context).await;
                vec![text("progress was told")]
            }
            "test_missing_capability" => {
                let needed: ClientCapabilities = serde_json::from_value(json!({ "sampling": {} })).unwrap();
                return Err(ErrorData::missing_required_client_capability(needed));
            }
            "test_logging_tool" => vec![text("nothing is logged to clients")],
            "test_custom_header" | "json_schema_2020_12_tool" => vec![text("understood")],
            other => {
                return Err(ErrorData::invalid_params(
                    format!("there is no tool {other:?}"),
                    None,
                ));
            }
        };
        Ok(CallToolResult::success(content).into())
    }
}
