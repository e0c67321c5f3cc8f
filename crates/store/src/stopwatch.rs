//! How long the last sync took, or the one under way has taken by now: what a disk that hangs is known by.
//!
//! Decides nothing.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Times one thing at a time.
#[derive(Debug, Default)]
pub struct Stopwatch(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    since: Option<Instant>,
    last: Duration,
}

impl Stopwatch {
    /// Times a call.
    pub fn time<T>(&self, call: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        self.times().since = Some(began);
        let result = call();
        *self.times() = Times {
            since: None,
            last: began.elapsed(),
        };
        result
    }

    /// What is told: of the call under way when there is one, else of the last.
    pub fn told(&self) -> Duration {
        let times = self.times();
        times.since.map_or(times.last, |since| since.elapsed())
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_call_that_hangs_is_told_while_it_hangs() {
        let watch = &Stopwatch::default();
        assert_eq!(watch.told(), Duration::ZERO);
        let (begun, hear) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                watch.time(|| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                });
            });
            hear.recv().unwrap();
            let first = watch.told();
            while watch.told() <= first {
                std::thread::yield_now();
            }
            release.send(()).unwrap();
        });
        let ended = watch.told();
        assert!(ended > Duration::ZERO);
        assert_eq!(watch.told(), ended, "it grows no more once it is over");
        watch.time(|| ());
        assert!(watch.told() < ended.max(Duration::from_millis(5)));
    }
}
