//! What the suites of ports that several instances share are run on.

use std::{sync::Arc, time::Duration};

/// One implementation as two instances have it. Within one process both are the same.
pub(crate) struct Ends<T: ?Sized> {
    pub(crate) near: Arc<T>,
    pub(crate) far: Arc<T>,
}

/// What must happen happens within this time, or the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// The result of `work`, which must not hang.
pub(crate) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("this should not take so long")
}
