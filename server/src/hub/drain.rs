//! Sending everybody away before the process stops, a few at a time: those who come back do so
//! elsewhere, and not all at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chat::close::Close;
use tokio::time::{Instant, sleep, sleep_until};

use super::Hub;

/// How long connections that were told to go may take to finish what they do.
const GRACE: Duration = Duration::from_secs(5);

impl Hub {
    /// Closes every connection within `window`, each at its own random moment, with `reconnect` and 1012.
    /// Returns when they are gone, or a little after the window at the latest.
    pub async fn drain(&self, window: Duration) {
        self.draining.store(true, Ordering::Release);
        let start = Instant::now();
        let mut leaving = Vec::new();
        self.each_connection(|connection| {
            leaving.push((window.mul_f64(rand::random::<f64>()), Arc::downgrade(connection)));
        });
        leaving.sort_unstable_by_key(|(offset, _)| *offset);
        for (offset, connection) in leaving {
            sleep_until(start + offset).await;
            if let Some(connection) = connection.upgrade() {
                connection.end(Close::Restart);
            }
        }
        // Those whose upgrade was under way when it began.
        self.each_connection(|connection| connection.end(Close::Restart));
        let deadline = Instant::now() + GRACE;
        while self.connections() > 0 && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
    }
}
