//! Work that is not cut short by whoever asked for it going away. What writes and then tells does both inside of
//! this: a client that hangs up must not come between the commit and the bus.

use std::sync::Arc;

use chat::{Code, Problem};

use crate::{Backend, Result};

impl Backend {
    /// Does `work` in a task of its own, to its end, even if nobody waits for it any longer.
    pub(crate) async fn carry_through<T, F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        carry_through(work(Arc::clone(self))).await
    }
}

async fn carry_through<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work).await.map_err(|error| {
        tracing::error!(%error, "a use case failed");
        Problem::new(Code::Internal)
    })?
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it() {
        let (go, told_to_go) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let work = carry_through(async {
            told_to_go.await.unwrap();
            done.send(()).unwrap();
            Ok(())
        });
        let mut work = Box::pin(work);
        assert!(futures::poll!(&mut work).is_pending());
        drop(work);
        go.send(()).unwrap();
        is_done.await.unwrap();
    }
}
