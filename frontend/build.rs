//! Keeps each piece of constant data apart, so that the splitter can move those that only one chunk uses into it.
//! Merged, all of them would stay in the main file.

fn main() {
    println!("cargo:rustc-link-arg-cdylib=--no-merge-data-segments");
    println!("cargo:rerun-if-changed=build.rs");
}
