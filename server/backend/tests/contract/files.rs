//! What every keeper of files guarantees. The binary that includes this module makes what it is run on.

use std::sync::Arc;

use backend::files::{Files, FilesError, Kept, Pieces};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::make::Place;

async fn read(files: &Arc<dyn Files>, path: &str, range: std::ops::Range<u64>) -> Option<Vec<u8>> {
    let pieces = files.get(path, range).await.unwrap()?;
    let pieces: Vec<Bytes> = pieces.try_collect().await.unwrap();
    Some(pieces.concat())
}

async fn names(files: &Arc<dyn Files>, folder: &str) -> Vec<(String, u64)> {
    let mut names = files.list(folder).await.unwrap();
    names.sort();
    names
}

fn pieces(of: Vec<Kept<Bytes>>) -> Pieces {
    stream::iter(of).boxed()
}

#[tokio::test]
async fn what_was_put_is_read_whole_and_in_parts() {
    let place = Place::new().await;
    let files = place.open();
    files
        .put("files/a/whole", Bytes::from_static(b"0123456789"))
        .await
        .unwrap();
    assert_eq!(read(&files, "files/a/whole", 0..10).await.unwrap(), b"0123456789");
    assert_eq!(read(&files, "files/a/whole", 2..5).await.unwrap(), b"234");
    assert_eq!(read(&files, "files/a/whole", 7..100).await.unwrap(), b"789");
    assert_eq!(read(&files, "files/a/whole", 3..3).await.unwrap(), b"");
    files
        .put("files/a/whole", Bytes::from_static(b"new"))
        .await
        .unwrap();
    assert_eq!(read(&files, "files/a/whole", 0..10).await.unwrap(), b"new");
    files.ping().await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_no_error() {
    let place = Place::new().await;
    let files = place.open();
    assert_eq!(read(&files, "files/a/whole", 0..10).await, None);
    assert_eq!(names(&files, "files/a").await, []);
    files.remove("files/a").await.unwrap();
}

#[tokio::test]
async fn a_folder_lists_its_own_and_goes_with_all_that_is_in_it() {
    let place = Place::new().await;
    let files = place.open();
    for (path, length) in [
        ("parts/a/0-3", 3),
        ("parts/a/3-1", 1),
        ("parts/ab/0-2", 2),
        ("files/a/whole", 4),
    ] {
        files.put(path, Bytes::from(vec![7; length])).await.unwrap();
    }
    assert_eq!(
        names(&files, "parts/a").await,
        [("0-3".to_owned(), 3), ("3-1".to_owned(), 1)]
    );
    files.remove("parts/a").await.unwrap();
    assert_eq!(names(&files, "parts/a").await, []);
    assert_eq!(
        names(&files, "parts/ab").await.len(),
        1,
        "a name that begins the same is another"
    );
    assert_eq!(read(&files, "files/a/whole", 0..4).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_comes_in_pieces_is_there_as_a_whole() {
    let place = Place::new().await;
    let files = place.open();
    // More than one part of a bucket's upload, in pieces that fit none of them.
    let piece = |n: u8| Ok(Bytes::from(vec![n; 1_300_001]));
    let count = files
        .put_pieces("files/a/whole", pieces((0..10).map(piece).collect()))
        .await
        .unwrap();
    assert_eq!(count, 13_000_010);
    let all = read(&files, "files/a/whole", 0..count).await.unwrap();
    assert!(
        all.len() as u64 == count
            && all
                .chunks(1_300_001)
                .zip(0_u8..)
                .all(|(part, n)| part.iter().all(|b| *b == n))
    );
    assert_eq!(
        read(&files, "files/a/whole", 1_300_000..1_300_002).await.unwrap(),
        [0, 1]
    );
    assert_eq!(
        files.put_pieces("files/b/whole", pieces(vec![])).await.unwrap(),
        0
    );
    assert_eq!(
        files
            .put_pieces("files/c/whole", pieces(vec![Ok(Bytes::from_static(b"x"))]))
            .await
            .unwrap(),
        1
    );
    assert_eq!(read(&files, "files/c/whole", 0..1).await.unwrap(), b"x");
}

#[tokio::test]
async fn of_pieces_that_break_off_nothing_is_there() {
    let place = Place::new().await;
    let files = place.open();
    let broken = vec![
        Ok(Bytes::from(vec![1; 6_000_000])),
        Err(FilesError("the line broke".into())),
        Ok(Bytes::from_static(b"more")),
    ];
    let error = files
        .put_pieces("files/a/whole", pieces(broken))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("the line broke"), "{error}");
    assert_eq!(read(&files, "files/a/whole", 0..10).await, None);
    assert_eq!(names(&files, "files/a").await, []);
}

#[tokio::test]
async fn what_was_put_is_there_for_whoever_comes_later() {
    let place = Place::new().await;
    place
        .open()
        .put("files/a/whole", Bytes::from_static(b"abc"))
        .await
        .unwrap();
    assert_eq!(read(&place.open(), "files/a/whole", 0..3).await.unwrap(), b"abc");
}
