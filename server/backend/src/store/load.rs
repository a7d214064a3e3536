//! How busy a store is.

/// What is open and what waits at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Its connections.
    pub pools: Vec<PoolLoad>,
    /// Writes that were accepted and have not begun.
    pub waiting: usize,
}

/// The connections of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// What they lead to: `primary`, `replica`, `file`.
    pub name: &'static str,
    /// Those that nobody uses.
    pub idle: usize,
    /// Those in use.
    pub busy: usize,
    /// The most that there may be.
    pub most: usize,
}

impl PoolLoad {
    /// What sqlx says of a pool.
    pub(crate) fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let open = usize::try_from(pool.size()).unwrap_or(usize::MAX);
        let idle = pool.num_idle().min(open);
        Self {
            name,
            idle,
            busy: open - idle,
            most: usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX),
        }
    }
}
