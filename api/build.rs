//! Builds anew when the dashboard was: what is in `ui/dist` is embedded when this crate is compiled.

fn main() {
    let built = "../ui/dist";
    // A folder that is not there would count as changed at every build. Where it cannot be made, that is no harm.
    drop(std::fs::create_dir_all(built));
    println!("cargo::rerun-if-changed={built}");
}
