//! `?date=2026-11-01`: a room at the first message of a day. Days begin in UTC here, so that an address leads everyone
//! to the same message; with scripts, who chooses a day in the calendar gets their own.

use backend::{Backend, Problem, room::MayRead};
use chat::{Room, Timestamp, message::Bound};

use crate::{live::find::Find, parts::Show};

/// When a day such as `2026-11-01` begins.
fn beginning(day: &str) -> Option<Timestamp> {
    (day.len() == 10)
        .then(|| format!("{day}T00:00:00Z").parse().ok())
        .flatten()
}

/// The part of a room with the first message of a day, or of what came next; `None`: it is no day.
pub(super) async fn show_day(
    backend: &Backend,
    room: &Room,
    may_read: MayRead,
    day: &str,
) -> Result<Option<Show>, Problem> {
    let (Some(begin), last) = (beginning(day), room.last_seq) else {
        return Ok(None);
    };
    let (Some(first_at), Some(last_at)) = (
        written(backend, may_read, 1).await?,
        written(backend, may_read, last).await?,
    ) else {
        return Ok(Some(Show::Newest));
    };
    if last_at < begin {
        return Ok(Some(Show::Newest));
    }
    let mut find = Find::new(begin, first_at, last, last_at);
    while let Some(seq) = find.step() {
        let Some(at) = written(backend, may_read, seq).await? else {
            break;
        };
        find.heard(seq, at);
    }
    Ok(Some(Show::Around(find.found())))
}

/// When a message was written.
async fn written(backend: &Backend, may_read: MayRead, seq: u64) -> Result<Option<Timestamp>, Problem> {
    let Some(before) = seq.checked_sub(1) else {
        return Ok(None);
    };
    let page = backend.page_messages(may_read, Bound::After(before), 1).await?;
    Ok(page.messages.first().map(|message| message.created_at))
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn a_day_is_written_in_one_way() {
        assert_eq!(
            beginning("2026-11-01").map(|at| at.to_string()),
            Some("2026-11-01T00:00:00.000Z".into())
        );
        for none in [
            "",
            "2026-13-01",
            "2026-1-1",
            "20261101",
            "2026-11-01T",
            "abcd-ef-gh",
            "2026-11-0é",
        ] {
            assert_eq!(beginning(none), None, "{none}");
        }
    }
}
