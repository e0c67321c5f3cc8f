//! The comparison as a section of `docs/SIMULATOR.md`: written on demand, checked otherwise.
