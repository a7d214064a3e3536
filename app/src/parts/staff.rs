//! What the pages about people and rooms share, and no room's page needs.

use chat::Role;
use leptos::prelude::*;

/// What a role is called.
pub(crate) const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Moderator => "Moderator",
        Role::Member => "Member",
        Role::Guest => "Guest",
    }
}

/// A role that is worth mentioning: most people are members.
#[component]
pub(crate) fn RoleTag(role: Role) -> impl IntoView {
    (role != Role::Member).then(|| view! { <span class="tag">{role_words(role)}</span> }.into_any())
}
