//! `client --resume`: a download that continues an earlier, interrupted one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use file_transfer::client::download::{store, Storage, Stored};
use file_transfer::client::resume::Resumed;
use file_transfer::client::{Client, ClientError};
use file_transfer::journal::{Event, Journal, Record};
use file_transfer::wire::checksum::Checksum;
use file_transfer::wire::FileName;

use crate::client::{EvilServer, GREETING};
use crate::command_lines::{client, client_command, Program};
use crate::support::{TempDir, TestServer, Wanted, PATIENCE};

const MIB: usize = 1024 * 1024;

/// Bytes in which each MiB is different.
fn some_bytes(size: usize) -> Vec<u8> {
    (0..size as u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The name of a part of `file` that an earlier client left.
fn part_name(number: u64) -> String {
    written_by("left", number)
}

/// The name of a part that this process writes.
fn written_by(who: &str, number: u64) -> String {
    let mut checksum = Checksum::default();
    checksum.add(b"file");
    format!(".download-{checksum}-{who}-{number:016x}.part")
}

/// A server that serves `file`, and every command that it receives. `before` is called before each is carried out.
fn serving(
    bytes: &[u8],
    extensions: bool,
    before: impl Fn(&str) + Send + Sync + 'static,
) -> (TestServer, Arc<Mutex<String>>) {
    let commands = Arc::new(Mutex::new(String::new()));
    let received = Arc::clone(&commands);
    let observer = Box::new(move |record: &Record| {
        if let Event::Received(line) = record.event {
            let line = std::str::from_utf8(line).unwrap();
            received.lock().unwrap().push_str(line);
            before(line);
        }
    });
    let server = TestServer::with(Wanted { extensions, observer, ..Wanted::default() });
    server.dir.put("file", bytes);
    (server, commands)
}

fn resume(server: &TestServer, dir: &TempDir, on_progress: impl FnMut(u64, u64)) -> Result<Stored, ClientError> {
    let (mut client, _) = Client::connect(&server.address.to_string(), PATIENCE, Journal::silent()).unwrap();
    let storage = Storage { resume: true, ..Storage::of(dir.path()) };
    store(&mut client, &FileName::parse("file").unwrap(), &storage, on_progress)
}

fn kick_all(server: &TestServer) {
    for session in server.sessions() {
        server.server.kick(session.number);
    }
}

#[test]
fn only_what_the_part_does_not_have_is_asked_for() {
    let bytes = some_bytes(3 * MIB + 5);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..MIB + 1]);
    dir.put(&part_name(2), &bytes[..2 * MIB + 7]);
    let mut progress = Vec::new();
    let stored = resume(&server, &dir, |received, size| progress.push((received, size))).unwrap();
    assert_eq!((stored.bytes, stored.resumed), (bytes.len() as u64, Resumed::After(2 * MIB as u64)));
    assert!(dir.get("file") == bytes);
    assert_eq!(*commands.lock().unwrap(), "SUM file\nRESUME 2097152 file\n", "the longest part is continued");
    assert_eq!(dir.names(), [part_name(1), "file".to_string()], "the part that was continued is gone");
    assert!(progress.iter().all(|(received, size)| *received > 2 * MIB as u64 && *size == bytes.len() as u64));
}

#[test]
fn a_file_of_whole_mib_that_was_complete_is_checked_and_stored() {
    let bytes = some_bytes(2 * MIB);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes);
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::After(2 * MIB as u64));
    assert!(dir.get("file") == bytes);
    assert_eq!(*commands.lock().unwrap(), "SUM file\nRESUME 2097152 file\n");
}

#[test]
fn of_a_damaged_part_the_beginning_up_to_the_damage_is_taken() {
    let bytes = some_bytes(4 * MIB);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    let mut damaged = bytes[..3 * MIB].to_vec();
    damaged[MIB + 17] ^= 1;
    dir.put(&part_name(1), damaged);
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::After(MIB as u64));
    assert!(dir.get("file") == bytes);
    assert_eq!(*commands.lock().unwrap(), "SUM file\nRESUME 1048576 file\n");
}

#[test]
fn a_part_of_another_file_is_not_continued_and_does_not_hide_a_good_one() {
    let bytes = some_bytes(2 * MIB);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), vec![7; 2 * MIB]);
    dir.put(&part_name(2), &bytes[..MIB]);
    let stored = resume(&server, &dir, |_, _| {}).unwrap();
    assert!(matches!(&stored.resumed, Resumed::Anew(why) if why.contains("not the beginning")), "{stored:?}");
    assert!(dir.get("file") == bytes);
    assert_eq!(*commands.lock().unwrap(), "SUM file\nDOWNLOAD file\n");
    assert_eq!(dir.names(), [part_name(2), "file".to_string()]);
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::After(MIB as u64));
}

