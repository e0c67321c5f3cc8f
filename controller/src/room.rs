//! A disk without room: what is left of it is for the records that end things, so nothing is begun until there is more.

use crate::core::Core;
use jarvis_model::Event;
use std::time::Duration;

/// How often room is looked for while there is none; each try may write megabytes.
const TRY_EVERY: Duration = Duration::from_secs(30);
const FULL: &str = "the disk of the state folder is full";
const LACKING: &str = "nothing is done until there is room, looking goes on";
const REMEDY: &str = "Make room, at least 20 MB";

impl Core {
    /// Whether the disk is too full to begin anything; says so where people look, and takes it back when there is room.
    pub(crate) fn is_out_of_room(&mut self) -> bool {
        let now = self.now();
        if self.state.low_space && self.room_tried.is_some_and(|tried| now < tried + TRY_EVERY) {
            return true;
        }
        let low = self.ports.journal.low_space();
        self.room_tried = low.then_some(now);
        let ours = |why: &String| why.starts_with(FULL);
        if low && self.state.acting_stopped.is_none() {
            let why = format!("{FULL}; {LACKING}. {REMEDY}");
            tracing::error!(reason = %why, "acting stops");
            self.state.acting_stopped = Some(why);
        } else if !low && self.state.acting_stopped.as_ref().is_some_and(ours) {
            tracing::info!("the disk of the state folder has room again");
            self.state.acting_stopped = None;
        }
        self.state.low_space = low;
        low
    }

    /// Remembers that the disk is full, in the room that was kept for such a day, or that it is so no longer. Once each, also
    /// over restarts: people are told by it. What cannot be remembered now is tried with the next pass.
    pub(crate) fn remember_room(&mut self) {
        let event = match (self.state.low_space, self.memory.room_lacking) {
            (true, false) => Event::RoomLacking {
                text: format!("{LACKING}. {REMEDY}"),
            },
            (false, true) => Event::RoomRegained,
            _ => return,
        };
        drop(self.remember(vec![event]));
    }
}
