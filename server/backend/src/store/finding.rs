//! What a database has to say about itself.

/// Something that an operator may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether something should be done.
    pub weight: Weight,
    /// What it is about: a table, an index, a setting, the file.
    pub subject: String,
    /// What was found, and for a warning what to do.
    pub text: String,
}

/// How much a [`Finding`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Something should be done.
    Warning,
}

impl Finding {
    pub(crate) fn note(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            weight: Weight::Note,
            subject: subject.into(),
            text: text.into(),
        }
    }

    pub(crate) fn warning(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::note(subject, text)
        }
    }
}

/// A number of bytes for people.
pub(crate) fn mebibytes(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
