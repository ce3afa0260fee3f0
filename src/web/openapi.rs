//! The `OpenAPI` 3.1 document, assembled from the operations that the rooms serve.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// Gives the schema of one type.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The shape of `T`.
pub fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One call as the document shows it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `get`, `post` …
    pub method: String,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Which part of the document it stands in: its room.
    pub tag: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Roles that may call it; empty: everybody.
    pub roles: Vec<&'static str>,
    /// Query parameters, as the properties of a struct.
    pub query: Option<Shape>,
    /// Body.
    pub body: Option<Shape>,
    /// An example body.
    pub example: Option<Value>,
    /// Answer; none: no JSON.
    pub answer: Option<Shape>,
    /// Status of the good answer.
    pub status: u16,
}

/// The document.
pub fn document(operations: &[Operation]) -> Value {
    let mut generator =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    let problem = generator.subschema_for::<super::problem::Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(operation.method.clone(), call(operation, &mut generator, &problem));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wardstock",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Hospital inventory: shelf sensors, an exact stock ledger, and reorder plans that say why. \
                            Quantities are base units unless a name says packs; money is in minor units.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"}
        },
        "tags": tags(operations),
        "paths": paths,
        "components": {
            "schemas": generator.definitions(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}
        }
    })
}

/// The rooms in the order in which they are served, so that the document reads like the house.
fn tags(operations: &[Operation]) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for operation in operations {
        if !names.contains(&operation.tag) {
            names.push(operation.tag);
        }
    }
    names.into_iter().map(|name| json!({"name": name})).collect()
}

fn call(operation: &Operation, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut parameters: Vec<Value> = path_parameters(operation.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query));
    }
    if operation.method == "patch" || operation.method == "delete" {
        parameters.push(json!({"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}}));
    }
    if operation.method == "put" {
        // Only a change of what is there was decided on a version.
        parameters.push(json!({"name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"}}));
    }
    if operation.method == "post" && operation.path.starts_with("/api/") {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string"}}));
    }
    let good = match operation.answer {
        Some(answer) => json!({"description": "done", "content": {"application/json": {"schema": answer(generator)}}}),
        None => json!({"description": "done"}),
    };
    let security = if operation.roles.is_empty() { json!([]) } else { json!([{"bearer": operation.roles}]) };
    let mut call = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "parameters": parameters,
        "security": security,
        "responses": {
            operation.status.to_string(): good,
            "default": {"description": "a refusal", "content": {"application/problem+json": {"schema": problem}}}
        }
    });
    if let (Some(body), Some(call)) = (operation.body, call.as_object_mut()) {
        let mut content = json!({"schema": body(generator)});
        if let (Some(example), Some(content)) = (&operation.example, content.as_object_mut()) {
            content.insert("example".into(), example.clone());
        }
        call.insert("requestBody".into(), json!({"required": true, "content": {"application/json": content}}));
    }
    call
}

fn operation_id(operation: &Operation) -> String {
    let words: Vec<&str> = operation.path.split(['/', '{', '}', '.', '_']).filter(|word| !word.is_empty()).collect();
    std::iter::once(operation.method.as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split(['}', ':']).next())
}

fn query_parameters(query: Shape) -> Vec<Value> {
    let mut own = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let schema = query(&mut own);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    properties.iter().map(|(name, schema)| json!({"name": name, "in": "query", "required": false, "schema": schema})).collect()
}
