//! What is generated for shells and readers.

use super::words;

#[test]
fn every_shell_gets_a_script_with_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = words(&format!("completion {shell}")).good();
        for word in ["explain", "place", "scheduler-name", "dry-run"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn the_manual_covers_the_program_and_each_command() {
    let page = words("man").good();
    assert!(page.contains(".TH berth 1"), "{page}");
    for word in [
        "EXIT STATUS",
        "ENVIRONMENT",
        "the cluster cannot be reached",
        "explain",
    ] {
        assert!(page.contains(word), "{word}");
    }
    for command in [
        "demo",
        "pods",
        "explain",
        "place",
        "watch",
        "check",
        "plugins",
        "settings",
        "completion",
        "man",
    ] {
        let page = words(&format!("man {command}")).good();
        assert!(page.contains(&format!(".TH berth-{command} 1")), "{page}");
    }
    assert!(words("man fly").bad(2).contains("explain"));
}

#[test]
fn plugins_are_listed_in_order_and_told_about() {
    let list = words("plugins").good();
    let names: Vec<&str> = list
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let table: Vec<&str> = berth::scheduling::plugins::TABLE
        .iter()
        .map(|row| row.name)
        .collect();
    assert_eq!(names, table);
    for row in berth::scheduling::plugins::TABLE {
        let page = words(&format!("plugins {}", row.name.to_lowercase())).good();
        assert!(
            page.starts_with(row.name) && page.contains(row.docs.trim()),
            "{page}"
        );
    }
    for plugin in berth::scheduling::plugins::NOT_YET {
        assert!(berth::scheduling::plugins::row(plugin.name).is_none());
        assert!(list.contains(plugin.name) && list.contains(plugin.gate), "{list}");
        let page = words(&format!("plugins {}", plugin.name)).good();
        assert!(page.contains("not yet") && page.contains(plugin.gate), "{page}");
    }
    assert!(words("plugins NodeFly").bad(1).contains("NodeResourcesFit"));
    let json: serde_json::Value = serde_json::from_str(&words("plugins -o json").good()).unwrap();
    assert_eq!(json[4]["name"], "TaintToleration");
    assert_eq!(json[4]["weight"], 3);
}
