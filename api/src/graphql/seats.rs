//! How many sockets or terminals one user may have open, and all of them together.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// GraphQL sockets a user may have open.
pub const PER_USER: usize = 8;

/// All that are open, by user.
#[derive(Debug)]
pub struct Seats {
    taken: Mutex<BTreeMap<String, usize>>,
    per_user: usize,
    in_all: usize,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// This user has so many.
    OfUser(usize),
    /// There are so many.
    InAll(usize),
}

impl Default for Seats {
    fn default() -> Self {
        Self::new(PER_USER, usize::MAX)
    }
}

/// One open socket; dropping it frees the seat.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    user: String,
}

impl Seats {
    /// With these limits.
    pub fn new(per_user: usize, in_all: usize) -> Self {
        Self {
            taken: Mutex::default(),
            per_user,
            in_all,
        }
    }

    /// Takes a seat for a user, if one is free.
    pub fn take(self: &Arc<Self>, user: &str) -> Result<Seat, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.get(user).is_some_and(|count| *count >= self.per_user) {
            return Err(Full::OfUser(self.per_user));
        }
        if taken.values().sum::<usize>() >= self.in_all {
            return Err(Full::InAll(self.in_all));
        }
        *taken.entry(user.to_owned()).or_default() += 1;
        Ok(Seat {
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
        assert_eq!(seats.take("anna").unwrap_err(), Full::OfUser(PER_USER));
        assert!(seats.take("berta").is_ok());
        held.pop();
        assert!(seats.take("anna").is_ok());
        held.clear();
        assert_eq!(seats.taken(), 0);
    }

    #[test]
    fn all_users_together_have_a_limit_too() {
        let seats = Arc::new(Seats::new(2, 3));
        let held = ["anna", "anna", "berta"].map(|user| seats.take(user).unwrap());
        assert_eq!(seats.take("berta").unwrap_err(), Full::InAll(3));
        assert_eq!(seats.take("anna").unwrap_err(), Full::OfUser(2));
        drop(held);
        assert!(seats.take("berta").is_ok());
    }
}
