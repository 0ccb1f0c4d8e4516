//! Every lesson in the real program on a terminal: its plays with keys as a person presses them, and requests as kubectl
//! sends them.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use berth::lesson::{Book, names};
use berth::model::PodKey;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::learner::from_disk;
use super::plays::{Act, Play, deeds};
use crate::support::{DEADLINE, Terminal};

/// Lessons that are taken at the same time.
const AT_ONCE: usize = 6;

/// A learner at a terminal.
struct Seat {
    name: &'static str,
    screen: Terminal,
    state: PathBuf,
    runtime: Runtime,
    client: Client,
}

impl Seat {
    fn take(name: &'static str, (columns, rows): (u16, u16)) -> Self {
        let setup = Terminal::run(env!("CARGO_BIN_EXE_berth")).args(["learn", name]);
        let state = setup.home().join(".local/state/berth/lessons");
        let screen = setup.size(columns, rows).start();
        screen.wait_for("step 1 of");
        screen.wait_for("● live");
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime.block_on(client(&state.join(format!("{name}.kubeconfig"))));
        Self {
            name,
            screen,
            state,
            runtime,
            client,
        }
    }

    fn play(&mut self) {
        let (lesson, play) = (from_disk(self.name), Play::of(self.name));
        let steps = lesson.steps.len();
        for (at, acts) in play.right.iter().enumerate() {
            self.screen.wait_for(&format!("step {} of {steps}", at + 1));
            let asked = lesson.steps[at].ask.as_ref().map(|ask| &ask.question.pod);
            for act in acts {
                if let (Act::Predict(_), Some(pod)) = (act, asked) {
                    self.screen.wait_for("? Predict: press t");
                    assert_eq!(self.unschedulable(pod), None, "{}: the cluster tells", self.name);
                }
                self.does(act);
            }
            let (goes_on, next) = if at + 1 == steps {
                ("N ends the lesson", "This lesson is done".to_owned())
            } else {
                ("N goes on", format!("step {} of {steps}", at + 2))
            };
            self.screen.wait_for(goes_on);
            self.press_until("N", &next);
        }
        let book = std::fs::read(self.state.join("progress.json")).expect("progress is kept");
        let book: Book = serde_json::from_slice(&book).expect("progress");
        let progress = &book.lessons[self.name];
        assert!(progress.finished, "{}", self.name);
        let (right, all) = progress.guessed();
        let asks = lesson.steps.iter().filter(|step| step.ask.is_some()).count();
        assert_eq!((right, all), (asks, asks), "{}", self.name);
        self.screen.press(&["q"]);
        assert!(self.screen.wait().success());
        self.screen.assert_restored();
    }

    fn does(&mut self, act: &Act) {
        match act {
            Act::Predict(typed) => self.predict(typed),
            Act::Place(text) => {
                let (pod, node) = match text.split_once(" on ") {
                    Some((pod, node)) => (pod, Some(node)),
                    None => (text.as_str(), None),
                };
                self.choose(pod);
                if let Some(node) = node {
                    self.point_at(node);
                }
                self.press_until("p", &format!("Place default/{pod} on"));
                self.confirm("dry run, then place");
                let name = format!("default/{pod} ");
                self.screen.wait_until("it waits no more", |screen| {
                    !screen
                        .lines()
                        .any(|line| line.contains('▸') && line.contains(&name))
                });
            }
            Act::Choose(pod) => self.choose(pod),
            Act::Node(node) => self.point_at(node),
            Act::Fits(pod) => {
                self.unfiltered();
                let name = format!("default/{pod} ");
                let is_some = |fit: &str| fit.parse::<usize>().is_ok_and(|fit| fit > 0);
                let fits = |cell: &str| cell.split_once('/').is_some_and(|(fit, _)| is_some(fit));
                self.screen.wait_until("a node fits", |screen| {
                    let mut rows = screen.lines().filter_map(|line| Some(line.split_once(&name)?.1));
                    // Priority, age, and how many fit.
                    rows.any(|row| row.split_whitespace().take(3).any(fits))
                });
            }
            Act::Press(keys) => {
                for key in keys.chars() {
                    self.screen.press(&[key.encode_utf8(&mut [0; 4])]);
                }
            }
            Act::Send(text) => {
                for deed in deeds(text) {
                    for request in deed.requests() {
                        self.send(&request);
                    }
                }
            }
            Act::Confirm(typed) => {
                self.screen.wait_for("reason");
                self.screen.type_text(typed);
                self.confirm("make room, then place");
                self.screen.wait_for("placed on");
                self.screen.press(&["Esc"]);
            }
        }
    }

