//! `poll_oneoff`: waits until a clock reaches its time or a file is ready.
//!
//! Every subscription becomes one of four: settled at once (an error, a regular file), a time on a clock, a descriptor of the host
//! to poll, or a stream of the host program to ask now and then. Then it is one short wait after another (`wait.rs`) until
//! something has happened. Mistakes are events, too: one of many subscriptions does not spoil the others.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use super::flags::Rights;
use super::fs::Object;
use super::socket::Socket;
use super::supplied::FileId;
use super::wait;
use super::{Clock, Ctx};
use crate::files::HostStream;
use crate::sys::{self, Waiter};
use crate::types::*;

/// What has become of a subscription.
enum Outcome {
    Settled(Happened),
    /// Due at this time of the clock.
    Timer(Clock, u64),
    Poll(Source),
    /// A stream of the host program, which has nothing as long as it would have to wait.
    Ask(FileId),
}

/// What is told of something that has happened.
type Happened = Result<__wasi_event_fd_readwrite_t, Errno>;

enum Source {
    File(Arc<File>),
    Stream(HostStream),
    Socket(Arc<Socket>),
}

impl Source {
    fn waiter(&self, write: bool) -> Waiter<'_> {
        match self {
            Source::File(file) => Waiter::file(file.as_fd(), write),
            Source::Stream(stream) => Waiter::stream(*stream, write),
            Source::Socket(socket) => socket.waiter(write),
        }
    }

    /// What can be read at once; of a listener, a connection.
    fn bytes_available(&self, waiter: &Waiter<'_>) -> u64 {
        match self {
            Source::Socket(socket) if socket.is_listener() => 1,
            _ => waiter.bytes_available(),
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
        let mut events = self.events(subscriptions, &outcomes, &[]);
        loop {
            // What has happened already ends the wait, but not before everything was looked at.
            let timeout = if events.is_empty() {
                outcomes.iter().filter_map(Outcome::timeout).min()
            } else {
                Some(Duration::ZERO)
            };
            wait::step(&mut waiters, timeout)?;
            events = self.events(subscriptions, &outcomes, &waiters);
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    /// The events of all subscriptions that have happened.
    fn events(
        self,
        subscriptions: &[__wasi_subscription_t],
        outcomes: &[Outcome],
        waiters: &[Waiter<'_>],
    ) -> Vec<__wasi_event_t> {
        let mut waiters = waiters.iter();
        let mut events = Vec::new();
        for (subscription, outcome) in subscriptions.iter().zip(outcomes) {
            let happened = match outcome {
                Outcome::Settled(result) => Some(*result),
                Outcome::Timer(clock, due) => {
                    (*due <= sys::clock_time(*clock)).then(|| Ok(Default::default()))
                }
                Outcome::Poll(source) => waiters.next().and_then(|waiter| polled(source, waiter)),
                Outcome::Ask(id) => self.asked(*id),
            };
            if let Some(result) = happened {
                events.push(event(subscription, result));
            }
        }
        events
    }

    /// What a stream of the host program has, unless it would have to wait.
    fn asked(self, id: FileId) -> Option<Happened> {
        match self.with_file(id, |file| Ok(file.bytes_available()?)) {
            Err(Errno::AGAIN) => None,
            available => Some(available.map(|bytes| ready(bytes as u64))),
        }
    }

    fn outcome(self, subscription: &WasiSubscription) -> Outcome {
        let outcome = match subscription {
            WasiSubscription::Clock(clock) => {
                due(clock).map(|(clock, due)| Outcome::Timer(clock, due))
            }
            WasiSubscription::FdRead(file) => self.watch(file.fd, Rights::FD_READ),
            WasiSubscription::FdWrite(file) => self.watch(file.fd, Rights::FD_WRITE),
        };
        outcome.unwrap_or_else(|errno| Outcome::Settled(Err(errno)))
    }

    fn watch(self, fd: __wasi_fd_t, direction: Rights) -> Result<Outcome, Errno> {
        let state = self.lock();
        let entry = state.fs.entry(fd)?;
        // The right to read or write is enough: programs do not ask for the right to poll, nor do other hosts want it.
        if !entry.rights.contains(direction) {
            return Err(Errno::BADF);
        }
        let regular = entry.filetype == __WASI_FILETYPE_REGULAR_FILE;
        match entry.object.clone() {
            Object::File(file) => Ok(match file.host() {
                Some(host) if !regular => Outcome::Poll(Source::File(host.clone())),
                _ => Outcome::Settled(Ok(ready(file.rest()))),
            }),
            Object::Socket(socket) => Ok(Outcome::Poll(Source::Socket(socket))),
            Object::Supplied(file) => Ok(match state.fs.supplied.host_stream(file.id) {
                Some(stream) => Outcome::Poll(Source::Stream(stream)),
                None => Outcome::Ask(file.id),
            }),
            Object::Folder(_) | Object::Virtual(_) => Err(Errno::BADF),
        }
    }
}

impl Outcome {
    /// How long may be waited for it at most; `None` for ever.
    fn timeout(&self) -> Option<Duration> {
        match self {
            Outcome::Settled(_) => Some(Duration::ZERO),
            Outcome::Timer(clock, due) => {
                let rest = due.saturating_sub(sys::clock_time(*clock));
                Some(Duration::from_nanos(rest))
            }
            Outcome::Poll(_) => None,
            Outcome::Ask(_) => Some(wait::NOW_AND_THEN),
        }
    }
}

fn ready(nbytes: u64) -> __wasi_event_fd_readwrite_t {
    __wasi_event_fd_readwrite_t { nbytes, flags: 0 }
}

/// When a clock subscription is due: on its own clock if it names a time there, or else, as nothing moves that, on the monotonic one.
fn due(subscription: &__wasi_subscription_clock_t) -> Result<(Clock, u64), Errno> {
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
    if absolute {
        return Ok((clock, subscription.timeout));
    }
    let now = sys::clock_time(Clock::Monotonic);
    Ok((Clock::Monotonic, now.saturating_add(subscription.timeout)))
}

fn polled(source: &Source, waiter: &Waiter<'_>) -> Option<Happened> {
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
        nbytes: source.bytes_available(waiter),
        flags,
    }))
}

fn event(subscription: &__wasi_subscription_t, result: Happened) -> __wasi_event_t {
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
