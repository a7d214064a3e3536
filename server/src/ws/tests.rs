//! The hub and its door with a bus that cannot be relied on, which no real server can be made to have.

use std::{
    io,
    ops::RangeInclusive,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use backend::{
    Backend, Caller, Credential, Event, Signup,
    account::Registration,
    bus::{Bus, Delivery, Subscription, memory::MemoryBus},
    connect::{Config, connect},
    health::Health,
    marker::Reading,
    message::Post,
};
use chat::{
    Nonce, RoomId,
    wire::{ClientFrame, ServerFrame},
};
use futures::{SinkExt, StreamExt, stream, task::AtomicWaker};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::task;
use crate::hub::Hub;

mod degraded;
mod signed_out;
mod stalled;

/// Loses, doubles and swaps events, and can be cut off altogether.
struct TreacherousBus {
    inner: MemoryBus,
    random: Mutex<StdRng>,
    /// An event held back until the next one has gone.
    late: Mutex<Option<Event>>,
    cut: AtomicBool,
    /// Whether it says itself that it is cut off.
    honest: AtomicBool,
    gaps: tokio::sync::broadcast::Sender<()>,
}

impl TreacherousBus {
    fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryBus::new(),
            random: Mutex::new(StdRng::seed_from_u64(seed)),
            late: Mutex::default(),
            cut: AtomicBool::new(false),
            honest: AtomicBool::new(false),
            gaps: tokio::sync::broadcast::Sender::new(16),
        })
    }

    fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::SeqCst);
    }

    /// Cuts it off, which it knows.
    fn fail(&self) {
        self.honest.store(true, Ordering::SeqCst);
        self.cut(true);
    }

    fn confess(&self) {
        self.gaps.send(()).unwrap();
    }
}

#[async_trait]
impl Bus for TreacherousBus {
    fn name(&self) -> &'static str {
        "treacherous"
    }

    fn health(&self) -> Health {
        match self.honest.load(Ordering::SeqCst) && self.cut.load(Ordering::SeqCst) {
            true => Health::Degraded,
            false => Health::Ok,
        }
    }

    async fn publish(&self, event: Event) {
        if self.cut.load(Ordering::SeqCst) {
            return;
        }
        let dice = if matches!(event, Event::Logged(_)) {
            self.random.lock().random_range(0..10)
        } else {
            9
        };
        let late = self.late.lock().take();
        match dice {
            0 | 1 => {}
            2 | 3 => *self.late.lock() = Some(event),
            4 => {
                self.inner.publish(event.clone()).await;
                self.inner.publish(event).await;
            }
            _ => self.inner.publish(event).await,
        }
        if let Some(late) = late {
            self.inner.publish(late).await;
        }
    }

    fn subscribe(&self) -> Subscription {
        let gaps = stream::unfold(self.gaps.subscribe(), |mut gaps| async move {
            gaps.recv().await.ok().map(|()| (Delivery::Gap, gaps))
        });
        Box::pin(stream::select(self.inner.subscribe(), gaps))
    }
}

/// Holds a connection's task back, and knows how its writing goes.
#[derive(Default)]
struct Rein {
    held: AtomicBool,
    task: AtomicWaker,
    /// How often in a row the task wanted to write and could not.
    refused: AtomicUsize,
}

impl Rein {
    /// From now on the task does nothing, and so no time of its runs either.
    fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.task.wake();
    }

    async fn lead(&self, task: impl Future<Output = ()>) {
        let mut task = pin!(task);
        std::future::poll_fn(|context| {
            self.task.register(context.waker());
            if self.held.load(Ordering::SeqCst) {
                Poll::Pending
            } else {
                task.as_mut().poll(context)
            }
        })
        .await;
    }

    /// Waits until the task has waited for its reader for so long that it let go of the log: it found no room,
    /// again when that time was over, and a third time as it went on slowly.
    async fn has_let_go(&self) {
        let third = async {
            while self.refused.load(Ordering::SeqCst) < 3 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), third)
            .await
            .expect("it gets stuck");
    }
}

