//! How long requests take.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::Method;
use metrics::{Gauge, Histogram, gauge, histogram};
use parking_lot::RwLock;

use crate::metrics::{HTTP_REQUEST_DURATION, HTTP_REQUESTS_IN_FLIGHT};

/// What requests are counted under that matched no route.
const NO_ROUTE: &str = "none";

/// Times the request under its route, never its path.
pub async fn measure(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = name_of(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let _under_way = UnderWay::begin();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    handle(route, method, response.status().as_u16()).record(start.elapsed().as_secs_f64());
    response
}

/// A request that is being answered, or was given up.
struct UnderWay(&'static Gauge);

impl UnderWay {
    fn begin() -> Self {
        static GAUGE: OnceLock<Gauge> = OnceLock::new();
        let gauge = GAUGE.get_or_init(|| gauge!(HTTP_REQUESTS_IN_FLIGHT));
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

type ByRoute = HashMap<Box<str>, HashMap<(&'static str, u16), Arc<Histogram>>>;

/// The histogram of a route, method and status. The recorder would hash all labels anew for every request, and
/// first copy them. There are as many as there are routes: none comes from a client.
fn handle(route: &str, method: &'static str, status: u16) -> Arc<Histogram> {
    static HANDLES: OnceLock<RwLock<ByRoute>> = OnceLock::new();
    let handles = HANDLES.get_or_init(RwLock::default);
    let known = handles
        .read()
        .get(route)
        .and_then(|route| route.get(&(method, status)).cloned());
    known.unwrap_or_else(|| {
        let status_text = status.to_string();
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status_text),
        ];
        let histogram = Arc::new(histogram!(HTTP_REQUEST_DURATION, &labels));
        let mut handles = handles.write();
        let route = handles.entry(route.into()).or_default();
        route.insert((method, status), Arc::clone(&histogram));
        histogram
    })
}

/// A method's name; those that HTTP does not define count as one, or clients could make up labels.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
