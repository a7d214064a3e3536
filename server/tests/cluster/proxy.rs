//! Behind a real nginx, configured as in earnest.

use std::{path::Path, process::Command, time::Duration};

use serde_json::json;
use services::{Certificate, Cluster, Plan};

use crate::{
    common::{Person, Socket},
    crew::{Crew, assert_holds},
    rolling::{aside, cluster, site},
};

const BINARY: &str = env!("CARGO_BIN_EXE_natter");
/// For how long nginx passes over an instance that did not answer, and a little more.
const FAIL_TIMEOUT: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn pages_and_sockets_work_through_nginx_and_go_on_when_an_instance_dies() {
    let site = site();
    let cluster = Cluster::start(Path::new(BINARY), site.path(), 3).unwrap();
    let rosa = Person::register(&cluster.nginx.url(), "rosa").await;
    let page = rosa.by_cookie("GET", "/rooms/general").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("data-testid=\"messages\""));
    assert_eq!(rosa.bare("GET", "/metrics").send().await.unwrap().status(), 404);

    let room = rosa.room_id("general").await;
    let cookie = [("cookie", rosa.cookie.as_str()), ("origin", rosa.url.as_str())];
    let mut reader = Socket::open(&rosa.url, &cookie)
        .await
        .expect("the site's own origin is let in");
    reader.join(&room, None).await;
    for number in 1..=cluster.instances.len() as u64 {
        let instance = &cluster.instances[number as usize - 1];
        instance.kill().unwrap();
        let said = rosa.say(&room, &format!("message {number}")).await;
        assert_eq!(said["seq"], number, "the next request succeeds");
        let mut returned = rosa.connect().await;
        let joined = returned.join(&room, Some(number - 1)).await;
        assert_eq!(joined["messages"], json!([said]), "and so does who comes back");
        instance.start_again().unwrap();
        // nginx asks it again after so long; were all of them dead lately, it would ask nobody.
        tokio::time::sleep(FAIL_TIMEOUT).await;
    }
    assert_eq!(rosa.history(&room).await.len(), cluster.instances.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_is_killed_and_everybody_comes_back_through_it() {
    let site = site();
    let cluster = cluster(site.path()).await;
    let crew = Crew::start(vec![cluster.nginx.url()]).await;
    let mut cluster = cluster;
    for _ in 0..2 {
        (cluster, ()) = aside(cluster, |cluster| {
            cluster.nginx.kill().unwrap();
            cluster.nginx.start_again().unwrap();
        })
        .await;
        crew.advance(60).await;
    }
    assert_holds(&crew.conclude("nginx_killed").await);
}

/// What curl says: `format` of `--write-out`, and the body.
fn curl(arguments: &[&str], format: &str) -> (String, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--max-time", "20", "--write-out"]);
    let output = curl.arg(format!("\n{format}")).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, said) = text.rsplit_once('\n').unwrap();
    (said.to_owned(), body.to_owned())
}

/// How many requests of this route each instance has answered.
async fn counts(cluster: &Cluster, route: &str) -> Vec<f64> {
    let mut counts = Vec::new();
    for instance in &cluster.instances {
        let metrics = reqwest::get(format!("{}/metrics", instance.url()))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let series = format!("http_request_duration_seconds_count{{method=\"GET\",route=\"{route}\"");
        let values = metrics.lines().filter(|line| line.starts_with(&series));
        counts.push(
            values
                .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
                .sum(),
        );
    }
    counts
}

