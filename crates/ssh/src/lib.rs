//! Hosts over SSH: one kept connection a host, programs by argument vector, the journal of nodes, Wake-on-LAN.
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | which hosts, with what key, within which limits |
//! | [`known`] | pinned host keys |
//! | [`quote`] | an argument vector as the one line SSH has room for |
//! | [`login`] | a connection, the host's key, and being let in |
//! | [`session`] | one connection, and programs on it |
//! | [`link`] | the connection of one host: kept, made anew, rested |
//! | [`shell`] | the [`jarvis_ports::HostShell`] port |
//! | [`terminal`] | the [`jarvis_ports::Terminal`] port: a person's shell, on a connection of its own |
//! | [`journal`] | following journals |
//! | [`news`] | what a line of a journal says of a guest |
//! | [`pace`] | how long to rest after failures, and how much news is too much |
//! | [`wake`] | Wake-on-LAN packets, from here and from a node |
//! | [`checkup`] | what the doctor asks of a host |
//!
//! | point | test |
//! | --- | --- |
//! | a host whose key is not pinned is not spoken to, unless told to trust the first | `an_unknown_host_is_refused_or_pinned_as_told` |
//! | a changed key is refused, nothing is run, and a new pin is enough to go on | `a_changed_host_key_is_refused_until_it_is_pinned_anew` |
//! | a key of another kind, or a revoked one, is a changed one | `another_kind_of_key_is_no_first_use` |
//! | a refused or unusable key is told, with what to do | `refused_and_unusable_keys_are_told` |
//! | a key with a passphrase, and an agent | `a_key_with_a_passphrase_lets_in`, `an_agent_lets_in` |
//! | arguments arrive as they were | `hostile_arguments_arrive_as_they_were`, `a_shell_gives_back_what_was_quoted` |
//! | a hanging program is ended, and the connection serves on | `a_hanging_program_is_ended` |
//! | 10 MB of output are cut at the cap | `ten_megabytes_are_cut` |
//! | fewer sessions than wanted are enough | `one_session_at_a_time_is_enough` |
//! | given up looks leave no channel behind | `given_up_looks_leave_no_channel_behind` |
//! | one connection serves all, and another is made when it is lost | `one_connection_serves_until_it_is_lost` |
//! | a host that is away is left to rest | `a_host_that_is_away_is_left_to_rest` |
//! | programs at once are bounded, over hosts and on each | `programs_at_once_are_bounded` |
//! | a command is sent once, in time, and told no better than known | `a_command_is_run_once_or_not_at_all`, `a_command_whose_end_is_not_seen_is_unknown` |
//! | a terminal takes no place from programs, and ends on its host when it is dropped | `a_terminal_takes_no_place_from_programs`, `a_dropped_terminal_ends_on_its_host` |
//! | a shell tells how it ended | `a_shell_tells_how_it_ended` |
//! | the journal is followed over a lost connection | `the_journal_is_followed_and_taken_up_again` |
//! | a packet has its 102 bytes, from here and from a node | `a_packet_arrives`, `a_node_sends_the_packet` |

pub mod checkup;
mod journal;
mod known;
mod link;
mod login;
mod news;
pub mod options;
mod pace;
mod quote;
mod session;
mod shell;
mod terminal;
mod wake;

#[cfg(test)]
mod tests;

pub use checkup::{Checkup, Stage};
pub use options::{Credential, Endpoint, FirstUse, JournalUse, Limits, Options, Passphrase};
pub use shell::Ssh;
pub use terminal::Terminals;
pub use wake::LanWaker;
