//! Waiting for sockets and for time: epoll, and a timer of the kernel's. A runtime would wake a task
//! for each socket and keep time in milliseconds, which is as long as a good delivery takes.

use std::{io, time::Instant};

use rustix::{
    event::epoll::{self, CreateFlags, Event, EventData, EventFlags},
    fd::{AsFd, OwnedFd},
    io::Errno,
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};

use crate::error::Error;

/// Events taken at once: few, so that a send that falls due meanwhile is not late.
const BATCH: usize = 32;
const TIMER: u64 = u64::MAX;

/// What became possible on a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// The socket's connection.
    pub(crate) connection: usize,
    /// Whether the other side has ended: read on until nothing is left.
    pub(crate) is_ending: bool,
    pub(crate) is_writable: bool,
}

/// All sockets, and a timer.
pub(crate) struct Poll {
    epoll: OwnedFd,
    timer: OwnedFd,
    events: Vec<Event>,
}

impl Poll {
    pub(crate) fn new() -> Result<Self, Error> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(at("epoll"))?;
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags).map_err(at("timer"))?;
        let edge = EventFlags::IN | EventFlags::ET;
        epoll::add(&epoll, &timer, EventData::new_u64(TIMER), edge).map_err(at("timer"))?;
        Ok(Self {
            epoll,
            timer,
            events: Vec::with_capacity(BATCH),
        })
    }

    /// Watches a socket until it is closed. Each event comes once: what is there must be taken.
    pub(crate) fn add(&self, socket: impl AsFd, connection: usize) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(
            &self.epoll,
            socket,
            EventData::new_u64(connection as u64),
            flags,
        )?)
    }

    /// Waits for sockets, at the longest until then.
    pub(crate) fn wait(&mut self, until: Instant, ready: &mut Vec<Ready>) -> Result<(), Error> {
        ready.clear();
        let wait = until.saturating_duration_since(Instant::now());
        let zero = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        if !wait.is_zero() {
            let value = Timespec {
                tv_sec: wait.as_secs() as i64,
                tv_nsec: i64::from(wait.subsec_nanos()),
            };
            let once = Itimerspec {
                it_interval: zero,
                it_value: value,
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).map_err(at("timer"))?;
        }
        self.events.clear();
        let timeout = wait.is_zero().then_some(&zero);
        match epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(&mut self.events),
            timeout,
        ) {
            // A signal that did not end the process.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(at("epoll")(error)),
        }
        let sockets = self.events.iter().filter(|event| event.data.u64() != TIMER);
        ready.extend(sockets.map(|event| readiness(*event)));
        Ok(())
    }
}

fn readiness(event: Event) -> Ready {
    let (connection, flags) = (event.data.u64() as usize, event.flags);
    let is_ending = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
    Ready {
        connection,
        is_ending,
        is_writable: flags.contains(EventFlags::OUT),
    }
}

fn at(what: &'static str) -> impl FnOnce(Errno) -> Error {
    move |error| Error::io(what)(error.into())
}

#[cfg(test)]
mod tests {
    use std::{io::Write, os::unix::net::UnixStream, time::Duration};

    use super::*;

    #[test]
    fn waits_as_long_as_asked_and_not_for_what_has_passed() {
        let (mut poll, start, mut ready) = (Poll::new().unwrap(), Instant::now(), Vec::new());
        for step in 1..=20 {
            poll.wait(start + Duration::from_micros(300 * step), &mut ready)
                .unwrap();
            assert!(start.elapsed() >= Duration::from_micros(300 * step) && ready.is_empty());
        }
        poll.wait(start, &mut ready).unwrap();
    }

    #[test]
    fn each_event_comes_once_and_an_end_is_told() {
        let (mut poll, mut ready) = (Poll::new().unwrap(), Vec::new());
        let (near, mut far) = UnixStream::pair().unwrap();
        poll.add(&near, 7).unwrap();
        poll.wait(Instant::now(), &mut ready).unwrap();
        assert!(ready[0].connection == 7 && ready[0].is_writable && !ready[0].is_ending);
        poll.wait(Instant::now(), &mut ready).unwrap();
        assert!(ready.is_empty());
        far.write_all(b"!").unwrap();
        poll.wait(Instant::now(), &mut ready).unwrap();
        assert_eq!(ready.len(), 1);
        drop(far);
        poll.wait(Instant::now(), &mut ready).unwrap();
        assert!(ready[0].is_ending);
    }
}
