//! `berth snapshot`: what scheduling reads, as a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::{Global, SnapshotArgs};
use super::exit::{Exit, Failure};
use super::{note, source};
use crate::cluster::snapshot::{self, Sink, Skipped};

/// Runs the command.
pub(super) async fn run(args: SnapshotArgs, global: Global) -> Result<(), Failure> {
    let connection = source::connect(&global).await?;
    let file = args.file.filter(|file| file.as_os_str() != "-");
    let mut list = match &file {
        Some(path) => List::to_file(path)?,
        None => List::new(Box::new(io::BufWriter::new(io::stdout()))),
    };
    let skipped = snapshot::read(&connection, &mut list)
        .await
        .map_err(|error| match error {
            snapshot::Error::Cluster(error) => Failure::from(error),
            snapshot::Error::Sink(error) => cannot_write(file.as_deref(), &error),
        })?;
    let count = list.count;
    list.end()
        .map_err(|error| cannot_write(file.as_deref(), &error))?;
    for Skipped { kind, why } in &skipped {
        note(&format!("not in it: {kind} ({why})"));
    }
    if let Some(path) = &file {
        note(&format!("{count} objects in {}", path.display()));
    }
    Ok(())
}

fn cannot_write(file: Option<&Path>, error: &io::Error) -> Failure {
    match file {
        Some(path) => Failure::new(
            Exit::Failed,
            format!("cannot write the snapshot to {}: {error}", path.display()),
        ),
        None if error.kind() == io::ErrorKind::BrokenPipe => Failure::silent(Exit::Done),
        None => Failure::new(Exit::Failed, format!("cannot write the snapshot: {error}")),
    }
}

/// A `List` that is written while it comes in.
struct List {
    to: Box<dyn Write + Send>,
    count: usize,
    /// The file that is written, and what it is called once it is whole.
    partial: Option<(PathBuf, PathBuf)>,
}

impl List {
    fn new(to: Box<dyn Write + Send>) -> Self {
        Self {
            to,
            count: 0,
            partial: None,
        }
    }

    /// Beside `path` until it is whole: a snapshot that breaks off leaves what was there before.
    fn to_file(path: &Path) -> Result<Self, Failure> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{:08x}.partial", fastrand::u32(..)));
        let partial = PathBuf::from(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options
            .open(&partial)
            .map_err(|error| cannot_write(Some(path), &error))?;
        let mut list = Self::new(Box::new(io::BufWriter::new(file)));
        list.partial = Some((partial, path.to_owned()));
        Ok(list)
    }

    fn end(mut self) -> io::Result<()> {
        if self.count == 0 {
            self.to
                .write_all(br#"{"apiVersion":"v1","kind":"List","items":["#)?;
        }
        self.to.write_all(b"\n]}\n")?;
        self.to.flush()?;
        if let Some((partial, path)) = self.partial.take() {
            std::fs::rename(partial, path)?;
        }
        Ok(())
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.partial {
            // Nobody misses it.
            let _ = std::fs::remove_file(partial);
        }
    }
}

impl Sink for List {
    fn take(&mut self, object: &serde_json::Value) -> io::Result<()> {
        let head: &[u8] = if self.count == 0 {
            b"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n"
        } else {
            b",\n"
        };
        self.to.write_all(head)?;
        serde_json::to_writer(&mut self.to, object)?;
        self.count += 1;
        Ok(())
    }
}
