//! jarvis-proxmox.