/// A task's end of the pipe.
struct Watched {
    pipe: DuplexStream,
    rein: Arc<Rein>,
}

impl Watched {
    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.rein.refused.fetch_add(1, Ordering::SeqCst),
            Poll::Ready(_) => self.rein.refused.swap(0, Ordering::SeqCst),
        };
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.pipe).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.pipe).poll_write_vectored(context, parts);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.pipe.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(context)
    }
}

async fn register(backend: &Arc<Backend>, username: &str) -> Caller {
    let registration = Registration {
        username: username.into(),
        password: "correct horse battery".into(),
        display_name: None,
        invite: None,
    };
    let signed_in = backend.register(registration, "here").await.unwrap();
    Caller {
        author: signed_in.user.author,
        role: signed_in.user.role,
        bot: false,
        credential: Credential::Session(signed_in.session),
    }
}

struct Scene {
    _folder: TempDir,
    backend: Arc<Backend>,
    hub: Arc<Hub>,
    caller: Caller,
    room: RoomId,
}

impl Scene {
    async fn with(bus: Arc<dyn Bus>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            database_url: format!("sqlite://{}", folder.path().join("natter.db").display()),
            database_replica_url: None,
            files: folder.path().join("files").display().to_string(),
            redis_url: None,
            limits: "off".parse().unwrap(),
            signup: Signup::Open,
            site: None,
            previews: false,
            outside: Vec::new(),
        };
        let backend = connect(&config).await.unwrap();
        let backend = Arc::new(Backend {
            bus,
            ..Arc::into_inner(backend).expect("the only one")
        });
        let caller = register(&backend, "rosa").await;
        let room = backend.list_rooms(&caller).await.unwrap()[0].id;
        let hub = Hub::start(Arc::clone(&backend), &config.limits);
        Self {
            _folder: folder,
            backend,
            hub,
            caller,
            room,
        }
    }

    async fn register(&self, username: &str) -> Caller {
        register(&self.backend, username).await
    }

    async fn post(&self, n: u64) -> u64 {
        let post = Post {
            room: self.room,
            body: format!("message {n}"),
            thread: None,
            nonce: None,
            attachments: Vec::new(),
            origin: None,
        };
        self.backend
            .post_message(&self.caller, post)
            .await
            .unwrap()
            .message
            .rev
    }

    /// Posts all of these, many at a time.
    async fn post_all(&self, numbers: RangeInclusive<u64>) {
        let posts = stream::iter(numbers).map(|n| self.post(n));
        posts.buffer_unordered(100).for_each(async |_| {}).await;
    }

    /// A client over a pipe that holds this many bytes.
    async fn connect(&self, pipe: usize) -> Client {
        self.connect_on(&Arc::default(), pipe).await
    }

    /// The same with its task on a rein.
    async fn connect_on(&self, rein: &Arc<Rein>, pipe: usize) -> Client {
        let (here, there) = tokio::io::duplex(pipe);
        let watched = Watched {
            pipe: there,
            rein: Arc::clone(rein),
        };
        let (rein, task) = (
            Arc::clone(rein),
            task::serve(Arc::clone(&self.hub), self.caller.clone(), None, watched),
        );
        tokio::spawn(async move { rein.lead(task).await });
        let stream = WebSocketStream::from_raw_socket(here, Role::Client, None).await;
        let mut client = Client {
            stream,
            waiting: Vec::new(),
        };
        assert!(matches!(client.next().await, ServerFrame::Hello { .. }));
        client
    }
}

struct Client {
    stream: WebSocketStream<DuplexStream>,
    waiting: Vec<ServerFrame>,
}

impl Client {
    async fn send(&mut self, frame: &ClientFrame) {
        self.stream
            .send(Message::text(serde_json::to_string(frame).unwrap()))
            .await
            .unwrap();
    }

    async fn join(&mut self, room: RoomId, after: Option<u64>) {
        self.send(&ClientFrame::Join {
            id: None,
            room,
            after,
        })
        .await;
    }

