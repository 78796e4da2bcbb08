//! ZIP archives. Their members are read each on its own, so that several threads share an archive.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::Crc;
use tempfile::TempPath;
use zip::{CompressionMethod, ZipArchive};

use super::open::{Counted, Expanding};
use super::stream::Stream;
use super::{ProblemKind, ScanReport};
use crate::Origin;

/// An archive in a file of its own.
#[derive(Debug)]
pub(super) enum Archive {
    File(PathBuf),
    /// Spooled from a stream that cannot be read at will: standard input, or another archive.
    Spooled(TempPath),
}

/// A file in an archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    archive: Arc<Archive>,
    pub(super) name: Arc<str>,
    /// Where its data begin.
    start: u64,
    compressed_bytes: u64,
    method: CompressionMethod,
    /// Checksum of its content; unknown if the directory of the archive is lost.
    crc: Option<u32>,
}

impl Archive {
    /// Writes a stream to a temporary file, which goes away with the archive.
    pub(super) fn spool(stream: &mut Stream) -> io::Result<Self> {
        let mut file = tempfile::NamedTempFile::new()?;
        io::copy(stream, &mut file)?;
        Ok(Self::Spooled(file.into_temp_path()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Spooled(path) => path,
        }
    }
}

/// The files in an archive, in the order of its directory. `name` is that of the archive.
///
/// # Errors
/// If it cannot be opened.
pub(super) fn members(archive: Archive, name: &Arc<str>, report: &mut ScanReport) -> io::Result<Vec<Member>> {
    let archive = Arc::new(archive);
    let mut file = BufReader::new(File::open(archive.path())?);
    let whole_archive = Origin { file: name.clone(), position: 0 };
    let mut members = Vec::new();
    let mut directory = match ZipArchive::new(&mut file) {
        Ok(directory) => directory,
        Err(error) => {
            report.problems.add(ProblemKind::Truncated, whole_archive, format!("no whole archive: {error}"));
            salvage(&archive, name, &mut file, &mut members);
            return Ok(members);
        }
    };
    for number in 0..directory.len() {
        let mut problem = |kind, what: &str| report.problems.add(kind, whole_archive.clone(), what);
        match directory.by_index_raw(number) {
            Err(error) => problem(ProblemKind::Corrupt, &format!("member {number}: {error}")),
            Ok(entry) if entry.is_dir() => {}
            Ok(entry) => {
                let member_name = String::from_utf8_lossy(entry.name_raw()).into_owned();
                if entry.encrypted() {
                    problem(ProblemKind::Unsupported, &format!("{member_name} is encrypted"));
                } else if let Some(start) = entry.data_start() {
                    members.push(Member {
                        archive: archive.clone(),
                        name: format!("{name}!{member_name}").into(),
                        start,
                        compressed_bytes: entry.compressed_size(),
                        method: entry.compression(),
                        crc: Some(entry.crc32()),
                    });
                }
            }
        }
    }
    Ok(members)
}

/// Size of the header before each member, without its name.
const LOCAL_HEADER_BYTES: usize = 30;

/// The files of an archive whose directory, at its end, is lost: by the headers that stand before each. Ends
/// at the first thing that is none.
fn salvage(archive: &Arc<Archive>, name: &Arc<str>, file: &mut BufReader<File>, members: &mut Vec<Member>) {
    let mut start = 0;
    while file.seek(SeekFrom::Start(start)).is_ok() {
        let mut header = [0; LOCAL_HEADER_BYTES];
        if file.read_exact(&mut header).is_err() || !header.starts_with(b"PK\x03\x04") {
            return;
        }
        let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let (flags, method, size) =
            (u16_at(6), u16_at(8), u32::from_le_bytes([header[18], header[19], header[20], header[21]]));
        let (name_bytes, extra_bytes) = (u16_at(26), u16_at(28));
        let mut member_name = vec![0; name_bytes.into()];
        if file.read_exact(&mut member_name).is_err() {
            return;
        }
        let member_name = String::from_utf8_lossy(&member_name);
        start += LOCAL_HEADER_BYTES as u64 + u64::from(name_bytes) + u64::from(extra_bytes);
        // The size may stand only after the data, or in the directory: then this is the last that is found.
        let has_size = flags & 8 == 0 && size != u32::MAX;
        let is_encrypted = flags & 1 != 0;
        if !member_name.ends_with('/') && !is_encrypted {
            members.push(Member {
                archive: archive.clone(),
                name: format!("{name}!{member_name}").into(),
                start,
                compressed_bytes: if has_size { size.into() } else { u64::MAX },
                #[expect(deprecated, reason = "there is no other way from the number in a header")]
                method: CompressionMethod::from_u16(method),
                crc: None,
            });
        }
        if !has_size {
            return;
        }
        start += u64::from(size);
    }
}

impl Member {
    /// The member's content; `compressed` counts what is read of the archive for it.
    ///
    /// # Errors
    /// If the archive cannot be opened again, or the member is compressed in a way not supported.
    pub(super) fn open(&self, compressed: &Arc<AtomicU64>) -> io::Result<Box<dyn Read + Send>> {
        let mut file = File::open(self.archive.path())?;
        file.seek(SeekFrom::Start(self.start))?;
        let inner = Box::new(file.take(self.compressed_bytes));
        let data = BufReader::new(Counted { inner, bytes: compressed.clone(), progress: None });
        let content: Box<dyn Read + Send> = match self.method {
            CompressionMethod::Stored => Box::new(data),
            CompressionMethod::Deflated => Box::new(flate2::bufread::DeflateDecoder::new(data)),
            CompressionMethod::ZSTD => Box::new(zstd::Decoder::with_buffer(data)?),
            other => {
                let message = format!("compression method {other} is not supported");
                return Err(io::Error::new(io::ErrorKind::Unsupported, message));
            }
        };
        let content: Box<dyn Read + Send> = Box::new(Expanding::new(content, compressed));
        Ok(match self.crc {
            None => content,
            Some(expected) => Box::new(Checked { content, crc: Crc::new(), expected }),
        })
    }
}

/// Content whose checksum is compared at its end.
struct Checked {
    content: Box<dyn Read + Send>,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(out)?;
        self.crc.update(out.get(..read).unwrap_or_default());
        if read == 0 && !out.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
        }
        Ok(read)
    }
}
