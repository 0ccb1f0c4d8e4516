//! The file.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Entry, Record};

/// A journal's file. Several processes may write to one at the same time: each line is one write at its end.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    open: Mutex<Option<fs::File>>,
}

impl File {
    /// The journal at `path`, which is made, with its folder, by the first entry.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            open: Mutex::default(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self) -> Result<fs::File, io::Error> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut options = fs::OpenOptions::new();
        options.read(true).append(true);
        if let Ok(file) = options.open(&self.path) {
            return Ok(file);
        }
        if let Some(folder) = folder {
            make_folder(folder)?;
        }
        options.create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(&self.path)?;
        // The name, too, must outlive a crash.
        #[cfg(unix)]
        if let Some(folder) = folder {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(file)
    }
}

fn make_folder(folder: &Path) -> Result<(), io::Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

impl Record for File {
    fn write(&self, entry: &Entry) -> Result<(), io::Error> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *open {
            Some(file) => file,
            closed => closed.insert(self.open()?),
        };
        if is_torn(file)? {
            line.insert(0, b'\n');
        }
        let written = file.write_all(&line).and_then(|()| file.sync_data());
        if written.is_err() {
            // Whatever is wrong with it may be mended by opening it again.
            *open = None;
        }
        written
    }

    /// None where there is no file. A line may be torn where a disk was full or a machine died.
    fn read(&self) -> Result<(Vec<Entry>, usize), io::Error> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let lines = bytes.split(|&byte| byte == b'\n');
        let lines: Vec<&[u8]> = lines.filter(|line| !line.trim_ascii().is_empty()).collect();
        let entries: Vec<Entry> = lines
            .iter()
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let torn = lines.len() - entries.len();
        Ok((entries, torn))
    }
}

/// Whether the last line has no end: a write before broke off.
fn is_torn(file: &mut fs::File) -> Result<bool, io::Error> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::entry::{Outcome, Step};
    use super::*;

    fn entry(id: &str) -> Entry {
        Entry {
            at: Timestamp::UNIX_EPOCH,
            id: id.to_owned(),
            step: Step::Ended {
                outcome: Outcome::Placed,
                text: String::new(),
            },
        }
    }

    fn ids(file: &File) -> (Vec<String>, usize) {
        let (entries, torn) = file.read().unwrap();
        (entries.into_iter().map(|entry| entry.id).collect(), torn)
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::new(folder.path().join("deep/down/journal.jsonl"));
        assert_eq!(ids(&file), (vec![], 0));
        file.write(&entry("a")).unwrap();
        file.write(&entry("b")).unwrap();
        assert_eq!(ids(&file), (vec!["a".to_owned(), "b".to_owned()], 0));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(file.path()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "nobody else's business");
        }
    }

    #[test]
    fn a_torn_line_is_left_behind_and_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let file = File::new(&path);
        file.write(&entry("a")).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in 1..whole.len() {
            fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
            File::new(&path).write(&entry("b")).unwrap();
            let (read, torn) = ids(&file);
            assert_eq!(read.first().map(String::as_str), Some("a"));
            assert_eq!(read.last().map(String::as_str), Some("b"), "cut at {cut}");
            // All but the end of the line is a whole entry.
            assert_eq!(torn, usize::from(cut + 1 < whole.len()), "cut at {cut}");
        }
    }

    #[test]
    fn two_writers_spoil_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::thread::scope(|scope| {
            for writer in ["a", "b", "c"] {
                let path = &path;
                scope.spawn(move || {
                    let file = File::new(path);
                    for _ in 0..50 {
                        file.write(&entry(&writer.repeat(300))).unwrap();
                    }
                });
            }
        });
        let (read, torn) = ids(&File::new(&path));
        assert_eq!((read.len(), torn), (150, 0));
    }
}
