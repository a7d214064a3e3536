//! How many uploads are taken in at a time: each holds a piece of a file in memory.

use std::{collections::HashMap, sync::Arc};

use chat::{Problem, UserId};
use parking_lot::Mutex;

use crate::Result;

/// The most of all users together.
const AT_ONCE: u32 = 128;
/// The most of one user.
const AT_ONCE_A_USER: u32 = 8;
/// When it is worth trying again, in seconds.
const BUSY_S: u64 = 2;

/// Who is uploading right now; one a process.
#[derive(Clone, Default)]
pub struct Receiving(Arc<Mutex<HashMap<UserId, u32>>>);

/// The right to upload, until it is dropped.
pub(crate) struct Admitted {
    user: UserId,
    receiving: Receiving,
}

impl Receiving {
    /// Lets one upload more of `user` in.
    ///
    /// # Errors
    /// `too_fast` where the user has too many already, `unavailable` where all together have.
    pub(crate) fn admit(&self, user: UserId) -> Result<Admitted> {
        let mut uploads = self.0.lock();
        if uploads.get(&user).is_some_and(|own| *own >= AT_ONCE_A_USER) {
            return Err(Problem::too_fast(BUSY_S));
        }
        if uploads.values().sum::<u32>() >= AT_ONCE {
            return Err(Problem::unavailable(BUSY_S));
        }
        *uploads.entry(user).or_default() += 1;
        Ok(Admitted {
            user,
            receiving: self.clone(),
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut uploads = self.receiving.0.lock();
        if let Some(own) = uploads.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                uploads.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chat::Code;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_user_cannot_keep_the_others_out_and_what_ends_makes_room() {
        let receiving = Receiving::default();
        let (rosa, mei) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let mut own: Vec<_> = (0..AT_ONCE_A_USER)
            .map(|_| receiving.admit(rosa).unwrap())
            .collect();
        assert_eq!(receiving.admit(rosa).err().map(|e| e.code), Some(Code::TooFast));
        assert!(receiving.admit(mei).is_ok());
        own.pop();
        assert!(receiving.admit(rosa).is_ok());
        drop(own);
        assert!(receiving.0.lock().is_empty());
    }

    #[test]
    fn all_together_are_bounded() {
        let receiving = Receiving::default();
        let all: Vec<_> = (0..AT_ONCE)
            .map(|n| receiving.admit(UserId(Uuid::from_u128(n.into()))).unwrap())
            .collect();
        let more = receiving.admit(UserId(Uuid::from_u128(u128::MAX)));
        assert_eq!(more.err().map(|e| e.code), Some(Code::Unavailable));
        drop(all);
    }
}
