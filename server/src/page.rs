//! The page door: what the server-rendered page and its server functions are given.

use std::{path::Path, sync::Arc};

use app::{
    App,
    shell::{missing_asset, shell},
    visit::Visit,
};
use axum::{Router, http::request::Parts, response::Response, routing::get};
use backend::Code;
use http::{HeaderValue, StatusCode, header};
use leptos::{
    config::{LeptosOptions, errors::LeptosConfigError, get_config_from_str},
    prelude::{provide_context, use_context},
};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower::ServiceBuilder;
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

use crate::{identity::Identity, middleware::client::Address, problem::Refusal, state::AppState};

/// Leptos' options for the running server: the repository's file, with the assets where the operator has them.
///
/// # Errors
/// Where `Leptos.toml` or a `LEPTOS_…` variable cannot be read.
pub fn options(site_root: &Path) -> Result<LeptosOptions, LeptosConfigError> {
    let mut options = get_config_from_str(include_str!("../../Leptos.toml"))?;
    options.site_root = Arc::from(site_root.to_string_lossy());
    Ok(options)
}

/// What is wrong where the assets are of another build than this binary; then pages come without style and script.
#[must_use]
pub fn of_another_build(site_root: &Path) -> Option<String> {
    let missing = missing_asset(&options(site_root).ok()?)?;
    Some(format!(
        "{} does not hold {missing}: the binary, hash.txt beside it and the assets have to be of one build",
        site_root.display()
    ))
}

/// Every page and server function, the built assets, and a page for whatever else is asked for.
pub fn routes(state: &AppState) -> Router<AppState> {
    let context = context(state);
    let options = state.leptos.clone();
    let site = Path::new(&*options.site_root).to_owned();
    let kept = if options.hash_files { FOREVER } else { NEVER };
    let missing = render_app_async_with_context(context.clone(), {
        let options = options.clone();
        move || shell(options.clone())
    });
    let public = ServeDir::new(&site)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(get(missing).fallback(|| async { Refusal::from(Code::MethodNotAllowed) }));
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(App), context, move || {
            shell(options.clone())
        })
        .nest_service("/pkg", assets(&site, kept))
        .merge(worker(&site))
        .fallback_service(ServiceBuilder::new().layer(kept_for(AN_HOUR)).service(public))
}

/// Says for how long what was found may be kept.
fn kept_for<B>(
    time: &'static str,
) -> SetResponseHeaderLayer<impl FnMut(&Response<B>) -> Option<HeaderValue> + Clone + Send + 'static> {
    let found = move |response: &Response<B>| {
        let status = response.status();
        let found = status.is_success() || status == StatusCode::NOT_MODIFIED;
        found.then(|| HeaderValue::from_static(time))
    };
    SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, found)
}

/// Hashed assets: a name never changes its content, so whoever has it need not ask again.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Under plain names, as while developing, the content changes within the second that file times are told in.
const NEVER: &str = "no-store";
/// Icons and the like have plain names and change with a version, if ever.
const AN_HOUR: &str = "public, max-age=3600";

/// The built code and style, which browsers keep as `kept` says. What is not there may come: while versions change, an
/// old process is asked for what only the new one has.
fn assets(site: &Path, kept: &'static str) -> Router {
    let files = ServeDir::new(site.join("pkg"))
        .precompressed_br()
        .precompressed_gzip();
    Router::new()
        .fallback_service(files)
        .layer(kept_for(kept))
        // Forms for other browsers lie beside each file.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::VARY,
            HeaderValue::from_static("accept-encoding"),
        ))
}

/// The service worker. Browsers ask for it again each time; what it may do its own answer says, not the page's.
fn worker(site: &Path) -> Router<AppState> {
    let file = ServeFile::new(site.join("sw.js"))
        .precompressed_br()
        .precompressed_gzip();
    let set = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    Router::new()
        .route_service("/sw.js", file)
        .layer(set(header::CACHE_CONTROL, "no-cache"))
        .layer(set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'",
        ))
}

/// What every page and server function finds in its context.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    let site: Arc<str> = state.origin.to_string().into();
    move || {
        let (extensions, headers) = use_context::<Parts>()
            .map(|parts| (parts.extensions, parts.headers))
            .unwrap_or_default();
        let agent = headers.get(header::USER_AGENT);
        provide_context(Arc::clone(&state.backend));
        provide_context(state.leptos.clone());
        provide_context(Visit {
            caller: extensions.get::<Identity>().and_then(Identity::caller).cloned(),
            address: Address::of(&extensions).0,
            agent: agent
                .and_then(|agent| agent.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            origin: state.origin.to_string(),
            cookie: state.cookie,
            site: Arc::clone(&site),
        });
    }
}
