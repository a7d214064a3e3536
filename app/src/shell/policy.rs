//! What a page may load and run: nothing that was not put there by us.

use leptos::nonce::use_nonce;

/// The `Content-Security-Policy` of the page that is being rendered. Scripts and styles inside the page carry its
/// nonce; there is no `unsafe-inline`, so no `style` attribute either.
pub(super) fn policy() -> String {
    let nonce = use_nonce()
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    // While developing, the page is told to reload over a socket of another port.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws:"
    } else {
        ""
    };
    format!(
        "default-src 'none'; script-src 'self'{nonce} 'wasm-unsafe-eval'; style-src 'self'{nonce}; \
         img-src 'self' data: blob:; media-src 'self'; connect-src 'self'{reload}; font-src 'self'; manifest-src 'self'; \
         worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