#[test]
fn a_part_below_a_mib_is_not_continued() {
    let bytes = some_bytes(2 * MIB);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..MIB - 1]);
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::NoPart);
    assert_eq!(*commands.lock().unwrap(), "DOWNLOAD file\n");
}

#[test]
fn a_file_that_changes_between_the_checksums_and_the_rest_is_downloaded_anew() {
    let (old, new) = (some_bytes(3 * MIB), vec![9; 3 * MIB + 1]);
    for new in [new, vec![9; 10]] {
        let path = Arc::new(Mutex::new(None));
        let (changed, content) = (Arc::clone(&path), new.clone());
        let change = move |command: &str| {
            if command.starts_with("RESUME") {
                let path: Option<PathBuf> = changed.lock().unwrap().clone();
                fs::write(path.unwrap(), &content).unwrap();
            }
        };
        let (server, commands) = serving(&old, true, change);
        *path.lock().unwrap() = Some(server.dir.path().join("file"));
        let dir = TempDir::new();
        dir.put(&part_name(1), &old[..2 * MIB]);
        let stored = resume(&server, &dir, |_, _| {}).unwrap();
        assert!(matches!(&stored.resumed, Resumed::Anew(why) if why.contains("has changed")), "{stored:?}");
        assert!(dir.get("file") == new, "nothing of the old file is kept");
        assert_eq!(*commands.lock().unwrap(), "SUM file\nRESUME 2097152 file\nDOWNLOAD file\n");
    }
}

#[test]
fn without_the_extensions_all_of_the_file_is_downloaded() {
    let bytes = some_bytes(2 * MIB);
    let (server, commands) = serving(&bytes, false, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..MIB]);
    let stored = resume(&server, &dir, |_, _| {}).unwrap();
    assert!(matches!(&stored.resumed, Resumed::Anew(why) if why.contains("does not know SUM")), "{stored:?}");
    assert!(dir.get("file") == bytes);
    assert_eq!(*commands.lock().unwrap(), "SUM file\nDOWNLOAD file\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_part_of_a_running_client_is_not_touched_however_long_it_was_not_written() {
    let bytes = some_bytes(3 * MIB);
    let (server, _) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    let living = written_by(&std::process::id().to_string(), 1);
    dir.put(&living, &bytes[..MIB]);
    let file = fs::OpenOptions::new().write(true).open(dir.path().join(&living)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(7200)).unwrap();
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::NoPart);
    assert_eq!(dir.names(), [living, "file".to_string()]);
}

#[test]
fn a_part_that_could_not_be_continued_stays_until_all_of_the_file_is_there() {
    let part = vec![0; MIB];
    let answers = [GREETING, "ERR UNKNOWN_COMMAND no SUM here\n", "OK 9999999\nonly this"];
    let server = EvilServer::that_says(&answers);
    let dir = TempDir::new();
    dir.put(&part_name(1), &part);
    let ended = client(&server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let names = dir.names();
    assert!(names.len() == 1 && dir.get(&names[0]) == part, "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_part_that_others_may_write_is_never_continued() {
    use std::os::unix::fs::PermissionsExt;
    let bytes = some_bytes(2 * MIB);
    let (server, _) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..MIB]);
    fs::set_permissions(dir.path().join(part_name(1)), fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::NoPart);
    assert!(dir.get("file") == bytes);
}

#[cfg(target_os = "linux")]
#[test]
fn the_part_of_a_client_that_was_killed_is_continued_at_once() {
    let bytes = some_bytes(3 * MIB);
    let (server, _) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    let mut ended = Command::new("true").spawn().unwrap();
    ended.wait().unwrap();
    dir.put(&written_by(&ended.id().to_string(), 1), &bytes[..MIB]);
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::After(MIB as u64));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_of_our_own_is_never_continued() {
    let bytes = some_bytes(3 * MIB);
    let (server, _) = serving(&bytes, true, |_| {});
    let (dir, outside) = (TempDir::new(), TempDir::new());
    outside.put("victim", &bytes[..2 * MIB]);
    outside.put("other victim", &bytes[..2 * MIB]);
    std::os::unix::fs::symlink(outside.path().join("victim"), dir.path().join(part_name(1))).unwrap();
    fs::hard_link(outside.path().join("other victim"), dir.path().join(part_name(2))).unwrap();
    fs::create_dir(dir.path().join(part_name(3))).unwrap();
    assert_eq!(resume(&server, &dir, |_, _| {}).unwrap().resumed, Resumed::NoPart);
    assert!(dir.get("file") == bytes);
    for victim in ["victim", "other victim"] {
        assert!(outside.get(victim) == bytes[..2 * MIB]);
    }
}

