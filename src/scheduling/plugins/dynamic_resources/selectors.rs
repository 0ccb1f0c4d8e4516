//! Selectors, each compiled once and asked once per device.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::device::{Device, ResourceSlice};
use crate::scheduling::cel::{CelError, DeviceValue, Program};

/// Numbers of a slice and of a device in it.
type At = (u32, u32);
/// A selector with its number.
type Numbered = (u32, Result<Rc<Program>, CelError>);

/// Why a selector gave no answer.
pub(super) enum SelectorError {
    /// It cannot be compiled.
    Compile(CelError),
    /// It fails on the device.
    Runtime(CelError),
}

impl SelectorError {
    /// In upstream's words, about the selector of `owner` on `device`.
    pub(super) fn told(&self, owner: &str, device: &str) -> String {
        const HINT: &str = "consider using CEL optional chaining (.? followed by orValue()) or guarding the check with \
                            has() for optional fields";
        match self {
            Self::Compile(error) => format!("{owner}: CEL compile error: {error}"),
            Self::Runtime(error) if error.0.contains("no such key:") => {
                format!("{owner} on device {device}: CEL runtime error: {error}. {HINT}")
            }
            Self::Runtime(error) => format!("{owner} on device {device}: CEL runtime error: {error}"),
        }
    }
}

/// Selectors, and what they said of which device.
pub(super) struct Selectors {
    shares: bool,
    programs: RefCell<FxHashMap<Arc<str>, Numbered>>,
    answers: RefCell<FxHashMap<(u32, At), bool>>,
    /// The device that was looked at last: all selectors of a request are asked about one device in a row.
    last: RefCell<Option<(At, Rc<DeviceValue>)>>,
}

impl Selectors {
    pub(super) fn new(shares: bool) -> Self {
        Self {
            shares,
            programs: RefCell::default(),
            answers: RefCell::default(),
            last: RefCell::default(),
        }
    }

    /// Whether `expression` holds for `device`, which is number `at`.
    pub(super) fn matches(
        &self,
        expression: &Arc<str>,
        at: At,
        slice: &ResourceSlice,
        device: &Device,
    ) -> Result<bool, SelectorError> {
        let (number, program) = self.program(expression);
        if let Some(&answer) = self.answers.borrow().get(&(number, at)) {
            return Ok(answer);
        }
        let program = program.map_err(SelectorError::Compile)?;
        let value = self.value(at, slice, device);
        let answer = program.matches(&value).map_err(SelectorError::Runtime)?;
        self.answers.borrow_mut().insert((number, at), answer);
        Ok(answer)
    }

    fn program(&self, expression: &Arc<str>) -> Numbered {
        if let Some(have) = self.programs.borrow().get(expression) {
            return have.clone();
        }
        let mut programs = self.programs.borrow_mut();
        let number = programs.len() as u32;
        let compiled = Program::compile(expression, self.shares).map(Rc::new);
        programs.insert(Arc::clone(expression), (number, compiled.clone()));
        (number, compiled)
    }

    fn value(&self, at: At, slice: &ResourceSlice, device: &Device) -> Rc<DeviceValue> {
        let mut last = self.last.borrow_mut();
        match &*last {
            Some((have, value)) if *have == at => Rc::clone(value),
            _ => {
                let value = Rc::new(DeviceValue::new(&slice.driver, device));
                *last = Some((at, Rc::clone(&value)));
                value
            }
        }
    }
}
