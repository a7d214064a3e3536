//! Those who keep order.

mod expelling;
mod reports;
mod settings;

use backend::store::{RoomChange, RoomChanged, RoomEdit};
use chat::{AuditId, Role, RoomId, Timestamp, User, audit::Deed};
use uuid::Uuid;

use super::{Shared, people::entry};

async fn change_room(store: &Shared, room: RoomId, by: &User, edit: RoomEdit) -> RoomChanged {
    let change = RoomChange {
        room,
        by: by.author.id,
        at: Timestamp(6_000),
        edit,
        entry: AuditId(Uuid::now_v7()),
    };
    store.change_room(change).await.unwrap()
}

async fn make(store: &Shared, by: &User, whom: &User, role: Role) {
    let entry = entry(by, Deed::RoleChanged);
    store.set_role(whom.author.id, role, entry).await.unwrap();
}

fn slow(seconds: u32) -> RoomEdit {
    RoomEdit {
        slow_s: Some(seconds),
        ..RoomEdit::default()
    }
}
