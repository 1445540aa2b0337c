//! One sequence of host calls, held against the model and one walk against the other.

use super::guest::{Answer, Guest, Value};
use super::input::Input;
use super::model::{Expected, Model, Prediction, Status};
use super::operation::Operation;
use super::tree::{Playground, SECRET};
use super::with_playground;
use crate::puppet::Stage;

/// A sequence has at most so many calls.
const MAXIMUM_CALLS: usize = 64;

/// A sequence under way.
struct Sequence<'a> {
    playground: &'a Playground,
    model: Model,
    guests: [Guest; 2],
    /// What was done, and the `errno` in either world.
    history: Vec<(Operation, [u32; 2])>,
}

/// Makes the host calls that `bytes` choose.
///
/// # Panics
/// When something does not hold, with the whole sequence.
pub fn sequence(bytes: &[u8]) {
    with_playground(|playground| {
        let [kernel, hand] = &playground.worlds;
        let start = |world, by_hand| Guest::start(world, by_hand).expect("a program starts");
        run(playground, [start(kernel, false), start(hand, true)], bytes);
    });
}

/// As [`sequence`], but that the executable of `stage`, which was built with [`super::grants`], is one of
/// the two programs, and walks by hand the other.
///
/// # Panics
/// When something does not hold, with the whole sequence.
pub fn sequence_of_executable(stage: &Stage, bytes: &[u8]) {
    with_playground(|playground| {
        let [one, other] = &playground.worlds;
        let executable = Guest::execute(one, stage).expect("an executable starts");
        let other = Guest::start(other, true).expect("a program starts");
        run(playground, [executable, other], bytes);
    });
}

fn run(playground: &Playground, mut guests: [Guest; 2], bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let granted = guests[0].granted();
    let others = guests[1].granted();
    assert_eq!(granted.len(), others.len(), "both programs have the same grants");
    let grants = granted.iter().map(|(fd, name)| (*fd, playground.grant(name)));
    let model = Model::new(playground.tree(), grants);
    let mut sequence = Sequence { playground, model, guests, history: Vec::new() };
    for _ in 0..MAXIMUM_CALLS {
        if input.is_empty() {
            break;
        }
        let operation = Operation::choose(&mut input, &sequence.model);
        sequence.step(operation);
    }
    // Rights last, those of descriptors that nothing asked about included.
    for fd in sequence.model.open() {
        sequence.step(Operation::Descriptor { fd });
    }
    if let Some(touched) = playground.touched() {
        sequence.fail(&format!("a canary or a directory for reading only was touched: {touched}"));
    }
    for world in &playground.worlds {
        if let Some(difference) = playground.difference(world, &sequence.model.tree) {
            sequence.fail(&format!("the tree differs from the model: {difference}"));
        }
    }
    let elsewhere = !sequence.model.elsewhere().is_empty();
    if sequence.model.changed || elsewhere {
        for world in &playground.worlds {
            world.refresh().expect("the trees can be made anew");
        }
    }
}

