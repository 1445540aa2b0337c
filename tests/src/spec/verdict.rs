//! What became of each command of a file.

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what the suite asks.
    Passed,
    /// It did not, and why.
    Failed(String),
    /// It was not tried, and why.
    Skipped(String),
}

/// A command and what became of it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Whether it is one of the `assert_` commands, which is what the suite is counted by.
    pub assertion: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct FileReport {
    /// One for each command, in the file's order.
    pub verdicts: Vec<Verdict>,
}

impl FileReport {
    /// The numbers of assertions that passed, failed and were skipped.
    pub fn assertions(&self) -> [usize; 3] {
        self.count(true)
    }

    /// The same numbers for the other commands: modules and plain invocations.
    pub fn other_commands(&self) -> [usize; 3] {
        self.count(false)
    }

    fn count(&self, assertion: bool) -> [usize; 3] {
        let mut counts = [0; 3];
        for verdict in self.verdicts.iter().filter(|verdict| verdict.assertion == assertion) {
            counts[match verdict.outcome {
                Outcome::Passed => 0,
                Outcome::Failed(_) => 1,
                Outcome::Skipped(_) => 2,
            }] += 1;
        }
        counts
    }
}
