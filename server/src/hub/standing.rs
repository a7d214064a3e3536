//! Whether those who are connected are still signed in. A connection is opened once and then lives for days;
//! sessions expire without anybody saying so, and what is said of them may be lost.

use std::{collections::HashSet, time::Duration};

use backend::{Credential, Problem, Result};
use chat::{Code, close::Close};

use super::{Hub, connection::Connection};

/// How many credentials are asked about at once.
const CREDENTIALS: usize = 200;
/// How long to wait between two such questions at most: others need the store as well.
const PAUSE: Duration = Duration::from_millis(100);

impl Hub {
    /// Ends the connections whose credential stands no longer.
    pub(super) async fn compare_credentials(&self) {
        let mut live = HashSet::new();
        self.each_connection(|connection| {
            live.insert(connection.credential);
        });
        let live: Vec<Credential> = live.into_iter().collect();
        for some in live.chunks(CREDENTIALS) {
            tokio::time::sleep(PAUSE.mul_f64(rand::random())).await;
            let fallen = match self.fallen(some).await {
                Ok(fallen) => fallen,
                Err(problem) => return tracing::warn!(%problem, "credentials could not be compared"),
            };
            if !fallen.is_empty() {
                self.each_connection(|connection| {
                    if fallen.contains(&connection.credential) {
                        connection.end(Close::NotSignedIn);
                    }
                });
            }
        }
    }

    /// Asks about the credential of a connection that has just been taken in: it may have ended before anybody
    /// could tell the connection so.
    ///
    /// # Errors
    /// `not_signed_in`, `unavailable`.
    pub(super) async fn check_credential(&self, connection: &Connection) -> Result<()> {
        match self.fallen(&[connection.credential]).await?.is_empty() {
            true => Ok(()),
            false => Err(Problem::new(Code::NotSignedIn)),
        }
    }

    async fn fallen(&self, asked: &[Credential]) -> Result<HashSet<Credential>> {
        let standing: HashSet<_> = self.backend.standing(asked).await?.into_iter().collect();
        let fallen = asked.iter().filter(|credential| !standing.contains(credential));
        Ok(fallen.copied().collect())
    }
}