impl Sequence<'_> {
    fn fail(&self, message: &str) -> ! {
        let calls = self.history.iter().map(|(operation, errnos)| match errnos {
            [one, other] if one == other => format!("  {operation:?} → {one}\n"),
            [one, other] => format!("  {operation:?} → {one} in the one, {other} in the other\n"),
        });
        panic!("{message}\nafter these calls:\n{}", calls.collect::<String>());
    }

    /// Makes a call in both worlds and in the model.
    fn step(&mut self, operation: Operation) {
        // From what is modelled to what is not, or back: the model would not know what it has.
        let elsewhere = self.model.is_elsewhere(&operation);
        if elsewhere.contains(&true) && elsewhere.contains(&false) {
            return;
        }
        let prediction = self.model.apply(&operation);
        let answers = self.guests.each_mut().map(|guest| guest.perform(&operation));
        let errnos = [answers[0].errno, answers[1].errno];
        let opens = matches!(operation, Operation::Open { .. });
        self.history.push((operation, errnos));
        if errnos[0] != errnos[1] {
            self.fail("the two walks answer differently");
        }
        if let [Value::Entries { entries: a, used: b }, Value::Entries { entries: c, used: d }] =
            answers.each_ref().map(|answer| &answer.value)
            && (b != d || a.iter().map(|entry| &entry.name).ne(c.iter().map(|entry| &entry.name)))
        {
            self.fail("the two walks list differently");
        }
        let prediction = match prediction {
            Ok(Expected::Unknown) if opens && errnos == [0, 0] => {
                Ok(Expected::Number(self.model.opened_elsewhere().into()))
            }
            prediction => prediction,
        };
        for (world, answer) in answers.iter().enumerate() {
            if let Some(seen) = seen(self.playground, &answer.value) {
                self.fail(&format!("something outside was seen: {seen}"));
            }
            if let Err(message) = self.compare(world, &prediction, answer) {
                self.fail(&format!("{message}: predicted {prediction:?}, answered {answer:?}"));
            }
        }
    }

    fn compare(
        &mut self,
        world: usize,
        prediction: &Prediction,
        answer: &Answer,
    ) -> Result<(), &'static str> {
        let right = |holds: bool, message| if holds { Ok(()) } else { Err(message) };
        let expected = match prediction {
            Err(_) if answer.errno == 0 => return Err("it should fail"),
            Err(reasons) => {
                return right(reasons.contain(answer.errno), "it should fail for another reason");
            }
            Ok(Expected::Unknown) => return Ok(()),
            Ok(_) if answer.errno != 0 => return Err("it should succeed"),
            Ok(expected) => expected,
        };
        match (expected, &answer.value) {
            (Expected::Nothing, Value::Nothing) => Ok(()),
            (Expected::Number(expected), Value::Number(number)) => {
                right(expected == number, "another number")
            }
            (Expected::Bytes(expected), Value::Bytes(bytes)) => {
                right(expected[..] == bytes[..], "other bytes")
            }
            (Expected::Status(expected), value @ Value::Status { .. }) => {
                self.compare_status(world, expected, value)
            }
            (
                Expected::Descriptor { file_type, flags, base, inheriting },
                Value::Descriptor { file_type: a, flags: b, base: c, inheriting: d },
            ) => {
                let same = (file_type, flags, base, inheriting) == (a, b, c, d);
                right(same, "another descriptor")
            }
            (Expected::Entries { entries: None, .. }, Value::Entries { .. }) => Ok(()),
            (
                Expected::Entries { all, entries: Some(entries) },
                Value::Entries { entries: found, .. },
            ) => {
                let known = |entry: &super::guest::Entry| {
                    entries.contains(&(entry.name.to_vec(), entry.file_type))
                };
                right(found.iter().all(known), "an entry that is not there")?;
                right(!all || found.len() == entries.len(), "too few or too many entries")
            }
            _ => Err("another kind of answer"),
        }
    }

    fn compare_status(
        &mut self,
        world: usize,
        expected: &Status,
        value: &Value,
    ) -> Result<(), &'static str> {
        let Value::Status { device, inode, file_type, links, size, modified } = *value else {
            return Err("no status");
        };
        let same = file_type == expected.file_type
            && expected.links.is_none_or(|expected| expected == links)
            && expected.size.is_none_or(|expected| expected == size)
            && expected.modified.is_none_or(|expected| expected == modified);
        if !same {
            return Err("another status");
        }
        // One file has one identity as long as it is there.
        let identity = (device, inode);
        let known = *self.guests[world].files.entry(expected.node).or_insert(identity);
        if known == identity { Ok(()) } else { Err("another file") }
    }
}

/// What in an answer comes from outside, if anything.
pub(super) fn seen(playground: &Playground, value: &Value) -> Option<String> {
    match value {
        Value::Bytes(bytes) => {
            let secret = bytes.windows(SECRET.len()).any(|window| window == SECRET);
            secret.then(|| "what a canary contains".to_owned())
        }
        Value::Status { device, inode, .. } => playground
            .is_hidden(*device, *inode)
            .then(|| format!("the status of inode {inode} of device {device}")),
        Value::Entries { entries, .. } => {
            let hidden = entries.iter().find(|entry| playground.is_hidden_inode(entry.inode));
            hidden.map(|entry| format!("the inode of {:?}", entry.name))
        }
        _ => None,
    }
}
