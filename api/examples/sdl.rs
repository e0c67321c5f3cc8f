//! Writes the schema to standard output: `cargo run -q -p jarvis-api --example sdl > api/schema.graphql`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(jarvis_api::sdl().as_bytes())
}
