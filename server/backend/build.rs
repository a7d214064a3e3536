//! Builds again when a migration comes: the macro that embeds them does not notice by itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
