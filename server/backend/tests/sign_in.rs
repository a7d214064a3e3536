//! How often someone may fail to sign in.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

use std::sync::Arc;

use backend::{Backend, Code, Signup, account::Registration, connect, connect::Config};
use tempfile::TempDir;

const RIGHT: &str = "correct horse battery";
const WRONG: &str = "a wrong one";

struct Scene {
    _folder: TempDir,
    backend: Arc<Backend>,
}

impl Scene {
    /// With rosa, whose password is [`RIGHT`].
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            database_url: format!("sqlite://{}", folder.path().join("natter.db").display()),
            database_replica_url: None,
            files: folder.path().join("files").display().to_string(),
            redis_url: None,
            limits: "sign_in=1000/1h,sign_in_failure=3/1h".parse().unwrap(),
            signup: Signup::Open,
            site: None,
            previews: false,
            outside: Vec::new(),
        };
        let backend = connect(&config).await.unwrap();
        let registration = Registration {
            username: "rosa".into(),
            password: RIGHT.into(),
            display_name: None,
            invite: None,
        };
        backend.register(registration, "::1").await.unwrap();
        Self {
            _folder: folder,
            backend,
        }
    }

    /// `None`: it worked.
    async fn sign_in(&self, username: &str, password: &str, address: &str) -> Option<Code> {
        let signing_in = self.backend.sign_in(username, password.to_owned(), address, None);
        signing_in.await.err().map(|problem| problem.code)
    }
}

#[tokio::test]
async fn after_too_many_failures_the_right_password_does_not_help() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        assert_eq!(
            scene.sign_in("rosa", WRONG, "::1").await,
            Some(Code::BadCredentials)
        );
    }
    for name in ["rosa", " Rosa "] {
        assert_eq!(scene.sign_in(name, RIGHT, "::1").await, Some(Code::TooFast));
    }
    assert_eq!(scene.sign_in("rosa", RIGHT, "::2").await, None);
}

#[tokio::test]
async fn guesses_made_at_once_are_no_more_than_guesses_one_by_one() {
    let scene = Scene::new().await;
    let guesses = [WRONG, WRONG, WRONG, RIGHT, RIGHT, RIGHT];
    let attempts = guesses.map(|guess| scene.sign_in("rosa", guess, "::1"));
    let answers = futures::future::join_all(attempts).await;
    assert_eq!(answers[..3], [Some(Code::BadCredentials); 3]);
    assert_eq!(answers[3..], [Some(Code::TooFast); 3]);
}

#[tokio::test]
async fn signing_in_counts_as_no_failure() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        assert_eq!(
            scene.sign_in("rosa", WRONG, "::1").await,
            Some(Code::BadCredentials)
        );
    }
    for _ in 0..5 {
        assert_eq!(scene.sign_in("rosa", RIGHT, "::1").await, None);
    }
    assert_eq!(
        scene.sign_in("rosa", WRONG, "::1").await,
        Some(Code::BadCredentials)
    );
    assert_eq!(scene.sign_in("rosa", RIGHT, "::1").await, Some(Code::TooFast));
}
