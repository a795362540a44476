//! `poll_oneoff`: waits until a clock reaches its time or a file is ready.
//!
//! Every subscription becomes one of three: settled at once (an error, a regular file, a stream of the host program, which never
//! waits), a time on the monotonic clock, or a descriptor of the host to poll. Then it is one wait after another until something
//! has happened.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use super::flags::Rights;
use super::fs::Object;
use super::{Clock, Ctx};
use crate::files::HostStream;
use crate::sys::{self, Waiter};
use crate::types::*;

/// What has become of a subscription.
enum Outcome {
    Settled(Result<__wasi_event_fd_readwrite_t, Errno>),
    /// Due at this time of the monotonic clock.
    Timer(u64),
    Poll(Source),
}

enum Source {
    File(Arc<File>),
    Stream(HostStream),
}

impl Source {
    fn waiter(&self, write: bool) -> Waiter<'_> {
        match self {
            Source::File(file) => Waiter::file(file.as_fd(), write),
            Source::Stream(stream) => Waiter::stream(*stream, write),
        }
    }
}

impl Ctx<'_> {
    /// Waits for the first of the subscriptions and gives the events of all that have happened by then.
    pub(crate) fn poll_oneoff(
        self,
        subscriptions: &[__wasi_subscription_t],
    ) -> Result<Vec<__wasi_event_t>, Errno> {
        if subscriptions.is_empty() {
            return Err(Errno::INVAL);
        }
        let outcomes: Vec<Outcome> = subscriptions
            .iter()
            .map(|subscription| self.outcome(&subscription.u))
            .collect();
        let deadline = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Settled(_) => Some(0),
            Outcome::Timer(due) => Some(*due),
            Outcome::Poll(_) => None,
        });
        let deadline = deadline.min();
        let mut waiters: Vec<Waiter<'_>> = subscriptions
            .iter()
            .zip(&outcomes)
            .filter_map(|(subscription, outcome)| match outcome {
                Outcome::Poll(source) => {
                    Some(source.waiter(matches!(subscription.u, WasiSubscription::FdWrite(_))))
                }
                _ => None,
            })
            .collect();
        loop {
            let timeout = deadline.map(|due| {
                Duration::from_nanos(due.saturating_sub(sys::clock_time(Clock::Monotonic)))
            });
            sys::wait(&mut waiters, timeout)?;
            let events = events(subscriptions, &outcomes, &waiters);
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    fn outcome(self, subscription: &WasiSubscription) -> Outcome {
        let outcome = match subscription {
            WasiSubscription::Clock(clock) => due(clock).map(Outcome::Timer),
            WasiSubscription::FdRead(file) => self.watch(file.fd, Rights::FD_READ),
            WasiSubscription::FdWrite(file) => self.watch(file.fd, Rights::FD_WRITE),
        };
        outcome.unwrap_or_else(|errno| Outcome::Settled(Err(errno)))
    }

    fn watch(self, fd: __wasi_fd_t, direction: Rights) -> Result<Outcome, Errno> {
        let mut state = self.lock();
        let entry = state.fs.entry(fd)?;
        // The right to read or write is enough: programs do not ask for the right to poll, nor do other hosts want it.
        if !entry.rights.contains(direction) {
            return Err(Errno::BADF);
        }
        let regular = entry.filetype == __WASI_FILETYPE_REGULAR_FILE;
        match entry.object.clone() {
            Object::File(file) => Ok(match file.host() {
                Some(host) if !regular => Outcome::Poll(Source::File(host.clone())),
                _ => ready(file.rest()),
            }),
            Object::Stream(slot) => match state.fs.host_stream(slot) {
                Some(stream) => Ok(Outcome::Poll(Source::Stream(stream))),
                None => Ok(ready(state.fs.stream(slot)?.bytes_available()? as u64)),
            },
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }
}

fn ready(nbytes: u64) -> Outcome {
    Outcome::Settled(Ok(__wasi_event_fd_readwrite_t { nbytes, flags: 0 }))
}

/// When a clock subscription is due, on the monotonic clock.
fn due(subscription: &__wasi_subscription_clock_t) -> Result<u64, Errno> {
    let absolute = match subscription.flags {
        0 => false,
        __WASI_SUBSCRIPTION_CLOCK_ABSTIME => true,
        _ => return Err(Errno::INVAL),
    };
    let clock = Clock::from_raw(subscription.clock_id)?;
    // The time spent computing stands still while one waits for it.
    if matches!(clock, Clock::ProcessCpu | Clock::ThreadCpu) {
        return Err(Errno::NOTSUP);
    }
    let delay = if absolute {
        subscription.timeout.saturating_sub(sys::clock_time(clock))
    } else {
        subscription.timeout
    };
    Ok(sys::clock_time(Clock::Monotonic).saturating_add(delay))
}

/// The events of all subscriptions that have happened.
fn events(
    subscriptions: &[__wasi_subscription_t],
    outcomes: &[Outcome],
    waiters: &[Waiter<'_>],
) -> Vec<__wasi_event_t> {
    let now = sys::clock_time(Clock::Monotonic);
    let mut waiters = waiters.iter();
    let mut events = Vec::new();
    for (subscription, outcome) in subscriptions.iter().zip(outcomes) {
        let happened = match outcome {
            Outcome::Settled(result) => Some(*result),
            Outcome::Timer(due) => {
                (*due <= now).then(|| Ok(__wasi_event_fd_readwrite_t::default()))
            }
            Outcome::Poll(_) => waiters.next().and_then(polled),
        };
        if let Some(result) = happened {
            events.push(event(subscription, result));
        }
    }
    events
}

fn polled(waiter: &Waiter<'_>) -> Option<Result<__wasi_event_fd_readwrite_t, Errno>> {
    if !waiter.ready {
        return None;
    }
    if waiter.invalid {
        return Some(Err(Errno::BADF));
    }
    let flags = if waiter.hangup {
        __WASI_EVENT_FD_READWRITE_HANGUP
    } else {
        0
    };
    Some(Ok(__wasi_event_fd_readwrite_t {
        nbytes: waiter.bytes_available(),
        flags,
    }))
}

fn event(
    subscription: &__wasi_subscription_t,
    result: Result<__wasi_event_fd_readwrite_t, Errno>,
) -> __wasi_event_t {
    let details = result.unwrap_or_default();
    __wasi_event_t {
        userdata: subscription.userdata,
        error: result.err().map_or(0, Errno::raw),
        type_: subscription.type_,
        u: match subscription.u {
            WasiSubscription::Clock(_) => EventEnum::Clock,
            WasiSubscription::FdRead(_) => EventEnum::FdRead(details),
            WasiSubscription::FdWrite(_) => EventEnum::FdWrite(details),
        },
    }
}
