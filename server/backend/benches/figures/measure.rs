//! Criterion's medians, into the table.

use std::{fs, path::PathBuf};

use criterion::{Bencher, Criterion};
use serde_json::Value;

use crate::{
    place::Outcome,
    table::{Figure, Table},
};

/// Where figures go.
pub(crate) struct Bench {
    pub(crate) table: Table,
    /// Criterion's own folder.
    pub(crate) folder: PathBuf,
    pub(crate) round: usize,
}

impl Bench {
    /// Measures one operation of `figure`, whose unit is milliseconds.
    pub(crate) fn one(
        &mut self,
        criterion: &mut Criterion,
        figure: Figure,
        operation: impl FnMut(&mut Bencher<'_>),
    ) -> Outcome<()> {
        let name = format!("{} in {} {}", figure.what, figure.place, self.round).replace([' ', ','], "-");
        criterion.bench_function(&name, operation);
        let estimates = self.folder.join(&name).join("new/estimates.json");
        // A filter on the command line leaves some out.
        if estimates.exists() {
            let found: Value = serde_json::from_str(&fs::read_to_string(estimates)?)?;
            let nanoseconds = found["median"]["point_estimate"].as_f64().ok_or("no median")?;
            self.table.add(figure, nanoseconds / 1e6);
        }
        Ok(())
    }
}
