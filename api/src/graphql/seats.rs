//! How many sockets one user may have open.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Sockets a user may have open.
pub const PER_USER: usize = 8;

/// All open sockets, by user.
#[derive(Debug, Default)]
pub struct Seats {
    taken: Mutex<BTreeMap<String, usize>>,
}

/// One open socket; dropping it frees the seat.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    user: String,
}

impl Seats {
    /// Takes a seat for a user, if one is free.
    pub fn take(self: &Arc<Self>, user: &str) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(user.to_owned()).or_default();
        if *count >= PER_USER {
            return None;
        }
        *count += 1;
        Some(Seat {
            seats: self.clone(),
            user: user.to_owned(),
        })
    }

    /// Seats taken by all users.
    pub fn taken(&self) -> usize {
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .sum()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_socket_waits_for_a_free_seat() {
        let seats = Arc::new(Seats::default());
        let mut held: Vec<Seat> = (0..PER_USER).map(|_| seats.take("anna").unwrap()).collect();
        assert!(seats.take("anna").is_none());
        assert!(seats.take("berta").is_some());
        held.pop();
        assert!(seats.take("anna").is_some());
        held.clear();
        assert_eq!(seats.taken(), 0);
    }
}
