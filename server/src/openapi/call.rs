//! One call as the document tells it.

use std::collections::BTreeMap;

use chat::Code;
use http::Method;
use serde_json::{Map, Value, json};

use super::schema::named;

/// One call: a method, a path, what it takes and every way in which it can be answered.
#[derive(Debug)]
pub struct Call {
    method: Method,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    detail: Option<&'static str>,
    open: bool,
    tagged: bool,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    refusals: Vec<Code>,
}

impl Call {
    /// A GET that only somebody who is signed in may make. Its answer carries a tag.
    #[must_use]
    pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let call = Self::new(Method::GET, path, id, summary);
        let known = json!({ "$ref": "#/components/parameters/IfNoneMatch" });
        Self {
            tagged: true,
            parameters: vec![known],
            ..call
        }
    }

    /// A POST.
    #[must_use]
    pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, id, summary)
    }

    /// A PUT.
    #[must_use]
    pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PUT, path, id, summary)
    }

    /// A PATCH.
    #[must_use]
    pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PATCH, path, id, summary)
    }

    /// A DELETE.
    #[must_use]
    pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, id, summary)
    }

    /// What it asks is refused to nobody who is signed in; the rest says [`Call::refuses`].
    fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let changes = !method.is_safe();
        let call = Self {
            method,
            path,
            id,
            summary,
            detail: None,
            open: false,
            tagged: false,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            refusals: vec![
                Code::NotSignedIn,
                Code::TooFast,
                Code::Internal,
                Code::Unavailable,
            ],
        };
        if changes {
            call.refuses(&[Code::ForeignOrigin])
        } else {
            call
        }
    }

    /// Says more than the summary.
    #[must_use]
    pub fn detail(mut self, detail: &'static str) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Nobody needs to be signed in.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self.refusals.retain(|code| *code != Code::NotSignedIn);
        self
    }

    /// Its answer is sent as it is made, so nothing is compared with what the client has.
    #[must_use]
    pub const fn streamed(mut self) -> Self {
        self.tagged = false;
        self
    }

    /// Outside `/api`: it is neither counted nor tagged.
    #[must_use]
    pub fn outside(mut self) -> Self {
        self.tagged = false;
        self.parameters.clear();
        self.refusals.retain(|code| *code != Code::TooFast);
        self
    }

    /// The path has a part of this name.
    #[must_use]
    pub fn part(mut self, name: &str, schema: Value) -> Self {
        let parameter = json!({ "name": name, "in": "path", "required": true, "schema": schema });
        self.parameters.push(parameter);
        self
    }

    /// The query may have this.
    #[must_use]
    pub fn query(mut self, name: &str, schema: Value, meaning: &str) -> Self {
        let parameter = json!({ "name": name, "in": "query", "schema": schema, "description": meaning });
        self.parameters.push(parameter);
        self.refuses(&[Code::Invalid])
    }

    /// The query must have this.
    #[must_use]
    pub fn required_query(self, name: &str, schema: Value, meaning: &str) -> Self {
        let mut call = self.query(name, schema, meaning);
        if let Some(parameter) = call.parameters.last_mut() {
            parameter["required"] = true.into();
        }
        call
    }

    /// It takes JSON of this schema.
    #[must_use]
    pub fn takes(self, schema: Value) -> Self {
        let content = json!({ "application/json": { "schema": schema } });
        self.takes_content(content).refuses(&[Code::UnsupportedMediaType])
    }

    /// It takes one of these media types.
    #[must_use]
    pub fn takes_content(mut self, content: Value) -> Self {
        self.body = Some(json!({ "required": true, "content": content }));
        self.refuses(&[Code::Malformed, Code::TooLarge, Code::Invalid])
    }

    /// It may answer with JSON of the schema of this name.
    #[must_use]
    pub fn gives(self, status: u16, schema: &str) -> Self {
        let content = json!({ "application/json": { "schema": named(schema) } });
        self.gives_content(status, content)
    }

    /// It may answer with one of these media types.
    #[must_use]
    pub fn gives_content(mut self, status: u16, content: Value) -> Self {
        self.answers.insert(status, answer(reason(status), &content));
        self
    }

    /// It may answer without a body.
    #[must_use]
    pub fn gives_nothing(self, status: u16) -> Self {
        self.gives_content(status, Value::Null)
    }

    /// Its answers of this status carry a header that is among the document's.
    #[must_use]
    pub fn with_header(mut self, status: u16, name: &str, header: &str) -> Self {
        if let Some(answer) = self.answers.get_mut(&status) {
            answer["headers"][name] = header_named(header);
        }
        self
    }

    /// It may be refused for these reasons, besides those that all calls of its kind have.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.refusals.extend(codes);
        // Whoever was banned is no member, and is told the reason.
        if codes.contains(&Code::NotAMember) {
            self.refusals.push(Code::Banned);
        }
        self
    }

    /// Its path.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Its method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The call as an operation; its refusals go to `responses`, which all calls share.
    pub(super) fn operation(&self, responses: &mut Map<String, Value>) -> Value {
        let mut answers = self.answers.clone();
        if self.tagged {
            if let Some(ok) = answers.get_mut(&200) {
                ok["headers"]["ETag"] = header_named("ETag");
            }
            let mut same = answer("The client has it already", &Value::Null);
            same["headers"]["ETag"] = header_named("ETag");
            answers.insert(304, same);
        }
        let mut codes = BTreeMap::<u16, Vec<Code>>::new();
        // In the order of the table, whatever the order in which they were said.
        for code in Code::ALL.iter().filter(|code| self.refusals.contains(code)) {
            codes.entry(code.status()).or_default().push(*code);
        }
        for (status, codes) in codes {
            answers
                .entry(status)
                .or_insert_with(|| refusal(status, &codes, responses));
        }
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [self.tag()],
            "responses": answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect::<Map<_, _>>(),
        });
        let empty = self.parameters.is_empty();
        let optional = [
            ("description", self.detail.map(Value::from)),
            ("parameters", (!empty).then(|| self.parameters.clone().into())),
            ("requestBody", self.body.clone()),
            ("security", self.open.then(|| json!([]))),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                operation[name] = value;
            }
        }
        operation
    }

    /// The noun that it is about: the first part of the path that names one.
    fn tag(&self) -> &str {
        let mut parts = self
            .path
            .split('/')
            .filter(|part| !part.is_empty() && *part != "api");
        parts.next().unwrap_or("api")
    }
}

