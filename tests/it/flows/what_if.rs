//! Supposing, and looking for what would help.

use berth::app::{Effect, Msg, Screen};
use berth::engine::study::Study;
use crossterm::event::KeyCode;

use crate::desk::{Desk, shop, uncordoned};
use crate::screens::text;

const SIZE: (u16, u16) = (120, 36);

fn at_what_if() -> Desk {
    let mut desk = Desk::at(&shop(), SIZE);
    desk.press("w");
    desk
}

fn lines(desk: &Desk) -> Vec<String> {
    let all = desk.state.what_if.suppositions.iter();
    all.map(ToString::to_string).collect()
}

/// What the result says in the line that begins so.
fn result(desk: &Desk, begins: &str) -> String {
    let lines = desk
        .state
        .what_if
        .result
        .iter()
        .map(berth::app::prose::Line::text);
    let mut found = lines.filter(|line| line.starts_with(begins));
    let line = found.next().unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_line_is_typed_and_both_results_stand_side_by_side() {
    let mut desk = at_what_if();
    assert_eq!(desk.state.screen, Screen::WhatIf);
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 0 of 6 0 of 6");
    desk.suppose("uncordon worker-4");
    assert_eq!(lines(&desk), ["uncordon worker-4"]);
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 0 of 6 → 1 of 6");
    assert_eq!(result(&desk, "best"), "best none → ★ worker-4");
    let row = result(&desk, "+ worker-4");
    assert!(
        row.contains("✗ NodeUnschedulable node(s) were unschedulable → ✓"),
        "{row}"
    );
    assert!(result(&desk, "as supposed").contains("assigned to worker-4"));
    desk.suppose("tolerate nvidia.com/gpu=present:NoSchedule");
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 0 of 6 → 3 of 6");
}

#[test]
fn the_cluster_itself_is_left_alone() {
    let mut desk = at_what_if();
    desk.suppose("uncordon worker-4");
    let touches = |effect: &Effect| matches!(effect, Effect::Place(_) | Effect::Copy(_) | Effect::Connect(_));
    assert!(!desk.effects.iter().any(touches));
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.screen, Screen::Home);
    let decision = desk.state.decision().expect("a decision");
    assert!(decision.trace.feasible.is_empty());
}

#[test]
fn what_is_supposed_is_changed_taken_out_undone_and_done_again() {
    let mut desk = at_what_if();
    desk.suppose("cordon worker-1");
    desk.suppose("cordon worker-2");
    desk.press("k");
    desk.hit(KeyCode::Enter);
    desk.hit(KeyCode::Backspace);
    desk.press("3");
    desk.hit(KeyCode::Enter);
    assert_eq!(lines(&desk), ["cordon worker-3", "cordon worker-2"]);
    desk.press("d");
    assert_eq!(lines(&desk), ["cordon worker-2"]);
    desk.press("uu");
    assert_eq!(lines(&desk), ["cordon worker-1", "cordon worker-2"]);
    desk.press("U");
    assert_eq!(lines(&desk), ["cordon worker-3", "cordon worker-2"]);
    desk.press("uuuu");
    assert!(lines(&desk).is_empty());
    assert_eq!(desk.message(), "nothing to undo here");
    desk.press("d");
    assert_eq!(desk.message(), "nothing is supposed yet");
}

#[test]
fn what_is_wrong_with_a_line_is_said_and_the_line_stays() {
    let mut desk = at_what_if();
    desk.suppose("cordn worker-1");
    assert!(lines(&desk).is_empty());
    let screen = text(&desk.state);
    assert!(
        screen.contains("'cordn' is nothing that can be supposed"),
        "{screen}"
    );
    assert!(screen.contains("Did you mean cordon?"), "{screen}");
    assert!(screen.contains("› cordn worker-1"), "{screen}");
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.screen, Screen::WhatIf, "Esc leaves the line first");
    assert!(desk.state.what_if.typing.is_none());
}

#[test]
fn what_makes_no_sense_here_is_marked_with_the_reason() {
    let mut desk = at_what_if();
    desk.suppose("cordon worker-9");
    let screen = text(&desk.state);
    assert!(screen.contains("✗ cordon worker-9"), "{screen}");
    assert!(screen.contains("there is no node 'worker-9'"), "{screen}");
    assert!(screen.contains("Did you mean worker-1?"), "{screen}");
}

