//! What the document tells of these calls.

use backend::{
    following::FOLLOWED_LIMIT_MAX,
    store::{FOLLOWED_MAX, UNREAD_REPLIES_MAX},
};
use chat::{Code, body::BODY_CHARS_MAX, notify::STATUS_CHARS_MAX};
use serde_json::{Value, json};

use super::{Limit, SavedListing};
use crate::openapi::{
    Api, Call,
    schema::{any_number, any_text, flag, id, many, meaning, named, object, one_of, or_null, text, time},
};

const OF_ROOM: &[Code] = &[Code::RoomNotFound, Code::NotAMember];
const OF_MESSAGE: &[Code] = &[Code::MessageNotFound, Code::NotAMember];

/// Tells of them all.
pub(in crate::rest) fn describe(api: &mut Api) {
    describe_schemas(api);
    describe_rooms(api);
    describe_person(api);
    describe_threads(api);
    describe_saved(api);
}

fn level() -> Value {
    one_of(&["all", "mentions", "nothing"])
}

fn describe_schemas(api: &mut Api) {
    let custom = object(
        &[
            ("text", text(0, STATUS_CHARS_MAX)),
            ("emoji", any_text()),
            ("until", or_null(&time())),
        ],
        &[],
    );
    api.schema("CustomStatus", custom);
    let minute = json!({ "type": "integer", "minimum": 0, "maximum": 1_439 });
    let daily = json!({ "type": "array", "items": minute, "minItems": 2, "maxItems": 2 });
    let daily = meaning(
        or_null(&daily),
        "Each day between these minutes of the day in UTC",
    );
    let until = meaning(or_null(&time()), "Until then, and no longer");
    api.schema("Quiet", object(&[], &[("until", until), ("daily", daily)]));
    api.schema(
        "OwnStatus",
        object(&[("custom", or_null(&named("CustomStatus")))], &[]),
    );
    let first = meaning(
        many(&named("Message"), None),
        "The first unread ones; of the first rooms only",
    );
    let waiting = object(&[("room", named("Room")), ("first", first)], &[]);
    api.schema("Unread", object(&[("rooms", many(&waiting, None))], &[]));
    let unread = json!({ "type": "integer", "minimum": 0, "maximum": UNREAD_REPLIES_MAX });
    let thread = object(
        &[
            ("root", named("Message")),
            (
                "unread",
                meaning(unread, "Unread replies of others, counted up to the maximum"),
            ),
            ("last_at", meaning(time(), "When the newest reply was posted")),
        ],
        &[],
    );
    api.schema(
        "FollowedThreads",
        object(&[("threads", many(&thread, None))], &[]),
    );
    let thread = object(&[("root", id()), ("room", id())], &[]);
    api.schema(
        "UnreadThreads",
        object(
            &[("threads", many(&thread, usize::try_from(FOLLOWED_MAX).ok()))],
            &[],
        ),
    );
    api.schema("Following", object(&[("following", flag())], &[]));
    let saved = object(&[("saved_at", time()), ("message", named("Message"))], &[]);
    let saved = [
        ("saved", many(&saved, None)),
        ("next_cursor", or_null(&any_text())),
    ];
    api.schema("SavedMessages", object(&saved, &[]));
    let at = meaning(or_null(&time()), "When it was written; `null`: there is none");
    api.schema(
        "Draft",
        object(&[("body", text(0, BODY_CHARS_MAX)), ("at", at)], &[]),
    );
}

fn describe_rooms(api: &mut Api) {
    let of_room = |call: Call| call.part("id", id()).refuses(OF_ROOM);
    let seq = json!({ "type": "integer", "minimum": 1, "maximum": u64::MAX });
    api.call(
        of_room(Call::post(
            "/api/rooms/{id}/unread",
            "markUnread",
            "Marks a message and all after it as unread, on every device",
        ))
        .detail("The marker begins a new `read_turn`; readings that name an older turn do not move it.")
        .takes(object(&[("seq", seq)], &[]))
        .gives_nothing(204),
    );
    let level = meaning(
        or_null(&level()),
        "Of which messages; `null`: as the kind of room has it",
    );
    api.call(
        of_room(Call::put(
            "/api/rooms/{id}/notify",
            "setNotify",
            "How the caller wants to hear of a room",
        ))
        .takes(object(&[], &[("level", level), ("muted", flag())]))
        .gives_nothing(204),
    );
    let path = "/api/rooms/{id}/draft";
    api.call(
        of_room(Call::get(
            path,
            "getDraft",
            "What the caller wrote in a room and did not send",
        ))
        .gives(200, "Draft"),
    );
    api.call(
        of_room(Call::put(
            path,
            "keepDraft",
            "Keeps a draft for all of the caller's devices",
        ))
        .detail("Gives the draft that is kept then, which may be a later one.")
        .takes(draft())
        .gives(200, "Draft"),
    );
    api.call(
        Call::get(
            "/api/unread",
            "listUnread",
            "Rooms with unread messages, those with mentions first",
        )
        .gives(200, "Unread"),
    );
}