    /// What the pod says itself of why it fits nowhere.
    fn unschedulable(&self, pod: &PodKey) -> Option<String> {
        let path = format!("/api/v1/namespaces/{}/pods/{}", pod.namespace, pod.name);
        let request = http::Request::get(path).body(Vec::new()).expect("a request");
        let pod = self.runtime.block_on(self.client.request::<Value>(request));
        let pod = pod.expect("the pod");
        let mut conditions = pod["status"]["conditions"].as_array()?.iter();
        let told = conditions.find(|condition| condition["reason"] == "Unschedulable")?;
        told["message"].as_str().map(str::to_owned)
    }

    /// Presses `key`, and again where it came too early, as a person does.
    fn press_until(&mut self, key: &str, text: &str) {
        for _ in 0..20 {
            self.screen.press(&[key]);
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(2) {
                if self.screen.screen().contains(text) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.screen.wait_for(text);
    }

    /// As a person does who waits until it can be answered.
    fn predict(&mut self, typed: &str) {
        self.screen.wait_for("? Predict: press t");
        self.screen.press(&["t"]);
        self.screen.wait_for("What do you expect?");
        self.screen.wait_until("what can be typed", |screen| {
            screen.contains("some of ") || screen.contains("a whole number")
        });
        self.screen.type_text(typed);
        self.screen.press(&["Enter"]);
        self.screen.wait_until_gone("What do you expect?");
        self.screen.wait_for("As you said");
    }

    /// Out of the other panes, and no filter any more.
    fn unfiltered(&mut self) {
        self.screen.press(&["Esc", "Esc", "Esc"]);
    }

    /// Leaves no row but the pod's, by the filter.
    fn choose(&mut self, pod: &str) {
        self.unfiltered();
        self.screen.wait_for(&format!("default/{pod}"));
        self.screen.press(&["/"]);
        self.screen.type_text(pod);
        self.screen.press(&["Enter"]);
        let name = format!("default/{pod}");
        self.screen
            .wait_until("the pod is selected and judged", |screen| {
                let selected = screen
                    .lines()
                    .any(|line| line.contains('▸') && line.contains(&name));
                selected && screen.contains("nodes fit")
            });
    }

    fn point_at(&mut self, node: &str) {
        self.screen.press(&["Tab", "/"]);
        self.screen.type_text(node);
        self.screen.press(&["Enter"]);
        self.screen.wait_for(&format!("Why {node}"));
    }

    /// Enter counts once the dialog was there for a moment, which the last line tells.
    fn confirm(&mut self, armed: &str) {
        self.screen.wait_for(armed);
        self.screen.press(&["Enter"]);
        self.screen.wait_until_gone(armed);
    }

    fn send(&self, request: &berth::lesson::Request) {
        let sent = http::Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header("content-type", request.content_type)
            .body(request.body.clone().into_bytes())
            .expect("a request");
        let answer = self.runtime.block_on(self.client.request::<Value>(sent));
        if let Err(error) = answer {
            panic!("{}: {} {}: {error}", self.name, request.method, request.path);
        }
    }
}

async fn client(kubeconfig: &std::path::Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a kubeconfig with a context");
    Client::try_from(config).expect("a client")
}

#[test]
fn every_lesson_is_played_on_a_terminal() {
    let left = Mutex::new(names());
    std::thread::scope(|scope| {
        for size in [(120, 36), (200, 50)].into_iter().cycle().take(AT_ONCE) {
            let left = &left;
            scope.spawn(move || {
                loop {
                    let next = left.lock().expect("nobody failed").next();
                    let Some(name) = next else { return };
                    Seat::take(name, size).play();
                }
            });
        }
    });
}

/// While it is to be predicted that a pod fits nowhere, the pod does not say so; once it was, it does.
#[test]
fn the_cluster_does_not_tell_what_is_to_be_predicted() {
    let mut seat = Seat::take("preemption-and-budgets", (120, 36));
    let alarm = PodKey::new("default", "alarm");
    seat.screen.wait_for("? Predict: press t");
    // Whoever says so does it at once: what is known by now would have been told.
    seat.screen.wait_for("default/alarm");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(seat.unschedulable(&alarm), None);
    seat.predict("0");
    seat.press_until("N", "step 2 of");
    assert_eq!(seat.unschedulable(&alarm), None, "the second step asks, too");
    seat.predict("west");
    let begun = Instant::now();
    let told = loop {
        match seat.unschedulable(&alarm) {
            Some(told) => break told,
            None => assert!(begun.elapsed() < DEADLINE, "it is never told"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(told.starts_with("0/2 nodes are available"), "{told}");
}