#[test]
fn names_are_offered_and_taken_over() {
    let mut desk = at_what_if();
    desk.press("auncordon wor");
    assert!(text(&desk.state).contains("worker-4  cordoned"));
    for _ in 0..4 {
        desk.hit(KeyCode::Down);
    }
    desk.hit(KeyCode::Enter);
    assert_eq!(lines(&desk), ["uncordon worker-4"]);
    desk.press("atain");
    desk.hit(KeyCode::Tab);
    desk.press("gpu-0");
    desk.press(" ");
    desk.hit(KeyCode::Tab);
    desk.hit(KeyCode::Enter);
    assert_eq!(lines(&desk)[1], "taint nodes gpu-0 nvidia.com/gpu:NoSchedule-");
    desk.press("aevict st");
    assert!(
        text(&desk.state).contains("shop/stock-1"),
        "pods that run are offered"
    );
    desk.hit(KeyCode::Esc);
    desk.press("atolerate ");
    assert!(text(&desk.state).contains("nvidia.com/gpu=present:NoSchedule  on 2"));
}

#[test]
fn a_pasted_command_is_one_line() {
    let mut desk = at_what_if();
    desk.press("a");
    desk.tell(Msg::Paste("kubectl uncordon worker-4\n".to_owned()));
    desk.hit(KeyCode::Enter);
    assert_eq!(lines(&desk), ["uncordon worker-4"]);
}

#[test]
fn while_it_is_judged_the_last_result_stays_and_esc_calls_off() {
    let mut desk = at_what_if();
    desk.suppose("uncordon worker-4");
    desk.held = true;
    desk.suppose("cordon worker-4");
    assert_eq!(
        result(&desk, "nodes fit"),
        "nodes fit 0 of 6 → 1 of 6",
        "nothing flickers"
    );
    assert!(text(&desk.state).contains("judging …  Esc calls it off"));
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.screen, Screen::WhatIf);
    assert_eq!(desk.studies().1, 1);
    assert!(text(&desk.state).contains("Called off"));
    desk.release();
    assert_eq!(
        result(&desk, "nodes fit"),
        "nodes fit 0 of 6 → 1 of 6",
        "no answer is wanted any more"
    );
    desk.press("d");
    assert!(
        !text(&desk.state).contains("Called off"),
        "another supposition is judged"
    );
}

#[test]
fn a_study_of_what_is_no_longer_supposed_is_broken_off() {
    let mut desk = at_what_if();
    desk.held = true;
    desk.suppose("uncordon worker-4");
    desk.suppose("cordon worker-4");
    assert_eq!(desk.studies(), (3, 1));
    desk.release();
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 0 of 6 0 of 6");
}

#[test]
fn it_is_judged_again_when_the_cluster_changed_but_once_a_second() {
    let mut desk = at_what_if();
    desk.suppose("tolerate nvidia.com/gpu");
    let (before, _) = desk.studies();
    desk.change(&uncordoned());
    desk.change(&shop());
    desk.change(&uncordoned());
    assert_eq!(desk.studies().0, before, "not yet");
    desk.wait(1000);
    assert_eq!(desk.studies().0, before + 1);
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 1 of 6 → 3 of 6");
    desk.wait(5000);
    assert_eq!(desk.studies().0, before + 1, "nothing changed since");
}

#[test]
fn a_pod_that_is_gone_is_told() {
    let mut desk = at_what_if();
    let mut objects = shop();
    objects.pop();
    desk.change(&objects);
    desk.wait(1000);
    assert!(text(&desk.state).contains("shop/cart-7f9c4-w8kzp is gone"));
}

