//! Measurements to Markdown.

use crate::contender::Contender;
use std::fmt::Write;

/// One figure for each contender in each row.
pub(crate) struct Table {
    title: &'static str,
    contenders: Vec<&'static str>,
    rows: Vec<(String, Vec<f64>)>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(title: &'static str, contenders: &[Contender]) -> Self {
        let contenders = contenders.iter().map(Contender::name).collect();
        Self { title, contenders, rows: Vec::new() }
    }

    /// Adds a row, in the order of the contenders.
    pub(crate) fn row(&mut self, name: &str, values: impl IntoIterator<Item = f64>) {
        self.rows.push((name.to_owned(), values.into_iter().collect()));
    }

    /// The figures as they are.
    pub(crate) fn values(&self) -> String {
        let mut text = self.heading(self.title, &self.contenders);
        for (name, values) in &self.rows {
            write!(text, "| {name} |").expect("strings accept everything");
            for value in values {
                write!(text, " {value:.2} |").expect("strings accept everything");
            }
            text.push('\n');
        }
        text
    }

    /// Ours in seconds, then ours as multiples of each other contender's figure: below 1 is faster.
    pub(crate) fn ratios(&self) -> String {
        let mut columns = vec!["ours, s".to_owned()];
        columns.extend(self.others().map(|(_, name)| format!("ours / {name}")));
        let mut text = self.heading(self.title, &columns);
        for (name, values) in &self.rows {
            write!(text, "| {name} | {:.3} |", values[0]).expect("strings accept everything");
            for (position, _) in self.others() {
                let ratio = values[0] / values[position];
                write!(text, " {ratio:.2} |").expect("strings accept everything");
            }
            text.push('\n');
        }
        text
    }

    /// For each other contender, the geometric mean of the ratios and the worst one.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        for (position, contender) in self.others() {
            let ratios = || self.rows.iter().map(move |(_, values)| values[0] / values[position]);
            let mean = (ratios().map(f64::ln).sum::<f64>() / self.rows.len() as f64).exp();
            let worst = self.rows.iter().zip(ratios()).max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some(((name, _), worst)) = worst {
                writeln!(
                    text,
                    "Ours / {contender}: geometric mean {mean:.2}, worst {worst:.2} ({name})."
                )
                .expect("strings accept everything");
            }
        }
        text
    }

    fn others(&self) -> impl Iterator<Item = (usize, &'static str)> {
        self.contenders.iter().copied().enumerate().skip(1)
    }

    fn heading(&self, title: &str, columns: &[impl AsRef<str>]) -> String {
        let mut text = format!("| {title} |");
        for column in columns {
            write!(text, " {} |", column.as_ref()).expect("strings accept everything");
        }
        text.push_str("\n|---|");
        text.push_str(&"---:|".repeat(columns.len()));
        text.push('\n');
        text
    }
}
