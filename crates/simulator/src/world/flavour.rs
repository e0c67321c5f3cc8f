//! What kind of installation is simulated: which release, and whose emulator runs the machines.
//!
//! Pure values; what follows from them is decided where answers are made.

/// The release whose answers are given. Differences: section 17 of the API facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Release {
    /// Proxmox VE 8.4.
    V8,
    /// Proxmox VE 9.2.
    #[default]
    V9,
}

impl Release {
    /// `version`, `release` and `repoid` of `GET /version`.
    pub const fn version(self) -> [&'static str; 3] {
        match self {
            Self::V8 => ["8.4.5", "8.4", "57892e8e686cb35b"],
            Self::V9 => ["9.2.11", "9.2", "14a22df35955d97d"],
        }
    }
}

/// Whose emulator runs virtual machines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emulator {
    /// The vendor's patched build, as on every ordinary installation.
    #[default]
    Vendor,
    /// A distribution's plain build, as in the laboratory of the recordings: no disk counters, no ballooning figure, no
    /// name of the running machine.
    Stock,
}

/// Release and emulator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flavour {
    /// The release.
    pub release: Release,
    /// The emulator.
    pub emulator: Emulator,
}

/// How a node's firmware starts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Firmware {
    /// EFI, without secure boot.
    #[default]
    Efi,
    /// A BIOS of the old kind.
    LegacyBios,
}
