//! The lines of one adoption, put together.

use jiff::Timestamp;

use super::entry::{Adopted, Entry, Step};

/// One adoption.
#[derive(Clone, Debug, PartialEq)]
pub struct Adoption {
    /// Its id.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// Whose pods, by whom, why.
    pub adopted: Adopted,
    /// Until when it held, as it was renewed last.
    pub until: Timestamp,
    /// How often it was renewed.
    pub renewed: usize,
    /// Whether it held while that scheduler was at work.
    pub race: bool,
    /// When it was ended, and why; `None` where it ran out, or the program did not live to see its end.
    pub end: Option<(Timestamp, String)>,
}

/// The adoptions of `entries`, in the order in which they began.
pub fn adoptions(entries: &[Entry]) -> Vec<Adoption> {
    let mut all: Vec<Adoption> = Vec::new();
    for Entry { at, id, step } in entries {
        if let Step::Adopted(adopted) = step {
            all.push(Adoption {
                id: id.clone(),
                at: *at,
                until: adopted.until,
                race: adopted.race,
                adopted: (**adopted).clone(),
                renewed: 0,
                end: None,
            });
            continue;
        }
        let Some(adoption) = all.iter_mut().rev().find(|one| one.id == *id) else {
            continue;
        };
        match step {
            Step::Renewed { until, race } => {
                adoption.until = *until;
                adoption.race |= race;
                adoption.renewed += 1;
            }
            Step::Released { why } => adoption.end = Some((*at, why.clone())),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adoption_is_told_from_its_lines() {
        let time = |second| Timestamp::from_second(second).expect("a time");
        let entry = |at, id: &str, step| Entry {
            at: time(at),
            id: id.to_owned(),
            step,
        };
        let adopted = Adopted {
            scheduler: "default-scheduler".to_owned(),
            until: time(900),
            ..Adopted::default()
        };
        let until = time(1800);
        let entries = [
            entry(0, "a", Step::Adopted(Box::new(adopted.clone()))),
            entry(1, "p", Step::Posted),
            entry(800, "a", Step::Renewed { until, race: true }),
            entry(900, "b", Step::Adopted(Box::new(adopted))),
            entry(
                1000,
                "a",
                Step::Released {
                    why: "it is back".to_owned(),
                },
            ),
        ];
        let told = adoptions(&entries);
        let [a, b] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!((a.until, a.renewed, a.race), (until, 1, true));
        assert_eq!(a.end, Some((time(1000), "it is back".to_owned())));
        assert_eq!((b.until, b.renewed, b.end.clone()), (time(900), 0, None));
    }
}
