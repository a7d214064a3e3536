//! Files in a folder, or in a bucket of S3 or of what speaks like it: both by way of `object_store`.

use std::{ops::Range, path::Path as Folder, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart, aws::AmazonS3Builder,
    local::LocalFileSystem, path::Path,
};

use super::{Files, FilesError, Kept, Pieces};

/// How many pieces of one file are on their way to a bucket at a time.
const PIECES_AT_ONCE: usize = 2;
/// The most names in a folder: parts of one upload, or what was made of one file.
const NAMES_MAX: usize = 10_000;

/// Files in whatever `object_store` speaks to.
pub struct ObjectFiles {
    name: &'static str,
    objects: Arc<dyn ObjectStore>,
    /// What all paths begin with.
    root: Path,
}

impl ObjectFiles {
    /// Files in a folder, which is made where there is none.
    ///
    /// # Errors
    /// Where the folder can neither be found nor made.
    pub fn in_folder(folder: &Folder) -> Kept<Self> {
        std::fs::create_dir_all(folder).map_err(failed)?;
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
        // An uploaded file is acknowledged once it would survive the machine's crash, as messages are.
        let objects = objects.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self::over("folder", Arc::new(objects), Path::default()))
    }

    /// Files in the bucket that `s3://BUCKET/PREFIX` names. Keys, region and endpoint are those of the environment, in
    /// the variables that all programs for S3 read: `AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL` and so on.
    ///
    /// # Errors
    /// Where address or variables cannot be understood.
    pub fn in_bucket(url: &url::Url) -> Kept<Self> {
        let root = Path::from_url_path(url.path()).map_err(failed)?;
        let bucket = url.host_str().unwrap_or_default();
        Self::built(AmazonS3Builder::from_env().with_bucket_name(bucket), root)
    }

    /// Files in the bucket that `builder` speaks to, below `root`.
    ///
    /// # Errors
    /// Where the builder lacks something.
    pub fn built(builder: AmazonS3Builder, root: Path) -> Kept<Self> {
        // Nothing else chooses who encrypts; a second choice is refused and does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let objects = builder.build().map_err(failed)?;
        Ok(Self::over("s3", Arc::new(objects), root))
    }

    /// Files in anything else that `object_store` speaks to.
    #[must_use]
    pub fn over(name: &'static str, objects: Arc<dyn ObjectStore>, root: Path) -> Self {
        Self { name, objects, root }
    }

    /// `path` below the root. Paths are ours: ids and names that need no escaping.
    fn at(&self, path: &str) -> Path {
        self.root.parts().chain(Path::from(path).parts()).collect()
    }
}

#[async_trait]
impl Files for ObjectFiles {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn put(&self, path: &str, bytes: Bytes) -> Kept<()> {
        let path = self.at(path);
        let put = self.objects.put(&path, bytes.into());
        put.await.map(drop).map_err(failed)
    }

    async fn put_pieces(&self, path: &str, mut pieces: Pieces) -> Kept<u64> {
        let upload = self.objects.put_multipart(&self.at(path)).await.map_err(failed)?;
        let (mut writing, mut count) = (WriteMultipart::new(upload), 0);
        loop {
            let next = match writing.wait_for_capacity(PIECES_AT_ONCE).await {
                Ok(()) => pieces.next().await,
                Err(error) => Some(Err(failed(error))),
            };
            match next {
                Some(Ok(bytes)) => {
                    count += bytes.len() as u64;
                    writing.put(bytes);
                }
                Some(Err(error)) => {
                    // What was begun is given up; should that fail, the bucket's own rules clear it away.
                    writing.abort().await.ok();
                    return Err(error);
                }
                None => break,
            }
        }
        writing.finish().await.map_err(failed)?;
        Ok(count)
    }

    async fn get(&self, path: &str, range: Range<u64>) -> Kept<Option<Pieces>> {
        if range.is_empty() {
            // There is no way to ask for nothing.
            return Ok(Some(stream::empty().boxed()));
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        match self.objects.get_opts(&self.at(path), options).await {
            Ok(found) => Ok(Some(found.into_stream().map_err(failed).boxed())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn list(&self, folder: &str) -> Kept<Vec<(String, u64)>> {
        let found = self.objects.list(Some(&self.at(folder))).take(NAMES_MAX);
        let named = found.try_filter_map(async |object| {
            Ok(object
                .location
                .filename()
                .map(|name| (name.to_owned(), object.size)))
        });
        named.try_collect().await.map_err(failed)
    }

    async fn remove(&self, folder: &str) -> Kept<()> {
        let found = self.objects.list(Some(&self.at(folder)));
        let paths = found.map_ok(|object| object.location).boxed();
        let removed = self.objects.delete_stream(paths);
        let outcomes = removed.filter_map(async |removed| match removed {
            // Somebody else was at it too.
            Ok(_) | Err(Error::NotFound { .. }) => None,
            Err(error) => Some(error),
        });
        let first = Box::pin(outcomes).next().await;
        first.map_or(Ok(()), |error| Err(failed(error)))
    }

    async fn ping(&self) -> Kept<()> {
        match self.objects.head(&self.at("none")).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FilesError {
    FilesError(error.into())
}
