//! A stand-in for S3: objects in memory, with just the calls that are made. Who calls is not checked, but that the
//! call is signed is.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::Arc,
};

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

#[derive(Default)]
struct Objects {
    whole: BTreeMap<String, Bytes>,
    uploads: HashMap<String, BTreeMap<u32, Bytes>>,
    begun: u32,
}

type Shared = Arc<Mutex<Objects>>;

/// A bucket on a port of its own.
pub(crate) struct Bucket {
    addr: SocketAddr,
    server: JoinHandle<()>,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(Shared::default());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { addr, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(objects): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 * 1024 * 1024).await.unwrap();
    let signed = parts.headers.get(header::AUTHORIZATION);
    if !signed.is_some_and(|value| value.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 ")) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let path = url::Url::parse(&format!("http://x{}", parts.uri)).unwrap();
    let query: HashMap<String, String> = path.query_pairs().into_owned().collect();
    let Some(key) = path.path().strip_prefix("/natter") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let key = key.trim_start_matches('/').to_owned();
    let mut objects = objects.lock();
    match (&parts.method, query.get("uploadId")) {
        (&Method::GET, _) if key.is_empty() => objects.list(&query),
        (&Method::GET | &Method::HEAD, _) => objects.get(&key, &parts.headers),
        (&Method::PUT, Some(upload)) => {
            let number = query["partNumber"].parse().unwrap();
            let parts = objects.uploads.get_mut(upload).unwrap();
            parts.insert(number, body);
            [(header::ETAG, format!("\"part-{number}\""))].into_response()
        }
        (&Method::PUT, None) => objects.put(key, body, &parts.headers),
        (&Method::POST, None) if query.contains_key("uploads") => objects.begin(&key),
        (&Method::POST, None) if query.contains_key("delete") => objects.delete_many(&body),
        (&Method::POST, Some(upload)) => objects.complete(key, upload),
        (&Method::DELETE, Some(upload)) => {
            objects.uploads.remove(upload);
            StatusCode::NO_CONTENT.into_response()
        }
        (&Method::DELETE, None) => {
            objects.whole.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        other => panic!("{other:?}"),
    }
}

impl Objects {
    fn get(&self, key: &str, headers: &HeaderMap) -> Response {
        let Some(bytes) = self.whole.get(key) else {
            let body = "<Error><Code>NoSuchKey</Code></Error>";
            return (StatusCode::NOT_FOUND, body).into_response();
        };
        let common = [
            (header::ETAG, "\"x\"".to_owned()),
            (header::LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
        ];
        let range = headers.get(header::RANGE).map(|range| range.to_str().unwrap());
        let Some(range) = range else {
            return (common, bytes.clone()).into_response();
        };
        let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let first: usize = first.parse().unwrap();
        let end = last
            .parse::<usize>()
            .map_or(bytes.len(), |last| (last + 1).min(bytes.len()));
        let span = format!("bytes {first}-{}/{}", end - 1, bytes.len());
        let part = bytes.slice(first..end);
        (
            StatusCode::PARTIAL_CONTENT,
            common,
            [(header::CONTENT_RANGE, span)],
            part,
        )
            .into_response()
    }

    fn put(&mut self, key: String, body: Bytes, headers: &HeaderMap) -> Response {
        assert!(!headers.contains_key("x-amz-copy-source"), "nothing is copied");
        self.whole.insert(key, body);
        [(header::ETAG, "\"x\"")].into_response()
    }

    fn begin(&mut self, key: &str) -> Response {
        self.begun += 1;
        let id = format!("upload-{}", self.begun);
        self.uploads.insert(id.clone(), BTreeMap::new());
        format!(
            "<InitiateMultipartUploadResult><Bucket>natter</Bucket><Key>{key}</Key><UploadId>{id}</UploadId>\
             </InitiateMultipartUploadResult>"
        )
        .into_response()
    }

    fn complete(&mut self, key: String, upload: &str) -> Response {
        let parts = self.uploads.remove(upload).unwrap();
        // As S3 has it: only the last part may be small.
        let small = parts
            .values()
            .rev()
            .skip(1)
            .any(|part| part.len() < 5 * 1024 * 1024);
        assert!(!small, "a part is too small");
        let whole: Vec<Bytes> = parts.into_values().collect();
        self.whole.insert(key, Bytes::from(whole.concat()));
        "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>".into_response()
    }

    fn list(&self, query: &HashMap<String, String>) -> Response {
        let prefix = query.get("prefix").map_or("", String::as_str);
        let found = self.whole.iter().filter(|(key, _)| key.starts_with(prefix));
        let rows: String = found
            .map(|(key, bytes)| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>\
                     <ETag>\"x\"</ETag><Size>{}</Size></Contents>",
                    bytes.len()
                )
            })
            .collect();
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>").into_response()
    }

    fn delete_many(&mut self, body: &Bytes) -> Response {
        let text = std::str::from_utf8(body).unwrap();
        let keys = text
            .split("<Key>")
            .skip(1)
            .filter_map(|rest| rest.split("</Key>").next());
        let mut rows = String::new();
        for key in keys {
            self.whole.remove(key);
            rows.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
        }
        format!("<DeleteResult>{rows}</DeleteResult>").into_response()
    }
}
