//! Everything that needs real files and real processes: conformance on disk, crashes by SIGKILL, two processes at once.

mod conformance;
mod journal;
mod kill;
