//! The terminal driver, tried on programs that every machine has.

use rustix::process::Signal;
use vt100::Color;

use crate::support::Terminal;

#[test]
fn what_is_typed_reaches_the_program_and_its_answer_the_screen() {
    let mut cat = Terminal::run("cat").start();
    cat.type_text("hello");
    cat.press(&["Enter"]);
    cat.wait_until("the echo and cat's answer", |screen| {
        screen.starts_with("hello\nhello\n")
    });
    assert_eq!(cat.find("hello"), Some((0, 0)));
    assert_eq!(cat.find("good-bye"), None);
    cat.press(&["Ctrl-d"]);
    assert!(cat.wait().success());
    cat.assert_restored();
}

#[test]
fn keys_and_mouse_arrive_as_a_terminal_sends_them() {
    // `cat -v` shows control characters; the trailing ctrl-d hands over what stands in the line.
    let mut cat = Terminal::run("sh")
        .args(["-c", "stty -echo; echo ready; exec cat -v"])
        .start();
    cat.wait_for("ready");
    for (keys, shown) in [
        (["Up", "F5"], "^[[A^[[15~"),
        (["BackTab", "Alt-x"], "^[[Z^[x"),
        (["Esc", "PageDown"], "^[^[[6~"),
        (["Ctrl-a", "é"], "^AM-CM-)"),
    ] {
        cat.press(&keys);
        cat.press(&["Enter"]);
        cat.wait_for(shown);
    }
    cat.click(4, 2);
    cat.scroll(false, 0, 0);
    cat.press(&["Enter"]);
    cat.wait_for("^[[<0;5;3M^[[<0;5;3m^[[<65;1;1M");
}

#[test]
fn cursor_keys_follow_the_programs_mode() {
    let mut cat = Terminal::run("sh")
        .args(["-c", "stty -echo; printf '\\033[?1hready'; exec cat -v"])
        .start();
    cat.wait_for("ready");
    cat.press(&["Down", "Enter"]);
    cat.wait_for("^[OB");
}

#[test]
fn a_text_can_be_awaited_to_go() {
    let mut shell = Terminal::run("sh")
        .args(["-c", "echo here; read line; clear; cat"])
        .start();
    shell.wait_for("here");
    shell.press(&["Enter"]);
    shell.wait_until_gone("here");
}

#[test]
fn cells_have_colours() {
    let shell = Terminal::run("printf")
        .arg("plain \\033[1;31mred\\033[0m")
        .start();
    shell.wait_for("plain red");
    let (column, row) = shell.find("red").expect("it is there");
    let (plain, red) = (shell.cell(0, row), shell.cell(column, row));
    assert_eq!(
        (plain.contents(), plain.fgcolor(), plain.bold()),
        ("p", Color::Default, false)
    );
    assert_eq!(
        (red.contents(), red.fgcolor(), red.bold()),
        ("r", Color::Idx(1), true)
    );
}

#[test]
fn the_program_sees_the_size_and_each_new_one() {
    let script = "trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done";
    let mut shell = Terminal::run("sh").args(["-c", script]).size(100, 30).start();
    shell.wait_for("30 100");
    shell.resize(200, 50);
    shell.wait_for("50 200");
    assert_eq!(shell.screen().lines().count(), 50);
}

#[test]
fn the_environment_is_the_tests_own() {
    let setup = Terminal::run("env").env("KUBECONFIG", "/there");
    let home = format!("HOME={}", setup.home().display());
    let shell = setup.start();
    shell.wait_for("KUBECONFIG=/there");
    shell.wait_for(&home);
    assert!(!shell.screen().contains("CARGO"), "{}", shell.screen());
}

#[test]
fn the_way_a_program_ends_is_told() {
    assert_eq!(
        Terminal::run("sh")
            .args(["-c", "exit 5"])
            .start()
            .wait()
            .exit_code(),
        5
    );
    let mut sleep = Terminal::run("sleep").arg("1000").start();
    sleep.signal(Signal::TERM);
    assert!(sleep.wait().signal().is_some());
}

#[test]
fn a_terminal_left_in_disorder_is_noticed() {
    for disorder in [
        "printf '\\033[?1049h'",
        "printf '\\033[?25l'",
        "printf '\\033[?1003h'",
        "stty -echo",
    ] {
        let mut shell = Terminal::run("sh").args(["-c", disorder]).start();
        assert!(shell.wait().success());
        let check = std::panic::AssertUnwindSafe(|| shell.assert_restored());
        std::panic::catch_unwind(check).expect_err(disorder);
    }
}

#[test]
fn a_text_that_never_comes_fails_with_the_screen() {
    let shell = Terminal::run("echo").arg("something else").start();
    let wait = std::panic::AssertUnwindSafe(|| shell.wait_for("berth"));
    let message = std::panic::catch_unwind(wait).expect_err("it never comes");
    let message = message.downcast::<String>().expect("a text");
    assert!(message.contains("something else"), "{message}");
}

#[test]
fn the_bytes_are_kept() {
    let mut shell = Terminal::run("printf")
        .arg("\\033[?1049hfull screen\\033[?1049l")
        .start();
    shell.wait();
    assert_eq!(shell.output(), b"\x1b[?1049hfull screen\x1b[?1049l");
    shell.assert_restored();
}
