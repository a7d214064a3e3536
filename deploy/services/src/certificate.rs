//! A certificate that nobody vouches for.

use std::{io, path::PathBuf, process::Command};

use tempfile::TempDir;

use crate::{postgres::run, server::folder};

/// A certificate for the loopback address, with its key. The files go when this is dropped.
#[derive(Debug)]
pub struct Certificate {
    folder: TempDir,
}

impl Certificate {
    /// Makes one with OpenSSL, valid for a day.
    ///
    /// # Errors
    ///
    /// When OpenSSL is not installed.
    pub fn make() -> io::Result<Self> {
        let folder = folder("certificate")?;
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]);
        openssl.args([
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
        ]);
        openssl
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(folder.path());
        run(&mut openssl)?;
        Ok(Self { folder })
    }

    /// The certificate's file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The key's file.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}
