//! What was measured, as a table and as JSON.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

/// One figure: what was measured, where, in which unit, and what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) place: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) target: &'static str,
}

/// Figures in the order in which they were first measured, each with what every round found.
#[derive(Default)]
pub(crate) struct Table {
    order: Vec<Figure>,
    found: BTreeMap<Figure, Vec<f64>>,
}

impl Table {
    pub(crate) fn add(&mut self, figure: Figure, value: f64) {
        if !self.found.contains_key(&figure) {
            self.order.push(figure);
        }
        self.found.entry(figure).or_default().push(value);
    }

    /// Writes `figures.md` and `figures.json`; `about` says what they are figures of.
    pub(crate) fn write(&self, folder: &Path, about: &Value) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let markdown = self.markdown()?;
        println!("\n{about}\n\n{markdown}");
        fs::write(folder.join("figures.md"), markdown)?;
        let rows = self.order.iter().map(|figure| {
            json!({
                "what": figure.what,
                "place": figure.place,
                "unit": figure.unit,
                "target": figure.target,
                "rounds": self.found[figure],
            })
        });
        let all = json!({ "about": about, "figures": rows.collect::<Vec<_>>() });
        fs::write(folder.join("figures.json"), format!("{all:#}\n"))?;
        Ok(())
    }

    fn markdown(&self) -> Result<String, Box<dyn Error>> {
        let mut text = "| | where | unit | median | least | most | target |\n".to_owned();
        text.push_str("| --- | --- | --- | ---: | ---: | ---: | ---: |\n");
        for figure in &self.order {
            let Figure {
                what,
                place,
                unit,
                target,
            } = figure;
            let mut found = self.found[figure].clone();
            found.sort_by(f64::total_cmp);
            let [median, least, most] =
                [found[found.len() / 2], found[0], found[found.len() - 1]].map(three_digits);
            writeln!(
                text,
                "| {what} | {place} | {unit} | {median} | {least} | {most} | {target} |"
            )?;
        }
        Ok(text)
    }
}

/// A number with about three digits that mean something.
fn three_digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
