//! `berth auto`: placing without asking.

mod lines;
mod serve;

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use self::lines::Lines;
use super::args::{AutoArgs, Global, Policy};
use super::exit::{Exit, Failure};
use super::tui::signals::Signals;
use super::{note, program, source};
use crate::auto::{Classic, Ended, Happened, Metrics, Scheduler, Settings, Tell};
use crate::cluster::Connection;
use crate::cluster::election::{Election, ElectionSettings};
use crate::cluster::schedulers;
use crate::model::situation::lease_name;

/// Runs the command, until it is interrupted.
pub(super) async fn run(args: AutoArgs, global: Global) -> Result<(), Failure> {
    prepared(&args, &global)?;
    let failed = |error: anyhow::Error| Failure::new(Exit::Failed, format!("cannot start: {error:#}"));
    let mut signals = Signals::new().map_err(failed)?;
    let stop = watch::Sender::new(None);
    let mut work = pin!(work(args, global, stop.clone()));
    tokio::select! {
        end = &mut work => return end,
        () = signals.next() => {}
    }
    // What is under way is let end; who cannot wait signals again.
    stop.send_replace(Some(Exit::Interrupted));
    tokio::select! {
        end = work => end,
        () = signals.next() => Err(Failure::silent(Exit::Interrupted)),
    }
}

/// Refuses what makes no sense here.
fn prepared(args: &AutoArgs, global: &Global) -> Result<(), Failure> {
    let usage = |message: &str, hint: &str| Err(Failure::new(Exit::Usage, message).hint(hint));
    if global.from.is_some() {
        return usage(
            "cannot place pods in a file: 'auto' takes a cluster",
            "To see what would be placed where, use 'plan'.",
        );
    }
    if args.policy != Policy::Profile && global.scheduler_names().len() > 1 {
        return usage(
            "'first' and 'random' are the scheduler of one schedulerName",
            "Give --scheduler-name once.",
        );
    }
    if args.policy != Policy::Profile && args.listen.is_some() {
        return usage(
            "'first' and 'random' count nothing that could be served",
            "Leave out --listen, or take --policy profile.",
        );
    }
    Ok(())
}

/// Until `stop` says so, with how it ends then, or nobody reads what is printed.
async fn work(args: AutoArgs, global: Global, stop: watch::Sender<Option<Exit>>) -> Result<(), Failure> {
    let metrics = Arc::<Metrics>::default();
    let _served = match args.listen {
        Some(address) => Some(serve::start(address, Arc::clone(&metrics)).await?),
        None => None,
    };
    let connection = source::connect(&global).await?;
    // Says at once what is wrong with server or credentials.
    connection.server_version().await?;
    let names: Vec<Arc<str>> = global.scheduler_names().into_iter().map(Arc::from).collect();
    if !args.leader_elect {
        alone(&connection, &names, &global).await?;
    }
    let (sender, happened) = mpsc::unbounded_channel();
    let tell: Tell = Arc::new(move |what: Happened| {
        // Fails only where nobody prints any more.
        let _ = sender.send(what);
    });
    let placing = async {
        if args.leader_elect {
            let leading = lead(&args, &global, &connection, &names, &metrics, &stop, tell);
            Box::pin(leading).await
        } else {
            place(&args, &global, &connection, &names, &metrics, until(&stop), tell).await
        }
    };
    let printing = async {
        // It ends once nobody can tell anything any more.
        let printed = Lines::new(&args, &global).print(happened).await;
        if printed.is_err() {
            // A scheduler that cannot say what it does is to do nothing.
            stop.send_replace(Some(Exit::Failed));
        }
        printed
    };
    let (ended, printed) = tokio::join!(placing, printing);
    let ended = ended?;
    printed?;
    let pods = if ended.bound == 1 { "pod" } else { "pods" };
    note(&format!(
        "{} {pods} bound; {} left waiting",
        ended.bound, ended.left
    ));
    let stopped = *stop.borrow();
    if let Some(exit) = stopped {
        return Err(Failure::silent(exit));
    }
    if ended.left > 0 {
        return Err(Failure::silent(Exit::Infeasible));
    }
    Ok(())
}

