#[test]
fn dump() {
    for (p, t) in jarvis_crds::generated_files() {
        let p = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("generated")
            .join(p);
        std::fs::create_dir_all(p.parent().unwrap()).unwrap();
        std::fs::write(p, t).unwrap();
    }
}
