//! Schemas from the types, kept short: every byte of them is read by a model before each request. Titles, numeric
//! formats and drafts are left out, definitions are put where they are used, and texts of answers are left to the reference.

use schemars::{JsonSchema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

/// The schema of a tool's arguments, with descriptions.
pub fn input<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let settings = settings.with_transform(RecursiveTransform(|schema: &mut schemars::Schema| {
        for noise in ["title", "format"] {
            schema.remove(noise);
        }
    }));
    let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
    plain_options(&mut value);
    if let Some(fields) = value.as_object_mut() {
        fields.remove("description");
        fields.remove("title");
    }
    value
}

/// The schema of a tool's answer, without descriptions and without what is always there.
pub fn output<T: JsonSchema>() -> Value {
    let mut value = input::<T>();
    bare(&mut value);
    value
}

/// A field that may be left out is written as its type alone: no tool takes or gives `null`.
fn plain_options(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(kinds)) = fields.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    fields.insert("type".to_owned(), only);
                }
            }
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            fields.values_mut().for_each(plain_options);
        }
        Value::Array(items) => items.iter_mut().for_each(plain_options),
        _ => {}
    }
}

/// Takes out what only explains. A property may be called like a keyword, so properties are gone into by name.
fn bare(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    for word in ["description", "minimum", "maximum", "required", "default"] {
        fields.remove(word);
    }
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        properties.values_mut().for_each(bare);
    }
    if let Some(items) = fields.get_mut("items") {
        bare(items);
    }
}