fn answer(description: &str, content: &Value) -> Value {
    let headers = json!({ "x-request-id": header_named("RequestId") });
    let mut answer = json!({ "description": description, "headers": headers });
    if !content.is_null() {
        answer["content"] = content.clone();
    }
    answer
}

/// All refusals for the same reasons are one entry of the document.
fn refusal(status: u16, codes: &[Code], responses: &mut Map<String, Value>) -> Value {
    let names: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let name = names.join("_or_");
    responses.entry(&name).or_insert_with(|| {
        let titles: Vec<String> = codes
            .iter()
            .map(|code| format!("`{code}`: {}", code.title()))
            .collect();
        let schema = json!({
            "allOf": [named("Problem")],
            "properties": { "status": { "const": status }, "code": { "enum": names } },
        });
        let mut refusal = answer(
            &titles.join("; "),
            &json!({ "application/problem+json": { "schema": schema } }),
        );
        match status {
            401 if codes.contains(&Code::NotSignedIn) => {
                refusal["headers"]["WWW-Authenticate"] = header_named("WwwAuthenticate");
            }
            429 | 503 => refusal["headers"]["Retry-After"] = header_named("RetryAfter"),
            _ => {}
        }
        refusal
    });
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn header_named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

const fn reason(status: u16) -> &'static str {
    match status {
        101 => "The connection is a WebSocket now",
        201 => "Made",
        204 => "Done",
        206 => "The part that was asked for",
        503 => "Not now",
        _ => "As asked",
    }
}
