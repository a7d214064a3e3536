//! What presence asks of Redis. Each question is one round trip and sees one moment.

use std::time::Duration;

use bb8_redis::redis::{self, Script};
use chat::{Status, UserId};
use uuid::Uuid;

use super::{LEAVE_IN, redis::ALIVE_FOR};
use crate::redis::{Away, PREFIX, Redis, owed::millis};

/// How long the users of an instance are kept after it was last heard of: time enough for another to tell.
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);
/// The statuses in Redis; offline is not written.
const ONLINE: &str = "o";
const AWAY: &str = "a";
const OFFLINE: &str = "";

/// Time, instances alive, and a user's status. KEYS[1]: until when each instance is alive, in milliseconds;
/// ARGV[1]: what their hashes' keys begin with.
const COMMON: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = redis.call('ZRANGE', KEYS[1], now, '+inf', 'BYSCORE')
local function status(user)
  local best = ''
  for _, instance in ipairs(alive) do
    local own = redis.call('HGET', ARGV[1] .. instance, user)
    if own == 'o' then return own end
    if own then best = own end
  end
  return best
end
";

/// Says that instance ARGV[2] is alive for ARGV[3] milliseconds, and writes pairs of user and status. Gives
/// whether it was known and alive, and the pairs that changed. One that was not begins anew.
const WRITE: &str = "
local own = KEYS[2]
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2]) or 0) >= now
if not known then
  redis.call('DEL', own)
  table.insert(alive, ARGV[2])
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
local changed = {}
for i = 5, #ARGV, 2 do
  local user = ARGV[i]
  local before = status(user)
  if ARGV[i + 1] == '' then
    redis.call('HDEL', own, user)
  else
    redis.call('HSET', own, user, ARGV[i + 1])
  end
  local after = status(user)
  if after ~= before then
    table.insert(changed, user)
    table.insert(changed, after)
  end
end
redis.call('PEXPIRE', own, ARGV[4])
return {known and 1 or 0, changed}";

/// Takes one instance that is not alive off the list; gives its users whose status that changed.
const BURY: &str = "
local dead = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. now, 'BYSCORE', 'LIMIT', 0, 1)[1]
local changed = {}
if not dead then return changed end
local users = redis.call('HGETALL', ARGV[1] .. dead)
redis.call('DEL', ARGV[1] .. dead)
redis.call('ZREM', KEYS[1], dead)
for i = 1, #users, 2 do
  local after = status(users[i])
  if after ~= 'o' and after ~= users[i + 1] then
    table.insert(changed, users[i])
    table.insert(changed, after)
  end
end
return changed";

/// Instance ARGV[2] is alive for no more than ARGV[3] milliseconds.
const LEAVE: &str = "
redis.call('ZADD', KEYS[1], 'XX', 'LT', now + ARGV[3], ARGV[2])";

const STATUSES: &str = "
local statuses = {}
for i = 2, #ARGV do statuses[i - 1] = status(ARGV[i]) end
return statuses";

/// Whoever is written anywhere, with the best of the statuses.
const PRESENT: &str = "
local best = {}
for _, instance in ipairs(alive) do
  local users = redis.call('HGETALL', ARGV[1] .. instance)
  for i = 1, #users, 2 do
    if best[users[i]] ~= 'o' then best[users[i]] = users[i + 1] end
  end
end
local present = {}
for user, own in pairs(best) do
  table.insert(present, user)
  table.insert(present, own)
end
return present";

/// The questions, as one instance asks them.
pub(super) struct Scripts {
    instances: String,
    prefix: String,
    instance: String,
    write: Script,
    bury: Script,
    leave: Script,
    statuses: Script,
    present: Script,
}

impl Scripts {
    pub(super) fn new(instance: Uuid) -> Self {
        let script = |body| Script::new(&format!("{COMMON}{body}"));
        Self {
            instances: format!("{PREFIX}instances"),
            prefix: format!("{PREFIX}presence:"),
            instance: instance.hyphenated().to_string(),
            write: script(WRITE),
            bury: script(BURY),
            leave: script(LEAVE),
            statuses: script(STATUSES),
            present: script(PRESENT),
        }
    }

    fn own(&self) -> String {
        format!("{}{}", self.prefix, self.instance)
    }

    /// Writes users' statuses by this instance and says that it is alive. Gives whether Redis knew it, and
    /// whose status this changed.
    pub(super) async fn write(
        &self,
        redis: &Redis,
        users: &[(UserId, Status)],
    ) -> Result<(bool, Vec<(UserId, Status)>), Away> {
        let mut question = self.write.key(&self.instances);
        question
            .key(self.own())
            .arg(&self.prefix)
            .arg(&self.instance)
            .arg(millis(ALIVE_FOR))
            .arg(millis(KEPT_FOR));
        for (user, status) in users {
            question.arg(user.0.to_string()).arg(letter(*status));
        }
        let (known, changed): (bool, Vec<String>) = redis.ask(&question).await?;
        Ok((known, pairs(&changed)))
    }

    /// Whose status changed because an instance died; each instance that died is told to one asker.
    pub(super) async fn bury(&self, redis: &Redis) -> Result<Vec<(UserId, Status)>, Away> {
        let mut question = self.bury.key(&self.instances);
        question.arg(&self.prefix);
        redis
            .ask(&question)
            .await
            .map(|changed: Vec<String>| pairs(&changed))
    }

    /// This instance is about to end.
    pub(super) async fn leave(&self, redis: &Redis) -> Result<(), Away> {
        let mut question = self.leave.key(&self.instances);
        question
            .arg(&self.prefix)
            .arg(&self.instance)
            .arg(millis(LEAVE_IN));
        redis.ask(&question).await
    }

    /// Users' statuses, in the order asked.
    pub(super) async fn statuses(&self, redis: &Redis, users: &[UserId]) -> Result<Vec<Status>, Away> {
        let mut question = self.statuses.key(&self.instances);
        question.arg(&self.prefix);
        for user in users {
            question.arg(user.0.to_string());
        }
        let letters: Vec<String> = redis.ask(&question).await?;
        Ok(letters.iter().map(|letter| status(letter)).collect())
    }

    /// Everyone who is not offline.
    pub(super) async fn present(&self, redis: &Redis) -> Result<Vec<(UserId, Status)>, Away> {
        let mut question = self.present.key(&self.instances);
        question.arg(&self.prefix);
        let present: Vec<String> = redis.ask(&question).await?;
        Ok(pairs(&present))
    }

    /// The users that Redis has of this instance.
    pub(super) async fn listed(&self, redis: &Redis) -> Result<Vec<UserId>, Away> {
        let mut question = redis::cmd("HKEYS");
        question.arg(self.own());
        let users: Vec<String> = redis.ask(&question).await?;
        Ok(users.iter().filter_map(|user| user_id(user)).collect())
    }
}

fn pairs(flat: &[String]) -> Vec<(UserId, Status)> {
    let pair = |pair: &[String]| match pair {
        [user, letter] => Some((user_id(user)?, status(letter))),
        _ => None,
    };
    flat.chunks(2).filter_map(pair).collect()
}

fn user_id(text: &str) -> Option<UserId> {
    text.parse().ok().map(UserId)
}

fn letter(status: Status) -> &'static str {
    match status {
        Status::Online => ONLINE,
        Status::Away => AWAY,
        Status::Offline => OFFLINE,
    }
}

fn status(letter: &str) -> Status {
    match letter {
        ONLINE => Status::Online,
        AWAY => Status::Away,
        _ => Status::Offline,
    }
}
