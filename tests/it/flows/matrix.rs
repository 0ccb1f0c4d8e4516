//! What keys do on the matrix.

use berth::app::manifest::Subject;
use berth::app::matrix::{Head, Sort, SortBy};
use berth::app::overlay::Overlay;
use berth::app::{Effect, Screen};
use crossterm::event::KeyCode;

use crate::judged::{Judged, shop};
use crate::screens::matrix::at;

fn matrix(size: (u16, u16)) -> Judged {
    let mut person = Judged::at(shop(), size);
    person.press("x");
    assert_eq!(person.state.screen, Screen::Matrix);
    person
}

fn names(person: &Judged) -> Vec<String> {
    let matrix = &person.state.matrix.matrix;
    (0..matrix.len())
        .map(|row| matrix.name(row).expect("a name").to_string())
        .collect()
}

#[test]
fn the_cell_under_the_cursor_stays_while_rows_are_sorted() {
    let mut person = matrix((120, 36));
    assert_eq!(person.state.matrix.sort, Sort::default());
    let best = person.state.matrix.chosen.clone().expect("a node");
    person.press("jjj");
    let node = person.state.matrix.chosen.clone();
    assert_ne!(node.as_ref(), Some(&best));
    at(&mut person, node.as_deref().expect("a node"), "NodeResourcesFit");
    person.press("S");
    assert_eq!(person.state.matrix.sort.by, SortBy::Plugin("NodeResourcesFit"));
    assert_eq!(person.state.matrix.chosen, node);
    let column = person
        .state
        .matrix
        .matrix
        .columns
        .iter()
        .position(|column| column.plugin == "NodeResourcesFit");
    let scores = |person: &Judged| -> Vec<i64> {
        let matrix = &person.state.matrix.matrix;
        (0..matrix.len())
            .filter_map(|row| matrix.cell(row, column?)?.score())
            .collect()
    };
    let down = scores(&person);
    assert!(down.len() > 3 && down.is_sorted_by(|a, b| a >= b), "{down:?}");
    person.press("S");
    assert!(scores(&person).is_sorted());
    assert_eq!(person.state.matrix.chosen, node);
}

#[test]
fn filters_narrow_while_they_are_typed_and_esc_takes_them_off() {
    let mut person = matrix((80, 24));
    let all = names(&person).len();
    person.press("/");
    person.press("!taint");
    person.hit(KeyCode::Enter);
    assert_eq!(names(&person), ["gpu-0", "gpu-1"]);
    assert!(person.text().contains("2 shown"));
    person.press("/");
    for _ in 0..6 {
        person.hit(KeyCode::Backspace);
    }
    person.press("=fits");
    person.hit(KeyCode::Enter);
    let fit = names(&person);
    assert!(!fit.is_empty() && fit.len() < all);
    person.press("/zzz");
    person.hit(KeyCode::Enter);
    assert!(person.text().contains("No node matches"), "{}", person.text());
    person.hit(KeyCode::Esc);
    assert_eq!(names(&person).len(), all);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Home);
}

#[test]
fn a_cell_opens_to_numbers_manifests_and_rule_and_reads_no_more_than_it_shows() {
    let mut person = matrix((200, 50));
    at(&mut person, "gpu-0", "TaintToleration");
    let fetched = |person: &Judged| -> Vec<Subject> {
        let all = person.effects.iter().filter_map(|effect| match effect {
            Effect::Fetch(subject) => Some(subject.clone()),
            _ => None,
        });
        all.collect()
    };
    assert!(
        fetched(&person).is_empty(),
        "nothing is read before it is looked at"
    );
    person.hit(KeyCode::Enter);
    let read = fetched(&person);
    assert_eq!(read.len(), 2, "{read:?}");
    let text = person.text();
    for part in [
        "TaintToleration keeps shop/cart-7f9c4 off gpu-0",
        "UnschedulableAndUnresolvable",
        "nvidia.com/gpu=present:NoSchedule: no toleration",
        "pod shop/cart-7f9c4",
        "node gpu-0",
        "key: nvidia.com/gpu",
        "tolerations:",
        "The rule",
        "Each taint of the node against spec.tolerations",
    ] {
        assert!(text.contains(part), "{part} is not said:\n{text}");
    }
    person.press("k");
    assert_eq!(
        fetched(&person).len(),
        3,
        "the pod is not read again for another node"
    );
    person.hit(KeyCode::Esc);
    assert!(!person.state.matrix.open && person.state.screen == Screen::Matrix);
}