async fn until(stop: &watch::Sender<Option<Exit>>) {
    // The sender lives as long as the command.
    let _ = stop.subscribe().wait_for(Option::is_some).await;
}

/// Refuses to place pods that another scheduler places right now.
async fn alone(connection: &Connection, names: &[Arc<str>], global: &Global) -> Result<(), Failure> {
    for name in names {
        let (_, found) = schedulers::situation(connection, name).await?;
        if found.state.alive() != Some(true) {
            continue;
        }
        let evidence = &found.evidence;
        if global.race {
            note(&format!(
                "warning: '{name}' is at work ({evidence}): it may place the same pods at the same time"
            ));
            continue;
        }
        let message = format!(
            "cannot place the pods of '{name}': it is at work ({evidence}), and two that place the same pods may fill a \
             node twice"
        );
        return Err(Failure::new(Exit::Infeasible, message)
            .hint(format!(
                "What is known of it: {} check --scheduler {name}",
                program()
            ))
            .hint("To take its place once it ends: --leader-elect. To place its pods all the same: --race"));
    }
    Ok(())
}

/// Places pods while we hold the Lease.
async fn lead(
    args: &AutoArgs,
    global: &Global,
    connection: &Connection,
    names: &[Arc<str>],
    metrics: &Arc<Metrics>,
    stop: &watch::Sender<Option<Exit>>,
    tell: Tell,
) -> Result<Ended, Failure> {
    let first = names.first().map_or("berth", |name| name);
    let name = match &args.leader_elect_resource_name {
        Some(name) => name.clone(),
        None => lease_name(first).to_owned(),
    };
    let settings = ElectionSettings {
        namespace: args.leader_elect_resource_namespace.clone(),
        ..ElectionSettings::of(&name)
    };
    let mut election = Election::new(connection.clone(), settings);
    metrics.leads(&name, false);
    let told = |word: Result<&str, &crate::cluster::ClusterError>| match word {
        Ok("") => metrics.stands_by(false),
        Ok(holder) => {
            metrics.stands_by(true);
            note(&format!("waiting for lease {name}: {holder} holds it"));
        }
        Err(error) => note(&error.to_string()),
    };
    tokio::select! {
        won = election.win(told) => won?,
        () = until(stop) => return Ok(Ended::default()),
    }
    note(&format!("lease {name} is ours ({})", election.identity()));
    metrics.stands_by(false);
    metrics.leads(&name, true);
    let (lost, is_lost) = oneshot::channel::<()>();
    let either = async {
        tokio::select! {
            () = until(stop) => {}
            _ = is_lost => {}
        }
    };
    let placing = place(args, global, connection, names, metrics, either, tell);
    let mut placing = pin!(placing);
    let why = tokio::select! {
        ended = &mut placing => {
            metrics.leads(&name, false);
            election.release().await;
            return ended;
        }
        why = election.hold() => why,
    };
    metrics.leads(&name, false);
    // Dropped, it says so.
    drop(lost);
    placing.await?;
    let message = format!("lease {name} is lost: {why}; nothing more is placed");
    Err(Failure::new(Exit::Failed, message).hint("Start again to stand for it again."))
}

async fn place(
    args: &AutoArgs,
    global: &Global,
    connection: &Connection,
    names: &[Arc<str>],
    metrics: &Arc<Metrics>,
    stop: impl Future<Output = ()>,
    tell: Tell,
) -> Result<Ended, Failure> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let connection = connection.clone();
    let name = names.first().map_or("", |name| name);
    let classic = match args.policy {
        Policy::First => Classic::new(name),
        Policy::Random => Classic::random(name, seed),
        Policy::Profile => {
            let settings = Settings {
                scheduler_names: names.to_vec(),
                profiles: global.rules.profiles.clone(),
                seed,
                once: args.once,
                bindings: args.bindings.into(),
            };
            let scheduler = Scheduler::new(connection, settings);
            return Ok(scheduler.counting_in(Arc::clone(metrics)).run(stop, tell).await);
        }
    };
    Ok(classic.once(args.once).run(connection, stop, tell).await)
}
