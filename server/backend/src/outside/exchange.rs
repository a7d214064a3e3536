//! One request and its answer, over a connection of its own to an address that was judged before.

use std::{net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::OnceCell,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use url::Url;

use super::{Answer, Fault, Request};

/// As whom the server calls.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Natter/", env!("CARGO_PKG_VERSION")));
/// The most bytes of an answer's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How many of a name's addresses are tried.
const TRIES_MAX: usize = 3;

/// Whose certificates are trusted: those that the system trusts, read when they are first needed.
#[derive(Default)]
pub(super) struct Trust {
    connector: OnceCell<Option<TlsConnector>>,
}

impl Trust {
    async fn connector(&self) -> Option<&TlsConnector> {
        let read = || async { tokio::task::spawn_blocking(read_trust).await.ok().flatten() };
        self.connector.get_or_init(read).await.as_ref()
    }
}

fn read_trust() -> Option<TlsConnector> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate that the system trusts could not be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

/// Sends `request` to the first of the `sockets` that takes it, and reads the answer.
pub(super) async fn exchange(
    trust: &Trust,
    sockets: &[SocketAddr],
    request: &Request,
) -> Result<Answer, Fault> {
    let stream = connect(sockets).await?;
    if request.address.scheme() == "http" {
        return talk(stream, request).await;
    }
    let host = request.address.host_str().ok_or(Fault::Address)?;
    // The URL writes an IPv6 address in brackets, a certificate does not.
    let host = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(host).map_err(|_| Fault::Address)?;
    let connector = trust.connector().await.ok_or(Fault::Unreachable)?;
    let stream = connector.connect(name, stream).await.map_err(|error| {
        tracing::debug!(%error, "no secure connection to another host");
        Fault::Unreachable
    })?;
    talk(stream, request).await
}

async fn connect(sockets: &[SocketAddr]) -> Result<TcpStream, Fault> {
    for socket in sockets.iter().take(TRIES_MAX) {
        match TcpStream::connect(socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) => tracing::debug!(%error, "another host could not be reached"),
        }
    }
    Err(Fault::Unreachable)
}

async fn talk<S>(stream: S, request: &Request) -> Result<Answer, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| {
        tracing::debug!(%error, "another host's answer");
        Fault::Broken
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let ask = async {
        let answer = sender.send_request(written(request)?).await.map_err(broken)?;
        let (head, body) = answer.into_parts();
        let (body, whole) = read(body, request.bounds.body_bytes).await?;
        Ok(Answer {
            address: request.address.clone(),
            status: head.status,
            headers: head.headers,
            body,
            whole,
        })
    };
    tokio::pin!(ask);
    // The connection is driven here and ends with the call, so that nothing is left behind.
    tokio::select! {
        answer = &mut ask => answer,
        ended = connection => match ended {
            // All that it had to say may lie ready.
            Ok(()) => ask.await,
            Err(error) => Err(broken(error)),
        },
    }
}

/// The request as it goes over the connection.
fn written(request: &Request) -> Result<http::Request<Full<Bytes>>, Fault> {
    let path = &request.address[url::Position::BeforePath..url::Position::AfterQuery];
    let mut written = http::Request::builder()
        .method(request.method.clone())
        .uri(path)
        .body(Full::new(request.body.clone()))
        .map_err(|_| Fault::Address)?;
    let headers = written.headers_mut();
    headers.clone_from(&request.headers);
    headers.insert(header::HOST, host(&request.address)?);
    headers.insert(header::USER_AGENT, AGENT);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(written)
}

fn host(address: &Url) -> Result<HeaderValue, Fault> {
    let host = &address[url::Position::BeforeHost..url::Position::AfterPort];
    HeaderValue::from_str(host).map_err(|_| Fault::Address)
}

/// As much of a body as may be, and whether that is all.
async fn read(mut body: hyper::body::Incoming, most: usize) -> Result<(Bytes, bool), Fault> {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::Broken)?;
        let Ok(data) = frame.into_data() else { continue };
        let room = most - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok((read.freeze(), false));
        }
    }
    Ok((read.freeze(), true))
}