#[test]
fn scores_come_with_the_lines_of_both_manifests_and_without_secrets() {
    let mut person = matrix((200, 50));
    at(&mut person, "worker-04", "NodeResourcesFit");
    person.hit(KeyCode::Enter);
    person.press("y");
    let copied = person.copied().to_owned();
    for part in [
        "cpu: 1500m",
        "cpu: \"8\"",
        "LeastAllocated",
        "of the node's total of",
    ] {
        assert!(copied.contains(part), "{part} is not copied:\n{copied}");
    }
    assert!(!copied.contains("hunter2") && !copied.contains("last-applied"));
    // The total is explained by all plugins.
    person.hit(KeyCode::Esc);
    person.press("hhhhhhhhhhhhhhhhhhhhhhhh");
    assert_eq!(person.state.matrix.at_head(), Head::Name);
    person.hit(KeyCode::Enter);
    assert!(person.text().contains("All plugins on worker-04"));
}

#[test]
fn on_a_small_screen_the_explanation_takes_the_keys_and_scrolls() {
    let mut person = matrix((80, 24));
    at(&mut person, "worker-04", "NodeResourcesFit");
    person.hit(KeyCode::Enter);
    let node = person.state.matrix.chosen.clone();
    person.press("jj");
    assert_eq!(
        (person.state.matrix.offset, &person.state.matrix.chosen),
        (2, &node)
    );
    person.press("G");
    assert!(
        person.text().contains("berth plugins NodeResourcesFit"),
        "{}",
        person.text()
    );
    // Another plugin, from its top.
    person.press("l");
    assert_eq!(person.state.matrix.offset, 0);
    person.hit(KeyCode::Esc);
    assert!(!person.state.matrix.open);
}

#[test]
fn beside_the_matrix_the_explanation_follows_the_cursor_until_tab() {
    let mut person = matrix((120, 36));
    at(&mut person, "worker-04", "NodeResourcesFit");
    person.hit(KeyCode::Enter);
    let node = person.state.matrix.chosen.clone();
    person.press("j");
    assert_ne!(person.state.matrix.chosen, node);
    person.hit(KeyCode::Tab);
    let node = person.state.matrix.chosen.clone();
    person.press("jjj");
    assert_eq!(
        (person.state.matrix.offset, &person.state.matrix.chosen),
        (3, &node)
    );
}

#[test]
fn clicks_choose_cells_sort_by_heads_and_open() {
    let mut person = matrix((200, 50));
    let grid = berth::app::matrix::Grid::of(&person.state.matrix, person.state.layout().body);
    let (head, x, _) = grid.columns[4];
    let x = grid.heads.x + x as u16;
    person.click(x, grid.heads.y);
    assert_eq!(person.state.matrix.sort.by, person.state.matrix.sort_of(head));
    person.click(x, grid.rows.y + 2);
    assert_eq!(
        (person.state.matrix.at_head(), person.state.matrix.scroll.cursor),
        (head, 2)
    );
    person.click_again(x, grid.rows.y + 2);
    assert!(person.state.matrix.open);
}

#[test]
fn a_node_is_placed_on_from_its_row_whatever_the_home_screen_shows() {
    let mut person = matrix((120, 36));
    at(&mut person, "gpu-1", "TaintToleration");
    person.press("p");
    let Some(Overlay::Confirm(confirm)) = &person.state.overlay else {
        panic!("no dialog");
    };
    assert_eq!(&*confirm.node, "gpu-1");
}

#[test]
fn the_name_stays_while_columns_scroll() {
    let mut person = matrix((80, 24));
    let first = person.text();
    assert!(first.contains('›') && !first.contains('‹'));
    person.press("llllllllllllllllllllllllllllll");
    let text = person.text();
    assert!(text.contains('‹') && !text.contains('›'), "{text}");
    assert!(text.contains("worker-01"));
    let last = person.state.matrix.heads().len() - 1;
    assert_eq!(person.state.matrix.head, last);
}