#[test]
fn a_cut_download_leaves_what_it_has_and_the_next_one_continues_it() {
    let bytes = some_bytes(64 * MIB);
    let (server, commands) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put("file", "earlier");
    let cut = resume(&server, &dir, |received, _| {
        if received >= 3 * MIB as u64 {
            kick_all(&server);
        }
    });
    assert!(matches!(cut, Err(ClientError::Lost { .. })), "{cut:?}");
    assert_eq!(dir.get("file"), b"earlier");
    assert_eq!(dir.names().len(), 2, "the earlier file and the part: {:?}", dir.names());
    server.wait_for_sessions(0);

    let stored = resume(&server, &dir, |_, _| {}).unwrap();
    assert!(matches!(stored.resumed, Resumed::After(after) if after >= 3 * MIB as u64), "{stored:?}");
    assert!(dir.get("file") == bytes);
    assert_eq!(dir.names(), ["file"]);
    assert!(commands.lock().unwrap().contains("RESUME "));
}

#[test]
fn without_resume_a_cut_download_leaves_nothing() {
    let (server, _) = serving(&some_bytes(64 * MIB), true, |_| {});
    let dir = TempDir::new();
    let (mut client, _) = Client::connect(&server.address.to_string(), PATIENCE, Journal::silent()).unwrap();
    let cut = store(&mut client, &FileName::parse("file").unwrap(), &Storage::of(dir.path()), |_, _| {
        kick_all(&server);
    });
    assert!(cut.is_err());
    assert!(dir.names().is_empty());
}

#[test]
fn the_program_says_where_it_continued() {
    let bytes = some_bytes(2 * MIB + 1);
    let (server, _) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..MIB]);
    let ended = client(server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
    assert!(ended.code == Some(0) && ended.stdout.contains("continued after 1.0 MiB"), "{ended:?}");
    assert!(dir.get("file") == bytes);

    dir.put(&part_name(1), vec![1; MIB]);
    let ended = client(server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
    assert!(ended.stdout.contains("not continued: the part is not the beginning"), "{ended:?}");
}

#[test]
fn an_answer_to_sum_that_is_no_answer_is_a_violation_and_the_part_stays() {
    for answer in ["OK 0\n", "OK 8\n0000000\n", "OK 10\n00000000\n\n"] {
        let server = EvilServer::that_says(&[GREETING, answer]);
        let dir = TempDir::new();
        dir.put(&part_name(1), vec![0; MIB]);
        let ended = client(&server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
        assert!(ended.code == Some(1) && ended.stderr.contains("its answer to SUM"), "{ended:?}");
        let names = dir.names();
        assert!(names.len() == 1 && dir.get(&names[0]) == vec![0; MIB], "{names:?}");
    }
}

#[test]
fn a_server_that_stops_before_the_rest_costs_nothing_of_the_part() {
    let part = vec![0; MIB];
    let mut checksum = Checksum::default();
    checksum.add(&part);
    let sums = format!("OK 18\n{checksum}\n00000000\n");
    let server = EvilServer::that_says(&[GREETING, &sums, "ERR SHUTTING_DOWN the server is stopping\n"]);
    let dir = TempDir::new();
    dir.put(&part_name(1), &part);
    let ended = client(&server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
    assert!(ended.code == Some(1) && ended.stderr.contains("SHUTTING_DOWN"), "{ended:?}");
    let names = dir.names();
    assert!(names.len() == 1 && dir.get(&names[0]) == part, "{names:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing_of_the_part() {
    let bytes = some_bytes(4 * MIB);
    let (server, _) = serving(&bytes, true, |_| {});
    let dir = TempDir::new();
    dir.put(&part_name(1), &bytes[..2 * MIB]);
    // The limit of a file's size, 3 MiB, has the effect of a full disk.
    let mut command = client_command(server.address, &dir, &["--resume", "DOWNLOAD", "file"]);
    let limited = r#"trap '' XFSZ; ulimit -f 6144; exec "$0" "$@""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", limited]).arg(command.get_program()).args(command.get_args());
    command = shell;
    let mut program = Program::start(&mut command);
    program.ends_input();
    let ended = program.ended();
    assert!(ended.code == Some(1) && ended.stderr.contains("can't write"), "{ended:?}");
    let names = dir.names();
    assert!(names.len() == 1 && bytes.starts_with(&dir.get(&names[0])), "{names:?}");
    assert!(dir.get(&names[0]).len() >= 2 * MIB);
}