#[test]
fn what_was_supposed_is_there_again_when_one_comes_back() {
    let mut objects = shop();
    let mut other = objects[objects.len() - 1].clone();
    other["metadata"]["name"] = "front".into();
    other["metadata"]["uid"] = "front".into();
    other["spec"]["priority"] = 1.into();
    objects.push(other);
    let mut desk = Desk::at(&objects, SIZE);
    desk.press("w");
    desk.suppose("uncordon worker-4");
    desk.hit(KeyCode::Esc);
    desk.press("jw");
    assert!(lines(&desk).is_empty(), "another pod");
    desk.suppose("cordon worker-1");
    desk.hit(KeyCode::Esc);
    desk.press("kw");
    assert_eq!(lines(&desk), ["uncordon worker-4"]);
}

#[test]
fn fixes_are_found_copied_and_tried() {
    let mut desk = Desk::at(&shop(), SIZE);
    desk.press("f");
    assert_eq!(desk.state.screen, Screen::Fixes);
    let screen = text(&desk.state);
    assert!(screen.contains("uncordon worker-4"), "{screen}");
    assert!(screen.contains("$ kubectl uncordon worker-4"), "{screen}");
    desk.press("y");
    assert_eq!(desk.copied(), ["kubectl uncordon worker-4"]);
    assert_eq!(desk.message(), "copied kubectl uncordon worker-4");
    desk.hit(KeyCode::Enter);
    assert_eq!(desk.state.screen, Screen::WhatIf);
    assert_eq!(lines(&desk), ["uncordon worker-4"]);
    assert_eq!(result(&desk, "nodes fit"), "nodes fit 0 of 6 → 1 of 6");
    desk.press("y");
    assert_eq!(desk.copied().len(), 2);
    desk.press("u");
    assert!(lines(&desk).is_empty(), "trying is undone as any edit");
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.screen, Screen::Fixes);
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.state.screen, Screen::Home);
}

#[test]
fn a_search_is_called_off_and_begun_again() {
    let mut desk = Desk::at(&shop(), SIZE);
    desk.held = true;
    desk.press("f");
    desk.hit(KeyCode::Esc);
    assert_eq!(desk.studies(), (1, 1));
    assert!(text(&desk.state).contains("f searches again"));
    desk.held = false;
    desk.press("f");
    assert!(text(&desk.state).contains("uncordon worker-4"));
}

#[test]
fn a_pod_that_fits_needs_no_fix() {
    let mut desk = Desk::at(&uncordoned(), SIZE);
    desk.press("f");
    let screen = text(&desk.state);
    assert!(screen.contains("The pod fits already"), "{screen}");
    desk.hit(KeyCode::Enter);
    assert_eq!(desk.message(), "nothing to try here");
}

#[test]
fn fixes_are_searched_again_when_the_decision_is_another() {
    let mut desk = Desk::at(&shop(), SIZE);
    desk.press("f");
    assert_eq!(desk.studies().0, 1);
    desk.change(&uncordoned());
    desk.wait(2000);
    assert_eq!(desk.studies().0, 2);
    assert!(text(&desk.state).contains("The pod fits already"));
    let asked = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Study(_, study) => Some(study),
        _ => None,
    });
    assert!(asked.into_iter().all(|study| matches!(study, Study::Nearest(_))));
}

#[test]
fn without_a_pod_the_screens_say_what_to_do() {
    let mut desk = Desk::at(&shop()[..7], SIZE);
    desk.press("w");
    assert!(text(&desk.state).contains("No pod is chosen"));
    desk.press("a");
    assert_eq!(desk.message(), "choose a pod that waits first");
    desk.press("f");
    assert!(text(&desk.state).contains("No pod is chosen"));
    assert_eq!(desk.studies().0, 0);
}

#[test]
fn from_the_nodes_fixes_are_about_the_node_under_the_cursor() {
    let mut desk = Desk::at(&shop(), SIZE);
    desk.hit(KeyCode::Tab);
    let node = desk.state.node_name().expect("a node").clone();
    desk.press("f");
    assert!(text(&desk.state).contains(&format!("fit on {node}")));
    let nearest = desk.state.fixes.nearest().expect("an answer");
    assert!(!nearest.remedies.is_empty());
    assert!(nearest.remedies.iter().all(|remedy| remedy.opens.contains(&node)));
    desk.hit(KeyCode::Esc);
    desk.hit(KeyCode::Esc);
    desk.press("f");
    assert!(desk.state.fixes.node.is_none(), "from the pods, any node will do");
}
