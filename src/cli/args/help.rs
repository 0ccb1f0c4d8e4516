//! What help says beyond the grammar.

use crate::cli::exit::Exit;

/// The exit codes.
pub(super) fn exit_codes() -> String {
    Exit::ALL.iter().fold("Exit codes:".to_owned(), |text, exit| {
        format!("{text}\n  {:>3}  {}", exit.code(), exit.meaning())
    })
}

/// Examples of a subcommand, as they are typed where the program is called `berth`.
pub(super) fn examples(subcommand: &str) -> Option<&'static str> {
    Some(match subcommand {
        "pods" => "  berth pods -A\n  berth pods -A -o json | jq -r '.[] | select(.feasible == 0) | .pod'",
        "explain" => {
            "  berth explain shop/cart\n  berth explain shop/cart worker-17\n  \
             kubectl get nodes,pods,namespaces -A -o json | berth explain --from - -o json"
        }
        "place" => {
            "  berth place shop/cart\n  berth place shop/cart worker-17 --dry-run=server\n  \
             berth place shop/cart gpu-0 --override --reason 'only node with room until the pool grows' -y\n  \
             berth place shop/cart --preempt --reason 'the cart is worth more than the batch' --dry-run=server"
        }
        "plan" => {
            "  berth plan -A\n  berth plan -A -o yaml > plan.yaml\n  berth plan -n shop -l app=cart --optimize\n  \
             kubectl get nodes,pods,namespaces -A -o json | berth plan --from -"
        }
        "apply" => {
            "  berth apply plan.yaml --dry-run=server\n  berth apply plan.yaml --rate 2\n  \
             berth plan -A -o yaml | berth apply - -y --reason 'kube-scheduler is down'"
        }
        "demo" => "  berth demo\n  berth demo --nodes 500 --pods 4000 --pending 50",
        "learn" => {
            "  berth learn\n  berth learn api-server\n  berth learn ./mine.md\n  berth learn --reset scoring\n  \
             berth learn --export filtering > filtering.md"
        }
        "check" => "  berth check\n  berth check --as operator -o json",
        "journal" => "  berth journal\n  berth journal --since 2h -o markdown > incident.md",
        "snapshot" => "  berth snapshot cluster.json\n  berth --from cluster.json",
        "plugins" => "  berth plugins\n  berth plugins NodeResourcesFit",
        "settings" => "  berth settings\n  berth settings --example > \"$(berth settings --path)\"",
        "completion" => {
            "  source <(berth completion bash)\n  berth completion fish > ~/.config/fish/completions/berth.fish"
        }
        "man" => "  berth man > /usr/local/share/man/man1/berth.1\n  berth man place | man -l -",
        _ => return None,
    })
}
