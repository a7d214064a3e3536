//! The hub: what happens reaches whoever wants to know it.
//!
//! A room is a log, a connection a set of cursors. What is durable is never queued for anyone: it is
//! appended once to its room's log, readers are rung, and each lends what lies behind its cursor
//! ([`log`]). What is not durable goes through a few slots per connection ([`slots`]). The hub holds
//! nothing that cannot be had from the store again, so any process can serve any connection.

pub(crate) mod bell;
pub(crate) mod connection;
mod crowd;
mod drain;
pub(crate) mod frame;
mod greet;
mod heads;
mod listen;
pub(crate) mod log;
mod members;
mod mend;
mod mentions;
pub(crate) mod metrics;
mod poll;
mod presence;
mod resume;
pub(crate) mod room;
mod seat;
mod slots;
mod standing;
mod tick;
mod user;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use backend::{Backend, Caller, stamp::new_id};
use chat::{
    ConnectionId, RoomId, UserId,
    quota::{Limits, Quota, Rate},
};
use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub(crate) use connection::Connection;
pub(crate) use crowd::Crowd;
pub(crate) use resume::Entered;
pub(crate) use seat::Reading;

use room::Room;
use user::LiveUser;

/// How many questions of newly opened connections and rooms the store gets at the same time. After a
/// restart everyone comes back at once; the rest of the server needs the store as well.
const QUESTIONS: usize = 32;

/// All live connections of this process and the rooms that they look at.
pub struct Hub {
    pub(crate) backend: Arc<Backend>,
    /// How many frames a connection may send; `None`: any number.
    pub(crate) frame_rate: Option<Rate>,
    pub(crate) metrics: metrics::Metrics,
    rooms: DashMap<RoomId, Arc<Room>>,
    users: DashMap<UserId, Arc<LiveUser>>,
    /// Changes heard of rooms that nobody here looks at.
    unheard: AtomicU64,
    /// Seconds since the hub was started, advanced by the tick: nobody needs to ask for the time.
    clock_s: AtomicU32,
    connected: AtomicUsize,
    draining: AtomicBool,
    asked: Mutex<HashMap<(RoomId, u64), resume::Question>>,
    permits: Arc<Semaphore>,
    debts: heads::Debts,
    presence: presence::Presence,
    moves: members::Moves,
    suspicions: mend::Suspicions,
    /// The version of all rooms' settings that was last compared with the store.
    rooms_version: AtomicU64,
}

impl Hub {
    /// Starts the hub: from now on it hears what happens. The metrics recorder has to be installed before.
    #[must_use]
    pub fn start(backend: Arc<Backend>, limits: &Limits) -> Arc<Self> {
        let events = backend.bus.subscribe();
        let hub = Arc::new(Self {
            backend,
            frame_rate: limits.rate(Quota::Frame),
            metrics: metrics::Metrics::new(),
            rooms: DashMap::new(),
            users: DashMap::new(),
            unheard: AtomicU64::new(0),
            clock_s: AtomicU32::new(0),
            connected: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            asked: Mutex::default(),
            permits: Arc::new(Semaphore::new(QUESTIONS)),
            debts: heads::Debts::default(),
            presence: presence::Presence::default(),
            moves: members::Moves::default(),
            suspicions: mend::Suspicions::default(),
            rooms_version: AtomicU64::new(0),
        });
        tokio::spawn(listen::listen(Arc::clone(&hub), events));
        tokio::spawn(mend::compare(Arc::clone(&hub)));
        tokio::spawn(members::settle(Arc::clone(&hub)));
        tokio::spawn(heads::pay(Arc::clone(&hub)));
        tokio::spawn(presence::tell(Arc::clone(&hub)));
        tokio::spawn(presence::compare(Arc::clone(&hub)));
        tokio::spawn(tick::tick(Arc::clone(&hub)));
        tokio::spawn(poll::poll(Arc::clone(&hub)));
        hub
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    /// Whether connections are being sent away: new ones are not to be taken.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Seconds since the start, to within one.
    pub(crate) fn clock_s(&self) -> u32 {
        self.clock_s.load(Ordering::Relaxed)
    }

    /// Takes a connection of the caller in. It is told things from now on, and leaves when the guest is dropped.
    pub(crate) fn connect(self: &Arc<Self>, caller: &Caller) -> Guest {
        loop {
            let entry = self.users.entry(caller.id());
            let user = Arc::clone(&entry.or_insert_with(|| Arc::new(LiveUser::new(caller.id()))));
            let id = ConnectionId(new_id());
            let connection = Arc::new(Connection::new(
                id,
                Arc::clone(&user),
                caller.clone(),
                self.clock_s(),
            ));
            if user.add(&connection) {
                self.connected.fetch_add(1, Ordering::Relaxed);
                self.metrics.connections.increment(1);
                return Guest {
                    hub: Arc::clone(self),
                    connection,
                };
            }
            // The user's last connection closed just now and takes the entry along.
            std::thread::yield_now();
        }
    }

    fn disconnect(&self, connection: &Arc<Connection>) {
        let user = &connection.user;
        // Memberships are held throughout: nobody may list a user who is about to go.
        let mut memberships = user.memberships();
        if user.remove(connection) {
            self.users
                .remove_if(&user.id, |_, current| Arc::ptr_eq(current, user));
            for listed in memberships.rooms.drain(..) {
                listed.room.dismiss(user);
            }
        }
        self.connected.fetch_sub(1, Ordering::Relaxed);
        self.metrics.connections.decrement(1);
    }

    /// The room of this id, known or new.
    fn room(&self, id: RoomId) -> Arc<Room> {
        Arc::clone(&self.rooms.entry(id).or_insert_with(|| Arc::new(Room::new(id))))
    }

    /// The room of this id, if anybody looks at it.
    fn known_room(&self, id: RoomId) -> Option<Arc<Room>> {
        self.rooms.get(&id).map(|room| Arc::clone(&room))
    }

    /// The user of this id, if connected here.
    fn live_user(&self, id: UserId) -> Option<Arc<LiveUser>> {
        self.users.get(&id).map(|user| Arc::clone(&user))
    }

    fn each_connection(&self, mut act: impl FnMut(&Arc<Connection>)) {
        let users: Vec<_> = self.users.iter().map(|user| Arc::clone(&user)).collect();
        users
            .iter()
            .flat_map(|user| user.connections())
            .for_each(|connection| act(&connection));
    }
}

/// A connection that is in the hub for as long as this lives, however its task ends.
pub(crate) struct Guest {
    hub: Arc<Hub>,
    /// The connection.
    pub(crate) connection: Arc<Connection>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.hub.disconnect(&self.connection);
        let (user, id) = (self.connection.user.id, self.connection.id);
        let backend = Arc::clone(&self.hub.backend);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { backend.clear_presence(user, id).await });
        }
    }
}
