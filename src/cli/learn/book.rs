//! Where progress is kept: a file in the state directory, beside the journal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::cli::exit::{Exit, Failure};
use crate::lesson::Book;

/// The folder of what is kept for lessons.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The user's.
    pub(super) fn of_user() -> Result<Self, Failure> {
        let base = etcetera::choose_base_strategy().map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("there is no place to keep progress in: {error}"),
            )
            .hint("Set HOME, or XDG_STATE_HOME to a folder.")
        })?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self {
            folder: state.join("berth").join("lessons"),
        })
    }

    /// The file of what was done.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("progress.json")
    }

    /// What was done; nothing where there is no file.
    pub(super) fn read(&self) -> Result<Book, io::Error> {
        match fs::read(self.file()) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Book::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, book: &Book) -> Result<(), io::Error> {
        make_folder(&self.folder)?;
        let beside = self.folder.join(format!(".progress.{:016x}", fastrand::u64(..)));
        let written = fs::write(&beside, serde_json::to_vec_pretty(book)?)
            .and_then(|()| fs::rename(&beside, self.file()));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Where the kubeconfig of the lesson called `name` goes: the same each time, so that a terminal that has it goes on.
    pub(super) fn kubeconfig(&self, name: &str) -> Result<PathBuf, Failure> {
        make_folder(&self.folder).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("cannot make {}: {error}", self.folder.display()),
            )
        })?;
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let name: String = name.chars().map(plain).collect();
        Ok(self.folder.join(format!("{name}.kubeconfig")))
    }
}

fn make_folder(folder: &Path) -> Result<(), io::Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
