//! `cargo bench`: the server beside a bare loop that does nothing but move the same bytes over loopback.
//!
//! A rate alone says little: another machine, or the same one an hour later, gives another. So every row measures two
//! servers in turn, ours and the one of [`bare`], and shows the ratio. Both get the same load, that of [`load`]; only
//! the large file is fetched from ours with our own client, to measure the pair.
//!
//! `cargo bench -- LIST` runs the rows that have `LIST` in their name.

mod bare;
mod load;
mod rows;
mod setup;

use std::env;
use std::process::ExitCode;

use rows::{Measured, Row, ROUNDS, ROWS};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        return bare::main(&arguments[1..]);
    }
    // `cargo bench` adds `--bench`; without it, it was `cargo test --all-targets`, which measures nothing.
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("to measure, run: cargo bench");
        return ExitCode::SUCCESS;
    }
    let filter = arguments.into_iter().find(|argument| argument != "--bench").unwrap_or_default().to_lowercase();
    let wanted: Vec<&Row> = ROWS.iter().filter(|row| row.name.to_lowercase().contains(&filter)).collect();
    if wanted.is_empty() {
        eprintln!("bench: no row has '{filter}' in its name");
        return ExitCode::FAILURE;
    }
    println!("Our server beside a bare one that moves the same bytes over loopback: medians of {ROUNDS} rounds.");
    println!("The ratio is ours / bare: for rates (/s) the higher the better, for times and memory the lower.\n");
    println!("{:<36} {:>9} {:>9} {:>7}  unit", "", "ours", "bare", "ratio");
    // After a failure the other rows are worth measuring all the same.
    let failed = wanted.into_iter().filter(|row| !measure(row)).count();
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Measures a row and prints it; false if it failed.
fn measure(row: &Row) -> bool {
    let measured = (row.measure)();
    match &measured {
        Ok(Measured::Pair { ours, bare }) => {
            let (ours_shown, bare_shown, ratio) = (shown(*ours), shown(*bare), shown(ours / bare));
            println!("{:<36} {ours_shown:>9} {bare_shown:>9} {ratio:>7}  {}", row.name, row.unit);
        }
        Ok(Measured::Skipped(why)) => println!("{:<36} {why}", row.name),
        Err(error) => println!("{:<36} failed: {error}", row.name),
    }
    println!("    {}\n", row.meaning);
    measured.is_ok()
}

/// A number with about three digits that count.
fn shown(number: f64) -> String {
    match number {
        number if number < 10.0 => format!("{number:.2}"),
        number if number < 100.0 => format!("{number:.1}"),
        number => format!("{number:.0}"),
    }
}
