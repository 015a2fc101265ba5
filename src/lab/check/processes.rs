//! What the system tells about processes: who belongs to a program, whether it runs, where it listens. Linux tells it
//! in `/proc`. On a system without this directory, nothing is known.
//!
//! Read first: nothing. It does not know who is graded.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The state of a socket that listens, in the tables of `/proc/net`.
const LISTENS: &str = "0A";

/// One process, as it was a moment ago.
struct Process {
    pid: u32,
    parent: u32,
    group: u32,
    is_zombie: bool,
}

/// All processes of this system; none if it does not tell.
fn all() -> Vec<Process> {
    numbers().into_iter().filter_map(process).collect()
}

/// The numbers of all processes.
fn numbers() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn process(pid: u32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The fields stand behind the program's name, which may hold anything but ends with a parenthesis.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let (state, parent, group) = (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Process { pid, parent, group, is_zombie: state == "Z" || state == "X" })
}

/// The running processes of a program: itself, its group if it leads one, all that have the mark (if one is given) in
/// their environment, and all that these have started. Never the process that asks.
pub fn members(pid: u32, mark: Option<&str>) -> Vec<u32> {
    let all = all();
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    all.iter().for_each(|one| children.entry(one.parent).or_default().push(one.pid));
    let is_marked = |other| mark.is_some_and(|mark| has_in_environment(other, mark));
    let roots = all.iter().filter(|one| one.pid == pid || one.group == pid || is_marked(one.pid));
    let mut to_look_at: Vec<u32> = roots.map(|one| one.pid).collect();
    let mut members = HashSet::new();
    while let Some(one) = to_look_at.pop() {
        if members.insert(one) {
            to_look_at.extend(children.remove(&one).unwrap_or_default());
        }
    }
    let lives = |one: &&Process| !one.is_zombie && one.pid != std::process::id();
    all.iter().filter(lives).map(|one| one.pid).filter(|pid| members.contains(pid)).collect()
}

fn has_in_environment(pid: u32, mark: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes()))
}

/// Does a thread of this program run, or wait for a free processor? All its processes are looked at, since the first
/// may be a shell that waits for the server. `None` if the system does not tell. A thread that waits for input does not
/// run, however busy the machine is.
pub fn is_busy(pid: u32) -> Option<bool> {
    let states: Vec<_> = members(pid, None).into_iter().flat_map(states).collect();
    if states.is_empty() {
        None
    } else {
        Some(states.contains(&'R'))
    }
}

/// The states of a process's threads.
fn states(pid: u32) -> Vec<char> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().filter_map(Result::ok);
    let stats = threads.filter_map(|thread| fs::read(thread.path().join("stat")).ok());
    stats.filter_map(|stat| String::from_utf8_lossy(&stat).rsplit_once(") ")?.1.chars().next()).collect()
}

/// The process that listens at an address of this machine, if the system tells.
pub fn listening_process(address: SocketAddr) -> Option<u32> {
    let is_here = address.ip().is_loopback();
    let takes = |local: SocketAddr| local == address || (local.ip().is_unspecified() && local.port() == address.port());
    let (_, socket) = listening().into_iter().find(|(local, _)| is_here && takes(*local))?;
    numbers().into_iter().find(|pid| open_files(*pid).contains(&socket))
}

/// Where these processes listen; nothing if the system does not tell.
pub fn addresses_of(pids: &[u32]) -> Vec<SocketAddr> {
    let open: Vec<_> = pids.iter().flat_map(|pid| open_files(*pid)).collect();
    listening().into_iter().filter(|(_, socket)| open.contains(socket)).map(|(local, _)| local).collect()
}

/// What a process has open, as its links show it.
fn open_files(pid: u32) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().filter_map(Result::ok);
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    targets.filter_map(|target| target.to_str().map(str::to_string)).collect()
}

/// All sockets that listen: the address, and what the links of an open socket show.
fn listening() -> Vec<(SocketAddr, String)> {
    let table = |name| fs::read_to_string(name).unwrap_or_default();
    let sockets = [table("/proc/net/tcp"), table("/proc/net/tcp6")].concat();
    let read = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        Some((address(local).filter(|_| *state == LISTENS)?, format!("socket:[{inode}]")))
    };
    sockets.lines().filter_map(read).collect()
}

/// An address such as `0100007F:1388`: words of four bytes in the order of this machine's processor, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    const WORD: usize = 8;
    let (ip, port) = text.split_once(':')?;
    let words =
        (0..ip.len() / WORD).map(|index| u32::from_str_radix(ip.get(index * WORD..(index + 1) * WORD)?, 16).ok());
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(Ipv4Addr::from(four)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?)),
    };
    Some((ip, u16::from_str_radix(port, 16).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn an_address_of_the_systems_table_is_read() {
        assert_eq!(address("0100007F:1388"), Some("127.0.0.1:5000".parse().unwrap()));
        assert_eq!(address("00000000000000000000000001000000:1388"), Some("[::1]:5000".parse().unwrap()));
        for bad in ["", "x:1", "0100007F", "01:1388", "local_address"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_listener_and_its_process_are_found() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(listening_process(address), Some(std::process::id()));
        assert!(addresses_of(&[std::process::id()]).contains(&address));
        drop(listener);
        assert_eq!(listening_process(address), None);
    }
}
