//! `berth learn` without its screen: the list, progress, handouts, and names and files that are wrong.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use berth::lesson::{Book, Progress, names};

use super::{Run, berth, run};

const MINE: &str = "---
title: Mine
learn: nothing much
scenario: first-pods
---
## Only one step
```setup
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {schedulerName: berth, nodeSelector: {disk: none}, containers: [{name: app, image: nginx}]}
```
```ask
fit-count pod web
How many nodes fit?
```
```hint
Which node has that label?
```
";

/// The program with `folder` for its home, and in it.
fn at_home(folder: &Path) -> Command {
    let mut command = berth();
    command
        .env("HOME", folder)
        .env_remove("XDG_STATE_HOME")
        .current_dir(folder);
    command
}

fn learn(folder: &Path, line: &str) -> Run {
    run(at_home(folder).arg("learn").args(line.split_whitespace()))
}

fn keep(folder: &Path, book: &Book) {
    let shelf = folder.join(".local/state/berth/lessons");
    fs::create_dir_all(&shelf).expect("a folder");
    let text = serde_json::to_vec(book).expect("JSON");
    fs::write(shelf.join("progress.json"), text).expect("a file");
}

#[test]
fn the_list_has_them_all_with_how_far_one_is_and_what_comes_next() {
    let home = tempfile::tempdir().expect("a folder");
    let first = names().next().expect("a lesson");
    let listed = learn(home.path(), "");
    assert_eq!(listed.stderr, format!("Next: berth learn {first}\n"));
    let begins: Vec<&str> = listed
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| names().any(|name| name == *word))
        .collect();
    assert_eq!(begins, names().collect::<Vec<_>>(), "{}", listed.stdout);

    let mut book = Book::default();
    let done = Progress {
        step: 4,
        finished: true,
        guesses: [(2, true)].into(),
    };
    let begun = Progress {
        step: 2,
        guesses: [(0, true), (1, false)].into(),
        ..Progress::default()
    };
    book.lessons.insert(first.to_owned(), done);
    book.lessons.insert("filtering".to_owned(), begun);
    keep(home.path(), &book);
    let listed = learn(home.path(), "");
    for said in ["done, 1 of 1 predicted", "step 3 of 5, 1 of 2 predicted"] {
        assert!(listed.stdout.contains(said), "{}", listed.stdout);
    }
    let rows: serde_json::Value =
        serde_json::from_str(&learn(home.path(), "-o json").good()).expect("a document");
    assert_eq!(rows[0]["finished"], true);
    assert_eq!(rows[3]["buildsOn"], serde_json::json!(["whose-pod"]));

    assert_eq!(
        learn(home.path(), "--reset filtering").good(),
        "filtering begins anew\n"
    );
    let listed = learn(home.path(), "").stdout;
    assert!(!listed.contains("step 3") && listed.contains("done"), "{listed}");
    assert_eq!(learn(home.path(), "--reset").good(), "All lessons begin anew\n");
    let listed = learn(home.path(), "").stdout;
    assert!(!listed.contains("done"), "{listed}");
}

#[test]
fn a_name_that_is_not_known_is_told_with_what_was_meant() {
    let home = tempfile::tempdir().expect("a folder");
    for option in ["", "--export", "--reset"] {
        let complaint = learn(home.path(), &format!("filterin {option}")).bad(2);
        assert!(
            complaint.contains("there is no lesson 'filterin'")
                && complaint.contains("Did you mean filtering?"),
            "{complaint}"
        );
        let complaint = learn(home.path(), &format!("xyzzy {option}")).bad(2);
        assert!(complaint.contains("`berth learn` lists them"), "{complaint}");
    }
    let complaint = learn(home.path(), "./none.md").bad(1);
    assert!(
        complaint.contains("the lesson ./none.md cannot be read"),
        "{complaint}"
    );
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_line() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("mine.md"), MINE.replace("```ask", "```aks")).expect("a file");
    for option in ["", "--export", "--reset"] {
        let complaint = learn(home.path(), &format!("./mine.md {option}")).bad(1);
        assert!(
            complaint.contains("./mine.md:13: there is no block `aks`")
                && complaint.contains("did you mean `ask`?"),
            "{complaint}"
        );
    }
}

#[test]
fn a_handout_has_room_for_predictions_and_answers_for_the_teacher() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("mine.md"), MINE).expect("a file");
    let handout = learn(home.path(), "--export ./mine.md").good();
    for part in [
        "# Mine\n\n*nothing much*\n\nRun it with `berth learn ./mine.md`.\n",
        "\n## 1. Only one step\n\n**Predict:** How many nodes fit?\n\nAnswer: ____________________\n",
        "\n## For the teacher\n\n### 1. Only one step\n\nAnswer: **0**\n\n*Hint 1 of 1*\n\nWhich node has that label?\n",
    ] {
        assert!(handout.contains(part), "{part:?} is not in:\n{handout}");
    }
}

#[test]
fn the_handouts_of_all_lessons_have_every_answer() {
    let home = tempfile::tempdir().expect("a folder");
    let handouts = learn(home.path(), "--export").good();
    for name in names() {
        let run = format!("\nRun it with `berth learn {name}`. About ");
        assert!(handouts.contains(&run), "{name}");
    }
    let open: Vec<&str> = handouts.lines().filter(|line| line.contains('…')).collect();
    assert_eq!(open, Vec::<&str>::new(), "what could not be answered");
}
