//! The contract of files, on a folder.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

#[path = "contract/files.rs"]
mod contract;

mod make {
    use std::sync::Arc;

    use backend::files::{Files, object::ObjectFiles};
    use tempfile::TempDir;

    /// Where the files of one test are.
    pub(crate) struct Place(TempDir);

    impl Place {
        pub(crate) async fn new() -> Self {
            Self(TempDir::new().unwrap())
        }

        pub(crate) fn open(&self) -> Arc<dyn Files> {
            Arc::new(ObjectFiles::in_folder(&self.0.path().join("data/files")).unwrap())
        }
    }
}
