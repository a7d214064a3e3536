//! What people attend to: markers that go back, notifications, statuses, what waits, followed threads, saved messages
//! and drafts.

mod describe;

use axum::{Json, extract::State};
use backend::{
    following::FOLLOWED_LIMIT_MAX,
    saving::SAVED_LIMIT_MAX,
    store::{Draft, Followed},
};
use chat::{Custom, Level, Message, MessageId, Notify, Quiet, Room, RoomId, Timestamp};
use http::StatusCode;
use serde::{Deserialize, Serialize};

pub(super) use describe::describe;

use super::{
    listing::{Limit, Listing},
    payload::{Id, Parameters, Payload, whole},
};
use crate::{identity::SignedIn, problem::Refusal, state::AppState};

#[derive(Deserialize)]
pub(super) struct From {
    #[serde(deserialize_with = "whole")]
    seq: u64,
}

#[derive(Deserialize)]
pub(super) struct SetNotify {
    level: Option<Level>,
    #[serde(default)]
    muted: bool,
}

#[derive(Deserialize)]
pub(super) struct SetStatus {
    #[serde(default)]
    text: String,
    #[serde(default)]
    emoji: String,
    until: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct OwnStatus {
    custom: Option<Custom>,
}

#[derive(Serialize)]
pub(super) struct Unread {
    rooms: Vec<Waiting>,
}

#[derive(Serialize)]
struct Waiting {
    room: Room,
    first: Vec<Message>,
}

#[derive(Deserialize)]
pub(super) struct FollowedListing {
    #[serde(default)]
    limit: Limit<FOLLOWED_LIMIT_MAX>,
}

type SavedListing = Listing<SAVED_LIMIT_MAX>;

#[derive(Serialize)]
pub(super) struct Threads {
    threads: Vec<Thread>,
}

#[derive(Serialize)]
struct Thread {
    root: Message,
    unread: u64,
    last_at: Timestamp,
}

#[derive(Serialize)]
pub(super) struct UnreadThreads {
    threads: Vec<UnreadThread>,
}

#[derive(Serialize)]
struct UnreadThread {
    root: MessageId,
    room: RoomId,
}

#[derive(Serialize)]
pub(super) struct Following {
    following: bool,
}

#[derive(Serialize)]
pub(super) struct SavedList {
    saved: Vec<SavedMessage>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct SavedMessage {
    saved_at: Timestamp,
    message: Message,
}

#[derive(Deserialize)]
pub(super) struct PutDraft {
    body: String,
    at: Option<Timestamp>,
}

/// A draft as its author sees it; where there is none, an empty one of no time.
#[derive(Serialize)]
pub(super) struct OwnDraft {
    body: String,
    at: Option<Timestamp>,
}

impl OwnDraft {
    fn of(draft: Option<Draft>) -> Json<Self> {
        let at = draft.as_ref().map(|draft| draft.at);
        let body = draft.map(|draft| draft.body).unwrap_or_default();
        Json(Self { body, at })
    }
}

const DONE: Result<StatusCode, Refusal> = Ok(StatusCode::NO_CONTENT);

pub(super) async fn mark_unread(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(From { seq }): Payload<From>,
) -> Result<StatusCode, Refusal> {
    state.backend.mark_unread(&caller, room, seq).await?;
    DONE
}

pub(super) async fn set_notify(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(SetNotify { level, muted }): Payload<SetNotify>,
) -> Result<StatusCode, Refusal> {
    let notify = Notify { level, muted };
    state.backend.set_notify(&caller, room, notify).await?;
    DONE
}

pub(super) async fn set_status(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(SetStatus { text, emoji, until }): Payload<SetStatus>,
) -> Result<Json<OwnStatus>, Refusal> {
    let custom = state.backend.set_custom(&caller, &text, &emoji, until).await?;
    Ok(Json(OwnStatus { custom }))
}

pub(super) async fn quiet(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Quiet>, Refusal> {
    Ok(Json(state.backend.quiet(&caller).await?))
}

pub(super) async fn set_quiet(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Payload(quiet): Payload<Quiet>,
) -> Result<StatusCode, Refusal> {
    state.backend.set_quiet(&caller, quiet).await?;
    DONE
}

pub(super) async fn unread(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Unread>, Refusal> {
    let waiting = state.backend.list_waiting(&caller).await?.into_iter();
    let waiting = waiting.map(|backend::attention::Waiting { room, first }| Waiting { room, first });
    Ok(Json(Unread {
        rooms: waiting.collect(),
    }))
}

pub(super) async fn threads(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(FollowedListing { limit }): Parameters<FollowedListing>,
) -> Result<Json<Threads>, Refusal> {
    let threads = state.backend.list_followed(&caller, limit.get()).await?;
    let threads = threads.into_iter();
    let thread = |Followed {
                      root,
                      unread,
                      last_at,
                  }| Thread {
        root,
        unread,
        last_at,
    };
    Ok(Json(Threads {
        threads: threads.map(thread).collect(),
    }))
}

pub(super) async fn unread_threads(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> Result<Json<UnreadThreads>, Refusal> {
    let threads = state.backend.unread_threads(&caller).await?.into_iter();
    let thread = |backend::store::UnreadThread { root, room }| UnreadThread { root, room };
    Ok(Json(UnreadThreads {
        threads: threads.map(thread).collect(),
    }))
}

pub(super) async fn following(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
) -> Result<Json<Following>, Refusal> {
    let following = state.backend.find_following(&caller, root).await?;
    Ok(Json(Following { following }))
}

pub(super) async fn follow(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.follow_thread(&caller, root, true).await?;
    DONE
}

pub(super) async fn unfollow(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.follow_thread(&caller, root, false).await?;
    DONE
}

pub(super) async fn read_thread(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
    Payload(From { seq }): Payload<From>,
) -> Result<StatusCode, Refusal> {
    state.backend.read_thread(&caller, root, seq).await?;
    DONE
}

pub(super) async fn saved(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Parameters(SavedListing { limit, cursor }): Parameters<SavedListing>,
) -> Result<Json<SavedList>, Refusal> {
    let page = state
        .backend
        .list_saved(&caller, limit.get(), cursor.as_deref())
        .await?;
    let saved = page.saved.into_iter();
    Ok(Json(SavedList {
        saved: saved
            .map(|(saved_at, message)| SavedMessage { saved_at, message })
            .collect(),
        next_cursor: page.next_cursor,
    }))
}

pub(super) async fn save(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.save_message(&caller, message, true).await?;
    DONE
}

pub(super) async fn unsave(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(message): Id<MessageId>,
) -> Result<StatusCode, Refusal> {
    state.backend.save_message(&caller, message, false).await?;
    DONE
}

pub(super) async fn draft(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
) -> Result<Json<OwnDraft>, Refusal> {
    Ok(OwnDraft::of(state.backend.draft(&caller, room).await?))
}

pub(super) async fn keep_draft(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(room): Id<RoomId>,
    Payload(PutDraft { body, at }): Payload<PutDraft>,
) -> Result<Json<OwnDraft>, Refusal> {
    let draft = state.backend.keep_draft(&caller, room, body, at).await?;
    Ok(OwnDraft::of(Some(draft)))
}

pub(super) async fn reply_draft(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
) -> Result<Json<OwnDraft>, Refusal> {
    Ok(OwnDraft::of(state.backend.reply_draft(&caller, root).await?))
}

pub(super) async fn keep_reply_draft(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Id(root): Id<MessageId>,
    Payload(PutDraft { body, at }): Payload<PutDraft>,
) -> Result<Json<OwnDraft>, Refusal> {
    let draft = state.backend.keep_reply_draft(&caller, root, body, at).await?;
    Ok(OwnDraft::of(Some(draft)))
}