fn describe_person(api: &mut Api) {
    let custom = object(
        &[],
        &[
            ("text", text(0, STATUS_CHARS_MAX)),
            ("emoji", any_text()),
            ("until", or_null(&time())),
        ],
    );
    api.call(
        Call::patch(
            "/api/me/status",
            "setStatus",
            "What the caller says of himself or herself",
        )
        .detail("Neither text nor emoji: nothing any more.")
        .takes(custom)
        .gives(200, "OwnStatus"),
    );
    let path = "/api/me/quiet";
    api.call(
        Call::get(path, "getQuiet", "When the caller does not want to be disturbed").gives(200, "Quiet"),
    );
    let quiet = meaning(named("Quiet"), "What is missing is `null`");
    api.call(
        Call::put(path, "setQuiet", "Sets that")
            .takes(quiet)
            .gives_nothing(204),
    );
}

fn describe_threads(api: &mut Api) {
    let list = Call::get(
        "/api/threads",
        "listThreads",
        "The threads that the caller follows",
    )
    .detail("Those with unread replies first, then by the newest reply.");
    api.call(Limit::<FOLLOWED_LIMIT_MAX>::describe(list).gives(200, "FollowedThreads"));
    api.call(
        Call::get(
            "/api/threads/unread",
            "listUnreadThreads",
            "Which of the threads that the caller follows have unread replies",
        )
        .detail("In no special order. The frame `thread` tells when to ask again.")
        .gives(200, "UnreadThreads"),
    );
    let path = "/api/threads/{id}/follow";
    let follow = |call: Call| call.part("id", id()).refuses(OF_MESSAGE);
    api.call(
        Call::get(path, "getFollowing", "Whether the caller follows a thread")
            .part("id", id())
            .refuses(&[Code::MessageNotFound])
            .gives(200, "Following"),
    );
    api.call(follow(Call::put(path, "followThread", "Follows a thread")).gives_nothing(204));
    api.call(follow(Call::delete(path, "unfollowThread", "Follows it no longer")).gives_nothing(204));
    api.call(
        follow(Call::post(
            "/api/threads/{id}/read",
            "readThread",
            "Marks a thread's replies as read, without the room",
        ))
        .takes(object(&[("seq", any_number())], &[]))
        .gives_nothing(204),
    );
    let path = "/api/threads/{id}/draft";
    api.call(
        follow(Call::get(
            path,
            "getReplyDraft",
            "The reply that the caller began in a thread and did not send",
        ))
        .gives(200, "Draft"),
    );
    api.call(
        follow(Call::put(
            path,
            "keepReplyDraft",
            "Keeps a draft of a reply for all of the caller's devices",
        ))
        .detail(
            "Gives the draft that is kept then, which may be a later one. The last 500 of a person are kept.",
        )
        .takes(draft())
        .gives(200, "Draft"),
    );
}

/// What is told of a draft.
fn draft() -> Value {
    let at = meaning(or_null(&time()), "When it was written; the later of two stays");
    object(&[("body", text(0, BODY_CHARS_MAX))], &[("at", at)])
}

fn describe_saved(api: &mut Api) {
    let path = "/api/messages/{id}/saved";
    api.call(
        Call::put(path, "saveMessage", "Saves a message for the caller")
            .part("id", id())
            .refuses(OF_MESSAGE)
            .refuses(&[Code::MessageDeleted, Code::TooMany])
            .gives_nothing(204),
    );
    api.call(
        Call::delete(path, "unsaveMessage", "Takes it off again")
            .part("id", id())
            .refuses(&[Code::MessageNotFound])
            .gives_nothing(204),
    );
    let list = Call::get(
        "/api/saved",
        "listSaved",
        "The caller's saved messages, the last one first",
    );
    api.call(SavedListing::describe(list, any_text()).gives(200, "SavedMessages"));
}
