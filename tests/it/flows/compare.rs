//! What keys do on the compare screen.

use berth::app::Screen;
use berth::app::overlay::Overlay;
use crossterm::event::KeyCode;

use crate::judged::{Judged, shop};
use crate::screens::matrix::at;

fn names(person: &Judged) -> [String; 2] {
    let nodes = person.state.compare.nodes.as_ref().expect("two nodes");
    [nodes[0].to_string(), nodes[1].to_string()]
}

#[test]
fn the_best_is_compared_with_the_node_under_the_cursor() {
    let mut person = Judged::at(shop(), (120, 36));
    let best = person.state.node_name().expect("a node").to_string();
    // On the best node there is nothing to compare it with but the next.
    person.press("c");
    let [a, b] = names(&person);
    assert_eq!(a, best);
    assert_ne!(b, best);
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Home);
    person.press("x");
    at(&mut person, "gpu-0", "TaintToleration");
    person.press("c");
    assert_eq!(names(&person), [best.clone(), "gpu-0".to_owned()]);
    let text = person.text();
    assert!(text.contains(&format!("{best} fits with ")), "{text}");
    assert!(
        text.contains("gpu-0 is out: TaintToleration says node(s) had untolerated taint(s)"),
        "{text}"
    );
    assert!(text.contains("the pod does not tolerate"), "{text}");
    person.hit(KeyCode::Esc);
    assert_eq!(person.state.screen, Screen::Matrix);
}

#[test]
fn sides_are_swapped_others_chosen_and_what_is_equal_unfolded() {
    let mut person = Judged::at(shop(), (120, 36));
    person.press("c");
    let [a, b] = names(&person);
    person.hit(KeyCode::Tab);
    assert_eq!(names(&person), [b.clone(), a.clone()]);
    person.hit(KeyCode::Tab);
    person.press("o");
    assert!(matches!(person.state.overlay, Some(Overlay::Choose(_))));
    person.press("gpu-1");
    person.hit(KeyCode::Enter);
    assert_eq!(names(&person), [a.clone(), "gpu-1".to_owned()]);
    assert!(!person.text().contains("NodeUnschedulable"));
    person.hit(KeyCode::Enter);
    assert!(person.text().contains("NodeUnschedulable"));
    person.press("y");
    assert!(person.copied().contains("gpu-1 is out"));
    person.press("p");
    let Some(Overlay::Confirm(confirm)) = &person.state.overlay else {
        panic!("no dialog");
    };
    assert_eq!(*confirm.node, *a);
}

#[test]
fn facts_of_the_nodes_that_differ_are_told_with_their_labels() {
    let mut person = Judged::at(shop(), (200, 50));
    person.press("x");
    at(&mut person, "gpu-0", "TaintToleration");
    person.press("c");
    let text = person.text();
    for part in [
        "taints",
        "nvidia.com/gpu=present:NoSchedule",
        "cpu asked for",
        "What differs between the nodes",
    ] {
        assert!(text.contains(part), "{part} is not said:\n{text}");
    }
    assert!(!text.contains("reading the nodes"));
}

#[test]
fn without_a_pod_there_is_nothing_to_compare() {
    let mut person = Judged::at(
        Vec::from([crate::judged::node("n", "a", "4", &serde_json::json!({}))]),
        (80, 24),
    );
    person.press("cojkyp");
    person.hit(KeyCode::Enter);
    assert!(
        person.text().contains("Select a waiting pod"),
        "{}",
        person.text()
    );
}
