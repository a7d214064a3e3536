//! Which schemas of newer versions an older one can work with.
//!
//! During a rolling deploy old instances go on, and may start again, beside new ones that have migrated the database
//! already. So each migration after the first says in its name what it asks for: `0007_from_0005_drop_topic.sql` may
//! be worked with by every version that knows schema 5 or a later one. The name is kept in the database beside the
//! version, where versions that do not know the migration can read it.

use sqlx::migrate::Migrator;

use super::{Finding, StoreError, Stored};

/// Refuses a schema with a migration that is unknown here and asks for more than is known, or does not say.
pub(crate) fn refuse_newer(migrator: &Migrator, applied: &[(i64, String)]) -> Stored<()> {
    let known = migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0);
    let too_new = applied
        .iter()
        .filter(|(version, _)| *version > known)
        .find(|(_, description)| oldest(description).is_none_or(|oldest| oldest > known));
    match too_new {
        Some((found, _)) => Err(StoreError::Newer { found: *found, known }),
        None => Ok(()),
    }
}

/// How the schema stands to what this version knows.
pub(crate) fn finding(migrator: &Migrator, applied: &[(i64, String)]) -> Finding {
    let known = migrator.iter().map(|migration| migration.version).max();
    let found = applied.iter().map(|(version, _)| *version).max();
    let known = known.unwrap_or(0);
    match found {
        None => Finding::warning("schema", "none yet: start Natter, or run `natter migrate`"),
        Some(found) if found < known => {
            let text = format!("{found}, and this version would bring it to {known} when it starts");
            Finding::note("schema", text)
        }
        Some(found) if found > known => {
            let text = format!("{found}, from a newer version; this one knows {known}");
            Finding::note("schema", text)
        }
        Some(found) => Finding::note("schema", format!("{found}, the newest that this version knows")),
    }
}

/// `migrator` for a schema that was not refused: what is unknown in it is not an error.
pub(crate) fn tolerant(migrator: &Migrator) -> Migrator {
    let mut tolerant = Migrator::with_migrations(migrator.iter().cloned().collect());
    tolerant.set_ignore_missing(true);
    tolerant
}

/// The oldest schema version that a binary must know, from a migration's name as it is kept: `from 0005 drop topic`.
fn oldest(description: &str) -> Option<i64> {
    let mut words = description.split(' ');
    (words.next() == Some("from"))
        .then(|| words.next()?.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    static MIGRATIONS: [Migrator; 2] = [
        sqlx::migrate!("migrations/sqlite"),
        sqlx::migrate!("migrations/postgres"),
    ];

    #[test]
    fn a_migration_says_what_it_asks_for() {
        assert_eq!(oldest("from 0005 drop topic"), Some(5));
        for silent in ["start", "from the future", "from", "drop from 0005", ""] {
            assert_eq!(oldest(silent), None, "{silent}");
        }
    }

    #[test]
    fn what_is_newer_is_refused_unless_it_says_that_we_will_do() {
        let with = |description: &str| vec![(1, "start".to_owned()), (9_999, description.to_owned())];
        for migrator in &MIGRATIONS {
            refuse_newer(migrator, &with("from 0001 add a column")).unwrap();
            for refused in ["from 9998 drop a column", "from the future"] {
                let error = refuse_newer(migrator, &with(refused)).unwrap_err();
                assert!(matches!(error, StoreError::Newer { found: 9_999, .. }), "{error}");
            }
        }
    }

    #[test]
    fn every_migration_after_the_first_says_so() {
        for migration in MIGRATIONS
            .iter()
            .flat_map(Migrator::iter)
            .filter(|one| one.version > 1)
        {
            let asked = oldest(&migration.description);
            assert!(
                asked.is_some_and(|oldest| (1..=migration.version).contains(&oldest)),
                "{}",
                migration.description
            );
        }
    }
}