#[tokio::test]
async fn over_tls_browsers_get_http_2_kept_assets_and_even_shares_of_the_instances() {
    let site = site();
    let certificate = Certificate::make().unwrap();
    std::fs::write(site.path().join("pkg/natter.0123456789.js"), "export {}").unwrap();
    let plan = Plan {
        settings: &["NATTER_LIMITS=register=1/1h", "RUST_LOG=warn"],
        certificate: Some(&certificate),
        // Whoever comes from elsewhere than 127.0.0.1 counts, and soon comes too often.
        replaced: &[
            ("127.0.0.0/8 1;", "127.0.0.1/32 1;"),
            ("rate=100r/s", "rate=1r/s"),
            ("burst=400", "burst=5"),
        ],
        ..Plan::default()
    };
    let cluster = Cluster::with(Path::new(BINARY), site.path(), &plan).unwrap();
    let at = |path: &str| format!("{}{path}", cluster.url());

    let (said, page) = curl(&["--http2", &at("/login")], "%{http_version} %{response_code}");
    assert_eq!(said, "2 200");
    assert!(page.contains("Sign in"), "{page}");
    let (said, _) = curl(
        &["--http1.1", "--tls-max", "1.1", &at("/login")],
        "%{response_code}",
    );
    assert_eq!(said, "000", "old TLS is refused");
    // The same file for ever: nginx asks once.
    let asset = at("/pkg/natter.0123456789.js");
    for kept in ["MISS", "HIT"] {
        let (_, head) = curl(&["--http2", "--include", &asset], "");
        assert!(head.contains(&format!("x-cache: {kept}")), "{head}");
        assert!(head.contains("immutable") && head.contains("export {}"), "{head}");
    }
    let (said, _) = curl(&[&at("/pkg/natter.missing.js")], "%{response_code}");
    assert_eq!(
        said, "404",
        "which is asked for at every instance and kept nowhere"
    );

    // One client over 300 requests: none of the three gets less than half of its share.
    let rooms = at("/health?[1-300]");
    let (_, _) = curl(&["--http2", "--output", "/dev/null", &rooms], "");
    let shares = counts(&cluster, "/health").await;
    assert!(shares.iter().all(|share| *share > 50.0), "{shares:?}");

    // Each address may register once: the instances know who comes, whatever a client says of itself.
    let register = |from: &str, name: &str| {
        let body = format!("{{\"username\":\"{name}\",\"password\":\"correct horse battery\"}}");
        let json = "content-type: application/json";
        let claim = "x-forwarded-for: 203.0.113.1";
        let arguments = [
            "--interface",
            from,
            "-H",
            json,
            "-H",
            claim,
            "-H",
            "forwarded: for=203.0.113.2",
            "-d",
            &body,
        ];
        curl(
            &[&arguments[..], &[&at("/api/auth/register")]].concat(),
            "%{response_code}",
        )
        .0
    };
    let answers = [("127.0.0.2", "rosa"), ("127.0.0.3", "mei"), ("127.0.0.2", "li")]
        .map(|(from, name)| register(from, name));
    assert_eq!(answers, ["201", "201", "429"]);

    // A flood from one address is stopped before it reaches anyone.
    let flood = at("/health?[1-40]");
    let (_, answers) = curl(&["--interface", "127.0.0.4", "--include", &flood], "");
    assert!(
        answers.contains("429") && answers.contains("retry-after: 1"),
        "{answers}"
    );
    assert!(answers.contains("\"code\":\"too_fast\""), "{answers}");
    assert!(
        curl(&[&at("/health")], "%{response_code}").0 == "200",
        "nobody else is"
    );
    socket_over_tls(&cluster);
}

/// Without a session the handshake succeeds, and the server says in its way why it ends.
fn socket_over_tls(cluster: &Cluster) {
    let handshake = [
        "--http1.1",
        "--include",
        "-H",
        "connection: upgrade",
        "-H",
        "upgrade: websocket",
        "-H",
        "sec-websocket-version: 13",
        "-H",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let url = format!("{}/ws", cluster.url());
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--insecure", "--no-buffer", "--max-time", "3"])
        .args(handshake);
    let output = curl.arg(url).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("HTTP/1.1 101"), "{said}");
    assert!(said.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{said}");
}

#[test]
fn what_the_script_writes_is_what_nginx_understands() {
    let certificate = Certificate::make().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx/render.sh");
    let rendered = Command::new(script)
        .arg("chat.example.org")
        .args([certificate.file(), certificate.key()])
        .args(["10.0.0.11:3000", "10.0.0.12:3000", "10.0.0.13:3000"])
        .output()
        .unwrap();
    assert!(rendered.status.success(), "{rendered:?}");
    let site = String::from_utf8(rendered.stdout).unwrap();
    assert!(!site.contains("${"), "{site}");
    for (settings, upstreams) in [("max_fails=1", 2), ("max_fails=0", 1)] {
        let line = format!("server 10.0.0.12:3000 {settings}");
        assert_eq!(site.matches(&line).count(), upstreams, "{site}");
    }
    let folder = tempfile::tempdir().unwrap();
    // As root would, but for the places and ports that are the system's.
    let site = site
        .replace("443 ssl", "10443 ssl")
        .replace(":80;", ":10080;")
        .replace("listen 80;", "listen 10080;");
    let place = folder.path().display().to_string();
    let site = site
        .replace("/var/cache/nginx", &place)
        .replace("/var/log/nginx", &place);
    std::fs::write(folder.path().join("natter.conf"), site).unwrap();
    let main = "error_log stderr; pid nginx.pid; events {} http { access_log off; include natter.conf; }";
    std::fs::write(folder.path().join("nginx.conf"), main).unwrap();
    let mut nginx = Command::new("/usr/sbin/nginx");
    nginx
        .args(["-t", "-e", "stderr", "-c", "nginx.conf", "-p"])
        .arg(folder.path());
    let tested = nginx.output().unwrap();
    assert!(
        tested.status.success(),
        "{}",
        String::from_utf8_lossy(&tested.stderr)
    );
}
