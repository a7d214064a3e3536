//! How many files this process may hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::Error;

/// Standard streams, the runtime, a timer, `/proc` while it is read, some HTTP.
const RESERVED: u64 = 64;

/// Raises the limit of open files as far as allowed, and refuses more sockets than fit.
pub fn reserve_sockets(wanted: usize) -> Result<(), Error> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where raising is not allowed the check below speaks.
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = allowed.saturating_sub(RESERVED);
    if wanted as u64 > room {
        return Err(Error::Usage(format!(
            "{wanted} connections need as many open files; this process may have {allowed}, so at most {room} \
             connections. Raise the limit (ulimit -n), or start several generators with parts of the tokens file"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_fit_and_all_the_world_does_not() {
        assert!(reserve_sockets(10).is_ok());
        let error = reserve_sockets(usize::MAX).unwrap_err().to_string();
        assert!(error.contains("open files"), "{error}");
    }
}
