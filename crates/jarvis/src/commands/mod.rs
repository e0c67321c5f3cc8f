//! The commands, one module each. Each takes its parsed arguments and returns how it ended.

pub mod act;
pub mod adopt;
pub mod audit;
pub mod chaos;
pub mod describe;
pub mod doctor;
pub mod explain;
pub mod field;
pub mod get;
pub mod healthcheck;
pub mod init;
pub mod mcp;
pub mod notify;
pub mod plan;
pub mod propose;
pub mod replay;
pub mod schema;
pub mod scripted;
pub mod simulate;
pub mod steer;
pub mod validate;
