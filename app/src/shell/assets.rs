//! The built files that a page loads, under the names that the build gave them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};

/// Up to this size in bytes the stylesheet travels inside the page: one request less before anything is seen.
const INLINE_BYTES_MAX: usize = 48 * 1024;

static ASSETS: OnceLock<Assets> = OnceLock::new();

/// What the pages of this build load.
#[derive(Clone, Debug)]
pub(super) struct Assets {
    style: Source,
    /// The address of the script that loads the islands' code.
    pub(super) js: Arc<str>,
    /// The address of the islands' code.
    pub(super) wasm: Arc<str>,
    /// The address of what keeps things for when there is no network. The asset step makes it; while developing there
    /// is none.
    pub(super) offline: Option<Arc<str>>,
    /// The address of what attends to drafts, notifications and the like; the same holds for it.
    pub(super) attention: Option<Arc<str>>,
}

#[derive(Clone, Debug)]
enum Source {
    Inline(Arc<str>),
    Linked(Arc<str>),
}

impl Assets {
    /// The files of the build that `options` tell of; looked up once.
    pub(super) fn of(options: &LeptosOptions) -> Self {
        ASSETS.get_or_init(|| Self::read(options)).clone()
    }

    /// The same for documents that come before any page or without the server's options: what the pages know, else
    /// what can be found now, which is not kept.
    pub(super) fn known(options: &LeptosOptions) -> Self {
        ASSETS.get().cloned().unwrap_or_else(|| Self::read(options))
    }

    fn read(options: &LeptosOptions) -> Self {
        let hashes = hashes(options);
        let name = |ending: &str| named(options, &hashes, ending);
        let address = |file: &str| Arc::from(format!("/{}/{file}", options.site_pkg_dir));
        let css = name("css");
        let folder = folder(options);
        let file = folder.join(&css);
        // While developing, only a linked stylesheet is exchanged without a reload.
        let watched = std::env::var_os("LEPTOS_WATCH").is_some();
        let text = fs::read_to_string(file)
            .ok()
            .filter(|text| !watched && text.len() <= INLINE_BYTES_MAX);
        Self {
            style: text.map_or_else(
                || Source::Linked(address(&css)),
                |text| Source::Inline(Arc::from(text)),
            ),
            js: address(&name("js")),
            wasm: address(&name("wasm")),
            offline: made(&folder, "offline.").as_deref().map(address),
            attention: made(&folder, "attention.").as_deref().map(address),
        }
    }
}

/// The first file that pages ask for and that is not there, although its folder holds files of that kind: the binary,
/// `hash.txt` beside it and the assets are not of one build then, and pages come without style and script.
#[must_use]
pub fn missing_asset(options: &LeptosOptions) -> Option<String> {
    let (hashes, folder) = (hashes(options), folder(options));
    let holds = |ending: &str| {
        let names = fs::read_dir(&folder).into_iter().flatten().flatten();
        names
            .map(|entry| entry.path())
            .any(|path| path.extension().is_some_and(|found| found == ending))
    };
    ["css", "js", "wasm"]
        .into_iter()
        .filter(|ending| holds(ending))
        .map(|ending| named(options, &hashes, ending))
        .find(|name| !folder.join(name).is_file())
}

fn folder(options: &LeptosOptions) -> PathBuf {
    PathBuf::from(&*options.site_root).join(&*options.site_pkg_dir)
}

/// What the build called its file with this ending.
fn named(options: &LeptosOptions, hashes: &[(String, String)], ending: &str) -> String {
    let hash = hashes.iter().find(|(kind, _)| kind == ending);
    let hash = hash.map(|(_, hash)| format!(".{hash}")).unwrap_or_default();
    format!("{}{hash}.{ending}", options.output_name)
}

/// The asset step's file of this kind, such as `offline.HASH.js`; it leaves one.
fn made(folder: &Path, kind: &str) -> Option<String> {
    let names = fs::read_dir(folder).ok()?.flatten();
    let mut names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|name| name.starts_with(kind) && name.ends_with(".js"))
}

/// What the build wrote beside the server's binary: a kind of file and its hash a line.
fn hashes(options: &LeptosOptions) -> Vec<(String, String)> {
    if !options.hash_files {
        return Vec::new();
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|exe| Some(exe.parent()?.join(&*options.hash_file)));
    let text = beside
        .and_then(|file| fs::read_to_string(file).ok())
        .unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(kind, hash)| (kind.trim().to_owned(), hash.trim().to_owned()))
        .collect()
}

/// The stylesheet, inside the page or linked from it.
#[component]
pub(super) fn Style() -> impl IntoView {
    match expect_context::<Assets>().style {
        Source::Inline(text) => {
            view! { <style nonce=use_nonce() inner_html=text.to_string()></style> }.into_any()
        }
        Source::Linked(address) => view! { <link rel="stylesheet" href=address.to_string()/> }.into_any(),
    }
}
