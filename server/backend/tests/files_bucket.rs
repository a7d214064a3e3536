//! The contract of files, on a bucket: a stand-in that speaks as much of S3's protocol as is needed, on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has found something")]

#[path = "bucket/mod.rs"]
mod bucket;
#[path = "contract/files.rs"]
mod contract;

mod make {
    use std::sync::Arc;

    use backend::files::{Files, object::ObjectFiles};
    use object_store::{aws::AmazonS3Builder, path::Path};

    use crate::bucket::Bucket;

    /// Where the files of one test are.
    pub(crate) struct Place(Bucket);

    impl Place {
        pub(crate) async fn new() -> Self {
            Self(Bucket::start().await)
        }

        /// As the environment would have it: these are the builder's own names for the variables.
        pub(crate) fn open(&self) -> Arc<dyn Files> {
            let builder = AmazonS3Builder::new()
                .with_bucket_name("natter")
                .with_endpoint(self.0.url())
                .with_allow_http(true)
                .with_region("here")
                .with_access_key_id("key")
                .with_secret_access_key("secret");
            Arc::new(ObjectFiles::built(builder, Path::from("chat/files")).unwrap())
        }
    }
}
