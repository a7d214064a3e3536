//! Behind proxies: whose request it is, and what it is called.

use serde_json::json;

use crate::common::TestServer;

/// The statuses of registrations that say that they come from these addresses.
async fn registrations(server: &TestServer, header: &str, clients: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (n, client) in clients.iter().enumerate() {
        let body = json!({ "username": format!("user{n}"), "password": "correct horse battery" });
        let request = reqwest::Client::new().post(format!("{}/api/auth/register", server.url()));
        let answer = request.header(header, *client).json(&body).send().await.unwrap();
        statuses.push(answer.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn limits_count_the_clients_that_a_trusted_proxy_names() {
    for header in ["x-forwarded-for", "forwarded"] {
        let setup = TestServer::setup().with("NATTER_LIMITS", "register=1/1h");
        let server = setup.with("NATTER_TRUSTED_PROXIES", "127.0.0.0/8,::1").start();
        let named = |address: &str| match header {
            "forwarded" => format!("for={address}"),
            _ => address.to_owned(),
        };
        let clients = ["192.0.2.1", "192.0.2.2", "192.0.2.1", "127.0.0.9"].map(named);
        let clients: Vec<&str> = clients.iter().map(String::as_str).collect();
        assert_eq!(
            registrations(&server, header, &clients).await,
            [201, 201, 429, 201],
            "{header}"
        );
        // Whoever writes something in front of what the proxy adds is still the same client.
        let claims = ["203.0.113.9, 192.0.2.1", "for=203.0.113.9, for=192.0.2.1"];
        let claim = if header == "forwarded" {
            claims[1]
        } else {
            claims[0]
        };
        assert_eq!(registrations(&server, header, &[claim]).await, [429], "{header}");
    }
}

#[tokio::test]
async fn nobody_is_believed_unless_the_operator_says_so() {
    let server = TestServer::setup().with("NATTER_LIMITS", "register=1/1h").start();
    let statuses = registrations(&server, "x-forwarded-for", &["192.0.2.1", "192.0.2.2"]).await;
    assert_eq!(statuses, [201, 429]);
}

#[tokio::test]
async fn a_request_keeps_the_name_that_it_has_if_that_is_fit_for_a_log() {
    let server = TestServer::start();
    let name_of = async |given: Option<&str>| {
        let mut request = reqwest::Client::new().get(format!("{}/health", server.url()));
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        let answer = request.send().await.unwrap();
        answer.headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(name_of(Some("edge-1.42_a")).await, "edge-1.42_a");
    for odd in ["two words", "\"quoted\"", &"x".repeat(65)] {
        assert_eq!(name_of(Some(odd)).await.len(), 36, "{odd} is replaced");
    }
    assert_ne!(name_of(None).await, name_of(None).await);
}

#[tokio::test]
async fn the_log_for_programs_has_one_object_a_line_with_the_name_of_the_request() {
    let server = TestServer::start();
    let mut command = server.command("127.0.0.1:0");
    command
        .env("NATTER_LOG_FORMAT", "json")
        .env("RUST_LOG", "natter=debug")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(process.stdout.take().unwrap()));
    let url = lines
        .next()
        .unwrap()
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned();
    let request = reqwest::Client::new().get(format!("{url}/health"));
    request.header("x-request-id", "find-me").send().await.unwrap();
    std::process::Command::new("kill")
        .arg(process.id().to_string())
        .status()
        .unwrap();
    let output = tokio::task::spawn_blocking(|| process.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let entries: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let found = entries.iter().find(|entry| entry["span"]["id"] == "find-me");
    let found = found.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(
        (&found["span"]["method"], &found["span"]["route"]),
        (&json!("GET"), &json!("/health"))
    );
    assert!(entries.iter().any(|entry| entry["message"] == "stopped"), "{log}");
}
