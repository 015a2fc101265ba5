//! `cargo bench`: the server beside a bare one that does nothing but move the same bytes over loopback.
//!
//! A rate alone says little: another machine, or the same one an hour later, gives another. So every row measures two
//! servers in turn, ours and one of [`bare`], and shows the ratio with its spread. Both get the same load, that of
//! [`load`]; only in the rows with 'our client' the file is fetched from ours with our own client, to measure the pair.
//!
//! `cargo bench -- LIST` runs the rows that have `LIST` in their name.

mod bare;
mod load;
mod rows;
mod setup;

use std::env;
use std::process::ExitCode;

use rows::{median, Measured, Row, ROUNDS, ROWS};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(ended) = bare::main(&arguments) {
        return ended;
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
    println!(
        "Our server beside a bare one, in turn: medians of {ROUNDS} rounds, and the ratio ours / bare of each round,"
    );
    println!("its median and its spread. For rates (/s) the higher the better, for times and memory the lower.\n");
    println!("{:<36} {:>9} {:>9} {:>6} {:>13}  unit", "", "ours", "bare", "ratio", "spread");
    // After a failure the other rows are worth measuring all the same.
    let failed = wanted.into_iter().filter(|row| !measure(row)).count();
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Measures a row and prints it; false if it failed.
fn measure(row: &Row) -> bool {
    let measured = (row.measure)();
    match &measured {
        Ok(Measured::Rounds { ours, bare }) => {
            let ratios: Vec<f64> = ours.iter().zip(bare).map(|(ours, bare)| ours / bare).collect();
            let (least, most) =
                ratios.iter().fold((f64::MAX, f64::MIN), |(a, b), ratio| (a.min(*ratio), b.max(*ratio)));
            let spread = if ratios.len() > 1 { format!("{} to {}", shown(least), shown(most)) } else { String::new() };
            let (ours, bare, ratio) = (shown(median(ours)), shown(median(bare)), shown(median(&ratios)));
            println!("{:<36} {ours:>9} {bare:>9} {ratio:>6} {spread:>13}  {}", row.name, row.unit);
        }
        Ok(Measured::Skipped(why)) => println!("{:<36} {why}", row.name),
        Err(error) => println!("{:<36} failed: {error}", row.name),
    }
    println!("    {}\n", row.what);
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
