//! Holds answers against `/api/openapi.json`: whatever a person in a test is answered has to be described there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex},
};

use jsonschema::Validator;
use reqwest::{RequestBuilder, Response, ResponseBuilderExt};
use serde_json::{Map, Value, json};

/// The document with nothing in it but what it names: a field that it does not know is a fault.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = natter::openapi::document();
    close(&mut document["components"]);
    document
});

/// Which operation was answered with which status, by operation.
static SEEN: Mutex<BTreeMap<String, BTreeSet<u16>>> = Mutex::new(BTreeMap::new());

/// Sends a request and holds the answer against the document.
pub async fn checked(request: RequestBuilder) -> Response {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let (method, path) = (
        request.method().as_str().to_ascii_lowercase(),
        request.url().path().to_owned(),
    );
    let answer = client.execute(request).await.expect("an answer");
    let (status, headers, version) = (answer.status(), answer.headers().clone(), answer.version());
    let url = answer.url().clone();
    let body = answer.bytes().await.expect("a body");
    check(&method, &path, status.as_u16(), &headers, &body);
    let again = http::Response::builder().status(status).version(version);
    let mut again = again.url(url);
    *again.headers_mut().expect("headers") = headers;
    again.body(body).expect("an answer").into()
}

/// The statuses with which `operation` was answered so far in this process.
pub fn seen(operation: &str) -> BTreeSet<u16> {
    SEEN.lock().unwrap().get(operation).cloned().unwrap_or_default()
}

fn check(method: &str, path: &str, status: u16, headers: &http::HeaderMap, body: &[u8]) {
    let said = format!("{method} {path} answers {status}");
    let Some(operation) = operation(method, path) else {
        let refused = matches!(status, 404 | 405);
        assert!(
            !path.starts_with("/api/") || refused,
            "{said}, and is not in /api/openapi.json"
        );
        return;
    };
    let name = operation["operationId"].as_str().expect("an id").to_owned();
    let answer = &operation["responses"][status.to_string()];
    let answer =
        resolve(answer).unwrap_or_else(|| panic!("{said}, which the document does not know of {name}"));
    for (header, described) in answer["headers"].as_object().expect("headers") {
        let required = resolve(described).expect("a header")["required"] == true;
        assert!(
            !required || headers.contains_key(header),
            "{said} without {header}"
        );
    }
    SEEN.lock().unwrap().entry(name).or_default().insert(status);
    let Some(content) = answer["content"].as_object() else {
        assert!(body.is_empty(), "{said} with a body");
        return;
    };
    let (kind, described) = content.iter().next().expect("a media type");
    if kind == "*/*" {
        return;
    }
    let given = headers
        .get("content-type")
        .map_or("", |value| value.to_str().expect("text"));
    if given.starts_with("text/html") || method == "head" {
        return;
    }
    assert!(given.starts_with(kind.as_str()), "{said} as {given}, not {kind}");
    // Lines are looked at where they are tested.
    if kind.ends_with("json") && !kind.ends_with("ndjson") {
        let body: Value = serde_json::from_slice(body).expect("JSON");
        validate(&described["schema"], &body, &said);
    }
}

/// Whether `value` is what `schema`, a part of the document, says.
pub fn validate(schema: &Value, value: &Value, said: &str) {
    // Built anew each time: a test says few things often.
    let validator = VALIDATORS.with_borrow_mut(|known| {
        let text = schema.to_string();
        known
            .entry(text)
            .or_insert_with(|| std::rc::Rc::new(validator(schema)))
            .clone()
    });
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    let shown: String = value.to_string().chars().take(2_000).collect();
    assert!(faults.is_empty(), "{said}: {faults:#?}\n{shown}");
}

thread_local! {
    static VALIDATORS: std::cell::RefCell<BTreeMap<String, std::rc::Rc<Validator>>> = const { std::cell::RefCell::new(BTreeMap::new()) };
}

fn validator(schema: &Value) -> Validator {
    // References lead from the root of the document.
    let root = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&root)
        .expect("a schema")
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let fits = |template: &str| {
        let (these, those) = (template.split('/'), path.split('/'));
        template.split('/').count() == path.split('/').count()
            && these
                .zip(those)
                .all(|(part, given)| part.starts_with('{') || part == given)
    };
    // A path that is spelled out goes before one with a part to fill in.
    let mut found: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
    found.sort_by_key(|template| template.contains('{'));
    // HEAD is told what GET would be.
    let method = if method == "head" { "get" } else { method };
    found.iter().find_map(|template| paths[*template].get(method))
}

/// What stands at a reference, or the value itself; `None`: nothing.
fn resolve(value: &'static Value) -> Option<&'static Value> {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')),
        None => (!value.is_null()).then_some(value),
    }
}

/// Lets objects have no fields but those that are named.
fn close(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(close),
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            let named = fields.get("properties").is_some_and(Value::is_object);
            if named && fields.get("type") == Some(&json!("object")) {
                fields.entry("additionalProperties").or_insert(false.into());
            }
        }
        _ => {}
    }
}

/// Every operation with its id, method and path.
pub fn operations() -> Vec<(String, String, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let of_path = |(path, methods): (&String, &'static Value)| {
        let path = path.clone();
        let methods: &'static Map<String, Value> = methods.as_object().expect("methods");
        methods.iter().map(move |(method, operation)| {
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            (id, method.clone(), path.clone(), operation)
        })
    };
    paths.iter().flat_map(of_path).collect()
}
