//! Profiles: what people tell of themselves.

use std::sync::Arc;

use chat::{
    Code, Problem, Profile, UserId,
    quota::Quota,
    user::{PRONOUNS_CHARS_MAX, TITLE_CHARS_MAX, display_name, line, time_zone},
};

use crate::{Backend, Caller, Result, stamp::now, store::ProfileEdit};

impl Backend {
    /// The user of this id, with status and with what he or she tells of himself or herself.
    ///
    /// # Errors
    /// `user_not_found`, `unavailable`.
    pub async fn find_profile(&self, user: UserId) -> Result<Profile> {
        let mut profile = self.store.profile(user).await?.ok_or(Code::UserNotFound)?;
        profile.user.status = self.presence.statuses(&[user]).await.pop().flatten();
        profile.user.custom = profile.user.custom.filter(|custom| custom.is_shown(now()));
        Ok(profile)
    }

    /// Changes the caller's profile; gives it as it is then.
    ///
    /// # Errors
    /// `invalid` with the fields at fault, `too_fast`, `unavailable`.
    pub async fn edit_profile(self: &Arc<Self>, caller: &Caller, edit: ProfileEdit) -> Result<Profile> {
        let edit = check(edit)?;
        self.limiter
            .take(Quota::Change, &caller.id().to_string())
            .await
            .allowed()?;
        let (user, before) = (caller.id(), caller.author.display_name.clone());
        self.carry_through(move |backend| async move {
            let edited = backend.store.edit_profile(user, edit).await?;
            let mut profile = edited.ok_or(Code::UserNotFound)?;
            if profile.user.author.display_name != before {
                backend.tell_user_changed(user).await?;
            }
            profile.user.status = backend.presence.statuses(&[user]).await.pop().flatten();
            Ok(profile)
        })
        .await
    }
}

/// Checks every field before refusing, so that a person corrects all of them at once.
fn check(edit: ProfileEdit) -> Result<ProfileEdit> {
    let mut problem: Option<Problem> = None;
    let mut checked =
        |field: &str, given: Option<String>, read: &dyn Fn(&str) -> Option<String>, rule: &str| {
            let read = given.as_deref().map(read);
            if read == Some(None) {
                problem = Some(match problem.take() {
                    Some(problem) => problem.and_invalid(field, rule),
                    None => Problem::invalid(field, rule),
                });
            }
            read.flatten()
        };
    let edit = ProfileEdit {
        display_name: checked(
            "display_name",
            edit.display_name,
            &display_name,
            "must have 1 to 64 characters and no control characters",
        ),
        title: checked(
            "title",
            edit.title,
            &|text| line(text, TITLE_CHARS_MAX),
            "must have at most 120 characters and no control characters",
        ),
        pronouns: checked(
            "pronouns",
            edit.pronouns,
            &|text| line(text, PRONOUNS_CHARS_MAX),
            "must have at most 40 characters and no control characters",
        ),
        time_zone: checked(
            "time_zone",
            edit.time_zone,
            &time_zone,
            "must be a name such as Europe/Oslo",
        ),
    };
    problem.map_or(Ok(edit), Err)
}
