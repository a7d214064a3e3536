//! The form of `/settings` that chooses between light and dark.

use leptos::prelude::*;

use super::{Answer, Answered, Form};
use crate::{
    address::Address,
    shell::theme::{Theme, keep},
};

/// Keeps the choice in this browser; any other name than `light` and `dark` leaves it to the system.
#[server(prefix = "/fn", endpoint = "choose_theme", protocol = Form)]
pub(crate) async fn choose_theme(#[server(default)] theme: String) -> Answered {
    Ok(Answer::see(Address::new("/settings")).with_cookie(keep(Theme::named(&theme))))
}
