//! Keeps each piece of constant data apart, so that the splitter can move those that only one chunk uses into it.
//! Merged, all of them would stay in the main file.

fn main() {
    if std::env::var_os("CARGO_CFG_TARGET_FAMILY").is_some_and(|family| family == "wasm") {
        println!("cargo:rustc-link-arg-cdylib=--no-merge-data-segments");
    }
    println!("cargo:rerun-if-changed=build.rs");
}