    async fn next(&mut self) -> ServerFrame {
        while self.waiting.is_empty() {
            let message = tokio::time::timeout(Duration::from_secs(20), self.stream.next());
            if let Message::Text(text) = message.await.expect("in time").expect("not the end").unwrap() {
                self.waiting = text
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
            }
        }
        self.waiting.remove(0)
    }

    /// The next frame that has to do with the room's log.
    async fn next_logged(&mut self) -> ServerFrame {
        loop {
            match self.next().await {
                ServerFrame::Presence { .. } | ServerFrame::Read { .. } | ServerFrame::Room { .. } => {}
                frame => return frame,
            }
        }
    }
}

/// The revision that a live frame carries.
fn rev_of(frame: &ServerFrame) -> u64 {
    match frame {
        ServerFrame::Message { message } | ServerFrame::Sent { message, .. } => message.rev,
        other => panic!("not a message: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_bus_does_readers_see_every_revision_once_and_ascending() {
    const POSTS: u64 = 200;
    for seed in 0..4 {
        let bus = TreacherousBus::new(seed);
        let scene = Scene::with(bus.clone()).await;
        let (mut one, mut two) = (scene.connect(1 << 20).await, scene.connect(512).await);
        for client in [&mut one, &mut two] {
            client.join(scene.room, None).await;
            assert!(matches!(
                client.next_logged().await,
                ServerFrame::Joined { last_rev: 0, .. }
            ));
        }
        let posting = async {
            for n in 0..POSTS {
                scene.post(n).await;
            }
            // The last may be among the lost, and nothing comes after it that would show it.
            bus.confess();
        };
        let reading = async |client: &mut Client| {
            for rev in 1..=POSTS {
                let frame = client.next_logged().await;
                assert!(
                    matches!(frame, ServerFrame::Message { .. }) && rev_of(&frame) == rev,
                    "{rev}: {frame:?}"
                );
            }
        };
        futures::join!(posting, reading(&mut one), reading(&mut two));
    }
}

#[tokio::test]
async fn a_send_has_one_answer_even_if_the_bus_never_tells_of_it() {
    const SENDS: u64 = 10;
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mut client = scene.connect(1 << 20).await;
    client.join(scene.room, None).await;
    assert!(matches!(client.next_logged().await, ServerFrame::Joined { .. }));
    bus.cut(true);
    for n in 1..=SENDS {
        let nonce = Nonce::new(n.to_string()).unwrap();
        client
            .send(&ClientFrame::Send {
                room: scene.room,
                nonce,
                body: "x".into(),
                thread: None,
                attachments: Vec::new(),
            })
            .await;
    }
    for n in 1..=SENDS {
        match client.next_logged().await {
            ServerFrame::Sent { nonce, message } => {
                assert_eq!((nonce.as_str(), message.rev), (&*n.to_string(), n))
            }
            other => panic!("{n}: {other:?}"),
        }
    }
    bus.cut(false);
    bus.confess();
    client.join(scene.room, Some(SENDS)).await;
    match client.next_logged().await {
        ServerFrame::Joined {
            last_rev, messages, ..
        } => assert_eq!((last_rev, messages), (SENDS, vec![])),
        other => panic!("answered twice: {other:?}"),
    }
}

#[tokio::test]
async fn what_was_lost_while_the_bus_was_away_comes_when_it_says_so() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let (mut reader, mut watcher) = (scene.connect(1 << 20).await, scene.connect(1 << 20).await);
    reader.join(scene.room, None).await;
    assert!(matches!(reader.next_logged().await, ServerFrame::Joined { .. }));
    bus.cut(true);
    for n in 1..=3 {
        scene.post(n).await;
    }
    bus.confess();
    for rev in 1..=3 {
        assert_eq!(rev_of(&reader.next_logged().await), rev);
    }
    match watcher.next_logged().await {
        ServerFrame::Head {
            last_seq, last_rev, ..
        } => assert_eq!((last_seq, last_rev), (3, 3)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reader_that_falls_off_the_log_is_let_in_again_with_what_it_missed() {
    let scene = Scene::with(Arc::new(MemoryBus::new())).await;
    // Its pipe is full at once, and it does not read for longer than the log waits for anyone.
    let rein = Arc::default();
    let mut slow = scene.connect_on(&rein, 256).await;
    slow.join(scene.room, None).await;
    assert!(matches!(
        slow.next_logged().await,
        ServerFrame::Joined { last_rev: 0, .. }
    ));
    // Held until all is there: however slow the machine, it does not pass for a reader that is gone for good.
    rein.hold();
    scene.post_all(1..=490).await;
    rein.release();
    rein.has_let_go().await;
    let (mut rev, mut entered_again) = (0, 0);
    while rev < 490 {
        match slow.next_logged().await {
            ServerFrame::Joined {
                id: None,
                messages,
                last_rev,
                limited: false,
                ..
            } => {
                let revs: Vec<u64> = messages.iter().map(|message| message.rev).collect();
                assert_eq!(revs, (rev + 1..=last_rev).collect::<Vec<_>>());
                (rev, entered_again) = (last_rev, entered_again + 1);
            }
            frame => {
                assert_eq!(rev_of(&frame), rev + 1);
                rev += 1;
            }
        }
    }
    assert_eq!(entered_again, 1);
    scene.post(491).await;
    assert_eq!(rev_of(&slow.next_logged().await), 491);
}

#[tokio::test]
async fn a_reader_that_is_hopelessly_behind_starts_at_the_head() {
    let scene = Scene::with(Arc::new(MemoryBus::new())).await;
    let rein = Arc::default();
    let mut slow = scene.connect_on(&rein, 256).await;
    slow.join(scene.room, None).await;
    assert!(matches!(
        slow.next_logged().await,
        ServerFrame::Joined { last_rev: 0, .. }
    ));
    rein.hold();
    scene.post_all(1..=1_400).await;
    rein.release();
    rein.has_let_go().await;
    let mut limited = false;
    while !limited {
        if let ServerFrame::Joined {
            limited: true,
            last_rev: 1_400,
            messages,
            ..
        } = slow.next_logged().await
        {
            limited = messages.is_empty();
        }
    }
    scene.post(1_401).await;
    assert_eq!(rev_of(&slow.next_logged().await), 1_401);
}

#[tokio::test]
async fn a_membership_that_was_lost_track_of_is_put_right() {
    let bus = TreacherousBus::new(0);
    let scene = Scene::with(bus.clone()).await;
    let mei = scene.register("mei").await;
    let draft = backend::room::ChannelDraft {
        name: "secret".into(),
        private: true,
        ..Default::default()
    };
    let secret = scene.backend.create_channel(&mei, draft).await.unwrap().id;
    scene
        .backend
        .invite_members(&mei, secret, &[scene.caller.id()])
        .await
        .unwrap();
    let mut rosa = scene.connect(1 << 20).await;
    rosa.join(secret, None).await;
    assert!(matches!(rosa.next_logged().await, ServerFrame::Joined { .. }));
    bus.cut(true);
    scene.backend.leave_room(&scene.caller, secret).await.unwrap();
    bus.cut(false);
    bus.confess();
    loop {
        if let ServerFrame::Room { room } = rosa.next().await {
            assert_eq!((room.id, room.member), (secret, false));
            break;
        }
    }
    let post = Post {
        room: secret,
        body: "among ourselves".into(),
        thread: None,
        nonce: None,
        attachments: Vec::new(),
        origin: None,
    };
    scene.backend.post_message(&mei, post).await.unwrap();
    scene
        .backend
        .type_in_room(
            &scene.caller,
            scene.room,
            None,
            chat::ConnectionId(uuid::Uuid::nil()),
        )
        .await
        .unwrap();
    rosa.join(scene.room, None).await;
    let frame = rosa.next_logged().await;
    assert!(
        matches!(frame, ServerFrame::Joined { room, .. } if room == scene.room),
        "{frame:?}"
    );
}
