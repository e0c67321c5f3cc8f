//! The Proxmox VE cluster over its REST API (7 to 9): the [`jarvis_ports::Hypervisor`] port as a typed client.
//!
//! Guarantees: every call ends in time; a write is sent once or not at all, to one entry point, and every doubt about
//! it is told as unknown; a frozen entry point delays nobody but itself; the token appears in no text.
//! Assumes: HTTP/1.1, any node answers for the whole cluster and forwards what concerns another.
//! This is the only crate that builds a Proxmox URL. It decides nothing and remembers nothing beyond the health of its
//! entry points.
//!
//! | module | what |
//! | --- | --- |
//! | [`options`] | settings, checked |
//! | [`token`], [`login`] | the credential: a token, or user and password |
//! | `session`, `admission` | the ticket of a log-in; what a request goes with |
//! | [`tls`], [`fingerprint`] | trust in certificates |
//! | [`client`] | entry points, their order, slots |
//! | `ask` | asking: fail-over, hedging |
//! | `looks`, `quorum` | the port's looks |
//! | `backups` | the newest backup of each guest |
//! | `effects` | the port's writes |
//! | [`watchdog`] | the one door past the guard: one guest, two requests (ADR 9) |
//! | `agent` | programs inside guests |
//! | `console` | consoles of guests, for terminals |
//! | `entry`, [`health`], `gate` | one entry point: exchange, standing, slots |
//! | `answer`, `decode`, `list`, `loose` | what an answer says |
//! | [`privileges`] | what the token may do |
//! | [`peer`], `checkup` | certificates before they are trusted, clocks, versions: for the doctor |
//! | `paths` | how a request is spelled |
//! | [`replay`] | recorded answers, for tests |
//!
//! What Proxmox expects of a client, and the test that fails where it is not met:
//!
//! | point | test |
//! | --- | --- |
//! | the reason phrase is kept | `an_error_without_a_body_is_told_by_its_reason_phrase` |
//! | `errors` before `message` before the reason | `the_text_is_errors_then_message_then_reason` |
//! | 401 with an empty body | `an_error_without_a_body_is_told_by_its_reason_phrase` |
//! | 595 to 599: a node that cannot be reached; for a write, unknown | `looks_are_sorted_by_what_to_do`, `writes_are_accepted_rejected_or_unknown` |
//! | a write waits longer than Proxmox's own 30 s | `the_limits_fit_to_those_of_proxmox` |
//! | only a GET is repeated | `a_get_lost_before_its_answer_is_repeated_once`, `whatever_happens_after_sending_is_unknown_and_never_repeated` |
//! | a task id comes back as it went | `task_ids_come_back_as_they_went` |
//! | `WARNINGS: N` is a success | `warnings_are_a_success` |
//! | numbers, flags and words in any dress | `numbers_come_in_many_dresses`, `bytes_and_trees_are_read_alike` |
//! | unknown words are kept, unknown rows skipped | `live_words_are_kept`, `rows_of_other_versions_are_read_and_strange_ones_skipped` |
//! | what stands beside `data` (`total`) | `tasks_are_asked_for_at_their_node_and_told` |
//! | no DELETE with a body, no chunked body | `every_write_is_a_post_with_a_length_and_nothing_is_deleted` |
//! | a key given twice is an array: none is meant, none is sent | `no_form_gives_a_key_twice_or_a_raw_separator` |
//! | compressed answers | `a_compressed_answer_is_read` |
//! | a guest that moved is looked for once | `a_guest_that_moved_is_found_again_once` |
//! | an empty list proves nothing without the right to see | `an_empty_guest_list_is_believed_only_with_the_right_to_see_guests` |
//! | two entry points or more | `the_next_entry_point_is_asked_at_once_when_one_is_down` |
//! | the cluster's CA, or pins | `the_cluster_ca_is_trusted_and_nobody_else`, `pins_accept_their_certificates_whatever_the_name_and_nothing_else` |
//! | no secret in any text | `a_token_is_sent_whole_and_shown_in_part`, `no_text_shows_the_secret`, `a_password_is_sent_whole_and_never_shown` |
//! | a ticket: cookie, CSRF token, renewal | `one_log_in_serves_all_entry_points_and_writes_carry_the_csrf_token`, `a_ticket_is_renewed_by_itself_before_it_ends` |
//! | a program inside a guest: an array of words, followed to its end | `a_guest_is_read_through_its_agent`, `a_program_inside_a_guest_is_run_once_and_seen_through` |
//! | a shared storage is read once; what cannot be read is named | `backups_are_the_newest_of_every_storage` |
//! | a refused log-in is not repeated | `a_refused_log_in_is_told_and_not_repeated` |

pub mod client;
pub mod fingerprint;
pub mod health;
pub mod login;
pub mod options;
pub mod peer;
pub mod privileges;
#[doc(hidden)]
pub mod replay;
pub mod tls;
pub mod token;
pub mod watchdog;

mod admission;
mod agent;
mod answer;
mod ask;
mod backups;
mod checkup;
mod console;
mod decode;
mod effects;
mod entry;
mod gate;
mod list;
mod looks;
mod loose;
mod paths;
mod quorum;
mod session;
#[cfg(test)]
mod tests;

pub use client::{EntryStats, Proxmox};
pub use console::Consoles;
pub use fingerprint::{Fingerprint, InvalidFingerprint};
pub use health::Class;
pub use login::{Credential, InvalidLogin, Login};
pub use looks::AgentStanding;
pub use options::{DEFAULT_PORT, EntryPoint, Options, OptionsError, Timeouts};
pub use privileges::{Lack, Privileges};
pub use tls::{CertificateProblem, ClusterCa, InvalidTls, Tls};
pub use token::{InvalidToken, Token};
